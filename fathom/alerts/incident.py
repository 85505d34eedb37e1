"""The life of an incident as a pure state machine: pending, open, resolved; when a notice is due, and of which kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from fathom.alert_settings import SEVERITIES, AlertSeverity
from fathom.alerts.alert_rules import COOLDOWN_S, AlertRule
from fathom.alerts.findings import AlertFinding

IncidentState = Literal["pending", "open", "resolved"]
NoticeKind = Literal["opened", "updated", "escalated", "resolved"]

REOPEN_WITHIN_S = COOLDOWN_S  # a condition that comes back so soon is the same incident
FLAPS_HOLD = 2.0  # each return of the condition multiplies the time for which the incident is held open
MAX_HOLD_S = 1800.0


@dataclass(frozen=True)
class Incident:
    """A finding of a rule under a key, from its first sight to its end. Times in seconds since 1970."""

    id: str
    rule: str
    key: str
    severity: AlertSeverity
    cause: str
    began_at: float
    seen_at: float
    state: IncidentState = "pending"
    documents: tuple[str, ...] = ()
    count: int = 1
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    run: str | None = None
    opened_at: float | None = None
    clear_since: float | None = None
    resolved_at: float | None = None
    notified_at: float | None = None
    notices: int = 0
    flaps: int = 0
    escalated_at: float | None = None
    acknowledged_by: str | None = None
    acknowledged_at: float | None = None

    @property
    def hold_factor(self) -> float:
        """How many times longer than usual the incident is held open, since its condition keeps coming back."""
        return FLAPS_HOLD**self.flaps


@dataclass(frozen=True)
class Step:
    """The incident after a look, None if it is forgotten, and the notice that is due."""

    incident: Incident | None
    notice: NoticeKind | None = None


def begin(rule: AlertRule, finding: AlertFinding, number: str, now: float) -> Step:
    """Returns a new incident; it opens at once where the rule does not wait."""
    since = min(now, finding.since) if finding.since is not None else now
    severity = finding.severity or rule.severity
    fresh = Incident(number, rule.name, finding.key, severity, finding.cause, began_at=since, seen_at=now)
    return look(rule, _with(fresh, rule, finding, now), finding, now, inhibited=False)


def look(rule: AlertRule, incident: Incident, finding: AlertFinding | None, now: float, *, inhibited: bool) -> Step:
    """Returns the next step of an incident that is pending, open, or was resolved within REOPEN_WITHIN_S.

    Args:
        rule: of the incident.
        incident: as it was.
        finding: what the rule finds under the key now; None for nothing.
        now: in seconds since 1970; a clock that was set back stands still.
        inhibited: whether another incident explains this one: it neither opens nor notifies meanwhile.
    """
    now = max(now, incident.seen_at)
    if finding is None:
        return _cleared(rule, incident, now)
    seen = _with(incident, rule, finding, now)
    if incident.state == "resolved":
        reopened = replace(seen, state="open", resolved_at=None, clear_since=None, flaps=incident.flaps + 1)
        return _notified(reopened, "opened", now) if _is_cool(incident, now) else Step(reopened)
    if incident.clear_since is not None:
        seen = replace(seen, clear_since=None, flaps=incident.flaps + (incident.state == "open"))
    if inhibited:
        return Step(seen)
    if incident.state == "pending":
        if now - seen.began_at < rule.for_s:
            return Step(seen)
        return _notified(replace(seen, state="open", opened_at=now), "opened", now)
    return _still_open(rule, incident, seen, now)


def _still_open(rule: AlertRule, before: Incident, seen: Incident, now: float) -> Step:
    """Returns the next step of an open incident whose condition holds."""
    if before.notified_at is None:  # it opened in a silence or while another explained it
        return _notified(seen, "opened", now)
    if SEVERITIES.index(seen.severity) > SEVERITIES.index(before.severity):
        return _notified(replace(seen, escalated_at=now), "escalated", now)
    waits = rule.escalate_after_s is not None and before.acknowledged_at is None and before.escalated_at is None
    if waits and now - (before.opened_at or now) >= (rule.escalate_after_s or 0.0):
        return _notified(replace(seen, severity="critical", escalated_at=now), "escalated", now)
    worse = seen.count > before.count or seen.cause != before.cause
    if worse and before.acknowledged_at is None and _is_cool(before, now):
        return _notified(seen, "updated", now)
    return Step(replace(seen, count=max(seen.count, before.count)) if not _is_cool(before, now) else seen)


def _cleared(rule: AlertRule, incident: Incident, now: float) -> Step:
    """Returns the next step of an incident whose condition does not hold."""
    if incident.state == "pending":
        return Step(None)
    if incident.state == "resolved":
        return Step(incident)
    since = incident.clear_since if incident.clear_since is not None else now
    held = min(MAX_HOLD_S, rule.hold_s * incident.hold_factor)
    if now - since < held:
        return Step(replace(incident, clear_since=since))
    resolved = replace(incident, state="resolved", resolved_at=now, clear_since=since)
    return Step(replace(resolved, notices=incident.notices + 1), "resolved") if incident.notified_at else Step(resolved)


def _with(incident: Incident, rule: AlertRule, finding: AlertFinding, now: float) -> Incident:
    severity = finding.severity or rule.severity
    if incident.escalated_at is not None:
        severity = max(severity, incident.severity, key=SEVERITIES.index)
    return replace(
        incident,
        severity=severity,
        cause=finding.cause,
        documents=finding.documents,
        count=finding.count,
        labels={**rule.labels, **finding.labels},
        run=finding.run,
        seen_at=now,
    )


def _notified(incident: Incident, kind: NoticeKind, now: float) -> Step:
    return Step(replace(incident, notified_at=now, notices=incident.notices + 1), kind)


def _is_cool(incident: Incident, now: float) -> bool:
    """Returns whether the last notice is so long ago that another may follow."""
    return incident.notified_at is None or now - incident.notified_at >= COOLDOWN_S
