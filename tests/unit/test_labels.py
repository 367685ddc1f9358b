"""Labels: read whole, or refused with every problem and its path."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from detectors.backtest import Crisis, Labels, Span, parse_labels
from detectors.errors import InputError

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
GOOD = {
    "id": "c",
    "brand": "acme",
    "onset": "2026-03-02T09:00:00Z",
    "peak": "2026-03-02T13:00:00Z",
    "end": "2026-03-02T21:00:00Z",
}
WITHOUT_END = {key: value for key, value in GOOD.items() if key != "end"}
SPAN = {"id": "t", "brand": "acme", "from": "2026-03-03T09:00:00Z", "to": "2026-03-03T13:00:00Z"}


def problems(content: object, **options: list[str]) -> list[str]:
    """What a file of labels is refused for, a line each."""
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    with pytest.raises(InputError) as refused:
        parse_labels(raw, source="labels.json", brands=options.get("brands"))
    first, *others = str(refused.value).split("\n  ")
    assert first.startswith("labels.json: ")
    if not others:
        return [first.removeprefix("labels.json: ")]
    assert first == f"labels.json: {len(others)} problems"
    return others


def test_labels_are_read_whole() -> None:
    content = {
        "crises": [{**GOOD, "end": "2026-03-02T22:00:00+01:00", "grade": "soft", "kind": "outage", "note": "ignored"}],
        "traps": [{**SPAN, "why": "a contest"}],
        "ignore": [{**SPAN, "brand": "globex"}],
    }
    labels = parse_labels(json.dumps(content).encode(), brands=["acme", "globex"])
    assert labels.crises[0].end == NINE + timedelta(hours=12)
    assert (labels.crises[0].grade, labels.traps[0].why) == ("soft", "a contest")
    assert labels.traps[0].until == NINE + timedelta(hours=28)
    assert labels.brands() == ["acme", "globex"]


def test_a_file_may_have_no_labels() -> None:
    assert parse_labels(b"{}").brands() == []


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "truncated"),
        (b"\xff", "malformed"),
        (b"[]", "Expected `object`"),
        (b'{"crises": {}}', "`$.crises`"),
        ({"crises": ["c"]}, "Expected `object`, got `str` - at `$.crises[0]`"),
        ({"crises": [{**GOOD, "end": "2026-03-02T21:00:00"}]}, "`$.crises[0].end`"),
        ({"crises": [{**GOOD, "end": "soon"}]}, "`$.crises[0].end`"),
        ({"crises": [GOOD, WITHOUT_END]}, "`end` - at `$.crises[1]`"),
        ({"crises": [{**GOOD, "id": ""}]}, "`$.crises[0].id`"),
        ({"crises": [{**GOOD, "end": "2026-03-02T12:00:00Z"}]}, "must follow each other - at `$.crises[0]`"),
        ({"traps": [SPAN, {**SPAN, "id": "u", "to": "2026-03-01T00:00:00Z"}]}, "`from` must not be after `to`"),
        ({"ignore": [{**SPAN, "from": None}]}, "`$.ignore[0].from`"),
        ({"ignore": [{**SPAN, "to": "2026-03-01T00:00:00Z"}]}, "`$.ignore[0]`"),
    ],
)
def test_a_wrong_label_is_told_with_its_path(content: object, message: str) -> None:
    (problem,) = problems(content)
    assert message in problem


def test_every_problem_is_told_at_once() -> None:
    content = {
        "crises": [WITHOUT_END, {**GOOD, "brand": 7, "onset": "soon"}, {**GOOD, "brand": "initech"}],
        "traps": [{**SPAN, "to": "2026-03-01T00:00:00Z"}],
    }
    assert problems(content, brands=["acme"]) == [
        "Object missing required field `end` - at `$.crises[0]`",
        "Expected `str`, got `int` - at `$.crises[1].brand`",
        "Invalid RFC3339 encoded datetime - at `$.crises[1].onset`",
        "`from` must not be after `to` - at `$.traps[0]`",
        "'initech' is not watched; expected one of: acme - at `$.crises[2].brand`",
    ]


def test_an_id_stands_once_in_its_list() -> None:
    other = {**SPAN, "brand": "globex"}
    assert problems({"traps": [SPAN, other], "ignore": [other]}) == [
        "'t' is the id of `$.traps[0]`; expected an id of its own - at `$.traps[1].id`"
    ]


@pytest.mark.parametrize("section", ["crises", "traps", "ignore"])
def test_a_brand_nobody_watches_is_named_with_its_path(section: str) -> None:
    label = {**(GOOD if section == "crises" else SPAN), "brand": "other"}
    (problem,) = problems({section: [label]}, brands=["acme", "globex"])
    assert problem == f"'other' is not watched; expected one of: acme, globex - at `$.{section}[0].brand`"


# Hours of 2 March 2026; the crisis lasts from 9 to 21.
def between(start: int, end: int, **fields: str) -> dict[str, str]:
    day = "2026-03-02T"
    return {
        "id": f"{start}-{end}",
        "brand": "acme",
        "from": f"{day}{start:02d}:00:00Z",
        "to": f"{day}{end:02d}:00:00Z",
    } | (fields)


@pytest.mark.parametrize("section", ["traps", "ignore"])
@pytest.mark.parametrize(
    "span, fits",
    [
        (between(10, 11), False),
        (between(8, 10), False),
        (between(20, 22), False),
        (between(8, 22), False),
        (between(8, 9), True),
        (between(21, 22), True),
        (between(10, 11, brand="globex"), True),
    ],
)
def test_what_is_a_crisis_is_neither_a_trap_nor_to_be_ignored(section: str, span: dict[str, str], fits: bool) -> None:
    content = {"crises": [GOOD], section: [span]}
    if fits:
        assert parse_labels(json.dumps(content).encode()).crises
    else:
        assert problems(content) == [f"overlaps the crisis `$.crises[0]`, of the same brand - at `$.{section}[0]`"]


@pytest.mark.parametrize("section", ["traps", "ignore"])
def test_spans_of_a_list_do_not_overlap(section: str) -> None:
    content = {section: [between(1, 4), between(6, 9), between(3, 7), between(3, 7, brand="globex", id="g")]}
    assert problems(content) == [
        f"overlaps `$.{section}[0]`, of the same brand - at `$.{section}[2]`",
        f"overlaps `$.{section}[1]`, of the same brand - at `$.{section}[2]`",
    ]


def test_crises_of_a_brand_follow_each_other() -> None:
    second = {**GOOD, "id": "d", "onset": "2026-03-02T20:00:00Z", "peak": "2026-03-02T20:00:00Z"}
    assert problems({"crises": [GOOD, second]}) == ["overlaps `$.crises[0]`, of the same brand - at `$.crises[1]`"]
    assert len(parse_labels(json.dumps({"crises": [GOOD, {**second, "brand": "globex"}]}).encode()).crises) == 2


def test_a_trap_may_lie_in_a_span_to_ignore() -> None:
    content = {"traps": [between(10, 12)], "ignore": [between(9, 13)]}
    assert parse_labels(json.dumps(content).encode()).traps


# --------------------------------------------------------------------------------------- a stretch


def crisis(name: str, hours: float) -> Crisis:
    onset = NINE + timedelta(hours=hours)
    return Crisis(id=name, brand="acme", onset=onset, peak=onset, end=onset + timedelta(hours=4))


def test_a_crisis_belongs_to_a_stretch_if_its_onset_does() -> None:
    hours = {"long before": -5, "before": -1, "first": 0, "last": 10, "after": 10.25, "long after": 11}
    move = Span(id="move", brand="acme", start=NINE, until=NINE)
    labels = Labels(crises=[crisis(name, hour) for name, hour in hours.items()], ignore=[move])
    inside = labels.between(NINE, NINE + timedelta(hours=10))
    assert [found.id for found in inside.crises] == ["first", "last"]
    # An alert in what reaches in of the others is no false alarm: they did happen.
    assert [(span.id, span.start) for span in inside.ignore] == [
        ("move", NINE),
        ("before", NINE - timedelta(hours=1, minutes=30)),
        ("after", NINE + timedelta(hours=9, minutes=45)),
    ]


def test_a_stretch_without_ends_holds_all() -> None:
    labels = Labels(crises=[crisis("one", 0)])
    assert labels.between(None, None) == labels
