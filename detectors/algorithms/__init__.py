"""The detectors. To add one: a file in this folder, a line in `DETECTORS`, a scenario in tests/scenarios."""

from __future__ import annotations

from detectors.algorithms.base import Detector
from detectors.algorithms.drift import Drift
from detectors.algorithms.surge import Surge

__all__ = ["DETECTORS", "Detector"]

DETECTORS: dict[str, type[Detector]] = {
    Surge.name: Surge,
    Drift.name: Drift,
}
"""What brands.yaml may name under `detectors`, the first being the one that leads."""
