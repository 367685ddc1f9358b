"""Where posts point: the pages, pictures and videos in a text, each under one name however it was shared."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["MAX_LINKS", "canonical", "links"]

MAX_LINKS: Final = 3
MAX_CHARS: Final = 200
_READ_CHARS: Final = 2_000

_LINK: Final = re.compile(r"[hH][tT][tT][pP][sS]?://([^\s<>\"\u00ab\u00bb\u201c\u201d]+)")
_AFTER: Final = ".,;:!?'\u2019*_~)]}\u3002\uff0c"
_HOST: Final = re.compile(r"[^\s./@:]+(?:\.[^\s./@:]+)+")
_TRACKING: Final = re.compile(
    r"(?:utm_\w*|at_\w*|ns_\w*|mc_[ce]id|_hs\w+|fbclid|gclid|gbraid|wbraid|dclid|yclid|twclid|ttclid|msclkid|li_fat_id"
    r"|igshid|igsh|sfnsn|mibextid|xtor|cmpid|ocid|smid|guccounter|__twitter_impression|ref_src|ref_url|feature|si|_r|_t"
    r"|is_from_webapp|sender_device|share_id)(?:=|$)",
    re.IGNORECASE,
)
_MOBILE: Final = ("www.", "m.", "mobile.")
_SAME_HOST: Final = {"twitter.com": "x.com", "youtube-nocookie.com": "youtube.com", "music.youtube.com": "youtube.com"}
_VIDEO: Final = re.compile(r"/(?:watch|shorts|live|embed|v)(?:/([\w-]+))?")
_STATUS: Final = re.compile(r"/\w+/status/\d+")


def links(text: str) -> tuple[str, ...]:
    """The first 3 different links of a text, `canonical`; those that were cut off ("https://t.co/abc…") are none.

    Only http and https, in the first 2,000 characters. A short link (t.co, bit.ly) stays what it is: where it leads
    is not known here. Linear; 2 to 3 us a link.

    >>> links("Watch https://youtu.be/dQw4w9?si=x (or http://www.youtube.com/watch?v=dQw4w9&t=4)!")
    ('youtu.be/dQw4w9',)
    """
    found: dict[str, None] = {}
    cut = len(text) > _READ_CHARS
    for match in _LINK.finditer(text[:_READ_CHARS]):
        link = match[1]
        if "\u2026" in link or link.endswith("...") or (cut and match.end() == _READ_CHARS):
            continue
        if (name := canonical(link)) is not None:
            found[name] = None
            if len(found) == MAX_LINKS:
                break
    return tuple(found)


def canonical(link: str) -> str | None:
    r"""One name for a page however it is linked; None where this is no link. At most 200 characters.

    Without scheme, "www.", "m.", user and standard port; the host in small letters; without a fragment and the
    parameters that only track who shared it, the others sorted; without what a sentence puts behind it. A video on
    YouTube is "youtu.be/ID" in all its forms, a post on Twitter one on x.com. Any text; half an emoji becomes "?".

    >>> canonical("https://www.Acme.com/News/?utm_source=x&id=7&fbclid=abc#top")
    'acme.com/News?id=7'
    >>> canonical("https://m.youtube.com/watch?list=a&v=dQw4w9"), canonical("youtube.com/shorts/dQw4w9")
    ('youtu.be/dQw4w9', 'youtu.be/dQw4w9')
    >>> canonical("twitter.com/ann/status/1234/photo/1?s=20"), canonical("http://localhost")
    ('x.com/ann/status/1234', None)
    """
    link = link.removeprefix("https://").removeprefix("http://").partition("#")[0]
    if link.endswith(")") and "(" in link:
        link = link.rstrip(_AFTER.replace(")", ""))
    else:
        link = link.rstrip(_AFTER)
    address, _, query = link.partition("?")
    host, _, path = address.partition("/")
    host = host.rpartition("@")[2].lower().removesuffix(":443").removesuffix(":80").rstrip(".")
    for prefix in _MOBILE:
        if host.startswith(prefix) and host.count(".") > 1:
            host = host[len(prefix) :]
            break
    host = _SAME_HOST.get(host, host)
    if not _HOST.fullmatch(host.partition(":")[0]):
        return None
    path = "/" + path.strip("/") if path.strip("/") else ""
    parameters = [one for one in query.split("&") if one and not _TRACKING.match(one)] if query else []
    if host == "youtube.com" and (video := _VIDEO.match(path)):
        shown = video[1] or next((one[2:] for one in parameters if one.startswith("v=")), "")
        if shown:
            return _bounded(f"youtu.be/{shown}")
    elif host == "youtu.be":
        parameters = []
    elif host == "x.com" and (status := _STATUS.match(path)):
        return _bounded(host + status[0])
    return _bounded(f"{host}{path}?{'&'.join(sorted(parameters))}" if parameters else host + path)


def _bounded(name: str) -> str:
    name = name[:MAX_CHARS]
    return name if name.isascii() else name.encode("utf-8", "replace").decode("utf-8")
