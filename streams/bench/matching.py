"""What looking for brands costs: posts a second and memory, with far more brands than anybody watches."""

from __future__ import annotations

import random
import re
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from detectors.intake import decode_post
from detectors.mentions import MentionFinder
from detectors.model import Brand, Match, Post
from detectors.text.terms import fold
from streams.bench.posts import START, one_post
from streams.bench.results import MatchingCost
from streams.garbage import settled

__all__ = ["matching_cost"]

POSTS: Final = 20_000
ROUNDS: Final = 5
_SYLLABLES: Final = (
    *("ba", "be", "bo", "ca", "ce", "co", "da", "de", "do", "fa", "fi", "ga", "go", "ka", "la", "le", "li", "lo", "ma"),
    *("me", "mi", "na", "ne", "no", "pa", "pe", "po", "ra", "re", "ri", "ro", "sa", "se", "so", "ta", "te", "ti", "to"),
    *("va", "ve", "vi", "vo", "za", "zo", "air", "lis", "mor", "net", "pro", "tra", "ven", "ver", "é", "nord", "2"),
)


def matching_cost(brands: int = 50_000) -> MatchingCost:
    """What `MentionFinder` costs with so many made-up brands, each by its name and its @handle.

    The posts are those of `streams.bench.posts` that speak of nobody: 20,000 texts of 100 characters, a third of them
    in French, nearly half with accents or emoji. The names are made of syllables, some of two words, so that parts of
    them are in every text. Counted are the median of five rounds on one core, and the memory by which a fresh process
    has grown. It takes some 5 s; `python -c "from streams.bench.matching import *; print(matching_cost())"`.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_measured, brands).result()


def _measured(brands: int) -> MatchingCost:
    texts = _posts()
    before_mb = _resident_mb()
    watched = _brands(brands, {word for post in texts for word in re.findall(r"\w+", fold(post.text))})
    finder = MentionFinder(watched)
    grown_mb = _resident_mb() - before_mb
    per_s: list[float] = []
    with settled():
        for _ in range(ROUNDS):
            started = time.thread_time()
            found = [post for post in texts if finder.find(post)]
            per_s.append(len(texts) / (time.thread_time() - started))
            assert not found
    terms = sum(len(brand.match.any) for brand in watched)
    return MatchingCost(len(watched), terms, round(statistics.median(per_s), 1), round(grown_mb, 1))


def _posts() -> list[Post]:
    dice = random.Random(1)
    kinds = ("negative", "neutral", "positive")
    return [decode_post(one_post(dice, f"p{number}", START, None, dice.choice(kinds))) for number in range(POSTS)]


def _brands(count: int, but_not: set[str]) -> list[Brand]:
    dice = random.Random(2)
    names: dict[str, None] = {}
    while len(names) < count:
        words = ["".join(dice.choices(_SYLLABLES, k=dice.randint(2, 4))) for _ in range(dice.choice((1, 1, 1, 2)))]
        if but_not.isdisjoint(fold(" ".join(words)).split()):
            names[" ".join(words)] = None
    return [
        Brand(id=f"b{place}", name=name, match=Match(any=[name, f"@{name.replace(' ', '')}"]))
        for place, name in enumerate(names)
    ]


def _resident_mb() -> float:
    """The memory of this process now; where the system does not tell, the most it has ever had."""
    if (told := Path("/proc/self/status")).exists():
        return int(told.read_text().split("VmRSS:")[1].split()[0]) / 1024
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 1024)
