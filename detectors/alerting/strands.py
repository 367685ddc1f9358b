"""Two stories of one brand at the same time: the second is found within the wave of the first, and told apart.

A wave has one signature at first. Of what was said in the last hour and has nothing of it, some may have a signature
of their own, from enough people: that is another story, a strand. From then on each negative mention that has it is
counted there and not in the first story, so that the numbers of both add up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from math import log, prod, sqrt
from typing import Final, NamedTuple

import msgspec

from detectors.alerting.alerts import CALM_BUCKETS, STORY
from detectors.alerting.likeness import LEAST_WORDS, covers, features, is_mark, stems, words_that_tell
from detectors.explanation import OpenBucket, Run
from detectors.explanation.run import Recent
from detectors.explanation.words import Vocabulary
from detectors.model import MINUTE_MS, Mention, Score, ScoreStatus

__all__ = ["MOST_STRANDS", "Read", "Strand", "Strands", "read", "rhythm"]

MOST_STRANDS: Final = 3
LEAST_POSTS: Final = 8.0
LEAST_AUTHORS: Final = 5
LEAST_READ: Final = 5
"""Of fewer posts nothing is learned."""
MOST_WORDS: Final = 24
MOST_MARKS: Final = 12
CORE_WORDS: Final = 8
_MARK_IS_WORTH: Final = 3
_SURE_WORDS: Final = 2
CALM_MINUTES: Final = 10
_STRAYS: Final = 3
_ALONE_MS: Final = 5 * MINUTE_MS
_ROUNDS: Final = 3
"""So often a story's posts tell more of its words, and these more of its posts."""
_LEAST_SHARE: Final = 0.08
_COMMON: Final = 0.3
_KEEPS: Final = 0.8
APART_MS: Final = 15 * MINUTE_MS
SILENT_MS: Final = 20 * MINUTE_MS
"""Of a story of which nothing was said for so long, what is said now need not be a side."""
UNSURE_MINUTES: Final = 15
"""So long it may be unclear what comes after a story that was over; then it is taken for the same."""
_TELLING: Final = 0.25
"""So much of the posts must have a signature before anything can be told from it."""
_AKIN: Final = 0.15
"""So many more posts than by chance have a word of the first story where they tell another side of it."""
_LARGE: Final = 0.2
"""A strand is so much of what was said in the last hour, at least."""
SURE: Final = 4.0
"""How far above the brand's rhythm a story has to be, in standard deviations."""
_WINDOWS: Final = (10, 30, 60)
_LEAST_EXPECTED: Final = 0.5


def rhythm(counts: Sequence[int], expected_per_min: float) -> Score:
    """How far the newest minutes are above a rhythm: the signed root of the Poisson deviance, in the worst window.

    Of 10, 30 and 60 minutes; in standard deviations, if the counts are Poisson.

    >>> rhythm([0] * 55 + [4] * 5, 0.1).surprise, rhythm([0] * 60, 0.1).surprise
    (9.0, 0.0)
    """
    worst = max(_above(sum(counts[-minutes:]), expected_per_min * minutes) for minutes in _WINDOWS)
    return Score(
        status=ScoreStatus.OK,
        surprise=round(worst, 1),
        threshold=SURE,
        observed=float(sum(counts[-60:])),
        expected=expected_per_min * 60,
        expected_per_min=expected_per_min,
    )


def _above(observed: float, expected: float) -> float:
    expected = max(expected, _LEAST_EXPECTED)
    if observed <= expected:
        return 0.0
    return sqrt(2 * (observed * log(observed / expected) - (observed - expected)))


class Read(NamedTuple):
    """A post of the last hour, and what a signature may have of it."""

    one: Recent
    post: set[str]

    @property
    def author(self) -> object:
        """Who wrote it; of nobody's each is by another."""
        return self.one.mention.author or self.one.mention.key


def read(recent: Iterable[Recent]) -> list[Read]:
    """The posts of the last hour, with what a signature may have of each."""
    return [Read(one, features(one.mention)) for one in recent]


class Known(msgspec.Struct):
    """What a story is known by, learned from its posts: words, each with the part of the posts that has it, and marks.

    The words that most posts have stand first. `marks` are its hashtags, links, accounts and kinds.
    """

    words: dict[str, float] = {}
    marks: list[str] = []

    @property
    def signature(self) -> list[str]:
        """All of it, the words that most posts have first."""
        return [*self.marks, *self.words]

    @property
    def core(self) -> set[str]:
        """The stems of its commonest words: what it is about; of the others everybody has some."""
        return stems(list(self.words)[:CORE_WORDS])

    def takes(self, post: set[str]) -> bool:
        """Whether a post is of this story: by its marks, one of its commonest words, or two of the others."""
        if covers(self.signature, post):
            return True
        common = [word for word, share in self.words.items() if share >= _COMMON]
        return not stems(common).isdisjoint(stems(post))

    def surely_takes(self, post: set[str]) -> bool:
        """Whether a post is of this story so surely that more may be learned from it."""
        return not post.isdisjoint(self.marks) or len(self.core & stems(post)) >= _SURE_WORDS

    def strength(self, post: set[str]) -> int:
        """How much of this story is in a post."""
        return _MARK_IS_WORTH * len(post.intersection(self.marks)) + len(stems(self.words) & stems(post))

    def learn(self, posts: Sequence[set[str]], usual: Vocabulary, without: Collection[str]) -> None:
        """Learn from posts of this story. Words and marks of few of them tell nothing."""
        if len(posts) < LEAST_READ:
            return
        counts = Counter(feature for post in posts for feature in post)
        # Accounts and kinds may be what is said of this brand on any day: those come with the incident, measured.
        often = [mark for mark in counts if mark.startswith(("#", "link:")) and counts[mark] >= _TELLING * len(posts)]
        self.marks = list(dict.fromkeys([*self.marks, *sorted(often)]))[:MOST_MARKS]
        shares = {word: counts[word] / len(posts) for word in words_that_tell(posts, usual, without)}
        shares |= {
            word: _KEEPS * known + (1 - _KEEPS) * counts[word] / len(posts) for word, known in self.words.items()
        }
        kept = sorted(shares, key=lambda word: (-shares[word], word))[:MOST_WORDS]
        self.words = {word: shares[word] for word in kept if shares[word] >= _LEAST_SHARE}


class Strand(msgspec.Struct):
    """A story within a wave. `share` is the part of the brand's usual negative talk that has its words."""

    key: str
    known: Known
    share: float
    run: Run
    open: dict[int, OpenBucket] = {}


class Strands(msgspec.Struct):
    """The stories of a wave beside the first.

    `known` is what the first is known by, `first` its incident. `peak` is how far above its rhythm it was at most,
    `calm` counts the minutes since it had its rhythm back, and `over` says that there were enough; `stirred` those in
    which something was on again since. `begun` says that the first is known.
    """

    known: Known = msgspec.field(default_factory=Known)
    first: str = ""
    peak: float = 0.0
    calm: int = 0
    over: bool = False
    stirred: int = 0
    begun: bool = False
    others: list[Strand] = []

    def follow(self, score: Score) -> bool:
        """A minute of the first story is over; whether the story is over with it.

        Only one that was far above its rhythm can tell that it is back: of a slow burn the detector knows better.
        """
        assert score.surprise is not None and score.threshold is not None
        self.peak = max(self.peak, score.surprise)
        self.calm = self.calm + 1 if score.surprise < score.threshold / 2 else 0
        self.over = self.peak >= 2 * score.threshold and self.calm >= CALM_BUCKETS
        return self.over

    def goes_on(self, same: bool | None) -> bool:
        """Whether the first story, which was over, is on again: it is the `same` that is told now, or nobody knows."""
        self.stirred += 1
        if same is False or (same is None and self.stirred < UNSURE_MINUTES):
            return False
        self.over, self.calm, self.stirred = False, 0, 0
        return True

    def drop(self, key: str) -> None:
        """The story of this alert is over: what is still said of it is counted with the first."""
        self.others = [strand for strand in self.others if strand.key != key]

    def of(self, post: set[str]) -> Strand | None:
        """The story that a post is of, None for the first: the one of which there is most in it."""
        found, most = None, self.known.strength(post)
        for strand in self.others:
            strength = strand.known.strength(post)
            if strength > most and strand.known.takes(post):
                found, most = strand, strength
        return found

    def bucket(self, mention: Mention, start_ms: int) -> OpenBucket | None:
        """Where this negative mention is counted, None for the first story."""
        strand = self.of(features(mention)) if self.others else None
        return None if strand is None else strand.open.setdefault(start_ms, OpenBucket())

    def learn(
        self, posts: Sequence[Read], usual: Vocabulary, without: Collection[str], *, marks: Iterable[str] = ()
    ) -> None:
        """What tells each story, from its posts of the last hour; `marks` of the first are known from elsewhere.

        The first grows by words that stand beside those that are known, as it goes on.
        """
        known = self.known
        known.marks = list(dict.fromkeys([*known.marks, *(mark for mark in marks if is_mark(mark))]))[:MOST_MARKS]
        if self.calm < CALM_MINUTES:  # else what is said now need not be of it
            own = [one.post for one in posts if not self.begun or known.surely_takes(one.post)]
            known.learn(own, usual, without)
        self.begun = self.begun or bool(known.words)
        for strand in self.others:
            strand.known.learn([one.post for one in read(strand.run.recent)], usual, without)

    def another(
        self,
        posts: Sequence[Read],
        usual: Vocabulary,
        without: Collection[str],
        *,
        began_ms: int,
        expected_per_min: float,
    ) -> Strand | None:
        """Another story in what was said in the last hour of a wave that began then, if there is one.

        It begins later than the first: what is there from the start is a side of that. And in a language in which the
        first is told too, as long as that goes on: no words are shared between two.
        """
        if len(self.known.words) < LEAST_WORDS or len(self.others) >= MOST_STRANDS or not posts:
            return None
        first = [each for each in posts if self.known.takes(each.post)]
        taken = [self.known, *(strand.known for strand in self.others)]
        rest = [each for each in posts if not any(known.takes(each.post) for known in taken)]
        total = _weight(posts)
        newest_ms = max((each.one.start_ms for each in first if self.known.surely_takes(each.post)), default=0)
        silent = self.over or newest_ms < posts[-1].one.start_ms - SILENT_MS
        if _weight(rest) < LEAST_POSTS or (not silent and _weight(first) < _TELLING * total):
            return None
        known = self._words_of(rest, first, usual, without)
        if len(known) < LEAST_WORDS:
            return None
        core = self.known.core
        free = [each for each in rest if core.isdisjoint(stems(each.post))]
        own = [each for each in free if covers(known, each.post)]
        story = Known()
        for _ in range(_ROUNDS):
            story.learn([each.post for each in own], usual, without)
            own = _without_strays([each for each in free if story.takes(each.post)])
        if not own or min(each.one.start_ms for each in own) - began_ms < APART_MS:
            return None
        if _weight(own) < max(LEAST_POSTS, _LARGE * total) or len({each.author for each in own}) < LEAST_AUTHORS:
            return None
        # Who gathers round somebody says little else: what for may well be the first story.
        marks = Counter(feature for each in own for feature in each.post if is_mark(feature))
        if any(count * 2 >= len(own) for mark, count in marks.items() if mark.startswith("@")):
            return None
        often = [mark for mark, count in marks.items() if count >= _TELLING * len(own)]
        if set(often).intersection(self.known.marks) or self._akin(known, rest, usual):
            return None
        if not silent and _languages(own).isdisjoint(_languages(first)):
            return None
        if _above(_weight(own), expected_per_min * _WINDOWS[-1]) < SURE:
            return None
        share = max((usual.counts.get(word, 0) for word in known), default=0) / max(usual.posts, 1)
        run = _run_of([each.one for each in own])
        return Strand(f"{STORY}/{run.start_ms}", story, min(share, 0.5), run)

    def _words_of(
        self, rest: Sequence[Read], first: Sequence[Read], usual: Vocabulary, without: Collection[str]
    ) -> list[str]:
        """The words that tell what is not of the first story, and are not the first's too."""
        ours, theirs = Counter(_words(first)), Counter(_words(rest))
        core = stems(self.known.words)
        return [
            word
            for word in words_that_tell([each.post for each in rest], usual, without)
            if core.isdisjoint(stems([word]))
            and theirs[word] >= _LEAST_SHARE * len(rest)
            and ours[word] * len(rest) * 3 <= theirs[word] * max(len(first), 1)
        ]

    def _akin(self, known: Collection[str], rest: Sequence[Read], usual: Vocabulary) -> bool:
        """Whether more of the posts with these words have one of the first story's commonest, than by chance.

        Then it is another side of the same story.
        """
        core, words = self.known.core, stems(known)
        by_chance = Counter(dict.fromkeys(core, 0))
        for word, count in usual.counts.items():
            for stem in stems([word]) & core:
                by_chance[stem] += count
        chance = 1 - prod(1 - min(1.0, count / max(usual.posts, 1)) for count in by_chance.values())
        near = [each for each in rest if not words.isdisjoint(stems(each.post))]
        both = _weight([each for each in near if not core.isdisjoint(stems(each.post))])
        return both > (chance + _AKIN) * _weight(near)


def _without_strays(posts: list[Read]) -> list[Read]:
    """Without the first few that stand alone: before a story begins there is always somebody with its words."""
    begin = 0
    while begin < _STRAYS and len(posts) > begin + 1:
        if posts[begin + 1].one.start_ms - posts[begin].one.start_ms <= _ALONE_MS:
            break
        begin += 1
    return posts[begin:]


def _weight(posts: Iterable[Read]) -> float:
    return sum(each.one.weight for each in posts)


def _words(posts: Iterable[Read]) -> list[str]:
    return [feature for each in posts for feature in each.post if not is_mark(feature)]


def _languages(posts: Iterable[Read]) -> set[str]:
    """The languages of a tenth of these posts or more."""
    found = Counter(each.one.mention.lang or "" for each in posts)
    return {lang for lang, count in found.items() if count * 10 >= found.total()}


def _run_of(recent: Sequence[Recent]) -> Run:
    """The run of a story so far, from the posts of it that were kept."""
    start_ms = min(one.start_ms for one in recent)
    end_ms = max(one.start_ms for one in recent)
    run = Run(start_ms=start_ms, alerted=True)
    for minute in range(start_ms, end_ms + MINUTE_MS, MINUTE_MS):
        bucket = OpenBucket()
        for one in recent:
            if one.start_ms == minute:
                bucket.add(one.mention, new_author=True)
        run.extend(minute, bucket if bucket.negative else None, 0.0)
    return run
