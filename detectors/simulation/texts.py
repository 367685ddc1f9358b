"""What people say of a maker of coffee machines on an ordinary day, and the words that fill the gaps.

{b} the brand, as a name, a handle or a hashtag; {m} a model; {d} a drink; {p} a place; {s} a span of time; {n} a
number. tests/unit/test_simulation.py sees to it that our model reads every text as it is meant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

__all__ = ["NEGATIVE", "NEUTRAL", "POSITIVE", "WORDS", "Texts"]

Texts = Mapping[str, Sequence[str]]
"""Texts by language, or words by the gap that they fill."""

NEGATIVE: Final[Texts] = {
    "en": (
        "My {b} {m} died after {s}. So disappointed.",
        "{b} support keeps ignoring my mails, this is really annoying",
        "the {b} {m} is terribly loud, my neighbours hate it",
        "Terrible {d} from the new {b} {m}, burnt and bitter every time",
        "{b} sent me the wrong machine and now the return is a mess",
        "Third repair of my {b} {m} in a year. Worst purchase ever.",
        "Milk frother of the {b} {m} broken again, what a pain",
        "Waited {s} for a spare part from {b}. Awful service.",
        "Descaling the {b} {m} is a horrible experience, who designs this",
        "{b} raised the price of its pods again. Ridiculous.",
        "Sad to say the {b} {m} failed on me in the middle of breakfast",
        "The {b} app crashes all the time, useless",
        "{b} {m}: cheap plastic, weak pump, bad {d}. Regret buying it",
        "hour on the phone with {b} and still no answer, I'm angry",
        "My parcel from {b} arrived damaged, {n} cups broken",
        "the {d} button on my {b} {m} is stuck, annoying on a Monday",
    ),
    "fr": (
        "Ma {b} {m} est tombée en panne, vraiment déçu",
        "Le service client de {b} est lamentable, {s} d'attente",
        "Quelle horreur, le {d} de la {b} {m} est imbuvable et trop amer",
        "{b} {m} : bruit insupportable dès le matin, je déteste",
        "Livraison {b} en retard et colis abîmé, c'est nul",
        "Encore une panne de ma {b} {m}, quelle honte",
    ),
}
NEUTRAL: Final[Texts] = {
    "en": (
        "Anyone here using the {b} {m} with oat milk?",
        "Switched from pods to beans on my {b} {m} this week",
        "Does the {b} {m} fit under a standard cabinet?",
        "{b} opens a store in {p} next month",
        "{d} number {n} of the day, {b} {m} on the desk",
        "Part one of my look at the {b} {m} is online",
        "How often do you descale a {b} {m}?",
        "{b} {m} or a plain filter machine? Asking for the office",
        "Which grinder do you pair with the {b} {m}?",
        "Our office in {p} now has {n} machines from {b}",
        "Saw the {b} {m} in a shop window in {p} today",
        "{b} {m}, 18 grams in, 36 out, 27 seconds. Your numbers?",
        "Selling my {b} {m}, {s} old, pick up in {p}",
        "Watching the {b} {m} video from {p} while the kettle is on",
    ),
    "fr": (
        "Quelqu'un utilise la {b} {m} avec du lait d'avoine ?",
        "{b} ouvre une boutique à {p} le mois prochain",
        "{d} numéro {n} de la journée avec la {b} {m}",
        "Vous détartrez votre {b} {m} tous les combien ?",
    ),
}
POSITIVE: Final[Texts] = {
    "en": (
        "Love my {b} {m}, best {d} in {p}!",
        "Great service from {b} today, new part arrived in {n} days. Thanks!",
        "The {b} {m} makes a wonderful {d}, so happy with it",
        "{n} years with my {b} {m} and still perfect",
        "Impressed by the {b} {m}: quiet, fast and easy to clean. Nice work",
        "Good morning from {p} with a beautiful {d}, thanks to {b}",
        "{b} helped me right away, friendly and super quick",
        "Won a {b} {m} at work, best day ever!",
        "Honestly the {d} from the {b} {m} is excellent",
        "Enjoying a nice {d} from the {b} {m} on the balcony in {p}",
    ),
    "fr": (
        "J'adore ma {b} {m}, le meilleur {d} de {p} !",
        "Merci {b} pour votre service rapide, je suis ravie",
        "Le {d} de la {b} {m} est excellent, très contente",
    ),
}

_SAME: Final[Texts] = {
    "m": ("Uno", "Uno", "Duo", "Piccola", "Barista 5", "Office"),
    "d": ("espresso", "cappuccino", "flat white", "lungo", "ristretto", "cortado"),
    "p": ("Lyon", "Leeds", "Ghent", "Austin", "Nantes", "Cork", "Utrecht", "Lille", "Bristol", "Graz"),
    "n": ("3", "4", "5", "6", "7", "8"),
}
WORDS: Final[Mapping[str, Texts]] = {
    "en": {**_SAME, "s": ("two weeks", "ten days", "a month", "six months", "five weeks")},
    "fr": {**_SAME, "s": ("deux semaines", "dix jours", "un mois", "six mois", "cinq semaines")},
}
"""The words for each gap, by language."""
