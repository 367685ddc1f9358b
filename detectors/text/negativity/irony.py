"""Irony that says of itself what it is: marked by its author, or praise for something that nobody praises.

A handful of rules in English and French, for what can be told from the words alone; most irony cannot.
"""

from __future__ import annotations

import enum
import re
from typing import Final

from detectors.model import Language
from detectors.text.terms import fold

__all__ = ["Irony", "irony"]


class Irony(enum.Enum):
    """How a text is ironic: `MARKED` by its author, of whatever; by `EYES` that roll; `PRAISE` of something bad."""

    MARKED = "marked"
    EYES = "eyes"
    PRAISE = "praise"


_MARKED: Final = re.compile(
    r"#(?:sarcas[mt]\w*|iron(?:y|ic|ie|ique)|not)(?!\w)|[\s.!?]/s$|\[(?:sarcasm|irony|ironie)\]|\bironie (?:on|"
    r"inside)\b"
)
_EYES: Final = "\U0001f644\U0001f643\U0001f612"

_BAD: Final = {
    Language.ENGLISH: (
        r"(?:delay(?:s|ed|ing)?|cancel\w*|los(?:ing|t|s)|ruin\w*|break(?:s|ing(?! news))?|broken?|broke|crash\w*|"
        r"ignor\w*|nothing|"
        r"hanging up|hung up|wait(?:ing|ed)? (?:for|time|in|on|\d)|waiting|wasting|waste|mess(?:es|ing|ed)?|damag\w*|"
        r"fail\w*|overcharg\w*|"
        r"charging me twice|delet\w*|scam\w*|l(?:ying|ies)|outages?|bugs?|screw\w*|stranding|stranded|stuck|wrong|"
        r"missing|missed|disappoint\w*|destroy\w*|steal\w*|stolen|useless|terrible|horrible|awful|no (?:help|reply|"
        r"answer|response|show)|"
        r"not (?:answering|replying|helping|caring)|poison\w*|spam\w*|hold|headaches?|trouble|errors?|disasters?|"
        r"on hold)"
    ),
    Language.FRENCH: (
        r"(?:retards?|retarde\w*|annul\w*|perdu\w*|perdre|pertes?|attentes?|attendre|pannes?|bugs?|fo[iu]\w*r\w*|"
        r"gach\w*|ruin\w*|"
        r"cass\w*|rien|ignor\w*|raccroch\w*|plantages?|plante|greves?|arnaqu\w*|mensonges?|problemes?|galeres?|"
        r"bordel|rates?|"
        r"incompeten\w*|nul|nulle|coupures?|erreurs?|abime\w*|absence|silence|suppri\w*|degats?|bouchons?|pagaille|"
        r"chaos|surtaxe\w*)"
    ),
}
# What may stand between the praise and what is bad.
_FILL: Final = {
    Language.ENGLISH: (
        r"(?:(?:the|a|an|my|our|your|all|another|one|two|three|four|five|six|yet|this|that|these|those|such|more|\d+\w*|hours?|hrs?|minutes?|"
        r"mins?|days?|long|huge|"
        r"big|great|lovely|wonderful|amazing|usual|daily|always|once|again|making|me|us|letting|leaving|completely|"
        r"totally|"
        r"absolutely|constantly|being|so|much|of|complete|total|absolute|for|flight|train|service|you|u|they|have|"
        r"has|just|managed|"
        r"to|sit|sitting|spend|spending|spent|get|getting|got|still)\W{1,3}){0,5}"
    ),
    Language.FRENCH: (
        r"(?:(?:le|la|les|l|un|une|d|des|du|de|mon|ma|mes|notre|nos|votre|vos|ce|cet|cette|ces|encore|toujours|"
        r"\d+\w*|h|heures?|minutes?|"
        r"jours?|gros|grosse|enorme|beau|belle|super|bon|avoir|m|nous|ete|a|ton|ta|tout|toute|tous|fois|en|vol|train|"
        r"service|avec|vous|avez|tu|as|reussi|passer)\W{1,3}){0,5}"
    ),
}
_PRAISE: Final = {
    Language.ENGLISH: (
        r"\b(?:th(?:an)?(?:k|x|nx)s?(?: you)?(?: so much| very much| a lot| again)?(?:,? [@#]?\w+)?,? for|"
        r"(?:congrat\w*|kudos|bravo|well done|good job|great job|nice job|way to go|nice work|"
        r"great work)(?:,? [@#]\w+)?,?(?: (?:on|for))?|"
        r"(?:(?:love|loving|enjoy|enjoying)(?= (?:it )?(?:\w+ing|how|when|that|to|being)\b)|(?:so )?(?:glad|"
        r"happy) (?:that|i|to|about))"
        r"(?: (?:it )?(?:when|how|that|i))?(?: (?:you|i|they|my|was|were|is|get|got|to|be|am|are|keep|kept)){0,3}|"
        r"(?:great|nice|awesome|lovely|fantastic|perfect|wonderful|brilliant|excellent|cool|super|"
        r"yay)[\s,.!:]{1,4}(?:another|yet another|one more|again)) "
    ),
    Language.FRENCH: (
        r"\b(?:(?:un grand |mille )?mercis?(?: beaucoup| bien| encore)?(?:,? (?:a )?[@#]?\w+)? pour|"
        r"(?:bravo|felicitations|chapeau)(?: encore)?(?:,? (?:a )?[@#]?\w+)?,? (?:pour|d)|"
        r"(?:j.?adore|on adore|j.?aime|quel (?:plaisir|bonheur)|quelle joie|ravie? d|content(?:e)? d|heureu(?:x|"
        r"se) d)(?: (?:quand|attendre|etre))?|"
        r"(?:super|genial|parfait|chouette|cool|top|magnifique|formidable|fantastique|excellent|"
        r"bravo|merci)(?: (?:l[ae]s? )?[@#]?\w+)?[\s,.!:]{1,4}(?:encore|une? (?:autre|nouve\w+)|\d+)) ?"
    ),
}
_RULES: Final = {
    language: re.compile(_PRAISE[language] + _FILL[language] + _BAD[language] + r"(?!\w)") for language in _PRAISE
}
# "Thanks for fixing the delay", "no problem", "nothing but good": not bad after all.
_MENDED: Final = re.compile(
    r"\b(?:fix\w*|solv\w*|resol\w*|sorry|apolog\w*|refund\w*|compensat\w*|nothing but|lost (?:and|&) found|"
    r"repar\w*|regl\w*|rien que|excus\w*|desole\w*|rembours\w*)"
)


def irony(text: str, language: Language) -> Irony | None:
    """How a text is ironic, if it says so; whether something bad is praised is known in English and French.

    Some 5 us.

    >>> irony("Thanks @acme for losing my bag", Language.ENGLISH), irony("Thanks for finding it", Language.ENGLISH)
    (<Irony.PRAISE: 'praise'>, None)
    >>> irony("Bravo pour le retard", Language.FRENCH), irony("What a day #sarcasm", Language.ENGLISH)
    (<Irony.PRAISE: 'praise'>, <Irony.MARKED: 'marked'>)
    """
    folded = fold(text)
    rule = _RULES.get(language)
    if rule is not None and rule.search(folded) and not _MENDED.search(folded):
        return Irony.PRAISE
    if _MARKED.search(folded):
        return Irony.MARKED
    return Irony.EYES if any(eye in folded for eye in _EYES) else None
