"""What counts as said again: reposts, and letters that many copy, each a little differently."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rensa import RMinHash

from detectors.intake import decode_post
from detectors.model import MINUTE_MS, Post
from detectors.simulation.stories import LEAK, MOCKERY
from detectors.simulation.texts import NEGATIVE, NEUTRAL, POSITIVE, WORDS
from detectors.simulation.writing import one_of
from detectors.text.copies import BANDS, KEPT_GROUPS, MEMORY_MS, Copies, is_repost, prints
from detectors.text.terms import fold

ANY_TEXT = st.text(st.characters())  # lone surrogates and control characters too
HOUR_MS = 60 * MINUTE_MS
LETTER = "Acme dragged a man off the plane and laughed about it. Share this before they delete it"


def post(text: str, **fields: Any) -> Post:
    return Post(id="1", source="twitter", text=text, created_at=datetime(2017, 4, 10, tzinfo=UTC), **fields)


def alike(one: str, other: str) -> bool:
    return bool(set(prints(one)) & set(prints(other)))


# ------------------------------------------------------------------------------------------------ reposts


@pytest.mark.parametrize(
    "text, fields, repost",
    [
        ("Acme dragged a man off the plane", {}, False),
        ("Acme dragged a man off the plane", {"repost_of": "7"}, True),
        ("RT @ann: Acme dragged a man off the plane", {}, True),
        ("rt @ann Acme dragged a man off the plane", {}, True),
        ("RT: @ann_b Acme dragged a man", {}, True),
        ("“RT @ann: Acme dragged a man”", {}, True),
        ("\U0001f621 RT @ann: Acme dragged a man", {}, True),
        ("MT @ann: Acme dragged someone", {}, True),
        ("So true! RT @ann: Acme dragged a man", {}, False),  # has words of its own
        ("RT if you hate @acme", {}, False),
        ("Art @acme", {}, False),
        ("Acme dragged a man, via @ann", {}, False),
        ("via @ann: Acme dragged a man", {}, False),
        ("", {"quote_of": "7"}, True),
        ("This! \U0001f447\U0001f447", {"quote_of": "7"}, True),
        ("#BoycottAcme @acme https://t.co/x", {"quote_of": "7"}, True),
        ("Worst airline.", {"quote_of": "7", "quoted_text": LETTER}, False),
        ("Plus jamais chez vous", {"quote_of": "7"}, False),
        ("最悪の航空会社", {"quote_of": "7"}, False),  # a comment in a language without spaces
        ("laughed about it!!", {"quoted_text": LETTER}, True),  # nothing but words of the other
        (LETTER.upper() + " https://t.co/x", {"quoted_text": LETTER}, True),
        ("Laughed", {"quoted_text": None}, False),
    ],
)
def test_repost(text: str, fields: dict[str, Any], repost: bool) -> None:
    assert is_repost(post(text, **fields)) is repost


# ------------------------------------------------------------------------------------------------- prints


@pytest.mark.parametrize(
    "copy",
    [
        LETTER.upper(),
        "\U0001f621\U0001f621 " + LETTER + "!!!",
        "RT @ann: " + LETTER,
        "@acme @ann " + LETTER + " https://t.co/4711",
        LETTER + " #BoycottAcme #shame",
        LETTER.replace("man", "doctor"),
        LETTER.replace("laughed", "laugthed"),
        LETTER.removesuffix(" before they delete it"),
    ],
)
def test_a_near_copy_shares_a_print(copy: str) -> None:
    assert alike(LETTER, copy)


@pytest.mark.parametrize(
    "one, other",
    [
        (LETTER, "Acme laughed at me when I asked for a refund of the plane ticket"),
        ("@acme your support is awful, I wait since Monday", "@acme your app is awful, it crashes since the update"),
        ("Votre service client est lamentable depuis un mois", "Votre nouvelle appli est vraiment lamentable"),
    ],
)
def test_two_people_with_the_same_grievance_do_not(one: str, other: str) -> None:
    assert prints(one) and prints(other)
    assert not alike(one, other)


@pytest.mark.parametrize(
    "text", ["", "I hate you", "@acme I hate you #acme https://t.co/x", "!!! ... \U0001f621", "最悪の航空会社です"]
)
def test_few_words_have_no_prints(text: str) -> None:
    assert prints(text) == ()


def test_prints_are_the_same_in_every_process_and_on_every_machine() -> None:
    """They lie in snapshots. Should a new rensa change them, copies of what was seen before go unseen for two days."""
    assert RMinHash.ALGORITHM_VERSION == 2
    assert prints(LETTER) == (
        3670341134,
        1062126734,
        3905296608,
        4163257787,
        2620451873,
        2629065475,
        1486988944,
        2243221577,
    )
    french = "Honte à Acme, qui licencie 300 salariés par vidéo juste avant Noël"
    assert prints(french) == (
        819950864,
        2267339991,
        1749172618,
        3768023095,
        491753273,
        1050527329,
        3040651234,
        3173541655,
    )
    code = f"from detectors.text.copies import prints; print(prints({french!r}))"
    command, root = [sys.executable, "-X", "utf8", "-c", code], Path(__file__).parents[2]
    told = subprocess.run(command, cwd=root, capture_output=True, encoding="utf-8", check=True).stdout
    assert told.strip() == str(prints(french))


@given(ANY_TEXT)
def test_any_text_has_prints_or_none(text: str) -> None:
    found = prints(text)
    assert found == prints(text) == prints(text, folded=fold(text))
    assert len(found) in (0, BANDS)
    assert all(0 <= number < 2**32 for number in found)
    assert is_repost(post(text)) is is_repost(post(text))
    assert is_repost(post(text, quoted_text=text, quote_of="7")) is True


@pytest.mark.parametrize(
    "piece", ["a ", "a", "@", "#", "@a.", "rt @", "http://", "\u202e", "\ud83d", "é ", "最", "\x00", " "]
)
def test_a_huge_text_takes_no_longer_than_its_beginning(piece: str) -> None:
    huge = (piece * 300_000)[:300_000]
    assert prints(huge) == prints(huge[:2_000])
    assert is_repost(post(huge)) is is_repost(post(huge[:2_000]))
    assert is_repost(post(huge, quoted_text=huge))


# -------------------------------------------------------------------------- measured, for the docstring of prints

LETTERS = [
    "Acme just cancelled my flight for the third time and nobody answers the phone",
    "Do not fly Acme, they dragged a man off the plane and laughed about it. Share before they delete this",
    "Acme fires 200 workers the same week the boss gets a bonus of two million. Let that sink in",
    "I asked Acme for a refund in March, it is now October. Boycott this company",
    "My grandmother cried on the phone with Acme support for an hour. Disgusting people",
    "The new Acme ad makes fun of disabled people and they think it is funny",
    "Acme sold baby food with glass in it and knew about it since January, spread the word please",
    "Acme charge you twice and never give it back, ask your bank to block them now",
    "I will never buy from Acme again. The heater burned my hand, they refuse to pay and they lie to everyone who "
    "complains. This is a scandal. Copy this before they delete it.",
    "Acme knew that the heater is dangerous and sold it to us all the same. Terrible, dishonest, disgusting. Please "
    "copy and post this, they must not hide it.",
    "We the customers of Acme demand an apology. They hid the leak of our data for nine months, they lied to the "
    "press, they lied to the regulator and they lied to us. Copy this on every page they own until they answer.",
    "Honte à Acme qui licencie 300 salariés par visioconférence juste avant Noël, partagez massivement",
    "Boycottez Acme, ils ont menti sur l'origine de leur viande pendant dix ans",
    "Le service client d'Acme raccroche au nez des gens, ne leur achetez plus rien",
    "La nouvelle publicité Acme est une insulte aux femmes, faites tourner avant qu'ils la retirent",
    "Acme a laissé mon père attendre six heures en gare sans eau ni information, inadmissible",
    "Je n'achèterai plus jamais rien chez Acme. La bouilloire est dangereuse, ils mentent à leurs clients, c'est un "
    "scandale et une honte. Copiez ce message avant qu'ils le suppriment.",
]
OTHER_WORDS = {
    "en": ("product", "money", "shop", "week", "people", "never", "sadly", "phone", "summer", "price", "manager"),
    "fr": ("produit", "argent", "magasin", "semaine", "gens", "jamais", "vraiment", "hier", "prix", "colis"),
}
Change = Callable[[Random, list[str], Sequence[str]], None]


def _other(count: int) -> Change:
    def change(rng: Random, words: list[str], others: Sequence[str]) -> None:
        for at in rng.sample(range(len(words)), count):
            words[at] = one_of(rng, others)

    return change


def _misspelt(rng: Random, words: list[str], others: Sequence[str]) -> None:
    at = one_of(rng, [at for at, word in enumerate(words) if len(word) > 3])
    words[at] = words[at][:2] + words[at][3:]


CHANGES: dict[str, tuple[Change, float]] = {
    "emoji": (lambda rng, words, _: words.insert(rng.randrange(len(words) + 1), one_of(rng, "😡🤬😤👎")), 1.0),
    "hashtag": (lambda rng, words, others: words.append(f"#{one_of(rng, others)}"), 1.0),
    "handle": (lambda rng, words, others: words.insert(0, f"@{one_of(rng, others)}"), 1.0),
    "link": (lambda rng, words, _: words.append(f"https://t.co/{rng.randrange(10**6)}"), 1.0),
    "case": (lambda rng, words, _: words.__setitem__(slice(None), [word.upper() for word in words]), 1.0),
    "one word misspelt": (_misspelt, 0.95),
    "one word more": (lambda rng, words, others: words.insert(rng.randrange(len(words)), one_of(rng, others)), 0.9),
    "one word less": (lambda rng, words, _: words.__delitem__(rng.randrange(len(words))), 0.9),
    "one other word": (_other(1), 0.9),
    "two other words": (_other(2), 0.65),
    "three other words": (_other(3), 0.4),
}


@pytest.mark.parametrize("change", CHANGES)
def test_measured_copies_found(change: str) -> None:
    rng, (alter, least) = Random(change), CHANGES[change]
    found = []
    for letter in LETTERS * 30:
        words = letter.split()
        alter(rng, words, OTHER_WORDS["fr" if letter in LETTERS[11:] else "en"])
        found.append(alike(letter, " ".join(words)))
    share = sum(found) / len(found)
    print(f"{change}: {share:.3f}")
    assert share >= least


def _filled(rng: Random) -> Iterator[tuple[int, str]]:
    """Texts of the simulation about one brand, each with the number of its template."""
    sources = [NEGATIVE, NEUTRAL, POSITIVE]
    sources += [texts for story in (LEAK, MOCKERY) for _, texts in story.acts]
    templates = dict.fromkeys((lang, text) for texts in sources for lang in texts for text in texts[lang])
    while True:
        for number, (lang, template) in enumerate(templates):
            gaps = {"b": ("Torrelio",), "t": ("#torrelio",), **WORDS[lang]}
            parts = re.split(r"\{(\w)\}", template)
            parts[1::2] = [one_of(rng, gaps[gap]) for gap in parts[1::2]]
            yield number, "".join(parts)


def test_measured_different_texts_kept_apart() -> None:
    seen: dict[int, set[int]] = {}
    wrong = texts = 0
    for template, text in islice(_filled(Random(3)), 3_500):
        found = prints(text)
        texts += bool(found)
        wrong += any(seen.get(one, set()) - {template} for one in found)
        for one in found:
            seen.setdefault(one, set()).add(template)
    print(f"{wrong} of {texts}")
    assert wrong / texts < 0.03


@pytest.mark.shared_data
def test_measured_real_tweets_kept_apart(shared_data: Path) -> None:
    """Told apart from what is the same text again: half of its words in the same order."""
    seen: dict[int, set[str]] = {}
    again = wrong = texts = 0
    for line in (shared_data / "airlines/posts.jsonl").read_bytes().splitlines():
        text = decode_post(line).text
        words = set(fold(text).split())
        found = prints(text)
        texts += bool(found)
        near = [other for one in found for other in seen.get(one, ())]
        again += bool(near)
        wrong += bool(near) and max(len(words & set(o.split())) / len(words | set(o.split())) for o in near) < 0.4
        for one in found:
            seen.setdefault(one, set()).add(fold(text))
    print(f"{again} of {texts} seen again, {wrong} of them wrongly")
    assert again / texts < 0.012
    assert wrong / texts < 0.003


# ------------------------------------------------------------------------------------------------- memory


def test_a_campaign_is_counted() -> None:
    copies = Copies()
    assert copies.largest() is None
    rng, answers = Random(5), []
    for number in range(200):
        words = LETTERS[1].split()
        if number % 4 == 1:
            _other(1)(rng, words, OTHER_WORDS["en"])
        answers.append(copies.see(prints(" ".join(words)), number * 1000))
        copies.see(prints(LETTERS[2 + number % 3]), number * 1000)
    assert not answers[0]
    assert sum(answers) > 190
    found = copies.largest()
    assert found is not None
    assert (found.size, found.first_ms) == (sum(answers) + 1, 0)


def test_a_text_is_remembered_for_two_days() -> None:
    copies, text = Copies(), prints(LETTER)
    assert not copies.see(text, 100 * HOUR_MS)
    assert copies.see(text, 148 * HOUR_MS)
    assert copies.see(text, 52 * HOUR_MS)  # of a partition that lags behind
    assert not copies.see(text, 3 * HOUR_MS)
    found = copies.largest()
    assert found is not None
    assert (found.size, found.first_ms, found.last_ms) == (3, 52 * HOUR_MS, 148 * HOUR_MS)
    assert not copies.see(text, 197 * HOUR_MS)
    assert copies.largest() is None


def test_the_largest_is_of_the_last_two_days() -> None:
    copies = Copies()
    for number in range(5):
        copies.see(prints(LETTERS[0]), number)
    copies.see(prints(LETTERS[1]), MEMORY_MS)
    copies.see(prints(LETTERS[1]), MEMORY_MS)
    found = copies.largest()
    assert found is not None and found.size == 5
    copies.see((), MEMORY_MS + 5)  # says nothing, not even the time
    copies.see(prints(LETTERS[2]), MEMORY_MS + 5)
    found = copies.largest()
    assert found is not None and found.size == 2


def test_a_quiet_brand_keeps_no_more_than_two_days() -> None:
    copies, rng = Copies(), Random(1)
    for number in range(5_000):  # one an hour
        copies.see(tuple(rng.randrange(2**32) for _ in range(BANDS)), number * HOUR_MS)
        assert len(copies.groups) <= 48 + 6


def test_memory_is_bounded_and_a_campaign_outlives_the_noise() -> None:
    copies, rng, now_ms = Copies(), Random(1), 1_700_000_000_000
    campaign = prints(LETTER)
    copies.see(campaign, now_ms)
    for number in range(20 * KEPT_GROUPS):
        assert not copies.see(tuple(rng.randrange(2**32) for _ in range(BANDS)), now_ms + number)
        if number % 500 == 0:
            assert copies.see(campaign, now_ms)
    assert len(copies.groups) <= KEPT_GROUPS
    assert len(msgspec.msgpack.encode(copies)) < 65_536


STEPS = st.lists(
    st.tuples(
        st.sampled_from([(), *((n, n + 1, n + 2) for n in range(0, 40, 2)), *((n,) for n in range(0, 40, 5))]),
        st.integers(0, 300 * HOUR_MS),
    ),
    max_size=60,
)


@given(STEPS, st.integers(0, 60))
@settings(max_examples=300)
def test_a_restored_snapshot_goes_on_just_the_same(steps: list[tuple[tuple[int, ...], int]], cut: int) -> None:
    whole, restored = Copies(), Copies()
    for number, (text, event_ms) in enumerate(steps):
        if number == cut:
            restored = msgspec.msgpack.decode(msgspec.msgpack.encode(restored), type=Copies)
        assert whole.see(text, event_ms) == restored.see(text, event_ms)
        assert whole.largest() == restored.largest()
    # The order of what is forgotten next is the same, too.
    assert msgspec.msgpack.encode(whole) == msgspec.msgpack.encode(restored)
    assert_sound(whole)


def test_a_restored_snapshot_forgets_the_same() -> None:
    rng, whole, restored = Random(2), Copies(), Copies()
    for number in range(3 * KEPT_GROUPS):
        text = tuple(range(first := BANDS * rng.randrange(3_000), first + BANDS))
        assert whole.see(text, number) == restored.see(text, number)
        if number % 333 == 0:
            restored = msgspec.msgpack.decode(msgspec.msgpack.encode(restored), type=Copies)
    assert msgspec.msgpack.encode(whole) == msgspec.msgpack.encode(restored)
    assert_sound(whole)


def assert_sound(copies: Copies) -> None:
    """No two groups share a print, and nothing is counted twice."""
    shared = Counter(one for group in copies.groups.values() for one in set(group.prints))
    assert all(count == 1 for count in shared.values())
    assert all(group.first_ms <= group.last_ms for group in copies.groups.values())
