"""Evaluates the rules, moves incidents on, and queues the notices that are due, in one transaction."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from fathom.alert_settings import SEVERITIES, MaintenanceWindow
from fathom.alerts.alert_log import log_incident
from fathom.alerts.alert_rules import AlertRule, effective_rules
from fathom.alerts.alert_signals import FINDERS, QUICK
from fathom.alerts.findings import MAX_DOCUMENTS, AlertContext, AlertFinding, find_by_metric, joined_collections
from fathom.alerts.incident import Incident, NoticeKind, Step, begin, look, withdraw
from fathom.alerts.incident_store import (
    QueuedNotice,
    Silence,
    active_silences,
    current_incidents,
    delete_incident,
    forget_old,
    new_id,
    queue_for_routes,
    queue_notice,
    save_incident,
)
from fathom.alerts.notice_text import notice_text
from fathom.database import open_database
from fathom.errors import FathomError
from fathom.metrics.metric_history import MetricHistory
from fathom.observability.structured_logging import get_logger
from fathom.settings import Settings
from fathom.sql import AdvisoryLock, exclusive_transaction

MAX_OPENED = 50  # new incidents of a rule in a look: more causes than that are one cause
MANY = "many"  # the key of that cause
SAVED_EVERY_S = 60.0  # a look that changes nothing but the words of an incident is stored so often: a write wakes the sensors
ANNOUNCED_FOR_S = 3600.0

Findings = dict[str, dict[str, AlertFinding]]

log = get_logger(__name__)


@dataclass
class EvaluationReport:
    """The outcome of an evaluation.

    Attributes:
        notices: incidents for which a notice was queued.
        silenced: incidents that opened or ended in a silence.
        open: the number of open incidents.
        waiting: whether an incident of a quick rule waits for its time to open or to end.
    """

    notices: list[tuple[Incident, NoticeKind]] = field(default_factory=list[tuple[Incident, NoticeKind]])
    silenced: list[tuple[Incident, NoticeKind]] = field(default_factory=list[tuple[Incident, NoticeKind]])
    open: int = 0
    waiting: bool = False


def evaluate_alerts(settings: Settings, now: float | None = None, *, metrics: bool = True) -> EvaluationReport:
    """Looks once at all rules; without `metrics` only at those with a quick signal.

    Safe to kill, and to call from several processes: a look that comes twice changes nothing. Raises SettingsInvalid,
    DatabaseUnreachable.
    """
    engine = open_database(settings.operational_url)
    now = time.time() if now is None else now
    enabled = {rule.name: rule for rule in effective_rules(settings.alerts)}
    rules = {name: rule for name, rule in enabled.items() if metrics or rule.signal in QUICK}
    with engine.connect() as connection:
        before = current_incidents(connection, now)
    found = _find(AlertContext(settings, engine, now), rules, before)
    report = EvaluationReport()
    with exclusive_transaction(engine, AdvisoryLock.ALERTS) as connection:
        silences = [*active_silences(connection, now), *_maintenance(settings, now)]
        incidents = {(one.rule, one.key): one for one in current_incidents(connection, now)}
        current = AlertPass(settings, engine, connection, silences, incidents, report, now)
        for name in _explaining_first(rules):
            if name in found:
                current.move(rules[name], found[name])
        current.withdraw(lambda name: name not in enabled)
        _announce(settings, engine, connection, now)
        forget_old(connection, now)
        report.open = sum(incident.state == "open" for incident in incidents.values())
        quick = [one for one in incidents.values() if one.rule in enabled and enabled[one.rule].signal in QUICK]
        report.waiting = any(one.state == "pending" or (one.state == "open" and one.clear_since) for one in quick)
    for incident, kind in report.notices:
        log_incident(settings, incident, kind)
    for incident, kind in report.silenced:
        log_incident(settings, incident, kind, silenced=True)
    return report


def _find(context: AlertContext, rules: Mapping[str, AlertRule], before: list[Incident]) -> Findings:
    """Returns the findings by rule and key; a rule whose source fails is left out, so that nothing of it changes."""
    history = MetricHistory(context.engine)
    found: Findings = {}
    for rule in rules.values():
        known = {incident.key for incident in before if incident.rule == rule.name}
        open_keys = {incident.key for incident in before if incident.rule == rule.name and incident.state == "open"}
        try:
            if rule.signal is not None:
                findings = list(FINDERS[rule.signal](context))
            else:
                findings = list(find_by_metric(rule, history, context.now, open_keys))
        except (FathomError, SQLAlchemyError, OSError) as error:
            log.warning("A rule of alerts could not be evaluated", metrics={"rule": rule.name, "error": type(error).__name__})
            continue
        found[rule.name] = {finding.key: finding for finding in _bounded(rule, findings, known)}
    return found


def _bounded(rule: AlertRule, findings: list[AlertFinding], known: Collection[str]) -> list[AlertFinding]:
    """Returns the findings, of which those that are new are a single one if they are too many, and as long as that is open."""
    new = [finding for finding in findings if finding.key not in known]
    if not new or (len(new) <= MAX_OPENED and MANY not in known):
        return findings
    cause = f"{rule.summary}: {len(new)} at once, the first: {new[0].cause}"
    count, documents = sum(finding.count for finding in new), tuple(name for finding in new for name in finding.documents)
    collections = joined_collections(name for finding in new for name in finding.labels.get("collection", "").split(","))
    severity = max((finding.severity or rule.severity for finding in new), key=SEVERITIES.index)
    many = AlertFinding(MANY, cause, severity, documents[:MAX_DOCUMENTS], count, run=new[0].run, labels=collections)
    return [many, *(finding for finding in findings if finding.key in known)]


@dataclass(frozen=True)
class AlertPass:
    """Applies the findings of an evaluation to the incidents, within its transaction."""

    settings: Settings
    engine: Engine
    connection: Connection
    silences: list[Silence]
    incidents: dict[tuple[str, str], Incident]
    report: EvaluationReport
    now: float

    def move(self, rule: AlertRule, found: Mapping[str, AlertFinding]) -> None:
        """Moves the incidents of the rule on, and begins those that are new."""
        for (name, key), incident in list(self.incidents.items()):
            finding = found.get(key)
            if name == rule.name and (finding is None or finding.is_measured):
                step = look(rule, incident, finding, self.now, inhibited=self._is_explained(rule))
                self._keep(incident, step)
        for key, finding in found.items():
            if (rule.name, key) not in self.incidents and finding.is_measured:
                step = begin(rule, finding, new_id(), self.now)
                if self._is_explained(rule) and step.incident is not None:
                    step = Step(replace(step.incident, state="pending", opened_at=None, notified_at=None, notices=0))
                self._keep(None, step)

    def withdraw(self, is_gone: Callable[[str], bool]) -> None:
        """Ends the incidents of rules that are gone or switched off."""
        for (name, _), incident in list(self.incidents.items()):
            if is_gone(name) and incident.state != "resolved":
                self._keep(incident, withdraw(incident, self.now))

    def _is_explained(self, rule: AlertRule) -> bool:
        """Returns whether an incident of another rule, open or about to open, explains those of this rule."""
        for inhibitor in rule.inhibited_by:
            name, _, label = inhibitor.partition(":")
            wanted, _, value = label.partition("=")
            for incident in self.incidents.values():
                same = incident.rule == name and (not label or incident.labels.get(wanted) == value)
                if same and incident.state in ("pending", "open"):
                    return True
        return False

    def _keep(self, before: Incident | None, step: Step) -> None:
        incident, kind = step.incident, step.notice
        if incident is None:
            if before is not None:
                del self.incidents[before.rule, before.key]
                delete_incident(self.connection, before.id)
            return
        if before is not None and incident.state == "resolved" != before.state and kind is None:
            self.report.silenced.append((incident, "resolved"))
        # an end that was promised is told also in a silence: a receiver may hold the incident open until then
        if kind not in (None, "resolved") and any(silence.covers(incident) for silence in self.silences):
            if before is None or incident.state != before.state:
                self.report.silenced.append((incident, kind))
            incident, kind = _untold(before, incident), None
        self.incidents[incident.rule, incident.key] = incident
        if _is_news(before, incident):
            save_incident(self.connection, self.engine, incident)
        if kind is not None:
            said = notice_text(self.settings, incident, kind)
            queue_for_routes(self.connection, self.engine, self.settings.alerts, incident, kind, said)
            self.report.notices.append((incident, kind))


def _untold(before: Incident | None, incident: Incident) -> Incident:
    """Returns the incident without what a notice would have told, which is due again when the silence ends."""
    if before is None:
        return replace(incident, notified_at=None, notices=0, told_count=0, told_documents=())
    kept = {name: getattr(before, name) for name in ("notified_at", "notices", "told_count", "told_documents", "escalated_at")}
    return replace(incident, **kept, severity=incident.severity if before.notified_at is None else before.severity)


def _is_news(before: Incident | None, incident: Incident) -> bool:
    """Returns whether the incident is to be stored: more than its words has changed, or the stored ones are old."""
    if before is None or incident.seen_at - before.seen_at >= SAVED_EVERY_S:
        return True
    return replace(incident, seen_at=before.seen_at, cause=before.cause) != before


def _explaining_first(rules: Mapping[str, AlertRule]) -> list[str]:
    """Returns the rules in an order in which those that explain others come first."""
    explaining = {inhibitor.partition(":")[0] for rule in rules.values() for inhibitor in rule.inhibited_by}
    return sorted(rules, key=lambda name: (name not in explaining, name))


def _maintenance(settings: Settings, now: float) -> list[Silence]:
    """Returns the maintenance windows of now as silences."""
    return [
        Silence("maintenance", window.rule, window.reason, "fathom.toml", window.begin.timestamp(), window.end.timestamp(), {})
        for window in settings.alerts.maintenance
        if window.begin.timestamp() <= now < window.end.timestamp()
    ]


def _announce(settings: Settings, engine: Engine, connection: Connection, now: float) -> None:
    """Queues the notices that a maintenance window has begun or ended, each once."""
    for window in settings.alerts.maintenance:
        begin_at, end_at = window.begin.timestamp(), window.end.timestamp()
        if begin_at <= now < end_at:
            _announce_window(settings, engine, connection, window, now, ended=False)
        elif end_at <= now < end_at + ANNOUNCED_FOR_S:
            _announce_window(settings, engine, connection, window, now, ended=True)


def _announce_window(
    settings: Settings, engine: Engine, connection: Connection, window: MaintenanceWindow, now: float, *, ended: bool
) -> None:
    number = hashlib.sha256(window.model_dump_json().encode()).hexdigest()[:8]
    verb = "ended" if ended else "began"
    title = f"[INFO] maintenance {verb}: {window.reason}"
    body = f"Notices of {window.rule} are held back from {window.begin.isoformat()} to {window.end.isoformat()}."
    for route, receiver in settings.alerts.routes.items():
        if receiver.takes("info", {}) or receiver.takes("warning", {}):
            notice = QueuedNotice(f"maintenance-{number}-{verb}-{route}", "", f"maintenance {verb}", route, title, body, "info")
            queue_notice(connection, engine, notice, now)
