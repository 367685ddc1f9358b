"""Fixtures for tests on a broker."""

from __future__ import annotations

import pytest

from support.kafka_io import TopicMaker, create_topics
from support.kafka_server import Broker


@pytest.fixture
def new_topic(broker: Broker, prefix: str) -> TopicMaker:
    """`await new_topic("posts", partitions=4)` creates it under this test's prefix and returns its full name."""

    async def create(name: str, *, partitions: int = 1, **config: str) -> str:
        full = prefix + name
        settings = {key.replace("_", "."): value for key, value in config.items()}
        await create_topics(broker.bootstrap, {full: partitions}, config=settings)
        return full

    return create
