"""What comes of feedback: how often each detector was right, labels to tune it with, and suggestions; no more."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeAlias

import msgspec

from detectors.model import Brand, Incident, Severity, TimelinePoint, Verdict, Watch

__all__ = [
    "Advice",
    "LabelLists",
    "Precision",
    "Suggestion",
    "interval",
    "labels_of",
    "precision",
    "suggestions",
    "verdict_of",
]

COVERAGE: Final = 0.9
MOSTLY_FALSE: Final = 0.5
"""Whose interval ends below cries for nothing more often than not."""
MANY: Final = 3
"""Fewer are no pattern; nor is less than a third."""
FACTOR: Final = 2.0
"""A budget that does not fit is halved or doubled: one step at a time, then it is measured again."""
_BIN: Final = timedelta(minutes=5)

LabelLists: TypeAlias = dict[str, list[dict[str, str]]]


class Precision(msgspec.Struct, frozen=True, kw_only=True):
    """How often a detector was right, by what people said; `brand` is None over all brands.

    `judged` is `true`, `too_late` and `false` together; `unjudged` are the incidents of which nobody has said whether
    they were real, or of which people disagree. `not_for_me` of either were somebody else's business, `heard` of
    either is anything known. `precision` is the share of the judged that was real, in time or not, and `low` to `high`
    its 90 % interval (see `interval`); None where nothing was judged.
    """

    brand: str | None
    detector: str
    judged: int = 0
    true: int = 0
    false: int = 0
    too_late: int = 0
    not_for_me: int = 0
    unjudged: int = 0
    heard: int = 0
    precision: float | None = None
    low: float | None = None
    high: float | None = None


class Advice(enum.StrEnum):
    """What a suggestion is to do."""

    LOWER_BUDGET = "lower-budget"
    RAISE_BUDGET = "raise-budget"
    TUNE = "tune"
    ROUTES = "routes"


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """What could be done for a brand, and the `reason` with its numbers.

    `now` and `to` are values of its `false_alarms_per_month`, None where that is not what to change.
    """

    brand: str
    detector: str
    advice: Advice
    reason: str
    now: float | None = None
    to: float | None = None


def verdict_of(incident: Incident) -> Verdict | None:
    """TRUE, FALSE or TOO_LATE, as most people say of an incident; None where nobody says, or as many say yes as no.

    TRUE and TOO_LATE both say that it was real; it was TOO_LATE if more of those who say so say that. NOT_FOR_ME speaks
    of whom it was sent to, not of what it was.

    >>> from datetime import UTC
    >>> from detectors.model import Explanation, IncidentState, Opinion
    >>> at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    >>> why = Explanation(since=at, until=at, observed=90, expected=2.0, first_post=None, top_posts=[])
    >>> said = [Opinion(by="anna", at=at, verdict=Verdict.TOO_LATE), Opinion(by="ben", at=at, verdict=Verdict.TRUE)]
    >>> told = Incident(
    ...     id="a", brand="acme", brand_name="Acme", state=IncidentState.OPEN, version=1, onset=at, opened_at=at,
    ...     updated_at=at, alerts=[], why=why, peak_surprise=6.0, threshold=4.8, opinions=said)
    >>> verdict_of(told)
    <Verdict.TRUE: 'true'>
    """
    said = [opinion.verdict for opinion in incident.opinions]
    too_late, false = said.count(Verdict.TOO_LATE), said.count(Verdict.FALSE)
    real = said.count(Verdict.TRUE) + too_late
    if real == false:
        return None
    if real < false:
        return Verdict.FALSE
    return Verdict.TOO_LATE if 2 * too_late > real else Verdict.TRUE


def interval(real: int, false: int) -> tuple[float, float]:
    """The 90 % interval of a precision of which so many judged incidents were real, and so many false.

    Jeffreys': the middle nine tenths of Beta(real + 1/2, false + 1/2); from 0 where none was real, to 1 where all
    were, so that it holds real / (real + false) always. Without any it is (0, 1).

    Source: Brown, Cai, DasGupta, Interval Estimation for a Binomial Proportion, Statistical Science 16(2), 2001,
    section 4.3, https://doi.org/10.1214/ss/1009213286

    >>> [round(end, 3) for end in interval(8, 2)], [round(end, 3) for end in interval(0, 3)]
    ([0.548, 0.94], [0.0, 0.444])
    """
    from scipy.stats import beta

    tail = (1.0 - COVERAGE) / 2
    low, high = beta.ppf([tail, 1.0 - tail], real + 0.5, false + 0.5)
    return float(low) if real else 0.0, float(high) if false else 1.0


def precision(incidents: Iterable[Incident], watch: Watch) -> list[Precision]:
    """A row for each brand and detector that had an incident, then one for each detector over all brands.

    An incident counts for each of its detectors. Brands come as they do in `watch`, then those no longer watched.
    """
    found: dict[tuple[str | None, str], list[Incident]] = {}
    for incident in incidents:
        for detector in dict.fromkeys(incident.detectors):
            found.setdefault((incident.brand, detector), []).append(incident)
            found.setdefault((None, detector), []).append(incident)
    places = {brand.id: place for place, brand in enumerate(watch.brands)}

    def order(key: tuple[str | None, str]) -> tuple[bool, int, str, str]:
        brand, detector = key
        return brand is None, places.get(brand or "", len(places)), brand or "", detector

    return [_row(*key, found[key]) for key in sorted(found, key=order)]


def _row(brand: str | None, detector: str, incidents: Sequence[Incident]) -> Precision:
    verdicts = [verdict_of(incident) for incident in incidents]
    true, false, too_late = (verdicts.count(one) for one in (Verdict.TRUE, Verdict.FALSE, Verdict.TOO_LATE))
    judged = true + false + too_late
    low, high = interval(true + too_late, false) if judged else (None, None)
    return Precision(
        brand=brand,
        detector=detector,
        judged=judged,
        true=true,
        false=false,
        too_late=too_late,
        not_for_me=sum(any(one.verdict is Verdict.NOT_FOR_ME for one in incident.opinions) for incident in incidents),
        unjudged=len(incidents) - judged,
        heard=sum(bool(incident.opinions) for incident in incidents),
        precision=(true + too_late) / judged if judged else None,
        low=low,
        high=high,
    )


# -------------------------------------------------------------------------------------- suggestions


def suggestions(rows: Iterable[Precision], watch: Watch) -> list[Suggestion]:
    """What the rows of `precision` speak for, at most one of a kind for each watched brand. It changes nothing.

    | where | suggested |
    |---|---|
    | the interval ends below one half | half of the brand's `false_alarms_per_month` |
    | at least three, and a third of the real ones, were too late | the double |
    | both | tune the detector: no budget helps against both |
    | at least three, and a third of those somebody spoke of, were not for them | look at the routes |

    The first three only of the brand's detectors: impostors, responses and further stories have no budget. Where
    several detectors speak for the same, the plainest is named.

    >>> from detectors.model import Match
    >>> acme = Brand(id="acme", name="Acme", match=Match(any=["acme"]))
    >>> row = Precision(brand="acme", detector="surge", judged=4, false=4, heard=4, precision=0.0, low=0.0, high=0.362)
    >>> [(one.advice.value, one.now, one.to, one.reason) for one in suggestions([row], Watch(brands=[acme]))]
    [('lower-budget', 1.0, 0.5, 'surge: 0 of 4 judged incidents were real (90 % interval 0 to 36 %)')]
    """
    rows = list(rows)
    return [one for brand in watch.brands for one in _of_brand(brand, [row for row in rows if row.brand == brand.id])]


def _of_brand(brand: Brand, rows: Sequence[Precision]) -> Iterator[Suggestion]:
    own = [row for row in rows if row.detector in brand.detectors]
    wrong = min((row for row in own if row.high is not None), key=lambda row: row.high or 0.0, default=None)
    if wrong is not None and not _is_mostly_false(wrong):
        wrong = None
    late = max((row for row in own if _is_late(row)), key=lambda row: row.too_late, default=None)
    budget = brand.false_alarms_per_month
    if wrong is not None and late is not None:
        reason = f"{_false_reason(wrong)}, and yet {_late_reason(late)}"
        yield Suggestion(brand=brand.id, detector=wrong.detector, advice=Advice.TUNE, reason=reason)
    elif wrong is not None:
        yield _budget(brand, wrong, Advice.LOWER_BUDGET, budget / FACTOR, _false_reason(wrong))
    elif late is not None:
        yield _budget(brand, late, Advice.RAISE_BUDGET, budget * FACTOR, _late_reason(late))
    lost = max((row for row in rows if _is_lost(row)), key=lambda row: row.not_for_me, default=None)
    if lost is not None:
        reason = f"{lost.detector}: {lost.not_for_me} of the {lost.heard} incidents that somebody spoke of"
        reason += " were not for whoever heard of them"
        yield Suggestion(brand=brand.id, detector=lost.detector, advice=Advice.ROUTES, reason=reason)


def _budget(brand: Brand, row: Precision, advice: Advice, to: float, reason: str) -> Suggestion:
    now = brand.false_alarms_per_month
    return Suggestion(brand=brand.id, detector=row.detector, advice=advice, reason=reason, now=now, to=to)


def _is_mostly_false(row: Precision) -> bool:
    return row.high is not None and row.high < MOSTLY_FALSE


def _is_late(row: Precision) -> bool:
    return row.too_late >= MANY and 3 * row.too_late >= row.true + row.too_late


def _is_lost(row: Precision) -> bool:
    return row.not_for_me >= MANY and 3 * row.not_for_me >= row.heard


def _false_reason(row: Precision) -> str:
    real, low, high = row.true + row.too_late, 100 * (row.low or 0.0), 100 * (row.high or 0.0)
    share = f"90 % interval {low:.0f} to {high:.0f} %"
    return f"{row.detector}: {real} of {row.judged} judged incidents were real ({share})"


def _late_reason(row: Precision) -> str:
    return f"{row.detector}: {row.too_late} of {row.true + row.too_late} real incidents came too late"


# ------------------------------------------------------------------------------------------- labels


class _Stretch(NamedTuple):
    """Incidents of a brand that follow each other without a pause, and from when to when."""

    start: datetime
    end: datetime
    incidents: list[Incident]


def labels_of(incidents: Iterable[Incident]) -> LabelLists:
    """What people said, as labels that `detectors.backtest.parse_labels` reads: what is written as JSON.

    Real incidents are `crises`, false ones `traps`, and those of which it is not decided, or not said, are in `ignore`:
    an alert there is neither right nor wrong. Each lasts from its onset until it was over, or last changed.

    Labels know one crisis of a brand at a time. Those that overlap become one: with the name of the first, the peak
    and the kind of the largest, "hard" if one of them is more than low. So do traps, and what is to be ignored; and
    both have only what lies outside of every crisis of the brand.
    """
    by_verdict: dict[str, list[Incident]] = {"crises": [], "traps": [], "ignore": []}
    for incident in incidents:
        verdict = verdict_of(incident)
        by_verdict["ignore" if verdict is None else "traps" if verdict is Verdict.FALSE else "crises"].append(incident)
    crises = _joined(by_verdict["crises"])
    return {
        "crises": [_crisis(one) for one in crises],
        "traps": [span for one in _joined(by_verdict["traps"]) for span in _spans(one, crises)],
        "ignore": [span for one in _joined(by_verdict["ignore"]) for span in _spans(one, crises)],
    }


def _end(incident: Incident) -> datetime:
    return max(incident.onset, incident.opened_at, incident.resolved_at or incident.updated_at)


def _joined(incidents: Iterable[Incident]) -> list[_Stretch]:
    joined: list[_Stretch] = []
    for incident in sorted(incidents, key=lambda one: (one.brand, one.onset, one.id)):
        last = joined[-1] if joined else None
        if last is not None and last.incidents[0].brand == incident.brand and incident.onset < last.end:
            joined[-1] = _Stretch(last.start, max(last.end, _end(incident)), [*last.incidents, incident])
        else:
            joined.append(_Stretch(incident.onset, _end(incident), [incident]))
    return joined


def _crisis(stretch: _Stretch) -> dict[str, str]:
    first = stretch.incidents[0]
    tops = [(incident, _top(incident)) for incident in stretch.incidents]
    largest, top = max(tops, key=lambda one: -1 if one[1] is None else one[1].observed)
    peak = top.at if top is not None else largest.opened_at
    low = all(incident.severity is Severity.LOW for incident in stretch.incidents)
    return {
        "id": first.id,
        "brand": first.brand,
        "onset": _text(stretch.start),
        "peak": _text(min(max(peak, stretch.start), stretch.end)),
        "end": _text(stretch.end),
        "grade": "soft" if low else "hard",
        "kind": largest.why.stories[0].kind if largest.why.stories else "other",
    }


def _top(incident: Incident) -> TimelinePoint | None:
    """The largest five minutes of an incident; its timeline begins before it, maybe with another wave."""
    own = [point for point in incident.why.timeline if incident.onset - _BIN < point.at <= _end(incident)]
    return max(own, key=lambda point: point.observed, default=None)


def _spans(stretch: _Stretch, crises: Iterable[_Stretch]) -> Iterator[dict[str, str]]:
    """What of a stretch lies outside of the crises of its brand."""
    first = stretch.incidents[0]
    why = "; ".join(dict.fromkeys(map(_why, stretch.incidents)))
    own = [crisis for crisis in crises if crisis.incidents[0].brand == first.brand]
    for place, (start, end) in enumerate(_outside(stretch, own), 1):
        name = first.id if place == 1 else f"{first.id} ({place})"
        yield {"id": name, "brand": first.brand, "from": _text(start), "to": _text(end), "why": why}


def _outside(stretch: _Stretch, crises: Iterable[_Stretch]) -> Iterator[tuple[datetime, datetime]]:
    """The parts of a stretch between the crises, which come in order; a moment is one that lies in none."""
    start, end = stretch.start, stretch.end
    touched = [crisis for crisis in crises if crisis.start <= end and start <= crisis.end]
    if not touched:
        yield start, end
    for crisis in touched:
        if start < crisis.start:
            yield start, crisis.start
        start = max(start, crisis.end)
    if touched and start < end:
        yield start, end


def _why(incident: Incident) -> str:
    said = ", ".join(f"{one.by}: {one.verdict}{f' ({one.text})' if one.text else ''}" for one in incident.opinions)
    if verdict_of(incident) is not None:
        return said
    return f"not decided ({said})" if said else "nobody has said what it was"


def _text(at: datetime) -> str:
    text: str = msgspec.to_builtins(at)
    return text
