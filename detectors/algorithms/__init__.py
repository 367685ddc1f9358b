"""The detectors. To add one: a file in this folder, a line in `DETECTORS`, a scenario in tests/scenarios."""

from __future__ import annotations

from detectors.algorithms.adwin import Adwin
from detectors.algorithms.agility import Agility
from detectors.algorithms.base import Detector, KnowsDays, Params
from detectors.algorithms.cision import Cision
from detectors.algorithms.ears_c1 import EarsC1
from detectors.algorithms.ears_c2 import EarsC2
from detectors.algorithms.ears_c3 import EarsC3
from detectors.algorithms.half_space_trees import HalfSpaces
from detectors.algorithms.kleinberg import Kleinberg
from detectors.algorithms.kswin import Kswin
from detectors.algorithms.meltwater import Meltwater
from detectors.algorithms.mutualmind import MutualMind
from detectors.algorithms.nb_cusum import NbCusum
from detectors.algorithms.page_hinkley import PageHinkleyTest
from detectors.algorithms.pivony import Pivony
from detectors.algorithms.salesforce import Salesforce
from detectors.algorithms.socialmetrix import Socialmetrix
from detectors.algorithms.surge import Surge
from detectors.algorithms.vista_social import VistaSocial

__all__ = ["DETECTORS", "Detector", "KnowsDays", "Params", "kind_of"]

DETECTORS: dict[str, type[Detector]] = {
    Surge.name: Surge,
    # From statistics.
    PageHinkleyTest.name: PageHinkleyTest,
    NbCusum.name: NbCusum,
    Adwin.name: Adwin,
    Kswin.name: Kswin,
    HalfSpaces.name: HalfSpaces,
    Kleinberg.name: Kleinberg,
    EarsC1.name: EarsC1,
    EarsC2.name: EarsC2,
    EarsC3.name: EarsC3,
    # As monitoring services document their alerts.
    Agility.name: Agility,
    Cision.name: Cision,
    Meltwater.name: Meltwater,
    MutualMind.name: MutualMind,
    Pivony.name: Pivony,
    Salesforce.name: Salesforce,
    Socialmetrix.name: Socialmetrix,
    VistaSocial.name: VistaSocial,
}
"""What brands.yaml may name under `detectors`, the first being the one that leads.

river takes a second to import, with scipy and SQLAlchemy behind it: who needs it imports it when it is needed.
"""


def kind_of(name: str) -> type[Detector]:
    """The detector that a name in a configuration means, "surge" or a variant such as "surge:fast".

    >>> kind_of("surge:fast") is Surge
    True
    """
    return DETECTORS[name.partition(":")[0]]
