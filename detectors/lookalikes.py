"""Accounts that a customer could take for the brand's own."""

from __future__ import annotations

import re
from typing import Final

from detectors.model import Brand
from detectors.text.likeness import distance, made_of
from detectors.text.terms import account_name, fold

__all__ = ["Lookalikes", "skeleton"]

MAX_NAME_CHARS: Final = 60
"""More of a name is not read."""
_SHORT: Final = 5
"""Names of fewer letters must look the same: "acne" is nobody who plays "acme"."""
_LONG: Final = 8
"""From so many letters on two may differ."""
_MAX_WORDS: Final = 7
"""A display name of more words is a sentence."""

# Capitals apart: a Greek capital eta is an H, the small one an n. What NFKD makes Latin (full width, bold) is not here.
_LETTERS: Final = str.maketrans(
    "АаВвЕеЗзІіЈјКкМмНнОоРрСсТтУуХхЅѕԀԁԚԛԜԝҺһЁёӀӏ" + "ΑαΒβΕεΖζΗηΙιΚκΜμΝνΟοΡρΤτΥυΧχ" + "ıɑɡɩʏɴʀ",
    "aabbee33iijjkkmmhhooppccttyyxxssddqqwwhheell" + "aabbeezzhniikkmunvooppttyuxx" + "iagiynr",
)
_DIGITS: Final = str.maketrans({"0": "o", "1": "l", "i": "l", "3": "e", "4": "a", "5": "s", "$": "s"})
_SEPARATORS: Final = re.compile(r"[\W_]+")
_LAST_DIGITS: Final = re.compile(r"\d+$")
_ALIKE: Final = frozenset({"mn", "uv", "vw", "ce", "gq", "hn", "ft", "bh"})

_SUPPORT: Final = (
    *("help", "helpdesk", "helpline", "support", "care", "cares", "service", "services", "team", "official"),
    *("contact", "assist", "assistance", "agent", "agents", "refund", "refunds", "complaints", "claims"),
    *("verified", "hotline", "aide", "sav", "officiel", "officielle", "equipe", "remboursement"),
    *("remboursements", "reclamation", "reclamations", "conseiller", "conseillers", "serviceclient"),
    *("serviceclients", "relationclient"),
)
_FILLERS: Final = (
    *("the", "my", "our", "your", "us", "usa", "uk", "eu", "fr", "ca", "ie", "be", "inc", "ltd", "co", "corp"),
    *("hq", "global", "online", "desk", "center", "centre", "customer", "customers", "client", "clients"),
    *("clientele", "user", "users", "tech", "technical", "live", "chat", "web", "app", "france", "group"),
    *("groupe", "airlines", "airways", "bank", "banque", "le", "la", "de", "du", "notre", "votre", "for", "and"),
    *("et", "real"),
)
_DENIALS: Final = frozenset(
    {
        *("fan", "fans", "lover", "lovers", "hater", "haters", "parody", "parodie", "satire", "unofficial"),
        *("fake", "anti", "boycott", "victim", "victims", "victime", "victimes", "stop", "sucks", "fail", "no"),
        *("not", "non", "without", "sans", "never", "jamais", "ex", "former", "against", "contre", "needs"),
        *("need", "hates", "hate", "love", "loves", "watch", "news", "museum", "wish", "where", "please"),
    }
)


def skeleton(name: str) -> str:
    r"""A name as it looks at a glance: letters that look alike are one, case, accents and separators do not count.

    >>> skeleton("AcmeHeIp") == skeleton("acme_help") == skeleton("\u0410cm\u0435HELP") == skeleton("acrnehe1p")
    True
    >>> skeleton("acmefan") == skeleton("acme")
    False
    """
    return _SEPARATORS.sub("", _looks(name))


def _looks(name: str) -> str:
    if not name.isascii():
        name = name.translate(_LETTERS)
    return fold(name).translate(_DIGITS).replace("rn", "m").replace("vv", "w")


_SUPPORT_WORDS: Final = frozenset(skeleton(word) for word in _SUPPORT)
_AROUND: Final = _SUPPORT_WORDS | {skeleton(word) for word in _FILLERS}
_LONGEST: Final = max(map(len, _AROUND))
_HELPS: Final = re.compile("|".join(sorted(_SUPPORT_WORDS)))


class Lookalikes:
    r"""Tells which accounts pass for one of a brand's, and for which. Its own accounts never do, on no source.

    An account does if, looked at through `skeleton`,
    - its name is an official one, or one letter off (5 to 7 letters: one too many, one missing, two changed places, or
      one for another that looks like it), or up to two (8 letters or more);
    - its name is the brand's, written with digits or letters of another alphabet;
    - its name is the brand's and words like "help", "support", "service", "team", "official", "aide", "sav", and
      nothing else but "the", "uk", "customer" and their like, or digits at the end;
    - its display name has both, in at most 7 words, of which none says otherwise ("fan", "parody", "unofficial"); next
      to each other for a brand whose name means other things too;
    - its display name is the brand's or that of an official account, where the brand has accounts on that source.
    "acmefan" and "ilovecme" do not. An official account that is not listed may: list it.

    Names are read up to 60 characters. Up to 40 us, so the caller remembers the answers.

    >>> from detectors.model import Match
    >>> acme = Brand(id="acme", name="Acme", match=Match(any=["acme"]), official_accounts={"twitter": ["@AcmeHelp"]})
    >>> likes = Lookalikes(acme)
    >>> [likes.of("twitter", name, None) for name in ("AcmeHeIp", "Acme_Support_UK", "\u0391cme")]
    ['acmehelp', 'acmehelp', 'acmehelp']
    >>> likes.of("forum", "jo77", "ACME Customer Service")
    'acmehelp'
    >>> [likes.of("twitter", name, None) for name in ("AcmeHelp", "acmefan", "acme_lover", "ilovecme")]
    [None, None, None, None]
    """

    def __init__(self, brand: Brand) -> None:
        self._official = {
            source.casefold(): [name for account in accounts if (name := _plain(account))]
            for source, accounts in brand.official_accounts.items()
        }
        accounts = [name for names in self._official.values() for name in names]
        terms = [brand.name, *brand.match.any]
        # Not folded: accents and unseen letters make another account.
        named = [account for accounts in brand.official_accounts.values() for account in accounts]
        self._own = {account_name(name) for name in [*named, *(term for term in terms if term.startswith("@"))]}
        self._accounts = {name: skeleton(name) for name in dict.fromkeys(accounts)}
        self._named = {_SEPARATORS.sub("", fold(term)) for term in terms}
        stems = {skeleton(term) for term in terms} - {""}
        self._stems = sorted((stem for stem in stems if len(stem) > 1), key=lambda stem: (-len(stem), stem))
        self._ambiguous = bool(brand.match.near or brand.match.not_near)
        self._fallback = accounts[0] if accounts else fold(brand.name)[:MAX_NAME_CHARS]

    def of(self, source: str, author: str | None, author_name: str | None) -> str | None:
        """The official account that this one passes for, folded, without "@"; the brand's name if it has none."""
        account = (author or "")[:MAX_NAME_CHARS]
        if account_name(account) in self._own:
            return None
        here = self._official.get(source.casefold(), ())
        usual = here[0] if here else self._fallback
        shown = (author_name or "")[:MAX_NAME_CHARS]
        looks = skeleton(account)
        if looks:
            for name, official in self._accounts.items():
                if _near(looks, official):
                    return name
            if self._is_brand(account, looks) or self._helps(account):
                return usual
        if not shown:
            return None
        looks = skeleton(shown)
        same = here and (looks in self._stems or looks in self._accounts.values())
        return usual if same or self._is_brand(shown, looks) or self._helps_by_words(shown) else None

    def _is_brand(self, name: str, looks: str) -> bool:
        """Whether it is the brand's name in letters that are not the brand's."""
        return looks in self._stems and _SEPARATORS.sub("", fold(name)) not in self._named

    def _helps(self, account: str) -> bool:
        looks = skeleton(_LAST_DIGITS.sub("", account))
        for stem in self._stems:
            at = looks.find(stem)
            while at >= 0:
                before, after = looks[:at], looks[at + len(stem) :]
                helps = _HELPS.search(before) or _HELPS.search(after)
                if helps and made_of(before, _AROUND, _LONGEST) and made_of(after, _AROUND, _LONGEST):
                    return True
                at = looks.find(stem, at + 1)
        return False

    def _helps_by_words(self, shown: str) -> bool:
        plain = [word for word in _SEPARATORS.split(fold(shown)) if word]
        if len(plain) > _MAX_WORDS or not _DENIALS.isdisjoint(plain):
            return False
        words = [word for word in _SEPARATORS.split(_looks(shown)) if word]
        helping = [at for at, word in enumerate(words) if word in _SUPPORT_WORDS]
        if not helping:
            return any(self._helps(word) for word in words)
        for start in range(len(words)):
            for end in range(start + 1, len(words) + 1):
                if "".join(words[start:end]) in self._stems:
                    beside = [at for at in helping if not start <= at < end]
                    if self._ambiguous:
                        beside = [at for at in beside if at in (start - 1, end)]
                    if beside:
                        return True
        return False


def _plain(account: str) -> str:
    return fold(account[:MAX_NAME_CHARS]).removeprefix("@")


def _near(looks: str, official: str) -> bool:
    """Whether a skeleton is that of an official account, but for what the eye skips."""
    if looks == official:
        return True
    longer = len(looks) - len(official)
    if len(official) < _SHORT or not -2 <= longer <= 2:
        return False
    if len(official) >= _LONG:
        return distance(looks, official) <= 2
    if distance(looks, official) > 1:
        return False
    if longer or sorted(looks) == sorted(official):
        return True
    one, other = next((one, other) for one, other in zip(looks, official, strict=True) if one != other)
    return "".join(sorted(one + other)) in _ALIKE
