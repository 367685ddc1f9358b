"""People's names out of posts before anything is kept, and texts out of what is kept for longer."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from hashlib import blake2b
from typing import Final, TypeVar

import msgspec

from detectors.model import Brand, Explanation, Post

__all__ = ["LEAST_KEY_BYTES", "Pseudonyms", "forget_texts", "is_pseudonym", "public_names"]

LEAST_KEY_BYTES: Final = 16

# What nobody sees, inside a name too, so that "@ma<zero width>rie" is found as well.
_UNSEEN: Final = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff"
_PART: Final = rf"\w[\w\u0300-\u036f{_UNSEEN}]*"
_HANDLE: Final = re.compile(rf"(?:(?<![a-zA-Z0-9_])|(?<=\bRT))([@\uff20\ufe6b][{_UNSEEN}]*)({_PART}(?:[.\-@]{_PART})*)")
_PROFILE: Final = re.compile(
    r"(?<![\w.\-])((?:www\.|m\.|mobile\.)?(?:(?:twitter|x|instagram|facebook|tiktok|youtube|reddit|medium)\.com/"
    r"(?:u/|user/|c/)?|threads\.(?:com|net)/|linkedin\.com/in/|bsky\.app/profile/|t\.me/))(\w(?:[\w.\-]*\w)?)",
    re.IGNORECASE,
)
_PROFILE_HOSTS: Final = (".com/", ".net/", ".app/", "t.me/")
_PAGES: Final = """
channel embed events explore groups hashtag home i intent live login p pages permalink.php photo photo.php photos
playlist profile.php r reel reels search share sharer shorts status stories story.php tag tv video videos watch
watch.php web
"""
_NO_NAMES: Final = frozenset(_PAGES.split())
"""What stands where a profile's name would, in addresses that name nobody."""
_UNSEEN_CHARS: Final = re.compile(f"[{_UNSEEN}]")


def public_names(brands: Iterable[Brand]) -> frozenset[str]:
    """The accounts that are no private people: official ones, and those that a brand is matched by.

    >>> from detectors.model import Match
    >>> acme = Brand(id="acme", name="Acme", match=Match(any=["acme", "@Acme"]), official_accounts={"x": ["AcmeHelp"]})
    >>> sorted(public_names([acme]))
    ['acme', 'acmehelp']
    """
    names: set[str] = set()
    for brand in brands:
        terms = [*brand.match.any, *brand.match.none]
        names.update(_plain(term) for term in terms if term.startswith("@"))
        names.update(_plain(account) for accounts in brand.official_accounts.values() for account in accounts)
    return frozenset(names - {""})


def is_pseudonym(name: str) -> bool:
    """Whether a name looks like one of ours.

    >>> is_pseudonym("@u016d2cdd6286b2e9"), is_pseudonym("u2")
    (True, False)
    """
    return re.fullmatch(r"@?u[0-9a-f]{16}", name) is not None


class Pseudonyms:
    """Gives people other names, the same one for ever for the same key, source and account.

    Without the key nobody can compute the name of an account, nor try accounts until one fits. Two accounts get one
    name by chance once in about five billion accounts. Accounts in `public` (see `public_names`) keep theirs. A
    pseudonymised post is not anonymous: its text and its id can be looked up where it was written.

    Raises:
        ValueError: the key is shorter than 16 bytes.

    >>> pseudonyms = Pseudonyms(b"sixteen bytes or more", public={"acme"})
    >>> pseudonyms.name("twitter", "Marie") == pseudonyms.name("twitter", "@marie")
    True
    >>> pseudonyms.name("twitter", "marie"), pseudonyms.name("forum", "marie")
    ('u016d2cdd6286b2e9', 'uc7c7e00278384753')
    """

    def __init__(self, key: bytes, public: Collection[str] = ()) -> None:
        if len(key) < LEAST_KEY_BYTES:
            raise ValueError(f"a key of {len(key)} bytes can be guessed; expected {LEAST_KEY_BYTES} or more")
        self._key = blake2b(key, digest_size=32, person=b"badbuzz/authors").digest()
        self._public = frozenset(_plain(name) for name in public)

    def name(self, source: str, author: str) -> str:
        """What this account is called from now on: "u" and 16 hexadecimal digits, or its own name if it is public.

        Case, a leading "@" and characters that nobody sees make no difference. About 1 us.
        """
        plain = _plain(author)
        if plain in self._public:
            return author
        told = f"{source.casefold()}\0{plain}".encode(errors="surrogatepass")
        return "u" + blake2b(told, key=self._key, digest_size=8).hexdigest()

    def post(self, post: Post, *, public_author: bool = False) -> Post:
        """The post without the names of private people; what depends on who they are has to be read before.

        Author, the author answered and the author quoted get their pseudonyms, and so do @handles and profiles in the
        text and in what is quoted; the display name and what authors say of themselves are dropped, and so is the
        address of a post that names its author. An id that does so has the pseudonym in its place. With
        `public_author` the author keeps name and address: for one who passes for the brand. Not to be done twice: it
        would give pseudonyms to pseudonyms. About 8 us for a tweet; linear in the length of the text.

        >>> from datetime import UTC, datetime
        >>> post = Post(
        ...     id="1", source="twitter", text="@acme no answer! cc @Paul", created_at=datetime(2026, 3, 2, tzinfo=UTC),
        ...     author="marie", author_name="Marie D.", url="https://twitter.com/marie/status/1",
        ... )
        >>> kept = Pseudonyms(b"sixteen bytes or more", public={"acme"}).post(post)
        >>> kept.text, kept.author, kept.author_name, kept.url
        ('@acme no answer! cc @u40d9297f6db014e2', 'u016d2cdd6286b2e9', None, None)
        """
        source, author, url = post.source, post.author, post.url
        if not public_author:
            author = self._maybe(source, post.author)
            if author != post.author and url is not None and _plain(post.author or "") in url.casefold():
                url = None
            url = self._maybe_text(source, url)
        answered, quoted = self._maybe(source, post.reply_to_author), self._maybe(source, post.quoted_author)
        return msgspec.structs.replace(
            post,
            id=_without(post.id, post.author, author),
            text=self.text(source, post.text),
            author=author,
            author_name=None,
            author_bio=None,
            reply_to=_without(post.reply_to, post.reply_to_author, answered),
            reply_to_author=answered,
            quote_of=_without(post.quote_of, post.quoted_author, quoted),
            quoted_author=quoted,
            quoted_text=self._maybe_text(source, post.quoted_text),
            url=url,
        )

    def _maybe(self, source: str, author: str | None) -> str | None:
        return self.name(source, author) if author else author

    def _maybe_text(self, source: str, text: str | None) -> str | None:
        return None if text is None else self.text(source, text)

    def text(self, source: str, text: str) -> str:
        """A text with other names in its @handles and its addresses of profiles."""
        if "@" in text or "\uff20" in text or "\ufe6b" in text:
            text = _HANDLE.sub(lambda found: found[1] + self.name(source, found[2]), text)
        if "/" in text:
            lower = text.lower()
            if any(host in lower for host in _PROFILE_HOSTS):
                text = _PROFILE.sub(lambda found: found[1] + self._profile(source, found[2]), text)
        return text

    def _profile(self, source: str, name: str) -> str:
        return name if name.casefold() in _NO_NAMES else self.name(source, name)


def forget_texts(why: Explanation) -> Explanation:
    """What stays of an explanation when texts are no longer kept: all but the posts it shows.

    Counts, parts, kinds of story, titles and the words that three posts or more have in common stay.
    """
    return msgspec.structs.replace(why, first_post=None, top_posts=[])


def _plain(name: str) -> str:
    """A name as it is compared. Accounts differ in no case anywhere, and in no form of a letter."""
    name = name.strip().lstrip("@\uff20\ufe6b")
    if name.isascii():
        return name.lower()
    return _UNSEEN_CHARS.sub("", unicodedata.normalize("NFKC", name).casefold()).lstrip("@")


_Id = TypeVar("_Id", str, str | None)


def _without(id_: _Id, author: str | None, name: str | None) -> _Id:
    """An id with another name in it than its author's, where that stands alone: "forum/marie/7"."""
    if not id_ or not author or not name or name == author or len(id_) <= len(author):
        return id_
    plain = author.lstrip("@")
    if not plain or plain.casefold() not in id_.casefold():
        return id_
    return re.sub(rf"(?<!\w){re.escape(plain)}(?!\w)", name, id_, flags=re.IGNORECASE)
