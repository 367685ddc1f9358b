"""What to do about an incident: steps that can be ticked, from its kinds and its severity.

Pages of Markdown, one a kind of story, beside this file (`pages/LANG/KIND.md`); a company replaces them by its own. A
step is a line that begins with "- ". Nothing is ever posted for anyone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from detectors.model import Incident, Severity, StoryKind

__all__ = ["GENERAL", "LANGUAGES", "PAGES", "SERIOUS", "Playbook", "Step", "page_steps", "shipped_playbook"]

GENERAL: Final = "general"
"""The page of every incident, after those of its kinds."""
SERIOUS: Final = "serious"
"""The page of those that are high or critical."""
PAGES: Final = (*StoryKind, SERIOUS, GENERAL)
"""The names that a page can have."""
LANGUAGES: Final = ("en", "fr")
KINDS_SHOWN: Final = 2
"""Pages of more kinds are not opened: nobody follows ten."""

_STEP: Final = re.compile(r"^- +(?:\[[ xX]?\] +)?(.+)$")


class Step(NamedTuple):
    """Something to do. `id` names it whatever the language: "rally-2" is the second step of that page."""

    id: str
    text: str


class Playbook:
    """Pages of steps by language and name. What a language lacks is taken from English.

    >>> playbook = shipped_playbook()
    >>> [step.id for step in playbook.steps([StoryKind.RALLY], Severity.HIGH, "fr")][:6]
    ['rally-1', 'rally-2', 'rally-3', 'rally-4', 'serious-1', 'serious-2']
    >>> playbook.steps([], Severity.LOW, "en")[2].text
    'Do not delete or hide comments: what was deleted comes back larger.'
    """

    def __init__(self, pages: Mapping[tuple[str, str], Iterable[str]]) -> None:
        self._pages = {key: tuple(steps) for key, steps in pages.items()}

    def steps(self, kinds: Iterable[StoryKind], severity: Severity, lang: str) -> list[Step]:
        """What to do, in this order: the pages of the plainest kinds, that of what is serious, the general one."""
        names: list[str] = [*list(dict.fromkeys(kinds))[:KINDS_SHOWN]]
        if severity.at_least(Severity.HIGH):
            names.append(SERIOUS)
        names.append(GENERAL)
        return [
            Step(f"{name}-{number}", text) for name in names for number, text in enumerate(self._page(name, lang), 1)
        ]

    def steps_for(self, incident: Incident, lang: str) -> list[Step]:
        """What to do about an incident (see `steps`)."""
        return self.steps([story.kind for story in incident.why.stories], incident.severity, lang)

    def with_own(self, pages: Mapping[tuple[str, str], Iterable[str]]) -> Playbook:
        """The same with a company's own pages in place of ours."""
        return Playbook({**self._pages, **pages})

    def _page(self, name: str, lang: str) -> tuple[str, ...]:
        return self._pages.get((lang, name)) or self._pages.get(("en", name), ())


def page_steps(markdown: str) -> list[str]:
    r"""The steps of a page: its lines that begin with "- ", a box to tick or not.

    >>> page_steps("# Title\n\n- Call them.\n- [ ] Then write.\nNot a step.")
    ['Call them.', 'Then write.']
    """
    return [match[1].strip() for line in markdown.splitlines() if (match := _STEP.match(line))]


@cache
def shipped_playbook() -> Playbook:
    """Ours, in English and French."""
    root = files("detectors.alerting").joinpath("pages")
    return Playbook(
        {
            (lang, name): page_steps(root.joinpath(lang, f"{name}.md").read_text(encoding="utf-8"))
            for lang in LANGUAGES
            for name in PAGES
        }
    )
