"""Words of English and French that say nothing of what a text is about, folded; shorter ones are never looked at."""

from __future__ import annotations

from typing import Final

__all__ = ["STOP_WORDS"]

_ENGLISH: Final = """
about above actually after again against ain all almost already also although always and another any anyone anything
are aren around away back because been before behind being below between both but came can cannot cant come comes
coming could couldn did didn does doesn doing don done dont during each either else even ever every everyone
everything few for from further gave get gets getting give given goes going gone gonna got gotta had hadn has hasn
have haven having her here hers herself him himself his how however http https into isn its itself just keep know let
lets like literally made make makes making many may maybe might mightn mine more most much must mustn myself need
needn never nor not nothing now off often once one only onto other others our ours ourselves out over own please put
quite rather really said same saw say says see seen shall she should shouldn since some someone something still such
sure take taken than thanks that thats the their theirs them themselves then there these they thing things think this
those though through thus till too took toward two under until upon use used using very via want wanted wants was wasn
way well went were weren what whatever when where whether which while who whoever whole whom whose why will with
within without won would wouldn yes yet you your yours yourself yourselves
"""

_FRENCH: Final = """
aie aient ailleurs ainsi alors apres assez ete etes etait etaient etant etre etais aucun aucune aujourd aura aurait
aussi autre autres aux avaient avait avant avec avez avoir avons beaucoup bien bon bonjour bref car ceci cela celle
celles celui cependant ces cet cette ceux chaque chez comme comment contre dans dehors deja depuis des dessous dessus
deux devant devrait dire dit dois doit donc dont durant elle elles encore enfin ensuite entre envers eux fais faire
fait faites font fois fut grace hors ici ils jamais jusqu jusque juste les leur leurs lors lorsqu lorsque lui mais
malgre meme memes merci mes mieux moi moins mon non nos notre nous ont oui par parce parfois parmi pas pendant peu
peut peux plus plusieurs plutot pour pourquoi pourtant pouvez presque puis puisqu puisque quand que quel quelle
quelles quelqu quelque quelques quels qui quoi rien sans sauf selon sera serait ses seul seulement sinon soi soient
soit sommes son sont sous souvent suis sur surtout tandis tant tel telle tellement tels tes toi ton toujours tous tout
toute toutes tres trop une vais vas vers veut veux voici voila voir vont vos votre vous vraiment
"""

STOP_WORDS: Final = frozenset(_ENGLISH.split()) | frozenset(_FRENCH.split())
