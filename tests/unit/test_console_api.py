"""The console's API: what programs see of incidents and brands, what they may do, and how it says no."""

from __future__ import annotations

import asyncio
import csv
import functools
import io
import socket
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from detectors.errors import Unavailable
from detectors.model import (
    Acknowledge,
    AnyCommand,
    Delivery,
    DeliveryResult,
    IncidentState,
    Opinion,
    Outcome,
    Severity,
    StartSilence,
    Verdict,
)
from streams.console import insight
from streams.console.access import How, Who
from streams.console.api.stream import Streams, _EventStream
from streams.console.commander import Commander
from streams.console.hub import Link
from streams.console.users import Role
from support.api_console import HOST, ApiConsole, minute, told
from support.signing import NOON


@pytest.fixture
def console(tmp_path: Path) -> Iterator[ApiConsole]:
    """A console that knows of one open incident."""
    console = ApiConsole(tmp_path)
    console.put(told())
    yield console
    console.close()


@pytest.fixture
async def anna(console: ApiConsole) -> AsyncIterator[httpx.AsyncClient]:
    """An admin."""
    async with console.client() as client:
        yield client


def problem(response: httpx.Response, name: str, status: int) -> dict[str, Any]:
    """The problem of that name, and nothing else."""
    assert response.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    assert (found["type"], found["status"], response.status_code) == (f"urn:badbuzz:problem:{name}", status, status)
    return found


def body(response: httpx.Response, status: int = 200) -> Any:
    """What came, as asked for."""
    assert response.status_code == status, response.text
    return response.json()


# ------------------------------------------------------------------------------------ finding them


async def test_incidents_are_found_by_what_they_are(console: ApiConsole, anna: httpx.AsyncClient) -> None:
    over = IncidentState.RESOLVED
    console.put(
        told("incident-2", brand="globex", severity=Severity.LOW, state=over, title="Globex: towers", at=NOON),
        told("incident-3", owner="ben", opinions=[Opinion(by="ben", at=NOON, verdict=Verdict.FALSE)], at=NOON),
    )

    async def found(**asked: str) -> list[str]:
        return [one["id"] for one in body(await anna.get("/incidents", params=asked))["incidents"]]

    assert await found() == ["incident-3", "incident-2", "incident-1"]
    assert await found(text="towers glob") == ["incident-2"]
    assert await found(brand="globex") == ["incident-2"]
    assert await found(open="true") == ["incident-3", "incident-1"]
    assert await found(state="resolved", kind="unanswered") == ["incident-2"]
    assert await found(severity_at_least="high", owner="ben") == ["incident-3"]
    assert await found(verdict="false") == ["incident-3"]
    assert await found(verdict="", open="true") == ["incident-1"]
    assert await found(until=NOON.isoformat()) == ["incident-1"]
    assert await found(since="2026-03-02T13:00:00+01:00") == ["incident-3", "incident-2"]


async def test_pages_follow_each_other_to_the_end(console: ApiConsole, anna: httpx.AsyncClient) -> None:
    console.put(*(told(f"more-{number}", at=NOON + timedelta(minutes=number)) for number in range(4)))
    seen, address = [], "/incidents?limit=2&brand=acme"
    while address:
        response = await anna.get(address)
        page = body(response)
        assert page["total"] == 5 and (page["after"] is None) == ("next" not in response.links)
        seen += [one["id"] for one in page["incidents"]]
        address = f"{HOST}{response.links['next']['url']}" if "next" in response.links else ""
    assert seen == ["more-3", "more-2", "more-1", "more-0", "incident-1"]


@pytest.mark.parametrize(
    "query,path",
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=ten", "limit"),
        ("limit=2&limit=3", "limit"),
        ("open=maybe", "open"),
        ("state=lost", "state"),
        ("since=yesterday", "since"),
        ("since=5", "since"),
        ("since=2026-03-02T12:00:00", "since"),
        ("until=9999-12-31T23:59:59-10:00", "until"),
        ("after=%F0%9F%A6%86", "after"),
        ("colour=red", "colour"),
    ],
)
async def test_a_parameter_that_will_not_do_is_named(anna: httpx.AsyncClient, query: str, path: str) -> None:
    found = problem(await anna.get(f"/incidents?{query}"), "invalid", 422)
    assert [one["path"] for one in found["errors"]] == [path] and path in found["detail"]


async def test_a_parameter_where_there_are_none_is_refused(anna: httpx.AsyncClient) -> None:
    assert problem(await anna.get("/me?x=1"), "invalid", 422)["errors"][0]["path"] == "x"


async def test_one_incident_with_what_was_sent_and_what_to_do(console: ApiConsole, anna: httpx.AsyncClient) -> None:
    sent = Delivery(incident="incident-1", brand="acme", version=1, result=DeliveryResult.DELIVERED, at=NOON)
    console.put(told(version=2, ticked={"general-1": "ben"}), sent)
    assert body(await anna.get("/incidents/incident-1"))["version"] == 2
    assert body(await anna.get("/incidents/incident-1/deliveries"))["deliveries"][0]["result"] == "delivered"
    steps = body(await anna.get("/incidents/incident-1/steps?lang=fr"))
    assert steps["lang"] == "fr" and {one["id"]: one["by"] for one in steps["steps"]}["general-1"] == "ben"
    problem(await anna.get("/incidents/nothing"), "not-found", 404)
    problem(await anna.get("/incidents/nothing/steps"), "not-found", 404)


async def test_a_file_for_a_spreadsheet_holds_no_formula(console: ApiConsole, anna: httpx.AsyncClient) -> None:
    console.put(told("incident-2", title='=HYPERLINK("http://evil","x")', owner="@anna", at=NOON))
    response = await anna.get("/incidents/export?format=csv&brand=acme")
    assert (
        response.headers["content-type"].startswith("text/csv")
        and "attachment" in response.headers["content-disposition"]
    )
    first, second = csv.DictReader(io.StringIO(response.content.decode("utf-8-sig")))
    assert first["title"] == '\'=HYPERLINK("http://evil","x")' and first["owner"] == "'@anna"
    assert second["title"] == "Acme: refunds do not come" and second["opened_at"] == "2026-03-02T11:00:00+00:00"
    (entry,) = console.audit.read()
    assert (entry.who, entry.what, entry.about) == ("anna-bot (token)", "export", "brand=acme&format=csv")


async def test_a_file_for_programs_holds_all_that_fits(
    console: ApiConsole, anna: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.console.api.export._PAGE", 2)
    console.put(*(told(f"more-{number}", at=NOON + timedelta(minutes=number)) for number in range(4)))
    found = body(await anna.get("/incidents/export"))
    assert [one["id"] for one in found] == ["more-3", "more-2", "more-1", "more-0", "incident-1"]
    assert body(await anna.get("/incidents/export?brand=globex")) == []


# ------------------------------------------------------------------------------------ doing things


async def test_what_somebody_does_is_theirs_and_written_down(console: ApiConsole) -> None:
    given: list[AnyCommand] = []

    def worker(command: AnyCommand) -> tuple[Outcome, str]:
        given.append(command)
        return Outcome.DONE, ""

    console.worker = worker
    async with console.client(Role.ACT) as ben:
        answer = body(await ben.post("/incidents/incident-1/acknowledge", json={"id": "mine-1", "if_edits": 0}))
    assert answer["outcome"] == "done" and answer["command"] == "mine-1" and answer["incident"] == "incident-1"
    assert given == [Acknowledge(id="mine-1", brand="acme", by="ben-bot (token)", incident="incident-1", if_edits=0)]
    (entry,) = console.audit.read()
    assert (entry.who, entry.what, entry.about, entry.ip) == (
        "ben-bot (token)", "acknowledge", "incident-1", "127.0.0.1",
    )  # fmt: skip


@pytest.mark.parametrize(
    "action,said",
    [
        ("acknowledge", None),
        ("acknowledge", {"if_edits": 0.0}),
        ("assign", {"to": "care"}),
        ("assign", {"to": None}),
        ("note", {"text": "The shop in Lyon has called her"}),
        ("respond", {}),
        ("tick", {"step": "general-1", "done": False}),
        ("grade", {"severity": "low", "why": "a joke"}),
        ("resolve", {"why": "all refunded"}),
        ("reopen", {}),
        ("feedback", {"verdict": "too-late"}),
        ("silence", {"until": "2026-03-02T18:00:00Z", "comment": "we know", "kinds": ["unanswered"]}),
    ],
)
async def test_all_that_can_be_done(anna: httpx.AsyncClient, action: str, said: dict[str, object] | None) -> None:
    response = await anna.post(f"/incidents/incident-1/{action}", json=said) if said is not None else await anna.post(
        f"/incidents/incident-1/{action}"
    )  # fmt: skip
    assert body(response)["outcome"] == "done"


@pytest.mark.parametrize(
    "action,said,path",
    [
        ("acknowledge", {"by": "somebody else"}, "by"),
        ("acknowledge", {"id": "two words"}, "id"),
        ("acknowledge", {"if_edits": -1}, "if_edits"),
        ("assign", {}, "to"),
        ("note", {"text": ""}, "text"),
        ("tick", {"step": "general-99"}, "step"),
        ("grade", {"severity": "awful", "why": "x"}, "severity"),
        ("silence", {"until": "2026-03-02T18:00:00", "comment": "x"}, "until"),
        ("silence", {"until": "0001-01-01T00:00:00+10:00", "comment": "x"}, "until"),
        ("silence", {"until": "2026-03-02T18:00:00Z", "comment": "x", "kinds": ["gossip"]}, "kinds[0]"),
    ],
)
async def test_a_field_that_will_not_do_is_named(
    console: ApiConsole, anna: httpx.AsyncClient, action: str, said: dict[str, object], path: str
) -> None:
    found = problem(await anna.post(f"/incidents/incident-1/{action}", json=said), "invalid", 422)
    assert [one["path"] for one in found["errors"]] == [path]
    assert console.audit.read() == []


async def test_a_body_that_is_no_json_is_refused(anna: httpx.AsyncClient) -> None:
    address, headers = "/incidents/incident-1/note", {"Content-Type": "application/json"}
    for content in (b"{", b"\xff", b'{"text": "\\ud800"}'):
        problem(await anna.post(address, content=content, headers=headers), "unreadable", 400)
    problem(await anna.post(address, data={"text": "x"}), "media-type", 415)
    problem(await anna.post(address, json=[]), "invalid", 422)


@pytest.mark.parametrize(
    "outcome,name,status",
    [
        (Outcome.CONFLICT, "conflict", 409),
        (Outcome.IMPOSSIBLE, "impossible", 409),
        (Outcome.UNREADABLE, "impossible", 409),
        (Outcome.GONE, "gone", 410),
    ],
)
async def test_a_worker_that_says_no(
    console: ApiConsole, anna: httpx.AsyncClient, outcome: Outcome, name: str, status: int
) -> None:
    console.worker = lambda _: (outcome, "somebody was quicker")
    found = problem(await anna.post("/incidents/incident-1/resolve", json={"id": "c1"}), name, status)
    assert found["detail"] == "somebody was quicker" and found["answer"]["edits"] == 1
    assert problem(await anna.get("/commands/c1"), name, status)["answer"]["outcome"] == outcome


async def test_what_no_worker_answers_is_kept_and_asked_for_later(
    console: ApiConsole, anna: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Commander, "give", functools.partialmethod(Commander.give, within_s=0.05))
    working, console.worker = console.worker, None
    response = await anna.post("/incidents/incident-1/acknowledge")
    taken = body(response, 202)
    address = response.headers["location"]
    assert address == f"/api/v1/commands/{taken['command']}"
    assert body(await anna.get(f"{HOST}{address}"), 202) == taken
    console.worker = working
    console.hub.tell(console.writer.apply([], {}))
    await asyncio.sleep(0.01)
    assert body(await anna.get(f"{HOST}{address}"))["outcome"] == "done"
    problem(await anna.get("/commands/never-given"), "not-found", 404)


async def test_the_same_command_twice_is_done_once(console: ApiConsole, anna: httpx.AsyncClient) -> None:
    done: list[AnyCommand] = []
    console.put(told("incident-2"))

    def worker(command: AnyCommand) -> tuple[Outcome, str]:
        done.append(command)
        return Outcome.DONE, ""

    console.worker = worker
    for _ in range(2):
        assert body(await anna.post("/incidents/incident-1/note", json={"id": "n1", "text": "x"}))["command"] == "n1"
    assert len(done) == 1
    problem(await anna.post("/incidents/incident-2/note", json={"id": "n1", "text": "x"}), "taken", 409)


async def test_a_command_that_cannot_be_kept(anna: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: object) -> None:
        raise Unavailable("10000 commands wait for a worker already")

    monkeypatch.setattr(Commander, "give", full)
    problem(await anna.post("/incidents/incident-1/acknowledge"), "unavailable", 503)


async def test_a_brand_is_silenced_and_heard_again(console: ApiConsole, anna: httpx.AsyncClient) -> None:
    said = {"id": "s1", "brand": "acme", "until": "2026-03-02T18:00:00Z", "comment": "launch", "topics": ["price"]}
    assert body(await anna.post("/silences", json=said))["command"] == "s1"
    (one,) = body(await anna.get("/silences"))["silences"]
    assert one["silence"]["id"] == "s1" and one["silence"]["by"] == "anna-bot (token)" and one["done"]
    assert body(await anna.delete("/silences/s1"))["outcome"] == "done"
    assert body(await anna.get("/silences")) == {"silences": []}
    problem(await anna.delete("/silences/s1"), "not-found", 404)
    found = problem(await anna.post("/silences", json={**said, "id": "s2", "brand": "initech"}), "invalid", 422)
    assert found["errors"][0] == {"path": "brand", "message": "Expected one of: acme, globex"}


# ------------------------------------------------------------------------------------------ brands


async def test_how_brands_stand_and_what_is_said_of_them(console: ApiConsole, anna: httpx.AsyncClient) -> None:
    console.put(
        *(minute("acme", NOON - timedelta(minutes=90 - number), negative=3) for number in range(90)),
        *(minute("globex", NOON - timedelta(minutes=90 - number), negative=1) for number in range(90)),
    )
    states = body(await anna.get("/brands"))["brands"]
    assert [(one["brand"], one["state"]) for one in states] == [("acme", "firing"), ("globex", "quiet")]
    hours = body(await anna.get("/brands/acme/series?resolution=hour"))["spans"]
    assert [one["negative"] for one in hours] == [90, 180] and hours[0]["parts"]["topic"] == {"refund": 90}
    since = (NOON - timedelta(hours=1)).isoformat()
    assert len(body(await anna.get("/brands/acme/series", params={"since": since}))["spans"]) == 1
    assert [one["negative"] for one in body(await anna.get("/brands/acme/series?resolution=day"))["spans"]] == [270]
    own, rival = body(await anna.get("/brands/acme/shares?days=1"))["shares"]
    assert (own["brand"], rival["brand"]) == ("acme", "globex")
    assert own["voice"] == pytest.approx(2 / 3) and own["of_negative"] == 0.75 and own["negativity"] == 0.75
    problem(await anna.get("/brands/initech/series"), "not-found", 404)
    problem(await anna.get("/brands/initech/shares"), "not-found", 404)
    problem(await anna.get("/brands/acme/shares?days=31"), "invalid", 422)


async def test_a_brand_of_which_nothing_is_known(anna: httpx.AsyncClient) -> None:
    (share, _) = body(await anna.get("/brands/acme/shares"))["shares"]
    assert share["mentions"] == 0 and share["voice"] is None and share["negativity"] is None
    assert body(await anna.get("/brands/acme/series"))["spans"] == []


async def test_who_has_to_answer_for_what(console: ApiConsole, anna: httpx.AsyncClient) -> None:
    console.put(
        minute("acme", NOON - timedelta(days=3), negative=4, took=[60, 120]),
        minute("acme", NOON - timedelta(minutes=5), negative=2, took=[600]),
        minute("globex", NOON - timedelta(days=8), negative=50, took=[1]),
    )
    found = body(await anna.get("/matrix?days=7"))
    refund = found["topics"][0]
    assert (refund["topic"], refund["team"]) == ("refund", "care")
    assert refund["load"] == {
        "negative": 6, "complaints": 6, "answered": 3, "unanswered": 3, "median_s": 120, "p90_s": 600,
        "open_incidents": 1,
    }  # fmt: skip
    assert [one["team"] for one in found["teams"]] == ["care", "ops", None]
    assert found["teams"][0]["load"] == refund["load"]
    assert found["cells"] == [
        {"topic": "refund", "team": "care", "answers_for_it": True, "open_incidents": 1},
        {"topic": "outage", "team": "ops", "answers_for_it": True, "open_incidents": 0},
    ]
    assert body(await anna.get("/matrix?days=7&brand=globex"))["topics"][0]["load"]["complaints"] == 0
    problem(await anna.get("/matrix?brand=initech"), "invalid", 422)


async def test_how_good_detectors_are(console: ApiConsole, anna: httpx.AsyncClient) -> None:
    said = [Opinion(by="ben", at=NOON, verdict=Verdict.FALSE)]
    console.put(
        told("incident-2", opinions=said),
        told("incident-3", opinions=said, at=NOON - timedelta(days=40)),
        *(
            minute("acme", NOON - timedelta(days=2) + timedelta(minutes=number), shadow=number == 7)
            for number in range(2880)
        ),
    )
    found = body(await anna.get("/detectors"))
    assert [(one["brand"], one["judged"], one["false"]) for one in found["precision"]] == [("acme", 2, 2), (None, 2, 2)]
    surge, shadow, _ = found["achieved"]
    assert (surge["brand"], surge["detector"], surge["incidents"], surge["false"]) == ("acme", "surge", 2, 1)
    assert (surge["known_days"], surge["false_per_month"], surge["budget"]) == (2.0, 15.0, 1.0)
    assert (shadow["detector"], shadow["is_shadow"], shadow["shadow_alerts"], shadow["budget"]) == (
        "ears-c2", True, 1, None,
    )  # fmt: skip


async def test_settings_tell_no_secret(anna: httpx.AsyncClient) -> None:
    response = await anna.get("/settings")
    found = body(response)
    assert found["teams"][0]["on_duty"] == ["anna"] and found["teams"][0]["escalate_after"] == "PT900S"
    assert [one["id"] for one in found["brands"]] == ["acme", "globex"] and found["silences"][0]["comment"] == "launch"
    assert "secret" not in response.text and "hunter2" not in response.text and "notify" not in response.text


# -------------------------------------------------------------------------------- who may do what


async def test_roles(console: ApiConsole) -> None:
    note = {"text": "x"}
    async with console.client(Role.READ) as rita, console.client(Role.ACT) as ben, console.client(None) as stranger:
        body(await rita.get("/incidents"))
        for response in (
            await rita.post("/incidents/incident-1/note", json=note),
            await rita.post("/incidents/incident-1/note", json={"nonsense": True}),
            await rita.get("/users"),
            await ben.get("/audit"),
            await ben.post("/tokens", json={"name": "x", "role": "admin"}),
        ):
            problem(response, "forbidden", 403)
        body(await ben.post("/incidents/incident-1/note", json=note))
        assert body(await ben.get("/me")) == {"name": "ben-bot (token)", "role": "act", "lang": None, "how": "token"}
        refused = await stranger.get("/incidents")
        assert refused.status_code == 401 and refused.headers["content-type"] == "application/problem+json"


async def test_users_come_change_and_go(console: ApiConsole, anna: httpx.AsyncClient) -> None:
    said = {"name": "Zoé O'Neil", "role": "read", "password": "a long password", "lang": "fr"}
    response = await anna.post("/users", json=said)
    assert body(response, 201) == {"name": "Zoé O'Neil", "role": "read", "lang": "fr", "has_password": True}
    address = f"{HOST}{response.headers['location']}"
    problem(await anna.post("/users", json={**said, "name": "zoé o'neil"}), "taken", 409)
    assert body(await anna.patch(address, json={"role": "act", "password": "another password"}))["role"] == "act"
    assert "Zoé O'Neil" in {one["name"] for one in body(await anna.get("/users"))["users"]}
    assert (await anna.delete(address)).status_code == 204
    problem(await anna.delete(address), "not-found", 404)
    problem(await anna.patch("/users/anna", json={"role": "read"}), "last-admin", 409)
    problem(await anna.delete("/users/anna"), "last-admin", 409)
    found = problem(await anna.post("/users", json={**said, "name": "x", "password": "short"}), "invalid", 422)
    assert found["errors"][0]["path"] == "password"
    problem(await anna.post("/users", json={**said, "name": " x\n"}), "invalid", 422)
    assert [(one.what, one.about) for one in reversed(console.audit.read())] == [
        ("user added", "Zoé O'Neil: read"),
        ("role changed", "Zoé O'Neil: act"),
        ("password changed", "Zoé O'Neil"),
        ("user removed", "Zoé O'Neil"),
    ]


async def test_a_token_tells_its_secret_once(console: ApiConsole, anna: httpx.AsyncClient) -> None:
    secret = body(await anna.post("/tokens", json={"name": "ci", "role": "read"}), 201)["secret"]
    async with console.client(None) as ci:
        ci.headers["Authorization"] = f"Bearer {secret}"
        assert body(await ci.get("/me"))["name"] == "ci (token)"
        listed = await anna.get("/tokens")
        assert "ci" in {one["name"] for one in body(listed)["tokens"]} and secret not in listed.text
        assert "sha256" not in listed.text
        problem(await anna.post("/tokens", json={"name": "CI", "role": "read"}), "taken", 409)
        assert (await anna.delete("/tokens/ci")).status_code == 204
        assert (await ci.get("/me")).status_code == 401
    problem(await anna.delete("/tokens/ci"), "not-found", 404)


async def test_without_a_users_file_there_is_nobody_to_list(tmp_path: Path) -> None:
    console = ApiConsole(tmp_path, users=False)
    async with console.client(None) as somebody:
        assert body(await somebody.get("/me"))["how"] == "local"
        for address in ("/users", "/tokens"):
            problem(await somebody.get(address), "no-users", 409)
        problem(await somebody.post("/tokens", json={"name": "x", "role": "read"}), "no-users", 409)
    console.close()


async def test_the_audit_log_page_by_page(console: ApiConsole, anna: httpx.AsyncClient) -> None:
    for number in range(3):
        console.audit.note("anna", "sign-in", str(number))
    page = body(await anna.get("/audit?limit=2"))
    assert [one["about"] for one in page["entries"]] == ["2", "1"]
    page = body(await anna.get(f"/audit?limit=2&before={page['before']}"))
    assert [one["about"] for one in page["entries"]] == ["0"] and page["before"] is None


# ---------------------------------------------------------------------------------------- problems


async def test_what_the_framework_refuses_is_a_problem_too(
    console: ApiConsole, anna: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem(await anna.get("/nothing"), "not-found", 404)
    response = await anna.put("/users", json={})
    problem(response, "method-not-allowed", 405)
    assert response.headers["allow"] == "GET, POST"
    assert (await anna.delete("/incidents/stream")).headers["allow"] == "GET"

    def broken(_: object) -> None:
        raise KeyError("a secret")

    monkeypatch.setattr(insight, "detectors", broken)
    assert "secret" not in problem(await anna.get("/detectors"), "internal", 500)["detail"]


async def test_its_description_stands_alone(anna: httpx.AsyncClient) -> None:
    response = await anna.get("/openapi.json")
    document = body(response)
    schemas = document["components"]["schemas"]
    named = [part.partition('"')[0] for part in response.text.split('"$ref":"')[1:]]
    assert named and {name.removeprefix("#/components/schemas/") for name in named} <= schemas.keys()
    assert document["servers"] == [{"url": "/api/v1"}]
    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation["tags"] and operation["summary"] and "Needs the role" in operation["description"]
    problem(await anna.get("/docs"), "not-found", 404)


# ------------------------------------------------------------------------------------------ stream


WHO = Who("rita", Role.READ, None, How.LOCAL)


class Listener:
    """Somebody who follows the incidents."""

    def __init__(self, console: ApiConsole, last: str = "") -> None:
        self.streams: Streams = console.api.state.streams
        self._events = self.streams.follow(WHO, last)
        self.last = last

    async def __aenter__(self) -> Listener:
        assert (await anext(self._events)).startswith(b"retry: ")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._events.aclose()

    async def raw(self, within_s: float = 1.0) -> bytes:
        """The next thing that is sent."""
        return await asyncio.wait_for(anext(self._events), within_s)

    async def next(self) -> tuple[str, int]:
        """The next incident, and its version."""
        while True:
            fields = dict(line.split(": ", 1) for line in (await self.raw()).decode().splitlines() if ": " in line)
            self.last = fields.get("id", self.last)
            if fields.get("event") == "incident":
                incident = httpx.Response(200, text=fields["data"]).json()
                return incident["id"], incident["version"]


async def test_whoever_follows_hears_what_is_open_and_then_what_changes(console: ApiConsole) -> None:
    console.put(told("over", state=IncidentState.RESOLVED))
    async with Listener(console) as listener:
        assert await listener.next() == ("incident-1", 1)
        later = asyncio.create_task(listener.next())
        await asyncio.sleep(0.01)
        console.put(minute("acme", NOON))
        console.put(told("incident-2"))
        assert await later == ("incident-2", 1)
        console.put(told(version=2), told(version=3, state=IncidentState.RESOLVED))
        assert await listener.next() == ("incident-1", 3)


async def test_whoever_comes_back_hears_what_was_missed(console: ApiConsole) -> None:
    async with Listener(console) as listener:
        await listener.next()
        await listener.raw()  # where it stands
    console.put(told("over", state=IncidentState.RESOLVED))
    async with Listener(console, listener.last) as again:
        assert await again.next() == ("over", 1)
    for other in ("00000000-1", "nonsense"):
        async with Listener(console, other) as stranger:
            assert await stranger.next() == ("incident-1", 1)


async def test_the_place_is_told_where_nothing_is_open(console: ApiConsole) -> None:
    console.put(told(version=2, state=IncidentState.RESOLVED))
    async with Listener(console) as listener:
        assert (await listener.raw()).startswith(b"id: ")


async def test_what_is_read_again_from_the_beginning_is_no_news(console: ApiConsole) -> None:
    console.hub.set_link(Link(connected=True))
    async with Listener(console) as listener:
        later = asyncio.create_task(listener.next())
        console.put(told("long-ago", state=IncidentState.RESOLVED), told("incident-2"))
        await asyncio.sleep(0.02)
        assert not later.done()
        console.hub.set_link(Link(connected=True, caught_up=True, progress=1.0))
        assert {await later, await listener.next()} == {("incident-1", 1), ("incident-2", 1)}


async def test_of_other_topics_it_begins_anew(console: ApiConsole) -> None:
    async with Listener(console) as listener:
        await listener.next()
        await listener.raw()  # where it stands
        console.writer.clear()
        later = asyncio.create_task(listener.next())
        console.put(told("incident-2"))
        assert await later == ("incident-2", 1)
        life = listener.last.partition("-")[0]
    async with Listener(console, f"{life}-0") as again:
        assert await again.next() == ("incident-2", 1)


async def test_a_quiet_stream_says_that_it_is_there(console: ApiConsole, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.console.api.stream.PULSE_S", 0.05)
    async with Listener(console) as listener:
        await listener.next()
        await listener.raw()
        waiting = asyncio.create_task(listener.raw())
        for _ in range(10):  # a brand's minutes are no sign of life
            console.put(minute("acme", NOON))
            await asyncio.sleep(0.01)
        assert (await waiting).startswith(b":")


async def test_whoever_may_not_come_in_any_more_is_sent_away(
    console: ApiConsole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.console.api.stream.AGAIN_S", 0.05)
    async with Listener(console) as listener:
        await listener.next()
        await listener.raw()
        monkeypatch.setattr(console.access, "again", lambda _: None)
        with pytest.raises(StopAsyncIteration):
            await listener.raw()
    assert len(listener.streams) == 0


async def test_so_many_may_follow_and_no_more(anna: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.console.api.stream.MOST", 0)
    problem(await anna.get("/incidents/stream"), "unavailable", 503)


async def test_whoever_does_not_read_is_dropped(console: ApiConsole, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.console.api.stream.STUCK_S", 0.05)
    sent = asyncio.Event()

    async def send(message: Any) -> None:
        if message.get("body"):
            sent.set()
            await asyncio.sleep(60)

    async def receive() -> Any:
        await asyncio.sleep(60)

    streams: Streams = console.api.state.streams
    scope = {"type": "http", "asgi": {"spec_version": "2.3"}, "method": "GET", "headers": []}
    response = _EventStream(streams.follow(WHO, ""))
    await asyncio.wait_for(response(scope, receive, send), 5)
    assert sent.is_set() and len(streams) == 0


async def test_over_a_socket_it_is_live_and_ends_with_the_server(console: ApiConsole) -> None:
    """As programs see it: by uvicorn, within a second, and gone at once when that stops."""
    started = asyncio.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            started.set()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            console.api.state.streams.close()
            await super().shutdown(sockets)

    server = Server(uvicorn.Config(console.app, log_config=None, lifespan="off", timeout_graceful_shutdown=3))
    headers = {"Authorization": f"Bearer {console.tokens[Role.READ]}"}
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve([listening]))
        await asyncio.wait_for(started.wait(), 5)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/api/v1/incidents/stream"
        async with httpx.AsyncClient(headers=headers) as client, client.stream("GET", address) as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            lines = response.aiter_lines()

            async def event() -> str:
                async for line in lines:
                    if line.startswith("data: "):
                        return line
                return ""

            assert '"incident-1"' in await asyncio.wait_for(event(), 2)
            console.put(told("incident-2"))
            assert '"incident-2"' in await asyncio.wait_for(event(), 1)
            stopped = time.monotonic()
            server.should_exit = True
            assert await asyncio.wait_for(event(), 2) == ""
        await asyncio.wait_for(serving, 3)
        assert time.monotonic() - stopped < 1.5


async def test_a_silence_of_an_incident_is_ended_like_any(console: ApiConsole, anna: httpx.AsyncClient) -> None:
    until = NOON + timedelta(hours=2)
    console.put(StartSilence(id="s9", brand="acme", by="ben", incident="incident-1", until=until, comment="x"))
    assert body(await anna.get("/silences"))["silences"][0]["done"] is None
    assert body(await anna.delete("/silences/s9"))["incident"] is None
