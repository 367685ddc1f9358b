"""A story that people tell each other: slowly, then all at once."""

from __future__ import annotations

import math
from collections.abc import Iterator

from detectors.model import MINUTE_MS, Post
from detectors.simulation.stories import LEAK, Story
from detectors.simulation.writing import Life, Scribe, arrivals, chance, one_of, people

__all__ = ["climb_doublings", "wave"]


def climb_doublings(doubling_s: float, peak_per_min: float) -> float:
    """After how many doublings a wave is at its peak, from one post within the first.

    >>> round(climb_doublings(60, math.log(2) * 2**10), 6)
    10.0
    """
    first_per_min = math.log(2) * 60 / doubling_s
    return max(math.log2(peak_per_min / first_per_min), 1e-6)


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
    rng = chance(life, "wave", seed)
    tags = [tag.format(handle=life.handle) for tag in story.tags]
    scribe = Scribe(life, f"w{seed:x}-{start_ms // 1000:x}", rng, {"t": tags})
    small, mixed = people(rng, 1500, median_followers=60), people(rng, 4000, median_followers=250)
    climb = climb_doublings(doubling_s, peak_per_min)

    def doublings(at_ms: float) -> float:
        return (at_ms - start_ms) / 1000 / doubling_s

    def rate_per_min(at_ms: float) -> float:
        after_peak = doublings(at_ms) - climb
        return peak_per_min * 2 ** (after_peak if after_peak < 0 else -after_peak / 10)

    star: Post | None = None
    told: list[Post] = []
    for at_ms in arrivals(rng, rate_per_min, start_ms, start_ms + minutes * MINUTE_MS):
        part = doublings(at_ms) / climb
        if star is None and part >= story.star_at:
            star = scribe.write(
                at_ms, {"en": (story.star_text,)}, story.star, story.star_followers, reposts=860, source="twitter"
            )
            yield star
            continue
        author, followers = one_of(rng, small if part < story.star_at else mixed)
        if star is not None and rng.random() < story.repost_share:
            original = star if rng.random() < 0.6 or not told else one_of(rng, told)
            yield scribe.repost(at_ms, original, author, followers)
            continue
        if star is not None and story.press and rng.random() < story.press_share:
            paper, readers = one_of(rng, story.press)
            yield scribe.write(at_ms, story.headlines, paper, readers, reposts=rng.randrange(90), source="press")
            continue
        if told and story.copy_share and rng.random() < story.copy_share:
            yield scribe.copy(at_ms, one_of(rng, told), author, followers)
            continue
        texts = next(texts for begins, texts in reversed(story.acts) if part >= begins or begins == 0)
        post = scribe.write(at_ms, texts, author, followers, reposts=int(rng.random() ** 3 * 12 * min(part, 1.0)))
        if len(told) < 200:
            told.append(post)
        yield post
