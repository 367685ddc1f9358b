"""What people do to an incident, and who is told what of it: a worker, a broker, a local server as everybody's chat."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from detectors.model import Acknowledge, Answer, Change, Incident, IncidentState
from streams.incidents import read_incidents
from streams.journal import give, read_journal
from streams.settings import load_settings
from support.kafka_io import Record, produce, read_topic
from support.kafka_server import Broker
from support.live import People, learned, people, wave
from support.worker import WorkerProcess, run_badbuzz

TEAMS = """
teams:
  - {id: pr, name: PR, notify: ["${PR_URL}"], escalate_after: 3s, escalate_to: boss}
  - {id: boss, name: Boss, notify: ["${BOSS_URL}"], language: fr}
people: [{id: anna, name: Anna, notify: ["${ANNA_URL}"]}]
routes: [{teams: [pr]}]
"""


@pytest.fixture
async def chat() -> AsyncIterator[People]:
    async with people() as server:
        yield server


def environment(broker: Broker, prefix: str, chat: People) -> dict[str, str]:
    urls = {f"{name.upper()}_URL": chat.url(name) for name in ("pr", "boss", "anna")}
    return {**urls, "BADBUZZ_BROKERS": broker.bootstrap, "BADBUZZ_PREFIX": prefix, "BADBUZZ_USER": "anna"}


async def the_incident(broker: Broker, prefix: str) -> Incident:
    (incident,) = await read_incidents(load_settings(brokers=broker.bootstrap, prefix=prefix))
    return incident


async def test_an_incident_from_the_first_message_to_its_end(
    broker: Broker, prefix: str, tmp_path: Path, chat: People
) -> None:
    env = environment(broker, prefix, chat)
    config = await learned(tmp_path, TEAMS, env)

    async def badbuzz(*arguments: str, code: int = 0) -> str:
        done = await asyncio.to_thread(run_badbuzz, *arguments, env=env)
        assert done.returncode == code, done.stderr + done.stdout
        return done.stdout

    async with WorkerProcess(broker.bootstrap, prefix, config, tmp_path, **env) as worker:
        await wave(broker.bootstrap, prefix)
        assert await chat.until("pr", 1) == [chat.titles("pr")[0]]
        # Nobody acknowledges within three seconds: the boss hears, in French, why.
        (told,) = await chat.until("boss", 1)
        assert told.startswith("Personne ne s'en occupe")
        incident = await the_incident(broker, prefix)
        assert incident.state is IncidentState.OPEN
        # By command, with the name of who did it; whoever comes second is told who was faster.
        assert await badbuzz("incidents", "ack", incident.id, "--by", "ben") == "done\n"
        assert await badbuzz("incidents", "ack", incident.id) == "unchanged: ben was faster\n"
        assert await badbuzz("incidents", "note", incident.id, "called the shop", "--by", "ben") == "done\n"
        assert await badbuzz("incidents", "tick", incident.id, "general-1") == "done\n"
        await badbuzz("incidents", "tick", incident.id, "general-99", code=2)
        # She is in brands.yaml: what is hers she hears of.
        assert await badbuzz("incidents", "assign", incident.id, "anna", "--by", "ben") == "done\n"
        assert await badbuzz("incidents", "assign", incident.id, "anna") == "unchanged: anna has it\n"
        (told,) = await chat.until("anna", 1)
        assert told.startswith("Yours: Acme")
        worker.kill()
        worker.start()
        await worker.ready()
        given = json.loads(await badbuzz("incidents", "resolve", incident.id, "--why", "all refunded", "--json"))
        assert (given["outcome"], given["edits"]) == ("done", 5)
        assert (await chat.until("pr", 2))[1].startswith("Acme: over")
        assert (await chat.until("boss", 2))[1].startswith("Acme\u00a0: c'est fini")
        assert await badbuzz("incidents", "ack", incident.id, code=1) == "impossible: it is over\n"
        assert await badbuzz("incidents", "feedback", incident.id, "true") == "done\n"
        shown = await badbuzz("incidents", "show", incident.id)
        for line in ("acknowledged by ben", "noted by ben: called the shop", "boss/1 delivered (escalated)"):
            assert line in shown
        assert "[x]" in shown and "(general-1, anna)" in shown
        assert "no such incident" in (await asyncio.to_thread(run_badbuzz, "incidents", "ack", "gone", env=env)).stderr
    # Each was told once of each change, the crash in between included.
    assert [len(chat.titles(name)) for name in ("pr", "boss", "anna")] == [2, 2, 2]
    incident = await the_incident(broker, prefix)
    people_did = [(entry.what, entry.by) for entry in incident.timeline if entry.command]
    assert people_did == [
        (Change.ACKNOWLEDGED, "ben"),
        (Change.NOTED, "ben"),
        (Change.TICKED, "anna"),
        (Change.ASSIGNED, "ben"),
        (Change.RESOLVED, "anna"),
        (Change.JUDGED, "anna"),
    ]
    assert incident.time_to_acknowledge is not None and incident.time_to_resolution is not None


async def test_commands_that_make_no_sense_are_answered_and_harm_nobody(
    broker: Broker, prefix: str, tmp_path: Path, chat: People
) -> None:
    env = environment(broker, prefix, chat)
    config = await learned(tmp_path, TEAMS, env)
    where = load_settings(brokers=broker.bootstrap, prefix=prefix)
    async with WorkerProcess(broker.bootstrap, prefix, config, tmp_path, **env):
        await wave(broker.bootstrap, prefix)
        await chat.until("pr", 1)
        incident = await the_incident(broker, prefix)
        twice = Acknowledge(id="twice", brand="acme", incident=incident.id, by="anna")
        broken = {
            b"hello": "not_json",
            b'{"action": "acknowledge", "id": "no-name", "brand": "acme"}': "missing_field",
            b'{"action": "explode", "id": "unheard-of", "brand": "acme", "by": "anna"}': "wrong_type",
            b'{"action": "note", "id": "newer", "brand": "acme", "by": "anna", "schema": 99}': "bad_value",
        }
        await produce(broker.bootstrap, f"{prefix}commands", [Record(value, key=b"acme") for value in broken])
        stray = msgspec.json.encode(msgspec.structs.replace(twice, id="stray", brand="nobody"))
        await produce(broker.bootstrap, f"{prefix}commands", [Record(stray, key=b"nobody")])
        first = await give(where, twice)
        second = await give(where, twice)
        assert first == second and first.outcome.ok
        buried = await read_topic(broker.bootstrap, f"{prefix}dead-letters", at_least=len(broken))
        answers = {entry.command: entry for entry in await read_journal(where) if isinstance(entry, Answer)}
        env["BADBUZZ_USER"] = "ben"

        async def badbuzz(*arguments: str, code: int = 0) -> str:
            done = await asyncio.to_thread(run_badbuzz, *arguments, env=env)
            assert done.returncode == code, done.stderr + done.stdout
            return done.stdout

        # A silence is begun, listed, seen in the timeline of what is open, and ended.
        silence = ["incidents", "silence", "--brand", "acme", "--for", "2h", "--comment", "new prices", "--json"]
        name = json.loads(await badbuzz(*silence))["command"]
        (listed,) = json.loads(await badbuzz("incidents", "silences", "--json"))
        assert (listed["id"], listed["brand"], listed["by"]) == (name, "acme", "ben")
        assert await badbuzz("incidents", "unsilence", "acme", name) == "done\n"
        assert await badbuzz("incidents", "silences") == "No silence is on.\n"
        assert "no such silence" in await badbuzz("incidents", "unsilence", "acme", name, code=1)
    assert {record.value: dict(record.headers)["badbuzz-reason"].decode() for record in buried} == broken
    assert {name: answers[name].outcome for name in ("no-name", "unheard-of", "newer", "stray")} == {
        "no-name": "unreadable",
        "unheard-of": "unreadable",
        "newer": "unreadable",
        "stray": "gone",
    }
    incident = await the_incident(broker, prefix)
    assert incident.owner == "anna"
    assert [entry.what for entry in incident.timeline if entry.command] == ["acknowledged", "silenced", "unsilenced"]


CHANNELS = """
teams: [{id: pr, name: PR, notify: ["${PR_URL}", "${HOOK_URL}", "${DEAD_URL}", "${FINE_URL}"]}]
"""


async def test_a_crash_in_the_middle_of_a_message_tells_nobody_twice(
    broker: Broker, prefix: str, tmp_path: Path, chat: People
) -> None:
    env = environment(broker, prefix, chat)
    env["HOOK_URL"] = f"signed+http://a-secret-of-its-own@127.0.0.1:{chat.port}/hook"
    env["DEAD_URL"] = "json://127.0.0.1:9/nobody-listens-here"
    env["FINE_URL"] = chat.url("fine")
    config = await learned(tmp_path, CHANNELS, env)
    crashed = asyncio.Event()

    async def hang(channel: str, count: int) -> int:
        """The chat and the hook take what they are told, and say so only when the worker is gone."""
        if channel in ("pr", "hook") and count == 1:
            await crashed.wait()
        return 200

    chat.answer = hang
    async with WorkerProcess(broker.bootstrap, prefix, config, tmp_path, **env) as worker:
        await wave(broker.bootstrap, prefix)
        await asyncio.gather(chat.until("pr", 1), chat.until("hook", 1))
        # Two channels hang and one is dead: the fourth hears all the same.
        await chat.until("fine", 1)
        await worker.until("badbuzz_deliveries_total", 1, channel="pr/3", result="failed")
        worker.kill()
        crashed.set()
        worker.start()
        await worker.ready()
        # A program that can tell is told again, by the same key. A chat is not: it may have had it, and has.
        await chat.until("hook", 2)
        assert len({one["Idempotency-Key"] for one in chat.headers["hook"]}) == 1
        lost = [dict(one.headers) for one in await read_topic(broker.bootstrap, f"{prefix}dead-letters", at_least=1)]
        assert {one["badbuzz-reason"] for one in lost} == {b"undelivered"}
        assert b"pr/1: stopped while sending" in {one["badbuzz-error"] for one in lost}
        incident = await the_incident(broker, prefix)
        done = await asyncio.to_thread(run_badbuzz, "incidents", "resolve", incident.id, env=env)
        assert done.returncode == 0, done.stderr
        # The next change is told to each as ever.
        assert (await chat.until("pr", 2))[1].startswith("Acme: over")
        assert (await chat.until("hook", 3))[2].startswith("Acme: over")
        assert (await chat.until("fine", 2))[1].startswith("Acme: over")
