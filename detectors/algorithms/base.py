"""What a detector is. Every algorithm in this folder keeps this contract; tests/contract runs over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol, Self, TypeVar, runtime_checkable

import msgspec

from detectors.errors import StateError
from detectors.model import MinuteCounts, Score

__all__ = ["Detector", "KnowsDays", "Params", "read_state"]


class Params(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of a detector can be set, each a number with its default and, by `msgspec.Meta(ge=, le=)`, its range.

    The range is what a configuration may hold and what `badbuzz tune` searches. A class without fields, this
    one, is for a detector that has nothing to set.
    """


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
    """Watches one brand's counts in buckets of one minute, given in order and without holes.

    Scoring never learns: `score` may be asked any number of times, for buckets that are still filling,
    and only `learn` and `skip` change the state. A detector reads no clock and no random numbers, so the
    same calls give the same scores, before and after `snapshot` and `restore`.
    """

    name: ClassVar[str]
    PARAMS: ClassVar[type[Params]]
    keeps_budget: ClassVar[bool]
    """Whether its threshold follows the budget; a rule that people know by its fixed threshold keeps that."""

    def __init__(self, *, false_alarms_per_month: float, timezone: str, params: Any = None) -> None:
        """A detector that has seen nothing. `params` is an instance of `PARAMS`, None for the defaults."""
        ...

    def score(self, counts: Sequence[MinuteCounts], start_ms: int) -> list[Score]:
        """A score for each of these consecutive buckets, were they to close with these counts.

        `start_ms` is the start of the first, which follows the last bucket learned.
        """
        ...

    def learn(self, counts: MinuteCounts, start_ms: int, *, alerting: bool) -> None:
        """Close the next bucket. While `alerting`, the brand's habits are not learned from it."""
        ...

    def skip(self, buckets: int) -> None:
        """Let time pass over buckets without data: memory of the recent fades, nothing is learned."""
        ...

    def snapshot(self) -> bytes:
        """The whole state, for `restore`."""
        ...

    @classmethod
    def restore(cls, snapshot: bytes, *, false_alarms_per_month: float, timezone: str, params: Any = None) -> Self:
        """The detector as it was; the parameters must be those of the detector that made the snapshot.

        Raises:
            StateError: the snapshot was made by another version; warm up again.
        """
        ...


@runtime_checkable
class KnowsDays(Protocol):
    """A detector that knows how a brand's days go, and can begin with what is known of other brands' days."""

    def shape(self) -> list[float] | None:
        """The share of each hour (24 of weekdays, 24 of weekends, in the brand's time zone); None if not known yet."""
        ...

    def start_from(self, shape: Sequence[float]) -> None:
        """Expect such days, as long as nothing was learned."""
        ...
