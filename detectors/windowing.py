"""Time: whose clock it is, when a bucket is over, and when silence is missing data.

Nothing here reads a clock. A `SourceClock` follows one partition of posts where they are ingested; its
watermark and the silences it finds travel in the `mentions` log, where a `MonitorClock` puts the source
partitions together. Both are functions of what they were given, so a replay of the same log gives the
same time (the idea of watermarks: Akidau et al., The Dataflow Model, VLDB 2015).
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from detectors.model import MINUTE_MS, Gap, MentionBatch

__all__ = [
    "FOREVER_MS",
    "MAX_SOURCES",
    "MonitorClock",
    "MonitorClockState",
    "SourceClock",
    "SourceClockState",
    "bucket_start",
]

MAX_SOURCES = 64
"""Sources beyond these share the clock of the last: a hostile source name must not cost memory."""


def bucket_start(ms: int) -> int:
    """Start of the one-minute bucket that holds a moment, both in milliseconds.

    >>> bucket_start(125_000)
    120000
    """
    return ms - ms % MINUTE_MS


class SourceClockState(msgspec.Struct):
    """What a `SourceClock` must not forget, in ms: log time, each source's newest event, since when one is silent."""

    now_ms: int | None = None
    sources: dict[str, int] = {}
    silent: dict[str, int] = {}


class SourceClock:
    """Event time of one partition of posts.

    `lateness_ms` is how far behind the newest post the watermark stays; a source that says nothing for
    `no_data_after_ms` has a gap from then on.

    >>> clock = SourceClock(lateness_ms=60_000, no_data_after_ms=3_600_000)
    >>> clock.arrive("twitter", created_ms=1_000_000, arrived_ms=1_000_500)
    (1000000, False)
    >>> clock.watermark_ms
    940000
    """

    def __init__(self, *, lateness_ms: int, no_data_after_ms: int, state: SourceClockState | None = None) -> None:
        self.lateness_ms = lateness_ms
        self.no_data_after_ms = no_data_after_ms
        self.state = state or SourceClockState()
        self._gaps: list[Gap] = []

    @property
    def watermark_ms(self) -> int | None:
        """No post older than this is waited for; None before the first post."""
        now = self.state.now_ms
        return None if now is None else now - self.lateness_ms

    def arrive(self, source: str, created_ms: int, arrived_ms: int) -> tuple[int, bool]:
        """The event time of a post, and whether it claimed to come from the future.

        A post dated later than its own publication (and the allowed lateness) counts as arrived now: in
        the time of the log, so that one wrong date in a replay of 2015 does not end 2015.
        """
        state = self.state
        future = created_ms > arrived_ms + self.lateness_ms
        if future:
            created_ms = arrived_ms if state.now_ms is None else state.now_ms
        if state.now_ms is None:
            state.now_ms = created_ms
        elif created_ms > state.now_ms:
            new_bucket = bucket_start(created_ms) != bucket_start(state.now_ms)
            state.now_ms = created_ms
            if new_bucket:
                self._find_silences()
        newest = state.sources.get(source)
        if newest is None:
            if len(state.sources) >= MAX_SOURCES:
                return created_ms, future
            self._gaps.append(Gap(source, created_ms, created_ms))
            state.sources[source] = created_ms
        elif created_ms > newest:
            state.sources[source] = created_ms
            if source not in state.silent:
                if created_ms - newest > self.no_data_after_ms:
                    self._gaps.append(Gap(source, newest + self.no_data_after_ms, created_ms))
            elif state.now_ms - created_ms <= self.no_data_after_ms:  # a backlog is still silence: it comes too late
                self._gaps.append(Gap(source, state.silent.pop(source), state.now_ms))
        return created_ms, future

    def pass_time(self, elapsed_ms: int) -> None:
        """Nothing arrived for so long: an idle partition's time goes on with the wall's."""
        if self.state.now_ms is not None:
            self.state.now_ms += elapsed_ms
            self._find_silences()

    def _find_silences(self) -> None:
        state = self.state
        assert state.now_ms is not None
        for source, newest in state.sources.items():
            if source not in state.silent and state.now_ms - newest > self.no_data_after_ms:
                state.silent[source] = newest + self.no_data_after_ms
                self._gaps.append(Gap(source, state.silent[source]))

    def take_gaps(self) -> list[Gap]:
        """The silences found since the last call."""
        gaps, self._gaps = self._gaps, []
        return gaps


class MonitorClockState(msgspec.Struct):
    """Watermark of each source partition, who is idle, and the gaps: source -> partition -> (start, end)."""

    partitions: int = 1
    time_ms: int | None = None
    watermarks: dict[int, int] = {}
    idle: set[int] = set()
    gaps: dict[str, dict[int, list[tuple[int, int | None]]]] = {}


FOREVER_MS = 2**62
"""Later than any moment."""

_KEEP_GAPS_MS = 24 * 60 * MINUTE_MS
_LEFT_BEHIND_MS = 24 * 60 * MINUTE_MS


class MonitorClock:
    """The time of one `mentions` partition: the least watermark of its active source partitions.

    A source partition that has never spoken holds the others back until it speaks or is declared idle,
    so that a partition read first does not make the posts of the next one late.

    >>> clock = MonitorClock(MonitorClockState(partitions=2))
    >>> clock.move(0, 5_000)                        # partition 1 may still bring older posts
    >>> clock.move(1, 3_000)
    3000
    >>> clock.move(1, 9_000), clock.others(0)
    (5000, 9000)
    """

    def __init__(self, state: MonitorClockState | None = None) -> None:
        self.state = state or MonitorClockState()

    def take(self, batch: MentionBatch) -> None:
        """Learn what a record says beside its mentions: how many partitions there are, who is idle, gaps."""
        state = self.state
        state.partitions = max(state.partitions, batch.partitions)
        if batch.idle:
            state.idle.add(batch.partition)
        else:
            state.idle.discard(batch.partition)
        for gap in batch.gaps:
            spans = state.gaps.setdefault(gap.source, {}).setdefault(batch.partition, [])
            # The same gap told again: it was still open then, or its record is read a second time.
            spans[:] = [span for span in spans if span[0] != gap.start_ms]
            spans.append((gap.start_ms, gap.end_ms))

    def move(self, partition: int, watermark_ms: int | None) -> int | None:
        """Note a source partition's watermark; the monitor's time, which never goes back."""
        state = self.state
        known = state.watermarks.get(partition)
        if watermark_ms is not None and (known is None or watermark_ms > known):
            state.watermarks[partition] = known = watermark_ms
        time = self.others(partition)
        if time is not None and not self._left_behind(partition):
            time = None if known is None else min(time, known)
        if time is not None and time < FOREVER_MS and (state.time_ms is None or time > state.time_ms):
            state.time_ms = time
        return state.time_ms

    def others(self, partition: int) -> int | None:
        """The least watermark of the other active partitions (`FOREVER_MS` without any), None while one holds."""
        state = self.state
        least = FOREVER_MS
        for number in range(state.partitions):
            if number != partition and not self._left_behind(number):
                watermark = state.watermarks.get(number)
                if watermark is None:
                    return None
                least = min(least, watermark)
        return least

    def _left_behind(self, partition: int) -> bool:
        """An idle partition that never spoke, or whose last word is a day older than what the others say.

        One post dated 1970 in a partition with no other would else hold all brands there.
        """
        state = self.state
        if partition not in state.idle:
            return False
        watermark = state.watermarks.get(partition)
        return watermark is None or watermark < max(state.watermarks.values()) - _LEFT_BEHIND_MS

    def silent(self, sources: Iterable[str], start_ms: int) -> tuple[set[str], int | None]:
        """Which of these sources say nothing at `start_ms`, and until when that is sure (None: until told).

        A source is silent where every partition that ever carried it has a gap there.
        """
        quiet: set[str] = set()
        until: int | None = None
        for source in sources:
            by_partition = self.state.gaps.get(source)
            if not by_partition:
                continue
            ends: list[int | None] = []
            for spans in by_partition.values():
                for start, end in reversed(spans):
                    if start <= start_ms and (end is None or end > start_ms):
                        ends.append(end)
                        break
                else:
                    break
            else:
                quiet.add(source)
                for end in ends:
                    if end is not None:
                        until = end if until is None else min(until, end)
        return quiet, until

    def back_since(self, source: str, now_ms: int) -> int | None:
        """When the newest silence of a source ended, in ms, if it has ended by then; None if it never was silent."""
        ends = [
            end
            for spans in self.state.gaps.get(source, {}).values()
            for start, end in spans
            if end is not None and start < end <= now_ms
        ]
        return max(ends, default=None)

    def prune(self) -> None:
        """Forget gaps that ended a day ago; the last of each partition stays, it says who carries a source."""
        if self.state.time_ms is None:
            return
        oldest = self.state.time_ms - _KEEP_GAPS_MS
        for by_partition in self.state.gaps.values():
            for partition, spans in by_partition.items():
                if len(spans) > 1:
                    kept = [span for span in spans[:-1] if span[1] is None or span[1] > oldest]
                    by_partition[partition] = [*kept, spans[-1]]
