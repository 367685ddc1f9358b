"""The work of badbuzz's stream in plain Faust, for `badbuzz bench --peers` to compare with.

As its users write it: a Record, one message at a time, substring search for the brands, the vaderSentiment library, and
a windowed table that counts negative mentions by brand and minute. `--text ours` puts badbuzz's own text functions in
the place of the search and the library. It ends when it has read `--posts` posts; its last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import faust

Reader = Callable[[Any], list[tuple[str, bool]]]
"""The brands of a post, each with whether it is spoken of badly."""


class Post(faust.Record, serializer="json"):
    """As badbuzz's README describes a post; what is not named here is ignored."""

    id: str
    source: str
    text: str
    created_at: str
    author: str | None = None
    lang: str | None = None
    followers: int | None = None
    reposts: int | None = None
    repost_of: str | None = None


def own(brands: dict[str, list[str]]) -> Reader:
    """What one writes in an afternoon."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyzer = SentimentIntensityAnalyzer()

    def read(post: Post) -> list[tuple[str, bool]]:
        text = post.text.lower()
        found = [brand for brand, terms in brands.items() if any(term in text for term in terms)]
        if not found:
            return []
        negative = analyzer.polarity_scores(post.text)["compound"] <= -0.05
        return [(brand, negative) for brand in found]

    return read


def ours(brands: dict[str, list[str]]) -> Reader:
    """badbuzz's MentionFinder and Negativity."""
    from detectors.mentions import MentionFinder
    from detectors.model import Brand, Match, Sentiment
    from detectors.model import Post as OurPost
    from detectors.text import load_negativity

    watched = [Brand(id=brand, name=brand, match=Match(any=terms)) for brand, terms in brands.items()]
    finder, judge = MentionFinder(watched), load_negativity()
    never = datetime(2025, 1, 1, tzinfo=UTC)

    def read(post: Post) -> list[tuple[str, bool]]:
        view = OurPost(
            id=post.id, source=post.source, text=post.text, created_at=never, author=post.author, lang=post.lang
        )
        if not (found := finder.find(view)):
            return []
        negative = judge.judge_all([view.text], [view.lang])[0].label is Sentiment.NEGATIVE
        return [(one.brand, negative) for one in found]

    return read


def main() -> None:
    options = argparse.ArgumentParser()
    for name in ("--brokers", "--topic", "--group", "--brands"):
        options.add_argument(name, required=True)
    options.add_argument("--posts", type=int, required=True)
    options.add_argument("--partitions", type=int, required=True)
    options.add_argument("--text", choices=("own", "ours"), required=True)
    given = options.parse_args()
    read = {"own": own, "ours": ours}[given.text](json.loads(given.brands))
    app = faust.App(
        given.group,
        broker=f"kafka://{given.brokers}",
        store="memory://",
        topic_partitions=given.partitions,
        consumer_auto_offset_reset="earliest",
        web_enabled=False,
        # No less is asked of it than a broker needs: Kafka refuses shorter sessions.
        broker_session_timeout=6,
        broker_heartbeat_interval=1,
    )
    posts = app.topic(given.topic, value_type=Post)
    table: Any = app.Table("negative", default=int).tumbling(timedelta(minutes=1), expires=timedelta(days=1))
    table = table.relative_to_field(Post.created_at)
    mentions: Counter[str] = Counter()
    seen = 0
    started = 0.0

    @app.agent(posts)
    async def count(stream: Any) -> None:
        nonlocal seen, started
        async for post in stream:
            if not seen:
                started = time.perf_counter()
            for brand, negative in read(post):
                mentions[brand] += 1
                if negative:
                    table[brand] += 1
            seen += 1
            if seen == given.posts:
                tell(seen / (time.perf_counter() - started))

    def tell(posts_per_s: float) -> None:
        minutes: dict[str, dict[int, int]] = {}
        for (brand, (start, _)), negative in table.table.items():
            minutes.setdefault(brand, {})[round(start * 1000)] = negative
        answer = {"posts": seen, "posts_per_s": round(posts_per_s, 1), "mentions": mentions, "minutes": minutes}
        os.write(1, b"\n" + json.dumps(answer).encode())  # Faust has put its logger in the place of stdout
        os._exit(0)  # an agent cannot wait for its own app to stop

    sys.argv = [sys.argv[0], "worker", "--without-web", "-l", "error"]
    app.main()


if __name__ == "__main__":
    main()
