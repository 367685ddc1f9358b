"""Detectors side by side on one file, at an equal number of false alarms.

A detector that cries more often finds more, and earlier; so what two detectors find says something only where they cry
for nothing equally often. Each keeps the scores it gave, and its threshold is moved until its false alarms are as many
as those of the first, or the nearest number not above. Alerts are counted as the stream counts them: one is over when
its score was calm for an hour, and one that comes within six hours of the last is the same story.

What is told here is judged at the end of each minute, of all detectors alike; the alerts of the detector that leads
also come within the minute. A detector learned while its own threshold said that no alert was on: with another
threshold it would have learned a little more or less.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.alerting import alerts_at
from detectors.backtest.labels import Labels
from detectors.backtest.scoring import ComparedRow, Comparison, crisis_rows, is_false, middle, per_brand_month
from detectors.model import MINUTE_MS, Bucket, BucketStatus, Score, Watch, from_ms, to_ms
from detectors.monitor import Event

__all__ = ["ScoreBook", "compare"]

BLOCK_MS: Final = 60 * MINUTE_MS
"""Thresholds are tried at the highest score of each hour: an alert needs an hour of calm to end."""

Numbers = NDArray[np.float64]
Moments = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Series:
    """What one detector said of one brand: the end of each minute in ms, its surprise and threshold; NaN is none."""

    ends_ms: array[int] = field(default_factory=lambda: array("q"))
    surprise: array[float] = field(default_factory=lambda: array("d"))
    threshold: array[float] = field(default_factory=lambda: array("d"))

    def add(self, start_ms: int, score: Score) -> None:
        said = score.surprise is not None and score.threshold is not None
        self.ends_ms.append(start_ms + MINUTE_MS)
        self.surprise.append(score.surprise if said and score.surprise is not None else np.nan)
        self.threshold.append(score.threshold if said and score.threshold is not None else np.nan)


class ScoreBook:
    """Every score of every detector, shadows too: 24 bytes a minute and brand for each.

    `take` hears the events of a replay, for the detectors that people are told of; `hear` is for
    `Tally.on_shadow_scores`, for the others.
    """

    def __init__(self) -> None:
        self._series: dict[str, dict[str, _Series]] = {}

    def take(self, events: Iterable[Event]) -> None:
        """Keep the scores of closed buckets; a bucket without data has none."""
        for event in events:
            if isinstance(event, Bucket) and event.status is BucketStatus.COUNTED:
                self.hear(event.brand, to_ms(event.start), event.scores)

    def hear(self, brand: str, start_ms: int, scores: dict[str, Score]) -> None:
        """Keep the scores of one closed bucket of a brand, by detector."""
        for name, score in scores.items():
            by_brand = self._series.setdefault(name, {})
            if brand not in by_brand:
                by_brand[brand] = _Series()
            by_brand[brand].add(start_ms, score)

    def of(self, detector: str) -> dict[str, tuple[Moments, Numbers, Numbers]]:
        """Of each brand: ends of minutes in ms, surprises and thresholds, in order; NaN where there was no score."""
        return {
            brand: (np.asarray(series.ends_ms), np.asarray(series.surprise), np.asarray(series.threshold))
            for brand, series in self._series.get(detector, {}).items()
        }


@dataclass(frozen=True, slots=True)
class _Alert:
    brand: str
    at: datetime


class _Trial:
    """One detector, whose threshold may be moved by a `shift` on its own scale, for all brands alike."""

    def __init__(self, book: ScoreBook, detector: str, labels: Labels | None, since: datetime | None) -> None:
        self.detector = detector
        self._labels = labels
        self._since = since
        self._said = book.of(detector)
        thresholds = [threshold for _, _, threshold in self._said.values()]
        known = np.concatenate([t[np.isfinite(t)] for t in thresholds]) if thresholds else np.empty(0)
        self.own_threshold = float(np.median(known)) if known.size else None

    def alerts(self, shift: float, brands: Iterable[str] | None = None) -> list[_Alert]:
        """The alerts of these brands, else of all, that count."""
        found = [
            _Alert(brand, from_ms(at_ms))
            for brand in (self._said if brands is None else brands)
            for ends_ms, surprise, threshold in [self._said[brand]]
            for at_ms in alerts_at(ends_ms, surprise, threshold + shift)
        ]
        return [alert for alert in found if self._since is None or self._since <= alert.at]

    def false(self, alerts: Sequence[_Alert]) -> int:
        """How many are false alarms; without labels all are."""
        return sum(self._labels is None or is_false(alert, self._labels) for alert in alerts)

    def shift_for(self, target: int) -> float:
        """How far the threshold has to move for so many false alarms, or the nearest number not above.

        Of several ways there, the shortest. The threshold stays above the median score: one that half of the minutes
        exceed tells nothing apart. Where even the highest leaves more (a score without bounds), it is the highest.
        """
        if self.false(self.alerts(0.0)) == target:
            return 0.0
        peaks, floor = self._peaks()
        if not peaks:
            return 0.0
        counts = dict.fromkeys(self._said, 0)
        highest = peaks[0][0]
        tried = [(target, abs(highest), highest)]
        # From the top down: between two peaks only the brand of the upper one can have changed.
        for (peak, brand), (below, _) in zip(peaks, [*peaks[1:], (floor, "")], strict=True):
            shift = (peak + below) / 2
            counts[brand] = self.false(self.alerts(shift, [brand]))
            count = sum(counts.values())
            if count > target:
                break
            if below < peak:
                tried.append((target - count, abs(shift), shift))
        # The counts of the other brands were those at their last peak: now with all of them at one shift.
        for _, _, shift in sorted(tried):
            if self.false(self.alerts(shift)) <= target:
                return shift
        return highest

    def _peaks(self) -> tuple[list[tuple[float, str]], float]:
        """The highest score above its threshold in each hour of each brand, falling, and the median of all scores."""
        peaks: list[tuple[float, str]] = []
        margins: list[Numbers] = []
        for brand, (ends_ms, surprise, threshold) in self._said.items():
            margin = surprise - threshold
            known = np.isfinite(margin)
            margins.append(margin[known])
            if self._since is not None:
                known &= ends_ms >= to_ms(self._since)
            highest: dict[int, float] = {}
            for hour, value in zip((ends_ms[known] // BLOCK_MS).tolist(), margin[known].tolist(), strict=True):
                highest[hour] = max(value, highest.get(hour, value))
            peaks += [(value, brand) for value in set(highest.values())]
        scores = np.concatenate(margins) if margins else np.empty(0)
        floor = float(np.median(scores)) if scores.size else 0.0
        return sorted((peak for peak in peaks if peak[0] > floor), reverse=True), floor


def compare(
    book: ScoreBook,
    detectors: Sequence[str],
    watch: Watch,
    labels: Labels | None,
    *,
    since: datetime | None,
    days: float,
) -> Comparison:
    """Each of `detectors` with as many false alarms as the first of them, all of which `book` has heard.

    `labels` are those of the stretch from `since` on, which is `days` long; without labels every alert counts as a
    false alarm, and nothing is said of crises.
    """
    trials = [_Trial(book, name, labels, since) for name in detectors]
    target = trials[0].false(trials[0].alerts(0.0))
    return Comparison(
        labelled=labels is not None,
        false_alarms=target,
        detectors=[_row(trial, target, labels, len(watch.brands), days) for trial in trials],
    )


def _row(trial: _Trial, target: int, labels: Labels | None, brands: int, days: float) -> ComparedRow:
    shift = trial.shift_for(target)
    own, alerts = trial.alerts(0.0), trial.alerts(shift)
    crises = [] if labels is None else crisis_rows(alerts, labels)
    own_crises = [] if labels is None else crisis_rows(own, labels)
    false = trial.false(alerts)
    return ComparedRow(
        detector=trial.detector,
        own_threshold=trial.own_threshold,
        own_false_alarms=trial.false(own),
        own_detected=sum(row.detected for row in own_crises),
        threshold=None if trial.own_threshold is None else trial.own_threshold + shift,
        false_alarms=false,
        false_alarms_per_brand_month=per_brand_month(false, brands, days),
        detected=sum(row.detected for row in crises),
        of=len(crises),
        delay_s=middle(row.delay_s for row in crises),
        lead_s=middle(row.lead_s for row in crises),
        crises=crises,
    )
