"""Every error badbuzz raises on purpose, named by the reaction it asks for.

BadbuzzError
├── InvalidPost          the record goes to the dead letters, with `reason`
├── InvalidCommand       ... and whoever sent it is answered
├── InputError           a file is refused, with its line
├── ConfigError          badbuzz refuses to start, with every problem and its path
├── StateError           a snapshot cannot be used
├── OffsetGap            records are missing from the log: the worker stops
├── DeliveryError        a message is given up
│   └── RetriableDeliveryError   ... is tried again
└── Unavailable          something outside is not there (broker, file system)
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import timedelta

__all__ = [
    "BadbuzzError",
    "ConfigError",
    "ConfigProblem",
    "DeliveryError",
    "InputError",
    "InvalidCommand",
    "InvalidPost",
    "OffsetGap",
    "Reason",
    "RetriableDeliveryError",
    "StateError",
    "Unavailable",
]


class Reason(enum.StrEnum):
    """Why a record was not used: the dead letter's header and the metric's label."""

    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    NAIVE_DATE = "naive_date"
    BAD_VALUE = "bad_value"
    NULL_RECORD = "null_record"
    INTERNAL = "internal"
    UNDELIVERED = "undelivered"


class BadbuzzError(Exception):
    """The root: whatever badbuzz raises on purpose is one of these."""


class InvalidPost(BadbuzzError):
    """A record that is no Post. `reason` is for machines, the message for people."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class InvalidCommand(BadbuzzError):
    """A record that is no command. `command` is its id, where that could be read."""

    def __init__(self, reason: Reason, message: str, *, command: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.command = command


class InputError(BadbuzzError):
    """A file that cannot be read as what it was given as; the message names the line."""


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One thing wrong with a configuration: where, what, and what was expected."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class ConfigError(BadbuzzError):
    """A configuration that is refused, with every problem found in it."""

    def __init__(self, problems: list[ConfigProblem], *, source: str = "configuration") -> None:
        lines = "\n".join(f"  {problem}" for problem in problems)
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(f"{source}: {count}\n{lines}")
        self.problems = problems


class StateError(BadbuzzError):
    """A snapshot that cannot be loaded: written by a newer badbuzz, or damaged."""


class OffsetGap(BadbuzzError):
    """The log has lost records that the state had not seen yet."""


class DeliveryError(BadbuzzError):
    """A message that cannot be delivered, now or later."""


class RetriableDeliveryError(DeliveryError):
    """A message that could not be delivered now; `retry_after` is the channel's wish.

    `maybe` says that it may have arrived: the channel took it and did not answer in time.
    """

    def __init__(self, message: str, *, retry_after: timedelta | None = None, maybe: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.maybe = maybe


class Unavailable(BadbuzzError):
    """Something outside badbuzz is not there: a broker, a file, a port."""
