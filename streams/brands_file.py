"""The structure of brands.yaml: its parts, their fields, and what each value may be."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from detectors.model import Language, Severity, StoryKind
from detectors.text.terms import fold
from streams.spans import parse_span

__all__ = ["PARTS", "BrandsFile"]


# ------------------------------------------------------------------------------------------ values


def _term(text: str) -> str:
    if not fold(text).strip("@# "):
        raise ValueError("blank; expected a word, an @handle or a #hashtag")
    return text


def _text(text: str) -> str:
    if not text.strip():
        raise ValueError("blank; expected a text")
    return text


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # what zoneinfo raises for an unknown name, for "../x", for a folder
        raise ValueError(f"no time zone {name!r}; expected a name such as Europe/Paris") from None
    return name


def _detector(name: str) -> str:
    from detectors.algorithms import DETECTORS

    if name.partition(":")[0] not in DETECTORS:
        raise ValueError(f"no detector {name!r}; expected one of: {', '.join(sorted(DETECTORS))}")
    return name


def _parameters(given: dict[str, dict[str, int | float]]) -> dict[str, dict[str, float]]:
    import msgspec

    from detectors.algorithms import kind_of

    for name, parameters in given.items():
        kind = kind_of(_detector(name)).PARAMS
        known = {field.name for field in msgspec.structs.fields(kind)}
        for parameter, value in parameters.items():
            if parameter not in known:
                raise ValueError(
                    f"{name}: no parameter {parameter!r}; expected one of: {', '.join(sorted(known)) or 'none'}"
                )
            try:
                msgspec.convert({parameter: value}, kind)
            except msgspec.ValidationError as error:
                raise ValueError(f"{name}.{parameter}: {error}") from None
    return given


def _language(code: str) -> str:
    known = [language.value for language in Language if language is not Language.OTHER]
    if code not in known:
        raise ValueError(f"{code!r} is not read; expected one of: {', '.join(known)}")
    return code


def _story(kind: str) -> str:
    if kind not in list(StoryKind):
        raise ValueError(f"{kind!r} is no kind of story; expected one of: {', '.join(StoryKind)}")
    return kind


def _positive(span: timedelta) -> timedelta:
    if not span:
        raise ValueError("zero; expected a positive duration")
    return span


def _severity(name: str) -> str:
    if name not in list(Severity):
        raise ValueError(f"{name!r} is no severity; expected one of: {', '.join(Severity)}")
    return name


def _day(name: str) -> str:
    if name not in DAYS:
        raise ValueError(f"{name!r} is no day; expected one of: {', '.join(DAYS)}")
    return name


def _date(text: object) -> date:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        raise ValueError("no date; expected a day such as 2026-12-25") from None


def _moment(text: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise ValueError("no moment; expected a date and a time such as 2026-12-25T18:00+01:00") from None
    if moment.tzinfo is None:
        raise ValueError("without a time zone; expected one, such as 2026-12-25T18:00+01:00 or 2026-12-25T17:00Z")
    return moment


def _away(text: object) -> tuple[date, date]:
    first, _, last = text.partition("/") if isinstance(text, str) else ("", "", "")
    try:
        span = date.fromisoformat(first), date.fromisoformat(last or first)
    except ValueError:
        raise ValueError("no days; expected 2026-12-24 or 2026-12-24/2027-01-02") from None
    if span[0] > span[1]:
        raise ValueError("ends before it begins; expected the first day before the last one")
    return span


def _hours(text: object) -> tuple[int, int]:
    match = re.fullmatch(r"([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})", text) if isinstance(text, str) else None
    if match is not None:
        first, first_minute, last, last_minute = map(int, match.groups())
        span = first * 60 + first_minute, last * 60 + last_minute
        if first_minute < 60 > last_minute and span[0] < 1440 >= span[1] and span[0] != span[1]:
            return span
    raise ValueError("no hours; expected two different times of the day such as 08:00-18:30, or 18:00-08:00 over night")


def _minute(text: object) -> int:
    match = re.fullmatch(r"([0-9]{2}):([0-9]{2})", text) if isinstance(text, str) else None
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        raise ValueError("no time of the day; expected one such as 08:00")
    return int(match[1]) * 60 + int(match[2])


def _id(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9_-]+", text):
        raise ValueError(f"{text!r} is no id; expected lower-case letters a-z, digits, - and _")
    return text


DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun", "holidays")
_Id = Annotated[str, AfterValidator(_id)]
_Text = Annotated[str, AfterValidator(_text)]
_Term = Annotated[str, AfterValidator(_term)]
_Terms = Annotated[list[_Term], Field(min_length=1)]
_Zone = Annotated[str, AfterValidator(_timezone)]
_Languages = Annotated[list[Annotated[str, AfterValidator(_language)]], Field(min_length=1)]
_Detectors = Annotated[list[Annotated[str, AfterValidator(_detector)]], Field(min_length=1)]
_Shadows = list[Annotated[str, AfterValidator(_detector)]]
_Parameters = Annotated[dict[str, dict[str, int | float]], AfterValidator(_parameters)]
_Stories = dict[Annotated[str, AfterValidator(_story)], Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]]
_Language = Annotated[str, AfterValidator(_language)]
_Kind = Annotated[str, AfterValidator(_story)]
_Severity = Annotated[str, AfterValidator(_severity)]
_Days = Annotated[list[Annotated[str, AfterValidator(_day)]], Field(min_length=1)]
_Date = Annotated[date, BeforeValidator(_date)]
_Away = Annotated[tuple[date, date], BeforeValidator(_away)]
_Moment = Annotated[datetime, BeforeValidator(_moment)]
_Hours = Annotated[tuple[int, int], BeforeValidator(_hours)]
_Names = Annotated[list[str], Field(min_length=1)]
_Budget = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_Span = Annotated[timedelta, BeforeValidator(parse_span)]
_PositiveSpan = Annotated[timedelta, BeforeValidator(parse_span), AfterValidator(_positive)]


# --------------------------------------------------------------------------------------- structure


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if value is not None or key not in cls.model_fields}


class DefaultsPart(_Part):
    false_alarms_per_month: _Budget = 1.0
    timezone: _Zone = "UTC"
    languages: _Languages = ["en", "fr"]
    detectors: _Detectors = ["surge"]
    shadow_detectors: _Shadows = []
    parameters: _Parameters = {}
    harmless: list[_Term] = []
    stories: _Stories = {}
    allowed_lateness: _Span = timedelta(seconds=60)
    no_data_after: _PositiveSpan = timedelta(hours=2)
    quiet_between: _Span = timedelta(minutes=10)
    messages_per_hour: Annotated[int, Field(gt=0)] = 30


class MatchPart(_Part):
    any: _Terms
    none: list[_Term] = []
    near: list[_Term] = []
    not_near: list[_Term] = []


class BrandPart(_Part):
    id: _Id
    name: _Text
    match: MatchPart
    official_accounts: dict[str, list[_Text]] = {}
    competitors: list[str] = []
    group: str | None = None
    timezone: _Zone | None = None
    languages: _Languages | None = None
    detectors: _Detectors | None = None
    shadow_detectors: _Shadows | None = None
    parameters: _Parameters | None = None
    harmless: list[_Term] | None = None
    stories: _Stories | None = None
    false_alarms_per_month: _Budget | None = None


class TopicPart(_Part):
    id: _Id
    words: Annotated[dict[Annotated[str, AfterValidator(_language)], _Terms], Field(min_length=1)]
    team: str | None = None


class AudiencePart(_Part):
    id: _Id
    followers_at_least: Annotated[int, Field(ge=0)] | None = None
    accounts: dict[str, _Terms] = {}
    roles: list[_Term] = []


class ShiftPart(_Part):
    days: _Days
    hours: _Hours = (0, 1440)
    people: _Names


class PersonPart(_Part):
    id: _Id
    name: _Text
    notify: list[str] = []
    language: _Language = "en"
    timezone: _Zone = "UTC"
    away: list[_Away] = []


class RoutePart(_Part):
    teams: _Names
    brands: list[str] = []
    topics: list[str] = []
    kinds: list[_Kind] = []
    languages: list[_Language] = []
    severity_at_least: _Severity | None = None
    hours: _Hours | None = None


class SilencePart(_Part):
    comment: _Text
    until: _Moment
    start: _Moment | None = None
    brands: list[str] = []
    topics: list[str] = []
    kinds: list[_Kind] = []


class DigestPart(_Part):
    every: Literal["day", "week"]
    at: Annotated[int, BeforeValidator(_minute)] = 480
    day: Annotated[str, AfterValidator(_day)] = "mon"


class TeamPart(_Part):
    id: _Id
    name: _Text
    notify: list[str] = []
    language: _Language = "en"
    timezone: _Zone = "UTC"
    rota: list[ShiftPart] = []
    holidays: list[_Date] = []
    escalate_after: _PositiveSpan | None = None
    escalate_to: str | None = None
    digest: DigestPart | None = None


class BrandsFile(_Part):
    """A whole brands.yaml, each value checked by itself; built from text, it raises pydantic's ValidationError."""

    defaults: DefaultsPart = DefaultsPart()
    brands: Annotated[list[BrandPart], Field(min_length=1)]
    topics: list[TopicPart] = []
    audiences: list[AudiencePart] = []
    teams: list[TeamPart] = []
    people: list[PersonPart] = []
    routes: list[RoutePart] = []
    silences: list[SilencePart] = []


PARTS: Final[dict[str, type[BaseModel]]] = {
    "defaults": DefaultsPart,
    "brands": BrandPart,
    "match": MatchPart,
    "topics": TopicPart,
    "audiences": AudiencePart,
    "teams": TeamPart,
    "rota": ShiftPart,
    "digest": DigestPart,
    "people": PersonPart,
    "routes": RoutePart,
    "silences": SilencePart,
}
"""The part that stands under each key of the file."""
