"""One brand's brain, mention by mention."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.algorithms import DETECTORS
from detectors.algorithms.surge import Surge
from detectors.errors import StateError
from detectors.memory import REMEMBERED_KEYS, BrandState, Tally
from detectors.model import (
    MINUTE_MS,
    Alert,
    AnyCommand,
    Brand,
    Bucket,
    Gap,
    Given,
    Incident,
    Marks,
    Match,
    Mention,
    MentionBatch,
    MinuteCounts,
    Note,
    Reopen,
    Score,
    ScoreStatus,
    Sentiment,
    ShadowAlert,
    StoryKind,
    from_ms,
    to_ms,
)
from detectors.monitor import BrandMonitor, Event
from detectors.text.copies import prints
from detectors.windowing import MonitorClock
from support.explanations import expect_sums, part
from support.series import MONDAY_MS, calm

ACME = Brand(id="acme", name="Acme", match=Match(any=["acme"]))
QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
WARM_DAYS = 4


class Told:
    """A monitor with its clock and tally, and what came of it."""

    def __init__(self, brand: Brand = ACME) -> None:
        self.clock, self.tally, self.offset = MonitorClock(), Tally(), 0
        self.monitor = BrandMonitor(brand, self.clock, self.tally)
        self.events: list[Event] = []
        self.key = 0

    def mention(
        self,
        at_ms: int,
        *,
        source: str = "twitter",
        sentiment: Sentiment = Sentiment.NEGATIVE,
        repost: bool = False,
        key: int | None = None,
        watermark_ms: int | None = None,
        followers: int = 0,
        reposts: int = 0,
        author: str | None = None,
        hashtags: tuple[str, ...] = (),
        marks: Marks | None = None,
    ) -> Sequence[Event]:
        self.offset += 1
        self.key += 1
        mark = at_ms - MINUTE_MS if watermark_ms is None else watermark_ms
        if mark >= self.monitor.closes_at_ms:
            self.advance(mark)
        number = self.key if key is None else key
        mention = Mention(
            self.offset,
            at_ms,
            mark,
            number,
            source,
            sentiment,
            author,
            followers,
            reposts,
            repost,
            f"p{number}",
            "acme again",
            hashtags=hashtags,
            marks=marks,
        )
        events = self.monitor.observe(0, mention)
        self.events += events
        return events

    def advance(self, time_ms: int) -> list[Event]:
        events = self.monitor.advance(time_ms)
        self.events += events
        return events

    def live(self, counts: Sequence[int], start_ms: int, *, hashtags: tuple[str, ...] = ()) -> int:
        """So many mentions in each of these minutes, evenly; the end of the last."""
        for minute, count in enumerate(counts):
            for place in range(count):
                self.mention(start_ms + minute * MINUTE_MS + place * (MINUTE_MS // count), hashtags=hashtags)
        return start_ms + len(counts) * MINUTE_MS

    @property
    def buckets(self) -> list[Bucket]:
        return [event for event in self.events if isinstance(event, Bucket)]

    @property
    def alerts(self) -> list[Alert]:
        return [event for event in self.events if isinstance(event, Alert)]

    @property
    def incidents(self) -> list[Incident]:
        return [event for event in self.events if isinstance(event, Incident)]


_WARM: dict[str, bytes] = {}


def warm(brand: Brand = ACME) -> tuple[Told, int]:
    """Four days of two mentions an hour behind it, the last two hours without any; the start of the next minute."""
    told = Told(brand)
    name = ",".join(brand.detectors)
    end_ms = MONDAY_MS + round(WARM_DAYS * 1440) * MINUTE_MS
    if name not in _WARM:
        told.advance(MONDAY_MS)
        told.live(calm(1 / 30, days=WARM_DAYS)[:-120], MONDAY_MS)
        told.advance(end_ms)
        _WARM[name] = told.monitor.snapshot()
    told = Told(brand)
    told.monitor = BrandMonitor.restore(_WARM[name], brand, told.clock, told.tally)
    told.offset = told.key = 10**6
    return told, end_ms


# ------------------------------------------------------------------------------------- counting


def test_every_minute_is_told_zero_or_not() -> None:
    told = Told()
    told.mention(MONDAY_MS)
    told.mention(MONDAY_MS + 3 * MINUTE_MS, sentiment=Sentiment.POSITIVE)
    told.advance(MONDAY_MS + 5 * MINUTE_MS)
    assert [(b.start, b.negative, b.positive) for b in told.buckets] == [
        (from_ms(MONDAY_MS + m * MINUTE_MS), int(m == 0), int(m == 3)) for m in range(-1, 5)
    ]
    assert {bucket.scores["surge"].status for bucket in told.buckets} == {ScoreStatus.WARMING_UP}


@QUICK
@given(
    st.lists(
        st.tuples(
            st.integers(0, 600_000),
            st.sampled_from(["twitter", "forum", "press"]),
            st.sampled_from(list(Sentiment)),
            st.booleans(),
        ),
        max_size=80,
    )
)
def test_the_parts_of_a_bucket_add_up(posts: list[tuple[int, str, Sentiment, bool]]) -> None:
    told = Told()
    told.advance(MONDAY_MS)
    for offset_ms, source, sentiment, repost in posts:
        told.mention(MONDAY_MS + offset_ms, source=source, sentiment=sentiment, repost=repost, watermark_ms=MONDAY_MS)
    told.advance(MONDAY_MS + 11 * MINUTE_MS)
    for bucket in told.buckets:
        assert sum(bucket.negative_by_channel.values()) == bucket.negative
    for sentiment in Sentiment:
        counted = sum(getattr(bucket, sentiment.value) for bucket in told.buckets)
        assert counted == sum(s is sentiment for _, _, s, _ in posts) == told.tally.counted.get(("acme", sentiment), 0)


def test_a_bucket_has_the_ten_most_frequent_hashtags_of_its_negative_mentions() -> None:
    told = Told()
    told.mention(MONDAY_MS, hashtags=("#b", "#a"))
    told.mention(MONDAY_MS + 1, hashtags=("#b",))
    told.mention(MONDAY_MS + 2, sentiment=Sentiment.NEUTRAL, hashtags=("#nobody",))
    for number in range(20):
        told.mention(MONDAY_MS + 3 + number, hashtags=(f"#rare{number:02}",))
    told.mention(MONDAY_MS + MINUTE_MS)
    told.advance(MONDAY_MS + 2 * MINUTE_MS)
    before, busy, without = told.buckets
    # As often as each other: by name, whatever the order in which they came.
    assert [*busy.negative_by_hashtag.items()] == [("#b", 2), ("#a", 1), *((f"#rare{n:02}", 1) for n in range(8))]
    assert before.negative_by_hashtag == without.negative_by_hashtag == {}


def test_late_means_that_the_bucket_is_closed() -> None:
    told = Told()
    told.advance(MONDAY_MS + MINUTE_MS)
    told.mention(MONDAY_MS + MINUTE_MS, watermark_ms=MONDAY_MS + MINUTE_MS)
    told.mention(MONDAY_MS + MINUTE_MS - 1, watermark_ms=MONDAY_MS + MINUTE_MS)
    assert told.tally.late == {"acme": 1}


def test_an_offset_seen_before_is_not_even_late() -> None:
    told = Told()
    told.mention(MONDAY_MS)
    told.offset = 0
    told.mention(MONDAY_MS + 1)
    assert told.tally.counted == {("acme", Sentiment.NEGATIVE): 1}
    assert (told.tally.late, told.tally.duplicate) == ({}, {})


def test_posts_are_remembered_for_a_day_and_in_bounds() -> None:
    told = Told()
    told.mention(MONDAY_MS, key=1)
    told.mention(MONDAY_MS + 23 * 60 * MINUTE_MS, key=1)
    assert told.tally.duplicate == {"acme": 1}
    for number in range(REMEMBERED_KEYS + 100):
        told.mention(MONDAY_MS + 23 * 60 * MINUTE_MS, key=100 + number)
    assert len(told.monitor.state.keys) == REMEMBERED_KEYS + 101
    for number in range(REMEMBERED_KEYS):
        told.mention(MONDAY_MS + 23 * 60 * MINUTE_MS, key=50_000 + number)
    assert REMEMBERED_KEYS <= len(told.monitor.state.keys) < REMEMBERED_KEYS * 9 // 8
    told.mention(MONDAY_MS + 50 * 60 * MINUTE_MS, key=7)
    assert list(told.monitor.state.keys) == [7]


# -------------------------------------------------------------------------------------- alerting


def test_the_alert_comes_with_the_mention_that_tips_it() -> None:
    told, now = warm()
    fired_at = None
    for second in range(60):
        if any(isinstance(event, Alert) for event in told.mention(now + second * 1000)):
            fired_at = now + second * 1000
            break
    # From post to alert no bucket has to close.
    assert fired_at is not None
    assert told.alerts[0].at == from_ms(fired_at)
    assert told.alerts[0].onset == from_ms(now)
    assert told.alerts[0].why.observed == (fired_at - now) // 1000 + 1


@QUICK
@given(offsets=st.lists(st.integers(0, 8 * 60_000), min_size=15, max_size=40), detectors=st.booleans())
def test_the_onset_is_the_same_inside_the_open_bucket_and_at_its_end(offsets: list[int], detectors: bool) -> None:
    brand = msgspec.structs.replace(ACME, detectors=["surge", "page-hinkley"] if detectors else ["surge"])
    ahead, now = warm(brand)
    for offset in sorted(offsets):
        ahead.mention(now + offset)
    ahead.advance(now + 30 * MINUTE_MS)
    closed, now = warm(brand)
    # A neutral mention far ahead of the watermark: it is too early to judge open buckets, so they close first.
    closed.mention(now + 30 * MINUTE_MS, sentiment=Sentiment.NEUTRAL, watermark_ms=now - MINUTE_MS)
    for offset in sorted(offsets):
        closed.mention(now + offset, watermark_ms=now - MINUTE_MS)
    assert closed.alerts == []
    closed.advance(now + 30 * MINUTE_MS)
    assert [(a.id, a.onset) for a in ahead.alerts[:1]] == [(a.id, a.onset) for a in closed.alerts[:1]]


class Pair(Surge):
    """Fires at two mentions in a minute and finds, by its own measure, that nothing has begun."""

    name = "pair"

    def score(self, counts: Sequence[MinuteCounts], start_ms: int) -> list[Score]:
        return [
            Score(status=ScoreStatus.OK, surprise=float(minute.negative), threshold=1.5, expected=9.0)
            for minute in counts
        ]


def test_the_onset_is_where_the_leading_detector_sees_it_whoever_fires(monkeypatch: pytest.MonkeyPatch) -> None:
    # Inside the open bucket as at its end: the id of the alert is made of it.
    monkeypatch.setitem(DETECTORS, "pair", Pair)
    brand = msgspec.structs.replace(ACME, detectors=["surge", "pair"])
    _, now = warm(brand)
    onsets = []
    for ahead in (True, False):
        told, _ = warm(brand)
        if not ahead:
            told.mention(now + 30 * MINUTE_MS, sentiment=Sentiment.NEUTRAL, watermark_ms=now - MINUTE_MS)
        for second in (0, 60, 120, 121):
            told.mention(now + second * 1000, watermark_ms=now - MINUTE_MS)
        assert bool(told.alerts) is ahead
        told.advance(now + 10 * MINUTE_MS)
        onsets += [alert.onset for alert in told.alerts if alert.detector == "pair"][:1]
    assert onsets == [from_ms(now)] * 2


@QUICK
@given(
    posts=st.lists(
        st.tuples(st.integers(0, 20), st.sampled_from(["twitter", "forum"]), st.booleans()), min_size=40, max_size=150
    )
)
def test_the_parts_of_an_explanation_add_up(posts: list[tuple[int, str, bool]]) -> None:
    told, now = warm()
    for minute, source, repost in sorted(posts):
        told.mention(now + minute * MINUTE_MS, source=source, repost=repost)
    told.advance(now + 40 * 60 * MINUTE_MS)
    assert told.alerts and told.incidents
    for why in [alert.why for alert in told.alerts] + [incident.why for incident in told.incidents]:
        expect_sums(why)
        assert why.since <= why.until
        assert len(why.top_posts) <= 5
    assert told.incidents[-1].state == "resolved"
    assert told.incidents[-1].why.observed >= len(posts)


def test_what_resolves_carries_the_final_numbers() -> None:
    told, now = warm()
    end = told.live([6] * 10, now)
    fired = told.alerts[0].why.observed
    told.advance(end + 20 * 60 * MINUTE_MS)
    last = told.alerts[-1]
    assert last.state == "resolved" and last.why.observed == 60 > fired
    # People hear that it is over when its rhythm is back; the alert looks at long sums and goes on for hours.
    over = told.incidents[-1]
    assert over.state == "resolved"
    assert (over.why.observed, over.resolved_at) == (60, over.why.until)
    assert over.resolved_at is not None
    assert last.resolved_at is not None
    assert over.resolved_at < last.resolved_at
    assert last.at == told.alerts[0].at


def test_top_posts_are_the_loudest_whoever_came_first() -> None:
    told, now = warm()
    for second in range(40):
        told.mention(now + second * 1000, reposts=second % 7, followers=second)
    told.advance(now + 24 * 60 * MINUTE_MS)
    top = told.incidents[-1].why.top_posts
    assert [post.reposts for post in top] == [6, 6, 6, 6, 6]
    assert [post.followers for post in top] == [34, 27, 20, 13, 6]


def test_a_detector_that_the_brand_no_longer_has_does_not_hold_its_alert() -> None:
    both = msgspec.structs.replace(ACME, detectors=["page-hinkley", "surge"])
    told, now = warm(both)
    end = told.live([6] * 10, now)
    assert {alert.detector for alert in told.alerts} >= {"surge"}
    snapshot = told.monitor.snapshot()
    only = msgspec.structs.replace(ACME, detectors=["page-hinkley"])
    later = Told(only)
    later.monitor = BrandMonitor.restore(snapshot, only, later.clock, later.tally)
    later.advance(end + 2 * MINUTE_MS)
    surges = [alert for alert in later.alerts if alert.detector == "surge"]
    assert [alert.state for alert in surges] == ["resolved"]


# --------------------------------------------------------------------------------------- no data


def _silence(told: Told, start_ms: int, end_ms: int | None = None) -> None:
    told.clock.take(MentionBatch(None, 0, 1, None, gaps=[Gap("twitter", start_ms, end_ms)]))


@QUICK
@given(steps=st.lists(st.integers(1, 200), min_size=1, max_size=20))
def test_how_often_time_is_told_changes_nothing_in_a_silence(steps: list[int]) -> None:
    total = sum(steps) * MINUTE_MS
    once, now = warm()
    often, _ = warm()
    for told in (once, often):
        told.mention(now)
        _silence(told, now + 10 * MINUTE_MS, now + total)
    once.advance(now + total)
    for place in range(len(steps)):
        often.advance(now + sum(steps[: place + 1]) * MINUTE_MS)
    for told in (once, often):
        told.mention(now + total + 5 * MINUTE_MS)
        told.advance(now + total + 10 * MINUTE_MS)
    assert [msgspec.json.encode(e) for e in once.events] == [msgspec.json.encode(e) for e in often.events]
    assert once.monitor.snapshot() == often.monitor.snapshot()


def test_a_silence_of_a_source_that_brings_little_is_no_missing_data() -> None:
    told = Told()
    told.advance(MONDAY_MS)
    for number in range(30):
        told.mention(MONDAY_MS + number * 1000, source="twitter" if number % 3 == 0 else "forum")
    _silence(told, MONDAY_MS + 5 * MINUTE_MS)
    told.clock.take(MentionBatch(None, 0, 1, None, gaps=[Gap("forum", MONDAY_MS, MONDAY_MS)]))
    told.advance(MONDAY_MS + 60 * MINUTE_MS)
    assert told.monitor.state.status is ScoreStatus.WARMING_UP
    assert len(told.buckets) == 60


def test_a_year_of_silence_costs_no_time() -> None:
    told, now = warm()
    told.mention(now)
    _silence(told, now + MINUTE_MS)
    told.advance(now + 525_600 * MINUTE_MS)
    assert len(told.buckets) < 5
    told.mention(now + 525_700 * MINUTE_MS)
    told.advance(now + 525_800 * MINUTE_MS)
    history = told.monitor.state.history
    assert history is not None and len(history) <= 8 * 1440


# ------------------------------------------------------------------------------------- snapshots


def test_a_snapshot_of_a_newer_badbuzz_is_refused() -> None:
    told, _ = warm()
    state = msgspec.msgpack.decode(told.monitor.snapshot())
    with pytest.raises(StateError, match="version"):
        BrandMonitor.restore(msgspec.msgpack.encode({**state, "version": 99}), ACME, told.clock, told.tally)


@pytest.mark.parametrize("damage", [b"", b"\xc1", b"\x93\x01\x02\x03", b"null"])
def test_a_damaged_snapshot_is_refused(damage: bytes) -> None:
    with pytest.raises(StateError):
        BrandMonitor.restore(damage, ACME, MonitorClock(), Tally())


def _as_it_was(told: Told, brand: Brand) -> BrandMonitor:
    return BrandMonitor.restore(told.monitor.snapshot(), brand, told.clock, told.tally)


def test_a_new_time_zone_warms_the_detector_again_from_the_kept_week() -> None:
    told, now = warm()
    paris = msgspec.structs.replace(ACME, timezone="Europe/Paris")
    monitor = _as_it_was(told, paris)
    assert monitor.state.timezone == "Europe/Paris"
    history = monitor.state.history
    assert history is not None
    expected = DETECTORS["surge"](false_alarms_per_month=1, timezone="Europe/Paris")
    for place, counts in enumerate(history.counts()):
        assert counts is not None
        expected.learn(counts, history.start_ms + place * MINUTE_MS, alerting=False)
    events = monitor.advance(now + MINUTE_MS)
    assert isinstance(events[0], Bucket)
    assert events[0].scores["surge"] == expected.score([MinuteCounts()], now)[0]
    assert events[0].scores["surge"].status is ScoreStatus.OK  # nobody waits three days for a changed line of yaml


def test_a_detector_state_that_cannot_be_read_is_warmed_again() -> None:
    told, now = warm()
    state: BrandState = msgspec.msgpack.decode(told.monitor.snapshot(), type=BrandState)
    state.detectors["surge"] = b"from another time"
    monitor = BrandMonitor.restore(msgspec.msgpack.encode(state), ACME, told.clock, told.tally)
    (bucket,) = monitor.advance(now + MINUTE_MS)
    assert isinstance(bucket, Bucket) and bucket.scores["surge"].status is ScoreStatus.OK


def test_a_detector_that_is_added_knows_the_kept_week() -> None:
    told, now = warm()
    both = msgspec.structs.replace(ACME, detectors=["surge", "page-hinkley"])
    (bucket,) = _as_it_was(told, both).advance(now + MINUTE_MS)
    assert isinstance(bucket, Bucket)
    assert {name: score.status for name, score in bucket.scores.items()} == dict.fromkeys(
        ["surge", "page-hinkley"], ScoreStatus.OK
    )


def test_a_new_budget_keeps_what_was_learned() -> None:
    told, now = warm()
    strict = msgspec.structs.replace(ACME, false_alarms_per_month=0.1)
    before = told.monitor.advance(now + MINUTE_MS)[0]
    (after,) = _as_it_was(warm()[0], strict).advance(now + MINUTE_MS)
    assert isinstance(before, Bucket) and isinstance(after, Bucket)
    old, new = before.scores["surge"], after.scores["surge"]
    assert old.surprise == new.surprise
    assert old.threshold is not None and new.threshold is not None and new.threshold > old.threshold


# ------------------------------------------------------------------------------------- hand over


def test_habits_are_handed_over_alerts_and_offsets_are_not() -> None:
    told, now = warm()
    told.live([6] * 10, now)
    assert told.monitor.firing
    told.monitor.hand_over()
    live = Told()
    live.monitor = BrandMonitor.restore(told.monitor.snapshot(), ACME, live.clock, live.tally)
    assert not live.monitor.firing
    # Three days later, in another log that begins at offset 1.
    later = now + 3 * 1440 * MINUTE_MS
    live.mention(later)
    live.advance(later + 10 * MINUTE_MS)
    assert live.buckets[0].status == "no_data"
    assert all(bucket.start >= from_ms(later) - timedelta(minutes=1) for bucket in live.buckets[1:])
    assert live.buckets[-1].scores["surge"].status is ScoreStatus.OK
    assert live.tally.counted == {("acme", Sentiment.NEGATIVE): 1}
    assert live.alerts == []


HOSES = ("#hoses", "#leaks", "#recall")


def test_what_a_recording_breaks_off_is_over_and_goes_on_live_in_the_same_incident() -> None:
    told, now = warm()
    now = told.live([6] * 10, now, hashtags=HOSES)
    events = told.monitor.hand_over()
    buckets = [event for event in events if isinstance(event, Bucket)]
    assert [bucket.start for bucket in buckets] == [from_ms(now - 2 * MINUTE_MS), from_ms(now - MINUTE_MS)]
    (last,) = [event for event in events if isinstance(event, Incident)]
    assert last.id == told.incidents[0].id and last.version == told.incidents[-1].version + 1
    assert (last.state, last.resolved_at, last.why.observed) == ("resolved", from_ms(now), 60)
    assert (last.timeline[-1].what, last.timeline[-1].text) == ("resolved", "the recording ends here")
    live = Told()
    live.monitor = BrandMonitor.restore(told.monitor.snapshot(), ACME, live.clock, live.tally)
    live.key = 10**6
    (kept,) = live.monitor.state.incidents.incidents.values()
    assert kept == msgspec.structs.replace(last, recorded=True)
    live.live([6] * 10, now + 60 * MINUTE_MS, hashtags=HOSES)
    again = live.incidents[0]
    assert (again.id, again.version, again.state) == (last.id, last.version + 1, "reopened")
    assert not again.recorded and again.resolved_at is None


def test_what_people_do_to_a_recorded_incident_leaves_it_recorded_until_it_is_on_again() -> None:
    told, now = warm()
    told.live([6] * 10, now)
    told.monitor.hand_over()
    (name,) = told.monitor.state.incidents.incidents
    commands: list[AnyCommand] = [
        Note(id="1", by="anna", brand="acme", incident=name, text="the old pump"),
        Reopen(id="2", by="anna", brand="acme", incident=name, why="not mended"),
    ]
    seen: list[tuple[str, bool]] = []
    for offset, command in enumerate(commands):
        changed, _ = told.monitor.command(0, Given(offset, now + 60 * MINUTE_MS, command))
        assert isinstance(changed, Incident)
        seen.append((changed.state, changed.recorded))
    assert seen == [("resolved", True), ("reopened", False)]


# --------------------------------------------------------------------------------------- shadows

RULES = ["vista-social", "pivony"]


def test_a_shadow_alerts_nobody_and_is_counted() -> None:
    shadowed = msgspec.structs.replace(ACME, shadow_detectors=RULES, parameters={"vista-social": {"mentions": 5}})
    told, now = warm(shadowed)
    told.live([6] * 20, now)
    assert {alert.detector for alert in told.alerts} == {"surge"}
    assert all(set(bucket.scores) == {"surge"} for bucket in told.buckets)
    shadows = [event for event in told.events if isinstance(event, ShadowAlert)]
    assert [(shadow.detector, shadow.brand) for shadow in shadows] == [("vista-social", "acme")]
    assert shadows[0].score.exceeds and now <= to_ms(shadows[0].at) <= now + 2 * MINUTE_MS
    minutes = {bucket.start: bucket.shadow_alerts for bucket in told.buckets if bucket.shadow_alerts}
    assert minutes == {shadows[0].at.replace(second=0, microsecond=0): ["vista-social"]}
    rates = told.monitor.alerts_per_month()
    assert set(rates) == {"surge", *RULES}
    assert rates["surge"] == rates["vista-social"] == pytest.approx(30 / 4, rel=0.02)  # one in four days
    assert rates["pivony"] == 0.0


def test_a_shadow_changes_nothing_for_the_live_ones() -> None:
    alone, now = warm()
    beside, _ = warm(msgspec.structs.replace(ACME, shadow_detectors=RULES))
    for told in (alone, beside):
        told.live([0, 1, 6, 6, 6, 6, 0, 0], now)
    assert [event for event in beside.events if not isinstance(event, ShadowAlert)] == alone.events


def test_the_cost_of_every_detector_is_told() -> None:
    told, now = warm(msgspec.structs.replace(ACME, shadow_detectors=RULES))
    ticks = iter(range(10**6))
    told.tally.timer = lambda: float(next(ticks))
    told.monitor.advance(now + 10 * MINUTE_MS)
    assert told.tally.spent_s == dict.fromkeys(["surge", *RULES], 20.0)  # ten scored, ten learned


def test_changed_parameters_warm_the_detector_again_from_the_kept_week() -> None:
    told, now = warm()
    params: dict[str, dict[str, int | float]] = {"surge": {"slot_half_life_days": 3.0}}
    monitor = _as_it_was(told, msgspec.structs.replace(ACME, parameters=params))
    history = monitor.state.history
    assert history is not None
    kind = DETECTORS["surge"]
    expected = kind(false_alarms_per_month=1, timezone="UTC", params=kind.PARAMS(**params["surge"]))
    for place, counts in enumerate(history.counts()):
        assert counts is not None
        expected.learn(counts, history.start_ms + place * MINUTE_MS, alerting=False)
    (bucket,) = monitor.advance(now + MINUTE_MS)
    assert isinstance(bucket, Bucket) and bucket.scores["surge"] == expected.score([MinuteCounts()], now)[0]


def test_a_variant_of_a_detector_has_its_own_parameters() -> None:
    variant = msgspec.structs.replace(
        ACME,
        detectors=["surge", "vista-social:strict"],
        parameters={"vista-social:strict": {"mentions": 1000}},
    )
    told, now = warm(variant)
    told.live([6] * 20, now)
    assert {alert.detector for alert in told.alerts} == {"surge"}
    assert told.buckets[-1].scores["vista-social:strict"].threshold == 1000


def test_an_author_counts_once_an_hour_in_whatever_order_posts_arrive() -> None:
    minutes = (0, 1, 2)
    counted = []
    for order in (minutes, minutes[::-1], (1, 2, 0)):
        told, now = warm()
        for place, minute in enumerate(order):
            said = Mention(
                10**7 + place,
                now + minute * MINUTE_MS,
                now - MINUTE_MS,
                10**7 + minute,
                "x",
                Sentiment.NEGATIVE,
                "anna",
            )
            told.monitor.observe(0, said)
        told.advance(now + 3 * MINUTE_MS)
        assert told.monitor.state.history is not None
        counted.append([counts and counts.authors for counts in told.monitor.state.history.counts()][-3:])
    assert counted == [[1, 0, 0]] * 3


def test_a_life_begins_with_its_first_mention_whichever_partition_brings_it() -> None:
    # Partition 1 is twenty minutes behind: what it brings is earlier than the first mention heard, and not late.
    told = Told()
    ten = MONDAY_MS + 600 * MINUTE_MS
    first, earlier = (
        Mention(1, ten + shift * MINUTE_MS, ten - 20 * MINUTE_MS, number, "x", Sentiment.NEGATIVE)
        for number, shift in ((1, 0), (2, -10))
    )
    told.monitor.observe(0, first)
    assert told.advance(ten - 20 * MINUTE_MS) == []
    told.monitor.observe(1, earlier)
    told.advance(ten + 5 * MINUTE_MS)
    assert told.tally.late == {}
    assert told.buckets[0].start == from_ms(ten - 11 * MINUTE_MS)
    assert [bucket.start for bucket in told.buckets if bucket.negative] == [
        from_ms(ten - 10 * MINUTE_MS),
        from_ms(ten),
    ]


# --------------------------------------------------------------------------------- marks and stories

LETTER = prints("I will never buy from acme again and neither will my family, pass it on")
OTHER = prints("the parcel went to Ghent and nobody at acme can tell me why that is")
OFFICIAL = Marks(official=True)


def test_copies_are_counted_apart() -> None:
    told, now = warm()
    for second in range(40):
        told.mention(now + second * 1000, marks=Marks(prints=LETTER if second % 4 else OTHER), repost=second % 10 == 9)
    told.advance(now + MINUTE_MS)
    run = told.monitor.state.run
    assert run is not None
    why = told.monitor._incidents._explain(run, now + MINUTE_MS)
    kinds = {name: part(why, "kind", name).observed for name in ("originals", "copies", "reposts")}
    assert kinds == {"originals": 2, "copies": 34, "reposts": 4}
    expect_sums(why)
    assert told.monitor.state.history is not None
    assert list(told.monitor.state.history.counts())[-1] == MinuteCounts(40, 40, 40, 4)
    (story,) = [story for story in why.stories if story.kind is StoryKind.COPY_PASTE]
    # 27 of the letter were no reposts.
    assert (story.posts, story.facts) == (26, {"copies": 34, "texts": 2})


def test_a_text_is_remembered_for_two_days() -> None:
    told = Told()
    told.advance(MONDAY_MS)
    kinds: list[str] = []
    for hour in (0, 30, 60, 110):
        at_ms = MONDAY_MS + hour * 60 * MINUTE_MS
        told.mention(at_ms, marks=Marks(prints=LETTER))
        evidence = told.monitor.state.open[at_ms].evidence
        assert evidence is not None
        kinds += evidence.kind
    assert kinds == ["originals", "copies", "copies", "originals"]
    told.advance(MONDAY_MS + 160 * 60 * MINUTE_MS)
    assert told.monitor.state.copies is None  # of a brand that is hardly spoken of nothing stays


def test_what_an_official_account_says_counts_nowhere() -> None:
    heard, now = warm()
    quiet, _ = warm()
    for told in (heard, quiet):
        for minute in range(30):
            at = now + minute * MINUTE_MS
            told.mention(at, marks=Marks(addressed=True))
            told.offset += 1
            if told is heard:
                told.offset -= 1
                told.mention(at + 1, sentiment=Sentiment.UNKNOWN, author="acme", marks=OFFICIAL)
        told.advance(now + 60 * MINUTE_MS)
    assert [event for event in heard.events if isinstance(event, Bucket)] == quiet.buckets
    assert heard.tally.counted == quiet.tally.counted
    assert [alert.at for alert in heard.alerts] == [alert.at for alert in quiet.alerts]
    before, after = (told.monitor.state for told in (quiet, heard))
    assert (after.history, after.carried, after.authors) == (before.history, before.carried, before.authors)
    assert after.desk is not None and before.desk is not None and after.desk.heard and not before.desk.heard


def test_an_official_account_may_be_the_first_and_be_late() -> None:
    told = Told()
    told.advance(MONDAY_MS)
    assert not told.mention(MONDAY_MS - 60 * MINUTE_MS, sentiment=Sentiment.UNKNOWN, marks=OFFICIAL)
    told.advance(MONDAY_MS + 10 * MINUTE_MS)
    assert (told.events, told.tally.late) == ([], {})
    told.mention(MONDAY_MS + 10 * MINUTE_MS)
    told.advance(MONDAY_MS + 12 * MINUTE_MS)
    assert told.buckets[0].start == from_ms(MONDAY_MS + 10 * MINUTE_MS)


def test_who_waits_is_told_when_it_is_over_and_not_what_was_answered() -> None:
    told, now = warm()
    for second in range(60):
        told.mention(now + second * 1000, author=f"u{second}", marks=Marks(addressed=True))
        if second % 3 == 0:
            answer = Marks(official=True, reply_to=f"p{told.key}")
            told.mention(now + second * 1000 + 500, sentiment=Sentiment.UNKNOWN, marks=answer)
    told.advance(now + 20 * 60 * MINUTE_MS)
    (story,) = [story for story in told.incidents[-1].why.stories if story.kind is StoryKind.UNANSWERED]
    assert (story.posts, story.of) == (40, 60)
    assert story.facts["usual_minutes"] == 60
    assert all(story.kind is not StoryKind.UNANSWERED for story in told.incidents[0].why.stories)


def _impostor(told: Told, at_ms: int, **marks: object) -> Sequence[Event]:
    given = Marks(**{"looks_like": "acme", "reply_to": "p1", **marks})  # type: ignore[arg-type]
    return told.mention(at_ms, sentiment=Sentiment.NEUTRAL, author="acme_help", marks=given)


def test_an_impostor_is_told_at_once_and_for_an_hour_after_his_last_word() -> None:
    told, now = warm()
    alert, incident = _impostor(told, now + 90_000)
    assert isinstance(alert, Alert) and isinstance(incident, Incident)
    assert (alert.detector, alert.onset, alert.at) == ("impostor", from_ms(now + MINUTE_MS), from_ms(now + 90_000))
    assert (alert.score.status, alert.score.surprise, alert.score.threshold) == (ScoreStatus.OK, 1.0, 0.5)
    assert incident.alerts == [alert.id] and incident.why == alert.why
    assert told.monitor.firing and set(told.monitor.alerts_per_month()) == {"surge"}
    assert _impostor(told, now + 30 * MINUTE_MS) == []
    told.advance(now + 200 * MINUTE_MS)
    last = told.incidents[-1]
    assert last.state == "resolved" and last.resolved_at == from_ms(now + 91 * MINUTE_MS)
    assert [(story.kind.value, story.posts) for story in last.why.stories] == [("impostor", 2)]
    expect_sums(last.why)
    # Within six hours it is the same alert, and he goes on where he was.
    again, _ = _impostor(told, now + 300 * MINUTE_MS)
    assert isinstance(again, Alert) and again.id == alert.id and again.score.observed == 3
    told.advance(now + 400 * MINUTE_MS)
    other, _ = _impostor(told, now + 700 * MINUTE_MS)
    assert isinstance(other, Alert) and other.id != alert.id and other.score.observed == 1


@pytest.mark.parametrize("marks", [{"reply_to": None}, {"looks_like": None}])
def test_who_speaks_to_nobody_or_looks_like_nobody_is_no_impostor(marks: dict[str, object]) -> None:
    told, now = warm()
    assert _impostor(told, now, **marks) == []
    assert _impostor(told, now + 1000, reply_to=None, accounts=("anna",)) != []


def test_a_brand_with_an_impostor_goes_on_learning() -> None:
    bothered, now = warm()
    alone, _ = warm()
    for told in (bothered, alone):
        for minute in range(0, 180, 10):
            at, looks_like = now + minute * MINUTE_MS, "acme" if told is bothered else None
            _impostor(told, at, looks_like=looks_like)
            told.mention(at + 30_000)
        told.advance(now + 180 * MINUTE_MS)
    assert [alert.detector for alert in bothered.alerts] == ["impostor"] and alone.alerts == []
    assert bothered.buckets == alone.buckets
    one, other = bothered.monitor, alone.monitor
    assert one._live["surge"].snapshot() == other._live["surge"].snapshot()
    assert (one.state.background, one.state.run) == (other.state.background, other.state.run)
    assert one.alerts_per_month() == other.alerts_per_month() == {"surge": 0.0}


def test_the_numbers_of_a_wave_stay_when_its_impostor_is_the_last_to_go() -> None:
    told, now = warm()
    end = now + 10 * MINUTE_MS
    for place in range(60):  # one in six names him: it is the same story
        told.mention(now + place * 10_000, marks=Marks(accounts=("acme_help",) if place % 6 == 0 else ()))
    _impostor(told, end)
    fired = next(alert for alert in told.alerts if alert.detector == "impostor")
    assert fired.why.observed == 60 and fired.why.stories[0].kind is StoryKind.IMPOSTOR
    for hour in range(1, 12):
        _impostor(told, end + hour * 59 * MINUTE_MS)
    told.advance(end + 20 * 60 * MINUTE_MS)
    assert [alert.detector for alert in told.alerts if alert.state == "resolved"] == ["surge", "impostor"]
    last = told.incidents[-1]
    assert {incident.id for incident in told.incidents} == {last.id}
    assert last.state == "resolved" and last.why.observed == 60
    (story,) = [story for story in last.why.stories if story.kind is StoryKind.IMPOSTOR]
    assert story.posts == 12


def test_recorded_complaints_and_impostors_are_not_handed_over() -> None:
    told, now = warm()
    told.mention(now, marks=Marks(addressed=True))
    _impostor(told, now + 1000)
    told.monitor.hand_over()
    state = told.monitor.state
    assert state.impostors is None and state.desk is not None and state.desk.complaints == {}
    assert not told.monitor.firing


NAMES = st.lists(st.sampled_from(["a", "b", "c"]), max_size=2).map(tuple)
MARKS = st.one_of(
    st.none(),
    st.builds(
        Marks,
        prints=st.sampled_from([(), LETTER, OTHER]),
        accounts=NAMES,
        links=NAMES,
        own_hashtags=NAMES,
        rivals=NAMES,
        subjects=NAMES,
        reply_to=st.one_of(st.none(), st.integers(10**6, 10**6 + 40).map("p{}".format)),
        addressed=st.booleans(),
        official=st.sampled_from([False, False, False, True]),
        looks_like=st.sampled_from([None, None, None, "acme"]),
        young=st.booleans(),
        ironic=st.booleans(),
    ),
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    posts=st.lists(
        st.tuples(st.integers(0, 400), st.sampled_from(list(Sentiment)), st.booleans(), MARKS), min_size=5, max_size=60
    ),
    restarts=st.sets(st.integers(0, 60)),
)
def test_a_restart_at_any_mention_changes_nothing(
    posts: list[tuple[int, Sentiment, bool, Marks | None]], restarts: set[int]
) -> None:
    once, now = warm()
    often, _ = warm()
    for told in (once, often):
        for place, (minute, sentiment, repost, marks) in enumerate(sorted(posts, key=lambda post: post[0])):
            if told is often and place in restarts:
                often.monitor = _as_it_was(often, ACME)
            at_ms = now + minute * MINUTE_MS + place * 100
            tags = ("#fail", f"#t{place % 3}")[: place % 4]
            told.mention(at_ms, sentiment=sentiment, repost=repost, author=f"u{place % 7}", hashtags=tags, marks=marks)
        told.advance(now + 600 * MINUTE_MS)
    assert [msgspec.json.encode(event) for event in once.events] == [msgspec.json.encode(e) for e in often.events]
    assert msgspec.msgpack.decode(once.monitor.snapshot()) == msgspec.msgpack.decode(often.monitor.snapshot())


def test_a_state_from_before_there_were_stories_is_read() -> None:
    told, now = warm()
    told.advance(told.live([1], now))
    old = msgspec.msgpack.decode(told.monitor.snapshot())
    for part_ in ("copies", "desk", "impostors"):
        del old[part_]
    del old["background"]["facts"], old["run"]["facts"]
    later = Told()
    later.monitor = BrandMonitor.restore(msgspec.msgpack.encode(old), ACME, later.clock, later.tally)
    later.offset = later.key = 10**7
    later.live([6] * 6, now + 4 * MINUTE_MS)
    assert later.alerts and later.alerts[0].why.stories == []


def test_a_state_from_before_minutes_had_hashtags_is_read() -> None:
    told, now = warm()
    told.mention(now, hashtags=("#before",))
    old = msgspec.msgpack.decode(told.monitor.snapshot())
    del old["open"][now]["hashtags"]
    later = Told()
    later.monitor = BrandMonitor.restore(msgspec.msgpack.encode(old), ACME, later.clock, later.tally)
    later.offset = later.key = 10**7
    later.mention(now + 1000, hashtags=("#after",))
    later.advance(now + MINUTE_MS)
    assert (later.buckets[0].negative, later.buckets[0].negative_by_hashtag) == (2, {"#after": 1})
