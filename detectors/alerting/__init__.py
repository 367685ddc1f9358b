"""What happens to a finding before people hear of it."""

from __future__ import annotations

from detectors.alerting.lifecycle import AlertBook, AlertBookState, alert_id

__all__ = ["AlertBook", "AlertBookState", "alert_id"]
