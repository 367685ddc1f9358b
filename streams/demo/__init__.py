"""The demo: a broker, a worker and a crisis on one machine, and what a reader of the topics sees of it."""

from __future__ import annotations

from streams.demo.run import run_demo

__all__ = ["run_demo"]
