"""The life of alerts over a series of which nothing is known but its scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detectors.alerting.alerts import CALM_BUCKETS, REFRACTORY_MS, AlertBook
from detectors.model import MINUTE_MS, Explanation, Score, from_ms, to_ms

__all__ = ["SeriesAlerts", "alerts_at"]


class SeriesAlerts:
    """The alerts of one detector as an `AlertBook` leads them, for those who count alerts and tell nobody.

    Of each minute, in order: `judge` its score, let the detector learn while `firing`, then `close` it.
    """

    def __init__(self, detector: str) -> None:
        self._detector = detector
        self._book = AlertBook("series")

    @property
    def firing(self) -> bool:
        """Whether an alert is on."""
        return self._book.any_firing

    @property
    def fired_ms(self) -> int | None:
        """When the newest alert first fired."""
        alert = self._book.state.alerts.get(self._detector)
        return None if alert is None else to_ms(alert.at)

    def judge(self, score: Score, *, start_ms: int, at_ms: int) -> bool:
        """Whether this score of the minute from `start_ms` on starts a new alert at `at_ms`: none is on, none was."""
        if self.firing or not score.exceeds:
            return False
        why = _nothing_known(start_ms, at_ms)
        alert = self._book.fire(self._detector, score, onset_ms=start_ms, at_ms=at_ms, why=why)
        # One that is taken up again keeps the time at which it first fired.
        return to_ms(alert.at) == at_ms

    def close(self, score: Score, *, start_ms: int) -> None:
        """The minute from `start_ms` on is over with this score."""
        if self.firing:
            end_ms = start_ms + MINUTE_MS
            self._book.close_bucket(
                {self._detector: score}, at_ms=end_ms, explain=lambda _: _nothing_known(start_ms, end_ms)
            )


def _nothing_known(start_ms: int, end_ms: int) -> Explanation:
    return Explanation(
        since=from_ms(start_ms), until=from_ms(end_ms), observed=0, expected=0.0, first_post=None, top_posts=[]
    )


def alerts_at(ends_ms: NDArray[np.int64], surprise: NDArray[np.float64], threshold: NDArray[np.float64]) -> list[int]:
    """When alerts would start, in ms, for consecutive closed buckets; three arrays of equal length, NaN is no score.

    What `SeriesAlerts` finds, all at once: an alert starts at a surprise above the threshold, is over after 60 buckets
    under half of it, and within 6 h of its start it is the same one.

    >>> ends_ms = np.arange(1000) * 60_000
    >>> surprise = np.where(np.isin(ends_ms // 60_000, [10, 50, 200, 500]), 5.0, 0.0)
    >>> [at // 60_000 for at in alerts_at(ends_ms, surprise, np.full(1000, 4.0))]
    [10, 500]
    """
    hot = np.flatnonzero(surprise > threshold)
    restless = np.flatnonzero(~(surprise < threshold / 2))
    following = np.append(restless[1:], len(surprise) + CALM_BUCKETS)
    last_before_calm = restless[following - restless > CALM_BUCKETS]
    starts: list[int] = []
    position = 0
    while (place := int(np.searchsorted(hot, position))) < len(hot):
        first = int(hot[place])
        at_ms = int(ends_ms[first])
        if not starts or at_ms - starts[-1] >= REFRACTORY_MS:
            starts.append(at_ms)
        stirred = int(np.searchsorted(restless, first))
        if stirred < len(restless) and restless[stirred] - first < CALM_BUCKETS:
            after = int(np.searchsorted(last_before_calm, restless[stirred]))
            position = int(last_before_calm[after]) + CALM_BUCKETS + 1
        else:  # above its threshold and calm at once: the threshold is below zero
            position = first + CALM_BUCKETS
    return starts
