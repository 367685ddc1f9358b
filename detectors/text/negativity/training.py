"""How the weights of a language are found in labelled texts, and what they are worth on texts they have not seen.

A multinomial logistic regression with an L2 penalty on the very features that are used (`linear.features`), with three
liberties: each file counts by the square root of its size, so that none drowns the others; its classes are evened out;
and a file without neutral texts teaches only what is negative against what is positive.

Everything is a function of the texts and their order: the same files give the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from detectors.errors import InputError
from detectors.model import Language
from detectors.text.negativity.cues import CUE_UNIT
from detectors.text.negativity.lexicon import Lexicon, load_lexicon, sayings
from detectors.text.negativity.linear import TABLE_BITS, Features, Weights, features, score
from detectors.text.negativity.quality import (
    CLASSES,
    Bin,
    HeldOut,
    Result,
    Source,
    calibration_error,
    evaluate,
    reliability,
    temperature,
    text_key,
    together,
)
from detectors.text.negativity.reading import Ints

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["Trained", "train"]

MIN_TEXTS: Final = 20
"""Fewer of a class teach nothing."""
PARTS: Final = 4
"""A file too large to be left out whole is left out in so many parts."""

_PENALTY: Final = 0.006
"""Over the square root of how many texts there are, as they count: the more are known, the less is held down."""
_STEPS: Final = 150
_MIN_WORD_TEXTS: Final = 2
_MIN_RUN_TEXTS: Final = 4
_WORTH_OF_WORDS, _WORTH_OF_RUNS = 1 / 4, 1 / 8
"""What the logarithm of the rarity of each is multiplied with: the less, the more the penalty holds it down."""
_POLARITY_ONLY: Final = 0.1
"""What a file without neutral texts counts for, of what it would."""

SAYINGS: Final = "what customers say"
"""The name of our own lists (`lexicon.sayings`), which are trained on too; what they count for, of what they would."""
_SAYINGS: Final = 0.1

Floats: TypeAlias = NDArray[np.float64]
Singles: TypeAlias = NDArray[np.float32]
Progress: TypeAlias = Callable[[float, str], None]
"""Called with the share that is done, 0 to 1, and what is being done."""


@dataclass(frozen=True, slots=True)
class Trained:
    """Weights, with what is known of them.

    `sources` are the files without the texts that had come before; `unseen` what models trained without a file, or
    without the part of it in question, are worth on it; `validation` what the weights are worth on other files.
    """

    weights: Weights
    sources: tuple[Source, ...]
    doubles: int
    unseen: tuple[Result, ...]
    validation: tuple[Result, ...]
    bins: tuple[Bin, ...]
    calibration_error: float


def train(
    sources: Sequence[Source],
    language: Language,
    *,
    validation: Sequence[Source] = (),
    progress: Progress = lambda done, what: None,
) -> Trained:
    """Weights of a language from labelled texts, and their scores.

    Each file is left out in turn, to see what the others know of it, whole if there is at least as much in the
    others, else in parts. From these the model learns how sure it may be. A text that is there twice counts once,
    where it comes first. scipy does the work; a minute for 20,000 texts, most of it for the scores.

    Raises:
        InputError: too few texts of a class.
    """
    sources, doubles = _once(sources)
    _check(sources)
    lexicon = load_lexicon(language)
    progress(0.0, "reading")
    data = _Data.of([*sources, _sayings(language)], language, lexicon)
    folds = list(_folds(sources))
    runs = len(folds) + 1
    held: dict[int, list[HeldOut]] = {}
    for place, (source, left_out) in enumerate(folds):
        what = f"without {sources[source].name}" + (" (a part)" if len(left_out) < len(sources[source].texts) else "")
        progress(place / runs, what)
        rest = np.ones(len(data.labels), np.bool_)
        rows = data.first[source] + left_out
        rest[rows] = False
        weights = data.fit(rest, lexicon, partial(_tell, progress, place, runs, what))
        shares = score([sources[source].texts[text] for text in left_out.tolist()], weights).shares
        one = HeldOut(
            sources[source].name, shares, data.labels[rows], data.importance[rows], sources[source].polarity_only
        )
        held.setdefault(source, []).append(one)
    everything = np.ones(len(data.labels), np.bool_)
    weights = data.fit(everything, lexicon, partial(_tell, progress, runs - 1, runs, "with all"))
    parts = [one for ones in held.values() for one in ones]
    weights.heat = temperature([one for one in parts if not one.polarity_only])
    cooled = [one.at(weights.heat) for one in parts]
    known = {text_key(text) for source in sources for text in source.texts}
    full = [one for one in cooled if not one.polarity_only]
    bins = reliability(np.concatenate([one.shares for one in full]), np.concatenate([one.labels for one in full]))
    progress(1.0, "done")
    return Trained(
        weights=weights,
        sources=tuple(sources),
        doubles=doubles,
        unseen=tuple(together([one.at(weights.heat) for one in ones]) for ones in held.values()),
        validation=tuple(evaluate(weights, source, known) for source in validation),
        bins=bins,
        calibration_error=calibration_error(bins),
    )


def _tell(progress: Progress, place: int, runs: int, what: str, done: float) -> None:
    progress((place + done) / runs, what)


# ------------------------------------------------------------------------------------------- the files


def _once(sources: Sequence[Source]) -> tuple[list[Source], int]:
    """The files without the texts that had come before."""
    seen: set[str] = set()
    found: list[Source] = []
    doubles = 0
    for source in sources:
        kept: list[int] = []
        for place, text in enumerate(source.texts):
            key = text_key(text) or text
            if key not in seen:
                seen.add(key)
                kept.append(place)
        doubles += len(source.texts) - len(kept)
        found.append(Source(source.name, [source.texts[at] for at in kept], [source.labels[at] for at in kept]))
    return found, doubles


def _sayings(language: Language) -> Source:
    """Our own lists of what customers say, as texts of their own."""
    known = {saying: valence for saying, valence in sayings(language).items() if abs(valence) >= 1 or not valence}
    return Source(SAYINGS, list(known), [1 + (valence > 0) - (valence < 0) for valence in known.values()])


def _check(sources: Sequence[Source]) -> None:
    for label, name in enumerate(CLASSES):
        count = sum(source.count(label) for source in sources)
        if count < MIN_TEXTS:
            raise InputError(
                f"{count} different {name.value} texts in {', '.join(source.name for source in sources)}; "
                f"expected at least {MIN_TEXTS} of each of negative, neutral and positive"
            )


def _folds(sources: Sequence[Source]) -> Iterable[tuple[int, Ints]]:
    """What is left out in turn: a file, and its places."""
    full = sum(len(source.texts) for source in sources if not source.polarity_only)
    for place, source in enumerate(sources):
        count = len(source.texts)
        rest = full - (0 if source.polarity_only else count)
        if not count:
            continue
        if source.polarity_only or rest >= count:
            yield place, np.arange(count)
        else:
            # Every fourth: files are often sorted, by label or by time.
            yield from ((place, np.arange(part, count, PARTS)) for part in range(PARTS) if part < count)


# ------------------------------------------------------------------------------------------- the fit


@dataclass(slots=True)
class _Data:
    """All texts as rows of two tables and of cues, in order; `first` is where each file begins."""

    language: Language
    words: csr_array
    runs: csr_array
    cues: Singles
    labels: Ints
    importance: Floats
    first: list[int]
    polarity_only: NDArray[np.bool_]

    @classmethod
    def of(cls, sources: Sequence[Source], language: Language, lexicon: Lexicon) -> _Data:
        """Read every text once."""
        from scipy.sparse import vstack

        texts = [text for source in sources for text in source.texts]
        blocks = [_block(seen) for seen in features(texts, language, lexicon)]
        sizes = [len(source.texts) for source in sources]
        polarity_only = [source.polarity_only for source in sources]
        return cls(
            language,
            vstack([words for words, _, _ in blocks], format="csr"),
            vstack([runs for _, runs, _ in blocks], format="csr"),
            np.concatenate([found for _, _, found in blocks]),
            np.array([label for source in sources for label in source.labels], np.int64),
            np.concatenate([_importance(source) for source in sources]),
            [sum(sizes[:place]) for place in range(len(sizes))],
            np.repeat(polarity_only, sizes),
        )

    def fit(self, rows: NDArray[np.bool_], lexicon: Lexicon, progress: Callable[[float], None]) -> Weights:
        """Weights from these rows."""
        from scipy.sparse import csr_array, hstack

        chosen = np.flatnonzero(rows)
        columns: list[Ints] = []
        rarity: list[Singles] = []
        tables: list[csr_array] = []
        for table, least, worth in (
            (self.words, _MIN_WORD_TEXTS, _WORTH_OF_WORDS),
            (self.runs, _MIN_RUN_TEXTS, _WORTH_OF_RUNS),
        ):
            part = table[chosen]
            # What stands only in texts of a file without neutral ones is not learned: nothing would hold it down.
            full = part[~self.polarity_only[chosen]]
            texts = np.bincount(full.indices, minlength=part.shape[1])
            used = np.flatnonzero(texts >= least)
            weight = (np.log((full.shape[0] + 1) / (texts[used] + 1)) * worth).astype(np.float32)
            scale = np.zeros(part.shape[1], np.float32)
            scale[used] = weight
            part.data *= scale[part.indices]
            tables.append(part[:, used])
            columns.append(used)
            rarity.append(weight)
        seen = hstack([*tables, csr_array(self.cues[chosen])], format="csr", dtype=np.float32)
        found = _regress(seen, self.labels[chosen], self.importance[chosen], self.polarity_only[chosen], progress)
        found -= found[:, 1:2]
        found = found[:, [0, 2]]
        full = [np.zeros((1 << TABLE_BITS, 2)), np.zeros((1 << TABLE_BITS, 2))]
        start = 0
        for table, used, weight in zip(full, columns, rarity, strict=True):
            table[used] = found[start : start + len(used)] * weight[:, None]
            start += len(used)
        return Weights.of(self.language, full[0], full[1], found[start:-1], found[-1], lexicon)


def _block(seen: Features) -> tuple[csr_array, csr_array, Singles]:
    from scipy.sparse import csr_array

    texts = len(seen.cues)
    shape = (texts, 1 << TABLE_BITS)
    counts = np.diff(np.append(seen.word_starts, len(seen.words)))
    owner = np.repeat(np.arange(texts), counts)
    value = (1 / np.sqrt(counts)).astype(np.float32)[owner]
    words = csr_array((np.tile(value, 2), (np.tile(owner, 2), np.concatenate([seen.words, seen.pairs]))), shape=shape)
    counts = np.diff(np.append(seen.run_starts, len(seen.runs[0])))
    owner = np.repeat(np.arange(texts), counts)
    value = (1 / np.sqrt(counts)).astype(np.float32)[owner]
    real = [rows > 0 for rows in seen.runs]
    runs = csr_array(
        (
            np.concatenate([value[some] for some in real]),
            (
                np.concatenate([owner[some] for some in real]),
                np.concatenate([rows[some] for rows, some in zip(seen.runs, real, strict=True)]).astype(np.int64),
            ),
        ),
        shape=shape,
    )
    for table in (words, runs):
        table.sum_duplicates()
    return words, runs, (seen.cues / CUE_UNIT).astype(np.float32)


def _importance(source: Source) -> Floats:
    """What each text of a file counts for.

    A file counts by the square root of its size. Its classes count alike; but where most texts are negative (complaints
    to a support account), half way only: what such a place is like is worth knowing too.
    """
    labels = np.array(source.labels, np.int64)
    counts = np.bincount(labels, minlength=3)
    evening = 0.5 if 2 * counts[0] > len(labels) and not source.polarity_only else 1.0
    weights = 1 / np.maximum(counts, 1)[labels] ** evening
    worth = _SAYINGS if source.name == SAYINGS else _POLARITY_ONLY if source.polarity_only else 1.0
    total = math.sqrt(len(labels)) * worth
    scaled: Floats = weights / max(weights.sum(), 1e-9) * total
    return scaled


def _regress(
    seen: csr_array,
    labels: Ints,
    importance: Floats,
    polarity_only: NDArray[np.bool_],
    progress: Callable[[float], None],
) -> Floats:
    """Three columns of weights, a row for each column of `seen` and one for the bias.

    L-BFGS on the weighted cross entropy; of texts that are `polarity_only` the neutral column is no part.
    """
    from scipy.optimize import minimize

    width = seen.shape[1]
    turned = seen.T.tocsr()
    truth = np.eye(3, dtype=np.float32)[labels]
    weights = (importance / importance.sum()).astype(np.float32)[:, None]
    penalty = _PENALTY * math.sqrt(float((importance**2).sum())) / float(importance.sum())
    steps = 0

    def loss(flat: Floats) -> tuple[float, Floats]:
        table = flat.reshape(width + 1, 3)
        single = table.astype(np.float32)
        scores = seen @ single[:-1] + single[-1]
        scores[polarity_only, 1] = -60
        top = scores.max(axis=1, keepdims=True)
        parts = np.exp(scores - top)
        total = parts.sum(axis=1, keepdims=True)
        cost = float(
            (weights * (top + np.log(total) - (scores * truth).sum(axis=1, keepdims=True))).sum(dtype=np.float64)
        )
        wrong = (parts / total - truth) * weights
        wrong[polarity_only, 1] = 0
        slope = np.empty_like(table)
        slope[:-1] = turned @ wrong + penalty * table[:-1]
        slope[-1] = wrong.sum(axis=0)
        return cost + penalty / 2 * float((table[:-1] ** 2).sum()), slope.ravel()

    def step(_: Floats) -> None:
        nonlocal steps
        steps += 1
        progress(steps / _STEPS)

    done = minimize(
        loss, np.zeros((width + 1) * 3), jac=True, method="L-BFGS-B", callback=step,
        options={"maxiter": _STEPS, "maxcor": 10, "ftol": 1e-8, "gtol": 1e-7},
    )  # fmt: skip
    found: Floats = done.x.reshape(width + 1, 3)
    return found
