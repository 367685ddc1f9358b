"""Why an alert fired: parts that add up, what is usual, the words that stand out, reach and timeline."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.explanation import Background, OpenBucket, Run, explain
from detectors.explanation.background import HALVED_MS
from detectors.explanation.evidence import DIMENSIONS, KEPT_AUTHORS, KEPT_NAMES, READ_POSTS
from detectors.explanation.parts import apportion
from detectors.explanation.run import KEPT_HASHTAGS
from detectors.explanation.timeline import KEPT_BINS, Timeline, ordinary_range
from detectors.explanation.words import KEPT_WORDS, LEAST_Z, Vocabulary
from detectors.memory import BrandState, Tally
from detectors.model import (
    MINUTE_MS,
    Brand,
    Explanation,
    Marks,
    Match,
    Mention,
    Score,
    ScoreStatus,
    Sentiment,
    StoryKind,
    from_ms,
)
from detectors.monitor import BrandMonitor
from detectors.windowing import MonitorClock
from support.explanations import expect_sums, part
from support.scenario import Scenario
from support.series import MONDAY_MS

ACME = Brand(id="acme", name="Acme", match=Match(any=["acme", "@acme"]))
Said = tuple[Mention, bool]
"""A mention, and whether its author is a new voice."""


def said(text: str = "acme again", *, new: bool = True, minute: int = 0, **fields: object) -> Said:
    defaults = {"author": "anna", "id": "p1", "text": text, "source": "twitter"} | fields
    at_ms = MONDAY_MS + minute * MINUTE_MS
    mention = Mention(0, at_ms, at_ms, 7, sentiment=Sentiment.NEGATIVE, **defaults)  # type: ignore[arg-type]
    return mention, new


def lead(expected: float, status: ScoreStatus = ScoreStatus.OK) -> Score:
    return Score(status=status, expected_per_min=expected)


class Life:
    """Minutes of a brand: ordinary ones, then a run."""

    def __init__(self) -> None:
        self.background = Background()
        self.run = Run(start_ms=0)
        self.minute = 0

    def ordinary(self, minutes: Iterable[Sequence[Said]], *, expected: float = 1.0) -> Life:
        for mentions in minutes:
            bucket = self._bucket(mentions)
            start_ms = MONDAY_MS + self.minute * MINUTE_MS
            self.background.close(start_ms, len(mentions), lead(expected))
            self.background.learn(start_ms, None, bucket)
            self.minute += 1
        return self

    def unusual(self, minutes: Iterable[Sequence[Said]], *, expected: float = 1.0, closed: bool = True) -> Life:
        for mentions in minutes:
            bucket = self._bucket(mentions)
            start_ms = MONDAY_MS + self.minute * MINUTE_MS
            self.run.start_ms = self.run.start_ms or start_ms
            self.run.extend(start_ms, bucket, expected)
            if closed:
                self.background.close(start_ms, len(mentions), lead(expected))
            self.minute += 1
        return self

    def why(self) -> Explanation:
        why = explain(self.run, self.background, ACME, until_ms=MONDAY_MS + self.minute * MINUTE_MS)
        expect_sums(why)
        return why

    @staticmethod
    def _bucket(mentions: Sequence[Said]) -> OpenBucket | None:
        bucket = OpenBucket()
        for mention, new in mentions:
            bucket.add(mention, new_author=new)
        return bucket if mentions else None


# ---------------------------------------------------------------------------------- parts that add up

MENTIONS = st.builds(
    said,
    text=st.text(max_size=30),
    new=st.booleans(),
    source=st.sampled_from(["twitter", "forum", "other", "none"]),
    topics=st.lists(st.sampled_from(["refund", "safety", "other", "none"]), max_size=2).map(tuple),
    audience=st.sampled_from(["press", "regular", None]),
    hashtags=st.lists(st.integers(0, 300).map("#{}".format), max_size=2).map(tuple),
    is_repost=st.booleans(),
    author=st.one_of(st.none(), st.text(max_size=3)),
    followers=st.integers(0, 2**53),
)
MINUTES = st.lists(st.lists(MENTIONS, max_size=12), max_size=12)


@settings(deadline=None)
@given(ordinary=MINUTES, unusual=MINUTES, expected=st.floats(0, 1e6), halve=st.booleans())
def test_the_parts_add_up_whatever_was_said(
    ordinary: list[list[Said]], unusual: list[list[Said]], expected: float, halve: bool
) -> None:
    life = Life().ordinary(ordinary)
    if halve and life.background.usual is not None:
        life.background.usual.halve()
    why = life.unusual(unusual, expected=expected).why()  # checks all sums
    flat = [mention for minute in unusual for mention, _ in minute]
    assert why.observed == len(flat)
    assert why.expected == pytest.approx(len(unusual) * expected, abs=0.01)
    # And what is told of the few names there are is what was said.
    assert {p.name: p.observed for p in why.parts["kind"] if p.observed} == Counter(
        "reposts" if mention.is_repost else "originals" for mention in flat
    )
    for channel in ("twitter", "forum"):
        assert part(why, "channel", channel).observed == sum(mention.source == channel for mention in flat)
    for topic in ("refund", "safety"):
        assert part(why, "topic", topic).observed == sum(mention.topics[:1] == (topic,) for mention in flat)


@settings(deadline=None)
@given(seed=st.integers(0, 10**6), counts=st.lists(st.integers(0, 400), min_size=1, max_size=5))
def test_the_parts_add_up_with_more_names_than_are_kept(seed: int, counts: list[int]) -> None:
    rng = random.Random(seed)
    minutes = [[said(None, hashtags=(f"#{rng.randrange(200)}",)) for _ in range(count)] for count in counts]  # type: ignore[arg-type]
    why = Life().ordinary(minutes[::-1]).unusual(minutes).why()
    assert len(why.parts["hashtag"]) <= 10


def test_a_hashtag_that_comes_late_gets_its_chance() -> None:
    noise = [[said(hashtags=(f"#noise{number}",))] for number in range(3 * KEPT_NAMES)]
    wave = [[said(hashtags=("#boycott",))] * 50]
    assert part(Life().unusual(noise + wave).why(), "hashtag", "#boycott").observed == 50


@given(total=st.integers(0, 10**9), weights=st.dictionaries(st.text(max_size=3), st.integers(0, 10**6), min_size=1))
def test_shares_are_whole_and_within_one_of_their_proportion(total: int, weights: dict[str, int]) -> None:
    weights["some"] = weights.get("some", 0) + 1
    shares = apportion(total, weights)
    assert sum(shares.values()) == total
    of = sum(weights.values())
    assert all(abs(share * of - total * weights[name]) < of for name, share in shares.items())


def test_what_is_expected_has_the_mix_of_ordinary_life() -> None:
    # Three in four usually write on twitter, and now the forum boils over.
    ordinary = [[said(source="twitter")] * 3 + [said(source="forum")] for _ in range(20)]
    why = Life().ordinary(ordinary).unusual([[said(source="forum")] * 30] * 2, expected=4.0).why()
    assert [(p.name, p.observed, p.expected) for p in why.parts["channel"]] == [("forum", 60, 2.0), ("twitter", 0, 6.0)]
    assert part(why, "channel", "forum").excess == 58
    assert part(why, "channel", "twitter").excess == -6


def test_where_nothing_usual_is_known_no_part_stands_out() -> None:
    why = Life().unusual([[said(source="twitter")] * 30 + [said(source="forum")] * 10], expected=2.0).why()
    assert [(p.name, p.observed, p.expected) for p in why.parts["channel"]] == [
        ("twitter", 30, 1.5),
        ("forum", 10, 0.5),
    ]


def test_two_who_quarrel_are_not_many_voices() -> None:
    # Ordinary life: now and then a post, nearly always by somebody else.
    ordinary = [[said(author=f"u{minute}", minute=minute)] for minute in range(60)]
    quarrel = [[said(author=("anna", "ben")[n % 2], minute=60 + n // 4) for n in range(60)]]
    crowd = [[said(author=f"v{n}", minute=60 + n // 4) for n in range(60)]]
    whys = []
    for minutes in (quarrel, crowd):
        monitor = BrandMonitor(ACME, MonitorClock(), Tally())
        told = [
            [(mention, monitor.state.is_new_author(mention)) for mention, _ in minute] for minute in ordinary + minutes
        ]
        whys.append(Life().ordinary(told[:60]).unusual(told[60:]).why())
    few, many = whys
    # Each counts once in an hour of theirs, of which a quarter of an hour can touch two.
    assert part(few, "authors", "new").observed <= 4
    assert part(few, "authors", "new").observed + part(few, "authors", "again").observed == 60
    assert few.parts["authors"][0].name == "again"
    assert (part(many, "authors", "new").excess, many.parts["authors"][0].name) == (59, "new")
    assert (few.authors, many.authors) == (2, 60)


# ------------------------------------------------------------------------------------- kinds of story


def test_an_explanation_tells_the_kinds_of_story_against_what_is_usual() -> None:
    late = Marks(subjects=("operations",), prints=(1, 2))
    ordinary = [[said(marks=late if minute % 10 == 0 else None, author=f"u{minute}")] for minute in range(200)]
    wave = [[said(marks=late, author=f"v{minute}-{n}", minute=minute) for n in range(10)] for minute in range(5)]
    why = Life().ordinary(ordinary).unusual(wave).why()
    assert [(story.kind, story.posts, story.of) for story in why.stories] == [(StoryKind.OPERATIONS, 50, 50)]
    # A brand of which hardly anything else is said.
    ordinary = [[said(marks=late, author=f"u{minute}")] for minute in range(200)]
    assert Life().ordinary(ordinary).unusual(wave).why().stories == []


def test_copies_are_a_kind_beside_originals_and_reposts() -> None:
    bucket = OpenBucket()
    for copy_of, repost in ((None, False), (7, False), (7, True), (None, True), (9, False)):
        mention, _ = said(is_repost=repost)
        bucket.add(mention, new_author=True, copy_of=copy_of)
    assert bucket.evidence is not None and bucket.evidence.kind == {"originals": 1, "copies": 2, "reposts": 2}
    assert bucket.counts.reposts == 2  # which of two is the copy depends on their order, and detectors must not


def test_a_minute_remembers_its_most_frequent_hashtags_however_many_there_are() -> None:
    bucket = OpenBucket()
    for number in range(1000):
        mention, _ = said(hashtags=("#story", f"#t{number}", f"#u{number}"))
        bucket.add(mention, new_author=True)
    assert bucket.hashtags["#story"] == 1000 and len(bucket.hashtags) <= 2 * KEPT_HASHTAGS


def test_the_posts_of_a_run_leave_their_marks_behind() -> None:
    life = Life().unusual([[said(marks=Marks(prints=tuple(range(8))), author=f"u{n}") for n in range(9)]])
    kept = [life.run.first, *life.run.top]
    assert len(kept) == 6 and all(mention is not None and mention.marks is None for mention in kept)
    assert life.run.facts is not None and life.run.facts.negative == 9


def test_facts_of_a_crisis_do_not_become_usual() -> None:
    background, run = Background(), Run(start_ms=MONDAY_MS)
    bucket = Life._bucket([said(marks=Marks(links=("v/1",)))] * 5)
    run.extend(MONDAY_MS, bucket, 1.0)
    run.alerted = True
    background.learn(MONDAY_MS, run, None)
    assert background == Background()
    background.learn(MONDAY_MS, None, bucket)
    assert background.facts is not None and background.facts.links["v/1"].against == 5
    background.learn(MONDAY_MS + HALVED_MS, None, Life._bucket([said()]))
    assert background.facts.links["v/1"].against == 2 and background.facts.negative == 3


def test_marks_of_friendly_posts_are_usual_too() -> None:
    background, bucket = Background(), OpenBucket()
    mention, _ = said(marks=Marks(own_hashtags=("#acme",)))
    bucket.add(msgspec.structs.replace(mention, sentiment=Sentiment.POSITIVE), new_author=False)
    assert bucket.evidence is None
    background.learn(MONDAY_MS, None, bucket)
    assert background.usual is None and background.facts is not None
    assert (background.facts.against, background.facts.hashtags["#acme"].posts) == (0, 1)


# -------------------------------------------------------------------------------- what becomes usual


def test_a_run_is_learned_when_it_ends_unless_it_had_an_alert() -> None:
    run = Run(start_ms=MONDAY_MS)
    bucket = Life._bucket([said(source="forum")] * 5)
    run.extend(MONDAY_MS, bucket, 1.0)
    background = Background()
    background.learn(MONDAY_MS, run, None)
    assert background.usual is not None and background.usual.channel == {"forum": 5}
    run.alerted = True
    background.learn(MONDAY_MS, run, None)
    assert background.usual.channel == {"forum": 5}


def test_a_crisis_does_not_become_usual() -> None:
    s = Scenario("acme", negative_per_hour=6)
    s.at("09:00").posts(300, over="2h", source="tv", text="acme burns")
    s.expect_incident("acme", state="resolved")
    background = s.replay.partition.monitors["acme"].state.background
    assert background.usual is not None
    # What came before the alert was in the same run.
    assert background.usual.channel.get("tv", 0) == 0
    assert background.usual.channel["twitter"] > 100


def test_ordinary_life_fades() -> None:
    background = Background()
    for fortnight, source in ((0, "forum"), (1, "twitter"), (2, "twitter")):
        background.learn(fortnight * HALVED_MS, None, Life._bucket([said(source=source)] * 8))
    assert background.usual is not None
    assert background.usual.channel == {"forum": 2, "twitter": 12}
    background.learn(1000 * HALVED_MS, None, Life._bucket([said(source="new")]))
    assert background.usual.channel == {"new": 1}


def test_what_is_remembered_is_bounded() -> None:
    rng = random.Random(4)
    life = Life()
    for _ in range(400):
        life.ordinary(
            [[said(" ".join(f"word{rng.randrange(10**6)}" for _ in range(30)), hashtags=(f"#{rng.random()}",))] * 2]
        )
    usual = life.background.usual
    assert usual is not None
    assert len(usual.words.counts) <= 2 * KEPT_WORDS
    assert all(len(getattr(usual, dimension)) <= 2 * KEPT_NAMES for dimension in DIMENSIONS)
    assert len(msgspec.msgpack.encode(life.background)) < 10_000
    assert usual.followers == {}


# ------------------------------------------------------------------------------------------- words


def test_the_words_of_a_crisis_stand_out_against_the_usual_complaints() -> None:
    usual = ["acme: two hours on hold", "the acme app is slow", "my acme parcel is late again", "acme, what a queue"]
    life = Life().ordinary([[said(usual[minute % 4])] for minute in range(200)])
    texts = ["@acme your terminals are DOWN #acmefail", "card terminals down at acme, what a queue", usual[0]]
    why = life.unusual([[said(texts[place % 3]) for place in range(9)] for _ in range(4)]).why()
    words = {word.word: word for word in why.words}
    # In this order, and nothing else: neither the brand's name nor what is always said.
    assert set(words) == {"terminals", "down", "card", "#acmefail"}
    assert [word.word for word in why.words][:2] == ["down", "terminals"]
    assert words["terminals"].posts == 24 and words["terminals"].z > words["card"].z > LEAST_Z


def test_no_word_stands_out_where_nothing_usual_is_known() -> None:
    assert Life().unusual([[said("terminals down")] * 30]).why().words == []


def test_shouting_a_word_counts_once_and_no_text_costs_much() -> None:
    words = Vocabulary()
    words.read("down " * 1000)
    assert words.counts == {"down": 1}
    words.read("".join(f"w{number:03} " for number in range(10**5)))
    assert words.total == 61
    words.read("x" * 10**6)
    assert words.total == 61


@pytest.mark.parametrize(
    "text, words",
    [
        ("The refund... REFUND?! (refund)", {"refund"}),
        ("mail@acme.com @acme see https://t.co/refund", {"com"}),
        ("l\u2019argent \u00abrembours\u00e9\u00bb\U0001f92c!", {"argent", "rembourse"}),
        ("#AcmeFail #acme_fail #2026 2026 737max", {"#acmefail", "#acme_fail", "737max"}),
        ("\x00evil\x1b[31mred\u202e now", {"evil", "31mred"}),  # no control character comes through
        ("no is it", set()),
    ],
)
def test_what_a_word_is(text: str, words: set[str]) -> None:
    vocabulary = Vocabulary()
    vocabulary.read(text)
    assert set(vocabulary.counts) == words


def test_a_sample_of_a_busy_minute_is_read() -> None:
    why = Life().ordinary([[said("late")]]).unusual([[said("down")] * 500]).why()
    assert [word.posts for word in why.words] == [READ_POSTS]


@given(st.lists(st.text(max_size=60), max_size=30))
def test_no_text_breaks_the_words(texts: list[str]) -> None:
    Life().ordinary([[said(text) for text in texts]]).unusual([[said(text) for text in texts]]).why()


# ------------------------------------------------------------------------------------------- reach


def test_reach_counts_each_author_once() -> None:
    crowd = [said(author="anna", followers=100), said(author="anna", followers=120), said(author="ben", followers=5)]
    elsewhere = [said(author="anna", source="forum", followers=1000), said(author=None, followers=10**6)]
    why = Life().unusual([crowd, elsewhere, crowd]).why()
    assert (why.authors, why.reach, why.at_least) == (3, 1125, False)
    assert part(why, "authors", "unknown").observed == 1


def test_reach_says_at_least_when_it_has_lost_count() -> None:
    crowd = [[said(author=f"u{minute}-{n}", followers=1) for n in range(500)] for minute in range(10)]
    why = Life().unusual(crowd).why()
    assert (why.authors, why.reach, why.at_least) == (KEPT_AUTHORS, KEPT_AUTHORS, True)
    assert why.observed == 5000


# ---------------------------------------------------------------------------------------- timeline


def test_the_timeline_has_the_quiet_before_and_the_minutes_that_are_still_open() -> None:
    life = Life().ordinary([[said()]] * 60, expected=0.9)
    life.unusual([[said()] * 10] * 3, closed=False)
    points = life.why().timeline
    assert [point.observed for point in points] == [5] * 12 + [30]
    assert points[0].at == from_ms(MONDAY_MS) and points[-1].at == from_ms(MONDAY_MS + 60 * MINUTE_MS)
    assert points[0].expected == 4.5 and points[-1].expected == 3.0
    assert all(point.low <= point.observed <= point.high for point in points[:-1])
    assert points[-1].observed > points[-1].high
    # To look ahead changes nothing.
    assert life.background.timeline.counts == [5] * 12


def test_the_timeline_is_bounded_and_leaves_out_what_is_not_known() -> None:
    timeline = Timeline()
    for minute in [*range(600), *range(620, 640)]:
        timeline.add(MONDAY_MS + minute * MINUTE_MS, 1, 1.0)
    points = timeline.points()
    assert len(timeline.counts) == KEPT_BINS
    assert len(points) == KEPT_BINS - 4
    assert points[-1].at == from_ms(MONDAY_MS + 635 * MINUTE_MS)
    timeline.add(MONDAY_MS + 10**6 * MINUTE_MS, 3, 2.0)
    assert [point.observed for point in timeline.points()] == [3]
    background = Background()
    background.close(MONDAY_MS, 0, lead(0.0, ScoreStatus.WARMING_UP))
    assert background.timeline.points() == []


@pytest.mark.parametrize("mean", [0.3, 2.0, 9.0, 60.0])
def test_nine_of_ten_ordinary_counts_are_in_the_range(mean: float) -> None:
    # Negative binomial by its definition: a Poisson count whose rate varies by a fifth.
    shape, low, high = 25.0, *ordinary_range(mean)
    inside, term = 0.0, (shape / (shape + mean)) ** shape
    for count in range(high + 1):
        inside += term * (count >= low)
        term *= (count + shape) / (count + 1) * mean / (shape + mean)
    assert 0.87 < inside < 0.98


# ----------------------------------------------------------------------------------------- snapshots


def test_what_an_older_badbuzz_remembered_still_explains_itself() -> None:
    run = {"start_ms": MONDAY_MS, "observed": 12, "expected": 2.0, "reposts": 1, "by_channel": {"forum": 12}}
    state = msgspec.msgpack.decode(msgspec.msgpack.encode({"version": 2, "run": run}), type=BrandState)
    assert state.run is not None
    why = explain(state.run, state.background, ACME, until_ms=MONDAY_MS)
    expect_sums(why)
    assert [(p.name, p.observed) for p in why.parts["channel"]] == [("other", 12)]


def test_an_explanation_survives_the_log() -> None:
    why = Life().ordinary([[said()]] * 30).unusual([[said("card down")] * 20]).why()
    assert msgspec.json.decode(msgspec.json.encode(why), type=Explanation) == why
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(why), type=Explanation) == why
