"""Ways to people. To add one: a file in this folder; the contract tests run over all of them."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.model import Team
from streams.notifiers.apprise import AppriseNotifier
from streams.notifiers.base import Notifier
from streams.notifiers.log import LogNotifier

__all__ = ["AppriseNotifier", "LogNotifier", "Notifier", "notifiers_for"]


def notifiers_for(teams: Iterable[Team]) -> list[Notifier]:
    """The log, and each channel of each team, named team/1, team/2 ..."""
    channels: list[Notifier] = [LogNotifier()]
    for team in teams:
        channels += [AppriseNotifier(f"{team.id}/{number}", url) for number, url in enumerate(team.notify, 1)]
    return channels
