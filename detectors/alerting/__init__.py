"""What happens to a finding before people hear of it."""

from __future__ import annotations

from detectors.alerting.lifecycle import IMPOSTOR, AlertBook, AlertBookState, alert_id
from detectors.alerting.series import SeriesAlerts, alerts_at

__all__ = ["IMPOSTOR", "AlertBook", "AlertBookState", "SeriesAlerts", "alert_id", "alerts_at"]
