"""Made-up posts: the ordinary life of a brand, and a crisis that starts in it. The same seed, the same posts.

For the demo, for scenarios and for measuring. Nothing here is about a real company, and no post says what it
feels (`Post.sentiment` is None): badbuzz has to read it. To add another kind of event, write a function as
`wave`: rates from `_arrivals`, people from `_people`, posts from `_Scribe`.
"""

from __future__ import annotations

import heapq
import math
import re
from bisect import bisect
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from random import Random
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from detectors.model import MINUTE_MS, Post, from_ms

__all__ = ["LEAK", "Life", "Story", "daily_rhythm", "merge", "ordinary_life", "wave"]

T = TypeVar("T")


@dataclass(frozen=True)
class Life:
    """A maker of coffee machines as people talk of it; `handle` is its account, without the "@".

    `mentions_per_min` is the mean over a day in `timezone`, `negative_share` the part of them that complains.
    """

    brand_name: str
    handle: str
    mentions_per_min: float
    negative_share: float = 0.12
    timezone: str = "UTC"


@dataclass(frozen=True)
class Story:
    """What a crisis is about. `acts` are (from which part of the climb on, texts by language), in order.

    When the climb has come to `star_at` (0..1 of the doublings), an account with `star_followers` takes it up
    with `star_text`; from then on `repost_share` of the posts repeat an earlier one, most often that one.
    """

    acts: Sequence[tuple[float, Mapping[str, Sequence[str]]]]
    star: str
    star_followers: int
    star_text: str
    star_at: float = 0.85
    repost_share: float = 0.45


# --------------------------------------------------------------------------------------- the texts
#
# {b} the brand, as a name, a handle or a hashtag; {m} a model; {d} a drink; {p} a place; {s} a span of time;
# {n} a number. tests/unit/test_simulation.py sees to it that VADER reads every one as it is meant.

_NEGATIVE: Final = {
    "en": (
        "My {b} {m} died after {s}. So disappointed.",
        "{b} support keeps ignoring my mails, this is really annoying",
        "the {b} {m} is terribly loud, my neighbours hate it",
        "Terrible {d} from the new {b} {m}, burnt and bitter every time",
        "{b} sent me the wrong machine and now the return is a mess",
        "Third repair of my {b} {m} in a year. Worst purchase ever.",
        "Milk frother of the {b} {m} broken again, what a pain",
        "Waited {s} for a spare part from {b}. Awful service.",
        "Descaling the {b} {m} is a horrible experience, who designs this",
        "{b} raised the price of its pods again. Ridiculous.",
        "Sad to say the {b} {m} failed on me in the middle of breakfast",
        "The {b} app crashes all the time, useless",
        "{b} {m}: cheap plastic, weak pump, bad {d}. Regret buying it",
        "hour on the phone with {b} and still no answer, I'm angry",
        "My parcel from {b} arrived damaged, {n} cups broken",
        "the {d} button on my {b} {m} is stuck, annoying on a Monday",
    ),
    "fr": (
        "Ma {b} {m} est tombée en panne, vraiment déçu",
        "Le service client de {b} est lamentable, {s} d'attente",
        "Quelle horreur, le {d} de la {b} {m} est imbuvable et trop amer",
        "{b} {m} : bruit insupportable dès le matin, je déteste",
        "Livraison {b} en retard et colis abîmé, c'est nul",
        "Encore une panne de ma {b} {m}, quelle honte",
    ),
}
_NEUTRAL: Final = {
    "en": (
        "Anyone here using the {b} {m} with oat milk?",
        "Switched from pods to beans on my {b} {m} this week",
        "Does the {b} {m} fit under a standard cabinet?",
        "{b} opens a store in {p} next month",
        "{d} number {n} of the day, {b} {m} on the desk",
        "Part one of my look at the {b} {m} is online",
        "How often do you descale a {b} {m}?",
        "{b} {m} or a plain filter machine? Asking for the office",
        "Which grinder do you pair with the {b} {m}?",
        "Our office in {p} now has {n} machines from {b}",
        "Saw the {b} {m} in a shop window in {p} today",
        "{b} {m}, 18 grams in, 36 out, 27 seconds. Your numbers?",
        "Selling my {b} {m}, {s} old, pick up in {p}",
        "Watching the {b} {m} video from {p} while the kettle is on",
    ),
    "fr": (
        "Quelqu'un utilise la {b} {m} avec du lait d'avoine ?",
        "{b} ouvre une boutique à {p} le mois prochain",
        "{d} numéro {n} de la journée avec la {b} {m}",
        "Vous détartrez votre {b} {m} tous les combien ?",
    ),
}
_POSITIVE: Final = {
    "en": (
        "Love my {b} {m}, best {d} in {p}!",
        "Great service from {b} today, new part arrived in {n} days. Thanks!",
        "The {b} {m} makes a wonderful {d}, so happy with it",
        "{n} years with my {b} {m} and still perfect",
        "Impressed by the {b} {m}: quiet, fast and easy to clean. Nice work",
        "Good morning from {p} with a beautiful {d}, thanks to {b}",
        "{b} helped me right away, friendly and super quick",
        "Won a {b} {m} at work, best day ever!",
        "Honestly the {d} from the {b} {m} is excellent",
        "Enjoying a nice {d} from the {b} {m} on the balcony in {p}",
    ),
    "fr": (
        "J'adore ma {b} {m}, le meilleur {d} de {p} !",
        "Merci {b} pour votre service rapide, je suis ravie",
        "Le {d} de la {b} {m} est excellent, très contente",
    ),
}

LEAK: Final = Story(
    acts=(
        (
            0.0,
            {
                "en": (
                    "My {b} {m} is leaking boiling water all over the counter. This is dangerous.",
                    "Boiling water shot out of my {b} {m} this morning and hurt my hand. Scary!",
                    "the hose of our {b} {m} came off, kitchen under water, floor ruined",
                    "Same problem here: {b} {m} leaks from below and damaged our worktop",
                    "Is anyone else's {b} {m} leaking? Second one in {s}, this is a disaster",
                    "Got burned by my {b} {m}, the tank just failed. Horrible.",
                    "Water under the {b} {m} again and the fuse is dead. Worried.",
                    "{b} {m} owners, check your hose: mine split and the steam hurt my son",
                    "Woke up to a puddle and a dead {b} {m}. So angry right now",
                    "Third person in our street in {p} with a leaking {b} {m}. Bad batch?",
                    "{b} {m} dripping hot water into the socket, that is a serious danger",
                    "Floor of the office kitchen in {p} is ruined, thanks to a leaking {b} {m}",
                    "Steam and boiling water from the side of my {b} {m}. Terrifying.",
                ),
                "fr": (
                    "Ma {b} {m} fuit, de l'eau bouillante partout, c'est dangereux",
                    "Pareil ici, la {b} {m} fuit et la cuisine est inondée, une catastrophe",
                ),
            },
        ),
        (
            0.5,
            {
                "en": (
                    "{b} deleted my comment about the leaking {m}. Shameful.",
                    "Two calls to {b} about the leaking {m}, nobody answers. Unacceptable.",
                    "{b} says the leaks of the {m} are our own fault. Disgusting.",
                    "Photos of my burned arm went to {b} {s} ago. Ignored. I'm furious.",
                    "So {b} knew about the leaking {m} and lied to us? Outrageous",
                    "No word from {b} about the {m}. People get hurt and they hide. Pathetic.",
                    "My {b} {m} leaks too, support hung up on me. Terrible, just terrible",
                    "Unplug your {b} {m} at once, it is dangerous!",
                    "{b} wants me to pay for the repair of a leaking {m}?! Insane, what an insult",
                    "Still no reply from {b} after {s}. My {m} is a danger in my kitchen",
                    "The hotline of {b} blames my tap water for the leaking {m}. What a bad joke",
                    "{b} knows that the {m} leaks. {n} owners in our group with the same damage",
                    "My daughter hurt her hand on the {b} {m}. Awful, just awful. Where is your hotline?",
                ),
                "fr": (
                    "{b} supprime les commentaires sur les fuites de la {m}. Honteux.",
                    "Aucune réponse de {b} pour ma {m} qui fuit, c'est inadmissible et scandaleux",
                    "{b} accuse mon eau pour la {m} qui fuit, quelle honte",
                    "Deux appels à {b} pour rien, service lamentable, et ma {m} est dangereuse",
                ),
            },
        ),
        (
            0.8,
            {
                "en": (
                    "Recall the {b} {m} NOW. How many people must get hurt? {t}",
                    "Still silence from {b}. Disgraceful, I am ashamed I ever bought one {t}",
                    "Sending my {b} {m} back. Dangerous junk. {t}",
                    "Boycott {b} until they stop lying about the {m} {t}",
                    "My mother got burned by a {b} {m}. I'm so angry. {t}",
                    "Done with {b}, worst company I ever dealt with {t}",
                    "{b} lost a customer of {n} years today. What a scandal {t}",
                    "Shops in {p} took the {b} {m} off the shelf. Finally. What a disaster {t}",
                ),
                "fr": (
                    "Rappelez la {b} {m} avant un drame ! C'est scandaleux {t}",
                    "{b} et sa {m}, quelle honte {t}",
                    "Boycott de {b}, cette {m} est un danger {t}",
                    "Ma mère brûlée par sa {m} de {b}. Je suis furieux. {t}",
                ),
            },
        ),
    ),
    star="honest_kitchen",
    star_followers=412_000,
    star_text=(
        "We tested three {b} {m}. All three leaked boiling water, one of us got hurt. "
        "{b} refuses to answer us. This is dangerous, do NOT use it. Video in the thread {t}"
    ),
)

_WORDS: Final = {
    "m": ("Uno", "Uno", "Duo", "Piccola", "Barista 5", "Office"),
    "d": ("espresso", "cappuccino", "flat white", "lungo", "ristretto", "cortado"),
    "p": ("Lyon", "Leeds", "Ghent", "Austin", "Nantes", "Cork", "Utrecht", "Lille", "Bristol", "Graz"),
    "s": ("two weeks", "ten days", "a month", "six months", "five weeks"),
    "n": ("3", "4", "5", "6", "7", "8"),
}
_FRENCH_WORDS: Final = {**_WORDS, "s": ("deux semaines", "dix jours", "un mois", "six mois", "cinq semaines")}
_SLOT: Final = re.compile(r"\{(\w)\}")
_SOURCES: Final = ("twitter", "forum", "reviews", "instagram", "press")
_SOURCES_UP_TO: Final = tuple(accumulate((0.48, 0.2, 0.14, 0.16)))
_FRENCH_SHARE: Final = 0.18
_POSITIVE_SHARE: Final = 0.4
_FIRST_NAMES: Final = (
    *("anna", "ben", "carla", "dario", "elise", "femi", "greta", "hugo", "ines", "jonas", "kim", "lea", "marco"),
    *("nora", "omar", "paula", "quentin", "rosa", "sam", "tara", "ugo", "vera", "will", "xenia", "yann", "zoe"),
)
_LAST_NAMES: Final = (
    *("k", "brews", "reads", "writes", "runs", "at_home", "travels", "b", "21", "77"),
    *("of_leeds", "du_sud", "north", "codes", "bakes", "rides"),
)


# ------------------------------------------------------------------------------- ordinary life


def daily_rhythm(hour: float) -> float:
    """How busy an hour of the local day is, 1 on average: quiet before dawn, busy in the afternoon.

    >>> round(daily_rhythm(3.0), 2), round(daily_rhythm(15.0), 2)
    (0.7, 1.3)
    """
    return 1 + 0.3 * math.sin(2 * math.pi * (hour - 9) / 24)


def ordinary_life(life: Life, *, start_ms: int, minutes: int, seed: int) -> Iterator[Post]:
    """What people say of a brand from `start_ms` on, for so many minutes, oldest first; lazy.

    A Poisson process whose rate follows `daily_rhythm` in the brand's time zone, from several sources, in
    English and some French. A life goes on over several calls: give each the end of the one before and a
    seed of its own.

    >>> life = Life("Torrelio", "torrelio", mentions_per_min=10)
    >>> posts = list(ordinary_life(life, start_ms=0, minutes=24 * 60, seed=1))
    >>> 14_000 < len(posts) < 15_000
    True
    >>> posts[0] == next(ordinary_life(life, start_ms=0, minutes=5, seed=1))
    True
    """
    rng = _random(life, "life", seed)
    scribe = _Scribe(life, f"{life.handle}-{seed:x}-{start_ms // 1000:x}", rng)
    people = _people(rng, 3000, median_followers=180)
    zone = ZoneInfo(life.timezone)

    def rate_per_min(at_ms: float) -> float:
        local = from_ms(round(at_ms)).astimezone(zone)
        return life.mentions_per_min * daily_rhythm(local.hour + local.minute / 60)

    for at_ms in _arrivals(rng, rate_per_min, start_ms, start_ms + minutes * MINUTE_MS):
        draw = rng.random()
        if draw < life.negative_share:
            texts = _NEGATIVE
        elif draw < life.negative_share + (1 - life.negative_share) * _POSITIVE_SHARE:
            texts = _POSITIVE
        else:
            texts = _NEUTRAL
        author, followers = _one_of(rng, people)
        yield scribe.write(at_ms, texts, author, followers, reposts=int(rng.random() ** 8 * 3))


# ---------------------------------------------------------------------------------------- a crisis


def wave(
    life: Life,
    *,
    start_ms: int,
    doubling_s: float,
    peak_per_min: float,
    minutes: int,
    seed: int,
    story: Story = LEAK,
) -> Iterator[Post]:
    """The negative posts of a crisis, on top of ordinary life, oldest first; lazy.

    Their rate doubles every `doubling_s`, from one post within the first doubling, until it reaches
    `peak_per_min`, then halves every ten doubling times. Small accounts come first; once the story is well on its
    way a large one takes it up, and many repeat it.

    >>> life = Life("Torrelio", "torrelio", mentions_per_min=10)
    >>> posts = list(wave(life, start_ms=0, doubling_s=60, peak_per_min=100, minutes=30, seed=1))
    >>> halves = [sum(post.created_at.minute == minute for post in posts) for minute in (3, 5, 7)]
    >>> halves == sorted(halves)
    True
    """
    rng = _random(life, "wave", seed)
    scribe = _Scribe(life, f"{life.handle}-w{seed:x}-{start_ms // 1000:x}", rng)
    small, mixed = _people(rng, 1500, median_followers=60), _people(rng, 4000, median_followers=250)
    first_per_min = math.log(2) * 60 / doubling_s
    climb = max(math.log2(peak_per_min / first_per_min), 1e-6)

    def doublings(at_ms: float) -> float:
        return (at_ms - start_ms) / 1000 / doubling_s

    def rate_per_min(at_ms: float) -> float:
        after_peak = doublings(at_ms) - climb
        return peak_per_min * 2 ** (after_peak if after_peak < 0 else -after_peak / 10)

    star: Post | None = None
    told: list[Post] = []
    for at_ms in _arrivals(rng, rate_per_min, start_ms, start_ms + minutes * MINUTE_MS):
        part = doublings(at_ms) / climb
        if star is None and part >= story.star_at:
            star = scribe.write(
                at_ms, {"en": (story.star_text,)}, story.star, story.star_followers, reposts=860, source="twitter"
            )
            yield star
            continue
        author, followers = _one_of(rng, small if part < story.star_at else mixed)
        if star is not None and rng.random() < story.repost_share:
            original = star if rng.random() < 0.6 else _one_of(rng, told)
            yield scribe.repost(at_ms, original, author, followers)
            continue
        texts = next(texts for begins, texts in reversed(story.acts) if part >= begins or begins == 0)
        post = scribe.write(at_ms, texts, author, followers, reposts=int(rng.random() ** 3 * 12 * min(part, 1.0)))
        if len(told) < 200:
            told.append(post)
        yield post


def merge(*streams: Iterator[Post]) -> Iterator[Post]:
    """Streams of posts, each oldest first, as one; lazy."""
    return heapq.merge(*streams, key=lambda post: post.created_at)


# --------------------------------------------------------------------------------------------- parts


class _Scribe:
    """Writes the posts of one stream: an id for each, and texts with their gaps filled in."""

    def __init__(self, life: Life, tag: str, rng: Random) -> None:
        self._rng = rng
        self._tag = tag
        self._count = 0
        self._last: deque[str] = deque(maxlen=4)
        self._names = (life.brand_name,) * 7 + (f"@{life.handle}",) * 2 + (f"#{life.handle}",)
        self._hashtags = ("", f"#{life.handle}leaks", f"#{life.handle}leaks", f"#recall{life.handle}")

    def write(
        self,
        at_ms: int,
        texts: Mapping[str, Sequence[str]],
        author: str,
        followers: int,
        *,
        reposts: int,
        source: str | None = None,
    ) -> Post:
        """A post of its own, out of `texts` by language."""
        rng = self._rng
        lang = "fr" if "fr" in texts and rng.random() < _FRENCH_SHARE else "en"
        template = _one_of(rng, texts[lang])
        while template in self._last and len(texts[lang]) > len(self._last):
            template = _one_of(rng, texts[lang])
        self._last.append(template)
        parts = _parts(template)
        words = _FRENCH_WORDS if lang == "fr" else _WORDS
        filled = [parts[0]]
        for slot, literal in zip(parts[1::2], parts[2::2], strict=True):
            filled += (self._fill(slot, words), literal)
        source = source or _SOURCES[bisect(_SOURCES_UP_TO, rng.random())]
        return self._post(at_ms, source, "".join(filled).rstrip(), author, followers, lang, reposts, None)

    def repost(self, at_ms: int, original: Post, author: str, followers: int) -> Post:
        """The same words again, by somebody else."""
        text = f"RT @{original.author}: {original.text}"
        return self._post(at_ms, original.source, text, author, followers, original.lang, 0, original.id)

    def _fill(self, slot: str, words: dict[str, tuple[str, ...]]) -> str:
        if slot == "b":
            return _one_of(self._rng, self._names)
        return _one_of(self._rng, self._hashtags if slot == "t" else words[slot])

    def _post(
        self,
        at_ms: int,
        source: str,
        text: str,
        author: str,
        followers: int,
        lang: str | None,
        reposts: int,
        repost_of: str | None,
    ) -> Post:
        self._count += 1
        name = f"{self._tag}-{self._count}"
        return Post(
            id=name,
            source=source,
            text=text[:1].upper() + text[1:],
            created_at=from_ms(at_ms),
            author=author,
            lang=lang,
            followers=followers,
            reposts=reposts,
            repost_of=repost_of,
            url=f"https://{source}.example/{name}",
        )


def _random(life: Life, kind: str, seed: int) -> Random:
    """Chance that is the same on every machine, and another for each brand, kind of event and seed."""
    return Random(f"{life.handle}/{kind}/{seed}")


def _arrivals(rng: Random, rate_per_min: Callable[[float], float], start_ms: int, end_ms: int) -> Iterator[int]:
    """Moments of a Poisson process whose rate changes slowly (it is looked up every 1/8 of a minute)."""
    step_ms = MINUTE_MS / 8
    at_ms, until_ms = float(start_ms), float(start_ms)
    rate_per_ms = 0.0
    need = rng.expovariate(1.0)
    while True:
        if at_ms >= until_ms:
            rate_per_ms = rate_per_min(until_ms) / MINUTE_MS
            until_ms += step_ms
        ahead = (until_ms - at_ms) * rate_per_ms
        if ahead < need:
            need -= ahead
            at_ms = until_ms
            if at_ms >= end_ms:
                return
            continue
        at_ms += need / rate_per_ms
        if at_ms >= end_ms:
            return
        yield int(at_ms)
        need = rng.expovariate(1.0)


def _people(rng: Random, count: int, *, median_followers: float) -> list[tuple[str, int]]:
    """Names with their followers, which are log-normal: most have few, some have many."""
    return [
        (
            f"{_one_of(rng, _FIRST_NAMES)}_{_one_of(rng, _LAST_NAMES)}{rng.randrange(100)}",
            int(median_followers * math.exp(rng.gauss(0, 1.3))),
        )
        for _ in range(count)
    ]


def _one_of(rng: Random, items: Sequence[T]) -> T:
    return items[int(rng.random() * len(items))]


@lru_cache
def _parts(template: str) -> list[str]:
    """A text cut at its gaps: literal, name of a gap, literal ... literal."""
    return _SLOT.split(template)
