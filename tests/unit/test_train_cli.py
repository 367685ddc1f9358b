"""`badbuzz train` and the weights it writes, as people meet them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streams.cli import main

LINES = [
    *(f"negative\tblorft zint my parcel {number}" for number in range(40)),
    *(f"neutral\tmox plim my parcel {number}" for number in range(40)),
    *(f"positive\tfrell ostle my parcel {number}" for number in range(40)),
]


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    path = tmp_path / "ours.tsv"
    path.write_text("\n".join(LINES) + "\n")
    return path


def test_weights_and_card_are_written_and_scores_told(
    labelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    records = tmp_path / "theirs.jsonl"
    rows = [dict(zip(("label", "text"), line.split("\t"), strict=True)) | {"id": "x"} for line in LINES[::4]]
    records.write_text("".join(json.dumps(row | {"text": row["text"] + " x"}) + "\n" for row in rows))
    out = tmp_path / "models"
    arguments = ["train", str(labelled), "--lang", "en", "--out", str(out), "--validate", str(records)]
    assert main([*arguments, "--licence", "ours"]) == 0
    said = capsys.readouterr()
    assert "ours.tsv" in said.out and "theirs.jsonl" in said.out and "macro-F1" in said.out
    assert "negativity-en.npz" in said.err
    card = (out / "MODEL-CARD-en.md").read_text()
    for part in ("## Data", "ours.tsv", "Licence of the data: ours", "## Scores", "## How sure it is", "## Limits"):
        assert part in card
    assert sorted(path.name for path in out.iterdir()) == ["MODEL-CARD-en.md", "negativity-en.npz"]

    # The same again gives the same bytes, and both ways of naming the folder lead to these weights.
    first = (out / "negativity-en.npz").read_bytes(), card
    assert main([*arguments, "--licence", "ours"]) == 0
    assert ((out / "negativity-en.npz").read_bytes(), (out / "MODEL-CARD-en.md").read_text()) == first
    text = tmp_path / "texts.txt"
    text.write_text("frell ostle my parcel\n")
    capsys.readouterr()
    assert main(["classify", str(text), "--lang", "en", "--model", str(out)]) == 0
    assert json.loads(capsys.readouterr().out)["label"] == "positive"
    monkeypatch.setenv("BADBUZZ_NEGATIVITY_DIR", str(out))
    assert main(["classify", str(text), "--lang", "en"]) == 0
    assert json.loads(capsys.readouterr().out)["label"] == "positive"


def test_every_line_that_cannot_be_used_is_told_at_once(
    labelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labelled.write_bytes(b"\n".join([b"no tab", b"bad\ttext", b"negative\t ", b"negative\t\xff", b"neutral\tfine"]))
    assert main(["train", str(labelled), "--lang", "fr", "--out", str(tmp_path / "models")]) == 2
    said = capsys.readouterr().err
    assert "4 lines cannot be used" in said
    assert f"{labelled}: line 1: no tab; expected label TAB text" in said
    assert "line 2: label 'bad'; expected one of: negative, neutral, positive" in said
    assert "line 3: no text" in said and "line 4: byte 10 is no UTF-8" in said
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize(
    "arguments, code, message",
    [
        (["--lang", "de"], 2, "--lang de: no such language; expected one of: en, fr"),
        (["--lang", "en", "--validate", "ours.tsv"], 2, "given twice"),
        (["--lang", "en", "--validate", "nowhere.tsv"], 3, "nowhere.tsv"),
        (["--lang", "en", "--validate", "empty.tsv"], 2, "no texts"),
    ],
)
def test_what_cannot_be_trained_is_refused(
    labelled: Path, arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(labelled.parent)
    Path("empty.tsv").touch()
    assert main(["train", "ours.tsv", "--out", "models", *arguments]) == code
    assert message in capsys.readouterr().err
    assert not Path("models").exists()


def test_a_worker_with_damaged_weights_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "negativity-fr.npz").write_bytes(b"nothing of the kind")
    assert main(["classify", str(tmp_path / "x"), "--model", str(tmp_path)]) == 2
    assert "damaged weights" in capsys.readouterr().err
