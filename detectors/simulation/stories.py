"""What crises are about: texts in acts, and the account that makes them big."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from detectors.simulation.texts import Texts

__all__ = ["LEAK", "LEAK_IN_THE_NEWS", "MOCKERY", "Story"]


@dataclass(frozen=True)
class Story:
    """What a crisis is about. `acts` are (from which part of the climb on, texts by language), in order.

    When the climb has come to `star_at` (0..1 of the doublings), an account with `star_followers` takes it up
    with `star_text`; from then on `repost_share` of the posts repeat an earlier one, most often that one, `copy_share`
    say the words of another as if they were their own, and `press_share` are of the papers (their names and
    followers in `press`), with `headlines`. {t} in a text is one of `tags`, in which {handle} is the brand's.
    """

    acts: Sequence[tuple[float, Texts]]
    star: str
    star_followers: int
    star_text: str
    star_at: float = 0.85
    repost_share: float = 0.45
    tags: Sequence[str] = ("", "#{handle}leaks", "#{handle}leaks", "#recall{handle}")
    copy_share: float = 0.0
    press_share: float = 0.0
    press: Sequence[tuple[str, int]] = ()
    headlines: Texts = field(default_factory=dict)


LEAK: Final = Story(
    acts=(
        (
            0.0,
            {
                "en": (
                    "My {b} {m} is leaking boiling water all over the counter. This is dangerous.",
                    "Boiling water shot out of my {b} {m} this morning and hurt my hand. Scary!",
                    "the hose of our {b} {m} came off, kitchen under water, floor ruined",
                    "Same problem here: {b} {m} leaks from below and damaged our worktop",
                    "Is anyone else's {b} {m} leaking? Second one in {s}, this is a disaster",
                    "Got burned by my {b} {m}, the tank just failed. Horrible.",
                    "Water under the {b} {m} again and the fuse is dead. Worried.",
                    "{b} {m} owners, check your hose: mine split and the steam hurt my son",
                    "Woke up to a puddle and a dead {b} {m}. So angry right now",
                    "Third person in our street in {p} with a broken, leaking {b} {m}. Bad batch?",
                    "{b} {m} dripping hot water into the socket, that is a serious danger",
                    "Floor of the office kitchen in {p} is ruined, thanks to a leaking {b} {m}",
                    "Steam and boiling water from the side of my {b} {m}. Terrifying.",
                ),
                "fr": (
                    "Ma {b} {m} fuit, de l'eau bouillante partout, c'est dangereux",
                    "Pareil ici, la {b} {m} fuit et la cuisine est inondée, une catastrophe",
                ),
            },
        ),
        (
            0.5,
            {
                "en": (
                    "{b} deleted my comment about the leaking {m}. Shameful.",
                    "Two calls to {b} about the leaking {m}, nobody answers. Unacceptable.",
                    "{b} says the leaks of the {m} are our own fault. Disgusting.",
                    "Photos of my burned arm went to {b} {s} ago. Ignored. I'm furious.",
                    "So {b} knew about the leaking {m} and lied to us? Outrageous",
                    "No word from {b} about the {m}. People get hurt and they hide. Pathetic.",
                    "My {b} {m} leaks too, support hung up on me. Terrible, just terrible",
                    "Unplug your {b} {m} at once, it is dangerous!",
                    "{b} wants me to pay for the repair of a leaking {m}?! Insane, what an insult",
                    "Still no reply from {b} after {s}. My {m} is a danger in my kitchen",
                    "The hotline of {b} blames my tap water for the leaking {m}. What a bad joke",
                    "{b} knows that the {m} leaks. {n} owners in our group with the same damage",
                    "My daughter hurt her hand on the {b} {m}. Awful, just awful. Where is your hotline?",
                ),
                "fr": (
                    "{b} supprime les commentaires sur les fuites de la {m}. Honteux.",
                    "Aucune réponse de {b} pour ma {m} qui fuit, c'est inadmissible et scandaleux",
                    "{b} accuse mon eau pour la {m} qui fuit, quelle honte",
                    "Deux appels à {b} pour rien, service lamentable, et ma {m} est dangereuse",
                ),
            },
        ),
        (
            0.8,
            {
                "en": (
                    "Recall the {b} {m} NOW. How many people must get hurt? {t}",
                    "Still silence from {b}. Disgraceful, I am ashamed I ever bought one {t}",
                    "Sending my {b} {m} back. Dangerous junk. {t}",
                    "Boycott {b} until they stop lying about the {m} {t}",
                    "My mother got burned by a {b} {m}. I'm so angry. {t}",
                    "Done with {b}, worst company I ever dealt with {t}",
                    "{b} lost a customer of {n} years today. What a scandal {t}",
                    "Shops in {p} took the {b} {m} off the shelf. Finally. What a disaster {t}",
                ),
                "fr": (
                    "Rappelez la {b} {m} avant un drame ! C'est scandaleux {t}",
                    "{b} et sa {m}, quelle honte {t}",
                    "Boycott de {b}, cette {m} est un danger {t}",
                    "Ma mère brûlée par sa {m} de {b}. Je suis furieux. {t}",
                ),
            },
        ),
    ),
    star="honest_kitchen",
    star_followers=412_000,
    star_text=(
        "We tested three {b} {m}. All three leaked boiling water, one of us got hurt. "
        "{b} refuses to answer us. This is dangerous, do NOT use it. Video in the thread {t}"
    ),
)

_ASIDES: Final[Texts] = {
    "en": (
        "Bought it in {p}, {s} ago.",
        "It was a gift for my parents.",
        "The shop in {p} says that I am not the first.",
        "Serial number 4{n}0{n}, what is yours?",
        "My neighbour has the same one.",
        "That was at {n} in the morning.",
        "Good that the kids were at school.",
        "Has anybody in {p} got an answer?",
        "I have pictures of all of it.",
        "The plumber took {n}0 euros.",
        "Two towels and a bucket under it now.",
        "Back to the old kettle, then.",
        "I only wanted a {d}.",
        "Writing this from the hardware store in {p}.",
        "My partner filmed it.",
        "Is there a list of the serial numbers somewhere?",
        "I told them {s} ago.",
        "So no {d} this week.",
        "The guarantee ran out {s} ago, of course.",
        "It stood on that shelf for {s}.",
        "Who else in {p}?",
        "My sister in {p} had hers for {s}, the same.",
        "We use it for {n} cups a day, not more.",
        "The electrician from {p} just shook his head.",
    ),
    "fr": (
        "Achetée à {p}, il y a {s}.",
        "C'était un cadeau pour mes parents.",
        "Le magasin de {p} dit que je ne suis pas le premier.",
        "J'ai des photos de tout.",
        "Mon voisin a la même.",
        "Qui d'autre à {p} ?",
        "Heureusement, les enfants étaient à l'école.",
        "Je voulais juste un {d}.",
        "Il y a une liste des numéros de série quelque part ?",
        "Le plombier a pris {n}0 euros.",
    ),
}


def _with_asides(texts: Texts) -> Texts:
    """Each text with each of what people say beside it, before its hashtag."""
    return {
        lang: tuple(
            f"{text.removesuffix(' {t}')} {aside}{' {t}' if text.endswith('{t}') else ''}"
            for text in own
            for aside in _ASIDES[lang]
        )
        for lang, own in texts.items()
    }


LEAK_IN_THE_NEWS: Final = replace(
    LEAK,
    acts=[(begins, _with_asides(texts)) for begins, texts in LEAK.acts],
    copy_share=0.06,
    press_share=0.02,
    press=(
        ("leeds_evening_post", 86_000),
        ("consumer_watch_daily", 240_000),
        ("nantes_matin", 54_000),
        ("kitchen_weekly", 31_000),
        ("le_consommateur", 128_000),
    ),
    headlines={
        "en": (
            "Burned by their coffee machine: customers accuse {b} of silence over the leaking {m} {t}",
            "{b} {m} leaks boiling water, dozens hurt, and the company refuses to talk {t}",
            "Shops in {p} stop selling the dangerous {b} {m} after burns {t}",
        ),
        "fr": (
            "Brûlures : la {m} de {b} fuit et les clients, furieux, dénoncent un scandale {t}",
            "{b} reste muet sur sa {m} dangereuse, les victimes sont en colère {t}",
        ),
    },
    tags=("#recall{handle}", "#recall{handle}", "#{handle}leaks", "#kitchensafety", "#balancetamachine", "#hotwater"),
)
"""The same at more length, and as papers and copies tell it too."""

MOCKERY: Final = Story(
    acts=(
        (
            0.0,
            {
                "en": (
                    "My {b} {m} died on its second day. What a moment. Awful. {t}",
                    "{t}? Cold {d}, a broken {b} {m} and nobody who cares. Pathetic.",
                    "Back at the repair shop in {p}, my {b} {m} is broken again. So annoying {t}",
                    "Here is mine, {b}: crying over a dead {m} at six in the morning. Terrible {t}",
                    "{b} asks for our moments. Mine was {s} without a machine, what a miserable joke {t}",
                    "Thank you {b} for the burnt {d} and the horrible noise. Worst purchase ever {t}",
                    "{t} is when the {b} {m} screams at five and the whole house hates the awful noise",
                    "Who at {b} had the stupid idea of {t}? Angry customers are all you get",
                    "{n} repairs, still broken, awful service from {b}. Yours? {t}",
                ),
                "fr": (
                    "{t} : ma {b} {m} en panne pour la troisième fois, quelle honte",
                    "Mon moment avec {b} : un {d} imbuvable et un service lamentable {t}",
                ),
            },
        ),
        (
            0.5,
            {
                "en": (
                    "{t} turned into a disaster and {b} deserves it. Terrible company.",
                    "Laughing and crying at {t}, what a fiasco. {b} has no idea how angry people are",
                    "Dear {b}, {t} is the worst campaign I have ever seen. Embarrassing.",
                    "Reading {t} for an hour. Broken machines, lies, awful support. Shame on {b}",
                    "{b} hides the bad answers to {t}. How pathetic is that",
                    "Fire whoever came up with {t}. What an embarrassing failure, {b}",
                    "{t}: my {m} broke, then {b} ignored me for {s}. Disgusting.",
                    "Nobody hates {b} like the people who own a {b} {m} {t}",
                ),
                "fr": (
                    "{t} est un désastre, {b} récolte la colère de ses clients",
                    "{b} cache les critiques sous {t}, c'est honteux et lamentable",
                ),
            },
        ),
    ),
    star="late_show_leo",
    star_followers=268_000,
    star_text="We read your {t} stories live on the show. What an embarrassing disaster for {b}",
    tags=("#{handle}moments",),
)
"""A campaign of the brand asked for beautiful moments under a hashtag, and got others."""
