"""The replay of a file, how alerts are scored against what people know, and detectors side by side."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

import msgspec
import numpy as np
import pytest

from detectors.alerting import AlertBook, alerts_at
from detectors.backtest import BacktestResult, Crisis, Labels, Replay, ScoreBook, Span, Timelines, compare, evaluate
from detectors.backtest.scoring import Comparison
from detectors.intake import RawRecord
from detectors.model import (
    MINUTE_MS,
    Alert,
    AlertState,
    Brand,
    Bucket,
    BucketStatus,
    Explanation,
    Match,
    Score,
    ScoreStatus,
    Sentiment,
    ShadowAlert,
    Watch,
    to_ms,
)
from detectors.partition import PartitionMonitor
from support.mentions_log import STORY, WATCH, log, run, told
from support.scenario import NoModel

ONSET = datetime(2026, 3, 2, 9, tzinfo=UTC)
PEAK, END = ONSET + timedelta(hours=4), ONSET + timedelta(hours=12)
CRISIS = Crisis(id="c", brand="acme", onset=ONSET, peak=PEAK, end=END)
PAIR = Watch(brands=[Brand(id=name, name=name, match=Match(any=[name])) for name in ("acme", "globex")])


# -------------------------------------------------------------------------------------- scoring


def alert(at: datetime, brand: str = "acme", *, name: str | None = None, state: str = "firing") -> Alert:
    why = Explanation(
        since=at,
        until=at,
        observed=12,
        expected=2.5,
        first_post=None,
        top_posts=[],
    )
    score = Score(status=ScoreStatus.OK, surprise=6.5, threshold=4.8)
    name = name or f"{brand}-{at:%d%H%M}"
    state_ = AlertState(state)
    return Alert(id=name, brand=brand, detector="surge", state=state_, onset=at, at=at, score=score, why=why)


def scored(
    alerts: Sequence[Alert], labels: Labels | None, *, watch: Watch = PAIR, shadows: Sequence[ShadowAlert] = ()
) -> BacktestResult:
    replay = Replay(watch, NoModel())
    # A month, so that a false alarm of one of two brands is half of one a brand and month.
    end = datetime(2026, 3, 22, tzinfo=UTC)
    moments = (end - timedelta(days=30), end, end + timedelta(minutes=2))
    replay.feed([_record(number, at) for number, at in enumerate(moments)])
    replay.alerts = list(alerts)
    replay.shadow_alerts = list(shadows)
    return evaluate(replay, labels, posts_per_s=1234.56)


def _record(number: int, at: datetime) -> RawRecord:
    post = {
        "id": str(number),
        "source": "x",
        "text": "acme globex",
        "created_at": at.isoformat(),
        "sentiment": "neutral",
    }
    return RawRecord(number, json.dumps(post).encode(), 2**45)


@pytest.mark.parametrize(
    "at, detected",
    [
        (ONSET - timedelta(minutes=31), False),
        (ONSET - timedelta(minutes=30), True),  # labels are set by hand: a little early is found, not false
        (ONSET + timedelta(minutes=5), True),
        (END, True),
        (END + timedelta(seconds=1), False),
    ],
)
def test_a_crisis_is_detected_from_half_an_hour_before_its_onset_to_its_end(at: datetime, detected: bool) -> None:
    result = scored([alert(at)], Labels(crises=[CRISIS]))
    assert (result.detected, result.of, len(result.false_alarms)) == (int(detected), 1, int(not detected))
    (row,) = result.crises
    assert row.detected is detected
    if detected:
        assert row.alert_at == at
        assert row.delay_s == (at - ONSET).total_seconds()
        assert row.lead_s == (PEAK - at).total_seconds()


def test_several_alerts_in_one_crisis_count_once_and_the_first_one_counts() -> None:
    alerts = [alert(ONSET + timedelta(hours=hours)) for hours in (3, 1, 8)]
    result = scored(alerts, Labels(crises=[CRISIS]))
    assert (result.detected, result.false_alarms) == (1, [])
    assert result.crises[0].delay_s == 3600


def test_the_changes_of_one_alert_are_one_alert() -> None:
    changes = [alert(END + timedelta(hours=hours), name="one") for hours in (1, 2)]
    changes.append(alert(END + timedelta(hours=3), name="one", state="resolved"))
    result = scored(changes, Labels(crises=[CRISIS]))
    assert [(found.alert, found.at) for found in result.false_alarms] == [("one", END + timedelta(hours=1))]
    assert len(result.brands["acme"].alerts) == 1


def test_another_brands_alert_does_not_find_it() -> None:
    result = scored([alert(ONSET, "globex")], Labels(crises=[CRISIS]))
    assert (result.detected, [found.brand for found in result.false_alarms]) == (0, ["globex"])


def test_an_alert_in_a_trap_is_false_and_the_trap_is_named() -> None:
    trap = Span(id="contest", brand="acme", start=END, until=END + timedelta(hours=5))
    labels = Labels(crises=[CRISIS], traps=[trap])
    result = scored([alert(END + timedelta(hours=1)), alert(END + timedelta(hours=6))], labels)
    assert [found.trap for found in result.false_alarms] == ["contest", None]


def test_an_alert_in_a_span_to_ignore_counts_for_nothing() -> None:
    span = Span(id="move", brand="acme", start=END, until=END + timedelta(hours=5))
    result = scored([alert(END + timedelta(hours=1)), alert(END, "globex")], Labels(ignore=[span]))
    assert [found.brand for found in result.false_alarms] == ["globex"]


def test_the_rate_is_by_brand_and_month() -> None:
    result = scored([alert(END + timedelta(days=1))], Labels(crises=[CRISIS]))
    assert result.days == pytest.approx(30, abs=0.01)
    assert result.false_alarms_per_brand_month == pytest.approx(0.5, abs=0.001)


def test_each_brands_rate_stands_beside_its_budget() -> None:
    acme, globex = PAIR.brands
    watch = Watch(brands=[acme, msgspec.structs.replace(globex, false_alarms_per_month=0.25)])
    alerts = [alert(ONSET), alert(END + timedelta(days=1)), alert(END + timedelta(days=2))]
    result = scored(alerts, Labels(crises=[CRISIS]), watch=watch)
    rates = [(row.budget_per_month, row.achieved_per_month) for row in result.brands.values()]
    assert rates == [(1.0, pytest.approx(2.0, abs=0.01)), (0.25, 0.0)]
    assert [row.achieved_per_month for row in scored(alerts, None).brands.values()] == [None, None]


def shadow(at: datetime, brand: str = "acme", detector: str = "ears-c2") -> ShadowAlert:
    score = Score(status=ScoreStatus.OK, surprise=3.5, threshold=3.0)
    return ShadowAlert(brand=brand, detector=detector, onset=at, at=at, score=score)


def test_what_shadow_detectors_would_have_said_is_judged_too() -> None:
    acme, globex = PAIR.brands
    watch = Watch(brands=[msgspec.structs.replace(acme, shadow_detectors=["ears-c2", "adwin"]), globex])
    other = Crisis(id="o", brand="globex", onset=ONSET, peak=PEAK, end=END)
    alerts = [shadow(ONSET + timedelta(hours=1)), shadow(END + timedelta(hours=1))]
    result = scored([], Labels(crises=[CRISIS, other]), watch=watch, shadows=alerts)
    row = result.shadows["ears-c2"]
    assert [found.false_alarm for found in row.alerts] == [False, True]
    assert (row.detected, row.of, row.false_alarms) == (1, 1, 1)  # nobody asked it about globex
    assert row.crises[0].delay_s == 3600
    assert row.brands["acme"].achieved_per_month == row.false_alarms_per_brand_month == pytest.approx(1.0, abs=0.01)
    assert (result.shadows["adwin"].alerts, result.shadows["adwin"].false_alarms) == ([], 0)
    assert (result.false_alarms, result.detectors) == ([], ["surge"])

    unlabelled = scored([], None, watch=watch, shadows=alerts).shadows["ears-c2"]
    assert [found.false_alarm for found in unlabelled.alerts] == [None, None]
    assert (unlabelled.false_alarms, unlabelled.brands["acme"].achieved_per_month) == (None, None)


def test_without_labels_nothing_is_said_of_false_alarms() -> None:
    result = scored([alert(ONSET)], None)
    assert (result.crises, result.false_alarms, result.false_alarms_per_brand_month, result.of) == ([], [], None, 0)
    row = result.brands["acme"].alerts[0]
    assert (row.at, row.observed, row.expected, row.surprise) == (ONSET, 12, 2.5, 6.5)
    assert result.posts_per_s == 1234.6


# --------------------------------------------------------------------------------------- replay


def test_the_replay_of_a_file_is_what_the_stream_says() -> None:
    replay = Replay(WATCH, NoModel())
    events = []
    for first in range(0, len(STORY), 77):
        events += replay.feed(STORY[first : first + 77])
    assert told(events) == told(run(PartitionMonitor(WATCH.brands), log(STORY, range(0, len(STORY), 500))))
    assert replay.posts == len(STORY)
    assert replay.alerts == [event for event in events if isinstance(event, Alert)]
    assert {found.brand for found in replay.first_firings(WATCH.brands[0])} == {"acme"}
    counted = replay.counts()
    late, twice = replay.partition.tally.late, replay.partition.tally.duplicate
    spoken = sum(b'"text": "acme' in (record.value or b"") for record in STORY)
    assert counted["acme"].total() + late["acme"] + twice["acme"] == spoken
    assert counted["acme"][Sentiment.NEGATIVE] > counted["acme"][Sentiment.POSITIVE] > 0
    assert 3.4 < replay.days < 3.7


def test_an_empty_file_is_no_error() -> None:
    replay = Replay(PAIR, NoModel())
    assert replay.feed([]) == []
    result = evaluate(replay, Labels(crises=[CRISIS]), posts_per_s=0)
    assert (result.posts, result.days, result.detected, result.false_alarms_per_brand_month) == (0, 0.0, 0, None)


def test_what_is_no_post_is_kept_with_its_reason() -> None:
    replay = Replay(PAIR, NoModel())
    replay.feed([RawRecord(0, b"{", 0), _record(1, ONSET), RawRecord(2, None, 0)])
    assert [rejected.record.offset for rejected in replay.rejected] == [0, 2]
    assert replay.posts == 1


def test_habits_are_handed_over_brand_by_brand() -> None:
    replay = Replay(WATCH, NoModel())
    replay.feed(STORY)
    events, snapshots = replay.hand_over()
    assert set(snapshots) == {"acme", "globex"}
    # The minutes that the last posts had left open.
    assert {event.brand for event in events if isinstance(event, Bucket)} == {"acme", "globex"}


def test_what_came_before_since_is_only_learned_from() -> None:
    whole = Replay(WATCH, NoModel())
    buckets = [event for event in whole.feed(STORY) if isinstance(event, Bucket)]
    (first, *_) = whole.first_firings(WATCH.brands[0])
    for since in (first.at, first.at + timedelta(seconds=1)):
        replay = Replay(WATCH, NoModel(), since=since)
        replay.feed(STORY)
        assert (first in replay.first_firings(WATCH.brands[0])) == (since <= first.at)
        early = [bucket for bucket in buckets if bucket.brand == "acme" and bucket.start < since]
        left_out = whole.counts()["acme"] - replay.counts()["acme"]
        assert left_out[Sentiment.NEGATIVE] == sum(bucket.negative for bucket in early)
        assert left_out[Sentiment.POSITIVE] == sum(bucket.positive for bucket in early)
        assert 0 < replay.days < whole.days
        assert replay.alerts == whole.alerts  # the brain is the same


def test_what_a_detector_costs_is_told_by_minute_and_brand() -> None:
    replay = Replay(PAIR, NoModel())
    ticks = count()
    replay.partition.tally.timer = lambda: next(ticks) * 1e-6
    replay.feed([_record(number, ONSET + timedelta(minutes=number)) for number in range(30)])
    # A tick to score and a tick to learn.
    assert evaluate(replay, None, posts_per_s=0).us_per_bucket == {"surge": 2.0}
    assert scored([], None).us_per_bucket == {}


# -------------------------------------------------------------------------------- side by side


def as_the_book_says(scores: Sequence[Score]) -> list[int]:
    """The minutes in which `AlertBook` starts an alert."""
    book = AlertBook(PAIR.brands[0].id)
    why = alert(ONSET).why
    started: list[int] = []
    for minute, score in enumerate(scores):
        end_ms = (minute + 1) * MINUTE_MS
        if score.exceeds and not book.firing("d"):
            fired = book.fire("d", score, onset_ms=end_ms - MINUTE_MS, at_ms=end_ms, why=why)
            if to_ms(fired.at) == end_ms:
                started.append(minute)
        book.close_bucket({"d": score}, at_ms=end_ms, explain=lambda key: why)
    return started


@pytest.mark.parametrize("threshold", [4.0, 0.5, 0.0, -1.0])
@pytest.mark.parametrize("seed", range(4))
def test_alerts_live_as_in_the_stream(seed: int, threshold: float) -> None:
    rng = random.Random(seed)
    level, scores = 0.0, []
    for _ in range(6000):
        level = 0.97 * level + rng.gauss(0, 0.6)
        surprise = None if rng.random() < 0.001 else level
        status = ScoreStatus.WARMING_UP if surprise is None else ScoreStatus.OK
        scores.append(Score(status=status, surprise=surprise, threshold=threshold))
    ends_ms = (np.arange(6000) + 1) * MINUTE_MS
    surprises = np.array([np.nan if score.surprise is None else score.surprise for score in scores])
    found = [at_ms // MINUTE_MS - 1 for at_ms in alerts_at(ends_ms, surprises, np.full(6000, threshold))]
    assert found == as_the_book_says(scores)
    assert found


def bumps(book: ScoreBook, detector: str, heights: dict[int, float], *, threshold: float, brand: str = "acme") -> None:
    """Sixteen days of calm in which the surprise rises for a minute every so many hours after `ONSET`."""
    for minute in range(-24 * 60, 15 * 24 * 60):
        surprise = heights.get(minute // 60, 0.0) if minute % 60 == 0 else -1.0 + minute % 7 / 10
        score = Score(status=ScoreStatus.OK, surprise=surprise, threshold=threshold)
        book.hear(brand, to_ms(ONSET) + minute * MINUTE_MS, {detector: score})


DAYS = 16.0
# By hours after the onset; the crisis lasts for 12.
HEIGHTS = {-20: 6.0, 1: 9.0, 30: 5.0, 60: 4.0, 90: 3.0, 120: 2.0}


def side_by_side(book: ScoreBook, labels: Labels | None = Labels(crises=[CRISIS])) -> Comparison:  # noqa: B008
    return compare(book, ["a", "b"], Watch(brands=PAIR.brands[:1]), labels, since=None, days=DAYS)


@pytest.mark.parametrize(
    "own, false_alarms, detected",
    [
        (1.0, 5, True),  # too low: it goes up
        (8.0, 0, True),  # too high: it goes down
        (20.0, 0, False),
        (4.4, 2, True),  # as many already: it stays
    ],
)
def test_a_threshold_is_moved_until_the_false_alarms_are_equal(own: float, false_alarms: int, detected: bool) -> None:
    book = ScoreBook()
    bumps(book, "a", HEIGHTS, threshold=4.2)
    bumps(book, "b", {hour: 10 * height for hour, height in HEIGHTS.items()}, threshold=10 * own)
    comparison = side_by_side(book)
    first, second = comparison.detectors
    assert comparison.false_alarms == first.false_alarms == first.own_false_alarms == 2
    assert (first.threshold, first.own_threshold) == (4.2, 4.2)
    assert (second.own_threshold, second.own_false_alarms, second.own_detected) == (
        10 * own,
        false_alarms,
        int(detected),
    )
    assert (second.false_alarms, second.detected, second.of) == (2, 1, 1)
    assert second.threshold is not None and 40 < second.threshold < 50
    assert (second.threshold == 44.0) == (own == 4.4)
    # An hour after the onset, at the end of that minute; four hours before the peak.
    assert (second.delay_s, second.lead_s) == (3660.0, 3 * 3600.0 - 60)
    assert second.false_alarms_per_brand_month == pytest.approx(2 / DAYS * 30)


def test_where_no_threshold_gives_that_many_it_is_the_nearest_number_not_above() -> None:
    book = ScoreBook()
    bumps(book, "a", HEIGHTS, threshold=4.2)
    bumps(book, "b", {-20: 7.0, 1: 7.0, 30: 5.0, 60: 5.0, 90: 5.0}, threshold=4.0)
    second = side_by_side(book).detectors[1]
    assert (second.own_false_alarms, second.false_alarms, second.detected) == (4, 1, 1)


def test_a_score_that_knows_no_difference_keeps_its_threshold() -> None:
    book = ScoreBook()
    bumps(book, "a", HEIGHTS, threshold=4.2)
    for minute in range(1000):
        book.hear(
            "acme", to_ms(ONSET) + minute * MINUTE_MS, {"b": Score(status=ScoreStatus.OK, surprise=0, threshold=1)}
        )
    second = side_by_side(book).detectors[1]
    assert (second.threshold, second.false_alarms, second.detected) == (1.0, 0, 0)


def test_a_score_without_bounds_has_more_than_its_share() -> None:
    book = ScoreBook()
    bumps(book, "a", HEIGHTS, threshold=10.0)
    bumps(book, "b", {30: np.inf, 60: 5.0}, threshold=4.0)
    second = side_by_side(book).detectors[1]
    assert (second.own_false_alarms, second.false_alarms) == (2, 1)


def test_a_detector_that_never_got_to_a_score_is_told_as_such() -> None:
    book = ScoreBook()
    bumps(book, "a", HEIGHTS, threshold=4.2)
    second = side_by_side(book).detectors[1]
    assert (second.own_threshold, second.threshold, second.false_alarms, second.detected) == (None, None, 0, 0)
    book.hear("acme", to_ms(ONSET), {"b": Score(status=ScoreStatus.WARMING_UP)})
    assert side_by_side(book).detectors[1] == second


def test_without_labels_every_alert_counts_as_a_false_alarm() -> None:
    book = ScoreBook()
    bumps(book, "a", HEIGHTS, threshold=4.2)
    bumps(book, "b", {hour: 10 * height for hour, height in HEIGHTS.items()}, threshold=10.0)
    comparison = side_by_side(book, None)
    assert (comparison.labelled, comparison.false_alarms) == (False, 3)
    assert [(row.false_alarms, row.of, row.crises) for row in comparison.detectors] == [(3, 0, []), (3, 0, [])]


def test_all_brands_thresholds_move_by_one_step() -> None:
    book = ScoreBook()
    for brand, height in (("acme", 6.0), ("globex", 4.0)):
        bumps(book, "a", {30: height, 60: height}, threshold=5.0, brand=brand)
        bumps(book, "b", {30: height + 1, 60: height + 1}, threshold=9.0, brand=brand)
    comparison = compare(book, ["a", "b"], PAIR, Labels(), since=None, days=DAYS)
    second = comparison.detectors[1]
    assert (comparison.false_alarms, second.own_false_alarms, second.false_alarms) == (2, 0, 2)
    assert second.threshold is not None and 5.0 <= second.threshold < 7.0


def test_what_came_before_since_is_not_compared() -> None:
    book = ScoreBook()
    bumps(book, "a", HEIGHTS, threshold=4.2)
    bumps(book, "b", HEIGHTS, threshold=1.0)
    since = ONSET + timedelta(hours=20)
    watch = Watch(brands=PAIR.brands[:1])
    comparison = compare(book, ["a", "b"], watch, Labels(), since=since, days=DAYS)
    assert (comparison.false_alarms, comparison.detectors[1].own_false_alarms) == (1, 4)
    assert comparison.detectors[1].false_alarms == 1


def test_shadow_detectors_are_heard_beside_the_one_that_leads() -> None:
    brands = [
        msgspec.structs.replace(brand, detectors=["surge"], shadow_detectors=["ears-c3"]) for brand in WATCH.brands
    ]
    watch = msgspec.structs.replace(WATCH, brands=brands)
    replay, book = Replay(watch, NoModel()), ScoreBook()
    replay.partition.tally.on_shadow_scores = book.hear
    events = replay.feed(STORY)
    book.take(events)
    counted = [e for e in events if isinstance(e, Bucket) and e.status is BucketStatus.COUNTED and e.brand == "acme"]
    for name in ("surge", "ears-c3"):
        ends_ms, _, _ = book.of(name)["acme"]
        assert ends_ms.tolist() == [to_ms(bucket.start) + MINUTE_MS for bucket in counted]
    minutes = [found.at.replace(second=0, microsecond=0) for found in replay.shadow_alerts if found.brand == "acme"]
    heard = [at_ms - MINUTE_MS for at_ms in alerts_at(*book.of("ears-c3")["acme"])]
    assert heard == [to_ms(minute) for minute in minutes]
    assert heard


# ------------------------------------------------------------------------------------- timelines


def closed(
    minute: int, negative: int = 0, *, learning: bool = False, data: bool = True, expected: float = 0.5
) -> Bucket:
    status = ScoreStatus.WARMING_UP if learning else ScoreStatus.OK
    return Bucket(
        brand="acme",
        start=ONSET + timedelta(minutes=minute),
        seconds=60,
        status=BucketStatus.COUNTED if data else BucketStatus.NO_DATA,
        negative=negative,
        scores={"surge": Score(status=status, expected_per_min=expected)},
    )


def test_a_timeline_adds_up_what_was_said_and_what_was_expected() -> None:
    timelines = Timelines({"acme": "surge"})
    timelines.take(closed(minute, minute % 2, learning=minute < 20, data=minute != 3) for minute in range(90))
    timeline = timelines.of("acme")
    assert timeline.width == timedelta(minutes=15)
    assert timeline.learning_until == ONSET + timedelta(minutes=30)
    assert [bin_.negative for bin_ in timeline.bins] == [6, 8, 7, 8, 7, 8]
    assert [bin_.expected for bin_ in timeline.bins] == [None, None, 7.5, 7.5, 7.5, 7.5]
    assert timeline.bins[2].low is None  # six bins say nothing of a range
    assert timelines.of("globex").bins == []


def test_bins_without_data_are_holes() -> None:
    timelines = Timelines({"acme": "surge"})
    timelines.take([closed(0, 1), closed(60, 2)])
    assert [bin_.negative for bin_ in timelines.of("acme").bins] == [1, None, None, None, 2]


@pytest.mark.parametrize("days, hours", [(1, 0.25), (3, 1), (61, 6), (366, 24)])
def test_bins_fit_the_length_of_the_file(days: int, hours: float) -> None:
    timelines = Timelines({"acme": "surge"}, since=ONSET)
    timelines.take(closed(hour * 60) for hour in range(-48, days * 24))
    timeline = timelines.of("acme")
    assert timeline.width == timedelta(hours=hours)
    assert timeline.bins[0].start <= ONSET < timeline.bins[0].start + timeline.width


def test_the_ordinary_range_is_that_of_what_is_outside_of_crises() -> None:
    timelines = Timelines({"acme": "surge"})
    rng = random.Random(1)
    minutes = range(-48 * 60, 12 * 60)
    timelines.take(closed(minute, (rng.random() < 0.5) * (20 if minute >= 0 else 1)) for minute in minutes)
    labelled, bare = timelines.of("acme", Labels(crises=[CRISIS])), timelines.of("acme")
    for timeline, wide in ((labelled, False), (bare, True)):
        first = timeline.bins[0]
        assert first.low is not None and first.high is not None and first.expected == 30.0
        assert first.low < 30 < first.high
        assert (first.high > 100) is wide
    ordinary = [bin_ for bin_ in labelled.bins if bin_.start < ONSET]
    inside = [bin_ for bin_ in ordinary if (bin_.low or 0) <= (bin_.negative or 0) <= (bin_.high or 0)]
    assert 0.8 < len(inside) / len(ordinary) < 1
