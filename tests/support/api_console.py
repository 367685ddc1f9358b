"""A console's API with made-up records behind it, and somebody who does what commands say. No Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import msgspec
from fastapi import FastAPI

from detectors.alerting.playbook import shipped_playbook
from detectors.model import (
    Answer,
    AnyCommand,
    Brand,
    Bucket,
    BucketStatus,
    Delivery,
    Explanation,
    Incident,
    IncidentState,
    JournalEntry,
    Match,
    Outcome,
    Part,
    Person,
    Response,
    Score,
    ScoreStatus,
    Severity,
    Shift,
    Silence,
    Story,
    StoryKind,
    Team,
    Topic,
    Watch,
    to_ms,
)
from streams.console.access import Access
from streams.console.api import create_api
from streams.console.audit import Audit
from streams.console.commander import Commander
from streams.console.core import Core
from streams.console.guard import Guard
from streams.console.hub import Hub, Link
from streams.console.readmodel import Store, Taken, Writer
from streams.console.users import Role, Users
from support.signing import NOON, QUICK, Clock, settings_in

__all__ = ["HOST", "ROOT", "WATCH", "ApiConsole", "minute", "told"]

HOST = "http://127.0.0.1:8484"
ROOT = "/api/v1"
SECRET_URL = "slack://T000/B000/secretsecret"

WATCH = Watch(
    brands=[
        Brand(id="acme", name="Acme", match=Match(any=["acme"]), competitors=["globex"], shadow_detectors=["ears-c2"]),
        Brand(id="globex", name="Globex", match=Match(any=["globex"])),
    ],
    topics=[
        Topic(id="refund", words={"en": ["refund"]}, team="care"),
        Topic(id="outage", words={"en": ["outage"]}, team="ops"),
    ],
    teams=[
        Team(
            id="care",
            name="Care",
            notify=[SECRET_URL],
            rota=[Shift(days=["mon", "tue", "wed", "thu", "fri"], people=["anna"])],
            escalate_after=timedelta(minutes=15),
            escalate_to="ops",
        ),
        Team(id="ops", name="Operations"),
    ],
    people=[Person(id="anna", name="Anna", notify=["mailto://anna:hunter2@example.org"])],
    silences=[Silence(comment="launch", until=NOON + timedelta(days=1))],
)


def told(
    id: str = "incident-1",
    *,
    brand: str = "acme",
    at: datetime = NOON - timedelta(hours=1),
    state: IncidentState = IncidentState.OPEN,
    severity: Severity = Severity.HIGH,
    title: str = "Acme: refunds do not come",
    topic: str = "refund",
    **fields: object,
) -> Incident:
    """An incident about refunds."""
    why = Explanation(
        since=at,
        until=at + timedelta(minutes=30),
        observed=90,
        expected=4.0,
        parts={"topic": [Part(name=topic, observed=80, expected=2.0), Part(name="none", observed=10, expected=2.0)]},
        first_post=None,
        top_posts=[],
        stories=[Story(kind=StoryKind.UNANSWERED, share=0.8, threshold=0.5, posts=72, of=90)],
        titles={"en": title, "fr": title},
    )
    known: dict[str, object] = {
        "version": 1,
        "onset": at,
        "opened_at": at,
        "updated_at": at,
        "alerts": ["alert-1"],
        "peak_surprise": 9.0,
        "threshold": 4.8,
        "detectors": ["surge"],
    }
    known.update(fields)
    return Incident(
        id=id, brand=brand, brand_name=brand.title(), state=state, severity=severity, why=why, **known  # type: ignore[arg-type]
    )  # fmt: skip


def minute(brand: str, start: datetime, *, negative: int = 2, took: Iterable[int] = (), shadow: bool = False) -> Bucket:
    """A minute of a brand, closed: all that is negative are complaints about refunds."""
    return Bucket(
        brand=brand,
        start=start,
        seconds=60,
        status=BucketStatus.COUNTED,
        negative=negative,
        positive=1,
        negative_by_channel={"x": negative},
        negative_by_topic={"refund": negative},
        complaints={"refund": negative},
        responses=[Response("refund", one) for one in took],
        scores={"surge": Score(status=ScoreStatus.OK, surprise=1.0, threshold=4.8, expected_per_min=1.0)},
        shadow_alerts=["ears-c2"] if shadow else [],
    )


class ApiConsole:
    """The API behind its guard (`app`), with Anna the admin, Ben who acts and Rita who reads, each with a token.

    `worker` says what comes of a command; None is a worker that does not answer.
    """

    def __init__(self, folder: Path, *, users: bool = True) -> None:
        self._closing = ExitStack()
        self.clock = Clock()
        settings = settings_in(folder)
        book = Users(folder / "users.json", QUICK) if users else None
        self.tokens: dict[Role, str] = {}
        if book is not None:
            for name, role in (("anna", Role.ADMIN), ("ben", Role.ACT), ("rita", Role.READ)):
                book.add(name, role, None if role is Role.READ else "correct horse battery")
                self.tokens[role] = book.make_token(f"{name}-bot", role, "anna", NOON)
        self.store = Store(folder / "read-model.db", "test")
        self._closing.callback(self.store.close)
        self.writer = Writer(self.store)
        db = self.store.reader()
        self._closing.callback(db.close)
        self.hub = Hub(Link(connected=True, caught_up=True, progress=1.0))
        self.audit = Audit(folder, self.clock)
        self._closing.callback(self.audit.close)
        self.access = Access(settings, book, self.clock)
        self._closing.callback(self.access.close)
        commander = Commander(settings, folder, lambda: db, self.hub, lambda: to_ms(self.clock()))
        self._closing.callback(commander.close)
        self.core = Core(
            settings, WATCH, shipped_playbook(), db, self.hub, commander, self.access, self.audit, self.clock
        )
        self.worker: Callable[[AnyCommand], tuple[Outcome, str]] | None = lambda _: (Outcome.DONE, "")
        self.hub.listen(lambda _: self._work())
        self.api = create_api(self.core)
        web = FastAPI(openapi_url=None)
        web.mount(ROOT, self.api)
        self.app = Guard(web, self.access, settings)
        self._offset = 0
        self._doing: set[str] = set()

    def close(self) -> None:
        """Let go of all files."""
        self._closing.close()

    def client(self, role: Role | None = Role.ADMIN) -> httpx.AsyncClient:
        """Somebody with the token of that role, or with none."""
        headers = {"Authorization": f"Bearer {self.tokens[role]}"} if role is not None else {}
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=("127.0.0.1", 5000))
        return httpx.AsyncClient(transport=transport, base_url=f"{HOST}{ROOT}", headers=headers)

    def put(self, *records: Incident | Bucket | JournalEntry | AnyCommand) -> None:
        """Have the workers publish something."""
        taken = []
        for record in records:
            topic = {Incident: "incidents", Bucket: "brand-signals", Answer: "journal", Delivery: "journal"}.get(
                type(record), "commands"
            )
            self._offset += 1
            taken.append(Taken(topic, 0, self._offset, to_ms(self.clock()), msgspec.json.encode(record)))
        self.hub.tell(self.writer.apply(taken, {}))

    def _work(self) -> None:
        """Answer what waits, a moment later, as a worker does."""
        for one in self.core.commander.waiting():
            if self.worker is not None and one.command.id not in self._doing:
                self._doing.add(one.command.id)
                asyncio.get_running_loop().call_soon(self._answer, one.command)

    def _answer(self, command: AnyCommand) -> None:
        assert self.worker is not None
        outcome, text = self.worker(command)
        answer = Answer(
            command=command.id,
            brand=command.brand,
            incident=command.incident,
            outcome=outcome,
            at=self.clock(),
            text=text,
            edits=1,
        )
        self.put(command, answer)
