"""The life of an incident as a pure state machine: pending, open, resolved; when a notice is due, and of which kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from fathom.alert_settings import SEVERITIES, AlertSeverity
from fathom.alerts.alert_rules import COOLDOWN_S, AlertRule
from fathom.alerts.findings import AlertFinding

IncidentState = Literal["pending", "open", "resolved"]
NoticeKind = Literal["opened", "updated", "escalated", "resolved"]

REOPEN_WITHIN_S = COOLDOWN_S  # a condition that comes back so soon is the same incident
FLAPS_HOLD = 2.0  # each return of the condition multiplies the time for which the incident is held open
MAX_HOLD_S = 1800.0
GAP_S = 600.0  # without a look after which a pending incident has to wait anew
JITTER_S = 5.0  # between the clocks and looks of several processes


@dataclass(frozen=True)
class Incident:
    """A finding of a rule under a key, from its first sight to its end. Times in seconds since 1970.

    Attributes:
        clear_since: when its condition ended; None while it holds, also for one that a person has ended.
        told_count: documents or other subjects at the last notice, of which `told_documents` has the first.
    """

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
    told_count: int = 0
    told_documents: tuple[str, ...] = ()
    resolved_by: str | None = None

    @property
    def is_dismissed(self) -> bool:
        """Whether a person ended it while its condition held, and the condition still holds."""
        return self.state == "resolved" and self.resolved_by is not None and self.clear_since is None

    @property
    def has_more(self) -> bool:
        """Whether it concerns more, or other documents, than at the last notice."""
        return self.count > self.told_count or not set(self.documents) <= set(self.told_documents)

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
        now: in seconds since 1970; a clock that was set back moves the incident's times with it.
        inhibited: whether another incident explains this one: it neither opens nor notifies meanwhile.
    """
    incident, now = _rebased(incident, now)
    if finding is None:
        return _cleared(rule, incident, now)
    seen = _with(incident, rule, finding, now)
    if incident.is_dismissed:
        if not seen.has_more or not _is_cool(incident, now):
            return Step(seen)
        return _notified(replace(seen, state="open", resolved_at=None, resolved_by=None), "opened", now)
    if incident.state == "resolved":
        seen = replace(seen, acknowledged_by=None, acknowledged_at=None, resolved_by=None)
        reopened = replace(seen, state="open", resolved_at=None, clear_since=None, flaps=incident.flaps + 1)
        return _notified(reopened, "opened", now) if _is_cool(incident, now) else Step(reopened)
    if incident.clear_since is not None:
        seen = replace(seen, clear_since=None, flaps=incident.flaps + (incident.state == "open"))
    if incident.state == "pending" and finding.since is None and now - incident.seen_at > GAP_S:
        seen = replace(seen, began_at=now)  # nobody knows whether it held meanwhile
    if inhibited:
        return Step(seen)
    if incident.state == "pending":
        if now - seen.began_at < rule.for_s:
            return Step(seen)
        return _notified(replace(seen, state="open", opened_at=now), "opened", now)
    return _still_open(rule, incident, seen, now)


def dismiss(incident: Incident, by: str, now: float) -> Step:
    """Ends an open incident by a person; it opens again only when it concerns more, or after its condition has ended."""
    incident, now = _rebased(incident, now)
    step = _ended(replace(incident, resolved_by=by), now)
    known = None if step.incident is None else replace(step.incident, **_told(incident))
    return Step(known, step.notice)


def withdraw(incident: Incident, now: float) -> Step:
    """Ends an incident whose rule is gone or switched off."""
    incident, now = _rebased(incident, now)
    return Step(None) if incident.state == "pending" else _ended(replace(incident, clear_since=now), now)


def _still_open(rule: AlertRule, before: Incident, seen: Incident, now: float) -> Step:
    """Returns the next step of an open incident whose condition holds."""
    if before.notified_at is None:  # it opened in a silence or while another explained it
        return _notified(seen, "opened", now)
    if SEVERITIES.index(seen.severity) > SEVERITIES.index(before.severity):
        return _notified(replace(seen, escalated_at=now), "escalated", now)
    waits = rule.escalate_after_s is not None and before.acknowledged_at is None and before.escalated_at is None
    if waits and before.severity != "critical" and now - (before.opened_at or now) >= (rule.escalate_after_s or 0.0):
        return _notified(replace(seen, severity="critical", escalated_at=now), "escalated", now)
    if seen.has_more and before.acknowledged_at is None and _is_cool(before, now):
        return _notified(seen, "updated", now)
    return Step(seen)


def _cleared(rule: AlertRule, incident: Incident, now: float) -> Step:
    """Returns the next step of an incident whose condition does not hold."""
    if incident.state == "pending":
        return Step(None)
    if incident.state == "resolved":
        return Step(replace(incident, clear_since=now) if incident.is_dismissed else incident)
    since = incident.clear_since if incident.clear_since is not None else now
    held = min(MAX_HOLD_S, rule.hold_s * incident.hold_factor)
    if now - since < held:
        return Step(replace(incident, clear_since=since))
    return _ended(replace(incident, clear_since=since), now)


def _ended(incident: Incident, now: float) -> Step:
    # if it comes back soon, everything about it is news
    resolved = replace(incident, state="resolved", resolved_at=now, told_count=0, told_documents=())
    return Step(replace(resolved, notices=incident.notices + 1), "resolved") if incident.notified_at else Step(resolved)


def _rebased(incident: Incident, now: float) -> tuple[Incident, float]:
    """Returns the incident in the time of a clock that was set back, so that what it waits for comes neither late nor early."""
    times = {name: at for name in _TIMES if (at := getattr(incident, name)) is not None}
    newest = max(times.values())
    if newest - now <= JITTER_S:
        return incident, max(now, newest)
    return replace(incident, **{name: at - (newest - now) for name, at in times.items()}), now


_TIMES = ("began_at", "seen_at", "opened_at", "clear_since", "resolved_at", "notified_at", "escalated_at", "acknowledged_at")


def _with(incident: Incident, rule: AlertRule, finding: AlertFinding, now: float) -> Incident:
    severity = finding.severity or rule.severity
    if incident.opened_at is not None:  # whoever was told how bad it is, is told of its end
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
    told = replace(incident, **_told(incident))
    return Step(replace(told, notified_at=now, notices=incident.notices + 1), kind)


def _told(incident: Incident) -> dict[str, Any]:
    return {"told_count": incident.count, "told_documents": incident.documents}


def _is_cool(incident: Incident, now: float) -> bool:
    """Returns whether the last notice is so long ago that another may follow."""
    return incident.notified_at is None or now - incident.notified_at >= COOLDOWN_S
