"""What the brand says: answers to those who speak to it."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from typing import Final

from detectors.model import MINUTE_MS, Post, to_ms
from detectors.simulation.texts import Texts
from detectors.simulation.writing import Life, Scribe, chance

__all__ = ["ANSWERS", "answered"]

ANSWERS: Final[Texts] = {
    "en": (
        "We are sorry to hear that! Please send us your order number in a private message, we will sort it out.",
        "That should not happen. Could you tell us the serial number in a private message? Anna from the service team",
        "Thank you for telling us. A colleague will call you today.",
        "Sorry for the wait! Your new part is on its way, you get the tracking number by mail.",
        "We would like to make that good. Please write to us in private, we answer within the hour.",
    ),
    "fr": (
        "Nous sommes désolés ! Envoyez-nous votre numéro de commande en message privé, nous nous en occupons.",
        "Merci de nous prévenir. Un collègue vous appelle aujourd'hui.",
        "Cela ne devrait pas arriver. Pouvez-vous nous donner le numéro de série en message privé ?",
    ),
}
_SOURCES: Final = ("twitter", "instagram")
_FOLLOWERS: Final = 25_000
_SPREAD: Final = 0.6


def answered(life: Life, posts: Iterator[Post], *, share: float, median_minutes: float, seed: int) -> Iterator[Post]:
    """These posts of a life, oldest first, with the brand's answers to this share of those that speak to its account.

    It has one account on twitter and one on instagram, both named as its handle. How long an answer takes is
    log-normal. Lazy; answers that would come after the last post are not given.

    >>> from detectors.simulation.life import ordinary_life
    >>> life = Life("Torrelio", "torrelio", mentions_per_min=5)
    >>> posts = ordinary_life(life, start_ms=0, minutes=600, seed=1)
    >>> said = list(answered(life, posts, share=0.5, median_minutes=20, seed=1))
    >>> 150 < sum(post.author == "torrelio" for post in said) < 350
    True
    """
    rng = chance(life, "answers", seed)
    scribe = Scribe(life, f"a{seed:x}", rng)
    waiting: list[tuple[int, str, Post]] = []
    for post in posts:
        at_ms = to_ms(post.created_at)
        while waiting and waiting[0][0] <= at_ms:
            due_ms, name, asked = heapq.heappop(waiting)
            texts = {"fr": ANSWERS["fr"]} if asked.lang == "fr" else {"en": ANSWERS["en"]}
            yield scribe.write(due_ms, texts, life.handle, _FOLLOWERS, source=asked.source, reply_to=name)
        yield post
        if post.source in _SOURCES and f"@{life.handle}" in post.text and rng.random() < share:
            took_ms = median_minutes * MINUTE_MS * math.exp(rng.gauss(0, _SPREAD))
            heapq.heappush(waiting, (at_ms + round(took_ms), post.id, post))
