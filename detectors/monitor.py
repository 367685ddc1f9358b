"""One brand's brain: mentions and time in, buckets, alerts and incidents out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from detectors.alerting import AlertBook, IncidentBookState
from detectors.algorithms import Detector, KnowsDays, kind_of
from detectors.errors import StateError
from detectors.explanation import OpenBucket, Run
from detectors.explanation.evidence import NONE
from detectors.explanation.run import most_frequent
from detectors.history import CHUNK_BUCKETS, KEPT_CHUNKS, History
from detectors.incidents import BrandIncidents
from detectors.memory import VERSION, BrandState, Tally
from detectors.model import (
    HOUR_MS,
    MINUTE_MS,
    Alert,
    Answer,
    Brand,
    Bucket,
    BucketStatus,
    Explanation,
    Given,
    Incident,
    Mention,
    MinuteCounts,
    Response,
    Score,
    ScoreStatus,
    Sentiment,
    ShadowAlert,
    from_ms,
    to_ms,
)
from detectors.windowing import MonitorClock, bucket_start

__all__ = ["BrandMonitor", "Event"]

Event = Bucket | Alert | Incident | Answer | ShadowAlert

NOTHING = MinuteCounts()
SCORED_AHEAD = 10
"""Open buckets that are scored before they close; further ahead of the watermark it is too early to judge."""
AHEAD_MARGIN = 0.15
"""A minute that is not over has to exceed the threshold by this part of it: its share of negative mentions may yet
fall, and how far it has come depends on the order of partitions, which is free."""
DORMANT_MS = 30 * 24 * HOUR_MS
TOLD_HASHTAGS = 10


class BrandMonitor:
    """Composes windowing, detectors, growth and alerting for one brand.

    `advance` and `observe` return what came of it, in order. The state is a function of the sequence of
    mentions and of the time given with them: how they were cut into records changes nothing, and calling
    `advance` more often, up to the time of the next mention, changes nothing either.
    """

    def __init__(
        self,
        brand: Brand,
        clock: MonitorClock,
        tally: Tally,
        state: BrandState | None = None,
        *,
        days: Sequence[float] = (),
    ) -> None:
        """A brand's monitor, as `state` says or new; a new one may expect `days` as other brands have them."""
        self.brand = brand
        self.state = state or BrandState(timezone=brand.timezone)
        self._clock = clock
        self._tally = tally
        self._incidents = BrandIncidents(brand, self.state, clock, tally)
        self._shadow_alerts = AlertBook(brand.id, self.state.shadow_alerts)
        self._live: dict[str, Detector] = {name: self._load(name) for name in brand.detectors}
        self._shadows: dict[str, Detector] = {name: self._load(name) for name in brand.shadow_detectors}
        if days and state is None:
            for detector in [*self._live.values(), *self._shadows.values()]:
                if isinstance(detector, KnowsDays):
                    detector.start_from(days)
        self._leader = brand.detectors[0]
        self.state.timezone = brand.timezone
        self.state.detectors = {}

    # ------------------------------------------------------------------------------------ in

    def observe(self, partition: int, mention: Mention) -> Sequence[Event]:
        """Count one mention, in the order of its source partition. Seen before, late or twice: not counted.

        What an official account says is no mention: it may answer somebody, that is all.
        """
        state = self.state
        if mention.offset <= state.seen.get(partition, -1):
            return ()
        state.seen[partition] = mention.offset
        marks = mention.marks
        if marks is not None and marks.official:
            return self._hear(mention) if state.remember(mention) else ()
        start = bucket_start(mention.event_ms)
        # Late is what its own partition has passed, whether or not another one still holds the minute open: partitions
        # have no order between them. Before the brand's time has begun, a post dated 1970 must not make it begin there.
        if start < max(bucket_start(mention.watermark_ms), state.closed_until_ms or 0):
            self._tally.late[self.brand.id] = self._tally.late.get(self.brand.id, 0) + 1
            return ()
        if not state.remember(mention):
            self._tally.duplicate[self.brand.id] = self._tally.duplicate.get(self.brand.id, 0) + 1
            return ()
        label = (self.brand.id, mention.sentiment)
        self._tally.counted[label] = self._tally.counted.get(label, 0) + 1
        state.carry(mention.source)
        if state.desk is not None and mention.source in self.brand.official_accounts:
            state.desk.newest_ms = max(state.desk.newest_ms, mention.event_ms)
        bucket = state.open.get(start)
        if bucket is None:
            bucket = state.open[start] = OpenBucket()
        negative = mention.sentiment is Sentiment.NEGATIVE
        new_author = negative and state.is_new_author(mention)
        if negative and state.strands is not None:
            bucket = self._incidents.bucket(mention, start) or bucket
        events: list[Event] = []
        if marks is None:
            bucket.add(mention, new_author=new_author)
        else:
            bucket.add(mention, new_author=new_author, copy_of=state.copy_of(mention, marks) if negative else None)
            if negative and marks.addressed and mention.id is not None and not mention.is_repost:
                bucket.complain(mention)
                self._incidents.complain(mention)
            events += self._incidents.follow(mention, marks, run_now=self._run_now)
        if negative and state.closed_until_ms is not None:
            events += self._look_ahead(state.closed_until_ms, mention)
        return events

    def _hear(self, mention: Mention) -> Sequence[Event]:
        """What an account of the brand said: a first answer is counted in its minute, or in the first that is open."""
        answered, events = self._incidents.hear(mention)
        closed_ms = self.state.closed_until_ms
        if answered is not None and answered.first and closed_ms is not None:
            start = max(bucket_start(mention.event_ms), closed_ms)
            bucket = self.state.open.setdefault(start, OpenBucket())
            bucket.responses.append(Response(answered.topic or NONE, answered.took_ms // 1000))
        return events

    def command(self, partition: int, given: Given) -> list[Incident | Answer]:
        """What somebody did to one of the brand's incidents, in its partition of commands. It changes no score."""
        return self._incidents.command(partition, given)

    def advance(self, time_ms: int) -> list[Event]:
        """Close every bucket that ends at or before this time (the least watermark)."""
        state = self.state
        if state.history is None and not self._begin(time_ms):
            return []
        assert state.closed_until_ms is not None
        events: list[Event] = []
        if state.handed_over:
            state.handed_over = False
            live = min([bucket_start(time_ms), *state.open])
            if live > state.closed_until_ms:
                events += self._skip(state.closed_until_ms, live, None)
                state.closed_until_ms = live
        while state.closed_until_ms + MINUTE_MS <= time_ms:
            start = state.closed_until_ms
            bucket = state.open.pop(start, None)
            if bucket is not None and bucket.counts.mentions:
                state.newest_mention_ms = start
            silent_until = self._silent_until(start, time_ms)
            if silent_until is None:
                events += self._close(start, bucket)
                state.closed_until_ms = start + MINUTE_MS
            else:
                events += self._skip(start, silent_until, bucket)
                state.closed_until_ms = silent_until
        return events

    def _begin(self, time_ms: int) -> bool:
        """Whether the brand's life has begun by then: a minute before its first mention.

        Not when the time is first known: several partitions know another than one. And not before all of them have
        come so far, since one of them may still bring an earlier mention.
        """
        state, now_ms = self.state, bucket_start(time_ms)
        first_ms = min(state.open, default=None)
        if first_ms is None or first_ms - MINUTE_MS > now_ms:
            state.closed_until_ms = now_ms
            return False
        begins_ms = first_ms - MINUTE_MS
        if state.closed_until_ms is not None:
            begins_ms = max(begins_ms, state.closed_until_ms)
        state.since_ms = state.newest_mention_ms = state.closed_until_ms = begins_ms
        state.history = History(start_ms=begins_ms)
        return True

    def hand_over(self) -> list[Event]:
        """End the learning from recorded posts: keep the habits, and of alerts and incidents that they were.

        What is on ends with the recording; where the same story goes on, it is that alert and that incident again. What
        lies between the last recorded post and the first live one is no data.
        """
        state = self.state
        events = self.advance(max(state.open) + MINUTE_MS) if state.open else []
        end_ms = state.closed_until_ms or 0
        events += self._incidents.cut_off(end_ms)
        self._shadow_alerts.close_bucket({}, at_ms=end_ms, explain=lambda _: _untold(end_ms, end_ms))
        known = {name: msgspec.structs.replace(one, recorded=True) for name, one in state.incidents.incidents.items()}
        state.incidents = IncidentBookState(incidents=known)
        self._incidents = BrandIncidents(self.brand, state, self._clock, self._tally)
        state.seen, state.run, state.impostors, state.strands, state.handed_over = {}, None, None, None, True
        state.borne_out = []
        if state.desk is not None:
            state.desk.forget_complaints()
        return events

    @property
    def closes_at_ms(self) -> int:
        """`advance` has something to do from this time on."""
        return 0 if self.state.closed_until_ms is None else self.state.closed_until_ms + MINUTE_MS

    def alerts_per_month(self) -> dict[str, float]:
        """How often each detector, live or shadow, has alerted: what it makes of its budget of false alarms."""
        since_ms, now_ms = self.state.since_ms, self.state.closed_until_ms or 0
        return {
            **{name: self._incidents.per_month(name, since_ms=since_ms, now_ms=now_ms) for name in self._live},
            **{name: self._shadow_alerts.per_month(name, since_ms=since_ms, now_ms=now_ms) for name in self._shadows},
        }

    def days(self) -> list[float] | None:
        """How the days of this brand go, where its leading detector has come to know it (see `KnowsDays`)."""
        leader = self._live[self._leader]
        return leader.shape() if isinstance(leader, KnowsDays) else None

    @property
    def firing(self) -> bool:
        """Whether an alert of this brand is on."""
        return self._incidents.any_firing

    # ------------------------------------------------------------------------------- buckets

    def _close(self, start: int, bucket: OpenBucket | None) -> list[Event]:
        self._end_silence(start)
        state, incidents = self.state, self._incidents
        strands = state.take_strands(start)
        counts = _counts(bucket, *strands.values())
        scores = {name: self._score(name, detector, [counts], start)[0] for name, detector in self._live.items()}
        lead = scores[self._leader]
        state.status = lead.status
        end = start + MINUTE_MS
        at_ms = max(bucket.last_ms if bucket else 0, *(strand.last_ms for strand in strands.values()), 0) or end
        told = self._bucket(start, [bucket, *strands.values()], scores)
        events: list[Event] = []
        before, state.run = state.run, self._extended(state.run, start, bucket, lead)
        state.background.close(start, counts.negative, lead)
        if state.run is None:
            state.background.learn(start, before, bucket)
        for name, score in scores.items():
            if score.exceeds:
                if not incidents.firing(name):
                    events += incidents.fire(name, score, state.run, start_ms=start, at_ms=at_ms)
                if name not in state.borne_out:
                    state.borne_out.append(name)
        for name, detector in self._live.items():
            # Not since it fired: what fires ahead, in an open minute, finds more or fewer minutes before it that are
            # not closed, as partitions come. What is learned follows from closed minutes alone.
            self._learn(name, detector, counts, start, alerting=name in state.borne_out)
        events += incidents.close(scores, lead, start_ms=start, strands=strands)
        if state.borne_out:
            state.borne_out = [name for name in state.borne_out if incidents.firing(name)]
        if self._shadows and (shadows := self._close_shadows(start, counts, at_ms)):
            told = msgspec.structs.replace(told, shadow_alerts=[alert.detector for alert in shadows])
            events += shadows
        assert state.history is not None
        state.history.append(counts)
        if start % HOUR_MS == 0:
            events += self._forget(start)
        return [told, *events]

    def _close_shadows(self, start: int, counts: MinuteCounts, at_ms: int) -> list[ShadowAlert]:
        """Shadow detectors live as live ones do, but for looking ahead: so they may be a minute late."""
        alerts: list[ShadowAlert] = []
        book, onset_ms, end = self._shadow_alerts, (self.state.run or Run(start_ms=start)).start_ms, start + MINUTE_MS
        scores: dict[str, Score] = {}
        for name, detector in self._shadows.items():
            score = scores[name] = self._score(name, detector, [counts], start)[0]
            if score.exceeds and not book.firing(name):
                alert = book.fire(name, score, onset_ms=onset_ms, at_ms=at_ms, why=_untold(onset_ms, at_ms))
                if to_ms(alert.at) == at_ms:  # else the story of before
                    told = ShadowAlert(brand=alert.brand, detector=name, onset=alert.onset, at=alert.at, score=score)
                    alerts.append(told)
            self._learn(name, detector, counts, start, alerting=book.firing(name))
        if self._tally.on_shadow_scores is not None:
            self._tally.on_shadow_scores(self.brand.id, start, scores)
        if book.any_firing:
            book.close_bucket(scores, at_ms=end, explain=lambda _: _untold(onset_ms, end))
        return alerts

    def _score(self, name: str, detector: Detector, counts: Sequence[MinuteCounts], start: int) -> list[Score]:
        timer = self._tally.timer
        if timer is None:
            return detector.score(counts, start)
        began = timer()
        scores = detector.score(counts, start)
        self._tally.spent_s[name] = self._tally.spent_s.get(name, 0.0) + timer() - began
        return scores

    def _learn(self, name: str, detector: Detector, counts: MinuteCounts, start: int, *, alerting: bool) -> None:
        timer = self._tally.timer
        began = timer() if timer else 0.0
        detector.learn(counts, start, alerting=alerting)
        if timer:
            self._tally.spent_s[name] = self._tally.spent_s.get(name, 0.0) + timer() - began

    def _skip(self, start: int, until: int, bucket: OpenBucket | None) -> list[Event]:
        """Buckets without data: nothing is learned; told are the first, and what other sources said meanwhile."""
        state = self.state
        first = state.status is not ScoreStatus.NO_DATA
        state.status = ScoreStatus.NO_DATA
        state.silent_buckets += (until - start) // MINUTE_MS
        if state.run is not None and self._incidents.wave_on:
            state.run.counts, state.run.expectations = [], []  # these are of consecutive minutes
        else:
            state.run = None
        if not first and bucket is None:
            return []
        scores = dict.fromkeys(self._live, Score(status=ScoreStatus.NO_DATA))
        return [self._bucket(start, [bucket, *state.take_strands(start).values()], scores, BucketStatus.NO_DATA)]

    def _end_silence(self, start: int) -> None:
        """Let the silence pass in one step, however many steps it came in: floats add up the same."""
        state = self.state
        if not state.silent_buckets:
            return
        for detector in [*self._live.values(), *self._shadows.values()]:
            detector.skip(state.silent_buckets)
        assert state.history is not None
        if state.silent_buckets > KEPT_CHUNKS * CHUNK_BUCKETS:
            state.history.restart(start)
        else:
            for _ in range(state.silent_buckets):
                state.history.append(None)
        state.silent_buckets = 0

    def _silent_until(self, start: int, time_ms: int) -> int | None:
        """Until when there is no data, if the sources that usually bring half of the mentions are silent.

        A brand that nobody has mentioned for a month is dormant: nothing more is learned of that, and a jump of
        many years, from one wrong date, costs no more than the month.
        """
        if start - self.state.newest_mention_ms > DORMANT_MS:
            return max(bucket_start(min([time_ms, *self.state.open])), start + MINUTE_MS)
        if not self._clock.state.gaps:
            return None
        quiet, until = self._clock.silent(self.state.carried, start)
        if not quiet or sum(self.state.carried[source] for source in quiet) * 2 < sum(self.state.carried.values()):
            return None
        horizon = min([time_ms, *self.state.open] if until is None else [time_ms, until, *self.state.open])
        return max(bucket_start(horizon), start + MINUTE_MS)

    def _bucket(
        self,
        start: int,
        buckets: Sequence[OpenBucket | None],
        scores: dict[str, Score],
        status: BucketStatus = BucketStatus.COUNTED,
    ) -> Bucket:
        found = [bucket for bucket in buckets if bucket is not None]
        if not found:  # as it is for most minutes of most brands
            return Bucket(
                brand=self.brand.id, start=from_ms(start), seconds=MINUTE_MS // 1000, status=status, scores=scores
            )
        return Bucket(
            brand=self.brand.id,
            start=from_ms(start),
            seconds=MINUTE_MS // 1000,
            status=status,
            negative=sum(bucket.negative for bucket in found),
            neutral=sum(bucket.neutral for bucket in found),
            positive=sum(bucket.positive for bucket in found),
            unknown=sum(bucket.unknown for bucket in found),
            negative_by_channel=_added([bucket.by_channel for bucket in found]),
            negative_by_topic=_added([bucket.by("topic") for bucket in found]),
            negative_by_audience=_added([bucket.by("audience") for bucket in found]),
            complaints=_added([bucket.complaints for bucket in found]),
            responses=[response for bucket in found for response in bucket.responses],
            scores=scores,
            negative_by_hashtag=most_frequent(_added([bucket.hashtags for bucket in found]), TOLD_HASHTAGS),
        )

    # -------------------------------------------------------------------------------- alerts

    def _look_ahead(self, first: int, mention: Mention) -> list[Event]:
        """Score the open buckets up to the newest, since a velocity can only rise at a mention."""
        state = self.state
        ahead = (max(state.open) - first) // MINUTE_MS + 1
        if ahead > SCORED_AHEAD:
            return []
        self._end_silence(first)
        buckets = [state.open.get(first + position * MINUTE_MS) for position in range(ahead)]
        counts = [_counts(*state.open_at(first + position * MINUTE_MS)) for position in range(ahead)]
        ahead_count = sum(bucket.negative for bucket in buckets if bucket is not None)
        incidents = self._incidents
        grown = incidents.has_grown((state.run.observed - state.run.expected if state.run else 0) + ahead_count)
        if not grown and all(incidents.firing(name) for name in self._live):
            return []
        events: list[Event] = []
        lead = self._score(self._leader, self._live[self._leader], counts, first)
        for name, detector in self._live.items():
            if incidents.firing(name):
                continue
            scores = lead if name == self._leader else self._score(name, detector, counts, first)
            position = next((i for i, score in enumerate(scores) if _is_plain(score)), None)
            if position is not None:
                run = self._run_ahead(first, buckets[: position + 1], lead)
                start = first + position * MINUTE_MS
                events += incidents.fire(name, scores[position], run, start_ms=start, at_ms=mention.event_ms)
        if grown:
            events += incidents.grow(lead[-1], self._run_ahead(first, buckets, lead), at_ms=mention.event_ms)
        return events

    def _run_ahead(self, first: int, buckets: Sequence[OpenBucket | None], lead: Sequence[Score]) -> Run | None:
        """The run as it will be when these open buckets close as they are."""
        run = self.state.run.copy() if self.state.run else None
        for position, bucket in enumerate(buckets):
            run = self._extended(run, first + position * MINUTE_MS, bucket, lead[position])
        return run

    def _extended(self, run: Run | None, start: int, bucket: OpenBucket | None, lead: Score) -> Run | None:
        """The run with one more bucket: it ends when the velocity is back at its expectation."""
        wave_on = bool(self.state.borne_out)  # as for what is learned: no alert of a minute that is still open
        if lead.observed <= lead.expected and not wave_on:
            return None
        if run is None:
            run = Run(start_ms=start)
        run.extend(start, bucket, lead.expected_per_min)
        run.alerted |= wave_on
        return run

    def _run_now(self) -> Run | None:
        """The run as it will be when the open buckets close as they are, if a wave is on."""
        state = self.state
        first = state.closed_until_ms
        if not self._incidents.wave_on or first is None:
            return None
        ahead = (max(state.open, default=first) - first) // MINUTE_MS + 1
        if ahead > SCORED_AHEAD or state.silent_buckets:
            return state.run
        starts = [first + position * MINUTE_MS for position in range(ahead)]
        counts = [_counts(*state.open_at(start)) for start in starts]
        lead = self._score(self._leader, self._live[self._leader], counts, first)
        return self._run_ahead(first, [state.open.get(start) for start in starts], lead)

    # -------------------------------------------------------------------------------- memory

    def _forget(self, start: int) -> list[Incident]:
        """Once an hour: let go of what was kept for long enough."""
        self.state.forget(start)
        self._shadow_alerts.forget_texts(resolved_before_ms=start - self._tally.keep_texts_ms)
        return self._incidents.forget(start)

    def _load(self, name: str) -> Detector:
        """The detector as it was, or warmed again from the kept buckets where that cannot be."""
        state, brand, kind = self.state, self.brand, kind_of(name)
        parameters = brand.parameters.get(name, {})
        budget, timezone, params = brand.false_alarms_per_month, brand.timezone, kind.PARAMS(**parameters)
        snapshot = state.detectors.get(name)
        if snapshot is not None and state.timezone == timezone and state.parameters.get(name, {}) == parameters:
            try:
                return kind.restore(snapshot, false_alarms_per_month=budget, timezone=timezone, params=params)
            except StateError:
                pass
        detector = kind(false_alarms_per_month=budget, timezone=timezone, params=params)
        if state.history is not None:
            for position, counts in enumerate(state.history.counts()):
                if counts is None:
                    detector.skip(1)
                else:
                    detector.learn(counts, state.history.start_ms + position * MINUTE_MS, alerting=False)
        return detector

    def snapshot(self) -> bytes:
        """The whole state, for `restore`."""
        detectors = self._live | self._shadows
        self.state.detectors = {name: detector.snapshot() for name, detector in detectors.items()}
        self.state.parameters = {name: self.brand.parameters.get(name, {}) for name in detectors}
        return msgspec.msgpack.encode(self.state)

    @classmethod
    def restore(cls, snapshot: bytes, brand: Brand, clock: MonitorClock, tally: Tally) -> BrandMonitor:
        """The monitor as it was; a detector whose parameters changed is warmed again from the kept buckets.

        Raises:
            StateError: written by a newer badbuzz, or damaged.
        """
        try:
            state = msgspec.msgpack.decode(snapshot, type=BrandState)
        except msgspec.MsgspecError as error:
            raise StateError(f"state of brand {brand.id}: {error}") from error
        if state.version > VERSION:
            raise StateError(f"state of brand {brand.id} is of version {state.version}, this badbuzz knows {VERSION}")
        return cls(brand, clock, tally, state)


def _added(counts: Sequence[dict[str, int]]) -> dict[str, int]:
    if len(counts) == 1:
        return counts[0]
    added: Counter[str] = Counter()
    for one in counts:
        added.update(one)
    return dict(added)


def _counts(*buckets: OpenBucket | None) -> MinuteCounts:
    """What detectors see of a minute: of the first story of a wave and of the others."""
    found = [bucket.counts for bucket in buckets if bucket is not None]
    if len(found) < 2:
        return found[0] if found else NOTHING
    return MinuteCounts(*(sum(values) for values in zip(*map(msgspec.structs.astuple, found), strict=True)))


def _untold(since_ms: int, until_ms: int) -> Explanation:
    """What nobody hears of is not explained."""
    since, until = from_ms(since_ms), from_ms(until_ms)
    return Explanation(since=since, until=until, observed=0, expected=0.0, first_post=None, top_posts=[])


def _is_plain(score: Score) -> bool:
    """Whether a minute that is not over is worth an alert already."""
    if score.surprise is None or score.threshold is None or score.signals == ["share"]:
        return False  # of the share, the other part may still be on its way in another partition
    return score.surprise > score.threshold + AHEAD_MARGIN * abs(score.threshold)
