"""The laboratory: recorded posts through the same brain, scored against what people know of them."""

from __future__ import annotations

from detectors.backtest.compare import ScoreBook, compare
from detectors.backtest.labels import Crisis, Labels, Span, parse_labels
from detectors.backtest.replay import Replay
from detectors.backtest.scoring import BacktestResult, evaluate
from detectors.backtest.timeline import Timelines

__all__ = [
    "BacktestResult",
    "Crisis",
    "Labels",
    "Replay",
    "ScoreBook",
    "Span",
    "Timelines",
    "compare",
    "evaluate",
    "parse_labels",
]
