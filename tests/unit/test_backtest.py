"""Labels, the replay of a file, and how alerts are scored against what people know."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from detectors.backtest import BacktestResult, Crisis, Labels, Replay, Span, evaluate, parse_labels
from detectors.errors import InputError
from detectors.intake import RawRecord
from detectors.mentions import MentionFinder
from detectors.model import Alert, AlertState, Brand, Explanation, Match, Score, ScoreStatus, Sentiment, Watch
from detectors.partition import PartitionMonitor
from support.mentions_log import STORY, WATCH, log, run, told
from support.scenario import NoModel

ONSET = datetime(2026, 3, 2, 9, tzinfo=UTC)
PEAK, END = ONSET + timedelta(hours=4), ONSET + timedelta(hours=12)
CRISIS = Crisis(id="c", brand="acme", onset=ONSET, peak=PEAK, end=END)
PAIR = Watch(brands=[Brand(id=name, name=name, match=Match(any=[name])) for name in ("acme", "globex")])
GOOD = {"id": "c", "brand": "acme", "onset": "2026-03-02T09:00:00Z", "peak": "2026-03-02T13:00:00Z"}
SPAN = {"id": "t", "brand": "acme", "from": "2026-03-02T09:00:00Z", "to": "2026-03-02T13:00:00Z"}


# --------------------------------------------------------------------------------------- labels


def test_labels_are_read_whole() -> None:
    content = {
        "crises": [{**GOOD, "end": "2026-03-02T21:00:00+01:00", "grade": "soft", "kind": "outage", "note": "ignored"}],
        "traps": [{**SPAN, "why": "a contest"}],
        "ignore": [{**SPAN, "brand": "globex"}],
    }
    labels = parse_labels(json.dumps(content).encode())
    assert labels.crises[0].end == datetime(2026, 3, 2, 20, tzinfo=UTC)
    assert (labels.crises[0].grade, labels.traps[0].why, labels.traps[0].until) == ("soft", "a contest", PEAK)
    assert labels.brands() == ["acme", "globex"]


def test_a_file_may_have_no_labels() -> None:
    assert parse_labels(b"{}").brands() == []


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "truncated"),
        (b"\xff", "malformed"),
        (b"[]", "Expected `object`"),
        ({"crises": [{**GOOD, "end": "2026-03-02T21:00:00"}]}, "`$.crises[0].end`"),
        ({"crises": [{**GOOD, "end": "soon"}]}, "`$.crises[0].end`"),
        ({"crises": [{**GOOD, "end": "2026-03-02T21:00:00Z"}, GOOD]}, "`end` - at `$.crises[1]`"),
        ({"crises": [{**GOOD, "id": "", "end": "2026-03-02T21:00:00Z"}]}, "`$.crises[0].id`"),
        ({"crises": [{**GOOD, "end": "2026-03-02T12:00:00Z"}]}, "`$.crises[0]`"),
        ({"traps": [SPAN, {**SPAN, "to": "2026-03-01T00:00:00Z"}]}, "`$.traps[1]`"),
        ({"ignore": [{**SPAN, "from": None}]}, "`$.ignore[0].from`"),
        ({"ignore": [{**SPAN, "to": "2026-03-01T00:00:00Z"}]}, "`$.ignore[0]`"),
    ],
)
def test_a_wrong_label_is_told_with_its_path(content: object, message: str) -> None:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    with pytest.raises(InputError) as refused:
        parse_labels(raw, source="labels.json")
    assert str(refused.value).startswith("labels.json: ")
    assert message in str(refused.value)


# -------------------------------------------------------------------------------------- scoring


def alert(at: datetime, brand: str = "acme", *, name: str | None = None, state: str = "firing") -> Alert:
    why = Explanation(
        since=at,
        until=at,
        observed=12,
        expected=2.5,
        by_channel={},
        originals=12,
        reposts=0,
        first_post=None,
        top_posts=[],
        doubling_minutes=None,
    )
    score = Score(status=ScoreStatus.OK, surprise=6.5, threshold=4.8)
    name = name or f"{brand}-{at:%d%H%M}"
    state_ = AlertState(state)
    return Alert(id=name, brand=brand, detector="surge", state=state_, onset=at, at=at, score=score, why=why)


def scored(alerts: Sequence[Alert], labels: Labels | None) -> BacktestResult:
    replay = Replay(PAIR, MentionFinder(PAIR.brands, NoModel()))
    # A month, so that a false alarm of one of two brands is half of one a brand and month.
    end = datetime(2026, 3, 22, tzinfo=UTC)
    moments = (end - timedelta(days=30), end, end + timedelta(minutes=2))
    replay.feed([_record(number, at) for number, at in enumerate(moments)])
    replay.alerts = list(alerts)
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


def test_without_labels_nothing_is_said_of_false_alarms() -> None:
    result = scored([alert(ONSET)], None)
    assert (result.crises, result.false_alarms, result.false_alarms_per_brand_month, result.of) == ([], [], None, 0)
    row = result.brands["acme"].alerts[0]
    assert (row.at, row.observed, row.expected, row.surprise) == (ONSET, 12, 2.5, 6.5)
    assert result.posts_per_s == 1234.6


# --------------------------------------------------------------------------------------- replay


def test_the_replay_of_a_file_is_what_the_stream_says() -> None:
    replay = Replay(WATCH, MentionFinder(WATCH.brands, NoModel()))
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
    replay = Replay(PAIR, MentionFinder(PAIR.brands, NoModel()))
    assert replay.feed([]) == []
    result = evaluate(replay, Labels(crises=[CRISIS]), posts_per_s=0)
    assert (result.posts, result.days, result.detected, result.false_alarms_per_brand_month) == (0, 0.0, 0, None)


def test_what_is_no_post_is_kept_with_its_reason() -> None:
    replay = Replay(PAIR, MentionFinder(PAIR.brands, NoModel()))
    replay.feed([RawRecord(0, b"{", 0), _record(1, ONSET), RawRecord(2, None, 0)])
    assert [rejected.record.offset for rejected in replay.rejected] == [0, 2]
    assert replay.posts == 1


def test_habits_are_handed_over_brand_by_brand() -> None:
    replay = Replay(WATCH, MentionFinder(WATCH.brands, NoModel()))
    replay.feed(STORY)
    assert set(replay.hand_over()) == {"acme", "globex"}
