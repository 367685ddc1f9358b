"""The words by which a complaint tells what it is about: operations, product, conduct or advertising.

English and French stand together: one pass finds both, and people mix them. So a word that means something else in
the other language, or in other talk ("down", "broke", "commercial", "pub", "affiche", "rappel"), stands here within
phrases only.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import product
from typing import Final

__all__ = ["SUBJECTS", "subject_words"]

_DETERMINERS: Final = "(la|cette|une|votre|leur|sa|nouvelle|dernière|de|en)"
_PLURAL: Final = "(les|ces|des|vos|leurs|ses|nouvelles)"

SUBJECTS: Final[dict[str, tuple[str, str]]] = {
    "operations": (
        # English
        """
        outage(|s), delay(|s|ed|ing), cancel(s|ed|led|ing|ling|lation|lations),
        (is|are|was|been|went|goes|still|completely|totally|all) down, down (again|for hours|all day|since|right
        now), down today, keeps crashing, (app|site|website|system) (crash|crashes|crashed|is crashing), not
        loading, won't load, (can't|cannot|can not|couldn't|unable to) (log in|login|connect|check in|access), error
        message(|s), (server|system|network|payment) (error|errors|failure|issue|issues), (system|systems|network)
        down, glitch(|es), (no|zero) (signal|service|internet|connection|coverage), (is|are|was|still|went|gone)
        offline, unavailable, blackout(|s), power (cut|outage), disruption(|s), disrupted, diverted, grounded,
        stranded, (stuck|sitting|sat|waiting) (at|in|on) the (airport|plane|tarmac|runway|gate|station|train), on
        hold, hold time(|s), hung up on, (hours|hour|days|minutes|mins|weeks) (late|wait|waiting), wait(ed|ing) (for
        hours|hours|over an hour), (is|was|are|were|running|arrived|always|hr|hrs) late, late
        (again|flight|flights|delivery), overbook(ed|ing), oversold, (miss|missed|missing)
        (my|our|the|a|his|her|their) (connection|flight|connecting flight), (lost|missing|delayed)
        (bag|bags|luggage|baggage|suitcase|suitcases|parcel|package|order), lost (my|our|his|her|their)
        (bag|bags|luggage|baggage|suitcase|suitcases|parcel|package|order), (never|not|hasn't|still not)
        (arrived|delivered|shipped|received), never showed up, out of stock, backlog(|s), understaffed, short
        staffed, (long|huge|endless) (queue|queues|line|lines), (rebook|rebooked|rebooking), maintenance, on strike,
        breakdown(|s), service interruption
        """,
        # French
        """
        panne(|s), (un|en|du|de|le|mon|son|votre|leur|ce|minutes de|heures de) retard, retards, retard(é|ée|és|ées),
        annul(e|é|ée|és|ées|er|ent|ation|ations), (train|trains|vol|vols|bus) supprimé(|s), suppression(|s) de
        (train|trains|vol|vols), hors service, indisponible(|s), inaccessible(|s),
        (site|appli|application|serveur|serveurs) (plante|plantent|bug|bugue|bloqué|bloquée|down|hs), (a|ont)
        planté, coupure(|s), (plus|pas) de (réseau|connexion|internet|courant|chauffage|signal), aucun réseau, plus
        d'internet, impossible de (se connecter|me connecter|joindre|vous joindre|réserver|commander|payer|accéder),
        bug(|s|ue|ué|uée), message d'erreur, bloqué(|e|s|es) (dans|en|sur|à|au|depuis),
        perturb(é|ée|és|ées|ation|ations), dysfonctionnement(|s), (en|la|de|une|cette) grève, grèves,
        saturé(|e|s|es), surréservation(|s), surbooking, correspondance(|s) (ratée|ratées|manquée|manquées), raté
        (ma|notre|sa) correspondance, (bagage|bagages|valise|valises|colis|commande)
        (perdu|perdus|perdue|perdues|égaré|égarés), (perdu|égaré) (mon|ma|mes|nos|notre|sa|son|ses)
        (bagage|bagages|valise|valises|colis|commande), (jamais|pas|toujours pas|pas encore|pas été)
        (livré|livrée|livrés|livrées|arrivé|arrivée|arrivés|reçu|reçue|expédié),
        (heure|heures|minutes|jours|semaines) d'attente, attend(s|ons|re) depuis, rupture de stock,
        (problème|problèmes|incident|incidents|souci|soucis) (technique|techniques|informatique|informatiques),
        maintenance, interruption(|s) de service, file d'attente, (raccroche|raccroché) au nez, injoignable(|s)
        """,
    ),
    "product": (
        """
        defect(|s|ive), faulty, recalled, recalls, recalling,
        (product|safety|a|the|this|massive|voluntary|food|vehicle) recall, malfunction(|s|ed|ing),
        (it|has|just|already|which|and|zipper|screen|handle|that) broke, broke (after|again|down |within|on the
        first|the first), broken, (fell|falls|falling|came|coming) apart, stopped working, (doesn't|does
        not|don't|do not|didn't|never|no longer|isn't|not) (work|works|worked|working), (won't|doesn't|wouldn't)
        (turn on|charge|start|open|close), overheat(|s|ed|ing), (caught|catch|catches|catching) fire, burst into
        flames, explo(de|des|ded|ding|sion), (burned|burnt|cut|injured|hurt) (my|his|her)
        (hand|hands|finger|fingers|face|mouth|skin|son|daughter|baby|dog), (burned|burnt|injured) (me|him|us),
        (is|are|was|it) leaking, leaks, leaky, cracked, (poor|bad|terrible|awful|horrible|cheap|low|worst) quality,
        quality control, cheap plastic, toxic, contaminat(ed|ion), salmonella, listeria, e coli, food poisoning,
        (made|got|getting|feeling|fell) (me|us|him|her|them|my son|my daughter|my kids|everyone) (sick|ill), got
        sick, allergic reaction, (undeclared|hidden) (allergen|allergens|nuts|milk), (choking|safety|fire|health)
        hazard, (un|not )safe, mould(|y), mold(|y), rotten, (is|was|already|past) expired, maggot(|s),
        (glass|plastic|metal|worm|worms|hair|insect|insects|mouse|rat) in (my|the|our|his|her|their), counterfeit,
        flimsy, shoddy, (poorly|badly) (made|designed|built), battery (died|dies|drain|drains|life), died
        (after|within|on me), dead (after|on arrival), (failed|fails) after, warranty, (third|second|another|needs)
        repair, side effect(|s), undrinkable, inedible, tastes (awful|horrible|terrible|disgusting|like|bad|off),
        burnt and bitter, wrong (size|item|product|order|machine|colour|color)
        """,
        """
        défectueu(x|se|ses), (un|des|de|gros) défaut(|s), défaut(|s) de (fabrication|conception|qualité), vice(|s)
        caché(|s), (rappel|rappels|rappelle|rappelés|retrait) (produit|produits|de produit|de produits|de lot|de
        lots|massif|conso|des lots), (produit|produits|lot|lots|véhicules|voitures) rappel(é|és|ées),
        cassé(|e|s|es), (tombé|tombée|tombe) en panne, ne
        (marche|marchent|fonctionne|fonctionnent|s'allume|charge|démarre) (plus|pas), marche (plus|pas), fonctionne
        (plus|pas), (pris|prend|prennent|en) feu, explos(e|é|ée|és|ées|er|ion), surchauffe(|nt|s), (m'a|l'a|s'est)
        (brûlé|brûlée|coupé|blessé), brûlure(|s), fuite(|s) d'eau, (qui|ça|elle|il) fuit, (mauvaise|piètre) qualité,
        qualité (médiocre|déplorable|catastrophique|nulle|douteuse), baisse de (qualité|la qualité), camelote,
        toxique(|s), contamin(é|ée|és|ées|ation|ations), salmonell(e|es|ose), listeria, listériose,
        intoxi(cation|cations|qué|quée|qués|quées), (rendu|rend|tombé|tombée|tombés) malade(|s), allergène(|s),
        réaction allergique, moisi(|e|s|es|ssure|ssures), périmé(|e|s|es), pourri(|e|s|es), asticot(|s),
        (ver|vers|insecte|insectes|cafard|souris) dans, (bout|bouts|morceau|morceaux|éclat|éclats) de
        (verre|métal|plastique|bois), impropre(|s) à la consommation, dangereu(x|se|ses), contrefaçon(|s),
        immangeable(|s), imbuvable(|s), (la|sous|hors) garantie, obsolescence, malfaçon(|s), effet(|s)
        (secondaire|secondaires|indésirable|indésirables), inutilisable(|s), mal
        (conçu|conçue|fabriqué|fabriquée|fini), non conforme(|s), mauvais (article|produit|modèle)
        """,
    ),
    "conduct": (
        """
        racis(t|ts|m), sexis(t|ts|m), misogyn(y|ist|istic), homophob(ic|ia), transphob(ic|ia), islamophob(ic|ia),
        antisemit(e|ic|ism), anti-semit(ic|ism), xenophob(ic|ia), bigot(|s|ed|ry), discriminat(e|es|ed|ing|ion|ory),
        racial profiling, racially profiled, harass(|es|ed|ing|ment), assault(|s|ed|ing), sexual misconduct,
        misconduct, abus(e|es|ed|ing|ive), bull(y|ying|ied), (toxic|hostile) (workplace|work environment|culture),
        dragged (a|him|her|out), (dragging|beaten|beat up|roughed up),
        (kicked|thrown|threw|dragged|removed|escorted) (off|me off|him off|her off|us off|off the),
        (removed|escorted|dragged|banned) from the (plane|flight|store|shop|hotel|restaurant|bus|train),
        humiliat(e|ed|ing|ion), layoff(|s), lay-off(|s), laid off, laying off, (fires|fired|firing), mass
        firing(|s), unpaid, underpa(id|ys|ying), wage theft, sweatshop(|s), (child|forced|slave) labo(r|ur),
        slavery, exploit(s|ed|ing|ation), union bust(ing|er|ers), fraud(|s|ulent), scam(|s|med|mer|mers|ming),
        rip(-| |ped |ping )off, corrupt(|ion), brib(e|es|ed|ery), tax
        (evasion|dodging|dodger|dodgers|avoidance|fraud|haven|havens), embezzle(d|ment), insider trading, money
        laundering, lawsuit(|s), sued, sues, suing, cover(-| )up, covered (it|this|that) up, covering up, lied,
        lying, liar(|s), criminals, data (breach|leak|leaks), (leaked|leaks|sold|sells|selling|stole|steals|lost)
        (our|my|your|their|customer|customers|user) data, hacked, spying on, invasion of privacy, animal
        (cruelty|abuse|testing|suffering), pollut(e|es|ed|ing|ion|er|ers), oil spill, deforestation, greenwashing,
        price gouging, price(-| )fixing, unethical, immoral, human rights, resign(|s|ed), step(s|ped|) down, hate
        speech, whistle(|-)blower(|s), dehumaniz(e|ed|ing), refused (service|to serve), profiteering
        """,
        """
        racis(te|tes|me), sexis(te|tes|me), misogyn(e|es|ie), homophob(e|es|ie), transphob(e|es|ie),
        islamophob(e|es|ie), antisémit(e|es|isme), xénophob(e|es|ie), handiphob(e|es|ie),
        discrimin(e|é|ée|és|ées|er|ation|ations|atoire|atoires), harcèlement(|s), harcel(é|ée|és|ées|er|eur|eurs),
        harcèle(|nt), agress(é|ée|és|ées|ion|ions|eur|eurs), maltrait(é|ée|és|ées|er|ance|ances),
        humili(e|é|ée|és|ées|er|ant|ante|ation|ations), licenci(e|é|ée|és|ées|er|ent|ement|ements), plan social,
        viré(|e|s|es), (suppression|suppressions) (de postes|d'emplois), (supprime|supprimer|supprimé) (des|de|ses)
        (postes|emplois), délocalis(e|é|ée|er|ation|ations), travail (des enfants|forcé|dissimulé|au noir),
        esclav(age|es|agisme), exploit(és|ées|er|e|ent) (ses|leurs|les|des|nos)
        (salariés|employés|ouvriers|gens|producteurs|agriculteurs|enfants), sous-pay(é|ée|és|ées),
        fraud(e|es|é|er|eur|eurs), frauduleu(x|se|ses), arnaqu(e|es|é|ée|és|er|ent|eur|eurs),
        escro(c|cs|quer|querie|queries), voleur(|s), corrompu(|e|s|es), corruption, pot(|s)-de-vin,
        (évasion|fraude|optimisation) fiscale, paradis fisca(l|ux), détournement(|s) de fonds, blanchiment,
        conflit(|s) d'intérêt(|s), menti, ment, mentent, mensonge(|s), menteu(r|rs|se|ses), abus,
        (porter|porte|porté|une|des) plainte(|s), procès, mis(|e|es) en examen, (fuite|fuites|vol|vols) de
        (données|vos données|nos données), (revendu|revend|vend) (nos|vos|mes|les) données, piraté(|e|s|es),
        piratage(|s), vie privée, (maltraitance|souffrance|cruauté) animale, cruauté envers,
        pollu(e|é|ée|er|ent|eur|eurs|tion|tions), marée noire, déforestation, greenwashing, écoblanchiment,
        inhumain(|e|s|es), droits (humains|de l'homme|des salariés), démission(|s|nez|ne|né), lanceu(r|rs|se)
        d'alerte, entente illicite, propos (racistes|sexistes|homophobes|déplacés|haineux), injure(|s),
        insult(és|ées|er), mépris(|e|ant|ante)
        """,
    ),
    "advertising": (
        """
        ad, ads, advert(|s), advertis(e|es|ed|ing|ement|ements), commercials,
        (your|the|this|that|their|new|tv|bowl|awful|terrible|offensive|latest|pulled|racist|sexist) commercial,
        campaign(|s), marketing, slogan(|s), tagline(|s), billboard(|s),
        (your|the|this|that|their|new|offensive|racist|sexist) poster(|s), tone(-| )deaf, insensitive, offensive,
        (bad|poor) taste, cultural appropriation, culturally appropriat(e|ing), blackface,
        stereotyp(e|es|ed|ing|ical), objectif(y|ies|ied|ying|ication), sexist, (fat|body)(-| )sham(e|es|ed|ing),
        airbrushed, photoshopped, influencer(|s), sponsored (post|posts|content), sponsorship(|s),
        spokes(person|man|woman), brand ambassador(|s), product placement, misleading, deceptive, clickbait,
        (publicity|pr|marketing) stunt(|s), pr (disaster|fail|move), rebrand(|s|ed|ing),
        (new|your|the|their|this|ugly) logo, jingle(|s), super bowl, promo video, pinkwashing, (rainbow|woke)(-|
        )washing, mock(s|ed|ing) (women|men|people|the disabled|the poor|veterans|victims|muslims),
        (makes|making|made|make) (fun|light) of, trivializ(e|es|ed|ing), trivialis(e|es|ed|ing), glorif(y|ies|ying),
        pull (the|this|that) ad, (delete|deleted|apologize for|apologise for|took down) (the|this|that|your)
        (tweet|post|video), exploit(s|ing) (a tragedy|the tragedy|grief)
        """,
        f"""
        {_DETERMINERS} pub, {_PLURAL} pubs, (spot|spots|clip) (pub|de pub|de la marque), publicit(é|és|aire|aires),
        (l'|son |un )affiche, (cette|une|votre|leur|sa|nouvelle) affiche, {_PLURAL} affiches, (campagne|campagnes)
        (de pub|de communication|de com|d'affichage|marketing|choc), (cette|votre|leur|nouvelle|dernière|sa)
        campagne, (ces|vos|leurs) campagnes, affichage, slogan(|s), (le|ce|un|votre|leur|nouveau) spot,
        (les|vos|leurs|ces) spots, (coup|opération|op|plan) de com, com (ratée|catastrophique|de crise), bad buzz,
        coup marketing, opération (marketing|commerciale), marketing, maladroit(|e|s|es), (mauvais|très mauvais)
        goût, de mauvais goût, stéréotyp(e|es|é|ée|és|ées), clichés, sexiste(|s), grossophob(e|es|ie),
        validis(te|tes|me), (femme|femmes)(-| )objet(|s), appropriation culturelle, blackface, trompeu(r|rs|se|ses),
        mensong(er|ers|ère|ères), influenceu(r|rs|se|ses), placement(|s) de produit(|s), sponsoris(é|ée|és|ées|er),
        (un|ce|le|votre|leur|son) partenariat, égérie(|s), ambassad(eur|eurs|rice|rices), (nouveau|votre|leur|ce|le)
        logo, jingle, pinkwashing, matraquage, récupération (politique|commerciale), (se moque|se moquent|vous
        moquez|moquer) (des|de), surf(e|er|ent) sur, (objectifi|banalis)(e|ent|er|ation),
        (retirez|retirer|retiré|supprimez) (cette|la|votre|leur|ce) (pub|affiche|publicité|vidéo|tweet|campagne),
        (dans|sur) (la|l'|une|cette) (pub|affiche|publicité), (code|codes) promo
        """,
    ),
}
"""Words and phrases by subject, English and French, with their endings: "delay(|s|ed)" is three words."""

_PIECE: Final = re.compile(r"\(([^()]*)\)")


@cache
def subject_words(subject: str) -> tuple[str, ...]:
    """Every form of every word and phrase of a subject, in the order of `SUBJECTS`, none twice.

    >>> words = subject_words("operations")
    >>> words[2:6], "hours late" in words
    (('delay', 'delays', 'delayed', 'delaying'), True)
    """
    entries = [" ".join(entry.split()) for text in SUBJECTS[subject] for entry in text.split(",")]
    return tuple(dict.fromkeys(form for entry in entries if entry for form in _forms(entry)))


def _forms(entry: str) -> list[str]:
    parts = _PIECE.split(entry)
    choices = [part.split("|") if place % 2 else [part] for place, part in enumerate(parts)]
    return [" ".join("".join(choice).split()) for choice in product(*choices)]
