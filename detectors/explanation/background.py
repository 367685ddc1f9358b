"""What is usual of a brand's negative talk, and its last hours: what an explanation compares a run with."""

from __future__ import annotations

from typing import Final

import msgspec

from detectors.explanation.evidence import Evidence
from detectors.explanation.run import OpenBucket, Run
from detectors.explanation.timeline import Timeline
from detectors.model import MINUTE_MS, Score, ScoreStatus
from detectors.stories.facts import Facts

__all__ = ["Background"]

HALVED_MS: Final = 14 * 1440 * MINUTE_MS


class Background(msgspec.Struct):
    """The ordinary life of one brand: halved every fortnight, so that it follows slow change.

    `usual` and `facts` are None until a negative mention, or one with marks, was learned: most of 100,000 brands cost
    nothing. With all their bounds reached they are a few kilobytes of a snapshot.
    """

    usual: Evidence | None = None
    facts: Facts | None = None
    fortnight: int = 0
    timeline: Timeline = msgspec.field(default_factory=Timeline)

    def close(self, start_ms: int, negative: int, lead: Score) -> None:
        """A minute with so many negative mentions is over; `lead` is what the leading detector made of it."""
        if lead.status is not ScoreStatus.WARMING_UP:
            self.timeline.add(start_ms, negative, lead.expected_per_min)

    def learn(self, start_ms: int, run: Run | None, bucket: OpenBucket | None) -> None:
        """No run is on after this minute: the one that ended with it and the minute itself were ordinary life.

        Unless there was an alert in the run: then nothing is learned of it.
        """
        if run is not None and not run.alerted:
            self._learn(start_ms, run.evidence, run.facts)
        if bucket is not None:
            self._learn(start_ms, bucket.evidence, bucket.facts)

    def _learn(self, start_ms: int, evidence: Evidence | None, facts: Facts | None) -> None:
        if evidence is None and facts is None:
            return
        fortnight = start_ms // HALVED_MS
        if self.usual is None and self.facts is None:
            self.fortnight = fortnight
        for _ in range(min(fortnight - self.fortnight, 64)):
            for known in (self.usual, self.facts):
                if known is not None:
                    known.halve()
        self.fortnight = max(self.fortnight, fortnight)
        if evidence is not None:
            self.usual = self.usual or Evidence()
            self.usual.merge(evidence, authors=False)
        if facts is not None:
            self.facts = self.facts or Facts()
            self.facts.merge(facts, usual=True)
