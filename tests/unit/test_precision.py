"""What comes of feedback: verdicts of several people, precision with its interval, suggestions, labels."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.alerting.precision import Advice, Precision, interval, labels_of, precision, suggestions, verdict_of
from detectors.backtest import Labels, parse_labels
from detectors.model import (
    Brand,
    Explanation,
    Incident,
    IncidentState,
    Match,
    Opinion,
    Severity,
    Story,
    StoryKind,
    TimelinePoint,
    Verdict,
    Watch,
)

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def minutes(count: float) -> datetime:
    return AT + timedelta(minutes=count)


def watch(*, budget: float = 1.0, brands: tuple[str, ...] = ("acme", "globex")) -> Watch:
    return Watch(
        brands=[
            Brand(id=brand, name=brand.title(), match=Match(any=[brand]), false_alarms_per_month=budget)
            for brand in brands
        ]
    )


def incident(
    *said: str, name: str = "a", brand: str = "acme", start: float = 0, lasts: float = 60, **fields: object
) -> Incident:
    """Each of `said` is the verdict of another person."""
    why = Explanation(since=AT, until=AT, observed=90, expected=2.0, first_post=None, top_posts=[])
    opinions = [Opinion(by=f"p{place}", at=AT, verdict=Verdict(one)) for place, one in enumerate(said)]
    told = Incident(
        id=name, brand=brand, brand_name=brand.title(), state=IncidentState.RESOLVED, version=2, onset=minutes(start),
        opened_at=minutes(start + min(lasts, 5)), updated_at=minutes(start + lasts + 600), alerts=["a"], why=why,
        peak_surprise=6.0, threshold=4.8, detectors=["surge"], resolved_at=minutes(start + lasts),
        severity=Severity.HIGH, opinions=opinions,
    )  # fmt: skip
    return msgspec.structs.replace(told, **fields)


def judged(true: int = 0, false: int = 0, too_late: int = 0, lost: int = 0, **fields: object) -> list[Incident]:
    said = ["true"] * true + ["false"] * false + ["too-late"] * too_late + ["not-for-me"] * lost
    return [incident(one, name=f"{place}", start=100 * place, **fields) for place, one in enumerate(said)]  # type: ignore[arg-type]


def parsed(*incidents: Incident) -> Labels:
    return parse_labels(msgspec.json.encode(labels_of(incidents)))


def advice(*incidents: Incident, budget: float = 1.0) -> list[tuple[str, Advice, float | None]]:
    watched = watch(budget=budget)
    return [(one.brand, one.advice, one.to) for one in suggestions(precision(incidents, watched), watched)]


# ---------------------------------------------------------------------------------------- verdicts


@pytest.mark.parametrize(
    "said, verdict",
    [
        ([], None),
        (["true"], "true"),
        (["false"], "false"),
        (["too-late"], "too-late"),
        # Somebody else's business may be real or not.
        (["not-for-me", "not-for-me"], None),
        (["not-for-me", "not-for-me", "false"], "false"),
        (["true", "false"], None),
        (["too-late", "false"], None),
        # Too late is real, too.
        (["true", "too-late", "false"], "true"),
        (["too-late", "too-late", "true", "false"], "too-late"),
        (["false", "false", "true"], "false"),
    ],
    ids=str,
)
def test_the_majority_says_what_an_incident_was(said: list[str], verdict: str | None) -> None:
    assert verdict_of(incident(*said)) == verdict


# --------------------------------------------------------------------------------------- precision


@pytest.mark.parametrize(
    "real, false, low, high",
    [
        # By integrating the density of Beta(real + 1/2, false + 1/2) with Simpson's rule, without scipy.
        (8, 2, 0.5475, 0.9398),
        (2, 8, 0.0602, 0.4525),
        (0, 3, 0.0, 0.4441),
        (3, 0, 0.5559, 1.0),
        (5, 5, 0.2619, 0.7381),
        (0, 0, 0.0, 1.0),
    ],
)
def test_the_interval_is_that_of_jeffreys(real: int, false: int, low: float, high: float) -> None:
    assert interval(real, false) == pytest.approx((low, high), abs=1e-4)


@given(real=st.integers(0, 500), false=st.integers(0, 500))
def test_the_interval_holds_what_was_measured(real: int, false: int) -> None:
    low, high = interval(real, false)
    assert 0.0 <= low < high <= 1.0
    if real + false:
        assert low <= real / (real + false) <= high
    # Of what is turned round it is turned round; another real one moves it up.
    assert interval(false, real) == pytest.approx((1 - high, 1 - low), abs=1e-9)
    more = interval(real + 1, false)
    assert more[0] > low and more[1] >= high


def test_an_incident_counts_for_each_of_its_detectors_and_over_all_brands() -> None:
    both = incident("true", "not-for-me", detectors=["surge", "story"])
    rows = precision([incident("false", brand="globex"), both, incident(), incident("true", brand="old")], watch())
    assert [(row.brand, row.detector, row.judged, row.true, row.false, row.unjudged) for row in rows] == [
        ("acme", "story", 1, 1, 0, 0),
        ("acme", "surge", 1, 1, 0, 1),
        ("globex", "surge", 1, 0, 1, 0),
        ("old", "surge", 1, 1, 0, 0),  # nobody watches it any more
        (None, "story", 1, 1, 0, 0),
        (None, "surge", 3, 2, 1, 1),
    ]
    assert [row.not_for_me for row in rows] == [1, 1, 0, 0, 1, 1]
    assert rows[-1].precision == pytest.approx(2 / 3)


def test_without_a_judgement_nothing_is_known() -> None:
    row, _ = precision([incident(), incident("true", "false"), incident("not-for-me")], watch())
    assert (row.precision, row.low, row.high) == (None, None, None)
    assert (row.judged, row.unjudged, row.not_for_me, row.heard) == (0, 3, 1, 2)
    assert precision([], watch()) == []


def test_what_came_too_late_was_right() -> None:
    row, _ = precision(judged(true=1, too_late=2, false=1), watch())
    assert row.precision == 0.75 and (row.low, row.high) == interval(3, 1)


said_of_one = st.lists(st.sampled_from([str(one) for one in Verdict]), max_size=4)
incidents_of_people = st.lists(
    st.builds(
        lambda said, brand, start, lasts, low: incident(
            *said, brand=brand, start=start, lasts=lasts, severity=Severity.LOW if low else Severity.HIGH
        ),
        said_of_one,
        st.sampled_from(["acme", "globex"]),
        st.integers(0, 300),
        st.integers(0, 120),
        st.booleans(),
    ),
    max_size=12,
).map(lambda told: [msgspec.structs.replace(one, id=f"i{place}") for place, one in enumerate(told)])


@given(incidents_of_people)
def test_counts_add_up(incidents: list[Incident]) -> None:
    rows = precision(incidents, watch())
    for row in rows:
        assert row.true + row.false + row.too_late == row.judged <= row.heard <= row.judged + row.unjudged
        assert row.not_for_me <= row.heard
    for part in ("judged", "true", "false", "too_late", "not_for_me", "unjudged", "heard"):
        assert sum(getattr(row, part) for row in rows if row.brand) == sum(
            getattr(row, part) for row in rows if not row.brand
        )
    assert sum(row.judged + row.unjudged for row in rows if row.brand) == len(incidents)


# ------------------------------------------------------------------------------------- suggestions


def test_who_is_mostly_wrong_is_to_alert_less() -> None:
    assert advice(*judged(false=3), budget=2.0) == [("acme", Advice.LOWER_BUDGET, 1.0)]
    # Two false ones of two may be bad luck: the interval ends at 0.57.
    assert advice(*judged(false=2)) == []
    assert advice(*judged(true=3, false=7)) == []
    assert advice(*judged(true=3, false=9)) == [("acme", Advice.LOWER_BUDGET, 0.5)]


def test_who_is_mostly_late_is_to_alert_more() -> None:
    assert advice(*judged(true=6, too_late=3)) == [("acme", Advice.RAISE_BUDGET, 2.0)]
    assert advice(*judged(true=7, too_late=3)) == []
    assert advice(*judged(too_late=2)) == []


def test_no_budget_helps_who_is_both() -> None:
    (told,) = suggestions(precision(judged(too_late=3, false=20), watch()), watch())
    assert (told.advice, told.now, told.to) == (Advice.TUNE, None, None)
    assert "3 of 23 judged" in told.reason and "3 of 3 real incidents came too late" in told.reason


def test_what_was_not_for_whoever_heard_is_a_matter_of_routes() -> None:
    assert advice(*judged(true=6, lost=3)) == [("acme", Advice.ROUTES, None)]
    assert advice(*judged(true=7, lost=3)) == []
    assert advice(*judged(lost=2)) == []


def test_a_budget_says_nothing_to_those_who_have_none() -> None:
    assert advice(*judged(false=9, detectors=["impostor"])) == []
    # Nor is a brand that nobody watches to be changed, nor all at once.
    assert advice(*judged(false=9, brand="old")) == []


def test_a_suggestion_has_its_reason_and_its_numbers() -> None:
    rows = [
        Precision(brand="acme", detector="surge", judged=9, false=9, heard=9, precision=0.0, low=0.0, high=0.19),
        Precision(brand="acme", detector="ears-c2", judged=4, false=4, heard=4, precision=0.0, low=0.0, high=0.36),
    ]
    watched = watch(budget=3.0)
    watched = msgspec.structs.replace(
        watched, brands=[msgspec.structs.replace(watched.brands[0], detectors=["ears-c2", "surge"])]
    )
    (told,) = suggestions(rows, watched)  # one budget, one suggestion: the plainest speaks
    assert (told.detector, told.now, told.to) == ("surge", 3.0, 1.5)
    assert told.reason == "surge: 0 of 9 judged incidents were real (90 % interval 0 to 19 %)"


# ------------------------------------------------------------------------------------------ labels


def test_what_people_said_are_labels() -> None:
    points = [
        TimelinePoint(minutes(at), observed, 1.0, 0, 3)
        # The largest five minutes are another wave's, of before.
        for at, observed in ((-60, 900), (0, 20), (5, 70), (10, 60))
    ]
    real = incident("too-late", name="real")
    rally = Story(kind=StoryKind.RALLY, share=0.6, threshold=0.3, posts=18, of=30)
    real = msgspec.structs.replace(real, why=msgspec.structs.replace(real.why, timeline=points, stories=[rally]))
    joke = Opinion(by="anna", at=AT, verdict=Verdict.FALSE, text="a joke")
    false = incident(name="false", start=100, opinions=[joke])
    tied = incident("true", "false", name="tied", start=200)
    on = incident("true", name="on", start=300, resolved_at=None, severity=Severity.LOW)
    found = parsed(on, incident(name="unsaid", start=2000), tied, false, real)
    first, second = found.crises
    assert (first.id, first.onset, first.peak, first.end) == ("real", AT, minutes(5), minutes(60))
    assert (first.grade, first.kind) == ("hard", "rally")
    assert (second.id, second.peak, second.end) == ("on", minutes(305), minutes(960))
    assert (second.grade, second.kind) == ("soft", "other")
    assert [(one.id, one.start, one.until, one.why) for one in found.traps] == [
        ("false", minutes(100), minutes(160), "anna: false (a joke)")
    ]
    assert [(one.id, one.why) for one in found.ignore] == [
        ("tied", "not decided (p0: true, p1: false)"),
        ("unsaid", "nobody has said what it was"),
    ]


def test_stories_at_the_same_time_are_one_crisis_and_traps_stay_outside() -> None:
    found = parsed(
        incident("true", name="a", start=60, lasts=60, severity=Severity.LOW),
        incident("true", name="b", start=100, lasts=60),
        incident("true", name="next", start=160, lasts=40),  # begins as the other ends: another one
        incident("true", name="there", brand="globex", start=70),
        incident("false", name="around", start=0, lasts=300),
        incident("false", name="within", start=110, lasts=10),
        incident(name="unsaid", start=130, lasts=100),
    )
    assert [(one.id, one.onset, one.end, one.grade) for one in found.crises] == [
        ("a", minutes(60), minutes(160), "hard"),
        ("next", minutes(160), minutes(200), "hard"),
        ("there", minutes(70), minutes(130), "hard"),
    ]
    assert [(one.id, one.start, one.until) for one in found.traps] == [
        ("around", minutes(0), minutes(60)),
        ("around (2)", minutes(200), minutes(300)),
    ]
    assert [(one.id, one.start, one.until) for one in found.ignore] == [("unsaid", minutes(200), minutes(230))]


@given(incidents_of_people)
def test_labels_are_such_that_we_read_them(incidents: list[Incident]) -> None:
    found = parsed(*incidents)
    for told in incidents:
        # An alert at its opening is right if it was real, and nobody's fault where nobody knows.
        verdict = verdict_of(told)
        covered = any(crisis.covers(told.brand, told.opened_at) for crisis in found.crises)
        spans = found.ignore if verdict is None else found.traps
        assert covered or (
            verdict in (None, Verdict.FALSE) and any(span.covers(told.brand, told.opened_at) for span in spans)
        )
    assert labels_of(reversed(incidents)) == labels_of(incidents)
