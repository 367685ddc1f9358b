"""A day or a week of all brands, for people: `summarise` makes a `Digest` of buckets and incidents.

The structs are in `model.py`, the counting in `counting.py`, incidents in `happened.py`.
"""

from detectors.digest.model import (
    Answers,
    BrandDigest,
    Change,
    ChannelLine,
    Digest,
    IncidentLine,
    Rival,
    Sentiments,
    Talk,
    TeamLine,
    TopicLine,
)
from detectors.digest.summary import MOST_SPAN, Summary, summarise

__all__ = [
    "MOST_SPAN",
    "Answers",
    "BrandDigest",
    "Change",
    "ChannelLine",
    "Digest",
    "IncidentLine",
    "Rival",
    "Sentiments",
    "Summary",
    "Talk",
    "TeamLine",
    "TopicLine",
    "summarise",
]
