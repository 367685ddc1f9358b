"""Every fixed sentence of a digest, in English and in French; what is known fills the braces."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from detectors.stories.telling.grammar import NBSP, duration, percent
from streams.notifiers.wording import Lang, count, spaced

__all__ = ["WORDS", "counted", "growth", "hundredths", "joined", "period", "took"]

_EN: Final[dict[str, str]] = {
    "title": "Digest",
    "span": "from {since} to {until}",
    "nothing": "Nothing happened {span}: no incident.",
    "nothing known": "As far as is known, nothing happened {span}: no incident, but data are missing.",
    "unknown": "Nothing is known of the time {span}: data are missing.",
    "no brand": "No brand is watched.",
    "happened": "{incidents} {span}: {states}.",
    "incident": "{n} incident|{n} incidents",
    "opened": "{n} opened|{n} opened",
    "reopened": "{n} came back|{n} came back",
    "is over": "{n} over|{n} over",
    "open": "{n} still open|{n} still open",
    "no mentions": "No mentions.",
    "mention": "{n} mention|{n} mentions",
    "negative": "{n} negative|{n} negative",
    "said": "{mentions}{change}; {negative} ({share}){negative_change}.",
    "change": ", {growth} on {period}",
    "the day": "the day before",
    "the week": "the week before",
    "the span": "the {span} before",
    "state open": "open",
    "state over": "over",
    "since": "opened {at}",
    "again": "came back",
    "until": "over {at}",
    "owner": "{owner} has it",
    "no owner": "nobody has it",
    "no owner had": "nobody had it",
    "acknowledged": "acknowledged after {time}",
    "responded": "first response after {time}",
    "took": "over after {time}",
    "observed": "{n} negative mention|{n} negative mentions",
    "yours": "yours",
    "brands": "All brands",
    "volumes": "Brand by brand",
    "by topic": "Topics",
    "by team": "Teams",
    "Channels": "Channels",
    "Complaints": "Complaints",
    "Voice": "Share of voice",
    "answers": "{complaints} to the brand, {answered} answered, {unanswered} not",
    "no complaints": "none to the brand",
    "apart": "; ",
    "half": "first answer within {median} for half, within {p90} for nine in ten",
    "earlier": "{n} answer to an earlier complaint|{n} answers to earlier complaints",
    "voice": "{shares}; of the negative: {negative}",
    "topic": "topic",
    "team": "team",
    "brand": "brand",
    "mentions": "mentions",
    "negatives": "negative",
    "changed": "change",
    "complaints": "complaints",
    "unanswered": "unanswered",
    "median": "first answer, half",
    "p90": "nine in ten",
    "voices": "share of voice",
    "no team": "nobody's",
    "none": "no topic",
    "other": "other",
    "colon": ": ",
    "quiet": "Quiet: {names}.",
    "missing": "Data are missing: {names}.",
    "without": "{name} for {time}",
    "stopped": "Nothing was counted after {at}.",
    "unheard": "Nothing was heard of: {names}.",
    "and more": "and {n} more",
    "more incidents": "and {n} more incident: badbuzz incidents list --all|"
    "and {n} more incidents: badbuzz incidents list --all",
    "more brands": "and {n} more brand|and {n} more brands",
    "more busy": "{n} more brand had incidents: {names}.|{n} more brands had incidents: {names}.",
    "note": "“Answered” counts first answers by the brand's own accounts; times leave out what was never answered.",
}
_FR: Final[dict[str, str]] = {
    "title": "Bilan",
    "span": "du {since} au {until}",
    "nothing": "Rien à signaler {span} : aucun incident.",
    "nothing known": "Pour autant qu'on sache, rien à signaler {span} : aucun incident, mais des données manquent.",
    "unknown": "On ne sait rien de la période {span} : les données manquent.",
    "no brand": "Aucune marque n'est suivie.",
    "happened": "{incidents} {span} : {states}.",
    "incident": "{n} incident|{n} incidents",
    "opened": "{n} ouvert|{n} ouverts",
    "reopened": "{n} reparti|{n} repartis",
    "is over": "{n} terminé|{n} terminés",
    "open": "{n} encore en cours|{n} encore en cours",
    "no mentions": "Aucune mention.",
    "mention": "{n} mention|{n} mentions",
    "negative": "{n} négative|{n} négatives",
    "said": "{mentions}{change} ; {negative} ({share}){negative_change}.",
    "change": ", {growth} par rapport à {period}",
    "the day": "la veille",
    "the week": "la semaine d'avant",
    "the span": "la durée de {span} d'avant",
    "state open": "en cours",
    "state over": "terminé",
    "since": "ouvert le {at}",
    "again": "reparti",
    "until": "terminé le {at}",
    "owner": "{owner} s'en occupe",
    "no owner": "personne ne s'en occupe",
    "no owner had": "personne ne s'en est occupé",
    "acknowledged": "pris en charge après {time}",
    "responded": "première réponse après {time}",
    "took": "terminé après {time}",
    "observed": "{n} mention négative|{n} mentions négatives",
    "yours": "à vous",
    "brands": "Toutes les marques",
    "volumes": "Marque par marque",
    "by topic": "Sujets",
    "by team": "Équipes",
    "Channels": "Canaux",
    "Complaints": "Plaintes",
    "Voice": "Part de voix",
    "answers": "{complaints} à la marque, {answered} avec réponse, {unanswered} sans",
    "no complaints": "aucune à la marque",
    "apart": " ; ",
    "half": "première réponse en {median} pour la moitié, en {p90} pour neuf sur dix",
    "earlier": "{n} réponse à une plainte d'avant|{n} réponses à des plaintes d'avant",
    "voice": "{shares} ; du négatif : {negative}",
    "topic": "sujet",
    "team": "équipe",
    "brand": "marque",
    "mentions": "mentions",
    "negatives": "négatives",
    "changed": "évolution",
    "complaints": "plaintes",
    "unanswered": "sans réponse",
    "median": "1re réponse, moitié",
    "p90": "neuf sur dix",
    "voices": "part de voix",
    "no team": "à personne",
    "none": "sans sujet",
    "other": "autres",
    "colon": " : ",
    "quiet": "Calme : {names}.",
    "missing": "Des données manquent : {names}.",
    "without": "{name} pendant {time}",
    "stopped": "Rien n'a été compté après le {at}.",
    "unheard": "Rien n'a été entendu sur : {names}.",
    "and more": "et {n} de plus",
    "more incidents": "et {n} incident de plus : badbuzz incidents list --all|"
    "et {n} incidents de plus : badbuzz incidents list --all",
    "more brands": "et {n} marque de plus|et {n} marques de plus",
    "more busy": "{n} autre marque a eu des incidents : {names}.|{n} autres marques ont eu des incidents : {names}.",
    "note": "« Avec réponse » compte les premières réponses des comptes de la marque ; les durées laissent de côté ce"
    " qui est resté sans réponse.",
}


WORDS: Final[dict[Lang, dict[str, str]]] = {"en": _EN, "fr": {name: spaced(text) for name, text in _FR.items()}}


def counted(what: str, number: int, lang: Lang) -> str:
    r"""So many of something: one, or several.

    >>> counted("incident", 1, "en"), counted("incident", 0, "en"), counted("mention", 0, "fr")
    ('1 incident', '0 incidents', '0\xa0mention')
    """
    one, several = WORDS[lang][what].split("|")
    told = one if (number == 1 if lang == "en" else abs(number) < 2) else several
    return told.replace("{n} ", f"{count(number, lang)}{' ' if lang == 'en' else NBSP}")


def hundredths(share: float | None, lang: Lang) -> str:
    r"""A share as a percentage, a dash where there is none; what is nearly nothing is not nothing.

    >>> hundredths(0.126, "en"), hundredths(0.126, "fr"), hundredths(0.001, "en"), hundredths(None, "en")
    ('13%', '13\xa0%', '<1%', '-')
    """
    if share is None:
        return "-"
    return ("<" + percent(1, lang)) if 0 < share < 0.005 else percent(round(100 * share), lang)


def growth(change: float | None, lang: Lang) -> str:
    """How much more there is: "+12%"; a dash where nobody knows.

    >>> growth(0.12, "en"), growth(-0.5, "en"), growth(0.0, "en"), growth(None, "en")
    ('+12%', '-50%', '=', '-')
    """
    if change is None:
        return "-"
    whole = round(100 * change)
    if not whole:
        return "="
    return ("+" if whole > 0 else "-") + count(abs(whole), lang) + percent(0, lang)[1:]


def took(seconds: int | None, lang: Lang) -> str:
    r"""A time as people say it, on one line; a dash where there is none.

    >>> took(42, "en"), took(720, "en"), took(None, "en")
    ('42\xa0s', '12\xa0min', '-')
    """
    if seconds is None:
        return "-"
    return f"{seconds}{NBSP}s" if seconds < 90 else duration(round(seconds / 60), lang).replace(" ", NBSP)


def period(length: timedelta, lang: Lang) -> str:
    """The span before one of this length. A day in which clocks are changed is a day, too.

    >>> period(timedelta(hours=25), "en"), period(timedelta(days=7), "fr"), period(timedelta(hours=36), "en")
    ('the day before', "la semaine d'avant", 'the 36 h before')
    """
    words = WORDS[lang]
    for days, name in ((1, "the day"), (7, "the week")):
        if abs(length - timedelta(days=days)) <= timedelta(hours=1):
            return words[name]
    return words["the span"].format(span=duration(round(length / timedelta(minutes=1)), lang))


def joined(names: list[str], lang: Lang, *, most: int) -> str:
    """Names, the first of them where there are many.

    >>> joined(["a", "b", "c"], "en", most=2), joined(["a", "b"], "en", most=2)
    ('a, b and 1 more', 'a, b')
    """
    told = ", ".join(names[:most])
    if len(names) <= most:
        return told
    return f"{told} {WORDS[lang]['and more'].format(n=count(len(names) - most, lang))}"
