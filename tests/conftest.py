"""Fixtures for every test: the brokers, the recorded crises, and a topic prefix of one's own."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from streams.broker import EmbeddedBroker
from support.browser import Surfer, chromium, surfing
from support.kafka_server import Broker, KafkaServer, why_no_kafka

# What bench compares badbuzz with needs packages that badbuzz does not: run by hand, never collected.
collect_ignore_glob = ["bench/peers/*"]

_MARKED_BY_FIXTURE = {
    "embedded_broker": "embedded",
    "kafka_broker": "kafka",
    "shared_data": "shared_data",
    "surfer": "browser",
}


def pytest_configure() -> None:
    """No terminal's width for anybody: readline gives its own to children, and the processes of xdist are such."""
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Who uses the fixture has the marker, so that `-m "not kafka"` never misses one."""
    for item in items:
        for fixture in getattr(item, "fixturenames", ()):
            if fixture in _MARKED_BY_FIXTURE:
                item.add_marker(_MARKED_BY_FIXTURE[fixture])


def _not_here(what: str, reason: str) -> None:
    """Skip with a visible reason, or fail where BADBUZZ_REQUIRE (a comma-separated list) names `what`."""
    if what in os.environ.get("BADBUZZ_REQUIRE", "").replace(",", " ").split():
        pytest.fail(f"{reason} (BADBUZZ_REQUIRE names {what})", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def embedded_broker() -> Iterator[EmbeddedBroker]:
    """The embedded broker, one for the whole session of a process: use `prefix` for topics and groups."""
    with EmbeddedBroker() as broker:
        yield broker


@pytest.fixture(scope="session")
def kafka_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    """Apache Kafka, one for the whole session of a process: use `prefix` for topics and groups.

    A test that stops or pauses it starts or resumes it before it ends.
    """
    reason = why_no_kafka()
    if reason is not None:
        _not_here("kafka", reason)
    with KafkaServer(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture(
    scope="session",
    params=[
        pytest.param("embedded_broker", id="embedded", marks=pytest.mark.embedded),
        pytest.param("kafka_broker", id="kafka", marks=pytest.mark.kafka),
    ],
)
def broker(request: pytest.FixtureRequest) -> Broker:
    """Each broker in turn: what a test asserts with it holds on both."""
    found: Broker = request.getfixturevalue(request.param)
    return found


@pytest.fixture
async def surfer() -> AsyncIterator[Surfer]:
    """Somebody with a real browser."""
    if not chromium().exists():
        _not_here("browser", f"there is no Chromium at {chromium()} (BADBUZZ_CHROMIUM)")
    async with surfing() as found:
        yield found


@pytest.fixture
def prefix() -> str:
    """A prefix for this test's topics, groups and ids: the brokers live longer than a test."""
    return f"t{secrets.token_hex(4)}-"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The recorded crises: `$BADBUZZ_SHARED`, else `shared/data` beside the repository."""
    given = os.environ.get("BADBUZZ_SHARED")
    path = Path(given) if given else Path(__file__).resolve().parents[2] / "shared" / "data"
    if not path.is_dir():
        _not_here("shared_data", f"the recorded crises are not in {path} (BADBUZZ_SHARED)")
    return path
