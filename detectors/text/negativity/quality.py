"""What weights are worth: labelled texts, scores on texts a model has not seen, and how sure it may be."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from detectors.model import Sentiment
from detectors.text.negativity.linear import Weights, score
from detectors.text.negativity.reading import READ_CHARS, Ints, unescaped
from detectors.text.terms import fold

__all__ = [
    "CLASSES",
    "Bin",
    "HeldOut",
    "Result",
    "Source",
    "calibration_error",
    "evaluate",
    "reliability",
    "temperature",
    "text_key",
    "together",
]

CLASSES: Final = (Sentiment.NEGATIVE, Sentiment.NEUTRAL, Sentiment.POSITIVE)
"""The order of all that has three columns."""
BINS: Final = 10

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Source:
    """Labelled texts of one origin: a file. `labels` are places in `CLASSES`."""

    name: str
    texts: Sequence[str]
    labels: Sequence[int]

    def count(self, label: int) -> int:
        """How many texts have it."""
        return sum(one == label for one in self.labels)

    @property
    def polarity_only(self) -> bool:
        """Whether it has no neutral texts: that a text is neutral cannot be learned from it, nor what is not."""
        return self.count(1) == 0


@dataclass(frozen=True, slots=True)
class Bin:
    """Texts whose share of negative fell into one tenth: how many, that share, and how many people called negative."""

    low: float
    texts: int
    said: float
    found: float


@dataclass(frozen=True, slots=True)
class Result:
    """What a model is worth on one file. `confusion[i][j]`: texts of class i taken for class j."""

    name: str
    confusion: tuple[tuple[int, int, int], ...]
    left_out: int = 0
    """Texts that are not counted, since the model was trained on them."""
    bins: tuple[Bin, ...] = ()
    polarity_only: bool = False

    @property
    def texts(self) -> int:
        """How many were judged."""
        return sum(map(sum, self.confusion))

    def f1(self, label: int) -> float:
        """The harmonic mean of precision and recall of a class; 0 where nothing of it was found."""
        hits = self.confusion[label][label]
        said, real = sum(row[label] for row in self.confusion), sum(self.confusion[label])
        return 2 * hits / (said + real) if said + real else 0.0

    @property
    def macro_f1(self) -> float:
        """The mean over the classes that the file has: a constant answer scores a third at best."""
        labels = [label for label in range(3) if sum(self.confusion[label])]
        return sum(map(self.f1, labels)) / max(1, len(labels))

    @property
    def accuracy(self) -> float:
        """The part of the texts judged right."""
        return sum(self.confusion[label][label] for label in range(3)) / max(1, self.texts)


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Shares of texts by models that had not seen them, with their labels and what they count for."""

    name: str
    shares: Floats
    labels: Ints
    weights: Floats
    polarity_only: bool

    def at(self, heat: float) -> HeldOut:
        """The same with scores divided by `heat`."""
        parts = np.maximum(self.shares, 1e-6) ** (1 / heat)
        shares = parts / parts.sum(axis=1, keepdims=True)
        return HeldOut(self.name, shares, self.labels, self.weights, self.polarity_only)


def evaluate(weights: Weights, source: Source, known: Set[str] = frozenset()) -> Result:
    """What weights are worth on a file, without the texts that are `known` to them (by `text_key`)."""
    kept = (
        [place for place, text in enumerate(source.texts) if text_key(text) not in known]
        if known
        else range(len(source.texts))
    )
    labels = np.array([source.labels[place] for place in kept], np.int64)
    shares = score([source.texts[place] for place in kept], weights).shares
    return _result(source.name, shares, labels, len(source.texts) - len(labels), source.polarity_only)


def reliability(shares: Floats, labels: Ints) -> tuple[Bin, ...]:
    """The tenths of the share of negative that have texts: what was said there, and what was found."""
    negative = shares[:, 0]
    tenths = np.minimum((negative * BINS).astype(np.int64), BINS - 1)
    found: list[Bin] = []
    for tenth in range(BINS):
        inside = tenths == tenth
        if count := int(inside.sum()):
            found.append(Bin(tenth / BINS, count, float(negative[inside].mean()), float((labels[inside] == 0).mean())))
    return tuple(found)


def text_key(text: str) -> str:
    """A text as it is compared with others: letters and digits, without links and handles."""
    return re.sub(r"https?\S*|@\w+|[\W_]+", "", fold(unescaped(text[:READ_CHARS])))


def temperature(held: Sequence[HeldOut]) -> float:
    """What scores are divided by so that shares are as likely as they say, on texts the models had not seen.

    Guo et al., "On Calibration of Modern Neural Networks", ICML 2017: temperature scaling; it changes no label.
    """
    from scipy.optimize import minimize_scalar

    if not held:
        return 1.0
    shares, labels = np.concatenate([one.shares for one in held]), np.concatenate([one.labels for one in held])
    weights = np.concatenate([one.weights for one in held])
    logits = np.log(np.maximum(shares, 1e-6))

    def cost(heat: float) -> float:
        scaled = logits / heat
        scaled -= scaled.max(axis=1, keepdims=True)
        likely = scaled[np.arange(len(labels)), labels] - np.log(np.exp(scaled).sum(axis=1))
        return -float((weights * likely).sum())

    return round(float(minimize_scalar(cost, bounds=(0.25, 4.0), method="bounded").x), 3)


def together(parts: Sequence[HeldOut]) -> Result:
    """What models are worth on the parts of one file that they had not seen."""
    shares, labels = np.concatenate([one.shares for one in parts]), np.concatenate([one.labels for one in parts])
    return _result(parts[0].name, shares, labels, 0, parts[0].polarity_only)


def _result(name: str, shares: Floats, labels: Ints, left_out: int, polarity_only: bool) -> Result:
    said = (shares * [1, 0, 1] if polarity_only else shares).argmax(axis=1) if len(shares) else np.zeros(0, np.int64)
    counts = np.bincount(labels * 3 + said, minlength=9).reshape(3, 3).tolist()
    confusion = tuple((row[0], row[1], row[2]) for row in counts)
    return Result(name, confusion, left_out, reliability(shares, labels) if len(labels) else (), polarity_only)


def calibration_error(bins: Sequence[Bin]) -> float:
    """The mean distance of what was said from what was found."""
    return sum(one.texts * abs(one.said - one.found) for one in bins) / max(1, sum(one.texts for one in bins))
