"""`badbuzz bench`: how fast this machine reads posts, in memory and through Kafka, and how soon an alert is out."""

from __future__ import annotations

from streams.bench.results import BenchResult
from streams.bench.run import BenchOptions, run_bench

__all__ = ["BenchOptions", "BenchResult", "run_bench"]
