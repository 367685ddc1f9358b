"""Marks for made-up posts, in place of the intake's own: the seam until it fills them, and no more than stories need.

Whoever switches to the real marks makes `marked` give back its mention, or takes this file away: a mention that has
marks already keeps them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

import msgspec

from detectors.intake import Intake, RawRecord, Taken, decode_post
from detectors.model import MINUTE_MS, Brand, Marks, Mention, Post, Sentiment, Watch, to_ms
from detectors.text.copies import is_repost, prints

__all__ = ["MarkingIntake", "marked"]

_YOUNG = timedelta(days=30)
_SUBJECTS = {
    "operations": "down|outage|delay|delayed|cancelled|terminals?|log ?in|panne|retard",
    "product": "recall|broken|leaks?|burns?|mould|rappel|battery",
    "conduct": "rude|dragged|threw|insulted|racist|honte|shame|lied",
    "advertising": "ad|advert|commercial|campaign|billboard|pub",
}


def marked(post: Post, mention: Mention, brand: Brand) -> Mention:
    """The mention of this post with what it has to do with a story."""
    if mention.marks is not None:
        return mention
    text = post.text.lower()
    own = {account.lower() for accounts in brand.official_accounts.values() for account in accounts}
    own |= {term.lstrip("@#").lower() for term in brand.match.any}
    handles = [handle.lower() for handle in re.findall(r"@(\w+)", post.text)]
    answered = [name.lower() for name in (post.reply_to_author, post.quoted_author) if name]
    named = dict.fromkeys([*handles, *answered])
    author = (post.author or "").lower()
    look = next((account for account in sorted(own) if author != account and author.startswith(account)), None)
    negative, repost = mention.sentiment is Sentiment.NEGATIVE, is_repost(post)
    marks = Marks(
        prints=prints(post.text) if negative else (),
        accounts=tuple(name for name in named if name not in own),
        links=tuple(dict.fromkeys(re.findall(r"https?://(\S+)", text))),
        own_hashtags=tuple(tag for tag in dict.fromkeys(re.findall(r"#\w+", text)) if brand.id in tag),
        rivals=tuple(rival for rival in brand.competitors if rival in text),
        subjects=tuple(name for name, words in _SUBJECTS.items() if re.search(rf"\b({words})\b", text)),
        reply_to=post.reply_to,
        addressed=bool(own & named.keys()),
        official=_official(post, brand),
        looks_like=look if len(author) > 0 and not _official(post, brand) else None,
        young=post.author_since is not None and post.created_at - post.author_since < _YOUNG,
        ironic="/s" in post.text,
    )
    if marks == Marks():
        return mention
    told = {"author": post.author, "id": post.id, "text": post.text} if marks.looks_like else {}
    return msgspec.structs.replace(mention, marks=marks, is_repost=repost, **told)


def _official(post: Post, brand: Brand) -> bool:
    return post.author in brand.official_accounts.get(post.source, ())


class MarkingIntake(Intake):
    """The intake, and marks for what it finds; official posts are mentions that are marked so."""

    def __init__(self, watch: Watch, negativity: object) -> None:
        super().__init__(watch, negativity)  # type: ignore[arg-type]
        self._watch = {brand.id: brand for brand in watch.brands}

    def take(self, partition: int, records: Sequence[RawRecord]) -> Taken:
        taken = super().take(partition, records)
        rejected = {one.record.offset for one in taken.rejected}
        posts = {record.offset: decode_post(record.value) for record in records if record.offset not in rejected}
        for name, brand in self._watch.items():
            mentions = taken.mentions.get(name, [])
            there = {mention.offset for mention in mentions}
            mentions += [
                _said(post, offset) for offset, post in posts.items() if offset not in there and _official(post, brand)
            ]
            if mentions:
                mentions.sort(key=lambda mention: mention.offset)
                taken.mentions[name] = [marked(posts[mention.offset], mention, brand) for mention in mentions]
        return taken


def _said(post: Post, offset: int) -> Mention:
    """A post of an official account: it moves no time."""
    at_ms = to_ms(post.created_at)
    return Mention(offset, at_ms, at_ms - MINUTE_MS, hash(post.id) & 2**63 - 1, post.source, Sentiment.UNKNOWN)
