"""When a team's digest is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from detectors.model import DigestPlan

__all__ = ["Due", "digest_due"]

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPANS: Final = {"day": timedelta(days=1), "week": timedelta(days=7)}
LATE: Final = timedelta(hours=6)
"""A digest that could not be sent by then is not sent: the next one comes."""


class Due(NamedTuple):
    """The newest digest there is by now: from when until when it goes, and whether it is to be `sent`."""

    since: datetime
    until: datetime
    sent: bool


def digest_due(plan: DigestPlan, timezone: str, last: datetime | None, now: datetime) -> Due:
    """The newest digest by now, in the team's time zone; `last` is until when the one before went.

    It is not to be sent twice, nor more than six hours late, nor where `last` is None: the plan is new then, and what
    comes next is the first.

    >>> from datetime import UTC
    >>> plan = DigestPlan(every="day", minute=8 * 60)
    >>> monday = datetime(2026, 3, 2, 9, tzinfo=UTC)
    >>> first = digest_due(plan, "Europe/Paris", None, monday)
    >>> first.until.isoformat(), first.sent
    ('2026-03-02T07:00:00+00:00', False)
    >>> [digest_due(plan, "Europe/Paris", first.until, monday + timedelta(hours=hours)).sent for hours in (1, 23, 29)]
    [False, True, False]
    """
    zone = ZoneInfo(timezone)
    local = now.astimezone(zone)
    at = local.replace(hour=plan.minute // 60, minute=plan.minute % 60, second=0, microsecond=0)
    while at > local or (plan.every == "week" and _DAYS[at.weekday()] != plan.day):
        at -= timedelta(days=1)
    until, since = at.astimezone(UTC), (at - _SPANS[plan.every]).astimezone(UTC)
    return Due(since, until, last is not None and last < until and now - until <= LATE)
