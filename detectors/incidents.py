"""From what detectors find to what people are told: a brand's alerts, their stories, and the incidents they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import msgspec

from detectors.alerting import IMPOSTOR, RESPONSE, AlertBook, IncidentBook
from detectors.alerting.inhibition import doubt_of_answers, doubt_of_wave
from detectors.alerting.likeness import features as features_of
from detectors.alerting.likeness import is_same, lasting, share_of, signature, words_that_tell
from detectors.alerting.strands import Strand, Strands, read, rhythm
from detectors.explanation import OpenBucket, Run, explain
from detectors.explanation.run import Recent
from detectors.explanation.words import Vocabulary, names_of
from detectors.memory import BrandState, Tally
from detectors.model import (
    HOUR_MS,
    MINUTE_MS,
    Alert,
    Answer,
    Brand,
    Explanation,
    Given,
    Incident,
    IncidentState,
    Marks,
    Mention,
    Score,
    ScoreStatus,
    StoryKind,
    to_ms,
)
from detectors.stories import Desk, Facts, Impostors, unanswered
from detectors.stories.desk import LEAST_ANSWERS, Answered
from detectors.windowing import MonitorClock, bucket_start

__all__ = ["BrandIncidents"]

DESK_HOURS_MS = 2 * HOUR_MS
"""Complaints that became due in so long are looked at."""
LOOK_AT_DESK_MS = 10 * MINUTE_MS
LEAST_OVERDUE = 8
SURE_MINUTES = 10
LATELY_MS = 30 * MINUTE_MS
LOOK_FOR_STORIES_MS = 5 * MINUTE_MS
"""How often a wave is looked through for another story: it takes some milliseconds."""
ALIKE_MS = 3 * 24 * HOUR_MS
"""What has been over for no longer and is told in the same words is the same story, on again."""


class BrandIncidents:
    """The alerts and incidents of one brand. Every method returns what changed, in order.

    What is scored and counted is the monitor's; here is what that means to people: which story an alert is of, how it
    is explained, who joins whom, and what somebody did about it.
    """

    def __init__(self, brand: Brand, state: BrandState, clock: MonitorClock, tally: Tally) -> None:
        self._brand = brand
        self._state = state
        self._clock = clock
        self._tally = tally
        self._alerts = AlertBook(brand.id, state.alerts)
        self._book = IncidentBook(brand, state.incidents)
        self._leader = brand.detectors[0]

    @cached_property
    def _names(self) -> set[str]:
        """The brand's names: made when a wave needs them, most of 100,000 brands have none."""
        return names_of(self._brand)

    def firing(self, key: str) -> bool:
        """Whether this alert is on."""
        return self._alerts.firing(key)

    @property
    def any_firing(self) -> bool:
        """Whether any alert of the brand is on."""
        return self._alerts.any_firing

    @property
    def wave_on(self) -> bool:
        """Whether a detector of waves has its alert on."""
        return self._alerts.wave_on

    def per_month(self, detector: str, *, since_ms: int, now_ms: int) -> float:
        """See `AlertBook.per_month`."""
        return self._alerts.per_month(detector, since_ms=since_ms, now_ms=now_ms)

    def command(self, partition: int, given: Given) -> list[Incident | Answer]:
        """What somebody did."""
        return self._book.command(partition, given)

    # --------------------------------------------------------------------------------- a wave

    def fire(self, name: str, score: Score, run: Run | None, *, start_ms: int, at_ms: int) -> list[Alert | Incident]:
        """A detector exceeds its threshold; `run` is what was said since the brand left its rhythm."""
        run = run or Run(start_ms=start_ms)
        own = self._words(run.recent)
        into, another = self._which(name, run.recent, own, at_ms)
        impostor = self._incident_of(IMPOSTOR)
        why = self._explain(run, at_ms, with_impostors=impostor is not None and impostor.id == into)
        told = signature(why, own)
        began = not self._alerts.wave_on
        last = self._state.alerts.alerts.get(name)
        known = another and last is not None and to_ms(last.onset) >= run.start_ms  # both stories in one run
        onset_ms = start_ms if known else run.start_ms
        alert = self._alerts.fire(name, score, onset_ms=onset_ms, at_ms=at_ms, why=why, another=another)
        doubt = doubt_of_wave(self._clock, self._state.carried, score, why, at_ms)
        incident = self._book.attach(name, alert, at_ms=at_ms, signature=told, into=into, doubt=doubt)
        if began:
            self._state.strands = None  # its own signature is learned from closed minutes
        return [alert, incident]

    def _which(self, name: str, recent: Sequence[Recent], own: Sequence[str], at_ms: int) -> tuple[str | None, bool]:
        """The incident that a detector's alert joins, if any, and whether it tells another story than its last."""
        book = self._book
        if self._alerts.wave_on:  # another detector sees the same wave
            wave = self._wave()
            return (wave.id if wave is not None else None), False
        impostors, impostor = self._state.impostors, self._incident_of(IMPOSTOR)
        if impostor is not None and impostors is not None and self._speaks_of(impostors, recent, own):
            return impostor.id, self._alerts.same_story(name, at_ms)
        again = self._alerts.same_story(name, at_ms)
        last = book.with_alert(self._state.alerts.alerts.get(name))
        if again and last is not None and is_same(last.signature, recent, own=own) is not False:
            return last.id, False
        for incident in book.newest_first():
            if incident.state is not IncidentState.RESOLVED:
                if is_same(incident.signature, recent, own=own):
                    return incident.id, again
            elif at_ms - to_ms(incident.updated_at) < ALIKE_MS and is_same(
                lasting(incident.signature), recent, own=own
            ):
                return incident.id, again
        return None, again

    def has_grown(self, excess: float) -> bool:
        """Whether the wave has twice the posts above expectation that people were told of."""
        if not self._alerts.wave_on or (self._state.strands is not None and self._state.strands.over):
            return False
        return self._book.doubled(self._on(), excess)

    def grow(self, score: Score, run: Run | None, *, at_ms: int) -> list[Incident]:
        """People hear again of a wave that has doubled."""
        if run is None or not self.has_grown(run.observed - run.expected):
            return []
        return self._book.grow(self._on(), score, self._explain(run, at_ms), at_ms=at_ms)

    def _on(self) -> str:
        return next((key for key in self._brand.detectors if self._alerts.firing(key)), self._leader)

    def _wave(self) -> Incident | None:
        """The incident of the wave that is on."""
        return self._book.of(self._on()) if self._alerts.wave_on else None

    def _incident_of(self, key: str) -> Incident | None:
        """The incident of an alert that is on."""
        return self._book.of(key) if self._alerts.firing(key) else None

    # -------------------------------------------------------------------------------- minutes

    def bucket(self, mention: Mention, start_ms: int) -> OpenBucket | None:
        """Where a negative mention is counted that is of another story of the wave than the first."""
        strands = self._state.strands
        return None if strands is None else strands.bucket(mention, start_ms)

    def close(
        self, scores: Mapping[str, Score], lead: Score, *, start_ms: int, strands: Mapping[str, OpenBucket]
    ) -> list[Alert | Incident]:
        """A minute is over; what the strands had of it is in `strands`, by their keys."""
        end_ms = start_ms + MINUTE_MS
        told: list[Alert | Incident] = []
        if end_ms % LOOK_AT_DESK_MS == 0 and self._state.desk is not None and self._state.desk.heard:
            told += self._look_at_desk(end_ms)
        if not self._alerts.any_firing:
            return told
        scored = dict(scores)
        if self._alerts.firing(RESPONSE) and self._state.response is not None:
            scored[RESPONSE] = self._state.response
        told += self.grow(lead, self._state.run, at_ms=end_ms)
        told += self._follow_strands(scored, lead, start_ms, strands)
        told += self._be_sure(lead, end_ms)
        if self._alerts.firing(IMPOSTOR):
            scored[IMPOSTOR] = self._impostor_score(start_ms)
        told += self._over(scored, end_ms)
        return told

    def _over(self, scores: Mapping[str, Score], end_ms: int) -> list[Alert | Incident]:
        """Alerts whose rhythm is back, and the incidents that are over with them."""
        over = self._alerts.close_bucket(scores, at_ms=end_ms, explain=lambda key: self._explain_end(key, end_ms))
        told: list[Alert | Incident] = []
        for key, alert in over:
            told.append(alert)
            told += self._book.over(key, alert, firing=self._alerts.keys_firing, at_ms=end_ms)
            if self._state.strands is not None:
                self._state.strands.drop(key)
        if not self._alerts.wave_on and self._state.strands is not None and not self._state.strands.others:
            self._state.strands = None
        return told

    def cut_off(self, end_ms: int) -> list[Alert | Incident]:
        """The recording ends, and with it what is on; whether it went on nobody knows."""
        over = self._alerts.close_bucket({}, at_ms=end_ms, explain=lambda key: self._explain_end(key, end_ms))
        told: list[Alert | Incident] = []
        for key, alert in over:
            told += [alert, *self._book.cut_off(key, alert.why, at_ms=end_ms)]
        return told

    def _follow_strands(
        self, scores: dict[str, Score], lead: Score, start_ms: int, buckets: Mapping[str, OpenBucket]
    ) -> list[Alert | Incident]:
        """Score each story of the wave by itself, look whether there is another one, and tell what has doubled."""
        state, run = self._state, self._state.run
        told: list[Alert | Incident] = []
        end_ms = start_ms + MINUTE_MS
        look = end_ms % LOOK_FOR_STORIES_MS == 0 and self._alerts.wave_on and bool(state.borne_out)
        if look and run is not None and run.recent:
            incident = self._book.of(self._on())
            strands = state.strands
            if strands is None:
                strands = state.strands = Strands(first=incident.id if incident is not None else "")
            usual, posts = self._usual(), read(run.recent)
            if not strands.over and incident is not None:
                marks = [*incident.signature, *signature(incident.why, ())]
                strands.learn(posts, usual, self._names, marks=marks)
                self._book.sign(incident.id, strands.known.signature)
            found = strands.another(
                posts, usual, self._names, began_ms=run.start_ms, expected_per_min=lead.expected_per_min
            )
            if found is not None and found.key not in state.alerts.alerts:
                strands.others.append(found)
                run.without(one.mention for one in found.run.recent)
                told += self._fire_strand(found, lead, end_ms)
        if state.strands is None:
            return told
        for strand in state.strands.others:
            if not self._alerts.firing(strand.key):
                continue
            if strand.run.end_ms <= start_ms:
                strand.run.extend(start_ms, buckets.get(strand.key), lead.expected_per_min * strand.share)
            score = scores[strand.key] = rhythm(strand.run.counts, lead.expected_per_min)
            if self._book.doubled(strand.key, strand.run.observed - strand.run.expected):
                told += self._book.grow(strand.key, score, self._explain(strand.run, end_ms), at_ms=end_ms)
        if self._alerts.wave_on and run is not None:
            told += self._follow_first(state.strands, run, lead, end_ms)
        return told

    def _fire_strand(self, strand: Strand, lead: Score, end_ms: int) -> list[Alert | Incident]:
        why = self._explain(strand.run, end_ms)
        recent, own = strand.run.recent, strand.known.signature
        into = None
        for incident in self._book.newest_first():
            fresh = end_ms - to_ms(incident.updated_at) < ALIKE_MS
            first = self._state.strands is not None and self._state.strands.first == incident.id
            if fresh and not first and is_same(incident.signature, recent, own=own):
                into = incident.id
                break
        score = rhythm(strand.run.counts, lead.expected_per_min)
        score = msgspec.structs.replace(score, surprise=max(score.surprise or 0.0, score.threshold or 0.0))
        alert = self._alerts.fire(strand.key, score, onset_ms=strand.run.start_ms, at_ms=end_ms, why=why)
        told = signature(why, strand.known.signature)
        return [alert, self._book.attach(strand.key, alert, at_ms=end_ms, signature=told, into=into)]

    def _follow_first(self, strands: Strands, run: Run, lead: Score, end_ms: int) -> list[Alert | Incident]:
        """The first story is over when its own rhythm is back, though the alert of the wave may go on for hours.

        It looks at long sums; what then comes is the first story again, or another one (see `Strands.another`).
        """
        score = rhythm(run.counts, lead.expected_per_min)
        first = self._book.state.incidents.get(strands.first)
        if first is None or any(self._incident_of(key) is first for key in (IMPOSTOR, RESPONSE)):
            return []
        if not strands.over:
            if not strands.follow(score):
                return []
            told = self._book.calm(strands.first, self._explain(run, end_ms), at_ms=end_ms)
            for key in self._brand.detectors:
                self._book.release(key)
            return [*told]
        if not score.exceeds:
            return []
        lately = [one for one in run.recent if end_ms - one.start_ms <= LATELY_MS]
        same = is_same(first.signature, lately, own=self._words(lately))
        return self._go_on(first, run, end_ms) if strands.goes_on(same) else []

    def _go_on(self, first: Incident, run: Run, end_ms: int) -> list[Alert | Incident]:
        """The first story is on again, while its alert was on all the time."""
        why, told = self._explain(run, end_ms), list[Alert | Incident]()
        for key in self._brand.detectors:
            if self._alerts.firing(key):
                alert = msgspec.structs.replace(self._state.alerts.alerts[key], why=why)
                told = [self._book.attach(key, alert, at_ms=end_ms, into=first.id)]
        return told

    def _be_sure(self, lead: Score, end_ms: int) -> list[Incident]:
        """What was in doubt because of a source is told when nothing speaks against it any more."""
        run = self._state.run
        told: list[Incident] = []
        for key in [*self._brand.detectors, RESPONSE]:
            incident = self._incident_of(key)
            if incident is None or incident.doubt is None:
                continue
            if key == RESPONSE:
                doubt = self._doubt_of_answers(end_ms)
            elif run is None:
                continue
            else:
                why = self._explain(run, end_ms)
                doubt = doubt_of_wave(self._clock, self._state.carried, lead, why, end_ms)
                lately = run.counts[-SURE_MINUTES:]
                if doubt is None and not rhythm(lately, lead.expected_per_min).exceeds:
                    continue  # what was in doubt is past, and nothing has come since that would bear it out
            if doubt is None:
                told += self._book.sure(incident.id, at_ms=end_ms)
        return told

    # --------------------------------------------------------------------------------- answers

    def complain(self, mention: Mention) -> None:
        """Put a complaint to the brand on its desk."""
        story = self._book.story_of(features_of(mention)) if self._alerts.any_firing else ""
        self._desk().complain(mention, story=story)

    def _desk(self) -> Desk:
        if self._state.desk is None:
            self._state.desk = Desk()
        return self._state.desk

    def hear(self, mention: Mention) -> tuple[Answered | None, list[Incident]]:
        """What an account of the brand said, the complaint that it answers, and the incidents that this is for."""
        answered = self._desk().hear(mention, learn=not self._alerts.wave_on)
        if answered is None:
            return None, []
        return answered, self._book.answered(
            at_ms=mention.event_ms, since_ms=answered.complaint_ms, story=answered.story
        )

    def _look_at_desk(self, now_ms: int) -> list[Alert | Incident]:
        """Whether complaints of the last hours wait for longer than this brand lets them wait."""
        state, desk = self._state, self._state.desk
        assert desk is not None
        if desk.answers < LEAST_ANSWERS:
            return []
        run = Run(start_ms=now_ms - DESK_HOURS_MS)
        facts, usual = Facts(waiting=desk.waiting(run.start_ms, now_ms)), Facts(waiting=desk.usual())
        late = unanswered.found(facts, usual, self._brand)
        threshold = self._brand.stories.get(unanswered.KIND, unanswered.THRESHOLD)
        share = late.share if late is not None and late.posts >= LEAST_OVERDUE else 0.0
        state.response = Score(status=ScoreStatus.OK, surprise=share, threshold=threshold / 2, observed=share)
        if not state.response.exceeds or self._alerts.firing(RESPONSE):
            return []
        why = self._explain_answers(now_ms)
        wave = self._wave()
        same = wave is not None and any(story.kind is StoryKind.UNANSWERED for story in wave.why.stories)
        alert = self._alerts.fire(RESPONSE, state.response, onset_ms=run.start_ms, at_ms=now_ms, why=why)
        if same and wave is not None:
            alert = msgspec.structs.replace(alert, why=wave.why)
        into = wave.id if same and wave is not None else None
        doubt = self._doubt_of_answers(now_ms)
        return [alert, self._book.attach(RESPONSE, alert, at_ms=now_ms, into=into, doubt=doubt)]

    def _doubt_of_answers(self, now_ms: int) -> str | None:
        accounts = self._brand.official_accounts
        return doubt_of_answers(self._clock, accounts, now_ms - DESK_HOURS_MS, now_ms)

    def _explain_answers(self, until_ms: int) -> Explanation:
        """How many wait, and for how long; when nobody waits any more, what was told last."""
        run = Run(start_ms=until_ms - DESK_HOURS_MS)
        why = explain(run, self._state.background, self._brand, until_ms=until_ms, desk=self._state.desk)
        incident = self._book.of(RESPONSE)
        if not why.stories and incident is not None:
            return msgspec.structs.replace(why, stories=incident.why.stories, titles=incident.why.titles)
        return why

    # -------------------------------------------------------------------------------- stories

    def follow(self, mention: Mention, marks: Marks, *, run_now: Callable[[], Run | None]) -> list[Alert | Incident]:
        """Look at who looks like the brand. `run_now` is the run with its open minutes."""
        state = self._state
        if marks.looks_like is None:
            return []
        to_customer = marks.reply_to is not None or bool(marks.accounts)
        if state.impostors is None or not (
            self._alerts.firing(IMPOSTOR) or self._alerts.same_story(IMPOSTOR, mention.event_ms)
        ):
            if not to_customer:
                return []
            state.impostors = Impostors(start_ms=bucket_start(mention.event_ms))
        state.impostors.add(mention, marks.looks_like, to_customer=to_customer)
        if not to_customer or self._alerts.firing(IMPOSTOR):
            return []
        return self._fire_impostor(mention, state.impostors, run_now())

    def _fire_impostor(self, mention: Mention, impostors: Impostors, run: Run | None) -> list[Alert | Incident]:
        """A look-alike speaks to customers. It joins a wave that speaks of it, or of what it says."""
        into = None
        wave = self._wave()
        if wave is not None and run is not None and self._speaks_of(impostors, run.recent, wave.signature):
            into = wave.id
        elif (known := self._same_accounts(impostors, mention.event_ms)) is not None:
            into = known.id
        why = self._explain_impostors(run if into is not None else None, mention.event_ms, into)
        if not any(story.kind is StoryKind.IMPOSTOR for story in why.stories):
            return []
        score = self._impostor_score(mention.event_ms)
        alert = self._alerts.fire(IMPOSTOR, score, onset_ms=impostors.start_ms, at_ms=mention.event_ms, why=why)
        words = words_that_tell(map(features_of, impostors.kept), self._usual(), self._names)
        told = [*_accounts(impostors), *words]
        return [alert, self._book.attach(IMPOSTOR, alert, at_ms=mention.event_ms, signature=told, into=into)]

    def _same_accounts(self, impostors: Impostors, at_ms: int) -> Incident | None:
        """The incident of these accounts of not long ago: who pauses is no other impostor."""
        accounts = _accounts(impostors)
        return next(
            (
                incident
                for incident in self._book.newest_first()
                if at_ms - to_ms(incident.updated_at) < ALIKE_MS and not set(accounts).isdisjoint(incident.signature)
            ),
            None,
        )

    def _speaks_of(self, impostors: Impostors, recent: Sequence[Recent], known: Sequence[str]) -> bool:
        """Whether one post of ten in a wave names a look-alike, or what these say is of the wave's own words."""
        posts = [(one.weight, features_of(one.mention)) for one in recent]
        theirs = [(1.0, features_of(mention)) for mention in impostors.kept]
        return share_of(_accounts(impostors), posts) >= 0.1 or share_of(known, theirs) >= 0.5

    def _impostor_score(self, since_ms: int) -> Score:
        """Of a minute: whether a look-alike has spoken to a customer since then."""
        impostors = self._state.impostors
        spoke = impostors is not None and impostors.newest_ms >= since_ms
        posts = impostors.posts if impostors is not None else 0
        return Score(status=ScoreStatus.OK, surprise=float(spoke), threshold=0.5, observed=float(posts))

    # ---------------------------------------------------------------------------- explanations

    def _explain(self, run: Run, until_ms: int, *, with_impostors: bool | None = None) -> Explanation:
        """Why people should care. Look-alikes are in it where they are of the same incident."""
        state = self._state
        if with_impostors is None:
            impostor = self._incident_of(IMPOSTOR)
            with_impostors = impostor is not None and impostor is self._book.of(self._on())
        impostors = state.impostors if with_impostors else None
        return explain(run, state.background, self._brand, until_ms=until_ms, desk=state.desk, impostors=impostors)

    def _explain_end(self, key: str, until_ms: int) -> Explanation:
        """The last word on what is over."""
        strands = self._state.strands
        strand = next((one for one in strands.others if one.key == key), None) if strands is not None else None
        if strand is not None:
            return self._explain(strand.run, until_ms)
        incident = self._book.of(key)
        if key == RESPONSE:
            return self._explain_answers(until_ms)
        if key == IMPOSTOR:
            joined = incident is not None and len(incident.alerts) > 1
            wave = self._state.run if joined and self._alerts.wave_on else None
            return self._explain_impostors(wave, until_ms, incident.id if joined and incident is not None else None)
        return self._explain(self._state.run or Run(start_ms=until_ms), until_ms)

    def _explain_impostors(self, wave: Run | None, until_ms: int, into: str | None) -> Explanation:
        """Why the alert of an impostor: in a wave all that is told of it, else only the look-alikes' own posts.

        Where a wave is over that was in the same incident, its numbers stay.
        """
        state, impostors = self._state, self._state.impostors
        assert impostors is not None
        run = wave or Run(start_ms=impostors.start_ms, first=impostors.kept[0], top=impostors.kept)
        desk = state.desk if wave else None
        why = explain(run, state.background, self._brand, until_ms=until_ms, desk=desk, impostors=impostors)
        incident = self._book.state.incidents.get(into or "")
        if wave is None and incident is not None:
            others = [story for story in incident.why.stories if story.kind is not StoryKind.IMPOSTOR]
            return msgspec.structs.replace(incident.why, stories=[*why.stories, *others])
        return why

    def _usual(self) -> Vocabulary:
        usual = self._state.background.usual
        return usual.words if usual is not None else Vocabulary()

    def _words(self, recent: Sequence[Recent]) -> list[str]:
        return words_that_tell((features_of(one.mention) for one in recent), self._usual(), self._names)

    # --------------------------------------------------------------------------------- memory

    def forget(self, start_ms: int) -> list[Incident]:
        """Once an hour: let go of what was kept for long enough."""
        state = self._state
        if state.desk is not None:
            state.desk.close(start_ms, learn=not self._alerts.wave_on)
        before_ms = start_ms - self._tally.keep_texts_ms
        if state.impostors is not None and state.impostors.newest_ms < before_ms and not self._alerts.firing(IMPOSTOR):
            state.impostors = None
        self._alerts.forget_texts(resolved_before_ms=before_ms)
        return self._book.forget(start_ms, texts_before_ms=before_ms, firing=self._alerts.keys_firing)


def _accounts(impostors: Impostors) -> list[str]:
    return [f"@{account}" for account in impostors.accounts if account]
