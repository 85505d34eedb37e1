"""Operates alerts: lists incidents, acknowledges and silences them, tests a route, and makes a pass of the sensor."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from http.client import HTTPException
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from fathom.alert_settings import AlertSeverity
from fathom.alerts.alert_evaluation import EvaluationReport, evaluate_alerts
from fathom.alerts.alert_log import log_incident
from fathom.alerts.alert_rules import RULES
from fathom.alerts.incident import Incident, Step, dismiss
from fathom.alerts.incident_store import (
    Silence,
    active_silences,
    add_silence,
    current_incidents,
    list_incidents,
    new_id,
    queue_for_routes,
    save_incident,
)
from fathom.alerts.notice_delivery import DeliveryReport, deliver_notices, send_to
from fathom.alerts.notice_text import document_link, notice_text, page_address, run_link
from fathom.database import open_database
from fathom.errors import UsageWrong
from fathom.observability.structured_logging import get_logger
from fathom.operations.quality_reports import refresh_metrics
from fathom.security.audit_log import audited
from fathom.settings import Settings
from fathom.sql import AdvisoryLock, exclusive_transaction
from fathom.tables import alert_silences

PING_TIMEOUT_S = 5.0
MAX_SILENCE_S = 30 * 86_400.0

log = get_logger(__name__)


class IncidentView(BaseModel):
    """An incident: what is wrong, since when, with which documents, and who knows of it."""

    model_config = ConfigDict(frozen=True)

    id: str
    rule: str
    key: str
    severity: AlertSeverity
    state: str
    cause: str
    documents: list[str]
    count: int
    labels: dict[str, str]
    run: str | None
    links: list[str] = Field(description="pages of the documents, and the Dagster run")
    began_at: datetime
    opened_at: datetime | None
    resolved_at: datetime | None
    acknowledged_by: str | None
    resolved_by: str | None = Field(None, description="the person who ended it; null if its condition ended")
    silenced: bool

    def within(self, collection: str, summary: str) -> IncidentView | None:
        """Returns what a caller of a single collection may see of it; None if it does not concern the collection."""
        concerned = self.labels.get("collection", "").split(",")
        if collection not in concerned:
            return None
        if concerned == [collection]:
            return self
        documents = [document for document in self.documents if document.startswith(f"{collection}/")]
        links = [link for link in self.links if any(quote(document, safe="") in link for document in documents)]
        changed = {"documents": documents, "links": links, "cause": f"{summary}, in this and other collections.", "run": None}
        return self.model_copy(update={**changed, "labels": {**self.labels, "collection": collection}})


class AlertHistory(BaseModel):
    """Past and open incidents with the mean times to detect and to resolve, in seconds."""

    model_config = ConfigDict(frozen=True)

    incidents: list[IncidentView]
    mttd_s: float | None = Field(description="from the begin of the condition to the notice")
    mttr_s: float | None = Field(description="from the notice to the end of the condition, of resolved incidents")


class SilenceView(BaseModel):
    """A silence of incidents."""

    model_config = ConfigDict(frozen=True)

    id: str
    rule: str
    labels: dict[str, str]
    reason: str
    created_by: str
    ends_at: datetime


class RouteTrial(BaseModel):
    """The outcome of a test notice."""

    model_config = ConfigDict(frozen=True)

    route: str
    delivered: bool
    error: str | None


def watch_over(settings: Settings, *, metrics: bool = True) -> tuple[EvaluationReport, DeliveryReport]:
    """Collects what is new, evaluates the rules and delivers notices: a pass of the sensor, at most one minute long."""
    refresh_metrics(settings)
    report = evaluate_alerts(settings, metrics=metrics)
    return report, deliver_notices(settings)


def ping(settings: Settings) -> bool:
    """Requests the url of the dead man's switch, if there is one; returns whether it answered."""
    url = settings.alerts.ping_url
    if url is None:
        return False
    from urllib.request import urlopen  # which logs nothing: the url is a secret, and httpx would log it

    try:
        with urlopen(url.get_secret_value(), timeout=PING_TIMEOUT_S):  # noqa: S310  the settings allow http and https only
            return True
    except (OSError, ValueError, HTTPException) as error:
        log.warning("The dead man's switch does not answer", metrics={"error": type(error).__name__})
        return False


def active_alerts(settings: Settings) -> list[IncidentView]:
    """Returns the open incidents, the most severe and the oldest first. Raises DatabaseUnreachable."""
    found = _views(settings, list_incidents(open_database(settings.operational_url), ["open"]))
    order = ("critical", "warning", "info")
    return sorted(found, key=lambda view: (order.index(view.severity), view.began_at))


def alerts_within(settings: Settings, collection: str) -> list[IncidentView]:
    """Returns what a caller of a single collection may see of the open incidents. Raises DatabaseUnreachable."""
    summaries = {rule.name: rule.summary for rule in RULES}
    found = (one.within(collection, summaries.get(one.rule, one.rule)) for one in active_alerts(settings))
    return [one for one in found if one is not None]


def alert_history(settings: Settings, *, since: float = 0.0, limit: int = 200) -> AlertHistory:
    """Returns the incidents that were seen since then, the newest first. Raises DatabaseUnreachable."""
    found = list_incidents(open_database(settings.operational_url), ["open", "resolved"], since=since, limit=limit)
    detected = [incident.opened_at - incident.began_at for incident in found if incident.opened_at is not None]
    ended = [one.resolved_at - one.opened_at for one in found if one.resolved_at is not None and one.opened_at is not None]
    return AlertHistory(incidents=_views(settings, found), mttd_s=_mean(detected), mttr_s=_mean(ended))


def acknowledge(settings: Settings, number: str, *, by: str) -> IncidentView:
    """Records that a person knows of the incident: it is not told again until it ends. Raises UsageWrong for an unknown one."""

    def known(incident: Incident) -> Step:
        return Step(replace(incident, acknowledged_by=by, acknowledged_at=time.time()))

    return _act(settings, number, "alerts.ack", known)


def resolve(settings: Settings, number: str, *, by: str) -> IncidentView:
    """Ends the incident by a person, which is told to whoever was told of it. Raises UsageWrong for an unknown one.

    It opens again if it concerns more, or if its condition comes back after it has ended.
    """
    return _act(settings, number, "alerts.resolve", lambda incident: dismiss(incident, by, time.time()))


def _act(settings: Settings, number: str, action: str, step_of: Callable[[Incident], Step]) -> IncidentView:
    """Does a step of an open incident for a person, apart from looks at the rules; a notice goes out with the next pass."""
    engine = open_database(settings.operational_url)
    before = _open_incident(settings, number)
    with (
        audited(engine, action, account={"incident": number, "rule": before.rule}),
        exclusive_transaction(engine, AdvisoryLock.ALERTS) as connection,
    ):
        current = next((one for one in current_incidents(connection, time.time()) if one.id == number), before)
        step = step_of(current)
        after = step.incident or current
        save_incident(connection, engine, after)
        if step.notice is not None:
            said = notice_text(settings, after, step.notice)
            queue_for_routes(connection, engine, settings.alerts, after, step.notice, said)
    log_incident(settings, after, step.notice or "acknowledged")
    return _views(settings, [after])[0]


def silence(
    settings: Settings, rule: str, seconds: float, *, reason: str, by: str, labels: Mapping[str, str] | None = None
) -> SilenceView:
    """Holds back notices of incidents with the rule (or pattern) and labels. Raises UsageWrong for more than 30 days."""
    if not 0 < seconds <= MAX_SILENCE_S:
        raise UsageWrong("A silence lasts up to 30 days.")
    engine, now = open_database(settings.operational_url), time.time()
    made = Silence(new_id(), rule, reason, by, now, now + seconds, dict(labels or {}))
    with audited(engine, "alerts.silence", account={"silence": made.id, "rule": rule, "reason": reason, "seconds": seconds}):
        add_silence(engine, made)
    return _silence_view(made)


def end_silence(settings: Settings, number: str) -> None:
    """Ends a silence. Raises UsageWrong for an unknown one."""
    engine = open_database(settings.operational_url)
    with audited(engine, "alerts.unsilence", account={"silence": number}), engine.begin() as connection:
        ended = connection.execute(alert_silences.delete().where(alert_silences.c.id == number))
        if not ended.rowcount:
            raise UsageWrong(f"There is no silence {number}.")


def silences(settings: Settings) -> list[SilenceView]:
    """Returns the silences that have not ended."""
    with open_database(settings.operational_url).connect() as connection:
        return [_silence_view(one) for one in active_silences(connection, time.time())]


def try_route(settings: Settings, name: str) -> RouteTrial:
    """Sends a test notice by the route, now. Raises UsageWrong for an unknown route."""
    route = settings.alerts.routes.get(name)
    if route is None:
        known = ", ".join(sorted(settings.alerts.routes)) or "none yet"
        raise UsageWrong(f"There is no route {name}.", hint=f"They are: {known}; see [alerts.routes.NAME] in docs/alerts.md.")
    body = f"A test of the route {name}, sent by a person. {page_address(settings)}/quality/alerts"
    error = send_to(route, "[INFO] test", body, "info").error
    return RouteTrial(route=name, delivered=error is None, error=error)


def _open_incident(settings: Settings, number: str) -> Incident:
    found = [one for one in list_incidents(open_database(settings.operational_url), ["open"]) if one.id == number]
    if not found:
        raise UsageWrong(f"No open incident has the id {number}.", hint="`fathom alerts` lists them.")
    return found[0]


def _views(settings: Settings, incidents: list[Incident]) -> list[IncidentView]:
    now = time.time()
    with open_database(settings.operational_url).connect() as connection:
        quiet = active_silences(connection, now)
    return [_view(settings, incident, any(one.covers(incident) for one in quiet)) for incident in incidents]


def _view(settings: Settings, incident: Incident, silenced: bool) -> IncidentView:
    links = [document_link(settings, document) for document in incident.documents[:5]]
    return IncidentView(
        id=incident.id,
        rule=incident.rule,
        key=incident.key,
        severity=incident.severity,
        state=incident.state,
        cause=incident.cause,
        documents=list(incident.documents),
        count=incident.count,
        labels=dict(incident.labels),
        run=incident.run,
        links=[*links, *([run_link(settings, incident.run)] if incident.run else [])],
        began_at=_time(incident.began_at),
        opened_at=_time(incident.opened_at) if incident.opened_at is not None else None,
        resolved_at=_time(incident.resolved_at) if incident.resolved_at is not None else None,
        acknowledged_by=incident.acknowledged_by,
        resolved_by=incident.resolved_by,
        silenced=silenced,
    )


def _silence_view(made: Silence) -> SilenceView:
    held = {"id": made.id, "rule": made.rule, "labels": dict(made.labels), "reason": made.reason, "created_by": made.created_by}
    return SilenceView(**held, ends_at=_time(made.ends_at))


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _time(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
