"""Finds points of a series that do not follow from its past: spikes, shifts, trends and changes of variance."""

from fathom.quality.anomalies.anomaly_detector import AnomalyKind, FlaggedPoint, find_anomalies
from fathom.quality.anomalies.series import MAX_POINTS, MeasuredSeries
from fathom.quality.anomalies.window_rules import flag_by_window

__all__ = ["MAX_POINTS", "AnomalyKind", "FlaggedPoint", "MeasuredSeries", "find_anomalies", "flag_by_window"]
