"""The data of the pages of alerts: incidents with what to do about them, silences, and the history as a plot and a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from fathom.alert_settings import SEVERITIES
from fathom.api.page import figures_in_words as words
from fathom.api.page.action_buttons import ActionButton, Confirmation
from fathom.api.page.graph.action_form import ActionForm, body
from fathom.api.page.graph.collection_choice import address
from fathom.api.page.page_addresses import dagster
from fathom.api.page.quality.metrics_page import RangeLink, range_links
from fathom.api.page.quality.plot_view import DARK, PHONE, PictureSource, PlotView
from fathom.api.routes.document_paths import encoded
from fathom.operations.alert_timeline import AlertTimeline
from fathom.operations.alerting import IncidentView, SilenceView
from fathom.operations.plotted_metrics import RANGES, TrendSpan
from fathom.quality.plots.trend_plot import PIXELS, PlotShade, PlotSize
from fathom.security.api_keys import Caller

SEVERITY_DOTS = {"critical": "failed", "warning": "partial", "info": "waiting"}
STATE_WORDS = {"open": "open", "resolved": "resolved", "pending": "not open yet"}
MAX_DOCUMENTS = 10
MAX_ROWS = 500  # of the history
PLOT_PATH = "/quality/alerts/plot"
SILENCE_HOURS = (1, 4, 24, 168)


@dataclass(frozen=True)
class IncidentLine:
    """An incident: what is wrong, since when, with links to its documents and run; a button for those who may use it."""

    id: str
    rule: str
    dot: str
    severity: str
    state: str
    cause: str
    count: str
    began: str
    began_when: str
    ended: bool
    lasted: str
    documents: list[tuple[str, str]]
    more_documents: int
    run: str | None
    known: str | None
    acknowledge: ActionButton | None


@dataclass(frozen=True)
class SilenceLine:
    """A silence with the button that ends it."""

    rule: str
    labels: str
    reason: str
    by: str
    until: str
    end: ActionButton | None


@dataclass(frozen=True)
class SeverityLink:
    """A choice of incidents by severity, with their number."""

    words: str
    count: str
    address: str
    chosen: bool


@dataclass(frozen=True)
class AlertsPage:
    """The whole page of open incidents."""

    template: ClassVar[str] = "quality/alerts.html"
    as_of: str
    severities: list[SeverityLink]
    incidents: list[IncidentLine]
    silences: list[SilenceLine]
    silence: ActionForm | None
    hours: list[tuple[str, str]]


@dataclass(frozen=True)
class TimelineRow:
    """A span with its numbers of incidents, as text."""

    at: str
    counts: list[str]


@dataclass(frozen=True)
class AlertHistoryPage:
    """The whole page of the history."""

    template: ClassVar[str] = "quality/alert_history.html"
    as_of: str
    ranges: list[RangeLink]
    figures: list[tuple[str, str]]
    plot: PlotView
    severities: list[str]
    rows: list[TimelineRow]
    incidents: list[IncidentLine]
    more: int


def alerts_page(
    incidents: Sequence[IncidentView], silences: Sequence[SilenceView], severity: str, caller: Caller, now: datetime
) -> AlertsPage:
    """Returns the page of the open incidents, of a severity if it is given."""
    operates = caller.has("operator")
    counts = {one: sum(incident.severity == one for incident in incidents) for one in reversed(SEVERITIES)}
    links = [SeverityLink("All", f"{len(incidents)}", "/quality/alerts", not severity)]
    links += [
        SeverityLink(one.capitalize(), f"{count}", address("/quality/alerts", severity=one), one == severity)
        for one, count in counts.items()
    ]
    return AlertsPage(
        as_of=words.instant(now),
        severities=links,
        incidents=[incident_line(one, now, operates=operates) for one in incidents if severity in ("", one.severity)],
        silences=[_silence(one, operates=operates) for one in silences],
        silence=_silence_form() if operates else None,
        hours=[(f"{hours * 3600}", words.seconds(hours * 3600.0)) for hours in SILENCE_HOURS],
    )


def alert_history_page(timeline: AlertTimeline, span: TrendSpan) -> AlertHistoryPage:
    """Returns the page of the history."""
    now = datetime.fromtimestamp(timeline.until, UTC)
    severities = list(timeline.by_severity)
    counts = ", ".join(f"{count} {severity}" for severity, count in timeline.by_severity.items()) or "none"
    return AlertHistoryPage(
        as_of=words.instant(now),
        ranges=range_links("/quality/alerts/history", span),
        figures=[
            ("Incidents", f"{len(timeline.incidents):,}"),
            *((severity.capitalize(), f"{count:,}") for severity, count in timeline.by_severity.items()),
            ("Mean time to detect", words.seconds(timeline.mttd_s) or "–"),
            ("Mean time to resolve", words.seconds(timeline.mttr_s) or "–"),
        ],
        plot=_plot(timeline, span, f"Incidents that opened in the last {RANGES[span].words}: {counts}."),
        severities=[severity.capitalize() for severity in severities],
        rows=[
            TimelineRow(
                words.instant(datetime.fromtimestamp(one.at, UTC)),
                [f"{one.opened.get(severity, 0)}" for severity in severities],
            )
            for one in reversed(timeline.spans)
            if one.opened
        ],
        incidents=[incident_line(one, now, operates=False) for one in timeline.incidents[:MAX_ROWS]],
        more=max(0, len(timeline.incidents) - MAX_ROWS),
    )


def incident_line(one: IncidentView, now: datetime, *, operates: bool) -> IncidentLine:
    """Returns an incident; `operates` for callers who may acknowledge it."""
    known = f"{one.acknowledged_by} knows of it" if one.acknowledged_by else None
    if one.silenced and one.state == "open":
        known = f"{known}, and it is silenced" if known else "silenced"
    end = one.resolved_at or now
    return IncidentLine(
        id=one.id,
        rule=one.rule.replace("_", " "),
        dot="passed" if one.state == "resolved" else SEVERITY_DOTS[one.severity],
        severity=one.severity,
        state=STATE_WORDS.get(one.state, one.state),
        cause=one.cause,
        count=words.many(one.count, "time") if one.count > 1 else "",
        began=words.ago(one.began_at, now),
        began_when=words.instant(one.began_at),
        ended=one.resolved_at is not None,
        lasted=words.seconds((end - one.began_at).total_seconds()),
        documents=[(document, f"/documents/{encoded(document)}") for document in one.documents[:MAX_DOCUMENTS]],
        more_documents=max(0, len(one.documents) - MAX_DOCUMENTS),
        run=dagster(f"/runs/{one.run}") if one.run else None,
        known=known,
        acknowledge=_acknowledge(one) if operates and one.acknowledged_by is None else None,
    )


def _acknowledge(one: IncidentView) -> ActionButton:
    says = f"{one.cause}\nIt is not told again until it ends, unless it gets worse. Its end is told."
    confirmation = Confirmation("Acknowledge it?", says, "I know of it")
    return ActionButton("Acknowledge…", "POST", f"/api/alerts/{encoded(one.id)}/ack", confirmation)


def _silence(one: SilenceView, *, operates: bool) -> SilenceLine:
    labels = ", ".join(f"{name}={value}" for name, value in sorted(one.labels.items()))
    end = ActionButton("End", "DELETE", f"/api/silences/{encoded(one.id)}") if operates else None
    return SilenceLine(one.rule, labels, one.reason, one.created_by, words.instant(one.ends_at), end)


def _silence_form() -> ActionForm:
    says = "Incidents of these rules open and end as usual, but nobody is told of them until the silence ends."
    confirmation = Confirmation("Silence them?", says, "Silence")
    return ActionForm("Silence…", "POST", "/api/silences", confirmation, "Notices of {rule} are held back.", body())


def _plot(timeline: AlertTimeline, span: TrendSpan, said: str) -> PlotView:
    def at(size: PlotSize, shade: PlotShade) -> str:
        return address(PLOT_PATH, range=span, size=size.value, shade=shade.value, until=f"{timeline.until:.0f}")

    sources = [
        PictureSource(f"{PHONE} and {DARK}", at(PlotSize.NARROW, PlotShade.DARK)),
        PictureSource(PHONE, at(PlotSize.NARROW, PlotShade.LIGHT)),
        PictureSource(DARK, at(PlotSize.WIDE, PlotShade.DARK)),
    ]
    width, height = PIXELS[PlotSize.WIDE]
    return PlotView(at(PlotSize.WIDE, PlotShade.LIGHT), sources, said, f"{width}", f"{height}")
