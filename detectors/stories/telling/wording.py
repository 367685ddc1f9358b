"""How a title says each kind of story, in English and in French: everything it is made of but the evidence.

A template names its evidence in braces. What stands in square brackets is left out where its evidence is missing, or
where the title gets too long, the last first. Of a kind's templates the first is taken whose other evidence is there.

| evidence | what |
|---|---|
| `about`, `of_it` | what it is about: in French as after "sur", and after "au sujet" |
| `listed` | the same without articles |
| `phrase` | what several posts say in the same words |
| `place` | " in Chicago": with its preposition and a space before it |
| `tag`, `account`, `rival`, `host` | the story's subject, as strangers write it |
| `thing`, `shared`, `often` | "a video", its participle in French, "thousands of times" |
| `posts`, `total`, `authors`, `percent`, `wait` | its numbers |
| `broken`, `others` | what an outage has put out of order, or what comes with it |
| `troubles`, `things` | what is wrong, or with what, in words of ours and not in strangers' |
| `outage`, `young`, `in_step`, `copied` | "" if it is one, if the sign of a brigade is this one |
"""

from __future__ import annotations

from typing import Final

from detectors.model import StoryKind

__all__ = ["BESIDE", "GENERAL", "HEADS", "LANGUAGES", "PLAIN", "WORDS_ONLY"]

LANGUAGES: Final = ("en", "fr")

PLAIN: Final = {"en": "a wave of criticism is starting", "fr": "une vague de critiques commence"}
"""Of a wave of which nothing is known but its size."""

WORDS_ONLY: Final[dict[str, list[str]]] = {
    "en": ["criticism about {about}[ under {tag}][{place}]", "criticism under {tag}[{place}]"],
    "fr": ["critiques sur {about}[, sous {tag}][{place}]", "critiques sous {tag}[{place}]"],
}
"""Of a wave of no kind."""

HEADS: Final[dict[StoryKind, dict[str, list[str]]]] = {
    StoryKind.HIJACKED_HASHTAG: {
        "en": [
            "customers turn {tag} against the brand[ over {about}][{place}]",
            "customers turn a hashtag of the brand against it[ over {about}][{place}]",
        ],
        "fr": [
            "le hashtag {tag} se retourne contre la marque[ au sujet {of_it}][{place}]",
            "un hashtag de la marque se retourne contre elle[ au sujet {of_it}][{place}]",
        ],
    },
    StoryKind.RALLY: {
        "en": [
            "people rally round {account}[ over {about}][{place}]",
            "people rally round one customer[ over {about}][{place}]",
        ],
        "fr": [
            "le public se range derrière {account}[ au sujet {of_it}][{place}]",
            "le public se range derrière un client[ au sujet {of_it}][{place}]",
        ],
    },
    StoryKind.ONE_LINK: {
        "en": [
            "{thing}[ about {about}][{place}] is shared {often}[ ({host})]",
            "{thing}[ about {about}][{place}] goes round[ ({host})]",
        ],
        "fr": [
            "{thing}[ sur {about}][{place}] est {shared} {often}[ ({host})]",
            "{thing}[ sur {about}][{place}] circule[ ({host})]",
        ],
    },
    StoryKind.IMPOSTOR: {
        "en": ["a fake support account answers customers[ ({account})]"],
        "fr": ["un faux compte d'assistance répond aux clients[ ({account})]"],
    },
    StoryKind.UNANSWERED: {
        "en": [
            "complaints[ about {about}] have waited {wait} for an answer[{place}]",
            "complaints[ about {about}] wait for an answer[{place}]",
        ],
        "fr": [
            "des plaintes[ sur {about}] attendent une réponse depuis {wait}[{place}]",
            "des plaintes[ sur {about}] attendent une réponse[{place}]",
        ],
    },
    StoryKind.BRIGADE: {
        "en": [
            "new accounts attack together{young}[ over {about}][ ({posts} of {total} posts)]",
            "accounts post in step, as if agreed{in_step}[ ({posts} of {total} posts)][ about {about}]",
            "accounts attack with copied texts{copied}[ over {about}][ ({posts} of {total} posts)]",
            "{authors} accounts write {total} critical posts[ about {about}]",
            "an attack that looks organised[ over {about}]",
        ],
        "fr": [
            "des comptes récents attaquent ensemble{young}[ au sujet {of_it}][ ({posts} messages sur {total})]",
            "des comptes publient de concert{in_step}[ ({posts} messages sur {total})][ au sujet {of_it}]",
            "des comptes attaquent avec des textes copiés{copied}[ au sujet {of_it}][ ({posts} messages sur {total})]",
            "{authors} comptes publient {total} critiques[ sur {about}]",
            "une attaque qui semble organisée[ au sujet {of_it}]",
        ],
    },
    StoryKind.COPY_PASTE: {
        "en": [
            "the same text ({phrase}) posted {posts} times[ by {authors} accounts]",
            "the same text[ about {about}] posted {posts} times[ by {authors} accounts]",
            "the same text[ about {about}] posted again and again",
        ],
        "fr": [
            "le même texte ({phrase}) publié {posts} fois[ par {authors} comptes]",
            "le même texte[ sur {about}] publié {posts} fois[ par {authors} comptes]",
            "le même texte[ sur {about}] publié encore et encore",
        ],
    },
    StoryKind.RIVAL: {
        "en": [
            "{percent} of the criticism[ about {about}] names {rival}[{place}]",
            "the criticism[ about {about}] names {rival}[{place}]",
            "the criticism[ about {about}] names a competitor[{place}]",
        ],
        "fr": [
            "{rival} est cité dans {percent} des critiques[ sur {about}][{place}]",
            "{rival} est cité dans les critiques[ sur {about}][{place}]",
            "un concurrent est cité dans les critiques[ sur {about}][{place}]",
        ],
    },
    StoryKind.OPERATIONS: {
        "en": [
            "outage, {broken} down[{place}]",
            "outage{outage}[ and {others}][{place}]",
            "{troubles}[{place}]",
            "trouble with {things}[{place}]",
            "service trouble[, {listed}][{place}]",
        ],
        "fr": [
            "panne, {broken}[{place}]",
            "panne{outage}[ et {others}][{place}]",
            "{troubles}[{place}]",
            "des problèmes avec {things}[{place}]",
            "service perturbé[, {listed}][{place}]",
        ],
    },
    StoryKind.PRODUCT: {
        "en": ["a product is under fire[ over {about}][{place}]"],
        "fr": ["un produit est mis en cause[ ({listed})][{place}]"],
    },
    StoryKind.CONDUCT: {
        "en": ["row over {about}[{place}]", "row over its conduct[{place}]"],
        "fr": ["polémique sur {about}[{place}]", "polémique sur le comportement de la marque[{place}]"],
    },
    StoryKind.ADVERTISING: {
        "en": ["its advertising causes a row[ over {about}][{place}]"],
        "fr": ["sa publicité fait polémique[ ({listed})][{place}]"],
    },
}
"""Of a wave that is most plainly of this kind."""

BESIDE: Final[dict[StoryKind, dict[str, list[str]]]] = {
    StoryKind.HIJACKED_HASHTAG: {"en": ["under {tag}"], "fr": ["sous {tag}"]},
    StoryKind.RALLY: {"en": ["people rally round {account}"], "fr": ["le public se range derrière {account}"]},
    StoryKind.ONE_LINK: {"en": ["{thing} goes round"], "fr": ["{thing} circule"]},
    StoryKind.IMPOSTOR: {
        "en": ["a fake account answers customers[ ({account})]"],
        "fr": ["un faux compte répond aux clients[ ({account})]"],
    },
    StoryKind.UNANSWERED: {"en": ["no answer for {wait}"], "fr": ["sans réponse depuis {wait}"]},
    StoryKind.BRIGADE: {"en": ["it looks organised"], "fr": ["une action qui semble organisée"]},
    StoryKind.COPY_PASTE: {"en": ["the same text {posts} times"], "fr": ["le même texte {posts} fois"]},
    StoryKind.RIVAL: {"en": ["{rival} named too"], "fr": ["{rival} aussi cité"]},
}
"""Of a wave that is of this kind beside the plainest one; what the others say is in what it is about."""

GENERAL: Final[dict[StoryKind, tuple[str, str]]] = {
    StoryKind.OPERATIONS: ("the service", "le service"),
    StoryKind.PRODUCT: ("a product", "un produit"),
    StoryKind.CONDUCT: ("its conduct", "son comportement"),
    StoryKind.ADVERTISING: ("its advertising", "sa publicité"),
}
"""What a wave is about where its words say no more than the kind."""
