"""The read model: what the topics say, in SQLite, so that it is quick to show. It can be thrown away at any time."""

from streams.console.readmodel.store import Store
from streams.console.readmodel.writer import TOPICS, Changes, Taken, Writer

__all__ = ["TOPICS", "Changes", "Store", "Taken", "Writer"]
