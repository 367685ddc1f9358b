"""One brand's brain: mentions and time in, buckets, alerts and incidents out."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from detectors.alerting import IMPOSTOR, AlertBook, AlertBookState
from detectors.algorithms import Detector, KnowsDays, kind_of
from detectors.errors import StateError
from detectors.explanation import OpenBucket, Run, explain
from detectors.history import CHUNK_BUCKETS, KEPT_CHUNKS, History
from detectors.memory import HOUR_MS, VERSION, BrandState, Tally
from detectors.model import (
    MINUTE_MS,
    Alert,
    Brand,
    Bucket,
    BucketStatus,
    Explanation,
    Incident,
    Marks,
    Mention,
    MinuteCounts,
    Score,
    ScoreStatus,
    Sentiment,
    ShadowAlert,
    StoryKind,
    from_ms,
    to_ms,
)
from detectors.stories import Desk, Impostors
from detectors.windowing import MonitorClock, bucket_start

__all__ = ["BrandMonitor", "Event"]

Event = Bucket | Alert | Incident | ShadowAlert

NOTHING = MinuteCounts()
SCORED_AHEAD = 10
"""Open buckets that are scored before they close; further ahead of the watermark it is too early to judge."""
AHEAD_MARGIN = 0.15
"""A minute that is not over has to exceed the threshold by this part of it: its share of negative mentions may yet
fall, and how far it has come depends on the order of partitions, which is free."""
DORMANT_MS = 30 * 24 * HOUR_MS


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
        self._book = AlertBook(brand, self.state.book)
        self._shadow_book = AlertBook(brand, self.state.shadow_book)
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
            if state.remember(mention):
                self._hear(mention)
            return ()
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
        bucket = state.open.get(start)
        if bucket is None:
            bucket = state.open[start] = OpenBucket()
        negative = mention.sentiment is Sentiment.NEGATIVE
        new_author = negative and state.is_new_author(mention)
        if marks is None:
            bucket.add(mention, new_author=new_author)
            events: list[Event] = []
        else:
            bucket.add(mention, new_author=new_author, copy_of=state.copy_of(mention, marks) if negative else None)
            events = self._follow(mention, marks, negative=negative)
        if negative and state.closed_until_ms is not None:
            events += self._look_ahead(state.closed_until_ms, mention)
        return events

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
            if bucket is not None:
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

    def hand_over(self) -> None:
        """End the learning from recorded posts: keep the habits, forget the alerts and where the posts lay.

        What lies between the last recorded post and the first live one is no data.
        """
        state = self.state
        if state.open:
            self.advance(max(state.open) + MINUTE_MS)
        state.book, state.shadow_book = AlertBookState(), AlertBookState()
        self._book, self._shadow_book = AlertBook(self.brand, state.book), AlertBook(self.brand, state.shadow_book)
        state.seen, state.run, state.impostors, state.handed_over = {}, None, None, True
        state.borne_out = []
        if state.desk is not None:
            state.desk.forget_complaints()

    @property
    def closes_at_ms(self) -> int:
        """`advance` has something to do from this time on."""
        return 0 if self.state.closed_until_ms is None else self.state.closed_until_ms + MINUTE_MS

    def alerts_per_month(self) -> dict[str, float]:
        """How often each detector, live or shadow, has alerted: what it makes of its budget of false alarms."""
        since_ms, now_ms = self.state.since_ms, self.state.closed_until_ms or 0
        books = dict.fromkeys(self._live, self._book) | dict.fromkeys(self._shadows, self._shadow_book)
        return {name: book.per_month(name, since_ms=since_ms, now_ms=now_ms) for name, book in books.items()}

    def days(self) -> list[float] | None:
        """How the days of this brand go, where its leading detector has come to know it (see `KnowsDays`)."""
        leader = self._live[self._leader]
        return leader.shape() if isinstance(leader, KnowsDays) else None

    @property
    def firing(self) -> bool:
        """Whether an alert of this brand is on."""
        return self._book.any_firing

    # ------------------------------------------------------------------------------- buckets

    def _close(self, start: int, bucket: OpenBucket | None) -> list[Event]:
        self._end_silence(start)
        state = self.state
        counts = bucket.counts if bucket else NOTHING
        scores = {name: self._score(name, detector, [counts], start)[0] for name, detector in self._live.items()}
        lead = scores[self._leader]
        state.status = lead.status
        end = start + MINUTE_MS
        at_ms = bucket.last_ms if bucket and bucket.negative else end
        events: list[Event] = [self._bucket(start, bucket, scores)]
        before, state.run = state.run, self._extended(state.run, start, bucket, lead)
        state.background.close(start, bucket, lead)
        if state.run is None:
            state.background.learn(start, before, bucket)
        for name, score in scores.items():
            if score.exceeds:
                if not self._book.firing(name):
                    events += self._fire(name, score, state.run, start, at_ms)
                if name not in state.borne_out:
                    state.borne_out.append(name)
        for name, detector in self._live.items():
            # Not since it fired: what fires ahead, in an open minute, finds more or fewer minutes before it that are
            # not closed, as partitions come. What is learned follows from closed minutes alone.
            self._learn(name, detector, counts, start, alerting=name in state.borne_out)
        if self._book.any_firing:
            events += self._grow(lead, state.run, end)
            run = state.run or Run(start_ms=start)
            if self._book.firing(IMPOSTOR):
                scores = {**scores, IMPOSTOR: self._impostor_score(start)}
            events += self._book.close_bucket(scores, at_ms=end, explain=lambda: self._explain_end(run, end))
            state.borne_out = [name for name in state.borne_out if self._book.firing(name)]
        if self._shadows:
            events += self._close_shadows(start, counts, at_ms)
        assert state.history is not None
        state.history.append(counts)
        events += self._forget(start)
        return events

    def _close_shadows(self, start: int, counts: MinuteCounts, at_ms: int) -> list[ShadowAlert]:
        """Shadow detectors live as live ones do, but for looking ahead: so they may be a minute late."""
        alerts: list[ShadowAlert] = []
        book, run, end = self._shadow_book, self.state.run or Run(start_ms=start), start + MINUTE_MS
        scores: dict[str, Score] = {}
        for name, detector in self._shadows.items():
            score = scores[name] = self._score(name, detector, [counts], start)[0]
            if score.exceeds and not book.firing(name):
                why = self._explain(run, at_ms)
                alert = book.fire(name, score, onset_ms=run.start_ms, at_ms=at_ms, why=why)[0]
                if isinstance(alert, Alert) and to_ms(alert.at) == at_ms:  # else the story of before
                    told = ShadowAlert(brand=alert.brand, detector=name, onset=alert.onset, at=alert.at, score=score)
                    alerts.append(told)
            self._learn(name, detector, counts, start, alerting=book.firing(name))
        if self._tally.on_shadow_scores is not None:
            self._tally.on_shadow_scores(self.brand.id, start, scores)
        if book.any_firing:
            book.close_bucket(scores, at_ms=end, explain=lambda: self._explain(run, end))
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
        if state.run is not None and self._book.wave_on:
            state.run.counts, state.run.expectations = [], []  # these are of consecutive minutes
        else:
            state.run = None
        if not first and bucket is None:
            return []
        scores = dict.fromkeys(self._live, Score(status=ScoreStatus.NO_DATA))
        return [self._bucket(start, bucket, scores, BucketStatus.NO_DATA)]

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
        bucket: OpenBucket | None,
        scores: dict[str, Score],
        status: BucketStatus = BucketStatus.COUNTED,
    ) -> Bucket:
        if bucket is None:
            bucket = OpenBucket()
        return Bucket(
            brand=self.brand.id,
            start=from_ms(start),
            seconds=MINUTE_MS // 1000,
            status=status,
            negative=bucket.negative,
            neutral=bucket.neutral,
            positive=bucket.positive,
            unknown=bucket.unknown,
            negative_by_channel=bucket.by_channel,
            scores=scores,
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
        counts = [bucket.counts if bucket else NOTHING for bucket in buckets]
        ahead_count = sum(minute.negative for minute in counts)
        grown = self._book.doubled((state.run.observed - state.run.expected if state.run else 0) + ahead_count)
        if not grown and all(self._book.firing(name) for name in self._live):
            return []
        events: list[Event] = []
        lead = self._score(self._leader, self._live[self._leader], counts, first)
        for name, detector in self._live.items():
            if self._book.firing(name):
                continue
            scores = lead if name == self._leader else self._score(name, detector, counts, first)
            position = next((i for i, score in enumerate(scores) if _is_plain(score)), None)
            if position is not None:
                run = self._run_ahead(first, buckets[: position + 1], lead)
                events += self._fire(name, scores[position], run, first + position * MINUTE_MS, mention.event_ms)
        if grown:
            events += self._grow(lead[-1], self._run_ahead(first, buckets, lead), mention.event_ms)
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

    def _explain(self, run: Run, until_ms: int) -> Explanation:
        state = self.state
        impostors = state.impostors if self._book.firing(IMPOSTOR) else None
        return explain(run, state.background, self.brand, until_ms=until_ms, desk=state.desk, impostors=impostors)

    def _fire(self, name: str, score: Score, run: Run | None, start: int, at_ms: int) -> list[Alert | Incident]:
        run = run or Run(start_ms=start)
        why = self._explain(run, at_ms)
        return self._book.fire(name, score, onset_ms=run.start_ms, at_ms=at_ms, why=why)

    def _grow(self, score: Score, run: Run | None, at_ms: int) -> list[Incident]:
        if run is None or not self._book.doubled(run.observed - run.expected):
            return []
        return [self._book.grow(score, self._explain(run, at_ms), at_ms=at_ms)]

    # -------------------------------------------------------------------------------- stories

    def _hear(self, mention: Mention) -> None:
        desk = self.state.desk
        if desk is None:
            desk = self.state.desk = Desk()
        desk.hear(mention, learn=not self._book.wave_on)

    def _follow(self, mention: Mention, marks: Marks, *, negative: bool) -> list[Event]:
        """Put a complaint on the desk; look at who looks like the brand."""
        state = self.state
        if negative and marks.addressed and mention.id is not None and not mention.is_repost:
            if state.desk is None:
                state.desk = Desk()
            state.desk.complain(mention)
        if marks.looks_like is None:
            return []
        to_customer = marks.reply_to is not None or bool(marks.accounts)
        if state.impostors is None or not (
            self._book.firing(IMPOSTOR) or self._book.same_story(IMPOSTOR, mention.event_ms)
        ):
            if not to_customer:
                return []
            state.impostors = Impostors(start_ms=bucket_start(mention.event_ms))
        state.impostors.add(mention, marks.looks_like, to_customer=to_customer)
        if not to_customer or self._book.firing(IMPOSTOR):
            return []
        score, start_ms = self._impostor_score(mention.event_ms), state.impostors.start_ms
        why = self._explain_impostors(self._run_now(), mention.event_ms)
        if not any(story.kind is StoryKind.IMPOSTOR for story in why.stories):
            return []
        return [*self._book.fire(IMPOSTOR, score, onset_ms=start_ms, at_ms=mention.event_ms, why=why)]

    def _impostor_score(self, since_ms: int) -> Score:
        """Of a minute: whether a look-alike has spoken to a customer since then."""
        impostors = self.state.impostors
        spoke = impostors is not None and impostors.newest_ms >= since_ms
        posts = impostors.posts if impostors is not None else 0
        return Score(status=ScoreStatus.OK, surprise=float(spoke), threshold=0.5, observed=float(posts))

    def _run_now(self) -> Run | None:
        """The run as it will be when the open buckets close as they are, if a wave is on."""
        state = self.state
        first = state.closed_until_ms
        if not self._book.wave_on or first is None:
            return None
        ahead = (max(state.open, default=first) - first) // MINUTE_MS + 1
        if ahead > SCORED_AHEAD or state.silent_buckets:
            return state.run
        buckets = [state.open.get(first + position * MINUTE_MS) for position in range(ahead)]
        counts = [bucket.counts if bucket else NOTHING for bucket in buckets]
        return self._run_ahead(first, buckets, self._score(self._leader, self._live[self._leader], counts, first))

    def _explain_end(self, run: Run, until_ms: int) -> Explanation:
        """The last word on what is over."""
        return self._explain(run, until_ms) if self._book.wave_on else self._explain_impostors(None, until_ms)

    def _explain_impostors(self, wave: Run | None, until_ms: int) -> Explanation:
        """Why the alert of an impostor: in a wave all that is told of it, else only the look-alikes' own posts.

        Where a wave is over that was in the same incident, its numbers stay.
        """
        state, incident = self.state, self.state.book.incident
        impostors = state.impostors
        assert impostors is not None
        run = wave or Run(start_ms=impostors.start_ms, first=impostors.kept[0], top=impostors.kept)
        why = explain(
            run, state.background, self.brand, until_ms=until_ms, desk=state.desk if wave else None, impostors=impostors
        )
        if wave is None and incident is not None and self._book.any_firing and len(incident.alerts) > 1:
            others = [story for story in incident.why.stories if story.kind is not StoryKind.IMPOSTOR]
            return msgspec.structs.replace(incident.why, stories=[*why.stories, *others])
        return why

    # -------------------------------------------------------------------------------- memory

    def _forget(self, start: int) -> list[Alert | Incident]:
        """Once an hour: let go of what was kept for long enough."""
        if start % HOUR_MS:
            return []
        state = self.state
        if state.desk is not None:
            state.desk.close(start, learn=not self._book.wave_on)
        state.forget(start)
        before_ms = start - self._tally.keep_texts_ms
        if state.impostors is not None and state.impostors.newest_ms < before_ms and not self._book.firing(IMPOSTOR):
            state.impostors = None
        self._shadow_book.forget_texts(resolved_before_ms=before_ms)
        return self._book.forget_texts(resolved_before_ms=before_ms)

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


def _is_plain(score: Score) -> bool:
    """Whether a minute that is not over is worth an alert already."""
    if score.surprise is None or score.threshold is None or score.signals == ["share"]:
        return False  # of the share, the other part may still be on its way in another partition
    return score.surprise > score.threshold + AHEAD_MARGIN * abs(score.threshold)
