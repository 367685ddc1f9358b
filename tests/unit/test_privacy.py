"""Other names for people, and that texts and names come into no log and no metric."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import string
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import AsyncMock, MagicMock

import msgspec
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest

from detectors.alerting.outbox import Outbox
from detectors.errors import ConfigError, DeliveryError
from detectors.intake import Intake
from detectors.model import Brand, Explanation, Incident, IncidentState, Match, Post, Telling, TopPost, Watch
from detectors.partition import PartitionMonitor
from detectors.privacy import Pseudonyms, forget_texts, public_names
from streams.agents.durable import Slot
from streams.agents.ingest import IngestAgent
from streams.agents.monitor import MonitorAgent
from streams.agents.notify import NotifyAgent
from streams.logs import configure_logging
from streams.metrics import Metrics
from streams.notifiers import LogNotifier, channel_of
from streams.runtime import Runtime
from streams.settings import load_settings
from streams.topics import topic_specs
from support.scenario import NoModel

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
KEY = b"0123456789abcdef"
ACME = Brand(
    id="acme",
    name="Acme",
    match=Match(any=["acme", "@acme"]),
    official_accounts={"twitter": ["@AcmeHelp"]},
)
PSEUDONYMS = Pseudonyms(KEY, public_names([ACME]))


def post(text: str = "", **fields: Any) -> Post:
    return Post(**{"id": "1", "source": "twitter", "text": text, "created_at": AT, **fields})


def other(author: str) -> str:
    return PSEUDONYMS.name("twitter", author)


# ------------------------------------------------------------------------------------------ names


def test_a_name_is_the_same_for_ever() -> None:
    # Written down: a change here cuts every stored name off from the ones to come.
    assert Pseudonyms(KEY).name("twitter", "marie") == "u9b7962512f0b20c5"


@pytest.mark.parametrize("author", ["@Marie", "MARIE", " marie ", "\uff2d\uff21\uff32\uff29\uff25", "ma\u200brie"])
def test_how_a_name_is_written_makes_no_difference(author: str) -> None:
    assert other(author) == other("marie")


def test_another_key_another_source_or_another_author_is_another_name() -> None:
    names = {
        other("marie"),
        other("maria"),
        PSEUDONYMS.name("forum", "marie"),
        Pseudonyms(KEY + b"!").name("twitter", "marie"),
        Pseudonyms(b"x" * 100).name("twitter", "marie"),  # of any length
    }
    assert len(names) == 5
    assert all(len(name) == 17 and set(name[1:]) <= set(string.hexdigits) for name in names)


def test_the_accounts_of_a_brand_keep_their_names() -> None:
    assert [other(name) for name in ("@AcmeHelp", "acme", "Acme")] == ["@AcmeHelp", "acme", "Acme"]


@pytest.mark.parametrize("key", [b"", b"fifteen bytes..", b"secret"])
def test_a_key_that_can_be_guessed_is_refused_and_not_shown(key: bytes) -> None:
    with pytest.raises(ValueError, match="expected 16 or more") as refusal:
        Pseudonyms(key)
    assert "secret" not in str(refusal.value) and "fifteen" not in str(refusal.value)


# ------------------------------------------------------------------------------------------ posts


@pytest.mark.parametrize(
    "text, kept",
    [
        ("@acme you lost @Marie's bag", "@acme you lost @{marie}'s bag"),
        ("RT @marie: never again", "RT @{marie}: never again"),
        ("RT@marie never again", "RT@{marie} never again"),
        (".@marie, @AcmeHelp.", ".@{marie}, @AcmeHelp."),
        ("\uff20marie @\u200bmarie", "\uff20{marie} @\u200b{marie}"),
        ("\u4f60\u597d@marie", "\u4f60\u597d@{marie}"),
        ("@marie.bsky.social and @marie@social.example!", "@{marie.bsky.social} and @{marie@social.example}!"),
        ("@acme.fan is not @acme", "@{acme.fan} is not @acme"),
        ("see https://twitter.com/Marie/status/1", "see https://twitter.com/{marie}/status/1"),
        ("https://www.tiktok.com/@marie/video/2", "https://www.tiktok.com/@{marie}/video/2"),
        ("https://x.com/i/status/1 instagram.com/p/Ab1", "https://x.com/i/status/1 instagram.com/p/Ab1"),
        ("https://facebook.com/acme twitter.com/acme", "https://facebook.com/acme twitter.com/acme"),
        ("https://netflix.com/title/7 https://t.co/abc", "https://netflix.com/title/7 https://t.co/abc"),
        ("50 % @ home, a@b, no one", "50 % @ home, a@b, no one"),
        ("", ""),
    ],
)
def test_private_names_in_a_text_are_replaced_and_nothing_else(text: str, kept: str) -> None:
    for name in ("marie.bsky.social", "marie@social.example", "acme.fan", "marie"):
        kept = kept.replace(f"{{{name}}}", other(name))
    assert PSEUDONYMS.post(post(text)).text == kept
    assert PSEUDONYMS.post(post(quoted_text=text)).quoted_text == kept


def test_everything_that_names_a_person_is_gone() -> None:
    told = post(
        "@acme I am @marie",
        id="https://social.example/@marie/7",
        author="marie",
        author_name="Marie Durand",
        author_bio="Mother of Paul, Lyon",
        reply_to="https://social.example/@paul/6",
        reply_to_author="Paul",
        quote_of="pierre/5",
        quoted_author="pierre",
        quoted_text="says @paul",
        url="https://social.example/@Marie/7",
        followers=7,
        reposts=3,
    )
    kept = PSEUDONYMS.post(told)
    left = msgspec.json.encode(kept).decode().casefold()
    assert not [name for name in ("marie", "durand", "paul", "pierre", "lyon") if name in left]
    assert (kept.author, kept.reply_to_author, kept.quoted_author) == (other("marie"), other("paul"), other("pierre"))
    # Who answers whom is still known.
    assert PSEUDONYMS.post(post(author="Paul", id="https://social.example/@paul/6")).id == kept.reply_to
    assert (kept.followers, kept.reposts, kept.created_at, kept.source) == (7, 3, AT, "twitter")


def test_an_address_that_names_nobody_stays() -> None:
    assert PSEUDONYMS.post(post(author="marie", url="https://forum.example/t/7")).url == "https://forum.example/t/7"
    assert PSEUDONYMS.post(post(url="https://twitter.com/marie/status/1")).url == (
        f"https://twitter.com/{other('marie')}/status/1"
    )


def test_one_who_passes_for_the_brand_can_keep_the_name() -> None:
    told = post("hi @marie", author="AcmeHeIp", author_name="Acme Support", url="https://twitter.com/AcmeHeIp/status/1")
    kept = PSEUDONYMS.post(told, public_author=True)
    assert (kept.author, kept.url, kept.author_name) == (told.author, told.url, None)
    assert kept.text == f"hi @{other('marie')}"


def test_a_post_without_names_stays_as_it_is() -> None:
    for told in (
        post("acme is down"),
        post(author="", url="", id="7"),
        post(author="acmehelp", url="https://x/acmehelp"),
    ):
        assert PSEUDONYMS.post(told) == told


@given(st.text(), st.text(), st.text(), st.text(st.characters(categories=["Cs", "Cf", "Mn", "L"])))
def test_no_text_and_no_name_breaks_it(text: str, author: str, url: str, other_text: str) -> None:
    told = post(f"{text}@{author} {other_text}", author=author, url=url, quoted_author=other_text, reply_to=text)
    assert PSEUDONYMS.post(told) == PSEUDONYMS.post(told)


@given(st.text(string.ascii_letters + string.digits + "_", min_size=1, max_size=30), st.text(max_size=20))
def test_a_handle_never_survives(name: str, around: str) -> None:
    kept = PSEUDONYMS.post(post(f"{around} @{name} {around}", author=name))
    official = name.casefold() in {"acme", "acmehelp"}
    assert (kept.author == name) == official
    assert (name in re.findall(r"@(\w+)", kept.text)) == official


@pytest.mark.parametrize("unit", ["@", "@\u200b", "@a", "x.com/", "x.com/a.", "@a.-", "https://t.me/", "a@"])
def test_a_long_text_takes_no_more_than_its_length(unit: str) -> None:
    started = time.process_time()
    PSEUDONYMS.post(post(unit * 100_000))
    assert time.process_time() - started < 5


def test_what_is_forgotten_are_the_texts_and_nothing_else() -> None:
    top = TopPost(id="1", source="x", text="secret", created_at=AT, author="marie")
    why = Explanation(since=AT, until=AT, observed=9, expected=1.0, first_post=top, top_posts=[top], titles={"en": "t"})
    kept = forget_texts(why)
    assert b"secret" not in msgspec.json.encode(kept) and b"marie" not in msgspec.json.encode(kept)
    assert msgspec.structs.replace(kept, first_post=top, top_posts=[top]) == why


# --------------------------------------------------------------------------- settings and topics


def test_nothing_is_pseudonymised_unless_somebody_wants_it() -> None:
    assert load_settings().author_key is None


def test_the_key_comes_from_the_environment_or_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BADBUZZ_PSEUDONYM_KEY", "0123456789abcd\u00e9")
    assert load_settings().author_key == "0123456789abcd\u00e9".encode()
    monkeypatch.delenv("BADBUZZ_PSEUDONYM_KEY")
    file = tmp_path / "key"
    file.write_text("0123456789abcdef\r\n")
    monkeypatch.setenv("BADBUZZ_PSEUDONYM_KEY_FILE", str(file))
    settings = load_settings()
    assert settings.author_key == KEY
    assert "0123456789" not in f"{settings!r}{settings}{settings.model_dump()}"


@pytest.mark.parametrize(
    "variable, value, problem",
    [
        ("PSEUDONYM_KEY", "", "0 bytes can be guessed; expected 16 or more"),
        ("PSEUDONYM_KEY", "zanzibarquux", "12 bytes can be guessed"),
        ("PSEUDONYM_KEY_FILE", "{folder}/short", "12 bytes can be guessed"),
        ("PSEUDONYM_KEY_FILE", "{folder}/binary", "holds no UTF-8 text"),
        ("PSEUDONYM_KEY_FILE", "{folder}/nowhere", "cannot be read: No such file"),
        ("PSEUDONYM_KEY_FILE", "{folder}", "cannot be read: Is a directory"),
        ("PSEUDONYM_KEY_FILE", "", "cannot be read"),
        ("KEEP_TEXTS", "a week", "no duration; expected a whole number with a unit, such as 60s, 15m, 2h or 1d"),
        ("KEEP_TEXTS", "7", "no duration"),
        ("KEEP_TEXTS", "0d", "expected between 1h and 3650d"),
        ("KEEP_TEXTS", "999999d", "expected between 1h and 3650d"),
    ],
)
def test_what_does_not_fit_is_said_with_its_variable_and_without_the_secret(
    variable: str, value: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "short").write_text("zanzibarquux")
    (tmp_path / "binary").write_bytes(b"zanzibarquux\xff" * 9)
    monkeypatch.setenv(f"BADBUZZ_{variable}", value.format(folder=tmp_path))
    with pytest.raises(ConfigError) as refusal:
        load_settings()
    assert f"BADBUZZ_{variable}: " in str(refusal.value) and problem in str(refusal.value)
    assert "zanzibarquux" not in str(refusal.value)


def test_two_keys_are_one_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_bytes(KEY)
    monkeypatch.setenv("BADBUZZ_PSEUDONYM_KEY", "another one, 16 bytes")
    monkeypatch.setenv("BADBUZZ_PSEUDONYM_KEY_FILE", str(tmp_path / "key"))
    with pytest.raises(ConfigError, match=r"BADBUZZ_PSEUDONYM_KEY_FILE: .* expected one of them"):
        load_settings()


def test_topics_with_texts_keep_them_as_long_as_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BADBUZZ_KEEP_TEXTS", "2d")
    day_ms = 86_400_000
    configs = {name: spec.config() for name, spec in topic_specs(load_settings()).items()}
    for name in ("posts", "mentions", "alerts", "dead-letters"):
        assert configs[name]["retention.ms"] == str(2 * day_ms), name
    for name in ("alerts", "incidents"):  # of what a newer version has replaced
        assert configs[name]["max.compaction.lag.ms"] == str(2 * day_ms), name
    # A file that is not full is neither deleted nor compacted.
    assert {config["segment.ms"] for config in configs.values() if "segment.ms" in config} == {str(day_ms // 4)}
    # Counts and commands hold no text.
    assert (
        configs["brand-signals"]
        == configs["commands"]
        == {
            "cleanup.policy": "delete",
            "retention.ms": str(30 * day_ms),
        }
    )


# --------------------------------------------------------------------------- logs and metrics


async def _acknowledged(*_: object, **__: object) -> asyncio.Future[None]:
    done = asyncio.get_running_loop().create_future()
    done.set_result(None)
    return done


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    """What the agents of a worker share, without Faust and a broker: what they send lies in `sent(runtime)`."""
    app = MagicMock()
    app.producer.send = AsyncMock(side_effect=_acknowledged)
    watch = Watch(brands=[ACME], allowed_lateness=timedelta(0))
    counts = {"posts": 1, "mentions": 1, "incidents": 1}
    before = structlog.get_config()
    yield Runtime(app, load_settings(), watch, Metrics(CollectorRegistry()), counts)
    configure_logging(load_settings())
    structlog.configure(**before)


def sent(runtime: Runtime, topic: str) -> list[bytes]:
    """The values that were sent to a topic, in order."""
    calls = cast(AsyncMock, runtime.app.producer.send).await_args_list
    return [call.args[2] for call in calls if call.args[0] == topic]


def records(values: Iterable[bytes]) -> Any:
    """Records as the consumer gives them, put there long after what they tell of."""
    return [
        SimpleNamespace(offset=offset, value=value, key=None, headers=(), topic="t", partition=0, timestamp=2**45)
        for offset, value in enumerate(values)
    ]


MARKER = "zanzibarquux"


def marked(minute: int, number: int) -> bytes:
    """A negative post in which everything a stranger wrote holds the marker."""
    at = AT + timedelta(minutes=minute, seconds=number % 60)
    fields = {
        "id": f"{minute}-{number}",
        "source": "twitter",
        "text": f"@acme {MARKER}text is awful #{MARKER}tag @{MARKER}friend https://{MARKER}.example/a",
        "created_at": at.isoformat(),
        "author": f"{MARKER}author{minute}x{number}",
        "author_name": f"{MARKER} name",
        "author_bio": f"{MARKER} bio",
        "reply_to_author": f"{MARKER}answered",
        "url": f"https://{MARKER}.example/b",
        "sentiment": "negative",
    }
    return json.dumps(fields).encode()


BAD = [
    f'{{"text": "{MARKER}"'.encode(),
    json.dumps({"id": MARKER, "source": MARKER, "text": MARKER, "created_at": MARKER}).encode(),
    json.dumps({**json.loads(marked(0, 0)), "sentiment": MARKER}).encode(),
    json.dumps({**json.loads(marked(0, 0)), "source": MARKER * 20}).encode(),
]


class Refusing:
    """A channel that takes nothing. It is nobody's, so it hears everything."""

    id = "refusing"
    idempotent = False

    async def deliver(self, incident: Incident, telling: Telling = Telling.NEW) -> None:
        raise DeliveryError(f"no: {incident.why.top_posts[0].text}")

    async def send(self, title: str, text: str, html: str) -> None:
        raise DeliveryError("no")


@pytest.mark.parametrize("form", ["json", "console"])
async def test_no_text_and_no_name_comes_into_logs_or_metrics(
    runtime: Runtime, form: Any, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    configure_logging(load_settings(log_format=form, log_level="debug"))
    caplog.set_level(logging.DEBUG)
    # A quiet half day, a storm, and calm again: alerts fire, grow and end.
    calm = [marked(minute, 0) for minute in range(0, 700, 7)]
    storm = [marked(700 + minute, number) for minute in range(20) for number in range(20)]
    posts = [*calm, *BAD, *storm, *(marked(minute, 0) for minute in range(725, 1000, 5))]
    ingest = IngestAgent(runtime, Intake(runtime.watch, NoModel()))
    await ingest.take(Slot(0, ingest._intake.clock(0), None), records(posts))
    monitor = MonitorAgent(runtime)
    await monitor.take(Slot(0, PartitionMonitor(runtime.watch.brands), None), records(sent(runtime, "mentions")))
    notify = NotifyAgent(runtime, [LogNotifier(), Refusing()])
    outbox = Outbox(runtime.watch, [channel_of(LogNotifier()), channel_of(Refusing())])
    slot = notify.slots[0] = Slot(0, outbox, None)
    for version in sent(runtime, "incidents"):
        await notify.take(slot, records([version]))
        await notify._send_due(slot)
        await asyncio.gather(*notify._sending.get(0, ()))

    told = msgspec.json.decode(sent(runtime, "incidents")[-1], type=Incident)
    assert told.state is IncidentState.RESOLVED and len(sent(runtime, "dead-letters")) > len(BAD)
    assert MARKER in told.why.top_posts[0].text  # what is told to people
    logged = capsys.readouterr().err + caplog.text
    assert "alert" in logged and "incident" in logged
    assert MARKER not in logged
    samples = generate_latest(runtime.metrics.registry).decode()
    assert 'badbuzz_mentions_total{brand="acme"' in samples
    assert MARKER not in samples


async def test_with_a_key_no_name_is_carried_on(runtime: Runtime) -> None:
    ingest = IngestAgent(runtime, Intake(runtime.watch, NoModel(), pseudonym_key=KEY))
    await ingest.take(Slot(0, ingest._intake.clock(0), None), records([marked(0, number) for number in range(3)]))
    (kept,) = sent(runtime, "mentions")
    names = ("author", "friend", "answered", " name", " bio")
    assert not [name for name in names if (MARKER + name).encode() in kept]
    assert b"@acme" in kept and other(f"{MARKER}friend").encode() in kept


@pytest.mark.parametrize("name", ["aiokafka.producer.producer", "apprise", "faust.agents.agent"])
def test_libraries_that_log_what_they_carry_never_do(runtime: Runtime, name: str) -> None:
    # At debug, aiokafka logs the value of each record it sends, and Apprise titles and addresses with secrets.
    configure_logging(load_settings(log_level="debug"))
    assert not logging.getLogger(name).isEnabledFor(logging.INFO)
