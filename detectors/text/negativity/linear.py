"""A linear model of words, letters and cues: its weights, and how texts get their scores."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from detectors.errors import InputError
from detectors.model import Language
from detectors.text.negativity.cues import CUE_UNIT, CUES, cues
from detectors.text.negativity.lexicon import Lexicon
from detectors.text.negativity.reading import VERSION, Flags, Ints, Reading, pair_hashes, read

__all__ = ["LETTER_RUNS", "TABLE_BITS", "Features", "Scores", "Weights", "features", "score"]

TABLE_BITS: Final = 18
"""Words, and runs of letters, share the 2^18 rows of a table each, by their hash."""
LETTER_RUNS: Final = (2, 3, 4, 5)
_FORMAT: Final = 1
_CUE_STEPS: Final = 4096

Floats: TypeAlias = NDArray[np.float64]

_ID_SHIFT: Final = np.uint64(64 - TABLE_BITS)
_NEGATED: Final = np.uint64(0xD6E8FEB86659FD93)
_RUN_BASE: Final = np.uint32(0x01000193)
_RUN_MIX: Final = np.uint32(0x85EBCA6B)
_RUN_SHIFT, _RUN_FOLD = np.uint32(32 - TABLE_BITS), np.uint32(15)
_RUN_SALTS: Final = {
    length: np.uint32(salt)
    for length, salt in zip(range(2, 7), (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1), strict=True)
}


@dataclass(slots=True)
class Features:
    """What a model sees of texts; one code path for training and use.

    `words` and `runs` are rows of the two tables, those of text i from `word_starts[i]` and `run_starts[i]` on. Two
    words stand for each word: itself (marked if negated) and the pair with the one before. Row 0 of `runs` is no run.
    """

    words: Ints
    pairs: Ints
    word_starts: Ints
    runs: list[NDArray[np.uint32]]
    run_starts: Ints
    cues: Ints
    may_be_ironic: Flags
    speaks: Flags


def features(texts: Sequence[str], language: Language, lexicon: Lexicon) -> Iterator[Features]:
    """What is to be seen of texts, some hundreds at a time, in their order."""
    for reading in read(texts, language, lexicon.words):
        found, may_be_ironic, speaks = cues(reading, lexicon)
        words = np.where(reading.negated, reading.hashes * _NEGATED, reading.hashes) >> _ID_SHIFT
        pairs = pair_hashes(reading.hashes) >> _ID_SHIFT
        yield Features(
            words.astype(np.int64), pairs.astype(np.int64), reading.starts, _runs(reading), reading.letter_starts,
            found, may_be_ironic, speaks,
        )  # fmt: skip


def _runs(reading: Reading) -> list[NDArray[np.uint32]]:
    """Of each letter the rows of the runs that begin with it, by length; 0 where a run would leave its word.

    A word's runs include the space before it and the one after it.
    """
    letters = reading.letters
    count = len(letters)
    space = letters == ord(" ")
    gaps = np.append(np.flatnonzero(space), count)
    room = gaps[np.cumsum(space)] - np.arange(count)
    room[space & (room == 1)] = 0
    padded = np.append(letters, np.full(max(LETTER_RUNS), ord(" "), np.uint32))
    rolled = letters * _RUN_BASE
    found: list[NDArray[np.uint32]] = []
    for length in range(2, max(LETTER_RUNS) + 1):
        rolled = rolled * _RUN_BASE + padded[length - 1 : length - 1 + count]
        if length in LETTER_RUNS:
            mixed = rolled * _RUN_SALTS[length]
            mixed ^= mixed >> _RUN_FOLD
            mixed *= _RUN_MIX
            mixed >>= _RUN_SHIFT
            mixed *= room >= length - 1
            found.append(mixed)
    return found


@dataclass(slots=True)
class Weights:
    """A model of one language: tables in small whole numbers with their scales, and what they were read with.

    Columns are how much more negative, and how much more positive, than neutral. `heat` divides the scores: above 1
    where the model would be too sure of itself.
    """

    language: Language
    words: NDArray[np.int8]
    word_scale: float
    runs: NDArray[np.int8]
    run_scale: float
    cues: NDArray[np.int32]
    bias: Floats
    heat: float
    lexicon: Lexicon
    _packed: tuple[Ints, Ints] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._packed = (_pack(self.words), _pack(self.runs))

    @classmethod
    def of(
        cls, language: Language, words: Floats, runs: Floats, cue_weights: Floats, bias: Floats, lexicon: Lexicon
    ) -> Weights:
        """From weights as they were found, rounded."""
        small_words, word_scale = _shrink(words)
        small_runs, run_scale = _shrink(runs)
        steps = np.rint(cue_weights * _CUE_STEPS).astype(np.int32)
        return cls(language, small_words, word_scale, small_runs, run_scale, steps, bias.round(6), 1.0, lexicon)

    def dump(self) -> bytes:
        """The weights as a file, the same bytes each time."""
        scales = np.array([self.word_scale, self.run_scale, self.heat])
        arrays: dict[str, NDArray[np.generic]] = {
            "format": np.array([_FORMAT, VERSION, TABLE_BITS, len(CUES)]),
            "language": np.frombuffer(self.language.value.encode(), np.uint8),
            "words": self.words,
            "runs": self.runs,
            "scales": scales,
            "cues": self.cues,
            "bias": self.bias,
            **self.lexicon.arrays(),
        }
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for name, array in arrays.items():
                member = io.BytesIO()
                np.lib.format.write_array(member, np.ascontiguousarray(array), allow_pickle=False)
                # A ZipInfo of its own has no clock in it: the date is 1980.
                archive.writestr(zipfile.ZipInfo(f"{name}.npy"), member.getvalue(), zipfile.ZIP_DEFLATED)
        return file.getvalue()

    @classmethod
    def load(cls, content: bytes, name: str) -> Weights:
        """The weights of a file; `name` is what an error calls it.

        Raises:
            InputError: it is damaged, or of another version of badbuzz.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as archive:
                arrays: dict[str, NDArray[np.generic]] = dict(archive)
            versions = [int(number) for number in arrays["format"]]
            if versions != [_FORMAT, VERSION, TABLE_BITS, len(CUES)]:
                raise InputError(f"{name}: weights of another version of badbuzz; train them again (badbuzz train)")
            return cls._from(arrays)
        except (KeyError, ValueError, TypeError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise InputError(f"{name}: damaged weights: {error}; train them again (badbuzz train)") from None

    @classmethod
    def _from(cls, arrays: dict[str, NDArray[np.generic]]) -> Weights:
        shapes: dict[str, tuple[tuple[int, ...], type[np.generic]]] = {
            "words": ((1 << TABLE_BITS, 2), np.int8),
            "runs": ((1 << TABLE_BITS, 2), np.int8),
            "scales": ((3,), np.float64),
            "cues": ((len(CUES), 2), np.int32),
            "bias": ((2,), np.float64),
        }
        for key, (shape, kind) in shapes.items():
            if arrays[key].shape != shape or arrays[key].dtype != kind:
                raise ValueError(f"`{key}` is {arrays[key].dtype} {arrays[key].shape}")
            if not np.isfinite(arrays[key].astype(np.float64)).all():
                raise ValueError(f"`{key}` is not finite")
        word_scale, run_scale, heat = (float(scale) for scale in arrays["scales"])
        if heat <= 0:
            raise ValueError("`scales` are not positive")
        parts = {key.removeprefix("lexicon_"): array for key, array in arrays.items() if key.startswith("lexicon_")}
        return cls(
            language=Language(arrays["language"].tobytes().decode()),
            words=arrays["words"].astype(np.int8),
            word_scale=word_scale,
            runs=arrays["runs"].astype(np.int8),
            run_scale=run_scale,
            cues=arrays["cues"].astype(np.int32),
            bias=arrays["bias"].astype(np.float64),
            heat=heat,
            lexicon=Lexicon.of(parts),
        )


def _shrink(table: Floats) -> tuple[NDArray[np.int8], float]:
    """A table in steps of its scale; the few weights that are larger than 127 of them are cut."""
    used = np.abs(table[table != 0])
    scale = float(np.quantile(used, 0.9995)) / 127 if len(used) else 1.0
    return np.clip(np.rint(table / scale), -127, 127).astype(np.int8), scale


def _pack(table: NDArray[np.int8]) -> Ints:
    """Both columns in one number, so that each row is looked up once and both are summed at once."""
    wide = table.astype(np.int64)
    packed: Ints = wide[:, 0] + (wide[:, 1] << 32)
    return packed


@dataclass(slots=True)
class Scores:
    """Of each text: shares of negative, neutral and positive, that add up to 1; hints for what comes after."""

    shares: Floats
    may_be_ironic: Flags
    speaks: Flags


def score(texts: Sequence[str], weights: Weights) -> Scores:
    """The shares of each text. A text's neighbours change nothing: all sums are of whole numbers."""
    logits: list[Floats] = [np.zeros((0, 2))]
    hints: list[tuple[Flags, Flags]] = [(np.zeros(0, np.bool_), np.zeros(0, np.bool_))]
    word_table, run_table = weights._packed
    cue_weights = weights.cues.astype(np.int64)
    for seen in features(texts, weights.language, weights.lexicon):
        by_word = word_table[seen.words] + word_table[seen.pairs]
        by_run = run_table[seen.runs[0]]
        for rows in seen.runs[1:]:
            by_run += run_table[rows]
        logits.append(
            _mean_root(by_word, seen.word_starts) * weights.word_scale
            + _mean_root(by_run, seen.run_starts) * weights.run_scale
            + (seen.cues @ cue_weights) / (CUE_UNIT * _CUE_STEPS)
            + weights.bias
        )
        hints.append((seen.may_be_ironic, seen.speaks))
    negative, positive = (np.concatenate(logits) / weights.heat).T
    top = np.maximum(np.maximum(negative, positive), 0.0)
    parts = np.stack([np.exp(negative - top), np.exp(-top), np.exp(positive - top)], axis=1)
    shares = np.round(parts / (parts[:, :1] + parts[:, 1:2] + parts[:, 2:]), 6)
    shares[:, 1] = np.maximum(1 - shares[:, 0] - shares[:, 2], 0)
    may_be_ironic, speaks = (np.concatenate(flags) for flags in zip(*hints, strict=True))
    return Scores(shares, may_be_ironic, speaks)


def _mean_root(packed: Ints, starts: Ints) -> Floats:
    """Sums by text of both columns, over the square root of how many there were."""
    sums = np.add.reduceat(packed, starts)
    first = sums.astype(np.int32).astype(np.int64)
    second = (sums - first) >> 32
    counts = np.diff(np.append(starts, len(packed)))
    means: Floats = np.stack([first, second], axis=1) / np.sqrt(counts)[:, None]
    return means
