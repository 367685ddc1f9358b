"""The kinds of events. To add one: a function as `Event` says, and a line here."""

from __future__ import annotations

from typing import Final

from detectors.simulation.events.base import Event, Happening
from detectors.simulation.events.brigade import brigade
from detectors.simulation.events.cascade import cascade
from detectors.simulation.events.copy_paste import copy_paste
from detectors.simulation.events.hashtag_hijack import hashtag_hijack
from detectors.simulation.events.traps import clock_change, contest, outage, quarrel

__all__ = ["EVENTS", "Event", "Happening"]

EVENTS: Final[dict[str, Event]] = {
    "cascade": cascade,
    "brigade": brigade,
    "copy-paste": copy_paste,
    "hashtag-hijack": hashtag_hijack,
    "quarrel": quarrel,
    "contest": contest,
    "outage": outage,
    "clock-change": clock_change,
}
"""What can happen to a brand: four kinds of crises, four of traps."""
