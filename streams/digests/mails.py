"""A digest as HTML for mail clients: tables and styles in line, nothing fetched, nothing run.

Every text passes `safe`: names and titles hold strangers' words.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Final

from detectors.model import Severity
from streams.digests.pages import Grid, Page, Section, Story
from streams.markup import safe

__all__ = ["as_html"]

_INK: Final = "#1b1f24"
_SOFT: Final = "#57606a"
_RULE: Final = "#d0d7de"
_EDGES: Final = {"calm": "#1a7f37", "unsure": "#bf8700", "busy": "#a40e26"}
_BADGES: Final = {
    Severity.LOW: ("#eaeef2", "#424a53"),
    Severity.MEDIUM: ("#fff3c4", "#6b4e00"),
    Severity.HIGH: ("#ffe2d1", "#8f3500"),
    Severity.CRITICAL: ("#a40e26", "#ffffff"),
}
"""Behind and before; the words say it too."""


def as_html(page: Page) -> str:
    """The whole page, in UTF-8."""
    return _PAGE.format(lang=page.lang, title=html.escape(page.title), body="\n".join(_parts(page)))


def _parts(page: Page) -> Iterator[str]:
    yield (
        f'<h1 style="margin:0;padding-left:12px;border-left:4px solid {_EDGES[page.mood]};'
        f'font-size:20px;line-height:1.35">'
        f"{safe(page.headline)}</h1>"
    )
    if page.lead:
        yield f'<p style="margin:10px 0 0 16px">{safe(page.lead)}</p>'
    for section in page.sections:
        yield from _section(section)
    if page.volumes is not None and page.volumes.rows:
        yield _title(page.volumes.title)
        yield from _grid(page.volumes)
    if page.notes:
        yield f'<div style="margin-top:28px;padding-top:8px;border-top:1px solid {_RULE}">'
        yield from (f'<p style="margin:8px 0">{safe(note)}</p>' for note in page.notes)
        yield "</div>"
    if page.small:
        yield f'<p style="margin:16px 0 0;font-size:12px;color:{_SOFT}">{safe(page.small)}</p>'


def _title(text: str) -> str:
    return f'<h2 style="margin:28px 0 6px;font-size:17px">{safe(text)}</h2>'


def _section(section: Section) -> Iterator[str]:
    yield _title(section.title)
    if section.lead:
        yield f'<p style="margin:0 0 8px">{safe(section.lead)}</p>'
    for story in section.stories:
        yield _story(story)
    if section.more:
        yield f'<p style="margin:8px 0;color:{_SOFT}">{safe(section.more)}</p>'
    if section.facts:
        yield '<table role="presentation" cellspacing="0" cellpadding="0" style="margin:10px 0">'
        for name, text in section.facts:
            yield (
                f'<tr valign="top"><td width="110" style="padding:2px 12px 2px 0;color:{_SOFT};white-space:nowrap">'
                f"{safe(name)}</td>"
                f'<td style="padding:2px 0">{safe(text)}</td></tr>'
            )
        yield "</table>"
    for grid in section.grids:
        yield f'<p style="margin:14px 0 2px;font-weight:600">{safe(grid.title)}</p>'
        yield from _grid(grid)


def _story(story: Story) -> str:
    back, front = _BADGES[story.severity]
    edge = back if story.severity is Severity.CRITICAL else front
    badge = f"background:{back};color:{front};padding:1px 7px;border-radius:9px;font-size:12px;white-space:nowrap"
    yours = f' <strong style="font-size:12px;white-space:nowrap">{safe(story.yours)}</strong>' if story.yours else ""
    if story.link is None:
        seen = f'<code style="font-size:12px">{safe(story.where)}</code>'
    else:
        seen = f'<a href="{html.escape(story.link)}" style="color:#0550ae">{safe(story.link)}</a>'
    return (
        f'<div style="margin:8px 0;padding:8px 12px;background:#f6f8fa;border-left:3px solid {edge}">'
        f'<strong>{safe(story.title)}</strong> <span style="{badge}">{safe(story.badge)}</span>{yours}'
        f'<br><span style="color:{_SOFT}">{safe(story.status)}</span><br>{seen}</div>'
    )


def _grid(grid: Grid) -> Iterator[str]:
    sides = [' align="right"' if column.startswith(">") else ' align="left"' for column in grid.columns]
    yield (
        '<div style="overflow-x:auto"><table cellspacing="0" cellpadding="4" style="width:100%;'
        "border-collapse:collapse;font-size:13px;"
        f'font-variant-numeric:tabular-nums"><tr valign="bottom" style="color:{_SOFT};border-bottom:1px solid {_RULE}">'
    )
    yield "".join(
        f'<th scope="col"{side} style="font-weight:600">{safe(column.removeprefix(">"))}</th>'
        for column, side in zip(grid.columns, sides, strict=True)
    )
    yield "</tr>"
    for row in grid.rows:
        first, *others = row
        cells = f'<td style="min-width:80px;overflow-wrap:anywhere">{safe(first)}</td>'
        cells += "".join(f"<td{side}>{safe(cell)}</td>" for cell, side in zip(others, sides[1:], strict=True))
        yield f'<tr valign="top" style="border-bottom:1px solid {_RULE}">{cells}</tr>'
    yield "</table></div>"
    if grid.more:
        yield f'<p style="margin:4px 0;font-size:13px;color:{_SOFT}">{safe(grid.more)}</p>'


_PAGE: Final = (
    """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>{title}</title>
</head>
<body style="margin:0;padding:0;background:#eef1f4">
<table role="presentation" width="100%" cellspacing="0" cellpadding="0"
 style="table-layout:fixed;background:#eef1f4"><tr>
<td align="center" style="padding:16px 8px">
<table role="presentation" width="100%" cellspacing="0" cellpadding="0"
 style="table-layout:fixed;max-width:680px;background:#ffffff"><tr>
<td style="padding:24px;text-align:left;font:15px/1.5 system-ui,'Segoe UI',Helvetica,Arial,sans-serif;color:"""
    + _INK
    + """;overflow-wrap:break-word">
{body}
</td></tr></table>
</td></tr></table>
</body>
</html>
"""
)
