"""Made-up records of the topics that the console reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from detectors.model import Bucket, BucketStatus, Explanation, Incident, IncidentState, Score, ScoreStatus, TopPost

__all__ = ["NINE", "incident", "minute"]

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)


def incident(
    name: str, *, version: int = 1, text: str = "my bag is lost", opened: datetime = NINE, **fields: Any
) -> Incident:
    """An incident of Acme in some version."""
    post = TopPost(id="1", source="forum", text=text, created_at=opened)
    why = Explanation(
        since=opened,
        until=opened,
        observed=40 + version,
        expected=2.0,
        first_post=post,
        top_posts=[post],
        titles={"en": f"Acme: story {name}", "fr": f"Acme : histoire {name}"},
    )
    values: dict[str, Any] = {
        "id": name,
        "brand": "acme",
        "brand_name": "Acme",
        "state": IncidentState.OPEN,
        "version": version,
        "onset": opened,
        "opened_at": opened,
        "updated_at": opened,
        "alerts": [],
        "why": why,
        "peak_surprise": 6.0,
        "threshold": 4.8,
    }
    return Incident(**{**values, **fields})


def minute(number: int, *, brand: str = "acme", status: BucketStatus = BucketStatus.COUNTED, **fields: Any) -> Bucket:
    """A minute of a brand after nine: one negative mention, two neutral ones."""
    score = Score(status=ScoreStatus.OK, surprise=1.0, threshold=4.8, expected_per_min=0.5)
    values: dict[str, Any] = {"negative": 1, "neutral": 2, "scores": {"surge": score}, **fields}
    return Bucket(brand=brand, start=NINE + timedelta(minutes=number), seconds=60, status=status, **values)
