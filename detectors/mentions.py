"""Which watched brands a post speaks of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final, TypeAlias

import msgspec
from ahocorasick_rs import AhoCorasick

from detectors.model import Brand, Language, Post
from detectors.text.hashtags import Hashtag, composed_hashtags
from detectors.text.inflections import WordFinder
from detectors.text.terms import account_name, fold, index_terms, stands_alone

__all__ = ["MAX_CONTEXTS", "NEAR_CHARS", "Found", "MentionFinder"]

NEAR_CHARS: Final = 60
"""A word stands near a term if it lies within so many characters of the folded text before or after it."""

MAX_CONTEXTS: Final = 100
"""Of more places in a post where such names stand, the context is not looked at."""

_REMEMBERED: Final = 10_000

_Match: TypeAlias = tuple[int, int, int]


class Found(msgspec.Struct, frozen=True, gc=False):
    """A brand that a post speaks of, or that answers in it.

    `addressed`: the post speaks to the brand, whose account it names or answers. `official`: an account of the brand
    wrote it, so it is no mention, but may be the brand's answer to one.
    """

    brand: str
    addressed: bool = False
    official: bool = False


class MentionFinder:
    """Finds the watched brands in a post, all of them in one pass.

    A brand is mentioned if one of its `any` terms is there or the post replies to one of its official accounts on that
    source, and none of its `none` terms is there. Case, accents and Unicode forms do not count (see `fold`). Reposts
    count. What an official account of the brand writes is found if it speaks of the brand or replies to somebody, and
    is marked as `official`.

    - **Words.** A term stands in a text as a whole word: no letter, digit, "_", "@" or "#" right before it, no letter,
      digit or "_" right after it. So a plain word is not found inside a longer one, nor inside a @handle.
    - **@handles** count entire, dots included ("@acme" is not in "@acme.fan", but is in "Thanks @acme.").
    - **#hashtags** count entire too; and plain words are found in one that has several parts, made by capitals, digits
      or "_" (see `composed_hashtags`): as one part or as several that follow upon each other. "#BoycottAcmeNow" and
      "#acme_fail" name "acme", "#AcmeAirFail" names "acme air" and "acmeair", "#acmeband" and "#AcmeticFail" nothing.
    - **Context.** For a name that means other things too: one of `near` must stand near a plain word, in singular
      or plural (see `WordFinder`), and none of `not_near` may: within `NEAR_CHARS`, in the parts of a hashtag there,
      or of the hashtag that names the brand. An @handle, a #hashtag and a reply to the brand need no context.

    Terms must not be blank (ValueError). Cost grows with the length of a text, hardly with the number of brands. With
    50,000 brands and 100,000 terms, posts of 100 characters that name none take 4.3 to 4.7 us in the mean (2.6 in
    ASCII without hashtags, 6 with accents or emoji), up to 7.5 on a core shared with others; brands and finder take 107
    to 112 MB. Measured by `streams.bench.matching.matching_cost`.

    >>> from datetime import UTC, datetime
    >>> from detectors.model import Match
    >>> acme = Brand(id="acme", name="Acme", match=Match(any=["acme", "@acme"], none=["acme museum"]))
    >>> orange = Brand(id="orange", name="Orange", match=Match(any=["orange"], near=["forfait"], not_near=["juice"]))
    >>> finder = MentionFinder([acme, orange])
    >>> def say(text: str) -> list[str]:
    ...     post = Post(id="1", source="x", text=text, created_at=datetime(2026, 1, 1, tzinfo=UTC), lang="en")
    ...     return [found.brand for found in finder.find(post)]
    >>> say("ACMÉ lost my bag, terrible service!"), say("#AcmeFail")
    (['acme'], ['acme'])
    >>> say("@acmeway lost my bag"), say("Lovely day at the Acme Museum")
    ([], [])
    >>> say("Orange a changé mes forfaits"), say("an orange")
    (['orange'], [])
    """

    def __init__(self, brands: Sequence[Brand]) -> None:
        self._brands = list(brands)
        named: dict[str, list[int]] = {}
        excluded: dict[str, list[int]] = {}
        self._owners: dict[str, list[tuple[str, int]]] = {}
        for place, brand in enumerate(self._brands):
            index_terms(named, brand.match.any, place)
            index_terms(excluded, brand.match.none, place)
            for source, accounts in brand.official_accounts.items():
                for account in accounts:
                    self._owners.setdefault(account_name(account), []).append((source.casefold(), place))
        terms = sorted(named.keys() | excluded.keys())
        if "" in terms:
            raise ValueError("a blank term would be found in every text")
        self._handles: dict[tuple[int, str], list[str]] = {}
        self._context = _Context(self._brands)
        self._targets = [_target(term, named.get(term, ()), excluded.get(term, ()), self._context) for term in terms]
        # The library's own choice: a DFA up to 100 terms, else a contiguous NFA. Measured with 100,000 terms, a DFA
        # makes a post cheaper by 4 % and takes 60 MB more; a noncontiguous NFA is slower.
        automaton = AhoCorasick(terms, store_patterns=False)
        self._search: Callable[[str], list[_Match]] = partial(automaton.find_matches_as_indexes, overlapping=True)

    def find(self, post: Post, *, folded: str | None = None) -> list[Found]:
        """The brands that `post` mentions, and those whose account wrote it, in the order of `brands`.

        `folded` is `fold` of its text, where it is known already.
        """
        text = fold(post.text) if folded is None else folded
        matches = self._search(text)
        if matches:
            matches = _not_inside(text, matches)
        tags = composed_hashtags(post.text) if "#" in text else []
        if not matches and not tags and post.reply_to_author is None and post.reply_to is None:
            return []
        named, addressed, excluded = self._read(text, matches, tags)
        official: set[int] = set()
        if self._owners:
            answered = self._answered(post)
            named |= answered
            addressed |= answered
            if post.author is not None:
                official = self._owned(post.source, post.author)
        places = named - excluded
        if official and (post.reply_to is not None or post.reply_to_author is not None):
            places |= official
        if not places:
            return []
        return [
            Found(
                self._brands[place].id,
                place in addressed or ("@" in text and self._names_account(place, post.source, text)),
                place in official,
            )
            for place in sorted(places)
        ]

    def _read(self, text: str, matches: list[_Match], tags: list[Hashtag]) -> tuple[set[int], set[int], set[int]]:
        """The brands that a folded text names, those of them by a @handle, and those it rules out."""
        named: set[int] = set()
        addressed: set[int] = set()
        excluded: set[int] = set()
        contexts = 0
        for pattern, start, end in self._standing(text, matches, tags):
            handle, names, ambiguous, excludes = self._targets[pattern]
            named.update(names)
            excluded.update(excludes)
            if handle:
                addressed.update(names)
            if ambiguous and contexts < MAX_CONTEXTS and not named.issuperset(ambiguous):
                contexts += 1
                around = self._context.around(text, start, end, tags)
                named.update(place for place in ambiguous if self._context.fits(place, around))
        return named, addressed, excluded

    def _standing(self, text: str, matches: list[_Match], tags: list[Hashtag]) -> Iterator[_Match]:
        """The terms in the words, @handles and #hashtags of a text; one in a part of a hashtag is where that stands."""
        for pattern, start, end in matches:
            if stands_alone(text, start, end, handle=self._targets[pattern][0]):
                yield pattern, start, end
        for tag in tags:
            inside = {p for p, start, end in self._search(tag.joined) if tag.has(start, end)}
            inside.update(p for p, *span in self._search(tag.words) if stands_alone(tag.words, *span, handle=False))
            if inside:
                at = text.find(tag.tag)
                yield from ((pattern, at, at + len(tag.tag)) for pattern in sorted(inside))

    def _answered(self, post: Post) -> set[int]:
        """The brands to whose official account a post replies."""
        author, parent = post.reply_to_author, post.reply_to
        answered = self._owned(post.source, author) if author is not None else set()
        if parent is not None and parent.startswith("@"):
            answered |= self._owned(post.source, parent)
        return answered

    def _owned(self, source: str, account: str) -> set[int]:
        """The brands of which this is an official account on this source."""
        owners = self._owners.get(account_name(account))
        if owners is None:
            return set()
        source = source.casefold()
        return {place for where, place in owners if where == source}

    def _names_account(self, place: int, source: str, text: str) -> bool:
        """Whether a folded text has the @handle of an account that the brand has on this source."""
        handles = self._handles.get((place, source))
        if handles is None:  # made when it is needed: most of 100,000 brands are not spoken of today
            if len(self._handles) >= _REMEMBERED:
                self._handles.clear()
            handles = self._handles[place, source] = [
                f"@{fold(account_name(account))}"
                for where, accounts in self._brands[place].official_accounts.items()
                if where.casefold() == source.casefold()
                for account in accounts
            ]
        return any(_has_handle(text, handle) for handle in handles)


class _Context:
    """What stands near a term, and what must and must not for each brand whose name means other things too."""

    def __init__(self, brands: Sequence[Brand]) -> None:
        groups: dict[str, int] = {}
        self._needs: dict[int, tuple[frozenset[int], frozenset[int]]] = {}
        for place, match in enumerate(brand.match for brand in brands):
            if match.near or match.not_near:
                near, not_near = (
                    frozenset(groups.setdefault(fold(word), len(groups)) for word in words)
                    for words in (match.near, match.not_near)
                )
                self._needs[place] = near, not_near
        self._words = WordFinder([[(word, Language.OTHER)] for word in groups])

    def __contains__(self, place: int) -> bool:
        return place in self._needs

    def around(self, text: str, start: int, end: int, tags: list[Hashtag]) -> set[int]:
        """The context words near text[start:end]."""
        start, end = max(0, start - NEAR_CHARS), end + NEAR_CHARS
        found = self._words.find(text, start, end)
        window = text[start:end] if tags else ""
        for tag in tags:
            if tag.tag in window:
                found |= self._words.find(tag.words)
        return found

    def fits(self, place: int, around: set[int]) -> bool:
        """Whether these context words let a term mean the brand."""
        near, not_near = self._needs[place]
        return not_near.isdisjoint(around) and (not near or not near.isdisjoint(around))


_Target: TypeAlias = tuple[bool, tuple[int, ...], tuple[int, ...], tuple[int, ...]]
"""Of a term: is it a @handle; the brands it names, those it names in a context, those it rules out."""


def _target(term: str, names: Sequence[int], excludes: Sequence[int], context: _Context) -> _Target:
    if term.startswith(("@", "#")):
        return term.startswith("@"), tuple(names), (), tuple(excludes)
    ambiguous = tuple([place for place in names if place in context])
    return False, tuple([place for place in names if place not in context]), ambiguous, tuple(excludes)


def _not_inside(text: str, matches: list[_Match]) -> list[_Match]:
    """Those without a letter or digit before and after them: hardly any, where no brand is named."""
    padded = f"{text} "  # what is before the first character is then at -1
    return [
        (pattern, start, end)
        for pattern, start, end in matches
        if not (padded[start - 1].isalnum() or padded[end].isalnum())
    ]


def _has_handle(text: str, handle: str) -> bool:
    start = text.find(handle)
    while start >= 0:
        if stands_alone(text, start, start + len(handle), handle=True):
            return True
        start = text.find(handle, start + 1)
    return False
