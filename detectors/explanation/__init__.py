"""Why an alert fired: what was said while a brand was above its expectation, against what is usual.

A minute (`OpenBucket`) and the stretch above expectation (`Run`) collect evidence, `Background` keeps what is usual,
`explain` makes an `Explanation` of them. All is a function of the mentions in their order.
"""

from __future__ import annotations

from detectors.explanation.background import Background
from detectors.explanation.run import OpenBucket, Run
from detectors.explanation.why import explain

__all__ = ["Background", "OpenBucket", "Run", "explain"]
