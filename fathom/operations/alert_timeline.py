"""Counts the incidents of a time by severity, and draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fathom.alert_settings import SEVERITIES, AlertSeverity
from fathom.metrics.rollup_steps import DAY_S, HOUR_S, floor_to
from fathom.operations.alerting import IncidentView, alert_history
from fathom.operations.plotted_metrics import RANGES, TrendSpan
from fathom.quality.plots.trend_plot import PlotLine, PlotShade, PlotSize, TrendPlot, draw_plot
from fathom.settings import Settings

MAX_INCIDENTS = 10_000
STEPS_S: Final[dict[TrendSpan, int]] = {"1h": 300, "1d": HOUR_S, "7d": 6 * HOUR_S, "30d": DAY_S, "1y": 7 * DAY_S}


@dataclass(frozen=True)
class AlertSpan:
    """A span of time with the number of incidents that opened in it, by severity."""

    at: float
    opened: dict[AlertSeverity, int]


@dataclass(frozen=True)
class AlertTimeline:
    """The incidents that opened in a time, the newest first; spans in the order of time; mean times in seconds."""

    incidents: Sequence[IncidentView]
    spans: Sequence[AlertSpan]
    since: float
    until: float
    mttd_s: float | None
    mttr_s: float | None

    @property
    def by_severity(self) -> dict[AlertSeverity, int]:
        """The number of incidents of each severity that has any, the most severe first."""
        counts = {one: sum(span.opened.get(one, 0) for span in self.spans) for one in reversed(SEVERITIES)}
        return {severity: count for severity, count in counts.items() if count}


def alert_timeline(settings: Settings, span: TrendSpan, until: float) -> AlertTimeline:
    """Returns the incidents that opened in the time up to `until`. Raises DatabaseUnreachable."""
    step = STEPS_S[span]
    since = floor_to(until - RANGES[span].seconds, step)
    history = alert_history(settings, since=since, limit=MAX_INCIDENTS)
    opened = [
        (one.opened_at.timestamp(), one)
        for one in history.incidents
        if one.opened_at is not None and since <= one.opened_at.timestamp() <= until
    ]
    counts: dict[int, dict[AlertSeverity, int]] = {at: {} for at in range(since, int(until) + 1, step)}
    for at, incident in opened:
        within = counts[floor_to(at, step)]
        within[incident.severity] = within.get(incident.severity, 0) + 1
    return AlertTimeline(
        incidents=[incident for _, incident in sorted(opened, key=lambda one: -one[0])],
        spans=[AlertSpan(float(at), found) for at, found in counts.items()],
        since=float(since),
        until=until,
        mttd_s=history.mttd_s,
        mttr_s=history.mttr_s,
    )


def draw_timeline(timeline: AlertTimeline, size: PlotSize, shade: PlotShade) -> str:
    """Returns the picture as SVG: a line for each severity."""
    lines = [
        PlotLine(severity, [(span.at, float(span.opened.get(severity, 0))) for span in timeline.spans])
        for severity in timeline.by_severity
    ]
    return draw_plot(TrendPlot(lines, timeline.since, timeline.until), size, shade)
