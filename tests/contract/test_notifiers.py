"""What every notifier keeps: it tells of any incident, in plain words, and says how it failed."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import string
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from detectors.alerting.outbox import Channel
from detectors.alerting.playbook import Playbook
from detectors.errors import DeliveryError, RetriableDeliveryError
from detectors.model import (
    Brand,
    Explanation,
    Growth,
    Incident,
    IncidentState,
    Match,
    Part,
    Person,
    Range,
    Severity,
    SeverityPart,
    Story,
    StoryKind,
    Team,
    Telling,
    TopPost,
    Watch,
    Word,
)
from detectors.stories.titles import titles
from streams.notifiers import AppriseNotifier, LogNotifier, Notifier, WebhookNotifier, channel_of, notifiers_for
from streams.notifiers.message import body, details, title
from streams.notifiers.wording import KINDS, SEVERITIES, SIGNALS, WORDING, Lang

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECRET = "a-secret-of-its-own"
HOSTILE = "<script>alert(1)</script>\n\u202eevil\x00 [red]" + "x" * 10_000


def incident(
    *,
    state: IncidentState = IncidentState.OPEN,
    version: int = 1,
    text: str = "no trains",
    growth: Growth | None = None,
) -> Incident:
    post = TopPost(id="1", source="forum", text=text, created_at=AT)
    why = Explanation(
        since=AT,
        until=AT,
        observed=30,
        expected=2.04,
        first_post=post,
        top_posts=[post],
        parts={
            "channel": [Part(name="forum", observed=20, expected=0.5), Part(name=HOSTILE, observed=10, expected=1.5)],
            "topic": [Part(name="refund", observed=12, expected=0.0), Part(name="none", observed=18, expected=2.0)],
            "audience": [Part(name="none", observed=28, expected=2.0), Part(name="press", observed=2, expected=0.0)],
            "authors": [Part(name="new", observed=23, expected=2.0), Part(name="again", observed=7, expected=0.0)],
            "kind": [Part(name="originals", observed=25, expected=2.0), Part(name="reposts", observed=5, expected=0.0)],
        },
        authors=23,
        reach=41_250,
        words=[Word(word="#acmefail", posts=9, z=5.1), Word(word="refund", posts=12, z=4.2)],
        growth=growth or Growth(),
    )
    return Incident(
        id="incident-acme-surge-20260302T0900Z",
        brand="acme",
        brand_name="Acme",
        state=state,
        version=version,
        onset=AT,
        opened_at=AT,
        updated_at=AT,
        alerts=["acme-surge-20260302T0900Z"],
        why=why,
        peak_surprise=6.0,
        threshold=4.8,
        resolved_at=AT if state is IncidentState.RESOLVED else None,
    )


class Service:
    """A local service that answers with `status`, once it `may_answer`, and keeps what it got."""

    def __init__(self) -> None:
        self.status = 200
        self.answers: dict[str, str] = {}
        self.got: list[dict[str, str]] = []
        self.raw: list[tuple[bytes, dict[str, str]]] = []
        self.port = 0
        self.came = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.answered = asyncio.Event()

    async def take(self, request: web.Request) -> web.Response:
        self.raw.append((await request.read(), dict(request.headers)))
        self.got.append(await request.json())
        self.came.set()
        await self.may_answer.wait()
        self.answered.set()
        return web.Response(status=self.status, headers=self.answers)


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    service = Service()
    app = web.Application()
    app.add_routes([web.post("/{path:.*}", service.take)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    service.port = runner.addresses[0][1]
    yield service
    service.may_answer.set()
    await runner.cleanup()


NOTIFIERS: dict[str, Callable[[Service], Notifier]] = {
    "log": lambda service: LogNotifier(),
    "apprise": lambda service: AppriseNotifier("pr/1", f"json://user:secret@127.0.0.1:{service.port}/hook"),
    "webhook": lambda service: WebhookNotifier(
        "pr/1", f"signed+http://{SECRET}@127.0.0.1:{service.port}/hook", now=lambda: 1772442000.5
    ),
}


@pytest.fixture(params=NOTIFIERS)
def notifier(request: pytest.FixtureRequest, service: Service) -> Notifier:
    return NOTIFIERS[request.param](service)


@pytest.mark.parametrize("state", list(IncidentState))
@pytest.mark.parametrize("text", ["no trains", HOSTILE, ""])
async def test_every_incident_can_be_told(
    notifier: Notifier, service: Service, state: IncidentState, text: str
) -> None:
    told = [incident(state=state, text=text), hijacked(state=state, text=text, subject=text)]
    for each in told:
        await notifier.deliver(each)
        for telling in Telling:
            await notifier.deliver(msgspec.structs.replace(each, owner=text or None), telling)
    # Everybody but the log was reached, each time with something to read.
    assert len(service.got) == (0 if isinstance(notifier, LogNotifier) else len(told) * (1 + len(Telling)))
    assert all(one["title"] and one.get("message", one.get("text")) for one in service.got)


def test_a_notifier_says_whose_it_is_and_whether_it_may_be_told_twice(notifier: Notifier) -> None:
    # An outbox sends again after a crash what the other side knows again. A chat or a mailbox does not.
    again = not isinstance(notifier, AppriseNotifier)
    owner = "" if isinstance(notifier, LogNotifier) else "pr"
    assert channel_of(notifier) == Channel(notifier.id, owner, idempotent=again)


def test_the_name_of_a_channel_holds_no_secret(notifier: Notifier) -> None:
    assert "secret" not in notifier.id
    assert "127.0.0.1" not in notifier.id


@pytest.mark.parametrize("name", ["apprise", "webhook"])
async def test_a_service_that_refuses_is_tried_again(name: str, service: Service) -> None:
    service.status = 500
    with pytest.raises(RetriableDeliveryError) as failure:
        await NOTIFIERS[name](service).deliver(incident())
    assert "secret" not in str(failure.value)


async def test_a_webhook_is_signed_and_the_same_again_has_the_same_key(service: Service) -> None:
    hook = NOTIFIERS["webhook"](service)
    for version in (1, 1, 2):
        await hook.deliver(incident(version=version))
    keys = [headers["Idempotency-Key"] for _, headers in service.raw]
    assert keys == ["incident-acme-surge-20260302T0900Z-1"] * 2 + ["incident-acme-surge-20260302T0900Z-2"]
    content, headers = service.raw[0]
    assert headers["Badbuzz-Timestamp"] == "1772442000"
    expected = hmac.new(SECRET.encode(), b"1772442000." + content, hashlib.sha256).hexdigest()
    assert headers["Badbuzz-Signature"] == f"v1={expected}"
    assert "Authorization" not in headers
    told = json.loads(content)
    assert told.keys() == {"telling", "incident", "title", "text"}
    assert told["title"] == "Acme: a wave of criticism is starting"
    assert told["text"] == body(incident())
    assert msgspec.convert(told["incident"], Incident) == incident()


@pytest.mark.parametrize("telling", list(Telling))
async def test_a_webhook_is_told_why_it_hears_of_it_now(telling: Telling, service: Service) -> None:
    hook = NOTIFIERS["webhook"](service)
    await hook.deliver(incident(), telling)
    await hook.deliver(incident())
    # A program reads why without taking a title apart.
    assert [one["telling"] for one in service.got] == [telling.value, "new"]
    assert service.got[0]["title"] == title(incident(), telling=telling)


@pytest.mark.parametrize(
    "status, answers, pause",
    [(429, {"Retry-After": "7"}, 7.0), (429, {"Retry-After": "999999"}, 300.0), (503, {"Retry-After": "soon"}, None)],
)
async def test_a_webhook_waits_as_long_as_it_is_asked_to(
    status: int, answers: dict[str, str], pause: float | None, service: Service
) -> None:
    service.status, service.answers = status, answers
    with pytest.raises(RetriableDeliveryError) as failure:
        await NOTIFIERS["webhook"](service).deliver(incident())
    wished = failure.value.retry_after
    assert (wished.total_seconds() if wished is not None else None) == pause


@pytest.mark.parametrize("status", [302, 400, 410])
async def test_a_webhook_that_says_no_is_not_asked_again_and_not_followed_elsewhere(
    status: int, service: Service
) -> None:
    service.status, service.answers = status, {"Location": f"http://127.0.0.1:{service.port}/elsewhere"}
    with pytest.raises(DeliveryError) as failure:
        await NOTIFIERS["webhook"](service).deliver(incident())
    assert not isinstance(failure.value, RetriableDeliveryError) and len(service.got) == 1


async def test_a_webhook_that_nobody_listens_to_is_tried_again(service: Service) -> None:
    with pytest.raises(RetriableDeliveryError) as failure:
        await WebhookNotifier("pr/1", f"signed+http://{SECRET}@127.0.0.1:1/hook").deliver(incident())
    assert SECRET not in str(failure.value)


@pytest.mark.parametrize("url", ["signed+https://short@host/x", "signed+https://host/x", "signed+https://" + "s" * 20])
def test_a_webhook_without_a_secret_or_a_host_is_refused(url: str) -> None:
    with pytest.raises(DeliveryError, match="SECRET@host"):
        WebhookNotifier("pr/1", url)


def test_a_url_that_nobody_understands_is_refused_without_showing_it() -> None:
    with pytest.raises(DeliveryError) as failure:
        AppriseNotifier("pr/1", "nonsense://token123")
    assert "token123" not in str(failure.value)


def test_the_log_is_always_told_and_each_channel_of_a_team_has_a_name() -> None:
    team = Team(id="pr", name="PR", notify=["json://127.0.0.1/a", f"signed+https://{SECRET}@127.0.0.1/b"])
    anna = Person(id="anna", name="Anna", notify=["json://127.0.0.1/c"])
    watch = Watch(brands=[], teams=[team], people=[anna])
    assert [notifier.id for notifier in notifiers_for(watch)] == ["log", "pr/1", "pr/2", "@anna/1"]


@pytest.mark.parametrize(
    "name, why", [("apprise", "the service did not take the message"), ("webhook", "answered 503")]
)
async def test_a_service_that_asks_for_time_is_given_it_where_it_can_say_so(
    name: str, why: str, service: Service
) -> None:
    service.status, service.answers = 503, {"Retry-After": "120"}
    with pytest.raises(RetriableDeliveryError, match=f"^pr/1: {why}$") as failure:
        await NOTIFIERS[name](service).deliver(incident())
    # Apprise only says yes or no.
    wished = failure.value.retry_after
    assert (wished.total_seconds() if wished is not None else None) == (120 if name == "webhook" else None)


@pytest.mark.parametrize("name", ["apprise", "webhook"])
async def test_a_service_that_answers_late_is_waited_for(name: str, service: Service) -> None:
    service.may_answer.clear()
    telling = asyncio.create_task(NOTIFIERS[name](service).deliver(incident()))
    await service.came.wait()
    assert not telling.done()
    service.may_answer.set()
    await telling
    assert len(service.got) == 1


@pytest.mark.parametrize("name", ["apprise", "webhook"])
async def test_a_service_that_answers_when_nobody_waits_any_more_is_told_again(
    name: str, service: Service, impatient: None
) -> None:
    notifier = NOTIFIERS[name](service)
    service.may_answer.clear()
    with pytest.raises(RetriableDeliveryError) as failure:
        await notifier.deliver(incident())
    assert str(failure.value) == f"pr/1: no answer within {IMPATIENT_S:g} s"
    # Its answer goes nowhere, and hurts nobody. That it has the message we cannot know.
    service.may_answer.set()
    await service.answered.wait()
    await notifier.deliver(incident())
    assert len(service.got) == 2
    if notifier.idempotent:
        assert len({headers["Idempotency-Key"] for _, headers in service.raw}) == 1


OK, NO, LATER = (
    b"HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n" % status for status in (b"200 OK", b"400 No", b"503 Later")
)


@pytest.mark.parametrize(
    "answer, hook_fails, apprise_fails",
    [
        # The first word counts, whatever comes behind it.
        (OK + OK, None, None),
        (OK + LATER, None, None),
        (LATER + OK, RetriableDeliveryError, RetriableDeliveryError),
        (NO + OK, DeliveryError, RetriableDeliveryError),
        # What is no answer at all is tried again.
        (b"", RetriableDeliveryError, RetriableDeliveryError),
        (OK[:10], RetriableDeliveryError, RetriableDeliveryError),
        (b"220 mail.example.com ESMTP\r\n", RetriableDeliveryError, RetriableDeliveryError),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", RetriableDeliveryError, RetriableDeliveryError),
    ],
    ids=["yes yes", "yes later", "later yes", "no yes", "hangs up", "hangs up within", "not HTTP", "a header too long"],
)
async def test_an_answer_that_no_server_should_give_is_taken_as_its_first_word(
    answer: bytes, hook_fails: type[DeliveryError] | None, apprise_fails: type[DeliveryError] | None
) -> None:
    got: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if b"content-length" in line)
        got.append(await reader.readexactly(length))
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        service = Service()
        service.port = server.sockets[0].getsockname()[1]
        for name, fails in (("webhook", hook_fails), ("apprise", apprise_fails)):
            error = await failure_of(NOTIFIERS[name](service), incident())
            assert type(error) is type(None) if fails is None else type(error) is fails, name
            assert "secret" not in str(error) and "127.0.0.1" not in str(error)
    assert len(got) == 2


async def failure_of(notifier: Notifier, told: Incident) -> DeliveryError | None:
    """How telling it failed, by the contract; None where it did not."""
    try:
        await notifier.deliver(told)
    except DeliveryError as error:
        return error
    return None


IMPATIENT_S = 0.2


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for 15 seconds in a test."""
    monkeypatch.setattr("streams.notifiers.apprise.TIMEOUT_S", IMPATIENT_S)
    monkeypatch.setattr("streams.notifiers.webhook.TIMEOUT_S", IMPATIENT_S)


# ------------------------------------------------------------------------------------------ mail


@dataclass
class Mailbox:
    """A mail server that says `answers` where a command of SMTP has one, and keeps what it takes."""

    answers: dict[str, str] = field(default_factory=dict)
    mails: list[EmailMessage] = field(default_factory=list)
    to: list[str] = field(default_factory=list)
    port: int = 0

    def url(self, password: str = SECRET) -> str:
        where = f"mailto://badbuzz:{password}@127.0.0.1:{self.port}"
        return f"{where}?from=badbuzz@example.com&to=anna@example.com"

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, mail_options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if "DATA" in self.answers:
            return self.answers["DATA"]
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content, EmailMessage, policy=policy.default))
        self.to += envelope.rcpt_tos
        return "250 OK"

    @staticmethod
    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, auth_data: Any) -> AuthResult:
        assert isinstance(auth_data, LoginPassword)
        return AuthResult(success=auth_data.password == SECRET.encode(), handled=False)


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    box = Mailbox()
    loop = asyncio.get_running_loop()

    def connected() -> SMTP:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # a password without TLS: nobody listens on the loopback
            return SMTP(
                box,
                loop=loop,
                hostname="mail.example.com",
                auth_required=True,
                auth_require_tls=False,
                authenticator=box.authenticate,
            )

    async with await loop.create_server(connected, "127.0.0.1", 0) as server:
        box.port = server.sockets[0].getsockname()[1]
        yield box


async def test_a_mail_arrives_in_the_language_of_who_reads_it(mailbox: Mailbox) -> None:
    anna = Person(id="anna", name="Anna", notify=[mailbox.url()], language="fr", timezone="Europe/Paris")
    ben = Person(id="ben", name="Ben", notify=[mailbox.url()])
    for notifier in notifiers_for(Watch(brands=[], people=[anna, ben]), console_url="https://badbuzz.example.com/"):
        await notifier.deliver(hijacked(version=2), Telling.GREW)
    french, english = mailbox.mails
    assert mailbox.to == ["anna@example.com"] * 2 and french["From"] == "badbuzz@example.com"
    assert (english["Subject"], plainly(french["Subject"])) == TITLES[Telling.GREW]
    lines = plainly(text_of(french)).splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("30 mentions négatives depuis le 02 mars 10:00 CET, d'ordinaire à ce moment : 2,0.")
    assert lines[2].startswith("Personne ne s'en occupe encore. À faire : Arrêtez la campagne")
    assert lines[3] == "https://badbuzz.example.com/incidents/incident-acme-surge-20260302T0900Z"
    assert text_of(english).startswith("30 negative mentions since 02 Mar 09:00 UTC, usual for this time: 2.0.")


def text_of(mail: EmailMessage) -> str:
    assert mail.get_content_type() == "text/plain"
    content = mail.get_content()
    assert isinstance(content, str)
    return content.replace("\r\n", "\n").rstrip("\n")


@pytest.mark.parametrize("telling", list(Telling))
async def test_what_strangers_wrote_does_nothing_in_a_mail(telling: Telling, mailbox: Mailbox) -> None:
    hostile = hijacked(text=HOSTILE, subject=HOSTILE + "\r\nBcc: eve@example.com")
    hostile = msgspec.structs.replace(hostile, brand_name="Acme\r\nBcc: eve@example.com", owner=HOSTILE)
    await AppriseNotifier("@anna/1", mailbox.url()).deliver(hostile, telling)
    (mail,) = mailbox.mails
    # No header of theirs, nobody else that gets it, and as text: nothing runs.
    assert mailbox.to == ["anna@example.com"] and mail["Bcc"] is None
    assert len(text_of(mail).splitlines()) == 4
    assert "\u202e" not in text_of(mail) + mail["Subject"] and "\x00" not in text_of(mail) + mail["Subject"]


@pytest.mark.parametrize(
    "answers",
    [
        {"MAIL": "421 closing"},
        {"RCPT": "450 mailbox busy"},
        {"RCPT": "550 no such user"},
        {"DATA": "451 try later"},
        {"DATA": "554 looks like spam"},
    ],
    ids=lambda answers: " ".join(*answers.items()),
)
async def test_a_mail_that_is_refused_is_tried_again(
    answers: dict[str, str], mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    mailbox.answers = answers
    with pytest.raises(RetriableDeliveryError) as failure:
        await AppriseNotifier("@anna/1", mailbox.url()).deliver(incident())
    assert str(failure.value) == "@anna/1: the service did not take the message"
    assert mailbox.mails == [] and SECRET not in caplog.text


async def test_a_mail_server_that_knows_another_password_does_not_see_ours_in_the_log(
    mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with pytest.raises(RetriableDeliveryError) as failure:
        await AppriseNotifier("@anna/1", mailbox.url("hunter-two")).deliver(incident())
    assert mailbox.mails == []
    assert "hunter-two" not in str(failure.value) + caplog.text


@asynccontextmanager
async def silent_server() -> AsyncIterator[int]:
    """A server that takes a call and says nothing, until the test is over; its port."""
    over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
        over.set()


async def test_a_server_that_hangs_is_left_alone_after_a_while(impatient: None) -> None:
    async with silent_server() as port:
        channels: list[Notifier] = [
            AppriseNotifier("a/1", Mailbox(port=port).url()),
            AppriseNotifier("b/1", f"json://user:{SECRET}@127.0.0.1:{port}/hook"),
            WebhookNotifier("c/1", f"signed+http://{SECRET}@127.0.0.1:{port}/hook"),
        ]
        # All at once: none waits for another.
        errors = await asyncio.gather(*(failure_of(channel, incident()) for channel in channels))
    assert [type(error) for error in errors] == [RetriableDeliveryError] * 3
    assert [str(error) for error in errors] == [f"{name}/1: no answer within {IMPATIENT_S:g} s" for name in "abc"]


# -------------------------------------------------------------------------------------- in words


async def test_what_is_sent_says_what_how_big_and_what_to_do(service: Service) -> None:
    await NOTIFIERS["apprise"](service).deliver(incident())
    (message,) = service.got
    assert message["title"] == "Acme: a wave of criticism is starting"
    assert message["message"].splitlines() == [
        "30 negative mentions since 02 Mar 09:00 UTC, usual for this time: 2.0. Too early to say how fast it grows.",
        '"no trains"',
        "Nobody has it yet. To do: Name one person who speaks for the company in this; everybody else sends questions "
        "there. Answer in private first, through somebody who has the power to solve the problem.",
        "badbuzz incidents show incident-acme-surge-20260302T0900Z",
    ]


def test_the_four_lines_say_how_big_why_who_and_where() -> None:
    hour = Range(median=70, low_50=55, high_50=90, low_90=40, high_90=120)
    told = hijacked(growth=Growth(too_early=False, doubling_minutes=12.3, next_hour=hour))
    parts = [SeverityPart(name=name, points=points) for name, points in (("growth", 3), ("reach", 0), ("kind", 2))]
    told = msgspec.structs.replace(
        told, severity=Severity.HIGH, severity_parts=parts, little_history=True, signals=["authors"], owner="Anna"
    )
    playbook = Playbook({("en", "hijacked-hashtag"): ["Stop the campaign.", "Call Zoé.", "Sleep."]})
    how_big, why, who, where = body(told, "en", "Europe/Paris", playbook, console_url="https://b.example.com").split(
        "\n"
    )
    assert how_big == (
        "30 negative mentions since 02 Mar 10:00 CET, usual for this time: 2.0. Doubles every 12 min; in the next hour "
        "40 to 120 more are likely. Severity: high (growth 3, kind 2)."
    )
    assert why == (
        "Kind: hijacked hashtag #askacme (60%, 18 of 30); complaints without an answer (75%, 1,500 of 2,000). Unusual: "
        'how many people. Little history: the brand\'s habits are hardly known yet. "no trains"'
    )
    assert who == "Anna has it. To do: Stop the campaign. Call Zoé."
    assert where == "https://b.example.com/incidents/incident-acme-surge-20260302T0900Z"


def test_what_is_ticked_is_not_to_do_any_more_and_nothing_is_when_it_is_over() -> None:
    playbook = Playbook({("en", "general"): ["Call Zoé.", "Sleep."]})
    began = msgspec.structs.replace(incident(), owner="Ben", ticked={"general-1": "ben"})
    assert body(began, playbook=playbook).split("\n")[2] == "Ben has it. To do: Sleep."
    done = msgspec.structs.replace(began, ticked={"general-1": "ben", "general-2": "ben"})
    assert body(done, playbook=playbook).split("\n")[2] == "Ben has it."
    over = msgspec.structs.replace(began, state=IncidentState.RESOLVED)
    assert "To do" not in body(over, playbook=playbook)


def test_an_impostor_without_a_wave_has_no_size() -> None:
    why = msgspec.structs.replace(hijacked().why, observed=0, expected=0.0)
    lines = body(msgspec.structs.replace(hijacked(), why=why)).splitlines()
    assert len(lines) == 3 and lines[0].startswith("Kind: ")


def test_the_long_form_says_where_who_which_words_and_how_fast() -> None:
    hour = Range(median=70, low_50=55, high_50=90, low_90=40, high_90=120)
    lines = details(incident(growth=Growth(too_early=False, doubling_minutes=12.3, next_hour=hour))).splitlines()
    assert lines[2].startswith("Channels: forum 20, <script>") and lines[2].endswith("; originals 25, reposts 5.")
    assert lines[:2] + lines[3:] == [
        "30 negative mentions since 02 Mar 09:00 UTC, usual for this time: 2.0.",
        "Doubles every 12 min; in the next hour 40 to 120 more are likely.",
        "Topics: refund 12.",
        "23 authors with 41,250 followers in all; 7 of 30 posts by people who had written within the hour; "
        "by audience: press 2.",
        "Words that stand out: #acmefail, refund.",
        '- "no trains"',
        "incident-acme-surge-20260302T0900Z (version 1)",
    ]


def test_what_is_not_known_is_not_made_up() -> None:
    nobody = Explanation(since=AT, until=AT, observed=3, expected=0.0, first_post=None, top_posts=[])
    told = msgspec.structs.replace(incident(), why=nobody)
    lines = details(told).splitlines()
    assert "No author is named." in lines and "Too early to say how fast it grows." in lines
    assert not [line for line in lines if line.startswith(("Topics", "Words", "Channels"))]
    # Nothing is known of why, so that line is not there.
    assert [line.split()[0] for line in body(told).splitlines()] == ["3", "Nobody", "badbuzz"]


def test_a_strangers_text_stays_one_short_line() -> None:
    told = incident(text=HOSTILE)
    (quoted,) = (line for line in details(told).splitlines() if line.startswith("- "))
    why = body(told).splitlines()[1]
    assert why == quoted.removeprefix("- ")
    assert len(quoted) < 160 and "\x00" not in quoted and "\u202e" not in quoted


LANGUAGES: list[Lang] = ["en", "fr"]


def hijacked(lang_titles: bool = True, subject: str | None = "#askacme", **fields: Any) -> Incident:
    """An incident of two kinds, with its titles."""
    told = incident(**fields)
    turned = Story(kind=StoryKind.HIJACKED_HASHTAG, share=0.6, threshold=0.3, posts=18, of=30, subject=subject)
    waiting = Story(kind=StoryKind.UNANSWERED, share=0.75, threshold=0.5, posts=1500, of=2000)
    why = msgspec.structs.replace(told.why, stories=[turned, waiting])
    brand = Brand(id="acme", name="Acme", match=Match(any=["#AskAcme"]))
    why = msgspec.structs.replace(why, titles=titles(why, brand) if lang_titles else {})
    return msgspec.structs.replace(told, why=why)


STORY = "customers turn #AskAcme against the brand over refunds"
HISTOIRE = "le hashtag #AskAcme se retourne contre la marque au sujet des remboursements"
OVER, FINI = "Acme: over, the rhythm is back to normal", "Acme : c'est fini, le rythme est redevenu normal"
TITLES = {
    Telling.NEW: (f"Acme: {STORY}", f"Acme : {HISTOIRE}"),
    Telling.GREW: (f"Acme: the wave grows ({STORY})", f"Acme : la vague grandit ({HISTOIRE})"),
    Telling.WORSE: (f"Acme: it is critical now ({STORY})", f"Acme : la gravité est maintenant critique ({HISTOIRE})"),
    # What joined has changed the story itself.
    Telling.JOINED: (f"Acme: {STORY}", f"Acme : {HISTOIRE}"),
    Telling.REOPENED: (f"Acme: it is on again ({STORY})", f"Acme : cela recommence ({HISTOIRE})"),
    Telling.OVER: (f"{OVER} ({STORY})", f"{FINI} ({HISTOIRE})"),
    Telling.ESCALATED: (f"Nobody looks after it: Acme: {STORY}", f"Personne ne s'en occupe : Acme : {HISTOIRE}"),
    Telling.ASSIGNED: (f"Yours: Acme: {STORY}", f"À vous : Acme : {HISTOIRE}"),
}
# Written by a badbuzz that knew no titles.
PLAIN_TITLES = {
    Telling.NEW: ("Acme: a wave of criticism is starting", "Acme : une vague de critiques commence"),
    Telling.GREW: ("Acme: the wave grows", "Acme : la vague grandit"),
    Telling.WORSE: ("Acme: it is critical now", "Acme : la gravité est maintenant critique"),
    Telling.REOPENED: ("Acme: it is on again", "Acme : cela recommence"),
    Telling.OVER: (OVER, FINI),
}


@pytest.mark.parametrize("telling", list(Telling))
def test_a_title_names_the_story_and_why_one_hears_of_it_now(telling: Telling) -> None:
    told = msgspec.structs.replace(hijacked(), severity=Severity.CRITICAL)
    assert (title(told, "en", telling), plainly(title(told, "fr", telling))) == TITLES[telling]
    # What was on its way when it ended says that it has ended.
    over = msgspec.structs.replace(told, state=IncidentState.RESOLVED)
    assert (title(over, "en", telling), plainly(title(over, "fr", telling))) == TITLES[Telling.OVER]


@pytest.mark.parametrize("telling", list(PLAIN_TITLES))
def test_a_title_without_a_story_says_what_there_is_to_say(telling: Telling) -> None:
    told = msgspec.structs.replace(hijacked(lang_titles=False), severity=Severity.CRITICAL)
    assert (title(told, "en", telling), plainly(title(told, "fr", telling))) == PLAIN_TITLES[telling]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_without_a_reason_a_title_is_that_of_the_story(lang: Lang) -> None:
    # As a list of incidents shows it, at any time and in any version.
    assert title(hijacked(version=7), lang) == title(hijacked(), lang, Telling.NEW)
    over = hijacked(state=IncidentState.RESOLVED)
    assert title(over, lang) == title(over, lang, Telling.OVER)


def plainly(french: str) -> str:
    """With ordinary spaces where no line may break."""
    return french.replace("\u00a0", " ").replace("\u202f", " ")


def test_the_kinds_of_story_are_told_with_their_evidence() -> None:
    english = "Kind: hijacked hashtag #askacme (60%, 18 of 30); complaints without an answer (75%, 1,500 of 2,000)."
    french = (
        "Nature\u00a0: hashtag détourné #askacme (60\u00a0%, 18 sur 30)\u00a0; "
        "plaintes sans réponse (75\u00a0%, 1\u202f500 sur 2\u202f000)."
    )
    assert body(hijacked()).splitlines()[1] == f'{english} "no trains"'
    assert body(hijacked(), "fr").splitlines()[1] == f"{french} «\u00a0no trains\u00a0»"
    assert english in details(hijacked()).splitlines() and french in details(hijacked(), "fr").splitlines()


def in_french() -> Incident:
    hour = Range(median=70, low_50=55, high_50=90, low_90=40, high_90=1200)
    told = hijacked(growth=Growth(too_early=False, doubling_minutes=12.3, next_hour=hour))
    parts = [SeverityPart(name="growth", points=3), SeverityPart(name="kind", points=2)]
    return msgspec.structs.replace(
        told, little_history=True, signals=["authors", "reposts"], severity=Severity.HIGH, severity_parts=parts
    )


def test_a_message_can_be_read_in_french() -> None:
    assert plainly(body(in_french(), "fr")).splitlines() == [
        "30 mentions négatives depuis le 02 mars 09:00 UTC, d'ordinaire à ce moment : 2,0. Double toutes les 12 min ; "
        "dans l'heure qui vient, 40 à 1 200 de plus sont probables. Gravité : élevée (croissance 3, nature 2).",
        "Nature : hashtag détourné #askacme (60 %, 18 sur 30) ; plaintes sans réponse (75 %, 1 500 sur 2 000). "
        "Inhabituel : le nombre de personnes, la part de ce qui est répété. "
        "Peu de recul : les habitudes de la marque sont encore mal connues. « no trains »",
        "Personne ne s'en occupe encore. À faire : Arrêtez la campagne et les publications payées qui portent le "
        "hashtag. Ne supprimez pas les messages qui s'en moquent et ne lancez pas de second hashtag contre eux.",
        "badbuzz incidents show incident-acme-surge-20260302T0900Z",
    ]


def test_the_long_form_can_be_read_in_french() -> None:
    lines = plainly(details(in_french(), "fr")).splitlines()
    assert lines[:3] == [
        "30 mentions négatives depuis le 02 mars 09:00 UTC, d'ordinaire à ce moment : 2,0.",
        "Double toutes les 12 min ; dans l'heure qui vient, 40 à 1 200 de plus sont probables.",
        "Gravité : élevée (croissance 3, nature 2).",
    ]
    assert lines[4:6] == [
        "Inhabituel : le nombre de personnes, la part de ce qui est répété.",
        "Peu de recul : les habitudes de la marque sont encore mal connues.",
    ]
    assert lines[6].startswith("Canaux : forum 20, <script>") and lines[6].endswith(" ; originaux 25, partages 5.")
    assert lines[7:] == [
        "Sujets : refund 12.",
        "23 auteurs avec 41 250 abonnés en tout ; 7 messages sur 30 de personnes qui avaient écrit dans l'heure ; "
        "par public : press 2.",
        "Mots qui ressortent : #acmefail, refund.",
        "- « no trains »",
        "incident-acme-surge-20260302T0900Z (version 1)",
    ]


def test_both_languages_say_the_same_things() -> None:
    def evidence(sentence: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}

    assert WORDING["en"].keys() == WORDING["fr"].keys() and SIGNALS["en"].keys() == SIGNALS["fr"].keys()
    for name, sentence in WORDING["en"].items():
        assert evidence(sentence) == evidence(WORDING["fr"][name]), name
    assert SEVERITIES["en"].keys() == SEVERITIES["fr"].keys() >= set(Severity)
    for lang in LANGUAGES:
        assert set(KINDS[lang]) == set(StoryKind)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("state", list(IncidentState))
@pytest.mark.parametrize("text", ["no trains", HOSTILE, ""])
def test_every_message_is_short_lines_of_what_can_be_printed(lang: Lang, state: IncidentState, text: str) -> None:
    for told in (incident(state=state, text=text), hijacked(state=state, text=text, subject=text)):
        owned = msgspec.structs.replace(told, owner=text or None, brand_name=text or "Acme")
        titles = [title(owned, lang, telling) for telling in (None, *Telling)]
        lines = body(owned, lang).split("\n")
        # A chat shows it whole.
        assert len(lines) <= 4 and sum(map(len, lines)) < 1000
        for line in [*titles, *lines, *details(owned, lang).split("\n")]:
            assert 0 < len(line) < 600
            assert all(char.isprintable() or char in "\u00a0\u202f" for char in line)
