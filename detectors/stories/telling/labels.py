"""What people complain of, in words that can be told in both languages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from detectors.model import StoryKind

__all__ = ["LABELS", "OUTAGE", "Label", "labels"]


class Label(msgspec.Struct, frozen=True):
    """A thing to complain of: its name in English and, with its article, in French, and the words that tell of it.

    Words are folded, with a space before and, if they are whole, one after. `thing`: it is no trouble by itself, and in
    any talk of some brands ("flights"); `breaks`: a thing that can be out of order.
    """

    kind: StoryKind | None
    en: str
    fr: str
    words: tuple[str, ...]
    thing: bool = False
    breaks: bool = False


def _label(kind: StoryKind | None, en: str, fr: str, words: str, *, thing: bool = False, breaks: bool = False) -> Label:
    """A label; of `words`, folded, between commas, one that ends in "*" is the beginning of words."""
    named = [f" {word.strip()} ".removesuffix("* ") for word in words.split(",")]
    return Label(kind, en, fr, tuple(named), thing or breaks, breaks)


_OPS: Final = StoryKind.OPERATIONS
_PRODUCT: Final = StoryKind.PRODUCT
_CONDUCT: Final = StoryKind.CONDUCT
_AD: Final = StoryKind.ADVERTISING

OUTAGE: Final = _label(
    _OPS,
    "outages",
    "les pannes",
    "outage*, is down, are down, went down, was down, still down, offline, crash*, panne, pannes, hors service, "
    "ne marche plus, ne fonctionne plus, ne repond plus, ne repondent plus, plante, plantage*",
)
LABELS: Final = (
    OUTAGE,
    _label(_OPS, "the app", "l'application", "app, apps, appli, application", breaks=True),
    _label(_OPS, "the website", "le site", "website, site, site web", breaks=True),
    _label(_OPS, "payments", "les paiements", "payment*, paiement*, card declined, carte refusee", breaks=True),
    _label(_OPS, "the network", "le réseau", "network, no signal, reseau, 4g, 5g", breaks=True),
    _label(_OPS, "internet access", "l'accès à internet", "internet, wifi, broadband, fibre", breaks=True),
    _label(_OPS, "login", "la connexion", "login, log in, sign in, connexion, me connecter", breaks=True),
    _label(_OPS, "delays", "les retards", "delay*, late, retard, retards, retarde*"),
    _label(_OPS, "cancellations", "les annulations", "cancel*, annule*, annulation*"),
    _label(_OPS, "queues", "les files d'attente", "queue*, in line, file d attente, faire la queue"),
    _label(_OPS, "deliveries", "les livraisons", "deliver*, parcel*, livraison*, livreur*, colis", thing=True),
    _label(_OPS, "luggage", "les bagages", "luggage, baggage, bag, bags, suitcase*, bagage*, valise*", thing=True),
    _label(_OPS, "power cuts", "les coupures de courant", "power cut*, no power, blackout*, coupure*"),
    _label(_OPS, "flights", "les vols", "flight, flights, vols, avion, avions", thing=True),
    _label(_OPS, "trains", "les trains", "train, trains, tgv", thing=True),
    _label(None, "customer service", "le service client", "customer service, service client, sav, hotline, call cent*"),
    _label(None, "refunds", "les remboursements", "refund*, money back, rembours*"),
    _label(None, "prices", "les prix", "price, prices, pricing, overpriced, prix, tarif*"),
    _label(None, "fees", "les frais", "fee, fees, frais"),
    _label(None, "subscriptions", "les abonnements", "subscription*, abonnement*, resilier, resiliation", thing=True),
    _label(_PRODUCT, "leaks", "les fuites", "leak, leaks, leaking, fuite, fuites, fuit"),
    _label(_PRODUCT, "burns", "les brûlures", "burn, burns, burned, burnt, brulure*, brulee, brulees, brules"),
    _label(_PRODUCT, "fires", "les incendies", "caught fire, catch fire, on fire, incendie*, pris feu, prend feu"),
    _label(_PRODUCT, "explosions", "les explosions", "explod*, explos*"),
    _label(_PRODUCT, "injuries", "les blessures", "injur*, blessure*, blesse, blesses, blessee, blessees"),
    _label(_PRODUCT, "recalls", "les rappels de produits", "recall, recalls, recalled, rappel produit"),
    _label(_PRODUCT, "defects", "les défauts", "defect*, faulty, broken, defaut, defauts, defectu*, casse, cassee"),
    _label(_PRODUCT, "batteries", "les batteries", "battery, batteries, batterie", thing=True),
    _label(_PRODUCT, "food poisoning", "les intoxications", "poisoning, intoxication*, salmonel*, listeria"),
    _label(_PRODUCT, "allergies", "les allergies", "allerg*"),
    _label(_PRODUCT, "hygiene", "l'hygiène", "hygien*, cockroach*, cafard*, mould, moisi*, moisissure*"),
    _label(_PRODUCT, "quality", "la qualité", "quality, qualite"),
    _label(_CONDUCT, "racism", "le racisme", "racis*"),
    _label(_CONDUCT, "sexism", "le sexisme", "sexis*, misogyn*"),
    _label(_CONDUCT, "homophobia", "l'homophobie", "homophob*, transphob*"),
    _label(_CONDUCT, "discrimination", "les discriminations", "discriminat*"),
    _label(_CONDUCT, "harassment", "le harcèlement", "harass*, harcel*"),
    _label(_CONDUCT, "violence", "les violences", "violen*, assault*, dragged off, beaten up, agress*, tabass*"),
    _label(_CONDUCT, "lay-offs", "les licenciements", "layoff*, lay offs, laid off, licenci*"),
    _label(_CONDUCT, "strikes", "la grève", "strike, strikes, greve, greves"),
    _label(_CONDUCT, "wages", "les salaires", "wage, wages, salary, salaries, salaire*"),
    _label(
        _CONDUCT, "child labour", "le travail des enfants", "child labour, child labor, sweatshop*, travail des enfants"
    ),
    _label(
        _CONDUCT, "cruelty to animals", "la maltraitance animale", "animal cruelty, animal abuse, maltraitance animale"
    ),
    _label(_CONDUCT, "pollution", "la pollution", "pollut*, oil spill, maree noire, greenwash*"),
    _label(_CONDUCT, "fraud", "la fraude", "fraud*, scam, scams, escroqu*, arnaqu*"),
    _label(
        _CONDUCT, "personal data", "les données personnelles", "data leak*, data breach*, donnees personnelles, rgpd"
    ),
    _label(_CONDUCT, "lies", "les mensonges", "lied, liar, liars, mensonge*, menteur*, menti"),
    _label(_CONDUCT, "a boycott", "le boycott", "boycott*"),
    _label(
        _AD, "its advertising", "sa publicité", "ad, ads, advert*, commercial, campaign*, pub, publicit*, campagne*"
    ),
)


def labels(words: Mapping[str, int], texts: Sequence[Sequence[str]], kinds: Iterable[StoryKind | None]) -> list[Label]:
    """What is complained of, the most frequent first: told by a word that stands out, or by two texts.

    A thing is told by texts only where no words stand out, since nothing usual is known. `words` are those that stand
    out, folded, with their posts; `texts` the folded words of posts; only labels of these `kinds` are looked for.

    >>> posts = [["flight", "is", "late"], ["refunded", "at", "last"], ["late", "flight", "again"]]
    >>> [label.en for label in labels({"#refundnow": 4, "refund": 7}, posts, [None, StoryKind.OPERATIONS])]
    ['refunds', 'delays']
    >>> [label.en for label in labels({}, posts, [None, StoryKind.OPERATIONS])]
    ['delays', 'flights']
    """
    wanted = set(kinds)
    lines = [f" {' '.join(text)} " for text in texts]
    found: list[tuple[int, Label]] = []
    for label in LABELS:
        if label.kind not in wanted:
            continue
        shouted = max((posts for word, posts in words.items() if _tells(label, f" {word} ")), default=0)
        told = sum(_tells(label, line) for line in lines)
        if shouted or (told >= 2 and not (label.thing and words)):
            found.append((shouted + told, label))
    return [label for _, label in sorted(found, key=lambda item: -item[0])]  # stable: then in the order of LABELS


def _tells(label: Label, line: str) -> bool:
    """Whether one of the label's words is in a line of words between spaces."""
    return any(word in line for word in label.words)
