"""`badbuzz bench` from end to end, tiny: that it works and that all counts agree. Not how fast it is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from detectors.algorithms import DETECTORS
from streams.bench.memory import costs, replay
from streams.bench.posts import bench_watch, posts
from streams.broker import EmbeddedBroker
from support.kafka_server import Broker

POSTS = 3_000


def bench(out: Path, *arguments: str) -> Any:
    """Run the command; what it wrote."""
    command = [sys.executable, "-m", "streams.cli", "bench", "--posts", str(POSTS), "--repeat", "1", "--json", str(out)]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    assert "Throughput" in done.stdout
    return json.loads(out.read_text())


@pytest.mark.embedded
def test_bench_with_peers_on_the_embedded_broker(tmp_path: Path) -> None:
    result = bench(tmp_path / "bench.json", "--peers", "--waves", "0")
    assert result["posts"] == POSTS
    assert [run["counts_equal"] for run in result["stream_runs"]] == [True]
    assert [peer["counts_right"] for peer in result["peers"]] == [True, True]
    assert result["latency"] is None
    assert result["ratio"] > 0
    assert [cost["detector"] for cost in result["detectors"]] == list(DETECTORS)
    assert result["closing"]["per_100k_s"] > 0
    assert [mix["posts_per_s"] > 0 for mix in result["mixes"]] == [True, True]
    assert result["matching"]["terms"] == 100_000


def test_bench_on_a_given_broker(broker: Broker, tmp_path: Path) -> None:
    result = bench(tmp_path / "bench.json", "--waves", "8", "--brokers", broker.bootstrap)
    assert [run["counts_equal"] for run in result["stream_runs"]] == [True]
    assert result["latency"]["alerts"] == 8
    assert result["latency"]["p50_ms"] <= result["latency"]["p99_ms"]


@pytest.mark.embedded
def test_without_a_broker_it_says_so() -> None:
    broker = EmbeddedBroker().start()
    broker.stop()
    command = [sys.executable, "-m", "streams.cli", "bench", "--brokers", broker.bootstrap]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 3
    assert done.stderr.splitlines() == [f"badbuzz: no Kafka broker answers at {broker.bootstrap}"]


def test_the_posts_are_what_the_readme_says() -> None:
    watch = bench_watch()
    run = replay(list(posts(POSTS, watch)), watch)
    assert abs(run.mentions / POSTS - 0.6) < 0.03
    assert run.negative == sum(sum(minutes.values()) for minutes in run.minutes.values())
    assert all(run.counts[brand.id].total() for brand in watch.brands)


def test_each_step_has_a_cost() -> None:
    watch = bench_watch()
    steps = costs(list(posts(1_000, watch)), watch, memory_posts_per_s=2_000, stream_posts_per_s=1_000)
    assert [step.step for step in steps] == [
        *("decode", "match", "language", "negativity", "topics", "duplicates", "marks", "mentions", "monitor", "stream")
    ]
    assert all(step.us_per_post >= 0 for step in steps)
