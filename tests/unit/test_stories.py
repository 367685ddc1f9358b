"""What tells a kind of story: counts that stay small, shares that stand out, who waits, who plays the brand."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from itertools import count

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.alerting import IMPOSTOR, AlertBook, IncidentBook
from detectors.incidents import BrandIncidents
from detectors.memory import BrandState, Tally
from detectors.model import (
    MINUTE_MS,
    Alert,
    Brand,
    Explanation,
    Incident,
    Marks,
    Match,
    Mention,
    Score,
    ScoreStatus,
    Sentiment,
    Story,
    StoryKind,
    from_ms,
)
from detectors.stories import KINDS, Desk, Facts, Impostors, Waiting, stories
from detectors.stories.desk import KEPT_COMPLAINTS, LEAST_ANSWERS, REMEMBERED_MS, UNKNOWN_LIMIT_MS
from detectors.stories.facts import MOMENT_MS, in_step
from detectors.stories.measure import LEAST_POSTS, stands_out
from detectors.stories.names import KEPT_NAMES, Named, distinct, voice
from detectors.windowing import MonitorClock
from support.series import MONDAY_MS

ACME = Brand(id="acme", name="Acme", match=Match(any=["acme"]))
_NUMBERS = count(1)


def said(
    *,
    sentiment: Sentiment = Sentiment.NEGATIVE,
    author: str | None = "anna",
    at_ms: int = MONDAY_MS + 17_000,
    id: str | None = "p1",
    repost: bool = False,
    **marks: object,
) -> Mention:
    number = next(_NUMBERS)
    return Mention(
        number,
        at_ms,
        at_ms,
        number,
        "twitter",
        sentiment,
        author,
        is_repost=repost,
        id=id,
        text="acme again",
        marks=Marks(**marks) if marks else None,  # type: ignore[arg-type]
    )


def facts(mentions: Iterable[Mention]) -> Facts:
    """Of a run: the mentions of each minute, closed."""
    minutes: dict[int, Facts] = {}
    for mention in mentions:
        minutes.setdefault(mention.event_ms // MINUTE_MS, Facts()).add(mention, copy_of=None)
    whole = Facts()
    for minute in minutes.values():
        whole.merge(minute)
    return whole


def crowd(posts: int, *, start: int = 0, **marks: object) -> list[Mention]:
    """So many posts against the brand, each by somebody else, one every seven seconds."""
    return [said(author=f"u{start + n}", at_ms=MONDAY_MS + 7_000 * n + 1, **marks) for n in range(posts)]  # type: ignore[arg-type]


def kinds(run: Facts, usual: Facts | None = None, brand: Brand = ACME) -> list[str]:
    return [story.kind.value for story in stories(run, usual or Facts(), brand)]


def only(run: Facts, usual: Facts | None = None, brand: Brand = ACME) -> Story:
    (story,) = stories(run, usual or Facts(), brand)
    return story


# ---------------------------------------------------------------------------------------- facts

NAMES = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=3, unique=True).map(tuple)
SAID = st.builds(
    said,
    sentiment=st.sampled_from(list(Sentiment)),
    author=st.one_of(st.none(), st.sampled_from(["anna", "ben", "\ud800"])),
    at_ms=st.integers(0, 5 * MINUTE_MS).map(lambda ms: MONDAY_MS + ms),
    repost=st.booleans(),
    accounts=NAMES,
    links=NAMES,
    own_hashtags=NAMES,
    rivals=NAMES,
    subjects=NAMES,
    ironic=st.booleans(),
    young=st.booleans(),
)


@given(st.lists(SAID, max_size=30), st.integers(0, 30))
def test_facts_are_the_same_however_they_are_put_together(mentions: list[Mention], cut: int) -> None:
    whole, first, second = Facts(), facts(mentions[:cut]), facts(mentions[cut:])
    whole.merge(first)
    whole.merge(second)
    expected = facts(mentions)
    # A minute that is cut in two may lose what is in step.
    expected.in_step = whole.in_step = 0
    assert whole == expected
    before = msgspec.msgpack.encode(first)
    copy = first.copy()
    assert copy == first
    copy.merge(second)
    assert msgspec.msgpack.encode(first) == before
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(whole), type=Facts) == whole
    against = [m for m in mentions if m.sentiment is Sentiment.NEGATIVE or (m.marks and m.marks.ironic)]
    assert whole.against == len(against)
    assert whole.own_words == sum(not mention.is_repost for mention in against)
    for one in [*whole.hashtags.values(), *whole.accounts.values(), *whole.links.values(), *whole.rivals.values()]:
        assert 0 <= one.authors <= one.against <= one.posts and one.beside_rival <= one.against


def test_facts_are_bounded_and_the_frequent_stay() -> None:
    rng = random.Random(3)
    run, open_minute = Facts(), Facts()
    for number in range(6000):
        noise = f"noise{rng.random()}"
        names = (noise, "often") if number % 8 == 0 else (noise,)
        fields = dict.fromkeys(("accounts", "links", "own_hashtags", "rivals"), names)
        open_minute.add(said(author=f"u{number}", **fields), copy_of=number % 7 and number)  # type: ignore[arg-type]
        if number % 50 == 49:
            run.merge(open_minute)
            open_minute = Facts()
    for kept in (run.hashtags, run.accounts, run.links, run.rivals):
        assert len(kept) <= 2 * KEPT_NAMES and kept["often"].against > 700
    assert len(run.texts) <= 2 * KEPT_NAMES
    assert max(run.texts, key=lambda text: run.texts[text]) == 0  # the text that came every seventh time
    assert len(msgspec.msgpack.encode(run)) < 8_000


def test_nothing_to_mark_costs_no_bytes() -> None:
    plain = facts([said(), said(sentiment=Sentiment.POSITIVE)])
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(plain)) == {"negative": 1}


def test_the_usual_fades_and_knows_nobody() -> None:
    usual = Facts()
    usual.merge(facts(crowd(9, accounts=("otto",), subjects=("product",), young=True)), usual=True)
    assert usual.accounts["otto"] == Named(9, 9, 0, 0)
    usual.halve()
    assert (usual.negative, usual.young, usual.subjects, usual.accounts["otto"].against) == (4, 4, {"product": 4}, 4)
    for _ in range(4):
        usual.halve()
    assert usual == Facts()


@pytest.mark.parametrize("people", [1, 5, 8, 20, 60, 150])
def test_people_are_counted_about_right(people: int) -> None:
    rng, wrong = random.Random(people), []
    for _ in range(200):
        bits = 0
        for _ in range(people):
            bits |= voice("twitter", f"u{rng.randrange(10**9)}")
        wrong.append(abs(distinct(bits) - people) / people)
    assert sum(wrong) / len(wrong) < 0.15


def test_what_came_in_step() -> None:
    assert in_step({}) == 0
    evenly, burst = dict.fromkeys(range(12), 4), {7: 30}
    assert in_step(evenly) == 0 and in_step(evenly | burst) == 30
    moments = Facts()
    for second in (0, 5, 5, 6, 7, 8, 9):  # 12:00:00.000 says that the source knows no seconds
        moments.add(said(at_ms=MONDAY_MS + second * 1000, young=True), copy_of=None)
    assert moments.moments == {5_000 // MOMENT_MS: 6}


# -------------------------------------------------------------------------------- standing out


def test_every_kind_has_its_finder_and_its_order() -> None:
    assert set(KINDS) == set(StoryKind)
    assert stories(Facts(), Facts(), ACME) == []
    run = Facts(negative=100, subjects={"operations": 60, "conduct": 90, "product": 50})
    assert kinds(run) == ["conduct", "operations", "product"]


@given(
    posts=st.integers(0, 200),
    of=st.integers(1, 200),
    usual=st.integers(0, 1000),
    usual_of=st.integers(0, 1000),
    expected=st.floats(0, 300),
)
def test_more_of_it_never_stands_out_less(posts: int, of: int, usual: int, usual_of: int, expected: float) -> None:
    posts, usual = min(posts, of), min(usual, usual_of)
    found = stands_out(posts, of, usual, usual_of, expected=expected)
    if posts < of and found:
        assert stands_out(posts + 1, of, usual, usual_of, expected=expected)
    if usual_of >= 20 and posts * usual_of <= usual * of and usual:
        assert not found


def test_an_ordinary_mix_stands_out_at_no_size() -> None:
    usual = Facts(negative=1000, subjects={"operations": 450})
    for size in (20, 200, 2000):
        wave = Facts(negative=size, subjects={"operations": round(size * 0.48)}, expected=size / 10)
        assert kinds(wave, usual) == []


def test_a_kind_needs_posts_a_share_and_to_be_unusual() -> None:
    few, many = Facts(negative=6, subjects={"product": LEAST_POSTS - 1}), Facts(negative=60, subjects={"product": 30})
    assert kinds(few) == [] and kinds(many) == ["product"]
    assert kinds(many, Facts(negative=1000, subjects={"product": 450})) == []
    assert kinds(many, Facts(negative=1000, subjects={"product": 250})) == ["product"]
    strict = msgspec.structs.replace(ACME, stories={"product": 0.51})
    lenient = msgspec.structs.replace(ACME, stories={"product": 0.05})
    assert kinds(many, brand=strict) == []
    assert kinds(Facts(negative=60, subjects={"product": 5}), brand=lenient) == ["product"]
    assert only(many, brand=lenient).threshold == 0.05


# ------------------------------------------------------------------------------------ each kind


def test_a_hashtag_that_stands_in_half_of_all_complaints_is_not_hijacked() -> None:
    run = facts([*crowd(30, own_hashtags=("#acme",)), *crowd(30)])
    assert only(run).subject == "#acme"
    usual = facts([*crowd(40, own_hashtags=("#acme",)), *crowd(60)])
    assert kinds(run, usual) == []
    # Friends had it for themselves before: that is what makes it hijacked.
    friends = [said(sentiment=Sentiment.POSITIVE, own_hashtags=("#acme",)) for _ in range(200)]
    assert kinds(run, facts([*friends, *crowd(100)])) == ["hijacked-hashtag"]
    assert kinds(facts([*crowd(30, own_hashtags=("#acme",)), *crowd(30), *friends])) == []


def test_the_most_frequent_tag_may_be_the_friends() -> None:
    friends = [said(sentiment=Sentiment.POSITIVE, own_hashtags=("#acmelove",)) for _ in range(90)]
    run = facts([*crowd(40, own_hashtags=("#acmelove",)), *crowd(30, own_hashtags=("#acmefail",)), *friends])
    assert only(run).subject == "#acmefail"


def test_reposts_gather_round_nobody() -> None:
    run = facts([said(author=f"u{n}", repost=True, accounts=("jane",)) for n in range(40)])
    assert kinds(run) == [] and run.accounts == {}
    run = facts([*crowd(12, accounts=("jane",)), *[said(author=f"r{n}", repost=True) for n in range(200)]])
    assert only(run).of == 12


def test_an_account_that_is_always_named_is_no_rally() -> None:
    run = facts([*crowd(30, accounts=("regulator",)), *crowd(30)])
    assert kinds(run) == ["rally"]
    assert kinds(run, facts([*crowd(40, accounts=("regulator",)), *crowd(60)])) == []


def test_who_is_named_together_with_a_rival_is_the_rivals() -> None:
    run = facts(crowd(30, accounts=("pollux_phones",), rivals=("pollux",)))
    assert kinds(run) == ["rival"]
    assert kinds(facts([*crowd(20, accounts=("jane",), rivals=("pollux",)), *crowd(20, accounts=("jane",))])) == [
        "rally",
        "rival",
    ]


def test_a_link_that_one_shares_is_no_link_of_many() -> None:
    spam = [said(author="anna", at_ms=MONDAY_MS + 20_000 * n + 1, links=("v/1",)) for n in range(40)]
    assert kinds(facts(spam)) == []
    assert only(facts(crowd(40, links=("v/1",)))).facts["authors"] > 30


def test_copies_and_the_text_that_was_copied_most() -> None:
    story = only(Facts(negative=40, copies=25, texts={7: 20, 8: 5}))
    assert (story.kind, story.posts, story.facts) == ("copy-paste", 21, {"copies": 25, "texts": 2})
    # Many texts, each copied a few times: a group that was handed slogans.
    assert kinds(Facts(negative=60, copies=45, texts=dict.fromkeys(range(10), 4))) == ["brigade"]
    usual = Facts(negative=100, copies=60)
    assert kinds(Facts(negative=40, copies=25, texts={7: 20, 8: 5}), usual) == []


@pytest.mark.parametrize(
    "run",
    [
        Facts(negative=100, signed=100, authors=14),
        Facts(negative=100, young=60),
        Facts(negative=100, in_step=60),
    ],
)
def test_signs_of_a_brigade(run: Facts) -> None:
    assert kinds(run) == ["brigade"]
    assert only(run).posts == max(only(run).facts[sign] for sign in ("beyond_two", "young", "in_step", "copied"))


@pytest.mark.parametrize(
    "run",
    [
        Facts(negative=100, signed=100, authors=2),  # a quarrel
        Facts(negative=100, signed=100, authors=30),  # three posts each
        Facts(negative=100, signed=10, authors=4),  # nobody is named
        Facts(negative=90_000, signed=90_000, authors=None),  # too many to count
        Facts(negative=15, young=15),  # too few posts to say so
    ],
)
def test_no_signs_of_a_brigade(run: Facts) -> None:
    assert kinds(run) == []


def test_where_new_accounts_are_usual_they_are_no_sign() -> None:
    run = Facts(negative=100, young=60)
    assert kinds(run, Facts(negative=100, young=50)) == []


def test_unanswered_is_more_than_usual() -> None:
    run, usual = Facts(waiting=Waiting(10, 12, 90 * MINUTE_MS, 12 * MINUTE_MS)), Facts(waiting=Waiting(5, 100))
    story = only(run, usual)
    assert (story.kind, story.posts, story.of) == ("unanswered", 10, 12)
    assert story.facts == {"waiting": 10, "longest_minutes": 90, "usual_minutes": 12}
    assert kinds(run, Facts(waiting=Waiting(80, 100))) == []
    assert kinds(Facts(waiting=Waiting(10, 30)), usual) == []


def test_impostors_need_no_wave() -> None:
    impostors = Impostors(MONDAY_MS)
    impostors.add(said(author="acme_help", sentiment=Sentiment.NEUTRAL, reply_to="p1"), "acme", to_customer=True)
    story = only(Facts(impostors=impostors))
    assert (story.kind, story.subject, story.posts, story.share) == ("impostor", "acme_help", 1, 1.0)
    for _ in range(2):
        impostors.add(said(author="acme_help"), "acme", to_customer=False)
    assert kinds(Facts(impostors=impostors)) == []  # most of it is for nobody


def test_impostors_are_bounded_and_keep_their_first_posts() -> None:
    impostors = Impostors(MONDAY_MS)
    for number in range(100):
        post = said(author=f"acme_{number}", at_ms=MONDAY_MS + number, reply_to="p1", prints=tuple(range(8)))
        impostors.add(post, "acme", to_customer=True)
    assert impostors.posts == 100 and len(impostors.accounts) == 8 and impostors.account == "acme_0"
    assert [post.author for post in impostors.kept] == [f"acme_{number}" for number in range(5)]
    assert all(post.marks is None for post in impostors.kept)
    nobody = Impostors(MONDAY_MS)
    nobody.add(said(author=None, reply_to="p1"), "acme", to_customer=True)
    assert nobody.account is None and len(nobody.accounts) == 1


# ------------------------------------------------------------------------------------- the desk


def minute(number: float) -> int:
    return MONDAY_MS + round(number * MINUTE_MS)


def complain(desk: Desk, id: str, at: float, author: str | None = None) -> None:
    desk.complain(said(id=id, at_ms=minute(at), author=author, addressed=True))


def answer(desk: Desk, id: str | None, at: float, *, learn: bool = True) -> None:
    desk.hear(said(at_ms=minute(at), sentiment=Sentiment.UNKNOWN, official=True, reply_to=id), learn=learn)


def practised(minutes: Sequence[float] = (8, 10, 12)) -> Desk:
    """A desk that has answered sixty complaints."""
    desk = Desk()
    for number in range(60):
        complain(desk, f"old{number}", -2000 + number)
        answer(desk, f"old{number}", -2000 + number + minutes[number % len(minutes)])
    return desk


def waiting(desk: Desk, now: float, since: float = 0) -> tuple[int, int]:
    found = desk.waiting(minute(since), minute(now))
    assert found is not None
    return found.overdue, found.due


def test_where_no_official_account_was_heard_nobody_waits() -> None:
    desk = Desk()
    complain(desk, "p1", 0)
    assert desk.waiting(minute(0), minute(500)) is None
    answer(desk, None, 1)  # it says something to all
    assert waiting(desk, 500) == (1, 1)


def test_an_hour_is_long_until_more_is_known() -> None:
    desk = Desk(heard=True)
    complain(desk, "p1", 0)
    assert desk.limit_ms == desk.usual_ms == UNKNOWN_LIMIT_MS
    assert (waiting(desk, 59), waiting(desk, 60)) == ((0, 0), (1, 1))
    for number in range(LEAST_ANSWERS + 2):
        complain(desk, f"q{number}", 0)
        answer(desk, f"q{number}", 10)
    assert desk.usual_ms == pytest.approx(10 * MINUTE_MS, rel=1e-9)


def test_the_usual_time_to_answer_is_learned() -> None:
    desk = practised((5, 20, 80))
    assert desk.usual_ms == pytest.approx(20 * MINUTE_MS, rel=0.02)
    assert 55 * MINUTE_MS < desk.limit_ms < 70 * MINUTE_MS  # one standard deviation of the logarithm
    assert practised((0.1, 0.2)).limit_ms == 10 * MINUTE_MS  # a machine: nobody can call eleven seconds late
    slow = practised()
    for number in range(2000):
        complain(slow, f"s{number}", number)
        answer(slow, f"s{number}", number + 120)
    assert slow.usual_ms == pytest.approx(120 * MINUTE_MS, rel=0.01)


def test_what_a_crisis_takes_is_not_learned() -> None:
    desk = practised()
    before = desk.usual_ms
    for number in range(100):
        complain(desk, f"p{number}", number)
        answer(desk, f"p{number}", number + 600, learn=False)
    assert desk.usual_ms == before


def test_an_answer_is_one_to_the_post_or_to_another_of_its_author() -> None:
    desk = practised()
    for id, author in (("p1", "anna"), ("p2", "anna"), ("p3", "ben"), ("p4", None), ("p5", None)):
        complain(desk, id, 0, author)
    assert waiting(desk, 30) == (5, 5)
    answer(desk, "p1", 31)
    assert waiting(desk, 40) == (3, 5)
    answer(desk, "p4", 41)
    assert waiting(desk, 50) == (2, 5)
    complain(desk, "p6", 42, "anna")  # she writes again, after the answer
    assert waiting(desk, 60) == (3, 6)


def test_an_answer_may_come_before_what_it_answers() -> None:
    # Two partitions have no order between them.
    desk = practised()
    answer(desk, "p1", 5)
    complain(desk, "p1", 0)
    complain(desk, "p2", 0)
    assert waiting(desk, 60) == (1, 2)


def test_only_what_was_due_since_counts() -> None:
    desk = practised()
    for number in range(10):
        complain(desk, f"p{number}", -600)
    assert waiting(desk, 60) == (0, 0) and waiting(desk, 60, since=-700) == (10, 10)


def test_a_brand_that_usually_leaves_complaints_unanswered_is_known_for_it() -> None:
    desk = practised()
    desk.close(minute(0), learn=True)
    usual = desk.usual()
    for hour in range(48):
        complain(desk, f"p{hour}", hour * 60 + 5)
        if hour % 2:
            answer(desk, f"p{hour}", hour * 60 + 14)
        desk.close(minute(hour * 60 + 60), learn=hour < 40)
    assert (desk.usual().due - usual.due, desk.usual().overdue - usual.overdue) == (40, 20)
    desk.close(minute(30 * 1440), learn=True)
    assert desk.usual().due < 40  # halved every fortnight


def test_a_day_is_remembered_and_in_bounds() -> None:
    desk = practised()
    desk.close(minute(-600), learn=True)
    assert len(desk.complaints) == 60
    desk.close(minute(-2000) + REMEMBERED_MS + 30 * MINUTE_MS, learn=True)
    assert len(desk.complaints) == 30
    for number in range(5 * KEPT_COMPLAINTS):
        complain(desk, f"p{number}", number / 100, f"u{number}")
        answer(desk, f"elsewhere{number}", number / 100)
    assert KEPT_COMPLAINTS <= len(desk.complaints) <= KEPT_COMPLAINTS * 9 // 8
    assert len(msgspec.msgpack.encode(desk)) < 18_000
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(desk), type=Desk) == desk
    desk.forget_complaints()
    assert (desk.complaints, desk.early) == ({}, {}) and desk.answers > LEAST_ANSWERS


# ---------------------------------------------------------------------- alerts of impostors

HOT = Score(status=ScoreStatus.OK, surprise=6.0, threshold=4.8, signals=["authors"])
CALM = Score(status=ScoreStatus.OK, surprise=0.0, threshold=4.8)
SPOKE = Score(status=ScoreStatus.OK, surprise=1.0, threshold=0.5, observed=1.0)
SILENT = Score(status=ScoreStatus.OK, surprise=0.0, threshold=0.5, observed=1.0)


def why(observed: int) -> Explanation:
    at = from_ms(MONDAY_MS)
    return Explanation(since=at, until=at, observed=observed, expected=0.0, first_post=None, top_posts=[])


class Books:
    """A brand's alerts and incidents, side by side as `BrandIncidents` has them."""

    def __init__(self, state: BrandState | None = None) -> None:
        self.state = state or BrandState()
        self.alerts = AlertBook(ACME.id, self.state.alerts)
        self.incidents = IncidentBook(ACME, self.state.incidents)

    def fire(self, detector: str, at: float, observed: int = 0, *, into: Incident | None = None) -> Incident:
        score = SPOKE if detector == IMPOSTOR else HOT
        alert = self.alerts.fire(detector, score, onset_ms=minute(at), at_ms=minute(at), why=why(observed))
        return self.incidents.attach(detector, alert, at_ms=minute(at), into=into.id if into is not None else None)

    def rest(self, at: float, minutes: int = 60, **scores: Score) -> list[Alert | Incident]:
        given = {"surge": CALM, IMPOSTOR: SILENT, **scores}
        told: list[Alert | Incident] = []
        for place in range(minutes):
            end_ms = minute(at + place + 1)
            over = self.alerts.close_bucket(given, at_ms=end_ms, explain=lambda key: why(9))
            firing = [key for key in given if self.alerts.firing(key)]
            for key, alert in over:
                told += [alert, *self.incidents.over(key, alert, firing=firing, at_ms=end_ms)]
        return told

    def has_grown(self, excess: float) -> bool:
        return BrandIncidents(ACME, self.state, MonitorClock(), Tally()).has_grown(excess)


def test_the_alert_of_an_impostor_is_no_wave() -> None:
    book = Books()
    first = book.fire(IMPOSTOR, 0)
    alerts = book.alerts
    assert (alerts.any_firing, alerts.firing(IMPOSTOR), alerts.wave_on) == (True, True, False)
    assert not book.has_grown(1000)
    book.fire("surge", 5, observed=10, into=first)
    assert (alerts.wave_on, Books(book.state).alerts.wave_on) == (True, True)
    assert (book.has_grown(19), book.has_grown(20)) == (False, True)


def test_an_incident_that_an_impostor_opened_takes_the_scale_of_the_wave() -> None:
    book = Books()
    first = book.fire(IMPOSTOR, 0)
    assert first.threshold == 0.5
    joined = book.fire("surge", 5, observed=10, into=first)
    assert (joined.id, joined.version, joined.detectors) == (first.id, 2, [IMPOSTOR, "surge"])
    assert (joined.peak_surprise, joined.threshold, joined.signals) == (6.0, 4.8, ["authors"])
    late = Books()
    wave = late.fire("surge", 0, observed=10)
    assert late.fire(IMPOSTOR, 5, into=wave).threshold == 4.8


def test_the_same_impostor_within_six_hours_is_one_alert() -> None:
    book = Books()
    first = book.fire(IMPOSTOR, 0)
    assert [change.state.value for change in book.rest(0)] == ["resolved", "resolved"]
    alerts = book.alerts
    assert alerts.same_story(IMPOSTOR, minute(359)) and not alerts.same_story(IMPOSTOR, minute(360))
    again = book.fire(IMPOSTOR, 200)
    assert (again.id, again.version, again.state, again.resolved_at) == (first.id, 3, "reopened", None)
    assert again.alerts == first.alerts


def test_what_is_on_again_is_in_its_own_incident_and_no_version_comes_twice() -> None:
    book = Books()
    first = book.fire(IMPOSTOR, 0)
    book.rest(0)
    second = book.fire("surge", 100, observed=10)
    book.rest(100)
    third = book.fire(IMPOSTOR, 300)
    assert first.id != second.id and third.id == first.id
    assert third.version == 3 and third.alerts == first.alerts
    # In an incident that it once joined, too.
    book = Books()
    wave = book.fire("surge", 0, observed=10)
    book.fire(IMPOSTOR, 5, into=wave)
    book.rest(5)
    again = book.fire(IMPOSTOR, 200)
    assert (again.id, again.version, again.state) == (wave.id, 4, "reopened")
    assert len(again.alerts) == 2


STEPS = st.tuples(st.sampled_from(["surge", IMPOSTOR]), st.integers(1, 500), st.booleans())


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=25))
def test_versions_of_an_incident_only_ever_grow(steps: list[tuple[str, int, bool]]) -> None:
    book, now = Books(), 0
    versions: dict[str, int] = {}
    for detector, later, joins in steps:
        changes = book.rest(now, min(later, 130)) if book.alerts.any_firing else []
        now += later
        if not book.alerts.firing(detector):
            newest = next(iter(book.incidents.newest_first()), None)
            changes.append(book.fire(detector, now, observed=len(versions), into=newest if joins else None))
        for change in changes:
            if isinstance(change, Incident):
                assert change.version == versions.get(change.id, 0) + 1
                versions[change.id] = change.version
