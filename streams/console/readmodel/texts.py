"""What of an incident can be searched for."""

from __future__ import annotations

import re
from typing import Final

from detectors.model import Incident

__all__ = ["match_query", "searchable"]

MOST_CHARS: Final = 20_000
"""More of one incident is not searched."""
MOST_WORDS: Final = 12

_WORD: Final = re.compile(r"\w+", re.UNICODE)


def searchable(incident: Incident) -> str:
    """Its titles, names, words and posts, and what people wrote about it, in one text."""
    why = incident.why
    posts = [*why.top_posts, *([why.first_post] if why.first_post is not None else [])]
    parts = [
        *why.titles.values(),
        incident.brand_name,
        incident.brand,
        incident.id,
        incident.owner or "",
        *(entry.text for entry in incident.timeline),
        *(opinion.text for opinion in incident.opinions),
        *(one.kind.replace("-", " ") for one in why.stories),
        *(one.subject or "" for one in why.stories),
        *(word.word for word in why.words),
        *incident.signature,
        *(part.name for part in why.parts.get("hashtag", [])),
        *(part.name for part in why.parts.get("topic", [])),
        *(f"{post.text} {post.author or ''}" for post in posts),
    ]
    return "\n".join(part for part in parts if part)[:MOST_CHARS]


def match_query(text: str) -> str | None:
    """Words that somebody types, as a full-text query: all of them, the last as it begins. None without any.

    >>> match_query('the "leak') , match_query("*-^")
    ('"the" "leak"*', None)
    """
    words = _WORD.findall(text)[:MOST_WORDS]
    if not words:
        return None
    return " ".join(f'"{word}"' for word in words) + "*"
