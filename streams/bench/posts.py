"""The posts that are measured: short texts in English and French like those of X, the same at every run."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from detectors.model import Audience, Brand, Match, Topic, Watch

__all__ = ["SPAN", "START", "bench_watch", "complaint", "one_post", "posts"]

START = datetime(2025, 3, 3, 8, tzinfo=UTC)
"""A Monday, and long ago: no post is from the future."""
SPAN = timedelta(hours=3)
"""Of event time, whatever the number of posts."""

WATCHED_SHARE = 0.6
FRENCH_SHARE = 0.3
SEED = 20250303

_NAMES = (
    *("Nordair", "Veloqua", "Kraftmoto", "Zelmart", "Orvanta", "Brixobank", "Teleska", "Pulsarix", "Novatrain"),
    *("Glimorel", "Fydotel", "Quantora", "Mirabox", "Sunvelle", "Aerolyx", "Dromiva", "Cafelunia", "Hexacare"),
    *("Loxoride", "Tarnovia"),
)
_NOBODY = ("my sister", "this town", "the neighbour", "our team", "the weather", "monday")
_PERSONNE = ("ma soeur", "cette ville", "le voisin", "notre équipe", "la météo", "le lundi")

_ENGLISH = {
    "negative": (
        "{who} lost my {thing} again and nobody at the desk could help, worst {day} in years",
        "Still waiting for {who} to answer about my {thing}. {n} days now, this is a joke and I am so angry",
        "{who} your {thing} is broken, the app crashes and support hangs up on people. Terrible service!!",
        "Never again {who}. Paid {n} for a {thing} and it was a complete disaster from start to end",
        "so {who} cancelled on us without a word and now refuses the refund, what a horrible way to treat people",
    ),
    "neutral": (
        "Does anyone know when {who} opens the {thing} on {day}? Asking for {n} people near the station",
        "{who} moved the {thing} to the second floor, next to the entrance, until {day}",
        "Saw {n} people in line this morning for the {thing} of {who}, it starts at nine on {day}",
        "RT: {who} publishes the numbers of the {thing} on {day}, call with analysts at {n}",
        "Passing by {who} on my way to work, then {n} stops more and the {thing}",
    ),
    "positive": (
        "Big thanks to {who}, they fixed my {thing} in {n} minutes, lovely people, made my {day}",
        "I love the new {thing} of {who}! Great work, so happy with it since {day}",
        "{who} really is the best, free {thing} and a smile at seven in the morning, wonderful",
        "Good news from {who}: the {thing} is back on {day} and it looks amazing :)",
    ),
}
_FRENCH = {
    "negative": (
        "{who} a encore perdu mon {thing}, personne ne répond, c'est vraiment le pire service depuis {day}",
        "Toujours aucune réponse de {who} pour mon {thing} après {n} jours. C'est une honte, je suis furieux",
        "Le {thing} de {who} est en panne et le service client est lamentable. Plus jamais ça !!",
    ),
    "neutral": (
        "Quelqu'un sait à quelle heure {who} ouvre le {thing} {day} ? On sera {n} devant la gare",
        "{who} déplace le {thing} au deuxième étage, près de l'entrée, jusqu'à {day}",
        "Vu {n} personnes dans la file ce matin pour le {thing} de {who}, début à neuf heures {day}",
    ),
    "positive": (
        "Merci {who}, mon {thing} réparé en {n} minutes, une équipe adorable, bravo !",
        "J'adore le nouveau {thing} de {who}, excellent travail, très contente depuis {day}",
    ),
}
_WORDS = {
    "en": (
        ("bag", "order", "ticket", "card", "phone", "seat", "parcel", "booking", "account", "meter"),
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    ),
    "fr": (
        ("bagage", "colis", "billet", "compte", "téléphone", "siège", "contrat", "dossier", "train", "compteur"),
        ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    ),
}
_TAILS = ("", "", "", " #travel", " @friend_{n}", " https://t.co/{n}AbCd")
_FITTING = {"negative": (" #fail", " 🙄"), "neutral": (), "positive": (" 😊",)}
"""Tails of one feeling: kind words with rolling eyes would be irony."""

_encode = msgspec.json.Encoder().encode


def bench_watch(brands: int = len(_NAMES)) -> Watch:
    """`brands` made-up brands, each by its name, @handle and #hashtag; no word of the texts contains one.

    With topics, audiences and, for each, the next as its competitor: everything is on.

    >>> [brand.id for brand in bench_watch(2).brands]
    ['nordair', 'veloqua']
    """
    names = [*_NAMES, *(f"{_NAMES[n % len(_NAMES)]}{n // len(_NAMES) + 1}" for n in range(len(_NAMES), brands))]
    return Watch(
        brands=[
            Brand(
                id=name.lower(),
                name=name,
                match=Match(any=[name.lower(), f"@{name.lower()}", f"#{name.lower()}"]),
                official_accounts={"x": [f"{name}Help"]},
                competitors=[rival.lower()],
            )
            for name, rival in zip(names[:brands], [*names[1:brands], names[0]], strict=True)
        ],
        topics=[
            Topic(id="refund", words={"en": ["refund", "money back"], "fr": ["rembourser"]}),
            Topic(id="service", words={"en": ["support", "answer"], "fr": ["service client", "réponse"]}),
            Topic(id="outage", words={"en": ["broken", "crash"], "fr": ["panne"]}),
        ],
        audiences=[Audience(id="press", followers_at_least=20_000), Audience(id="doctors", roles=["doctor"])],
    )


def posts(count: int, watch: Watch, *, watched_share: float = WATCHED_SHARE) -> Iterator[bytes]:
    """`count` posts as JSON, in the order of their dates; some brands are spoken of more than others.

    A `watched_share` of them speaks of a watched brand.

    >>> a, b = posts(2, bench_watch()), posts(2, bench_watch())
    >>> list(a) == list(b)
    True
    """
    dice = random.Random(SEED)
    weights = [1 / (place + 2) for place in range(len(watch.brands))]
    for number in range(count):
        brand = dice.choices(watch.brands, weights)[0] if dice.random() < watched_share else None
        kind = dice.choices(("negative", "neutral", "positive"), (3, 4, 3))[0]
        yield one_post(dice, f"p{number}", START + SPAN * (number / count), brand, kind)


def complaint(dice: random.Random, name: str, at: datetime, brand: Brand) -> bytes:
    """A post of a wave: negative in plain words."""
    return _encode(_fields(dice, name, at, f"{brand.name} is terrible, the worst service ever, I hate it", "en"))


def one_post(dice: random.Random, name: str, at: datetime, brand: Brand | None, kind: str) -> bytes:
    """A post with the id `name` about `brand`, or about nobody we watch."""
    lang = "fr" if dice.random() < FRENCH_SHARE else "en"
    things, days = _WORDS[lang]
    if brand is None:
        who = dice.choice(_PERSONNE if lang == "fr" else _NOBODY)
    else:
        who = dice.choice((brand.name, brand.id, f"@{brand.id}", f"#{brand.id}"))
    n = dice.randrange(2, 1000)
    template = dice.choice((_FRENCH if lang == "fr" else _ENGLISH)[kind]) + dice.choice((*_TAILS, *_FITTING[kind]))
    text = template.format(who=who, thing=dice.choice(things), day=dice.choice(days), n=n)
    return _encode(_fields(dice, name, at, text, lang))


def _fields(dice: random.Random, name: str, at: datetime, text: str, lang: str) -> dict[str, object]:
    """As a connector writes it, with two fields that nobody here reads."""
    return {
        "id": name,
        "source": "x",
        "author": f"u{dice.randrange(50_000)}",
        "text": text,
        "created_at": at,
        "lang": lang,
        "followers": int(dice.paretovariate(1.2) * 50),
        "reposts": dice.choice((0, 0, 0, 0, 1, 2, 7)),
        "repost_of": f"p{dice.randrange(1000)}" if dice.random() < 0.1 else None,
        "reply_to": None,
        "url": f"https://x.com/i/{name}",
        "favourites": dice.randrange(40),
        "client": "web",
    }
