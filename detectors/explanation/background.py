"""What is usual of a brand's negative talk, and its last hours: what an explanation compares a run with."""

from __future__ import annotations

from typing import Final

import msgspec

from detectors.explanation.evidence import Evidence
from detectors.explanation.run import OpenBucket, Run
from detectors.explanation.timeline import Timeline
from detectors.model import MINUTE_MS, Score, ScoreStatus

__all__ = ["Background"]

HALVED_MS: Final = 14 * 1440 * MINUTE_MS


class Background(msgspec.Struct):
    """The ordinary life of one brand: halved every fortnight, so that it follows slow change.

    `usual` is None until a negative mention was learned: most of 100,000 brands cost nothing. With all its bounds
    reached it is a few kilobytes of a snapshot.
    """

    usual: Evidence | None = None
    fortnight: int = 0
    timeline: Timeline = msgspec.field(default_factory=Timeline)

    def close(self, start_ms: int, bucket: OpenBucket | None, lead: Score) -> None:
        """A minute is over; `lead` is what the leading detector made of it."""
        if lead.status is not ScoreStatus.WARMING_UP:
            self.timeline.add(start_ms, bucket.negative if bucket else 0, lead.expected_per_min)

    def learn(self, start_ms: int, run: Run | None, bucket: OpenBucket | None) -> None:
        """No run is on after this minute: the one that ended with it and the minute itself were ordinary life.

        Unless there was an alert in the run: then nothing is learned of it.
        """
        if run is not None and run.evidence is not None and not run.alerted:
            self._learn(start_ms, run.evidence)
        if bucket is not None and bucket.evidence is not None:
            self._learn(start_ms, bucket.evidence)

    def _learn(self, start_ms: int, evidence: Evidence) -> None:
        fortnight = start_ms // HALVED_MS
        if self.usual is None:
            self.usual, self.fortnight = Evidence(), fortnight
        for _ in range(min(fortnight - self.fortnight, 64)):
            self.usual.halve()
        self.fortnight = max(self.fortnight, fortnight)
        self.usual.merge(evidence, authors=False)
