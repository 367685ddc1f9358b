"""Digests: what is counted, what is said first, and that nobody's name or title is more than text."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.digest import Digest, summarise
from detectors.model import (
    Brand,
    Bucket,
    BucketStatus,
    Change,
    Entry,
    Explanation,
    Incident,
    IncidentState,
    Match,
    Part,
    Response,
    Severity,
    Team,
    Topic,
    Watch,
)
from streams.digests import digest_html, digest_text
from streams.notifiers.wording import Lang

SINCE = datetime(2026, 3, 1, 23, tzinfo=UTC)
DAY = timedelta(days=1)
UNTIL = SINCE + DAY
MINUTE = timedelta(minutes=1)
EVIL = '</td></table><script>alert("1")</script><img src=x onerror=alert(2)>&lt;\u202e\x1b[31m'


def brand(name: str, *competitors: str) -> Brand:
    return Brand(id=name.lower(), name=name, match=Match(any=[name]), competitors=list(competitors))


WATCH = Watch(
    brands=[brand("Acme", "globex", "initech"), brand("Globex"), brand("Initech")],
    topics=[Topic(id="refund", words={}, team="care"), Topic(id="delay", words={}, team="ops")],
    teams=[Team(id="care", name="Customer care"), Team(id="ops", name="Operations")],
)


def bucket(minute: int, *, of: str = "acme", **fields: object) -> Bucket:
    told = Bucket(brand=of, start=SINCE + minute * MINUTE, seconds=60, status=BucketStatus.COUNTED)
    return msgspec.structs.replace(told, **fields)


def ordinary(*brands: str, minutes: range = range(-1440, 1440)) -> Iterator[Bucket]:
    """Two spans in which every minute was counted, and nothing said."""
    for name in brands or ("acme", "globex", "initech"):
        yield from (bucket(minute, of=name) for minute in minutes)


def incident(
    name: str, *, of: str = "acme", opened: float = 1, title: str = "Acme: #acmefail", **fields: object
) -> Incident:
    """It opened so many hours after the span began."""
    at = SINCE + timedelta(hours=opened)
    parts = {"topic": [Part(name="refund", observed=20, expected=1.0)]}
    why = Explanation(
        since=at, until=at, observed=1234, expected=2.0, first_post=None, top_posts=[], parts=parts,
        titles={"en": title, "fr": title},
    )  # fmt: skip
    told = Incident(
        id=f"incident-{name}", brand=of, brand_name=of.title(), state=IncidentState.OPEN, version=1, onset=at,
        opened_at=at, updated_at=at, alerts=["a"], why=why, peak_surprise=6.0, threshold=4.8, severity=Severity.HIGH,
    )  # fmt: skip
    return msgspec.structs.replace(told, **fields)


def over(name: str, *, opened: float, hours: float) -> Incident:
    end = SINCE + timedelta(hours=opened + hours)
    return incident(name, opened=opened, state=IncidentState.RESOLVED, resolved_at=end)


def told(
    *buckets: Bucket,
    incidents: tuple[Incident, ...] = (),
    watch: Watch = WATCH,
    quiet: bool = True,
    brands: list[str] | None = None,
) -> Digest:
    """The digest of these buckets before ordinary ones, which count for minutes that are not told yet."""
    return summarise(watch, itertools.chain(buckets, ordinary() if quiet else ()), incidents, SINCE, UNTIL, brands)


class Seen(HTMLParser):
    """What a mail client makes of a page; it fails on elements that do not nest."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.heading = ""
        self.text = ""
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "br", "img"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> ends nothing"
        self.text += "\n" if tag in ("h1", "h2", "p", "tr", "div") else "" if tag == "bdi" else " "

    def handle_data(self, data: str) -> None:
        self.text += data
        if "h1" in self._open:
            self.heading += data


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


# ------------------------------------------------------------------------------------------ counts


def test_what_was_said_is_counted_and_compared_with_the_day_before() -> None:
    digest = told(
        bucket(0, negative=3, neutral=4, positive=2, unknown=1, negative_by_topic={"refund": 2, "none": 1}),
        bucket(1, negative=1, negative_by_topic={"delay": 1}, negative_by_channel={"forum": 1}),
        bucket(-1440, negative=2, neutral=3),
        bucket(-1441, negative=100),
        bucket(1440, negative=100),
    )
    acme = digest.brands[0]
    assert (acme.brand, acme.talk.said.mentions, acme.talk.said.negative) == ("acme", 11, 4)
    assert acme.talk.said.negative_share == pytest.approx(4 / 11)
    assert acme.change is not None
    assert acme.change.mentions == pytest.approx(1.2) and acme.change.negative == 1.0
    assert [(line.topic, line.team, line.negative) for line in acme.talk.topics] == [
        ("refund", "care", 2),
        ("delay", "ops", 1),
        ("none", None, 1),
    ]
    assert [(line.team, line.negative) for line in acme.talk.teams] == [("care", 2), ("ops", 1), (None, 1)]
    assert [(line.channel, line.negative, line.share) for line in acme.talk.channels] == [("forum", 1, 0.25)]
    assert digest.talk == acme.talk and digest.known_until == UNTIL


def test_a_minute_that_is_told_twice_counts_once_in_any_order() -> None:
    minutes = [bucket(minute, negative=1) for minute in range(10)]
    digest = told(*minutes, *minutes[5:], *reversed(minutes))
    assert digest.talk.said.negative == 10
    # A worker that started again tells its last minutes again; another brand's minute is another one.
    assert told(*minutes, bucket(0, of="globex", negative=1)).talk.said.negative == 11


def test_nothing_is_said_of_a_share_or_a_change_that_nobody_knows() -> None:
    digest = told(*ordinary("acme", minutes=range(1440)), quiet=False)
    acme = next(one for one in digest.brands if one.brand == "acme")
    assert acme.talk.said.negative_share is None and acme.change is None and acme.minutes_without_data == 0
    globex = next(one for one in digest.brands if one.brand == "globex")
    assert not globex.heard and globex.minutes_without_data == 1440


def test_missing_data_are_told_and_no_quiet_is_claimed() -> None:
    hours = [bucket(minute) for minute in range(600)]
    silent = bucket(600, status=BucketStatus.NO_DATA)
    digest = told(*hours, silent, *ordinary("globex", "initech"), quiet=False)
    acme = next(one for one in digest.brands if one.brand == "acme")
    assert acme.minutes_without_data == 840 and acme.change is None
    text = digest_text(digest, "en", "UTC")
    assert text.startswith("As far as is known, nothing happened")
    assert "Data are missing: Acme for 14 h." in plain(text)
    # Nothing of anybody: the worker stood.
    text = digest_text(told(*ordinary(minutes=range(-1440, 600)), quiet=False), "en", "UTC")
    assert "Nothing was counted after 02 Mar 09:00 UTC." in text and "Data are missing" not in text


def test_times_to_answer_are_medians_and_nine_tenths() -> None:
    answers = [Response("refund", 60 * minutes) for minutes in range(1, 11)]
    digest = told(
        bucket(60, complaints={"refund": 12, "delay": 3}),
        bucket(600, responses=answers),
        bucket(700, responses=[Response("delay", 30)]),
        # Two hours old, an hour after the beginning: to a complaint of the day before.
        bucket(61, responses=[Response("delay", 7200)]),
    )
    refund, delay = digest.talk.topics
    assert (refund.topic, refund.answers.median_s, refund.answers.p90_s) == ("refund", 300, 540)
    assert (refund.answers.complaints, refund.answers.answered, refund.answers.unanswered) == (12, 10, 2)
    assert (delay.answers.answered, delay.answers.earlier, delay.answers.unanswered) == (1, 1, 2)
    whole = digest.talk.answers
    assert (whole.complaints, whole.answered, whole.unanswered, whole.earlier) == (15, 11, 4, 1)
    assert (whole.median_s, whole.p90_s) == (300, 600)
    care, ops = digest.talk.teams
    assert (care.team, care.answers, ops.answers) == ("care", refund.answers, delay.answers)
    assert told(bucket(0, complaints={"delay": 1})).talk.answers.median_s is None


def test_a_brand_is_compared_with_its_competitors_also_where_these_are_not_shown() -> None:
    digest = told(
        bucket(0, negative=1, positive=1),
        bucket(0, of="globex", negative=4, positive=2),
        bucket(0, of="initech", neutral=2),
        brands=["acme"],
    )
    (acme,) = digest.brands
    assert [(one.brand, one.share, one.negative_share) for one in acme.rivals] == [
        ("acme", 0.2, 0.2),
        ("globex", 0.6, 0.8),
        ("initech", 0.2, 0.0),
    ]
    assert digest.talk.said.mentions == 2
    assert next(one for one in told().brands if one.brand == "globex").rivals == []
    text = digest_text(digest, "en", "UTC")
    assert "Share of voice: Acme 20%, Globex 60%, Initech 20%; of the negative: Acme 20%, Globex 80%" in text


def test_incidents_that_opened_were_over_or_are_on() -> None:
    digest = told(
        incidents=(
            incident("on", opened=2, owner="Marie", acknowledged_at=SINCE + timedelta(hours=2, minutes=9)),
            incident("old", opened=-100, severity=Severity.LOW),
            over("before", opened=-30, hours=2),
            over("into", opened=-2, hours=3),
            over("within", opened=1, hours=3),
            over("later", opened=3, hours=40),
            incident("after", opened=24),
        )
    )
    acme = digest.brands[0]
    states = {line.incident.id.removeprefix("incident-"): line for line in acme.incidents}
    assert list(states) == ["later", "on", "old", "within", "into"]  # what is on first, the worst of it, the newest
    assert {name: (line.opened, line.over, line.open) for name, line in states.items()} == {
        "on": (True, False, True),
        "old": (False, False, True),
        "into": (False, True, False),
        "within": (True, True, False),
        "later": (True, False, True),
    }
    assert (states["on"].acknowledged_after_s, states["within"].over_after_s) == (540, 10_800)
    assert states["later"].incident.state is IncidentState.OPEN and states["later"].over_after_s is None
    assert states["on"].teams == ["care"] and not acme.quiet and not digest.quiet


def test_an_incident_that_came_back_is_told_and_only_its_newest_version_counts() -> None:
    again = Entry(at=SINCE + timedelta(hours=5), what=Change.REOPENED, version=3)
    digest = told(
        incidents=(
            incident("x", opened=-30, state=IncidentState.REOPENED, version=3, timeline=[again]),
            msgspec.structs.replace(over("x", opened=-30, hours=1), version=2),
        )
    )
    (line,) = digest.brands[0].incidents
    assert line.reopened and line.open and not line.opened
    assert "1 incident from 01 Mar 23:00 UTC to 02 Mar 23:00 UTC: 1 came back, 1 still open." in digest_text(
        digest, "en", "UTC"
    )


def test_a_span_that_is_none_is_refused() -> None:
    for until in (SINCE, SINCE - DAY, SINCE + timedelta(days=400)):
        with pytest.raises(ValueError):
            summarise(WATCH, [], [], SINCE, until, None)
    with pytest.raises(ValueError):
        summarise(WATCH, [], [], datetime(1, 1, 1, tzinfo=UTC), datetime(1, 1, 2, tzinfo=UTC), None)


NAMES = st.sampled_from(["refund", "delay", "none", "rare"])
COUNTS = st.dictionaries(NAMES, st.integers(0, 9))


@st.composite
def said(draw: st.DrawFn) -> Bucket:
    topics = draw(COUNTS)
    return bucket(
        draw(st.integers(-1500, 1500)),
        of=draw(st.sampled_from(["acme", "globex", "initech", "nobody"])),
        status=draw(st.sampled_from(list(BucketStatus))),
        negative=sum(topics.values()),
        negative_by_topic=topics,
        negative_by_channel={"x": sum(topics.values())},
        neutral=draw(st.integers(0, 9)),
        positive=draw(st.integers(0, 9)),
        complaints=draw(COUNTS),
        responses=draw(st.lists(st.builds(Response, NAMES, st.integers(0, 100_000)), max_size=4)),
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(said(), max_size=12))
def test_parts_add_up_and_shares_are_shares(buckets: list[Bucket]) -> None:
    digest = summarise(WATCH, buckets, [], SINCE, UNTIL, None)
    unique = {(one.brand, one.start): one for one in reversed(buckets)}.values()
    inside = [one for one in unique if SINCE <= one.start < UNTIL and one.brand != "nobody"]
    assert digest.talk.said.negative == sum(one.negative for one in inside)
    assert digest.talk.answers.complaints == sum(sum(one.complaints.values()) for one in inside)
    assert digest.talk.said.mentions == sum(one.talk.said.mentions for one in digest.brands)
    assert digest.talk.answers.answered == sum(one.talk.answers.answered for one in digest.brands)
    for talk in [digest.talk, *(one.talk for one in digest.brands)]:
        counts = talk.said
        assert counts.negative + counts.neutral + counts.positive + counts.unknown == counts.mentions
        shares = [counts.negative_share, counts.neutral_share, counts.positive_share, counts.unknown_share]
        if counts.mentions:
            assert sum(share or 0.0 for share in shares) == pytest.approx(1)
        assert all(share is None or 0 <= share <= 1 for share in [*shares, *(line.share for line in talk.topics)])
        for lines in (talk.topics, talk.teams):
            assert sum(line.negative for line in lines) == counts.negative
            for name in ("complaints", "answered", "unanswered", "earlier"):
                total = sum(getattr(line.answers, name) for line in lines)
                assert total == getattr(talk.answers, name) >= 0
            assert all(line.answers.answered + line.answers.unanswered == line.answers.complaints for line in lines)
        assert (talk.answers.median_s or 0) <= (talk.answers.p90_s or 0)
    for one in digest.brands:
        if one.rivals and one.rivals[0].share is not None:
            assert sum(rival.share or 0.0 for rival in one.rivals) == pytest.approx(1)
    for lang in ("en", "fr"):
        Seen(digest_html(digest, lang, "Europe/Paris"))
        assert digest_text(digest, lang, "Europe/Paris").endswith("\n")


# --------------------------------------------------------------------------------------- renderings


FIRST_LINES: list[tuple[Lang, str]] = [
    ("en", "Nothing happened from 02 Mar 00:00 CET to 03 Mar 00:00 CET: no incident."),
    ("fr", "Rien à signaler du 02 mars 00:00 CET au 03 mars 00:00 CET : aucun incident."),
]


@pytest.mark.parametrize("lang,first", FIRST_LINES)
def test_a_day_in_which_nothing_happened_says_so_first(lang: Lang, first: str) -> None:
    digest = told()
    assert digest.quiet
    assert plain(digest_text(digest, lang, "Europe/Paris")).splitlines()[0] == first
    page = Seen(digest_html(digest, lang, "Europe/Paris"))
    assert plain(page.heading) == first
    assert ("html", {"lang": lang}) in page.elements
    names = "Acme, Globex, Initech"
    assert f"{'Quiet' if lang == 'en' else 'Calme'}: {names}." in plain(page.text).replace(" :", ":")


def test_what_nobody_counted_is_not_called_quiet() -> None:
    digest = told(quiet=False)
    assert digest.known_until is None
    text = digest_text(digest, "en", "UTC")
    assert text.splitlines()[0] == (
        "Nothing is known of the time from 01 Mar 23:00 UTC to 02 Mar 23:00 UTC: data are missing."
    )
    assert "Nothing happened" not in text and "Quiet" not in text
    assert "On ne sait rien" in digest_html(digest, "fr", "UTC")
    # Nor is a brand whose competitors were heard of.
    digest = told(*ordinary("globex"), quiet=False, brands=["acme"])
    assert digest_text(digest, "en", "UTC").startswith("Nothing is known")


def test_numbers_and_plurals_are_those_of_the_language() -> None:
    digest = told(
        bucket(0, negative=1234, neutral=6000, negative_by_topic={"delay": 1000, "refund": 234}),
        bucket(5, complaints={"refund": 2}, responses=[Response("refund", 60)]),
        bucket(-5, negative=1000),
        incidents=(incident("on"),),
    )
    english = digest_text(digest, "en", "Europe/Paris", team="care")
    assert english.startswith("1 incident from 02 Mar 00:00 CET to 03 Mar 00:00 CET: 1 opened, 1 still open.\n")
    assert "7,234 mentions, +623% on the day before; 1,234 negative (17%), +23%." in english
    assert "[high, open, yours]" in english and "opened 02 Mar 01:00 CET, nobody has it" in english
    assert "Customer care (yours)" in english and "badbuzz incidents show incident-on" in english
    assert "Quiet: Globex, Initech." in english
    french = digest_text(digest, "fr", "Europe/Paris", team="care")
    first = "1 incident du 02 mars 00:00 CET au 03 mars 00:00 CET : 1 ouvert, 1 encore en cours."
    assert plain(french).splitlines()[0] == first
    assert "7\u202f234\u00a0mentions, +623\u00a0% par rapport à la veille\u00a0; 1\u202f234\u00a0négatives" in french
    assert "[élevée, en cours, à vous]" in plain(french) and "personne ne s'en occupe" in french
    assert "Plaintes : 2 à la marque, 1 avec réponse, 1 sans" in plain(french)


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_no_name_and_no_title_is_more_than_text(lang: Lang) -> None:
    acme = msgspec.structs.replace(brand("Acme", "globex"), name=EVIL)
    topic = Topic(id=EVIL, words={}, team=EVIL)
    watch = Watch(brands=[acme, brand("Globex")], topics=[topic], teams=[Team(id=EVIL, name=EVIL)])
    digest = told(
        bucket(0, negative=9, negative_by_topic={EVIL: 9}, negative_by_channel={EVIL: 9}, complaints={EVIL: 2}),
        incidents=(incident("x", title=EVIL, owner=EVIL, brand_name=EVIL),),
        watch=watch,
    )
    html = digest_html(digest, lang, "UTC", team=EVIL, console_url="https://badbuzz.example")
    page = Seen(html)
    assert {name for name, _ in page.elements} <= {
        "html", "head", "meta", "title", "body", "table", "tr", "td", "th", "h1", "h2", "p", "div", "span", "strong",
        "bdi", "br", "a", "code",
    }  # fmt: skip
    for name, attributes in page.elements:
        assert not {"src", "srcset", "background", "onerror", "class"} & attributes.keys()
        assert "url(" not in (attributes.get("style") or "") and (name == "a") == ("href" in attributes)
    links = [attributes["href"] for name, attributes in page.elements if name == "a"]
    assert links == ["https://badbuzz.example/incidents/incident-x"]
    assert page.text.count("<script>alert") >= 4
    for said in (page.text, digest_text(digest, lang, "UTC", team=EVIL)):
        assert "\x1b" not in said and "\u202e" not in said and "</td></table><script>" in said


def test_a_digest_of_five_hundred_brands_is_bounded() -> None:
    names = [f"The Brand Number {number} And Its Long Name" for number in range(500)]
    watch = Watch(
        brands=[msgspec.structs.replace(brand(f"b{number}", "b0"), name=name) for number, name in enumerate(names)],
        topics=[Topic(id=f"topic-{number}", words={}, team="care") for number in range(40)],
        teams=[Team(id="care", name="Customer care")],
    )
    topics = {f"topic-{number}": 1 for number in range(40)}
    loud = [
        bucket(0, of=one.id, negative=40, negative_by_topic=topics, negative_by_channel=topics, complaints=topics)
        for one in watch.brands
    ]
    title = (
        "The Brand: a wave of criticism about trains that were cancelled, with #brandfail in every other of its posts"
    )
    incidents = [incident(f"{one.id}-{n}", of=one.id, title=title) for one in watch.brands[:250] for n in range(8)]
    digest = summarise(watch, loud, incidents, SINCE, UNTIL, None)
    for lang in ("en", "fr"):
        assert len(digest_html(digest, lang, "Europe/Paris").encode()) < 102_000
        assert digest_text(digest, lang, "Europe/Paris").count("\n") < 350
    text = digest_text(digest, "en", "UTC")
    assert "242 more brands had incidents: " in text and "and 230 more." in text and "and 3 more incidents" in text
