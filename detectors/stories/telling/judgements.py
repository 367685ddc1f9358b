"""Words that say how angry people are, or when, and not what about: no title quotes them."""

from __future__ import annotations

from typing import Final

__all__ = ["JUDGEMENTS"]

_ENGLISH: Final = """
absolutely angry annoying appalling arse ass asshole awful bad bastard bastards bitch bloody bullshit clowns crap damn
disappointed disappointing disgrace disgraceful disgusted disgusting disgust dumb embarrassing fail failed fails fuck
fucked fucking fuckers furious garbage hate hell horrendous horrible idiots incompetent joke lmao lol mad mess
nightmare pathetic pissed please poor ridiculous rubbish sad scandal shambles shame shameful shit shitty shocking sick
stupid suck sucks terrible thank thanks trash ugh unacceptable unbelievable useless worse worst wow wtf
"""
_FRENCH: Final = """
abuse affreux aberrant bande bordel catastrophe catastrophique chier con connards connard conneries cons decevant decu
decue degoutant degueulasse deplorable encule encules enerve furieux foutage foutre gueule honte honteux horrible
inacceptable inadmissible incompetents incroyable indigne insupportable lamentable mdr merde mauvais mauvaise minable
naze nul nulle nuls pire pitoyable pourri pourrie putain ras ridicule scandale scandaleux scandaleuse svp triste
vergogne
"""

_WHEN: Final = """
jan feb mar apr jun jul aug sep sept oct nov dec january february march april june july august september october
november december monday tuesday wednesday thursday friday saturday sunday today tomorrow yesterday tonight morning
afternoon evening night weekend min mins minute minutes hour hours hrs day days week weeks month months year years
janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre lundi mardi mercredi jeudi
vendredi samedi dimanche aujourd hui demain hier matin soir soiree nuit heure heures jour jours semaine semaines mois
annee annees ans
"""
_SMALL_TALK: Final = """
awesome complete entire feedback info look means message moved nice reason speak start started stated tell told tried
try trying attends attendre demande essaye message moyen probleme raison reponse
"""

JUDGEMENTS: Final = frozenset(" ".join([_ENGLISH, _FRENCH, _WHEN, _SMALL_TALK]).split())
