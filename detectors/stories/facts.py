"""What a minute, a run, or ordinary life holds that tells which kind of story it is."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Final

import msgspec

from detectors.model import MINUTE_MS, Marks, Mention, Sentiment
from detectors.stories.desk import Waiting
from detectors.stories.impostors import Impostors
from detectors.stories.names import KEPT_NAMES, Named, add_names, halved_names, keep_most_frequent, voice

__all__ = ["MOMENT_MS", "Facts", "in_step"]

MOMENT_MS: Final = 5_000
"""Who posts within the same five seconds as many others is in step with them."""
_MOMENTS: Final = MINUTE_MS // MOMENT_MS
_LEAST_IN_STEP: Final = 5
_BEYOND_CHANCE: Final = 4.0


class Facts(msgspec.Struct, omit_defaults=True):
    """Counts of posts that tell a kind of story; they can be added up, and stay small.

    A post is *against* the brand if it is negative, or ironic: it praises and means the contrary (`turned` are ironic
    and not negative). `reposts`, `copies` (of texts seen before), `young` (accounts made within a month), `in_step`
    (with many others within five seconds) and `subjects` count posts against it.

    `hashtags` are the brand's own, `accounts` those that posts answer, name or quote in words of their own (no
    reposts), `links` what they point at, `rivals` the competitors they name: the 16 most frequent of each, at
    least, by posts of any sentiment and by those against the brand. `texts` are the copies of each repeated text,
    by a number that stands for it.

    `moments` are the posts in each five seconds of a minute that is still open. Known only when a run is told: how
    many negative posts were `expected`, the different `authors` (None if too many to count) of `signed` posts, who is
    `waiting` for an answer, and `impostors`.

    >>> from detectors.model import Marks, Sentiment
    >>> facts = Facts()
    >>> say = lambda sentiment, **marks: Mention(0, 0, 0, 1, "x", sentiment, "anna", marks=Marks(**marks))
    >>> facts.add(say(Sentiment.NEGATIVE, own_hashtags=("#acmemoments",)), copy_of=None)
    >>> facts.add(say(Sentiment.POSITIVE, own_hashtags=("#acmemoments",), ironic=True), copy_of=None)
    >>> facts.add(say(Sentiment.POSITIVE, own_hashtags=("#acmemoments",)), copy_of=None)
    >>> facts.against, facts.hashtags["#acmemoments"].against, facts.hashtags["#acmemoments"].posts
    (2, 2, 3)
    """

    negative: int = 0
    turned: int = 0
    ironic: int = 0
    reposts: int = 0
    copies: int = 0
    young: int = 0
    in_step: int = 0
    hashtags: dict[str, Named] = {}
    accounts: dict[str, Named] = {}
    links: dict[str, Named] = {}
    rivals: dict[str, Named] = {}
    subjects: dict[str, int] = {}
    texts: dict[int, int] = {}
    moments: dict[int, int] = {}
    expected: float = 0.0
    authors: int | None = None
    signed: int = 0
    waiting: Waiting | None = None
    impostors: Impostors | None = None

    @property
    def against(self) -> int:
        """Posts against the brand."""
        return self.negative + self.turned

    @property
    def own_words(self) -> int:
        """Posts against the brand that are no reposts."""
        return self.negative + self.turned - self.reposts

    def add(self, mention: Mention, *, copy_of: int | None) -> None:
        """Count one mention; `copy_of` is the number of the text that it copies.

        0.1 us without marks, 0.5 with ordinary ones, 2.5 with an account, a link and a hashtag.
        """
        negative = mention.sentiment is Sentiment.NEGATIVE
        self.negative += negative
        marks = mention.marks
        if marks is None:
            if negative:
                self.reposts += mention.is_repost
            return
        against = negative or marks.ironic
        if against:
            self._count(mention, marks, negative, copy_of)
        if marks.accounts or marks.links or marks.own_hashtags or marks.rivals:
            self._name(mention, marks, against)

    def _count(self, mention: Mention, marks: Marks, negative: bool, copy_of: int | None) -> None:
        if marks.ironic:
            self.ironic += 1
            self.turned += not negative
        if marks.young:
            self.young += 1
        if mention.is_repost:
            self.reposts += 1
        elif place := mention.event_ms % MINUTE_MS:
            # To the very minute: then the source knows no seconds.
            moments, moment = self.moments, place // MOMENT_MS
            moments[moment] = moments.get(moment, 0) + 1
        for subject in marks.subjects:
            self.subjects[subject] = self.subjects.get(subject, 0) + 1
        if copy_of is not None:
            self.copies += 1
            texts = self.texts
            texts[copy_of] = texts.get(copy_of, 0) + 1
            if len(texts) > 2 * KEPT_NAMES:
                self.texts = _most_copied(texts)

    def _name(self, mention: Mention, marks: Marks, against: bool) -> None:
        bit = voice(mention.source, mention.author) if against else 0
        beside_rival = against and bool(marks.rivals)
        groups = [
            (self.hashtags, marks.own_hashtags),
            (self.links, marks.links),
            (self.rivals, marks.rivals),
            (self.accounts, () if mention.is_repost else marks.accounts),
        ]
        for names, said in groups:
            for name in said:
                known = names.get(name)
                if known is None:
                    known = names[name] = Named()
                known.posts += 1
                if against:
                    known.against += 1
                    known.voices |= bit
                    known.beside_rival += beside_rival
            if len(names) > 2 * KEPT_NAMES:
                keep_most_frequent(names)

    def merge(self, other: Facts, *, usual: bool = False) -> None:
        """Add what another holds, which stays as it is; to what is `usual`, without authors and texts."""
        self.negative += other.negative
        self.turned += other.turned
        self.ironic += other.ironic
        self.reposts += other.reposts
        self.copies += other.copies
        self.young += other.young
        self.in_step += other.in_step + (in_step(other.moments) if other.moments else 0)
        for names, more in self._names(other):
            if more:
                add_names(names, more, voices=not usual)
        for subject, posts in other.subjects.items():
            self.subjects[subject] = self.subjects.get(subject, 0) + posts
        if other.texts and not usual:
            for text, posts in other.texts.items():
                self.texts[text] = self.texts.get(text, 0) + posts
            if len(self.texts) > 2 * KEPT_NAMES:
                self.texts = _most_copied(self.texts)

    def _names(self, other: Facts) -> list[tuple[dict[str, Named], dict[str, Named]]]:
        return [
            (self.hashtags, other.hashtags),
            (self.accounts, other.accounts),
            (self.links, other.links),
            (self.rivals, other.rivals),
        ]

    def halve(self) -> None:
        """Forget half; what was there once is gone."""
        for name in ("negative", "turned", "ironic", "reposts", "copies", "young", "in_step"):
            setattr(self, name, getattr(self, name) // 2)
        for name in ("hashtags", "accounts", "links", "rivals"):
            setattr(self, name, halved_names(getattr(self, name)))
        self.subjects = {subject: posts // 2 for subject, posts in self.subjects.items() if posts > 1}

    def copy(self) -> Facts:
        """One that can be added to without changing this one; of closed minutes."""
        copy = Facts()
        copy.merge(self)
        return copy


def in_step(moments: Mapping[int, int]) -> int:
    """How many posts of a minute came in step: far more of them within five seconds than chance would have.

    Five at least, and four standard deviations above the mean of the minute, and above what came ten seconds before and
    after: a wave that doubles within the minute is no order to attack. Chance brings one post in fifty there, at most.

    >>> in_step({3: 9, 4: 1}), in_step(dict.fromkeys(range(12), 50)), in_step({place: 1 for place in range(10)})
    (9, 0, 0)
    >>> in_step({6: 2, 7: 5, 8: 9, 9: 12, 10: 13, 11: 15})
    0
    """
    mean = sum(moments.values()) / _MOMENTS
    found = 0
    for moment, posts in moments.items():
        usual = max(mean, moments.get(moment - 2, 0), moments.get(moment + 2, 0))
        if posts >= max(_LEAST_IN_STEP, usual + _BEYOND_CHANCE * sqrt(usual)):
            found += posts
    return found


def _most_copied(texts: dict[int, int]) -> dict[int, int]:
    return dict(sorted(texts.items(), key=lambda item: (-item[1], item[0]))[:KEPT_NAMES])
