"""Commands from the console: on disk before anybody is told, forgotten once they are answered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from detectors.errors import Unavailable
from detectors.model import Acknowledge, Answer, Outcome
from streams.console import commander as module
from streams.console.commander import Commander
from streams.console.hub import Hub
from streams.console.readmodel import Changes, Store, Taken, Writer
from streams.settings import load_settings

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
COMMAND = Acknowledge(id="c1", brand="acme", by="anna", incident="i1")
ANSWER = Answer(command="c1", brand="acme", incident="i1", outcome=Outcome.DONE, at=AT)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = Store(tmp_path / "model.db", "here")
    yield found
    found.close()


def commander(store: Store, hub: Hub, tmp_path: Path, *, at_ms: int = 0) -> Commander:
    db = store.reader()
    return Commander(load_settings(), tmp_path, lambda: db, hub, lambda: at_ms)


async def test_a_command_is_on_disk_before_it_is_answered_and_outlives_the_process(
    store: Store, tmp_path: Path
) -> None:
    hub = Hub()
    first = commander(store, hub, tmp_path)
    assert await first.give(COMMAND, within_s=0.01) is None
    first.close()
    second = commander(store, hub, tmp_path)
    assert [(one.command, one.sent) for one in second.waiting()] == [(COMMAND, False)]
    second.close()


async def test_its_answer_ends_the_wait_and_forgets_it(store: Store, tmp_path: Path) -> None:
    hub = Hub()
    one = commander(store, hub, tmp_path)
    giving = asyncio.create_task(one.give(COMMAND))
    await asyncio.sleep(0)
    hub.tell(Changes(answers=[ANSWER]))
    assert await giving == ANSWER
    assert one.waiting() == []
    one.close()


async def test_given_twice_with_one_id_it_is_kept_once_and_what_is_answered_is_not_given_again(
    store: Store, tmp_path: Path
) -> None:
    hub = Hub()
    one = commander(store, hub, tmp_path)
    await one.give(COMMAND, within_s=0.01)
    await one.give(COMMAND, within_s=0.01)
    assert len(one.waiting()) == 1
    Writer(store).apply([Taken("journal", 0, 0, 0, msgspec.json.encode(ANSWER))], {})
    assert await one.give(COMMAND, within_s=0.01) == ANSWER
    one.close()


async def test_what_was_answered_while_nobody_looked_or_is_a_week_old_is_not_waited_for(
    store: Store, tmp_path: Path
) -> None:
    hub = Hub()
    one = commander(store, hub, tmp_path)
    await one.give(COMMAND, within_s=0.01)
    await one.give(Acknowledge(id="c2", brand="acme", by="anna", incident="i1"), within_s=0.01)
    one.close()
    Writer(store).apply([Taken("journal", 0, 0, 0, msgspec.json.encode(ANSWER))], {})
    later = commander(store, hub, tmp_path, at_ms=1)
    running = asyncio.create_task(later.run())
    await asyncio.sleep(0)
    assert [one.command.id for one in later.waiting()] == ["c2"]
    running.cancel()
    later.close()
    long_after = commander(store, hub, tmp_path, at_ms=8 * 86_400_000)
    running = asyncio.create_task(long_after.run())
    await asyncio.sleep(0)
    assert long_after.waiting() == []
    running.cancel()
    long_after.close()


async def test_more_than_anybody_waits_for_is_refused(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 1)
    one = commander(store, Hub(), tmp_path)
    await one.give(COMMAND, within_s=0.01)
    with pytest.raises(Unavailable, match="wait for a worker already"):
        await one.give(Acknowledge(id="c2", brand="acme", by="anna"), within_s=0.01)
    one.close()
