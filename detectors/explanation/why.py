"""From a run and what is usual to what people are told."""

from __future__ import annotations

import msgspec

from detectors.explanation.background import Background
from detectors.explanation.evidence import DIMENSIONS, Evidence
from detectors.explanation.parts import FRACTION, parts
from detectors.explanation.run import Run
from detectors.explanation.timeline import Timeline
from detectors.explanation.words import names_of, standing_out
from detectors.growth import growth
from detectors.model import Brand, Explanation, Mention, Story, TimelinePoint, TopPost, from_ms
from detectors.stories import Desk, Facts, Impostors, stories
from detectors.stories.titles import titles

__all__ = ["explain"]


def explain(
    run: Run,
    background: Background,
    brand: Brand,
    *,
    until_ms: int,
    desk: Desk | None = None,
    impostors: Impostors | None = None,
) -> Explanation:
    """Why people should care, from what the run holds, against the brand's ordinary life. About 2 ms.

    `desk` knows who waits for an answer, `impostors` are those that are about.
    """
    seen, usual = run.evidence or Evidence(), background.usual or Evidence()
    expected = round(run.expected * FRACTION)
    why = Explanation(
        since=from_ms(run.start_ms),
        until=from_ms(until_ms),
        observed=run.observed,
        expected=expected / FRACTION,
        parts={
            dimension: parts(
                getattr(seen, dimension), getattr(usual, dimension), observed=run.observed, expected=expected
            )
            for dimension in DIMENSIONS
        },
        authors=len(seen.followers),
        reach=sum(seen.followers.values()),
        at_least=seen.more_authors,
        first_post=_top_post(run.first) if run.first else None,
        top_posts=[_top_post(mention) for mention in run.top],
        words=standing_out(seen.words, usual.words, without=names_of(brand)),
        timeline=_timeline(background.timeline, run),
        growth=growth(run.counts, run.expectations),
        stories=_stories(run, background, brand, until_ms, desk, impostors),
    )
    return msgspec.structs.replace(why, titles=titles(why, brand))


def _stories(
    run: Run, background: Background, brand: Brand, until_ms: int, desk: Desk | None, impostors: Impostors | None
) -> list[Story]:
    evidence = run.evidence or Evidence()
    facts = msgspec.structs.replace(
        run.facts or Facts(negative=run.observed),
        expected=run.expected,
        authors=None if evidence.more_authors else len(evidence.followers),
        signed=run.observed - evidence.authors.get("unknown", 0),
        waiting=desk.waiting(run.start_ms, until_ms) if desk is not None else None,
        impostors=impostors,
    )
    usual = msgspec.structs.replace(background.facts or Facts(), waiting=desk.usual() if desk is not None else None)
    return stories(facts, usual, brand)


def _timeline(timeline: Timeline, run: Run) -> list[TimelinePoint]:
    """The closed minutes, then those of the run that are still open."""
    timeline = timeline.copy()
    for start_ms, count, expected in run.minutes():
        if start_ms >= timeline.until_ms:
            timeline.add(start_ms, count, expected)
    return timeline.points()


def _top_post(mention: Mention) -> TopPost:
    return TopPost(
        id=mention.id or "",
        source=mention.source,
        text=mention.text or "",
        created_at=from_ms(mention.event_ms),
        author=mention.author,
        url=mention.url,
        followers=mention.followers,
        reposts=mention.reposts,
    )
