"""What a detector is. Every algorithm in this folder keeps this contract; tests/contract runs over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol, Self, TypeVar

import msgspec

from detectors.errors import StateError
from detectors.model import Score

__all__ = ["Detector", "read_state"]


class _Versioned(Protocol):
    version: int


StateT = TypeVar("StateT", bound=_Versioned)


def read_state(snapshot: bytes, kind: type[StateT], *, version: int, detector: str) -> StateT:
    """The state struct of a detector out of its snapshot.

    Raises:
        StateError: it is damaged, or of another version than `version`.
    """
    try:
        state = msgspec.msgpack.decode(snapshot, type=kind)
    except msgspec.MsgspecError as error:
        raise StateError(f"{detector}: {error}") from error
    if state.version != version:
        raise StateError(f"{detector}: state of version {state.version}, this is {version}")
    return state


class Detector(Protocol):
    """Watches one series of counts in buckets of one minute, given in order and without holes.

    Scoring never learns: `score` may be asked any number of times, for buckets that are still filling,
    and only `learn` and `skip` change the state. A detector reads no clock and no random numbers, so the
    same calls give the same scores, before and after `snapshot` and `restore`.
    """

    name: ClassVar[str]

    def __init__(self, *, false_alarms_per_month: float, timezone: str) -> None:
        """A detector that has seen nothing. `false_alarms_per_month` is the budget its threshold follows."""
        ...

    def score(self, counts: Sequence[int], start_ms: int) -> list[Score]:
        """A score for each of these consecutive buckets, were they to close with these counts.

        `start_ms` is the start of the first, which follows the last bucket learned.
        """
        ...

    def learn(self, count: int, start_ms: int, *, alerting: bool) -> None:
        """Close the next bucket. While `alerting`, the brand's habits are not learned from it."""
        ...

    def skip(self, buckets: int) -> None:
        """Let time pass over buckets without data: memory of the recent fades, nothing is learned."""
        ...

    def snapshot(self) -> bytes:
        """The whole state, for `restore`."""
        ...

    @classmethod
    def restore(cls, snapshot: bytes, *, false_alarms_per_month: float, timezone: str) -> Self:
        """The detector as it was.

        Raises:
            StateError: the snapshot was made by another version or other parameters; warm up again.
        """
        ...
