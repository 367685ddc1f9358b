"""What a bench has found, as data: the JSON that `--json` writes."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Self

import msgspec

__all__ = [
    "BenchResult",
    "ClosingCost",
    "DetectorCost",
    "Latency",
    "Machine",
    "MatchingCost",
    "MixSpeed",
    "PeerResult",
    "StepCost",
    "StreamRun",
    "median",
]

_PACKAGES = ("badbuzz", "faust-streaming", "aiokafka", "msgspec", "numpy")


class Machine(msgspec.Struct, frozen=True):
    """Where it was measured."""

    cpu: str
    cores: int
    system: str
    python: str
    packages: dict[str, str]
    broker: str

    @classmethod
    def here(cls, broker: str) -> Self:
        """The machine we run on."""
        return cls(
            cpu=_cpu(),
            cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
            system=f"{platform.system()} {platform.release()} {platform.machine()}",
            python=platform.python_version(),
            packages={name: version(name) for name in _PACKAGES},
            broker=broker,
        )


class MatchingCost(msgspec.Struct, frozen=True):
    """`posts_per_s` of CPU time in posts that name none of the brands; `memory_mb` of the brands and the finder."""

    brands: int
    terms: int
    posts_per_s: float
    memory_mb: float


class StepCost(msgspec.Struct, frozen=True):
    """Microseconds of CPU that a step of the in-memory run takes, for each post of the whole mix."""

    step: str
    us_per_post: float
    what: str


class MixSpeed(msgspec.Struct, frozen=True):
    """The in-memory run over posts of one kind, on one core; the median of three."""

    what: str
    posts_per_s: float


class StreamRun(msgspec.Struct, frozen=True):
    """One worker over all posts: from the first post taken to the last mention counted."""

    posts_per_s: float
    peak_memory_mb: float | None
    counts_equal: bool
    differences: list[str]


class Latency(msgspec.Struct, frozen=True):
    """From publishing the post that set an alert off until the alert can be read, in milliseconds.

    `alerts` of `waves` brands alerted; `ordinary_per_s` posts a second went through beside the waves.
    """

    waves: int
    alerts: int
    ordinary_per_s: float
    p50_ms: float | None
    p99_ms: float | None
    max_ms: float | None


class PeerResult(msgspec.Struct, frozen=True):
    """Plain Faust over the same posts. `ratio` is our stream's speed by its; `check` says what its counts were."""

    name: str
    posts_per_s: float
    ratio: float
    counts_right: bool
    check: str


class DetectorCost(msgspec.Struct, frozen=True):
    """What one detector costs on one core, scoring and learning a minute being one update.

    Quiet is a brand with three negative mentions an hour, busy one with five a minute; `state_bytes` is the larger
    of their snapshots after two weeks.
    """

    detector: str
    quiet_per_s: float
    busy_per_s: float
    state_bytes: int


class ClosingCost(msgspec.Struct, frozen=True):
    """CPU seconds on one core to close a minute of so many brands, of which nearly all were not mentioned in it.

    `brands` were measured, `per_100k_s` is that scaled to 100,000; `state_bytes` is the snapshot of one brand.
    """

    brands: int
    seconds: float
    per_100k_s: float
    state_bytes: int


class BenchResult(msgspec.Struct, frozen=True, kw_only=True):
    """All of one `badbuzz bench`; rates are medians over the repetitions, which stand beside them."""

    machine: Machine
    posts: int
    mentions: int
    negative: int
    brands: int
    partitions: int
    memory_posts_per_s: float
    memory_runs: list[float]
    stream_posts_per_s: float
    stream_runs: list[StreamRun]
    ratio: float
    peak_memory_mb: float | None
    mixes: list[MixSpeed]
    matching: MatchingCost
    steps: list[StepCost]
    latency: Latency | None
    detectors: list[DetectorCost]
    closing: ClosingCost
    peers: list[PeerResult] = []

    @property
    def problems(self) -> list[str]:
        """Where a result cannot be trusted: counts that differ, waves without an alert."""
        found = [difference for run in self.stream_runs for difference in run.differences]
        found += [f"{peer.name}: {peer.check}" for peer in self.peers if not peer.counts_right]
        if self.latency is not None and self.latency.alerts < self.latency.waves:
            found.append(f"{self.latency.waves - self.latency.alerts} of {self.latency.waves} waves set off no alert")
        return found


def median(values: Sequence[float]) -> float:
    """The median, to a tenth."""
    return round(statistics.median(values), 1)


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
