"""Complaints to the brand and the answers of its accounts: who waits, and for how long people usually wait."""

from __future__ import annotations

import hashlib
import math
import zlib
from itertools import islice
from typing import Final, NamedTuple

import msgspec

from detectors.model import MINUTE_MS, Mention

__all__ = ["KEPT_COMPLAINTS", "LEAST_ANSWERS", "REMEMBERED_MS", "UNKNOWN_LIMIT_MS", "Answered", "Desk", "Waiting"]

KEPT_COMPLAINTS: Final = 512
REMEMBERED_MS: Final = 24 * 60 * MINUTE_MS
"""Who was not answered within a day is not waiting any more."""
LEAST_ANSWERS: Final = 20
"""As long as fewer are known, nobody knows what is usual."""
UNKNOWN_LIMIT_MS: Final = 60 * MINUTE_MS
"""Until then, an hour is long: what two in five expect who complain to a company on a social network (Edison
Research, "The Social Habit", 2012)."""
_LEAST_LIMIT_MS: Final = 10 * MINUTE_MS
_ANSWER_KEEPS: Final = 0.995
"""The usual time remembers some 200 answers."""
_HALVED_MS: Final = 14 * 1440 * MINUTE_MS
_EARLY_ANSWERS: Final = 64


class Complaint(msgspec.Struct, array_like=True, gc=False):
    """One complaint: when it was written, by whom (a hash, 0 for nobody), when it was answered (0: not yet).

    `judged` says that it was counted in what is usual, `topic` what it is about ("" without), `story` the incident
    that was open of that.
    """

    at_ms: int
    author: int
    answered_ms: int = 0
    judged: bool = False
    topic: str = ""
    story: str = ""


class Answered(NamedTuple):
    """A complaint that was answered: when it was written, how long that took, and whether it was the first answer."""

    complaint_ms: int
    took_ms: int
    topic: str
    story: str
    first: bool


class Waiting(msgspec.Struct, frozen=True):
    """Of `due` complaints that should have had an answer, `overdue` have none; the longest waits `longest_ms`."""

    overdue: int = 0
    due: int = 0
    longest_ms: int = 0
    usual_ms: int = UNKNOWN_LIMIT_MS


class Desk(msgspec.Struct, omit_defaults=True):
    """The complaints of the last day that speak to the brand, 512 at most, and how the brand usually answers.

    A complaint is answered by a post of an official account in reply to it, or to another complaint of its author.
    It is overdue when it waits longer than is usual: longer than about five in six answers took (`limit_ms`). What is
    usual is learned where no wave is on: how long answers took, and how many complaints became overdue,
    halved every fortnight. Where no official account was ever heard, it may answer where nobody listens: then
    nothing is overdue.

    `complaints` are by a hash of source and id, `early` are answers that came before what they answer.
    """

    complaints: dict[int, Complaint] = {}
    early: dict[int, int] = {}
    heard: bool = False
    newest_ms: int = 0
    answers: float = 0.0
    log_sum: float = 0.0
    log_squares: float = 0.0
    usual_due: int = 0
    usual_overdue: int = 0
    fortnight: int = 0

    @property
    def usual_ms(self) -> int:
        """How long an answer usually takes: half of them came sooner, if their logarithms are normal."""
        if self.answers < LEAST_ANSWERS:
            return UNKNOWN_LIMIT_MS
        return round(math.exp(self.log_sum / self.answers))

    @property
    def limit_ms(self) -> int:
        """What waits longer is overdue: one standard deviation above the usual, 10 minutes at least."""
        if self.answers < LEAST_ANSWERS:
            return UNKNOWN_LIMIT_MS
        mean = self.log_sum / self.answers
        variance = max(0.0, self.log_squares / self.answers - mean * mean)
        limit_ms = round(math.exp(mean + math.sqrt(variance)))
        return min(max(limit_ms, _LEAST_LIMIT_MS), REMEMBERED_MS)

    def complain(self, mention: Mention, *, story: str = "") -> None:
        """A complaint that speaks to the brand and has an id, and the incident that it is of. About 2 us."""
        assert mention.id is not None
        author = zlib.crc32(f"{mention.source} {mention.author}".encode("utf-8", "surrogatepass"))
        key = _key(mention.source, mention.id)
        topic = mention.topics[0] if mention.topics else ""
        complaint = Complaint(mention.event_ms, author if mention.author is not None else 0, topic=topic, story=story)
        complaint.answered_ms = max(self.early.pop(key, 0), 0)
        self.complaints[key] = complaint
        if len(self.complaints) >= KEPT_COMPLAINTS + KEPT_COMPLAINTS // 8:
            self.complaints = dict(islice(self.complaints.items(), len(self.complaints) - KEPT_COMPLAINTS, None))

    def hear(self, mention: Mention, *, learn: bool) -> Answered | None:
        """A post of an official account; from its time to answer is learned only if `learn`.

        What it answers; None if that is nothing that is known.
        """
        self.heard = True
        replied = mention.marks.reply_to if mention.marks is not None else None
        if replied is None:
            return None
        key, at_ms = _key(mention.source, replied), mention.event_ms
        answered = self.complaints.get(key)
        if answered is None:
            self.early[key] = at_ms
            if len(self.early) > _EARLY_ANSWERS:
                del self.early[next(iter(self.early))]
            return None
        first = not answered.answered_ms
        if learn and first:
            self._learn(at_ms - answered.at_ms)
        same = [answered]
        if answered.author:
            same += (other for other in self.complaints.values() if other.author == answered.author)
        for complaint in same:
            if not complaint.answered_ms and (complaint is answered or complaint.at_ms <= at_ms):
                complaint.answered_ms = at_ms
        return Answered(answered.at_ms, max(0, at_ms - answered.at_ms), answered.topic, answered.story, first)

    def _learn(self, took_ms: int) -> None:
        log = math.log(max(took_ms, 1000))
        self.answers = self.answers * _ANSWER_KEEPS + 1.0
        self.log_sum = self.log_sum * _ANSWER_KEEPS + log
        self.log_squares = self.log_squares * _ANSWER_KEEPS + log * log

    def close(self, now_ms: int, *, learn: bool) -> None:
        """An hour is over: those that became due are counted as usual, if `learn`; the oldest are forgotten."""
        fortnight = now_ms // _HALVED_MS
        for _ in range(min(fortnight - self.fortnight, 64) if self.usual_due else 0):
            self.usual_due, self.usual_overdue = self.usual_due // 2, self.usual_overdue // 2
        self.fortnight = fortnight
        due_before_ms = now_ms - self.limit_ms
        for complaint in self.complaints.values():
            if not complaint.judged and complaint.at_ms <= due_before_ms:
                complaint.judged = True
                if learn and self.heard:
                    self.usual_due += 1
                    self.usual_overdue += not complaint.answered_ms
        oldest_ms = now_ms - REMEMBERED_MS
        self.complaints = {key: one for key, one in self.complaints.items() if one.at_ms >= oldest_ms}
        self.early = {key: at_ms for key, at_ms in self.early.items() if at_ms >= oldest_ms}

    def waiting(self, since_ms: int, now_ms: int) -> Waiting | None:
        """Who waits of those that should have been answered between these times; None where nobody could know.

        Nobody knows of answers where nothing at all was heard since: what the brand's sources said last is `newest_ms`.
        """
        if not self.heard:
            return None
        now_ms = min(now_ms, self.newest_ms or now_ms)
        limit_ms = self.limit_ms
        due = [one for one in self.complaints.values() if since_ms <= one.at_ms + limit_ms <= now_ms]
        overdue = [one for one in due if not one.answered_ms]
        longest_ms = now_ms - min((one.at_ms for one in overdue), default=now_ms)
        return Waiting(len(overdue), len(due), longest_ms, self.usual_ms)

    def usual(self) -> Waiting:
        """How many complaints are usually overdue."""
        return Waiting(self.usual_overdue, self.usual_due, 0, self.usual_ms)

    def forget_complaints(self) -> None:
        """Keep the habits only."""
        self.complaints, self.early = {}, {}


def _key(source: str, id: str) -> int:
    name = f"{source}\0{id}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest())
