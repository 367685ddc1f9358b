"""A language for stories of incidents: ordinary life, what happened, what people should have been told and when.

    s = Scenario("acme", days_of_ordinary_life=7, negative_per_hour=6)
    s.at("09:00").posts(40, brand="acme", sentiment="negative", over="10m")
    s.expect_alert("acme", between=("09:01", "09:06"))

With teams to tell, it is also a story of what people do and hear (see `support.room`):

    s = Scenario("acme", teams=[Team(id="pr", name="PR")])
    s.at("09:20").ack(by="anna")
    assert [telling for _, telling, _ in s.told("pr/1")] == ["new", "over"]

Every post is JSON and goes through the real brain (`detectors.backtest.Replay`): decoding, matching, clocks and
all. Nothing sleeps and nothing reads a clock: the same story gives the same incidents. Times are UTC. "09:00" is on
the day on which the ordinary life that was learned is over (the live day), "+1d 09:00" a day later.

A text may leave a choice, "{my card|our card} is {blocked|refused}", so that posts say the same in words of their own:
what is written alike is a copy.
"""

from __future__ import annotations

import json
import math
import random
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count as counter
from typing import TypedDict, Unpack

import msgspec

from detectors.backtest import Replay
from detectors.intake import RawRecord
from detectors.model import (
    Alert,
    Answer,
    Brand,
    Bucket,
    BucketStatus,
    Delivery,
    Incident,
    Language,
    Match,
    Person,
    Route,
    Sentiment,
    Silence,
    Team,
    Topic,
    Watch,
    to_ms,
)
from detectors.monitor import Event
from detectors.text import Judgement
from support.room import Deed, Deeds, Heard, Room

__all__ = ["Fields", "Moment", "NoModel", "Scenario", "duration"]

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
BATCH = 200


class Fields(TypedDict, total=False):
    """Fields of a post that are seldom given; `author_since` may say how long before the post ("3d")."""

    reply_to: str
    reply_to_author: str
    quote_of: str
    quoted_author: str
    quoted_text: str
    author_name: str
    author_bio: str
    author_since: str
    url: str
    lang: str


class NoModel:
    """A negativity model that knows nothing: made-up posts carry their own sentiment."""

    def judge_all(self, texts: Sequence[str], langs: Sequence[str | None]) -> list[Judgement]:
        third = 1 / 3
        nothing = Judgement(label=Sentiment.UNKNOWN, negative=third, neutral=third, positive=third, lang=Language.OTHER)
        return [nothing] * len(texts)


def duration(text: str) -> timedelta:
    """Of "90s", "10m", "2h" or "1d".

    >>> duration("90s")
    datetime.timedelta(seconds=90)
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text)
    if found is None:
        raise ValueError(f"{text!r} is no duration; expected one like 90s, 10m, 2h, 1d")
    return timedelta(**{_UNITS[found[2]]: float(found[1])})


@dataclass(frozen=True, slots=True)
class _Planned:
    """A post of the story: when it arrives, when it says it was written."""

    arrives: datetime
    number: int
    value: bytes


@dataclass(frozen=True, slots=True)
class _Outage:
    source: str
    start: datetime
    end: datetime


class Moment(Deeds):
    """A moment of the story, at which something may happen or somebody does something."""

    def __init__(self, scenario: Scenario, at: datetime) -> None:
        self._scenario = self._story = scenario
        self.at = at

    def posts(
        self,
        count: int,
        *,
        brand: str = "acme",
        sentiment: str = "negative",
        over: str = "1m",
        ramp: bool = False,
        source: str = "twitter",
        text: str | Sequence[str] | None = None,
        authors: int = 10_000,
        followers: int = 100,
        reposts_of: str | None = None,
        late_by: str = "0s",
        answered_after: str | None = None,
        **fields: Unpack[Fields],
    ) -> Moment:
        """So many posts from here on, evenly over the span, or (`ramp`) more and more of them.

        `late_by` is how long after it was written each arrives; `reposts_of` the id of the post they repeat. Of
        several texts they take turns. `answered_after`: the brand's account answers each.
        """
        span = duration(over)
        texts = [text] if isinstance(text, str) or text is None else text
        for place in range(count):
            share = (place + 0.5) / count
            written = self.at + span * (math.sqrt(share) if ramp else share)
            name = f"a{next(self._scenario.numbers)}" if answered_after else None
            self.post(
                brand=brand,
                sentiment=sentiment,
                source=source,
                text=texts[place % len(texts)],
                author=f"u{self._scenario.rng.randrange(authors)}",
                id=name,
                repost_of=reposts_of,
                followers=followers,
                written=written,
                late_by=late_by,
                **fields,
            )
            if name is not None and answered_after is not None:
                self._scenario.answer(brand, name, written + duration(answered_after), source=source)
        return self

    def post(
        self,
        *,
        brand: str = "acme",
        sentiment: str = "negative",
        source: str = "twitter",
        text: str | None = None,
        author: str | None = None,
        id: str | None = None,
        repost_of: str | None = None,
        followers: int = 100,
        reposts: int = 0,
        written: datetime | str | None = None,
        late_by: str = "0s",
        **fields: Unpack[Fields],
    ) -> Moment:
        """One post. `written` is what it says of itself (as text: taken as it is), else now."""
        created = self.at if written is None else written
        arrives = (created if isinstance(created, datetime) else self.at) + duration(late_by)
        if "author_since" in fields:
            fields["author_since"] = (arrives - duration(fields["author_since"])).isoformat()
        self._scenario.plan(
            arrives,
            {
                **fields,
                "id": id,
                "source": source,
                "author": author,
                "text": self._scenario.worded(text or f"{brand}: {_SAYINGS[sentiment]}"),
                "created_at": created.isoformat() if isinstance(created, datetime) else created,
                "sentiment": sentiment,
                "repost_of": repost_of,
                "followers": followers,
                "reposts": reposts,
            },
        )
        return self

    def raw(self, value: bytes) -> Moment:
        """A record as it is, whatever it holds."""
        self._scenario.plan_raw(self.at, value)
        return self


_WORDS = (
    "queue|hold|parcel|clerk|Monday|voucher|refund|letter|shop|again|late|cold|wrong|size|fee|form|account|locked|"
    "twice|nobody|answers|line|dead|hours|rain|door|left|missing|half|broke|smell|paint|manual|Dutch|seat|son|mother|"
    "tired|give up|joke|never|third|time|noon|upstairs|Leeds|Lyon|Ghent|neighbour|home|lunch|work|phone|waiting|bill|"
    "promise|empty|box|screw|button|loud|price|double|charged|closed|sorry|excuse|evening|holiday|ticket|desk|slow|"
    "page|email|reply|week|since|May|spring|kitchen|garden|cable|charger|sleeve|colour|green|stain|sour|stale|wet"
)
"""Ordinary complaints are strings of these: no two share three words in a row, as it is in life."""
_SAYINGS = {
    "negative": " ".join([f"{{{_WORDS}}}"] * 9),
    "neutral": "does anybody know when they {open|close|deliver} {today|on Sunday|in Leeds|in Lyon}?",
    "positive": "thanks, that was {quick|easy|kind} {today|again|this time}",
    "unknown": "...",
}
_CHOICE = re.compile(r"\{([^{}]*)\}")


class Scenario:
    """A story, told to the brain as soon as something is expected of it.

    The brands given have `days_of_ordinary_life` behind them on the live day: `negative_per_hour` on average, more by
    day than by night, half as many positive posts and as many neutral ones, Poisson, one in five from the forum.
    Ordinary life goes on through the live days. Newcomers are watched but nobody has ever named them. People
    talk of other things too, at `world_per_hour` on each source: that is what moves the time of a log.
    """

    def __init__(
        self,
        *brands: str,
        starts: str = "2026-03-02",
        days_of_ordinary_life: int = 7,
        live_days: int = 1,
        negative_per_hour: float = 6.0,
        world_per_hour: float = 20.0,
        newcomers: Sequence[str] = (),
        detectors: Sequence[str] = ("surge",),
        lateness: str = "60s",
        no_data_after: str = "2h",
        given: Mapping[str, Mapping[str, object]] | None = None,
        answered_by: str | None = None,
        answered_after: str = "10m",
        teams: Sequence[Team] = (),
        people: Sequence[Person] = (),
        routes: Sequence[Route] = (),
        silences: Sequence[Silence] = (),
        topics: Sequence[Topic] = (),
        seed: int = 1,
    ) -> None:
        """A story that has not begun.

        `given` are fields of brands, by id. `answered_by` is the account of the first brand (on twitter) to which its
        ordinary complaints there are addressed, and which answers them within so long, give or take half. Where there
        are `teams`, they are told.
        """
        self.rng = random.Random(seed)
        self._words = random.Random(f"{seed} words")
        self._answered_by, self._answered_after = answered_by, duration(answered_after)
        self._answers_for = brands[0] if brands else None
        self.first_brand = brands[0] if brands else ""
        self.starts = datetime.fromisoformat(starts).replace(tzinfo=UTC)
        self.live = self.starts + timedelta(days=days_of_ordinary_life)
        self.ends = self.live + timedelta(days=live_days)
        self.watch = Watch(
            brands=[self._given(name, detectors, (given or {}).get(name, {})) for name in [*brands, *newcomers]],
            allowed_lateness=duration(lateness),
            no_data_after=duration(no_data_after),
            teams=[*teams],
            people=[*people],
            routes=[*routes],
            silences=[*silences],
            topics=[*topics],
        )
        self.numbers = counter()
        self._planned: list[_Planned] = []
        self._outages: list[_Outage] = []
        self._deeds: list[Deed] = []
        self._room = Room(self.watch)
        self._ordinary: list[tuple[datetime, str, dict[str, object]]] = []
        self._replay: Replay | None = None
        self._buckets: dict[str, list[Bucket]] = {}
        for name in brands:
            for sentiment, share in (("negative", 1.0), ("neutral", 1.0), ("positive", 0.5)):
                self._live_on(name, sentiment, negative_per_hour * share)
        for source in ("twitter", "forum"):
            self._live_on("the weather", "neutral", world_per_hour, source=source)

    def _given(self, name: str, detectors: Sequence[str], fields: Mapping[str, object]) -> Brand:
        accounts = {"twitter": [self._answered_by]} if self._answered_by and name == self._answers_for else {}
        terms = [name, f"@{name}", *(f"@{account}" for account in accounts.get("twitter", ()))]
        brand = Brand(
            id=name, name=name.title(), match=Match(any=terms), detectors=list(detectors), official_accounts=accounts
        )
        return msgspec.structs.replace(brand, **fields)

    # ------------------------------------------------------------------------------- what happens

    def at(self, time: str) -> Moment:
        """A moment of the live day ("09:00"), or of a later one ("+1d 09:00")."""
        return Moment(self, self.moment(time))

    def moment(self, time: str) -> datetime:
        """The moment itself."""
        found = re.fullmatch(r"(?:([+-]\d+)d )?(\d\d):(\d\d)(?::(\d\d))?", time)
        if found is None:
            raise ValueError(f"{time!r} is no time; expected one like 09:00 or +1d 09:00:30")
        days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return self.live + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)

    def outage(self, source: str, start: str, end: str) -> None:
        """Nothing of this source arrives in between, and nothing of it is made up for."""
        self._outages.append(_Outage(source, self.moment(start), self.moment(end)))
        self._replay = None

    def do(self, deed: Deed) -> None:
        """Somebody does something, after the posts that have arrived by then."""
        self._deeds.append(deed)
        self._replay = None

    def plan(self, arrives: datetime, post: dict[str, object]) -> None:
        """A post that arrives then."""
        number = next(self.numbers)
        post = {**post, "id": post["id"] or f"p{number}"}
        self._put(_Planned(arrives, number, json.dumps(post).encode()))

    def plan_raw(self, arrives: datetime, value: bytes) -> None:
        """A record that arrives then."""
        self._put(_Planned(arrives, next(self.numbers), value))

    def answer(self, brand: str, id: str, at: datetime, *, source: str = "twitter") -> None:
        """The brand's own account answers the post of this id."""
        (account,) = self._brand(brand).official_accounts[source]
        self.plan(at, self._answer(id, at, account))

    def _answer(self, id: str, at: datetime, account: str) -> dict[str, object]:
        return {
            "id": f"{id}-answer",
            "source": "twitter",
            "author": account,
            "text": "We are sorry to hear that and look into it",
            "created_at": at.isoformat(),
            "sentiment": "neutral",
            "reply_to": id,
        }

    def worded(self, text: str) -> str:
        """The text in words of somebody's own: one of each choice."""
        while (choice := _CHOICE.search(text)) is not None:
            text = text[: choice.start()] + self._words.choice(choice[1].split("|")) + text[choice.end() :]
        return text

    def _put(self, planned: _Planned) -> None:
        self._planned.append(planned)
        self._replay = None

    def _live_on(self, name: str, sentiment: str, per_hour: float, *, source: str | None = None) -> None:
        """Poisson with the rhythm of the day, by thinning (Lewis & Shedler, 1979)."""
        at = self.starts
        while per_hour and (at := at + timedelta(hours=self.rng.expovariate(per_hour * 1.8))) < self.ends:
            hour = at.hour + at.minute / 60
            if self.rng.random() * 1.8 < 1 - 0.8 * math.cos((hour - 3) / 24 * 2 * math.pi):
                spoken_on = source or self.rng.choices(["twitter", "forum"], [4, 1])[0]
                post: dict[str, object] = {
                    "id": f"o{len(self._ordinary)}",
                    "source": spoken_on,
                    "author": f"u{self.rng.randrange(5000)}",
                    "text": self.worded(f"{name}: {_SAYINGS[sentiment]}"),
                    "created_at": at.isoformat(),
                    "sentiment": sentiment,
                }
                self._ordinary.append((at, spoken_on, post))
                if self._answered_by and (name, sentiment, spoken_on) == (self._answers_for, "negative", "twitter"):
                    post["text"] = f"@{self._answered_by} {post['text']}"
                    answered = at + self._answered_after * self._words.uniform(0.5, 1.5)
                    answer = self._answer(str(post["id"]), answered, self._answered_by)
                    self._ordinary.append((answered, spoken_on, answer))

    # --------------------------------------------------------------------------------- the telling

    @property
    def replay(self) -> Replay:
        """The brain after the whole story."""
        if self._replay is None:
            self._replay = self._tell()
        return self._replay

    def records(self) -> list[RawRecord]:
        """The story as a log, each record published when it arrived."""
        ordinary = [
            _Planned(at, -1, json.dumps(post).encode())
            for at, source, post in self._ordinary
            if not any(o.source == source and o.start <= at < o.end for o in self._outages)
        ]
        story = sorted([*ordinary, *self._planned], key=lambda planned: (planned.arrives, planned.number))
        return [RawRecord(offset, planned.value, to_ms(planned.arrives)) for offset, planned in enumerate(story)]

    def _tell(self) -> Replay:
        replay = Replay(self.watch, NoModel())
        self._buckets = {brand.id: [] for brand in self.watch.brands}
        self._room = Room(self.watch)
        records = self.records()
        arrivals = [record.published_ms for record in records]
        place = 0
        for deed in sorted(self._deeds, key=lambda deed: deed.at):
            end = bisect_right(arrivals, to_ms(deed.at))
            self._feed(replay, records[place:end])
            place = end
            done = self._room.does(deed, replay.partition, replay.incidents)
            replay.incidents += [event for event in done if isinstance(event, Incident)]
            self._take(done)
        self._feed(replay, records[place:])
        if self.watch.teams and records:
            self._room.until(arrivals[-1])
        return replay

    def _feed(self, replay: Replay, records: Sequence[RawRecord]) -> None:
        for first in range(0, len(records), BATCH):
            self._take(replay.feed(records[first : first + BATCH]))

    def _take(self, events: Iterable[Event]) -> None:
        incidents: list[Incident] = []
        for event in events:
            if isinstance(event, Bucket):
                self._buckets[event.brand].append(event)
            elif isinstance(event, Incident):
                incidents.append(event)
        if self.watch.teams:  # a batch goes through the brain brand by brand, not in the order of time
            for incident in sorted(incidents, key=lambda one: one.updated_at):
                self._room.hear(incident)

    def told(self, channel: str) -> list[Heard]:
        """What a channel was told: when, why, and of which incident."""
        assert self.replay is not None
        return self._room.heard[channel]

    @property
    def untold(self) -> list[Delivery]:
        """Of what nobody was told, and why."""
        assert self.replay is not None
        return self._room.quiet

    @property
    def answers(self) -> list[Answer]:
        """What came of each thing that somebody did, in order."""
        assert self.replay is not None
        return self._room.answers

    def buckets(self, brand: str) -> list[Bucket]:
        """Every bucket that was told of a brand."""
        assert self.replay is not None
        return self._buckets[brand]

    def firings(self, brand: str) -> list[Alert]:
        """Each alert of the brand as it first fired, in the order of their times."""
        return self.replay.first_firings(self._brand(brand))

    def incidents(self, brand: str) -> list[Incident]:
        """Every version of every incident of the brand."""
        return [incident for incident in self.replay.incidents if incident.brand == brand]

    # ------------------------------------------------------------------------- what is expected

    def expect_alert(
        self, brand: str, *, between: tuple[str, str], onset: tuple[str, str] | None = None, detector: str = "surge"
    ) -> Alert:
        """One alert, and only one, first fires in between; its onset, where given, lies in there too."""
        start, end = map(self.moment, between)
        alerts = [alert for alert in self.firings(brand) if alert.detector == detector]
        hits = [alert for alert in alerts if start <= alert.at <= end]
        span = f"between {between[0]} and {between[1]}"
        assert len(hits) == 1, f"expected one alert of {detector} for {brand} {span}; {self._seen(brand, start, end)}"
        if onset is not None:
            first, last = map(self.moment, onset)
            assert first <= hits[0].onset <= last, (
                f"expected the onset between {onset[0]} and {onset[1]}, it is {self._clock(hits[0].onset)}; "
                + self._seen(brand, start, end)
            )
        return hits[0]

    def expect_no_alert(self, brand: str, *, between: tuple[str, str] | None = None) -> None:
        """No alert first fires (in between)."""
        start, end = map(self.moment, between) if between else (self.starts, self.ends)
        wrong = [alert for alert in self.firings(brand) if start <= alert.at <= end]
        span = f" between {between[0]} and {between[1]}" if between else ""
        assert not wrong, f"expected no alert for {brand}{span}; {self._seen(brand, start, end)}"

    def expect_incident(
        self, brand: str, *, state: str = "resolved", of: int = 1, alerts: int | None = None
    ) -> list[Incident]:
        """So many incidents, the newest in this state and with so many alerts; returns its versions."""
        versions: dict[str, list[Incident]] = {}
        for incident in self.incidents(brand):
            versions.setdefault(incident.id, []).append(incident)
        told = f"told were:\n{self._incidents_seen(brand)}"
        assert len(versions) == of, f"expected {of} incident(s) for {brand}, there are {len(versions)}; {told}"
        newest = list(versions.values())[-1]
        last = newest[-1]
        assert last.state == state, f"expected the incident of {brand} to be {state}, it is {last.state}; {told}"
        if alerts is not None:
            assert len(last.alerts) == alerts, f"expected {alerts} alert(s) in the incident of {brand}; {told}"
        numbers = [incident.version for incident in newest]
        assert numbers == list(range(1, len(newest) + 1)), f"versions should count up one by one; {told}"
        return newest

    def expect_state(self, brand: str, status: str, *, at: str | None = None) -> None:
        """What is said of the brand at that time (else at the end): ok, warming_up or no_data."""
        if at is None:
            monitor = self.replay.partition.monitors.get(brand)
            found = monitor.state.status.value if monitor else "never mentioned"
        else:
            starts = [bucket.start for bucket in self.buckets(brand)]
            place = bisect_right(starts, self.moment(at)) - 1
            found = self._status(self._buckets[brand][place]) if place >= 0 else "never mentioned"
        assert found == status, (
            f"expected {brand} to be {status} {'at ' + at if at else 'at the end'}, it is {found}; "
            f"it went {self._statuses(brand)}"
        )

    def expect_told(self, brand: str, status: str, *, times: int) -> None:
        """This state was entered so often."""
        entered = [found for _, found in self._changes(brand)].count(status)
        assert entered == times, (
            f"expected {brand} to become {status} {times} time(s), not {entered}; it went {self._statuses(brand)}"
        )

    def expect_tally(self, brand: str, *, late: int | None = None, twice: int | None = None) -> None:
        """So many posts came too late to be counted, or were there already."""
        tally = self.replay.partition.tally
        for name, expected, found in (
            ("late", late, tally.late.get(brand, 0)),
            ("there already", twice, tally.duplicate.get(brand, 0)),
        ):
            assert expected is None or found == expected, (
                f"expected {expected} post(s) of {brand} to be {name}, not {found}"
            )

    def negative(self, brand: str, start: str, end: str) -> int:
        """Negative mentions counted in the closed buckets that start in [start, end)."""
        first, last = self.moment(start), self.moment(end)
        return sum(bucket.negative for bucket in self.buckets(brand) if first <= bucket.start < last)

    # ------------------------------------------------------------------------- what was seen

    def _brand(self, name: str) -> Brand:
        return next(brand for brand in self.watch.brands if brand.id == name)

    def _clock(self, at: datetime) -> str:
        days = (at - self.live).days
        return f"{days:+}d {at:%H:%M:%S}" if days else f"{at:%H:%M:%S}"

    def _seen(self, brand: str, start: datetime, end: datetime) -> str:
        lines = [
            f"{self._clock(alert.at)} {alert.detector}, onset {self._clock(alert.onset)}, {alert.why.observed} seen, "
            f"{alert.why.expected:.1f} expected, surprise {alert.score.surprise or 0:.1f} "
            f"over {alert.score.threshold or 0:.1f}"
            for alert in self.firings(brand)
        ]
        seen = "there were\n  " + "\n  ".join(lines) if lines else "there was none"
        return f"{seen}\n  {self._highest(brand, start, end)}"

    def _highest(self, brand: str, start: datetime, end: datetime) -> str:
        scored = [
            (score.surprise, score.threshold or 0.0, bucket.start)
            for bucket in self.buckets(brand)
            if start - timedelta(hours=1) <= bucket.start <= end + timedelta(hours=1)
            for score in bucket.scores.values()
            if score.surprise is not None
        ]
        if not scored:
            return f"nothing was scored around then: {brand} went {self._statuses(brand)}"
        surprise, threshold, at = max(scored)
        return (
            f"highest surprise of a closed bucket around then: {surprise:.1f} of {threshold:.1f} at {self._clock(at)}"
        )

    def _incidents_seen(self, brand: str) -> str:
        lines = [
            f"  {self._clock(i.updated_at)} {i.id} v{i.version} {i.state}, {len(i.alerts)} alert(s), "
            f"{i.why.observed} posts since {self._clock(i.why.since)}"
            for i in self.incidents(brand)
        ]
        return "\n".join(lines) or "  nothing"

    @staticmethod
    def _status(bucket: Bucket) -> str:
        if bucket.status is BucketStatus.NO_DATA:
            return "no_data"
        return next(iter(bucket.scores.values())).status.value

    def _changes(self, brand: str) -> list[tuple[datetime, str]]:
        changes: list[tuple[datetime, str]] = []
        for bucket in self.buckets(brand):
            status = self._status(bucket)
            if not changes or changes[-1][1] != status:
                changes.append((bucket.start, status))
        return changes

    def _statuses(self, brand: str) -> str:
        return _listed(f"{status} at {self._clock(at)}" for at, status in self._changes(brand)) or "nowhere"


def _listed(items: Iterable[str]) -> str:
    return ", ".join(items)
