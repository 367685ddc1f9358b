"""The place a wave is about, where posts name one: none rather than a wrong one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from detectors.text.terms import fold

__all__ = ["place"]

LEAST_POSTS: Final = 2
READ_CHARS: Final = 500

# "English=French" where they differ, with the French preposition where it is not "à"; "at X" is so in English too.
_KNOWN: Final = """
Amsterdam, Anchorage, Ankara, Atlanta, Auckland, Baltimore, Bangkok, Barcelona=Barcelone, Bari, Basel=Bâle,
Beijing=Pékin, Belfast, Berlin, Bern=Berne, Birmingham, Bogota=Bogotá, Bologna=Bologne, Bordeaux, Boston, Brest,
Brighton, Bristol, Brooklyn, Brussels=Bruxelles, Bucharest=Bucarest, Budapest, Buenos Aires, Buffalo, Caen,
Cairo=au Caire, Calais, Calgary, Cannes, Cardiff, Casablanca, Chicago, Cincinnati, Clermont-Ferrand,
Cleveland, Cologne, Copenhagen=Copenhague, Dakar, Dallas, Delhi, Denver, Detroit, Dijon, Doha, Dubai=Dubaï, Dublin,
Edinburgh=Édimbourg, Frankfurt=Francfort, Geneva=Genève, Glasgow, Grenoble, Hamburg=Hambourg, Helsinki,
Hong Kong, Honolulu, Houston, Indianapolis, Istanbul, Jakarta, Johannesburg, Kansas City, Kyiv, La Rochelle,
Lagos, Las Vegas, Lausanne, Le Havre=au Havre, Le Mans=au Mans, Leeds, Leicester, Liège, Lille, Lima, Limoges,
Lisbon=Lisbonne, Liverpool, London=Londres, Los Angeles, Lyon, Madrid, Manchester, Manila=Manille, Marseille, Melbourne,
Memphis, Metz, Miami, Milan, Milwaukee, Minneapolis, Montpellier, Montreal=Montréal, Moscow=Moscou,
Mulhouse, Mumbai, Munich, Nairobi, Nantes, Naples, Nashville, New Delhi, New Orleans=à La Nouvelle-Orléans, New York,
Newark, Newcastle, Nice, Nîmes, Nottingham, Oakland, Orlando, Orléans, Osaka, Oslo, Ottawa, Paris, Perpignan,
Philadelphia=Philadelphie, Phoenix, Pittsburgh, Porto, Portland, Prague, Reims, Rennes, Rio de Janeiro,
Rome, Rotterdam, Rouen, Sacramento, Saint-Denis, Saint-Étienne, San Diego, San Francisco, San Jose,
São Paulo, Seattle, Seoul=Séoul, Seville=Séville, Shanghai, Sheffield, Singapore=Singapour, St Louis, Stockholm,
Strasbourg, Stuttgart, Sydney, Tampa, Tel Aviv, Tokyo, Toronto, Toulon, Toulouse, Tours, Tunis, Turin,
Vancouver, Venice=Venise, Vienna=Vienne, Villeurbanne, Warsaw=Varsovie, Washington, Zurich,
Alaska=en Alaska, Algeria=en Algérie, Argentina=en Argentine, Arizona=en Arizona, Australia=en Australie,
Austria=en Autriche, Bangladesh=au Bangladesh, Belgium=en Belgique, Brazil=au Brésil, Britain=en Grande-Bretagne,
Brittany=en Bretagne, California=en Californie, Cambodia=au Cambodge, Canada=au Canada, China=en Chine,
Colorado=au Colorado, Denmark=au Danemark, Egypt=en Égypte, England=en Angleterre, Europe=en Europe,
Finland=en Finlande, Florida=en Floride, France=en France, Germany=en Allemagne, Greece=en Grèce, Hawaii=à Hawaï,
India=en Inde, Indonesia=en Indonésie, Ireland=en Irlande, Israel=en Israël, Italy=en Italie, Japan=au Japon,
Kenya=au Kenya, Louisiana=en Louisiane, Malaysia=en Malaisie, Mexico=au Mexique, Michigan=dans le Michigan,
Morocco=au Maroc, New Jersey=dans le New Jersey, New Zealand=en Nouvelle-Zélande, Nigeria=au Nigeria,
Normandy=en Normandie, Norway=en Norvège, Ohio=dans l'Ohio, Ontario=en Ontario, Oregon=en Oregon, Pakistan=au Pakistan,
Pennsylvania=en Pennsylvanie, Poland=en Pologne, Portugal=au Portugal, Quebec=au Québec, Scotland=en Écosse,
Senegal=au Sénégal, South Africa=en Afrique du Sud, South Korea=en Corée du Sud, Spain=en Espagne, Sweden=en Suède,
Switzerland=en Suisse, Texas=au Texas, Tunisia=en Tunisie, Turkey=en Turquie, Ukraine=en Ukraine,
Vietnam=au Vietnam, Wales=au pays de Galles,
at Charles de Gaulle, at Gatwick, at Heathrow, at JFK, at LaGuardia, at LAX, at Luton, at Newark Airport,
at O'Hare, at Orly, at Roissy, at Saint-Lazare, at Schiphol, at Stansted
"""
_SHORT: Final = {
    "us": ("in the US", "aux États-Unis"),
    "usa": ("in the US", "aux États-Unis"),
    "united states": ("in the US", "aux États-Unis"),
    "etats-unis": ("in the US", "aux États-Unis"),
    "uk": ("in the UK", "au Royaume-Uni"),
    "united kingdom": ("in the UK", "au Royaume-Uni"),
    "royaume-uni": ("in the UK", "au Royaume-Uni"),
    "netherlands": ("in the Netherlands", "aux Pays-Bas"),
    "pays-bas": ("in the Netherlands", "aux Pays-Bas"),
    "philippines": ("in the Philippines", "aux Philippines"),
    "nyc": ("in New York", "à New York"),
    "new york city": ("in New York", "à New York"),
}
_PREPOSITION: Final = re.compile(
    r"(?<![\w@#.'\u2019-])(?P<before>\w+[ ]+)?(?P<how>[Ii]n|[Aa]t|[Àà]|[Aa]ux?|[Ee]n)[ ]+(?:the[ ]+)?"
    r"(?=(?P<name>[^\W\d_][\w.'\u2019-]*(?:[ ][^\W\d_][\w.'\u2019-]*){0,3}))"
)
_WORD: Final = re.compile(r"[^\W\d_][\w.'\u2019-]*")
_AFTER: Final = """
airport international station monday tuesday wednesday thursday friday saturday sunday i we they it and
"""
_ROUND_IT: Final = frozenset(_AFTER.split())
"""Words with a capital that can stand after a place without making it another one."""
_BUILDINGS: Final = """
airport branch factory hospital hotel plant restaurant school shop station store town village warehouse
aeroport agence boutique ecole entrepot gare hopital magasin usine ville
"""
_SITES: Final = frozenset(_BUILDINGS.split())
"""What makes a place of an unknown name: "the store in Crawley", "le magasin à Crépol"."""


def _table() -> dict[str, tuple[str, str]]:
    table = dict(_SHORT)
    for entry in _KNOWN.replace("\n", " ").split(","):
        english, _, french = entry.strip().partition("=")
        told = english if english.startswith("at ") else f"in {english}"
        name = english.removeprefix("at ")
        french = french or name
        if not french.startswith(("à ", "en ", "au ", "aux ", "dans ")):
            french = f"à {french}"
        french_name = french.partition(" ")[2].removeprefix("le ").removeprefix("l'")
        for alias in (name, french_name):
            table.setdefault(fold(alias), (told, french))
    return table


_TABLE: Final = _table()


def place(texts: Sequence[str]) -> dict[str, str] | None:
    """Where it happens, with its preposition in English and in French: the place that most posts name, two at least.

    Known are some three hundred cities, countries, states and airports, in both languages; another name counts after
    a word such as "store" or "gare". It stands after "in", "at", "à", "au", "aux" or "en", and begins with a capital.

    >>> place(["Dragged off in Chicago!", "what happened in Chicago Sunday", "in Marketing they sleep"])
    {'en': 'in Chicago', 'fr': 'à Chicago'}
    >>> place(["Panne à Londres", "bloqués à Londres, merci"])
    {'en': 'in London', 'fr': 'à Londres'}
    >>> place(["I told it to Marie in Chicago", "merci à Marie", "parlez à Marie"]) is None
    True
    """
    named: Counter[tuple[str, str]] = Counter()
    for text in texts:
        named.update(set(_named(text)))
    told = min(named, key=lambda told: (-named[told], told), default=None)
    return {"en": told[0], "fr": told[1]} if told is not None and named[told] >= LEAST_POSTS else None


def _named(text: str) -> Iterator[tuple[str, str]]:
    text = text[:READ_CHARS]
    words = _WORD.findall(text)
    if sum(word[0].isupper() for word in words) * 2 > len(words) > 6:
        return  # A Headline In Which Every Word Has A Capital, or SHOUTED
    for found in _PREPOSITION.finditer(text):
        name: list[str] = []
        for word in found["name"].split(" "):
            if not word[0].isupper() and not (name and word in ("de", "du", "la")):
                break
            name.append(word)
        if name:
            told = _known(name) or _unknown(name, fold(found["before"] or "").strip(), found["how"].casefold())
            if told is not None:
                yield told


def _known(words: list[str]) -> tuple[str, str] | None:
    """The longest known name at the beginning, if what follows it does not make it another one."""
    for size in range(len(words), 0, -1):
        told = _TABLE.get(fold(" ".join(words[:size])).strip(".'-"))
        if told is not None:
            return told if all(fold(word).strip(".'-") in _ROUND_IT for word in words[size:]) else None
    return None


def _unknown(words: list[str], before: str, how: str) -> tuple[str, str] | None:
    """A single word that is no acronym, after a site."""
    name = words[0].strip(".'\u2019-")
    if len(words) > 1 or before not in _SITES or how not in ("in", "à") or not 3 <= len(name) <= 30:
        return None
    return (f"in {name}", f"à {name}") if name.isalpha() and name[1:].islower() else None
