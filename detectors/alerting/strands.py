"""Two stories of one brand at the same time: the second is found within the wave of the first, and told apart.

A wave has one signature at first. Of what was said in the last hour and has nothing of it, some may have a signature
of their own, from enough people: that is another story, a strand. From then on each negative mention that has it is
counted there and not in the first story, so that the numbers of both add up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from math import log, prod, sqrt
from typing import Final

import msgspec

from detectors.alerting.alerts import CALM_BUCKETS, STORY
from detectors.alerting.likeness import LEAST_WORDS, covers, features, share_of, stems, words_that_tell
from detectors.explanation import OpenBucket, Run
from detectors.explanation.run import Recent
from detectors.explanation.words import Vocabulary
from detectors.model import MINUTE_MS, Mention, Score, ScoreStatus

__all__ = ["MOST_STRANDS", "Strand", "Strands", "rhythm"]

MOST_STRANDS: Final = 3
LEAST_POSTS: Final = 8.0
LEAST_AUTHORS: Final = 5
MOST_KNOWN: Final = 40
"""Words and marks of one signature."""
APART_MS: Final = 15 * MINUTE_MS
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


class Strand(msgspec.Struct):
    """A story within a wave. `share` is the part of the brand's usual negative talk that has its signature."""

    key: str
    signature: list[str]
    share: float
    run: Run
    open: dict[int, OpenBucket] = {}

    def takes(self, post: set[str]) -> bool:
        """Whether a post is of this story."""
        return covers(self.signature, post)


class Strands(msgspec.Struct):
    """The stories of a wave beside the first.

    `main` is the signature of the first, `first` its incident; `calm` counts the minutes since it had its rhythm back,
    `over` says that there were enough.
    """

    main: list[str] = []
    first: str = ""
    calm: int = 0
    over: bool = False
    others: list[Strand] = []

    def follow(self, *, calm: bool) -> bool:
        """A minute of the first story is over; whether the story is over with it."""
        self.calm = self.calm + 1 if calm else 0
        self.over = self.calm >= CALM_BUCKETS
        return self.over

    def drop(self, key: str) -> None:
        """The story of this alert is over: what is still said of it is counted with the first."""
        self.others = [strand for strand in self.others if strand.key != key]

    def bucket(self, mention: Mention, start_ms: int) -> OpenBucket | None:
        """Where this negative mention is counted, None for the first story."""
        if not self.others:
            return None
        post = features(mention)
        for strand in self.others:
            if strand.takes(post):
                return strand.open.setdefault(start_ms, OpenBucket())
        return None

    def _takes(self, one: Recent) -> bool:
        return covers(self.main, features(one.mention))

    def learn(self, recent: Sequence[Recent], usual: Vocabulary, without: Collection[str]) -> None:
        """The first story's signature grows by words that stand beside those that are known, as it goes on."""
        posts = [post for _, post in _weighted(recent)]
        if self.main:
            posts = [post for post in posts if covers(self.main, post)]
        kinds = Counter(feature for post in posts for feature in post if feature.startswith("kind:"))
        usual_kinds = [kind for kind, count in kinds.items() if count >= _TELLING * len(posts)]
        known = dict.fromkeys([*self.main, *usual_kinds, *words_that_tell(posts, usual, without)])
        self.main = list(known)[:MOST_KNOWN]

    def _akin(self, own: Sequence[tuple[float, set[str]]], usual: Vocabulary) -> bool:
        """Whether more of these posts have a word of the first story than the brand's usual talk would."""
        words = stems(self.main)
        by_chance = Counter(dict.fromkeys(words, 0))
        for word, count in usual.counts.items():
            if (stem := word.rstrip("s")[:5]) in words:
                by_chance[stem] += count
        chance = 1 - prod(1 - min(1.0, count / max(usual.posts, 1)) for count in by_chance.values())
        total = sum(weight for weight, _ in own)
        return sum(weight for weight, post in own if words & stems(post)) > (chance + _AKIN) * total

    def another(
        self,
        recent: Sequence[Recent],
        usual: Vocabulary,
        without: Collection[str],
        *,
        began_ms: int,
        expected_per_min: float,
    ) -> Strand | None:
        """Another story in what was said in the last hour of a wave that began then, if there is one.

        It begins later than the first: what is there from the start is a side of that. And in a language in which the
        first is told too: no words are shared between two.
        """
        if len(self.main) < LEAST_WORDS or len(self.others) >= MOST_STRANDS or not recent:
            return None
        posts = _weighted(recent)
        total = sum(weight for weight, _ in posts)
        rest = [
            (one, weight, post)
            for one, (weight, post) in zip(recent, posts, strict=True)
            if not covers(self.main, post)
        ]
        apart = sum(weight for _, weight, _ in rest)
        if apart < LEAST_POSTS or total - apart < _TELLING * total:
            return None
        known = [word for word in words_that_tell([post for *_, post in rest], usual, without) if word not in self.main]
        if len(known) < LEAST_WORDS:
            return None
        own = [(one, weight, post) for one, weight, post in rest if covers(known, post)]
        if not own or min(one.start_ms for one, *_ in own) - began_ms < APART_MS:
            return None
        posts_of_it = sum(weight for _, weight, _ in own)
        authors = {one.mention.author or one.mention.key for one, *_ in own}
        if posts_of_it < max(LEAST_POSTS, _LARGE * total) or len(authors) < LEAST_AUTHORS:
            return None
        # Who gathers round somebody says little else: what for may well be the first story.
        accounts = Counter(mark for *_, post in own for mark in post if mark.startswith("@"))
        if max(accounts.values(), default=0) * 2 >= len(own):
            return None
        # Where they speak of each other, it is another side of the same story.
        first = [(weight, post) for weight, post in posts if covers(self.main, post)]
        if share_of(known, first) > _LARGE or self._akin([(weight, post) for _, weight, post in own], usual):
            return None
        if _languages(one for one, *_ in own).isdisjoint(_languages(one for one in recent if self._takes(one))):
            return None
        if _above(posts_of_it, expected_per_min * _WINDOWS[-1]) < SURE:
            return None
        words = [word for word in known if not word.startswith("#")]
        share = max((usual.counts.get(word, 0) for word in words), default=0) / max(usual.posts, 1)
        run = _run_of([one for one, *_ in own])
        return Strand(f"{STORY}/{run.start_ms}", known, min(share, 0.5), run)


def _languages(recent: Iterable[Recent]) -> set[str]:
    """The languages of a tenth of these posts or more."""
    found = Counter(one.mention.lang or "" for one in recent)
    return {lang for lang, count in found.items() if count * 10 >= found.total()}


def _weighted(recent: Sequence[Recent]) -> list[tuple[float, set[str]]]:
    return [(one.weight, features(one.mention)) for one in recent]


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
