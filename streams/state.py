"""Where snapshots lie: the changelog topics of the agents' Faust tables, and the keys in them."""

from __future__ import annotations

from streams.settings import Settings

__all__ = ["brand_key", "incident_key", "partition_key", "state_topic", "table_name"]


def table_name(agent: str) -> str:
    """The Faust table of an agent."""
    return f"{agent}-state"


def state_topic(settings: Settings, agent: str) -> str:
    """The changelog topic that Faust keeps for it (one record a key is what counts: it is compacted).

    >>> state_topic(Settings(prefix="test.", group="badbuzz"), "monitor")
    'test.badbuzz-monitor-state-changelog'
    """
    return f"{settings.app_id}-{table_name(agent)}-changelog"


def partition_key(partition: int) -> bytes:
    """The key of a partition's own record."""
    return b"partition/%d" % partition


def incident_key(partition: int, incident: str = "") -> bytes:
    """The key of one incident's record within a partition of `incidents`; without a name, what all begin with."""
    return b"incident/%d/%s" % (partition, incident.encode())


def brand_key(partition: int, brand: str) -> bytes:
    """The key of one brand's record within a partition of `mentions`."""
    return b"brand/%d/%s" % (partition, brand.encode())
