"""Tuning: tapes of what detectors see, cases, what parameters are worth, and whether a gain is more than chance."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

import msgspec
import pytest

from detectors.algorithms import DETECTORS, Params, kind_of
from detectors.backtest import Crisis, Labels, Replay, Span
from detectors.backtest.tapes import Recorder, Tape
from detectors.backtest.tuning import (
    Case,
    CaseKind,
    Firing,
    Outcome,
    Series,
    Trial,
    best,
    cases,
    dimensions,
    firings,
    held_out,
    judge,
    value,
    verdict,
)
from detectors.errors import InputError
from detectors.model import MINUTE_MS, Brand, Match, MinuteCounts, Score, ScoreStatus, Watch, to_ms
from streams.cli import main, tune
from streams.cli.tuning_report import Tuned, conclusion
from streams.config import parse_watch
from support.mentions_log import STORY, WATCH
from support.scenario import NoModel

START = datetime(2026, 3, 2, tzinfo=UTC)
ACME = Brand(id="acme", name="Acme", match=Match(any=["acme"]), false_alarms_per_month=3.0)


class ProbeParams(Params, frozen=True):
    """What can be set, and `fixed`, which has no range and is left alone."""

    limit: Annotated[float, msgspec.Meta(ge=2.0, le=100.0)] = 60.0
    memory_minutes: Annotated[float, msgspec.Meta(ge=5.0, le=120.0)] = 30.0
    fixed: float = 1.0


class Probe:
    """A fading count against a limit. It notes what it was told."""

    name: ClassVar[str] = "probe"
    PARAMS: ClassVar[type[Params]] = ProbeParams
    keeps_budget: ClassVar[bool] = False
    heard: ClassVar[list[Probe]] = []

    def __init__(self, *, false_alarms_per_month: float, timezone: str, params: Any = None) -> None:
        self.params = params or ProbeParams()
        self.total = 0.0
        self.steps: list[tuple[int, MinuteCounts] | int] = []
        Probe.heard.append(self)

    def score(self, counts: Sequence[MinuteCounts], start_ms: int) -> list[Score]:
        scores, total = [], self.total
        for minute in counts:
            total = total * (1 - 1 / self.params.memory_minutes) + minute.negative
            scores.append(Score(status=ScoreStatus.OK, surprise=total, threshold=self.params.limit))
        return scores

    def learn(self, counts: MinuteCounts, start_ms: int, *, alerting: bool) -> None:
        self.total = self.total * (1 - 1 / self.params.memory_minutes) + counts.negative
        self.steps.append((start_ms, counts))

    def skip(self, buckets: int) -> None:
        self.total = 0.0
        self.steps.append(buckets)

    def snapshot(self) -> bytes:
        return b""

    @classmethod
    def restore(cls, snapshot: bytes, *, false_alarms_per_month: float, timezone: str, params: Any = None) -> Self:
        raise NotImplementedError


class Plain(Probe):
    """A detector with nothing to set."""

    name: ClassVar[str] = "plain"
    PARAMS: ClassVar[type[Params]] = Params


@pytest.fixture(autouse=True)
def probe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DETECTORS, "probe", Probe)
    monkeypatch.setitem(DETECTORS, "plain", Plain)
    monkeypatch.setattr(Probe, "heard", [])


# ------------------------------------------------------------------------------------------- tapes


def watched(**changes: Any) -> Watch:
    return Watch(brands=[msgspec.structs.replace(brand, **changes) for brand in WATCH.brands])


def recorded(*, batch: int = 100) -> dict[str, Tape]:
    recorder = Recorder(WATCH, NoModel())
    for first in range(0, len(STORY), batch):
        assert [event for event in recorder.feed(STORY[first : first + batch]) if not hasattr(event, "seconds")] == []
    return recorder.tapes


def test_a_tape_holds_what_the_detectors_of_the_stream_are_told() -> None:
    watch = watched(detectors=["probe"])
    replay = Replay(watch, NoModel())
    replay.feed(STORY)
    tapes = recorded()
    assert list(tapes) == [*replay.partition.monitors]
    for heard, tape in zip(Probe.heard, tapes.values(), strict=True):
        start, told = tape.start_ms, []
        for step in tape.steps:
            told.append(step if isinstance(step, int) else (start, step))
            start += (step if isinstance(step, int) else 1) * MINUTE_MS
        assert told == heard.steps
        assert any(isinstance(step, int) for step in tape.steps), "the story has a silence"
        assert tape.counted_minutes == sum(not isinstance(step, int) for step in heard.steps)


def test_a_tape_is_the_same_however_the_file_was_cut() -> None:
    assert recorded(batch=7) == recorded(batch=5000)


def test_a_brand_that_nobody_mentions_has_no_tape() -> None:
    watch = Watch(brands=[*WATCH.brands, Brand(id="initech", name="Initech", match=Match(any=["initech"]))])
    recorder = Recorder(watch, NoModel())
    recorder.feed(STORY)
    assert set(recorder.tapes) == {"acme", "globex"}


def test_the_alerts_of_a_tape_are_those_of_a_shadow_detector() -> None:
    watch = watched(detectors=["probe"], shadow_detectors=["probe:low"], parameters={"probe:low": {"limit": 20.0}})
    replay = Replay(watch, NoModel())
    replay.feed(STORY)
    expected = [to_ms(alert.at) // MINUTE_MS for alert in replay.shadow_alerts if alert.brand == "acme"]
    found = firings(Probe, ProbeParams(limit=20.0), recorded()["acme"])
    assert [(to_ms(firing.at) - 1) // MINUTE_MS for firing in found] == expected
    assert len(found) >= 1


# ------------------------------------------------------------------------------- cases and outcomes


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


CRISIS = Crisis(id="leak", brand="acme", onset=at(100), peak=at(104), end=at(110))
TRAP = Span(id="quarrel", brand="acme", start=at(200), until=at(202))
KNOWN = Labels(
    crises=[CRISIS, Crisis(id="theirs", brand="globex", onset=at(1), peak=at(2), end=at(3))],
    traps=[TRAP],
    ignore=[Span(id="lost", brand="acme", start=at(300), until=at(310))],
)
MONTH = Series("posts.jsonl", Tape(ACME, to_ms(START), [MinuteCounts()] * (15 * 1440) + [600]), KNOWN)


def judged(*hours: float) -> list[Outcome]:
    return judge(MONTH, [Firing("acme", at(hour)) for hour in hours])


def test_each_crisis_each_trap_and_the_rest_of_the_life_is_a_case() -> None:
    assert [(case.name, case.kind) for case in cases([MONTH])] == [
        ("leak", CaseKind.CRISIS),
        ("quarrel", CaseKind.TRAP),
        ("acme", CaseKind.LIFE),
    ]
    assert len(judged()) == 3


@pytest.mark.parametrize(
    "hour, reward",
    [(99.4, 0.0), (99.5, 1.0), (100, 1.0), (102, 0.75), (104, 0.5), (110, 0.5), (110.1, 0.0)],
)
def test_a_crisis_earns_the_more_the_earlier_it_is_found(hour: float, reward: float) -> None:
    assert judged(hour)[0].reward == pytest.approx(reward)


def test_the_first_alert_of_a_crisis_counts_and_the_others_are_no_false_alarms() -> None:
    assert judged(102, 109) == [Outcome(reward=0.75, delay_s=7200), Outcome(), Outcome(budget=1.5)]


def test_false_alarms_belong_to_the_trap_they_fall_into_or_to_the_life() -> None:
    _, trap, life = judged(50, 201, 201.5, 305, 330)
    assert (trap.false_alarms, life.false_alarms) == (2, 2)
    assert life.budget == pytest.approx(1.5), "three a month, for half a month with data"


def test_alarms_within_the_budget_cost_nothing_and_each_beyond_it_half_a_crisis() -> None:
    assert value(judged(100, 50)) == 1.0
    assert value(judged(100, 50, 60)) == pytest.approx(0.75)
    assert value(judged(100, 50, 60, 70)) == pytest.approx(0.25)


def test_each_case_is_judged_by_what_the_others_choose() -> None:
    # "sharp" is best on all but only because of the third case: that one alone must not be judged by it.
    dull = Trial({"limit": 60.0}, [Outcome(reward=0.6), Outcome(reward=0.6), Outcome()])
    sharp = Trial({"limit": 10.0}, [Outcome(reward=0.5), Outcome(reward=0.5), Outcome(reward=1.0)])
    assert best([dull, sharp]) is sharp
    assert [trial is sharp for trial in held_out([dull, sharp])] == [True, True, False]


def test_of_equals_the_first_wins_and_that_is_the_defaults() -> None:
    defaults = Trial({"limit": 60.0}, [Outcome(reward=1.0)])
    assert best([defaults, Trial({"limit": 5.0}, [Outcome(reward=1.0)])]) is defaults


def test_a_gain_in_one_case_of_many_is_noise_and_one_in_most_is_not() -> None:
    crisis = Case("posts.jsonl", "leak", CaseKind.CRISIS)
    before, once = [Outcome(reward=0.6)] * 10, [Outcome(reward=1.0), *[Outcome(reward=0.6)] * 9]
    lucky = verdict(before, once, [crisis] * 10)
    assert lucky.gain == pytest.approx(0.4) and lucky.low == pytest.approx(0.0) and not lucky.certain
    plain = verdict(before, [Outcome(reward=0.9)] * 10, [crisis] * 10)
    assert plain.certain and plain.low <= plain.gain <= plain.high
    assert not verdict(before, before, [crisis] * 10).certain


class WholeParams(Params, frozen=True):
    """A count of things."""

    windows: Annotated[int, msgspec.Meta(ge=1, le=9)] = 3


class Whole(Probe):
    """A detector with a whole number to set."""

    PARAMS: ClassVar[type[Params]] = WholeParams


def test_only_parameters_with_a_range_are_searched() -> None:
    limit, memory = dimensions(Probe)
    assert (limit.name, limit.low, limit.high, limit.default, limit.whole) == ("limit", 2.0, 100.0, 60.0, False)
    assert limit.log and memory.name == "memory_minutes"
    assert memory.tidy(17.41234) == 17.41
    (windows,) = dimensions(Whole)
    assert windows.whole and not windows.log and windows.tidy(2.7) == 3
    with pytest.raises(InputError, match="plain has no parameters to tune"):
        dimensions(Plain)


# ---------------------------------------------------------------------------------- the command

CRISES = 6
Refused = Callable[..., str]


@pytest.fixture
def posts(tmp_path: Path) -> Path:
    """A complaint every two hours, and every other day 30 in half an hour: the default limit of 60 finds none."""
    hours = [START + timedelta(hours=2 * hour) for hour in range(24 * CRISES + 12)]
    onsets = [START + timedelta(days=2 * day + 1) for day in range(CRISES)]
    storms = [onset + timedelta(minutes=minute) for onset in onsets for minute in range(30)]
    lines = [
        {"id": str(number), "source": "forum", "text": "acme is awful", "created_at": moment.isoformat(), "lang": "en"}
        for number, moment in enumerate(sorted([*hours, *storms]))
    ]
    path = tmp_path / "posts.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    crises = [
        {
            "id": f"storm-{number}",
            "brand": "acme",
            "onset": o,
            "peak": o + timedelta(minutes=30),
            "end": o + timedelta(hours=3),
        }
        for number, o in enumerate(onsets)
    ]
    (tmp_path / "labels.json").write_bytes(msgspec.json.encode({"crises": crises}))
    return path


def arguments(posts: Path, *more: object) -> list[str]:
    labels = posts.with_name("labels.json")
    return ["tune", str(posts), "--labels", str(labels), "--detector", "probe", "--trials", "12", *map(str, more)]


def test_what_helps_on_unseen_crises_is_found_and_written_as_brands_yaml_wants_it(
    posts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = posts.with_name("tuned.yaml")
    assert main(arguments(posts, "--out", out)) == 0
    said = capsys.readouterr()
    assert "Better on cases it had not seen" in said.out and "6 of 6" in said.out and "0 of 6" in said.out
    assert "optuna" not in said.err and "[I " not in said.err
    # It stands in `defaults`, and the detector can be made of it.
    lines = "".join(f"  {line}\n" for line in out.read_text().splitlines())
    text = f"defaults:\n{lines}brands: [{{id: acme, name: Acme, match: {{any: [acme]}}}}]"
    (brand,) = parse_watch(text, "tuned", {}).brands
    assert brand.shadow_detectors == ["probe:tuned"] and brand.detectors == ["surge"]
    parameters = brand.parameters["probe:tuned"]
    assert 2 <= parameters["limit"] < 30 and "fixed" not in parameters
    assert kind_of("probe:tuned").PARAMS(**parameters) != ProbeParams()

    assert main(arguments(posts, "--report", posts.with_name("again.md"))) == 0
    assert posts.with_name("again.md").read_text() == said.out


def test_a_report_can_be_a_page(posts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = posts.with_name("tuned.html")
    assert main(arguments(posts, "--report", page)) == 0
    assert capsys.readouterr().out.startswith("Better on cases")
    assert "<h1>Tuning probe</h1>" in page.read_text() and "storm-5" in page.read_text()


def test_too_few_crises_are_noise(posts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = posts.with_name("labels.json")
    labels.write_text(json.dumps({"crises": json.loads(labels.read_bytes())["crises"][:2]}))
    assert main(arguments(posts)) == 0
    said = capsys.readouterr().out
    assert "keep the defaults" in said and "Better" not in said


def test_a_gain_is_told_for_what_it_is() -> None:
    crises = [Case("posts.jsonl", f"storm-{number}", CaseKind.CRISIS) for number in range(6)]
    defaults = Trial({"limit": 60.0}, [Outcome(reward=0.5)] * 6)
    told = []
    for rewards in ([0.9] * 6, [0.9, *[0.5] * 5], [0.4] * 6):
        winner = Trial({"limit": 10.0}, [Outcome(reward=reward) for reward in rewards])
        told.append(
            conclusion(
                Tuned(
                    detector="probe",
                    files=["posts.jsonl"],
                    dimensions=dimensions(Probe)[:1],
                    cases=crises,
                    defaults=defaults,
                    winner=winner,
                    chosen=[winner] * 6,
                    trials=2,
                    asked=2,
                    verdict=verdict(defaults.outcomes, winner.outcomes, crises),
                )
            )
        )
    assert [sentence.partition(" (")[0] for sentence in told] == [
        "Better on cases it had not seen",
        "The gain is within noise: keep the defaults",
        "No gain on cases it had not seen: keep the defaults",
    ]


def test_where_nothing_is_better_the_fragment_changes_nothing(posts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = posts.with_name("tuned.yaml")
    assert main([*arguments(posts, "--out", out), "--trials", "1"]) == 0
    assert "No parameters were better than the defaults" in capsys.readouterr().out
    assert out.read_text().endswith("shadow_detectors: []\n") and "probe:tuned" not in out.read_text()


def test_several_files_are_cases_of_one_search(posts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = posts.with_name("other.jsonl")
    other.write_bytes(posts.read_bytes())
    both = ["tune", str(posts), str(other), *["--labels", str(posts.with_name("labels.json"))] * 2]
    assert main([*both, "--detector", "probe", "--trials", "3"]) == 0
    assert "posts.jsonl, other.jsonl: 12 crises, 0 traps, 2 lives" in capsys.readouterr().out


def test_ctrl_c_ends_the_search_and_keeps_what_it_found(
    posts: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out, judge_one = posts.with_name("tuned.yaml"), tune._trial
    tried: list[object] = []

    def interrupted(*given: Any) -> Trial:
        if len(tried) == 5:
            raise KeyboardInterrupt
        tried.append(given)
        return judge_one(*given)

    monkeypatch.setattr(tune, "_trial", interrupted)
    assert main(arguments(posts, "--out", out)) == 0
    said = capsys.readouterr()
    assert "stopped after 5 of 12 parameter sets" in said.err and "5 parameter sets, of 12 asked for" in said.out
    assert out.exists()


def test_what_cannot_be_tuned_is_said_in_a_line(posts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = posts.with_name("labels.json")
    here = ["--labels", str(labels)]

    def refused(*given: object, code: int = 2) -> str:
        assert main(["tune", *map(str, given)]) == code
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return said.err

    assert "plain has no parameters to tune" in refused(posts, *here, "--detector", "plain")
    assert "--detector magic: no such detector; expected one of: " in refused(posts, *here, "--detector", "magic")
    assert "2 files of posts and 1 --labels" in refused(posts, posts, *here, "--detector", "probe")
    assert "expected .md or .html" in refused(posts, *here, "--detector", "probe", "--report", "x.pdf")
    assert "cannot be read" in refused(posts.with_name("no.jsonl"), *here, "--detector", "probe", code=3)
    assert "cannot be read" in refused(posts, "--labels", "no.json", "--detector", "probe", code=3)
    assert "--labels" in refused(posts, "--detector", "probe")
    labels.write_text(labels.read_text().replace('"acme"', '"globex"'))
    assert "not one post about globex" in refused(posts, *here, "--detector", "probe")
    labels.write_text(
        '{"ignore": [{"id": "x", "brand": "acme", "from": "2026-03-02T00:00:00Z", "to": "2026-03-03T00:00:00Z"}]}'
    )
    assert "no crisis in" in refused(posts, *here, "--detector", "probe")
