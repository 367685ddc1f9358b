"""`badbuzz train`: the negativity model of a language, from labelled texts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detectors.errors import Unavailable
from streams.cli.terminal import note, print_table, progress

if TYPE_CHECKING:
    from detectors.text.negativity.training import Trained

__all__ = ["train"]

_SCORE_COLUMNS = ("file", ">texts", ">macro-F1", ">negative", ">neutral", ">positive", "the model had seen")


def train(
    texts: Annotated[
        list[Path],
        typer.Argument(
            metavar="TSV...", help="Lines of label TAB text; or .jsonl with `label` and `text`. One file an origin."
        ),
    ],
    lang: Annotated[str, typer.Option(metavar="CODE", help="The language of all texts: en or fr.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the weights and their model card go.")],
    validate: Annotated[
        list[Path] | None,
        typer.Option(metavar="TSV", help="Score these too, of origins that are not trained on. Several times."),
    ] = None,
    licence: Annotated[
        str, typer.Option(metavar="TEXT", help="What the licences of the texts allow, for the model card.")
    ] = "not given",
) -> None:
    """Learn from labelled texts what is negative in a language.

    Labels are negative, neutral and positive. Writes negativity-LANG.npz, which a worker reads with
    BADBUZZ_NEGATIVITY_DIR=DIR, and MODEL-CARD-LANG.md; prints the scores.

    Each file is scored by a model trained without it, so give one file for each origin. A file without neutral texts
    teaches only what is negative against what is positive. A text that is there twice counts once. The same files in
    the same order give the same bytes. It takes minutes: about one for 20,000 texts and each file.
    """
    from detectors.text.negativity import language_of_model, model_file
    from detectors.text.negativity.training import train as learn
    from streams.cli.model_card import model_card
    from streams.sources.labelled import read_labelled

    language = language_of_model(lang)
    sources, checks = read_labelled([*texts], [*(validate or ())])
    with progress("train", 1.0) as bar:
        trained = learn(sources, language, validation=checks, progress=bar.at)
    weights = trained.weights.dump()
    card = model_card(trained, licence=licence, weights=weights)
    try:
        out.mkdir(parents=True, exist_ok=True)
        _write(out / model_file(language), weights)
        _write(out / f"MODEL-CARD-{language.value}.md", card.encode())
    except OSError as error:
        raise Unavailable(f"{error.filename or out}: cannot be written: {error.strerror}") from error
    _print(trained)
    note(f"wrote {out / model_file(language)} ({len(weights) / 1e6:.2f} MB) and its model card")


def _print(trained: Trained) -> None:
    from streams.cli.model_card import score_rows

    print_table("Scores", _SCORE_COLUMNS, score_rows(trained))


def _write(path: Path, content: bytes) -> None:
    """A file that appears when it is whole."""
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
