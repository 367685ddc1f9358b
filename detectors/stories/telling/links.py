"""What a link points at, as far as its address says: never shown whole."""

from __future__ import annotations

import re
from typing import Final

import msgspec

__all__ = ["Link", "link"]

HOST_CHARS: Final = 30


class Link(msgspec.Struct, frozen=True):
    """The thing at the end of a link in both languages, and its host where that says something."""

    en: str
    fr: str
    feminine: bool = False
    host: str | None = None


_VIDEO: Final = Link("a video", "une vidéo", feminine=True)
_PICTURE: Final = Link("a picture", "une photo", feminine=True)
_POST: Final = Link("a post", "un message")
_PETITION: Final = Link("a petition", "une pétition", feminine=True)
_ARTICLE: Final = Link("an article", "un article")
_PAGE: Final = Link("a page", "une page", feminine=True)
_LINK: Final = Link("a link", "un lien")

_HOSTS: Final = {
    **dict.fromkeys(["youtube.com", "youtu.be", "tiktok.com", "vimeo.com", "dailymotion.com", "twitch.tv"], _VIDEO),
    **dict.fromkeys(["imgur.com", "flickr.com", "pinterest.com", "pic.twitter.com"], _PICTURE),
    **dict.fromkeys(["twitter.com", "x.com", "facebook.com", "instagram.com", "threads.net", "threads.com"], _POST),
    **dict.fromkeys(["reddit.com", "linkedin.com", "bsky.app", "tumblr.com", "medium.com"], _POST),
    **dict.fromkeys(["change.org", "avaaz.org", "mesopinions.com"], _PETITION),
    **dict.fromkeys(
        ["t.co", "bit.ly", "goo.gl", "tinyurl.com", "ow.ly", "buff.ly", "dlvr.it", "fb.me", "ift.tt"], _LINK
    ),
}
_ADDRESS: Final = re.compile(
    r"(?:[a-z][a-z0-9+.-]{0,9}://)?(?:[^/?#@]*@)?([a-z0-9.-]+)(?::\d+)?(?:[/?#](.*))?", re.DOTALL
)
_HOST: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}")
_PREFIXES: Final = ("www.", "m.", "mobile.", "vm.", "fr.", "en.")
_STORY: Final = re.compile(r"(?:^|/)(?:20\d\d/|[^/?]*[a-z]-[^/?]*-[^/?]*-)|article|/news/|/actu")


def link(address: str) -> Link:
    """What is at this address, by its host and path, in any writing of it.

    >>> [link(url).en for url in ("https://www.YouTube.com/watch?v=1", "x.com/a/status/1/video/1", "http://t.co/a")]
    ['a video', 'a video', 'a link']
    >>> link("https://news.example/2026/03/02/acme-drags-a-man-off")
    Link(en='an article', fr='un article', feminine=False, host='news.example')
    """
    found = _ADDRESS.fullmatch(address.strip().lower())
    host, path = (found[1], found[2] or "") if found else ("", "")
    for prefix in _PREFIXES:
        host = host.removeprefix(prefix)
    if len(host) > HOST_CHARS or not _HOST.fullmatch(host) or host.startswith("xn--") or ".xn--" in host:
        return _LINK
    thing = _HOSTS.get(host)
    if thing is None or thing is _POST:
        thing = _by_path(path) or thing or _PAGE
    return thing if thing is _LINK else msgspec.structs.replace(thing, host=host)


def _by_path(path: str) -> Link | None:
    if re.search(r"\.(?:mp4|mov|webm)\b|(?:^|/)(?:videos?|reel|reels|watch)/", path):
        return _VIDEO
    if re.search(r"\.(?:jpe?g|png|gif|webp)\b|(?:^|/)photos?/", path):
        return _PICTURE
    return _ARTICLE if _STORY.search(path) else None
