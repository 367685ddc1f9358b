"""What is made of real short texts, of which nothing is in this repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectors.text import detect


@pytest.mark.shared_data
@pytest.mark.parametrize(
    "name", ["en-train.tsv", "en-val.tsv", "en-semeval.tsv", "fr-train.tsv", "fr-val.tsv", "fr-translated-weak.tsv"]
)
def test_the_language_of_19_in_20_short_texts_is_found(name: str, shared_data: Path) -> None:
    texts = [
        line.split("\t", 1)[1]
        for line in (shared_data / "sentiment" / name).read_text(encoding="utf-8").splitlines()[:3000]
    ]
    right = sum(detect(text, None).value == name[:2] for text in texts)
    assert right >= 0.95 * len(texts)
