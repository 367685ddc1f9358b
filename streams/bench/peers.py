"""Plain Faust over the posts that the stream has just read: `tests/bench/peers`, so only in a checkout."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from detectors.errors import BadbuzzError, Unavailable
from detectors.model import Watch
from streams.bench.memory import MemoryRun
from streams.bench.results import PeerResult
from streams.settings import Settings

__all__ = ["PEERS", "peer_program", "run_peer"]

PEERS: Mapping[str, str] = {
    "own": "plain Faust, as its users write it",
    "ours": "plain Faust, with our text functions",
}
"""What plain_faust.py may be told to use, and how it is called in the results."""


class _Told(msgspec.Struct):
    """What the program says in its last line: mentions by brand, negative ones by brand and minute (start, ms)."""

    posts: int
    posts_per_s: float
    mentions: dict[str, int]
    minutes: dict[str, dict[int, int]]


def peer_program() -> Path:
    """The program.

    Raises:
        Unavailable: badbuzz does not run from a checkout.
    """
    path = Path(__file__).resolve().parents[2] / "tests" / "bench" / "peers" / "plain_faust.py"
    if not path.is_file():
        raise Unavailable("--peers needs a checkout of badbuzz: the peers are in tests/bench/peers")
    return path


async def run_peer(
    text: str, settings: Settings, watch: Watch, expected: MemoryRun, posts: int, stream_posts_per_s: float
) -> PeerResult:
    """Run it over the posts topic of `settings`, in a group of its own, to the end."""
    brands = {brand.id: brand.match.any for brand in watch.brands}
    command = [
        *(sys.executable, str(peer_program()), "--text", text, "--brokers", settings.brokers),
        *("--topic", settings.topic("posts"), "--group", settings.topic(f"plain-{text}"), "--posts", str(posts)),
        *("--partitions", str(settings.partitions), "--brands", msgspec.json.encode(brands).decode()),
    ]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BadbuzzError(f"{PEERS[text]}: exit code {done.returncode}\n{done.stderr[-2000:]}")
    told = msgspec.json.decode(done.stdout.splitlines()[-1], type=_Told)
    right, check = _check(text, told, expected)
    return PeerResult(PEERS[text], told.posts_per_s, round(stream_posts_per_s / told.posts_per_s, 2), right, check)


def _check(text: str, told: _Told, expected: MemoryRun) -> tuple[bool, str]:
    """Mentions must be equal; negative ones minute by minute too where the text functions are the same."""
    mentions = {brand: counts.total() for brand, counts in expected.counts.items() if counts.total()}
    if told.mentions != mentions:
        return False, f"{sum(told.mentions.values())} mentions, in memory {sum(mentions.values())}"
    negative = sum(sum(minutes.values()) for minutes in told.minutes.values())
    ours = {brand: minutes for brand, minutes in expected.minutes.items() if minutes}
    if text == "ours" and told.minutes != ours:
        return False, f"negative mentions by minute differ ({negative}, in memory {expected.negative})"
    if text == "ours":
        return True, "mentions and negative mentions by minute are equal"
    return True, f"mentions are equal; {negative} negative by its words, {expected.negative} by ours"
