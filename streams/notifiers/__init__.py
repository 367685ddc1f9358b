"""Ways to people. To add one: a file in this folder; the contract tests run over all of them."""

from __future__ import annotations

from detectors.alerting.outbox import Channel
from detectors.alerting.playbook import Playbook
from detectors.model import Person, Team, Watch
from streams.notifiers.apprise import AppriseNotifier
from streams.notifiers.base import Notifier, Recipient
from streams.notifiers.log import LogNotifier
from streams.notifiers.webhook import SCHEMES, WebhookNotifier
from streams.notifiers.wording import Lang

__all__ = ["AppriseNotifier", "LogNotifier", "Notifier", "WebhookNotifier", "channel_of", "notifiers_for"]


def notifiers_for(watch: Watch, playbook: Playbook | None = None, *, console_url: str | None = None) -> list[Notifier]:
    """The log, and each channel: of each team, named team/1, team/2 ..., and of each person, @person/1 ..."""
    channels: list[Notifier] = [LogNotifier()]
    for owner, who in _owners(watch).items():
        lang: Lang = "fr" if who.language == "fr" else "en"
        recipient = Recipient(lang, who.timezone, playbook, console_url)
        for number, url in enumerate(who.notify, 1):
            kind = WebhookNotifier if url.startswith(SCHEMES) else AppriseNotifier
            channels.append(kind(f"{owner}/{number}", url, recipient))
    return channels


def channel_of(notifier: Notifier) -> Channel:
    """What the outbox knows of a notifier: whose it is, and whether it may be told twice."""
    owner, _, number = notifier.id.partition("/")
    return Channel(notifier.id, owner if number else "", notifier.idempotent)


def _owners(watch: Watch) -> dict[str, Team | Person]:
    teams: dict[str, Team | Person] = {team.id: team for team in watch.teams}
    return teams | {f"@{person.id}": person for person in watch.people}
