"""The model card of a negativity model: what it learned from, what it is worth, and what it cannot do."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from detectors.model import Language
from detectors.text.negativity.quality import CLASSES, Result
from detectors.text.negativity.training import Trained
from streams.cli.terminal import markdown_table

__all__ = ["model_card", "score_rows"]

_NAMES = {Language.ENGLISH: "English", Language.FRENCH: "French"}
_LIMITS = (
    "It reads words, not situations: what is bad only for those who know (a late train, a price) counts as much as the "
    "training texts made of it; an insult between friends counts as one.",
    "Irony is found where words or marks say so (detectors/text/negativity/irony.py), which is the smaller part of it.",
    "It does not know whom a text blames: one that praises a brand by blaming another is read as a whole.",
    "News in plain words are neutral to it where people would feel something.",
    "How sure it is was learned on files like these, with their classes evened out: where nearly all texts are "
    "neutral, "
    "a share of 0.6 is right less often than in six of ten.",
    "Dialects, slang and topics that are in no training file are read by their letters and by the lexicon only.",
)


def score_rows(trained: Trained) -> Iterator[tuple[str, ...]]:
    """A row for each file: how the model did on it, and what it had seen of it."""
    large = {source.name: len(source.texts) for source in trained.sources}
    for result in trained.unseen:
        parts = 2 * large[result.name] > sum(large.values())
        yield _row(result, "other parts of the file" if parts and not result.polarity_only else "nothing of the file")
    for result in trained.validation:
        seen = f"nothing ({result.left_out} known texts left out)" if result.left_out else "nothing of the file"
        yield _row(result, seen)


def _row(result: Result, seen: str) -> tuple[str, ...]:
    neutral = "-" if result.polarity_only else f"{result.f1(1):.3f}"
    return (
        result.name, f"{result.texts:,}", f"{result.macro_f1:.3f}", f"{result.f1(0):.3f}", neutral,
        f"{result.f1(2):.3f}", seen,
    )  # fmt: skip


def model_card(trained: Trained, *, licence: str, weights: bytes) -> str:
    """The card as Markdown. It says nothing that changes from one run to the next."""
    name = _NAMES[trained.weights.language]
    lines = [
        f"# Model card: negativity of {name} texts",
        "",
        "Written by `badbuzz train`; what changes it is another training.",
        "",
        "## What it is",
        "A linear model that says how likely a short text (a post, a comment, a review) is negative, neutral or "
        "positive. It "
        "is made to count complaints about brands by the thousand; it is not made to judge a person by one text. How "
        "it works: "
        "detectors/text/negativity/README.md.",
        "",
        f"Weights: {len(weights):,} bytes, SHA-256 {hashlib.sha256(weights).hexdigest()}.",
        "",
        "## Data",
        markdown_table(["file", ">texts", *(f">{label.value}" for label in CLASSES), "teaches"], _data_rows(trained)),
        "",
        f"{trained.doubles:,} texts that had come before were left out. Beside that the model has the lexicons of "
        "detectors/text/data. The texts are not part of badbuzz; no name and no text can be read out of the weights, "
        "which are "
        "sums over hashes.",
        "",
        f"Licence of the data: {licence}",
        "",
        "## Scores",
        "Each file by a model that had not seen it, or not that part of it. F1 of each class and their mean; a "
        "constant answer has "
        "0.17 on even classes.",
        "",
        markdown_table(
            ["file", ">texts", ">macro-F1", *(f">{label.value}" for label in CLASSES), "the model had seen"],
            score_rows(trained),
        ),
        "",
    ]
    for result in (*trained.unseen, *trained.validation):
        lines += _confusion(result)
    lines += [
        "## How sure it is",
        f"The share of negative it gave to texts it had not seen (training files with three classes), in tenths, and "
        f"how many of "
        f"them people called negative. Temperature {trained.weights.heat:g}; mean distance "
        f"{trained.calibration_error:.3f} over all "
        "texts, of which large files are most. By file: below.",
        "",
        markdown_table(
            ["said", ">texts", ">said, mean", ">found"],
            [(f"{one.low:.1f} to {one.low + 0.1:.1f}", f"{one.texts:,}", f"{one.said:.3f}", f"{one.found:.3f}")
             for one in trained.bins],
        ),
        "",
        markdown_table(
            ["found by file", *(f">{tenth / 10:.1f}" for tenth in range(10))],
            [_bins(result) for result in (*trained.unseen, *trained.validation)],
        ),
        "",
        "## Limits",
        *(f"- {limit}" for limit in _LIMITS),
        "",
    ]  # fmt: skip
    return "\n".join(lines)


def _data_rows(trained: Trained) -> Iterator[tuple[str, ...]]:
    for source in trained.sources:
        counts = [source.count(label) for label in range(3)]
        teaches = "negative against positive" if source.polarity_only else "all three"
        yield (source.name, f"{len(source.texts):,}", *(f"{count:,}" for count in counts), teaches)


def _confusion(result: Result) -> list[str]:
    head = [f"{result.name}: is", *(f">said {label.value}" for label in CLASSES)]
    rows = [
        (label.value, *(f"{count:,}" for count in row))
        for label, row in zip(CLASSES, result.confusion, strict=True)
        if sum(row)
    ]
    return [markdown_table(head, rows), ""]


def _bins(result: Result) -> tuple[str, ...]:
    found = {round(one.low * 10): f"{one.found:.2f}" for one in result.bins}
    return (result.name, *(found.get(tenth, "-") for tenth in range(10)))
