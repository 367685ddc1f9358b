"""Recorded posts as minutes of counts: read and understood once, judged by detectors as often as one likes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import msgspec

from detectors.algorithms import Detector, Params
from detectors.backtest.replay import Replay
from detectors.errors import StateError
from detectors.model import Brand, MentionBatch, MinuteCounts, Score, ScoreStatus, Watch
from detectors.monitor import BrandMonitor, Event
from detectors.partition import PartitionMonitor
from detectors.text.negativity import Negativity

__all__ = ["Recorder", "Tape"]


@dataclass(slots=True)
class Tape:
    """What the detectors of one brand see of a file, in order and without holes, the first minute from `start_ms` on.

    A step is a closed minute, or a number of minutes without data that passed at once.
    """

    brand: Brand
    start_ms: int = 0
    steps: list[MinuteCounts | int] = field(default_factory=list)

    @property
    def counted_minutes(self) -> int:
        """How many minutes had data."""
        return sum(not isinstance(step, int) for step in self.steps)


class Recorder(Replay):
    """A replay through the same intake, clocks and monitors, in which nobody judges: `tapes` hold what was to judge.

    A brand that nobody mentions has no tape.
    """

    def __init__(self, watch: Watch, negativity: Negativity) -> None:
        super().__init__(watch, negativity)
        self.tapes: dict[str, Tape] = {}
        self.partition = _Partition(watch, self.tapes)


class _Partition(PartitionMonitor):
    """Its monitors, made when their brand is first mentioned, as everywhere, write to tapes."""

    def __init__(self, watch: Watch, tapes: dict[str, Tape]) -> None:
        super().__init__(watch.brands)
        self._watched = {brand.id: brand for brand in watch.brands}
        self._tapes = tapes

    def take(self, batch: MentionBatch) -> list[Event]:
        brand = self._watched.get(batch.brand) if batch.brand is not None else None
        if brand is not None and batch.mentions and brand.id not in self.monitors:
            tape = self._tapes[brand.id] = Tape(brand)
            self.monitors[brand.id] = _Monitor(tape, self)
        return super().take(batch)


class _Monitor(BrandMonitor):
    """A brand's monitor with a tape in the place of its detectors, whatever they are."""

    def __init__(self, tape: Tape, partition: PartitionMonitor) -> None:
        self._tape = tape
        brand = msgspec.structs.replace(tape.brand, detectors=["tape"], shadow_detectors=[], parameters={})
        super().__init__(brand, partition.clock, partition.tally)

    def _load(self, name: str) -> Detector:
        return _Head(self._tape)


class _Head:
    """A detector that has no opinion and keeps what it is told; see `Detector` for the methods."""

    name: ClassVar[str] = "tape"
    PARAMS: ClassVar[type[Params]] = Params
    keeps_budget: ClassVar[bool] = False

    def __init__(self, tape: Tape) -> None:
        self._tape = tape

    def score(self, counts: Sequence[MinuteCounts], start_ms: int) -> list[Score]:
        return [Score(status=ScoreStatus.WARMING_UP)] * len(counts)

    def learn(self, counts: MinuteCounts, start_ms: int, *, alerting: bool) -> None:
        if not self._tape.steps:
            self._tape.start_ms = start_ms
        self._tape.steps.append(counts)

    def skip(self, buckets: int) -> None:
        if self._tape.steps:
            self._tape.steps.append(buckets)

    def snapshot(self) -> bytes:
        return b""

    @classmethod
    def restore(cls, snapshot: bytes, *, false_alarms_per_month: float, timezone: str, params: Any = None) -> Self:
        raise StateError("a tape is not kept")
