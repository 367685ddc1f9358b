"""What a brand's negative mentions looked like over a whole file, in bins that a chart can show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from detectors.backtest.labels import Labels
from detectors.model import Bucket, BucketStatus, ScoreStatus, from_ms, to_ms
from detectors.monitor import Event

__all__ = ["Bin", "Timeline", "Timelines"]

SLOT_MS: Final = 15 * 60_000
"""What is kept; the bins of a chart are made of these."""
BINS: Final = [(timedelta(days=2), 1), (timedelta(days=60), 4), (timedelta(days=365), 24)]
"""Up to which length of file a bin has how many slots; beyond, a bin is a day."""
DAY_SLOTS: Final = 96
LEAST_BINS: Final = 24
"""With fewer ordinary bins than that nobody knows what their range is."""


@dataclass(slots=True)
class _Slot:
    negative: int = 0
    expected: float = 0.0
    minutes: int = 0
    learning: int = 0


@dataclass(frozen=True, slots=True)
class Bin:
    """Negative mentions from `start` on; None where there is no data, or nothing is known of what is ordinary."""

    start: datetime
    negative: int | None
    expected: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """The bins of one brand, each as long as `width`, in order and without holes.

    Until `learning_until` the detector that leads was still warming up.
    """

    width: timedelta
    bins: list[Bin]
    learning_until: datetime | None


class Timelines:
    """Adds up closed buckets by brand, for charts: a few numbers for each quarter of an hour.

    `leaders` maps a brand to the detector whose expectation is shown.
    """

    def __init__(self, leaders: dict[str, str], *, since: datetime | None = None) -> None:
        self._leaders = leaders
        self._since = since
        self._slots: dict[str, dict[int, _Slot]] = {}

    def take(self, events: Iterable[Event]) -> None:
        """Count the buckets among these events, from `since` on."""
        for event in events:
            if not isinstance(event, Bucket) or event.status is not BucketStatus.COUNTED:
                continue
            if self._since is not None and event.start < self._since:
                continue
            slot = self._slots.setdefault(event.brand, {}).setdefault(to_ms(event.start) // SLOT_MS, _Slot())
            score = event.scores[self._leaders[event.brand]]
            slot.negative += event.negative
            slot.expected += score.expected_per_min
            slot.minutes += 1
            slot.learning += score.status is ScoreStatus.WARMING_UP

    def of(self, brand: str, labels: Labels | None = None) -> Timeline:
        """The chart of a brand; what is ordinary is told by the bins outside of its crises and spans to ignore.

        `low` and `high` are what nine of ten ordinary bins lie between, one above and one below in twenty: quantiles
        of (count - expected) / sqrt(expected), so they breathe with the expectation.
        """
        slots = self._slots.get(brand, {})
        if not slots:
            return Timeline(timedelta(milliseconds=SLOT_MS), [], None)
        first, last = min(slots), max(slots)
        length = timedelta(milliseconds=(last - first) * SLOT_MS)
        size = next((size for longest, size in BINS if length <= longest), DAY_SLOTS)
        bins: list[Bin] = []
        learning_until: datetime | None = None
        for start in range(first - first % size, last + 1, size):
            inside = [slots[place] for place in range(start, start + size) if place in slots]
            at = from_ms(start * SLOT_MS)
            if any(slot.learning for slot in inside):
                learning_until = from_ms((start + size) * SLOT_MS)
            if inside:
                expected = sum(slot.expected for slot in inside)
                known = expected > 0 and not any(slot.learning for slot in inside)
                bins.append(Bin(at, sum(slot.negative for slot in inside), expected if known else None))
            else:
                bins.append(Bin(at, None))
        width = timedelta(milliseconds=size * SLOT_MS)
        return Timeline(width, _ranged(bins, width, brand, labels), learning_until)


def _ranged(bins: Sequence[Bin], width: timedelta, brand: str, labels: Labels | None) -> list[Bin]:
    """The bins with the range of what is ordinary, where enough of them are."""
    extraordinary = [] if labels is None else [(c.onset, c.end) for c in labels.crises if c.brand == brand]
    extraordinary += [] if labels is None else [(s.start, s.until) for s in labels.ignore if s.brand == brand]
    residuals = [
        (bin_.negative - bin_.expected) / bin_.expected**0.5
        for bin_ in bins
        if bin_.negative is not None and bin_.expected is not None
        if not any(start < bin_.start + width and bin_.start < end for start, end in extraordinary)
    ]
    if len(residuals) < LEAST_BINS:
        return list(bins)
    low, high = np.quantile(residuals, [0.05, 0.95]).tolist()
    return [
        bin_
        if bin_.expected is None
        else Bin(
            bin_.start,
            bin_.negative,
            bin_.expected,
            max(0.0, bin_.expected + low * bin_.expected**0.5),
            bin_.expected + high * bin_.expected**0.5,
        )
        for bin_ in bins
    ]
