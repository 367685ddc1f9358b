"""Learning what is negative from labelled texts: the same each time, measured on what was left out."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from detectors.errors import InputError, Unavailable
from detectors.model import Language, Sentiment
from detectors.text.negativity import load_negativity, model_file
from detectors.text.negativity.cues import CUES
from detectors.text.negativity.linear import TABLE_BITS, Weights
from detectors.text.negativity.quality import Source, evaluate, reliability
from detectors.text.negativity.training import train
from streams.models import load_judge

THINGS = ["parcel", "kettle", "ticket", "bag", "app", "seat", "bill", "shop", "phone", "card"]
SAID = {0: ["blorft", "zint", "quagged"], 1: ["mox", "plim", "dorn"], 2: ["frell", "yuvvy", "ostle"]}
"""Words that no lexicon knows: what they mean is in the labels only."""


def texts(count: int, seed: int, *, labels: tuple[int, ...] = (0, 1, 2), name: str = "made up") -> Source:
    dice = random.Random(seed)
    chosen = [labels[place % len(labels)] for place in range(count)]
    words = [(dice.choice(SAID[label]), dice.choice(SAID[label]), dice.choice(THINGS)) for label in chosen]
    said = [f"{one} {other} my {thing} {seed}x{at}" for at, (one, other, thing) in enumerate(words)]
    return Source(name, said, chosen)


def test_what_words_mean_is_learned_from_labels() -> None:
    trained = train([texts(300, 1, name="a"), texts(300, 2, name="b")], Language.ENGLISH, validation=[texts(90, 3)])
    assert [(result.name, result.texts) for result in trained.unseen] == [("a", 300), ("b", 300)]
    assert all(result.macro_f1 > 0.95 for result in (*trained.unseen, *trained.validation))
    assert trained.calibration_error < 0.15
    judged = load_negativity([trained.weights]).judge_all(["blorft my bag", "yuvvy my bag", "mox my bag"], ["en"] * 3)
    assert [one.label for one in judged] == [Sentiment.NEGATIVE, Sentiment.POSITIVE, Sentiment.NEUTRAL]


def test_the_same_texts_give_the_same_bytes() -> None:
    first, second = (train([texts(120, 1)], Language.FRENCH).weights.dump() for _ in range(2))
    assert first == second
    assert Weights.load(first, "it").dump() == first


def test_a_file_without_neutral_texts_teaches_no_neutrality() -> None:
    trained = train([texts(200, 1, name="full"), texts(200, 2, labels=(0, 2), name="polar")], Language.ENGLISH)
    full, polar = trained.unseen
    assert not full.polarity_only and polar.polarity_only
    assert polar.texts == 200 and sum(row[1] for row in polar.confusion) == 0
    assert full.f1(1) > 0.9


def test_a_text_that_is_there_twice_counts_once() -> None:
    source = texts(120, 1)
    again = Source("again", [f"{text} https://t.co/x" for text in source.texts], source.labels)
    trained = train([source, again], Language.ENGLISH, validation=[source])
    assert trained.doubles == 120
    assert [len(one.texts) for one in trained.sources] == [120, 0]
    # What the model was trained on says nothing of it.
    assert (trained.validation[0].texts, trained.validation[0].left_out) == (0, 120)


def test_too_few_texts_of_a_class_are_refused() -> None:
    source = texts(300, 1)
    spare = {place for place, label in enumerate(source.labels) if label == 1 and place > 57}
    kept = [place for place in range(300) if place not in spare]
    few = Source("made up", [source.texts[at] for at in kept], [source.labels[at] for at in kept])
    with pytest.raises(InputError, match="19 different neutral texts in made up"):
        train([few], Language.ENGLISH)


def test_a_constant_answer_scores_a_sixth() -> None:
    weights = train([texts(120, 1)], Language.ENGLISH).weights
    nothing = np.zeros((1 << TABLE_BITS, 2))
    constant = Weights.of(
        Language.ENGLISH, nothing, nothing, np.zeros((len(CUES), 2)), np.array([1.0, 0.0]), weights.lexicon
    )
    assert evaluate(constant, texts(90, 5)).macro_f1 == pytest.approx(1 / 6)


def test_reliability_says_what_was_said_and_what_was_found() -> None:
    shares = np.array([[0.82, 0.1, 0.08], [0.88, 0.1, 0.02], [0.05, 0.9, 0.05], [1.0, 0.0, 0.0]])
    low, high, sure = reliability(shares, np.array([0, 1, 1, 0]))
    assert (low.low, low.texts, low.found) == (0.0, 1, 0.0)
    assert (high.low, high.texts, round(high.said, 6), high.found) == (0.8, 2, 0.85, 0.5)
    assert (sure.low, sure.texts, sure.found) == (0.9, 1, 1.0)


@pytest.fixture(scope="module")
def weights() -> bytes:
    return train([texts(120, 1)], Language.ENGLISH).weights.dump()


@pytest.mark.parametrize("damage", ["cut", "garbage", "nothing"])
def test_damaged_weights_are_refused(weights: bytes, damage: str) -> None:
    content = {"cut": weights[: len(weights) // 2], "garbage": b"PK" + bytes(500), "nothing": b""}[damage]
    with pytest.raises(InputError, match=r"x\.npz: damaged weights"):
        Weights.load(content, "x.npz")


def test_ones_own_weights_take_the_place_of_the_shipped_ones(tmp_path: Path, weights: bytes) -> None:
    (tmp_path / model_file(Language.ENGLISH)).write_bytes(weights)
    said = load_judge(tmp_path).judge_all(["blorft my bag", "C'est une honte"], ["en", "fr"])
    assert [one.label for one in said] == [Sentiment.NEGATIVE, Sentiment.NEGATIVE]


def test_a_directory_without_weights_is_refused(tmp_path: Path, weights: bytes) -> None:
    with pytest.raises(Unavailable, match="no such directory"):
        load_judge(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"no weights in it; expected negativity-en\.npz or negativity-fr\.npz"):
        load_judge(tmp_path)
    (tmp_path / model_file(Language.FRENCH)).write_bytes(weights)
    with pytest.raises(InputError, match="weights for en; expected fr"):
        load_judge(tmp_path)
