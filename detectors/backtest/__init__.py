"""The laboratory: recorded posts through the same brain, scored against what people know of them."""

from __future__ import annotations

from detectors.backtest.labels import Crisis, Labels, Span, parse_labels
from detectors.backtest.replay import Replay
from detectors.backtest.scoring import BacktestResult, evaluate

__all__ = ["BacktestResult", "Crisis", "Labels", "Replay", "Span", "evaluate", "parse_labels"]
