"""What happens to a finding before people hear of it."""

from __future__ import annotations

from detectors.alerting.alerts import IMPOSTOR, RESPONSE, STORY, WITHOUT_WAVE, AlertBook, AlertBookState, alert_id
from detectors.alerting.incidents import IncidentBook, IncidentBookState
from detectors.alerting.series import SeriesAlerts, alerts_at

__all__ = [
    "IMPOSTOR",
    "RESPONSE",
    "STORY",
    "WITHOUT_WAVE",
    "AlertBook",
    "AlertBookState",
    "IncidentBook",
    "IncidentBookState",
    "SeriesAlerts",
    "alert_id",
    "alerts_at",
]
