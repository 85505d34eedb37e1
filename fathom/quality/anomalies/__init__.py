"""Finds points of a series that do not follow from its past: spikes, shifts, trends and changes of variance."""

from fathom.quality.anomalies.anomaly_detector import AnomalyKind, FlaggedPoint, find_anomalies
from fathom.quality.anomalies.series import MAX_POINTS, Series

__all__ = ["MAX_POINTS", "AnomalyKind", "FlaggedPoint", "Series", "find_anomalies"]
