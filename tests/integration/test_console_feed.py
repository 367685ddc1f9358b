"""The console follows the topics on both brokers: it catches up, lives through Kafka's absence, and can start anew."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from detectors.commands import decode_command
from detectors.model import Acknowledge, Answer, Outcome
from streams.console.commander import Commander
from streams.console.feed import Feed
from streams.console.hub import Hub
from streams.console.readmodel import Store, Writer
from streams.console.readmodel.incidents import Filter, search
from streams.settings import Settings, load_settings
from streams.topics import ensure_topics
from support.kafka_io import Record, produce, read_topic
from support.kafka_server import Broker, KafkaServer
from support.made_up import NINE, incident, minute


@dataclass
class Following:
    """A feed at work, and what it has read."""

    settings: Settings
    store: Store
    hub: Hub
    commander: Commander

    async def until(self, holds: Callable[[], object], *, within_s: float = 20) -> None:
        news = asyncio.Event()
        with self.hub.listening(lambda _: news.set()):
            async with asyncio.timeout(within_s):
                while not holds():
                    news.clear()
                    await news.wait()

    def names(self) -> list[str]:
        db = self.store.reader()
        found = [one.id for one in search(db, Filter()).incidents]
        db.close()
        return sorted(found)

    async def tell(self, topic: str, *values: msgspec.Struct) -> None:
        records = [Record(msgspec.json.encode(value), key=b"key") for value in values]
        await produce(self.settings.brokers, self.settings.topic(topic), records)


@contextlib.asynccontextmanager
async def following(settings: Settings, home: Path) -> AsyncIterator[Following]:
    """A feed and a commander, until the end of the block."""
    hub, store = Hub(), Store(home / "model.db", settings.prefix)
    db = store.reader()
    commander = Commander(settings, home, lambda: db, hub, lambda: 0)
    work = [asyncio.create_task(Feed(settings, Writer(store), hub).run()), asyncio.create_task(commander.run())]
    try:
        yield Following(settings, store, hub, commander)
    finally:
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        commander.close()
        db.close()
        store.close()


def settings_for(broker: Broker, prefix: str) -> Settings:
    return load_settings(brokers=broker.bootstrap, prefix=prefix, partitions=2)


async def test_it_waits_for_topics_catches_up_goes_on_and_starts_anew_with_the_same_content(
    broker: Broker, prefix: str, tmp_path: Path
) -> None:
    settings = settings_for(broker, prefix)
    async with following(settings, tmp_path) as feed:
        await feed.until(lambda: "no topic" in feed.hub.link.why)
        await ensure_topics(settings)
        await feed.tell("incidents", incident("a"), incident("b"))
        await feed.tell("brand-signals", *(minute(number) for number in range(30)))
        await feed.until(lambda: feed.names() == ["a", "b"])
        await feed.until(lambda: feed.hub.link.caught_up)
        assert feed.hub.link.progress == 1.0
    await produce(broker.bootstrap, f"{prefix}incidents", [Record(msgspec.json.encode(incident("c")), key=b"c")])
    async with following(settings, tmp_path) as feed:
        await feed.until(lambda: feed.names() == ["a", "b", "c"])
    shutil.rmtree(tmp_path)
    async with following(settings, tmp_path) as feed:
        await feed.until(lambda: feed.names() == ["a", "b", "c"])


async def test_a_command_goes_out_and_its_answer_comes_back(broker: Broker, prefix: str, tmp_path: Path) -> None:
    settings = settings_for(broker, prefix)
    await ensure_topics(settings)
    async with following(settings, tmp_path) as feed:
        command = Acknowledge(id="c1", brand="acme", by="anna", incident="a")
        giving = asyncio.create_task(feed.commander.give(command, within_s=20))
        (given,) = await read_topic(broker.bootstrap, f"{prefix}commands", at_least=1)
        assert decode_command(given.value) == command
        answer = Answer(command="c1", brand="acme", incident="a", outcome=Outcome.DONE, at=NINE)
        await feed.tell("journal", answer)
        assert await giving == answer
        assert feed.commander.waiting() == []


async def test_while_kafka_is_away_it_says_so_and_no_command_is_lost(
    kafka_broker: KafkaServer, prefix: str, tmp_path: Path
) -> None:
    settings = settings_for(kafka_broker, prefix)
    await ensure_topics(settings)
    async with following(settings, tmp_path) as feed:
        await feed.until(lambda: feed.hub.link.caught_up)
        kafka_broker.pause()
        try:
            await feed.until(lambda: not feed.hub.link.connected, within_s=8)
            command = Acknowledge(id="c1", brand="acme", by="anna", incident="a")
            assert await feed.commander.give(command, within_s=0.1) is None
            assert [one.sent for one in feed.commander.waiting()] == [False]
        finally:
            kafka_broker.resume()
        await feed.until(lambda: feed.hub.link.connected, within_s=30)
        given = await read_topic(kafka_broker.bootstrap, f"{prefix}commands", at_least=1)
        assert {decode_command(one.value).id for one in given} == {"c1"}


async def test_topics_that_were_made_anew_are_read_from_their_beginning(
    broker: Broker, prefix: str, tmp_path: Path
) -> None:
    settings = settings_for(broker, prefix)
    await ensure_topics(settings)
    store = Store(tmp_path / "model.db", prefix)
    # As if the old topic had been longer: ten incidents had been read, of which the new one knows nothing.
    Writer(store).apply([], {("incidents", 0): 10})
    store.close()
    async with following(settings, tmp_path) as feed:
        await feed.tell("incidents", incident("new"))
        await feed.until(lambda: feed.names() == ["new"], within_s=30)
