"""A company's own playbook: Markdown pages that take the place of ours."""

from __future__ import annotations

from pathlib import Path

from detectors.alerting.playbook import LANGUAGES, PAGES, Playbook, page_steps, shipped_playbook
from detectors.errors import InputError, Unavailable

__all__ = ["load_playbook"]


def load_playbook(directory: Path | None) -> Playbook:
    """Ours, with the pages `directory`/LANG/NAME.md in place of those of the same name.

    Raises:
        Unavailable: there is no such directory, or a page cannot be read.
        InputError: with every file that is no page, or has no step in it.
    """
    playbook = shipped_playbook()
    if directory is None:
        return playbook
    if not directory.is_dir():
        raise Unavailable(f"{directory}: no such directory; expected one with pages such as en/rally.md")
    own: dict[tuple[str, str], list[str]] = {}
    problems: list[str] = []
    for path in sorted(directory.rglob("*.md")):
        lang, name = path.parent.name, path.stem
        if path.parent.parent != directory or lang not in LANGUAGES or name not in PAGES:
            problems.append(f"{path}: no page; expected {' or '.join(LANGUAGES)} / one of {', '.join(PAGES)} .md")
            continue
        try:
            own[lang, name] = page_steps(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise Unavailable(f"{path}: cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            problems.append(f"{path}: byte {error.start + 1} is no UTF-8")
            continue
        if not own[lang, name]:
            problems.append(f"{path}: no step; expected lines that begin with '- '")
    if not own and not problems:
        problems.append(f"{directory}: no pages; expected files such as en/rally.md")
    if problems:
        raise InputError("\n  ".join([f"playbook: {len(problems)} problems", *problems]))
    return playbook.with_own(own)
