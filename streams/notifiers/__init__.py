"""Ways to people. To add one: a file in this folder; the contract tests run over all of them."""

from __future__ import annotations

from collections.abc import Sequence

from detectors.alerting.playbook import Playbook
from detectors.alerting.routing import facts_of, route, silence_of
from detectors.model import Incident, Person, Team, Watch
from streams.notifiers.apprise import AppriseNotifier
from streams.notifiers.base import Notifier
from streams.notifiers.log import LogNotifier
from streams.notifiers.webhook import SCHEMES, WebhookNotifier
from streams.notifiers.wording import Lang

__all__ = ["AppriseNotifier", "LogNotifier", "Notifier", "WebhookNotifier", "hears", "is_silenced", "notifiers_for"]


def notifiers_for(watch: Watch, playbook: Playbook | None = None) -> list[Notifier]:
    """The log, and each channel: of each team, named team/1, team/2 ..., and of each person, @person/1 ..."""
    channels: list[Notifier] = [LogNotifier()]
    for owner, who in _owners(watch).items():
        lang: Lang = "fr" if who.language == "fr" else "en"
        for number, url in enumerate(who.notify, 1):
            kind = WebhookNotifier if url.startswith(SCHEMES) else AppriseNotifier
            channels.append(kind(f"{owner}/{number}", url, lang=lang, timezone=who.timezone, playbook=playbook))
    return channels


def hears(watch: Watch, incident: Incident, channels: Sequence[str], had: Sequence[str]) -> set[str]:
    """Which of these channels hear of an incident: those that are nobody's, those of whom it is routed to.

    Who has heard of it (`had`) hears the rest of it, wherever it would go now; while it is silenced, only the log does.
    Escalation has no part in it yet.
    """
    if is_silenced(watch, incident):
        return {channel for channel in channels if channel == LogNotifier.id}
    due = [hearing for hearing in route(watch, facts_of(incident), incident.opened_at) if not hearing.after]
    told = {hearing.team.id for hearing in due} | {f"@{person.id}" for hearing in due for person in hearing.people}
    told |= {channel.partition("/")[0] for channel in had}
    silent = _owners(watch).keys() - told
    return {channel for channel in channels if channel.partition("/")[0] not in silent}


def is_silenced(watch: Watch, incident: Incident) -> bool:
    """Whether this version of an incident falls into a silence."""
    return silence_of(watch, facts_of(incident), incident.updated_at) is not None


def _owners(watch: Watch) -> dict[str, Team | Person]:
    teams: dict[str, Team | Person] = {team.id: team for team in watch.teams}
    return teams | {f"@{person.id}": person for person in watch.people}
