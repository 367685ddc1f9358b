"""What a post has to do with the story that is told of a brand: whom it names, where it points, what it is about."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from ahocorasick_rs import AhoCorasick, Implementation

from detectors.lookalikes import Lookalikes
from detectors.model import Brand, Marks, Post, Watch
from detectors.own_hashtags import OwnHashtags
from detectors.subjects import SUBJECTS, subject_words
from detectors.text.copies import prints
from detectors.text.links import links
from detectors.text.terms import fold, index_terms, stands_alone, without_unseen

__all__ = ["Marker"]

READ_CHARS: Final = 2_000
NAME_CHARS: Final = 60
ID_CHARS: Final = 300
"""As the id of the mention that is answered (`detectors.intake`)."""
MAX_ACCOUNTS: Final = 5
MAX_OWN_HASHTAGS: Final = 3
YOUNG: Final = timedelta(days=30)
_READ_NAMES: Final = 30
"""More hashtags, or handles, of one post are not looked at."""
_REMEMBERED: Final = 10_000
"""Brands, accounts and hashtags whose answers are kept; then they are forgotten, all at once."""
_NO_TIME: Final = timedelta(0)
_NOTHING: Final = Marks()

# What must not stand before is looked at behind the sign: so the search is for the sign, in a tenth of the time.
_HANDLE: Final = re.compile(r"@(?<![\w@/.]@)(\w+(?:[.@]\w+)*)")
_HASHTAG: Final = re.compile(r"#(?<![\w&#]#)(\w{2,60}+)(?!\w)")
_LINK: Final = re.compile(r"[hH][tT][tT][pP][sS]?://\S+")


class Marker:
    """Marks the posts of all brands of a watch (see `detectors.model.Marks`).

    `prints`, `rivals` and `subjects` are marked on negative posts, `looks_like` on posts that answer or name somebody
    other than the brand, the rest on posts of any sentiment. What each of them is stands where it is found:
    `detectors.text.copies`, `.text.links`, `.own_hashtags`, `.lookalikes`, `.subjects`.

    `accounts`, 5 at most, are first the one that is answered, then the one that is quoted, then those named in the
    text; without the brand's (official ones of any source, and its @terms) and without the author. `links` are those
    in the text, never the post's own address. `rivals` are competitors named as whole words, by a term of theirs or as
    @account; for a name that means other things too, with a word of its `near` and none of its `not_near` or `none`
    anywhere in the text. `young` is an account made within the 30 days before the post.

    Any text; linear: the first 2,000 characters are read. The same post always has the same marks. 100,000 terms of
    competitors take 35 MB. Cost (medians; `pytest tests/unit/test_marks.py -k cost -s`, both cores busy): 0.3 us for a
    neutral post with nothing to mark, 12 to 15 us for a negative one (20,000 of the simulation; 8 us are its prints),
    21 to 32 us for one with an account, a link and hashtags, too.

    >>> from datetime import UTC, datetime
    >>> from detectors.model import Match
    >>> acme = Brand(id="acme", name="Acme", match=Match(any=["acme", "@acme"]), official_accounts={"x": ["acme"]})
    >>> marker = Marker(Watch(brands=[acme]))
    >>> def marks(text: str, *, negative: bool) -> Marks | None:
    ...     at = datetime(2026, 1, 1, tzinfo=UTC)
    ...     post = Post(id="1", source="x", text=text, created_at=at, author="AcrneCare")
    ...     return marker.marks(
    ...         post, "acme", folded=fold(text), negative=negative, addressed=False, official=False, ironic=False
    ...     )
    >>> found = marks("@Marie send us your card number #AcmeCares https://Acme-Pay.example/?fbclid=x", negative=False)
    >>> found.accounts, found.own_hashtags, found.links, found.looks_like
    (('marie',), ('#acmecares',), ('acme-pay.example',), 'acme')
    >>> marks("Flight cancelled, bag lost, thanks acme", negative=True).subjects
    ('operations',)
    >>> print(marks("A lovely day with my acme", negative=False))
    None
    """

    def __init__(self, watch: Watch) -> None:
        self._brands = {brand.id: brand for brand in watch.brands}
        self._words = _Words(watch)
        # Made when needed: most of 100,000 brands are not spoken of today.
        self._known: dict[str, _Known] = {}
        self._tags: dict[tuple[str, str], bool] = {}
        self._authors: dict[tuple[str, str, str | None, str | None], str | None] = {}

    def marks(
        self,
        post: Post,
        brand: str,
        *,
        folded: str,
        negative: bool,
        addressed: bool,
        official: bool,
        ironic: bool,
    ) -> Marks | None:
        """The marks of a post that speaks of `brand` (an id of the watch, else KeyError), None if there are none.

        `folded` is `fold` of its text, or of the first 2,000 characters of it. `addressed`, `official` and `ironic` are
        marked as they are given; an official account is nobody's look-alike.
        """
        since = post.author_since
        young = since is not None and _NO_TIME <= post.created_at - since <= YOUNG
        names = "@" in folded
        tagged = "#" in folded
        linked = "http" in folded
        answers = post.reply_to is not None or post.reply_to_author is not None
        named = names or answers or post.quoted_author is not None
        if not (negative or named or tagged or linked or young or addressed or official or ironic):
            return None
        known = self._known.get(brand) or self._know(brand)
        folded = folded[:READ_CHARS]
        accounts = known.others(post, folded if names else "") if named else ()
        subjects, rivals = self._words.find(folded, known.brand) if negative else ((), ())
        looks_like = None
        if (accounts or (answers and not known.is_own(post.reply_to_author))) and not official:
            looks_like = self._looks_like(post, known)
        found = Marks(
            prints=prints(post.text, folded=folded) if negative else (),
            accounts=accounts,
            links=links(post.text) if linked else (),
            own_hashtags=self._own_hashtags(post.text, known, linked=linked) if tagged else (),
            rivals=rivals,
            subjects=subjects,
            reply_to=post.reply_to and post.reply_to[:ID_CHARS],
            addressed=addressed,
            official=official,
            looks_like=looks_like,
            young=young,
            ironic=ironic,
        )
        return None if found == _NOTHING else found

    def _know(self, brand: str) -> _Known:
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        known = self._known[brand] = _Known(self._brands[brand])
        return known

    def _own_hashtags(self, text: str, known: _Known, *, linked: bool) -> tuple[str, ...]:
        text = without_unseen(text[:READ_CHARS])
        if linked:
            text = _LINK.sub(" ", text)
        found: dict[str, None] = {}
        for tag in _HASHTAG.findall(text)[:_READ_NAMES]:
            key = known.brand.id, tag
            own = self._tags.get(key)
            if own is None:
                if len(self._tags) >= _REMEMBERED:
                    self._tags.clear()
                own = self._tags[key] = known.hashtags.names(tag)
            if own:
                found[f"#{fold(tag)}"] = None
                if len(found) == MAX_OWN_HASHTAGS:
                    break
        return tuple(found)

    def _looks_like(self, post: Post, known: _Known) -> str | None:
        key = known.brand.id, post.source, post.author and post.author[:NAME_CHARS], post.author_name
        if key not in self._authors:
            if len(self._authors) >= _REMEMBERED:
                self._authors.clear()
            self._authors[key] = known.lookalikes.of(post.source, post.author, post.author_name)
        return self._authors[key]


class _Known:
    """What a brand is known by."""

    def __init__(self, brand: Brand) -> None:
        self.brand = brand
        official = [account for accounts in brand.official_accounts.values() for account in accounts]
        self._own = frozenset(map(_name, [*official, *(term for term in brand.match.any if term.startswith("@"))]))
        self.hashtags = OwnHashtags(brand)
        self.lookalikes = Lookalikes(brand)

    def is_own(self, account: str | None) -> bool:
        return account is not None and _name(account) in self._own

    def others(self, post: Post, folded: str) -> tuple[str, ...]:
        """The accounts that a post answers, quotes or names, but the brand's and the author's."""
        names = [_name(name) for name in (post.reply_to_author, post.quoted_author) if name]
        if folded:
            names += [name[:NAME_CHARS] for name in _HANDLE.findall(folded)[:_READ_NAMES]]
        others = [name for name in names if name and name not in self._own]
        if not others:
            return ()
        author = _name(post.author) if post.author else ""
        return tuple([name for name in dict.fromkeys(others) if name != author][:MAX_ACCOUNTS])


def _name(account: str) -> str:
    return fold(account[:NAME_CHARS]).removeprefix("@")


_NAMED, _MAYBE, _NEAR, _NOT, _ROLES = range(5)
"""What a term says of a rival: that it is meant, that it may be, that it then is, that it is not."""


class _Words:
    """Finds subjects and rivals in a folded text, all of them in one pass."""

    def __init__(self, watch: Watch) -> None:
        self._subjects = list(SUBJECTS)
        index: dict[str, list[int]] = {}
        for place, subject in enumerate(self._subjects):
            words = subject_words(subject)
            index_terms(index, [*words, *(f"#{word}" for word in words if word.isalnum())], place)
        rivals = {rival for brand in watch.brands for rival in brand.competitors}
        self._places: dict[str, int] = {}
        for brand in watch.brands:
            if brand.id in rivals:
                self._places[brand.id] = place = len(self._subjects) + _ROLES * len(self._places)
                _index_rival(index, brand, place)
        index.pop("", None)
        self._meanings = list(index.values())
        self._handles = [term.startswith("@") for term in index]
        self._automaton = AhoCorasick(list(index), store_patterns=False, implementation=Implementation.ContiguousNFA)

    def find(self, folded: str, brand: Brand) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The subjects, and those of the brand's competitors that are named; both in the order of the configuration."""
        found: set[int] = set()
        for term, start, end in self._automaton.find_matches_as_indexes(folded, overlapping=True):
            if stands_alone(folded, start, end, handle=self._handles[term]):
                found.update(self._meanings[term])
        if not found:
            return (), ()
        subjects = tuple([subject for place, subject in enumerate(self._subjects) if place in found])
        rivals = [rival for rival in brand.competitors if self._is_named(self._places.get(rival), found)]
        return subjects, tuple(dict.fromkeys(rivals))

    @staticmethod
    def _is_named(place: int | None, found: set[int]) -> bool:
        if place is None or place + _NOT in found:
            return False
        return place + _NAMED in found or (place + _MAYBE in found and place + _NEAR in found)


def _index_rival(index: dict[str, list[int]], brand: Brand, place: int) -> None:
    match = brand.match
    sure = [term for term in match.any if not match.near or term[:1] in ("@", "#")]
    sure += [f"@{account.removeprefix('@')}" for accounts in brand.official_accounts.values() for account in accounts]
    index_terms(index, sure, place + _NAMED)
    index_terms(index, [term for term in match.any if term not in sure], place + _MAYBE)
    index_terms(index, match.near, place + _NEAR)
    index_terms(index, [*match.none, *match.not_near], place + _NOT)
