"""What others wrote, in HTML of ours."""

from __future__ import annotations

import html

__all__ = ["safe"]


def safe(text: str) -> str:
    """A stranger's text in HTML; what it says of the direction of writing stays inside of it.

    >>> safe("<b>")
    '<bdi>&lt;b&gt;</bdi>'
    """
    return f"<bdi>{html.escape(text)}</bdi>"
