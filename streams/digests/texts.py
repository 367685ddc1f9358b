"""A digest as plain text."""

from __future__ import annotations

from collections.abc import Iterator

from streams.digests.pages import Grid, Page, Section
from streams.digests.wording import WORDS

__all__ = ["as_text"]


def as_text(page: Page) -> str:
    """The page as lines, without one at the end that is empty."""
    return "\n".join(_lines(page)) + "\n"


def _lines(page: Page) -> Iterator[str]:
    yield page.headline
    if page.lead:
        yield page.lead
    for section in page.sections:
        yield ""
        yield from _section(section, page)
    if page.volumes is not None and page.volumes.rows:
        yield ""
        yield page.volumes.title
        yield from _grid(page.volumes)
    if page.notes:
        yield ""
        yield from page.notes
    if page.small:
        yield ""
        yield page.small


def _section(section: Section, page: Page) -> Iterator[str]:
    yield section.title
    if section.lead:
        yield f"  {section.lead}"
    for story in section.stories:
        yours = f", {story.yours}" if story.yours else ""
        yield f"  - {story.title} [{story.badge}{yours}]"
        yield f"    {story.status}"
        yield f"    {story.where}"
    if section.more:
        yield f"  {section.more}"
    for name, text in section.facts:
        yield f"  {name}{WORDS[page.lang]['colon']}{text}"
    for grid in section.grids:
        yield f"  {grid.title}"
        yield from (f"  {line}" for line in _grid(grid))


def _grid(grid: Grid) -> Iterator[str]:
    names = [column.removeprefix(">") for column in grid.columns]
    widths = [max(map(len, cells)) for cells in zip(names, *grid.rows, strict=True)]
    for row in [names, *grid.rows]:
        cells = (
            cell.rjust(width) if column.startswith(">") else cell.ljust(width)
            for cell, width, column in zip(row, widths, grid.columns, strict=True)
        )
        yield f"  {'  '.join(cells).rstrip()}"
    if grid.more:
        yield f"  {grid.more}"
