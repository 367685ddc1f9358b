"""Who has to know that something is different: open pages, and those who follow the API's stream."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from streams.console.readmodel import Changes

__all__ = ["Hub", "Link"]


@dataclass(frozen=True, slots=True)
class Link:
    """How we stand with Kafka. `progress` is the share that has been read, 0 to 1, until `caught_up`."""

    connected: bool = False
    caught_up: bool = False
    progress: float = 0.0
    why: str = ""


@dataclass(slots=True)
class Hub:
    """Tells everyone who listens what has changed. In one event loop; whoever listens must not take long.

    `version` grows with each change of the read model.
    """

    link: Link = field(default_factory=Link)
    version: int = 0
    _listeners: set[Callable[[Changes], None]] = field(default_factory=set)

    def tell(self, changes: Changes) -> None:
        """Something was written to the read model."""
        self.version += bool(changes)
        for listener in list(self._listeners):
            listener(changes)

    def set_link(self, link: Link) -> None:
        """Kafka is there, or is not."""
        if link != self.link:
            self.link = link
            self.tell(Changes())

    def listen(self, listener: Callable[[Changes], None]) -> Callable[[], None]:
        """Call `listener` at each change, with an empty one where only the link changed; the result ends it."""
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    @contextlib.contextmanager
    def listening(self, listener: Callable[[Changes], None]) -> Iterator[None]:
        """As `listen`, for a while."""
        end = self.listen(listener)
        try:
            yield
        finally:
            end()

    @property
    def listeners(self) -> int:
        """How many listen."""
        return len(self._listeners)
