"""Stores incidents, silences and notices."""

from __future__ import annotations

import fnmatch
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from fathom.alert_settings import AlertSettings
from fathom.alerts.incident import REOPEN_WITHIN_S, Incident, NoticeKind
from fathom.sql import insert_into
from fathom.tables import alert_incidents, alert_notices, alert_silences

i, n, s = alert_incidents.c, alert_notices.c, alert_silences.c
KEPT_DAYS = 365


@dataclass(frozen=True)
class Silence:
    """Holds back the notices of incidents with a rule (or pattern) and labels, until its end."""

    id: str
    rule: str
    reason: str
    created_by: str
    created_at: float
    ends_at: float
    labels: Mapping[str, str]

    def covers(self, incident: Incident) -> bool:
        """Returns whether the incident's notices are held back."""
        same = all(incident.labels.get(name) == value for name, value in self.labels.items())
        return same and fnmatch.fnmatchcase(incident.rule, self.rule)


@dataclass(frozen=True)
class QueuedNotice:
    """A notice for a route."""

    key: str
    incident: str
    kind: str
    route: str
    title: str
    body: str
    severity: str


def new_id() -> str:
    """Returns a new id of an incident or silence."""
    return secrets.token_hex(4)


def current_incidents(connection: Connection, now: float) -> list[Incident]:
    """Returns the incidents that are pending or open, and those that may come back."""
    dismissed = sa.and_(i.resolved_by.is_not(None), i.clear_since.is_(None), i.seen_at >= now - REOPEN_WITHIN_S)
    recent = sa.and_(i.state == "resolved", sa.or_(i.resolved_at >= now - REOPEN_WITHIN_S, dismissed))
    query = sa.select(alert_incidents).where(sa.or_(i.state.in_(("pending", "open")), recent)).order_by(i.began_at)
    return [_incident(row) for row in connection.execute(query)]


def list_incidents(engine: Engine, states: Sequence[str], *, since: float = 0.0, limit: int = 1000) -> list[Incident]:
    """Returns the incidents in these states that were seen since then, the newest first."""
    query = sa.select(alert_incidents).where(i.state.in_(states), i.seen_at >= since).order_by(i.began_at.desc())
    with engine.connect() as connection:
        return [_incident(row) for row in connection.execute(query.limit(limit))]


def save_incident(connection: Connection, engine: Engine, incident: Incident) -> None:
    """Stores the incident, replacing its row."""
    row = {name: getattr(incident, name) for name in _SAME}
    row |= {"documents": json.dumps(incident.documents), "labels": json.dumps(dict(incident.labels))}
    row |= {"subjects": incident.count, "run_id": incident.run, "told_subjects": incident.told_count}
    row["told_documents"] = json.dumps(incident.told_documents)
    upsert = insert_into(engine, alert_incidents).values(row)
    connection.execute(upsert.on_conflict_do_update(index_elements=["id"], set_=row))


def delete_incident(connection: Connection, number: str) -> None:
    """Deletes an incident that never opened."""
    connection.execute(alert_incidents.delete().where(i.id == number))


def forget_old(connection: Connection, now: float) -> None:
    """Deletes incidents and notices after KEPT_DAYS."""
    before = now - KEPT_DAYS * 86_400
    connection.execute(alert_incidents.delete().where(i.state == "resolved", i.resolved_at < before))
    connection.execute(alert_notices.delete().where(n.created_at < before))


def queue_notice(connection: Connection, engine: Engine, notice: QueuedNotice, now: float) -> None:
    """Adds the notice to those to send, once for its key."""
    insert = insert_into(engine, alert_notices).values(**vars(notice), created_at=now, next_at=now)
    connection.execute(insert.on_conflict_do_nothing())


def queue_for_routes(
    connection: Connection, engine: Engine, settings: AlertSettings, incident: Incident, kind: NoticeKind, said: tuple[str, str]
) -> list[str]:
    """Adds a notice for each route that takes the incident, and returns the routes; `said` is title and body.

    The end is told to whoever was told of the incident, whatever its severity and labels have become.
    """
    if kind == "resolved":
        told = connection.scalars(sa.select(n.route).where(n.incident == incident.id).distinct())
        routes = [name for name in sorted(told) if name in settings.routes]
        at = incident.resolved_at
    else:
        routes = [name for name, route in settings.routes.items() if route.takes(incident.severity, dict(incident.labels))]
        at = incident.notified_at
    avoided = incident.labels.get("route") if incident.rule == "route_failing" else None
    for name in routes:
        if name != avoided:
            key = f"{incident.id}-{incident.notices}-{kind}-{name}"
            notice = QueuedNotice(key, incident.id, kind, name, *said, incident.severity)
            queue_notice(connection, engine, notice, at or incident.seen_at)
    return routes


def active_silences(connection: Connection, now: float) -> list[Silence]:
    """Returns the silences that have not ended."""
    rows = connection.execute(sa.select(alert_silences).where(s.ends_at > now).order_by(s.ends_at))
    return [Silence(**{**row._asdict(), "labels": json.loads(row.labels)}) for row in rows]


def add_silence(engine: Engine, silence: Silence) -> None:
    """Stores the silence."""
    with engine.begin() as connection:
        connection.execute(alert_silences.insert().values(**{**vars(silence), "labels": json.dumps(dict(silence.labels))}))


_SAME = (
    *("id", "rule", "key", "state", "severity", "cause", "began_at", "opened_at", "seen_at", "clear_since", "resolved_at"),
    *("notified_at", "notices", "flaps", "escalated_at", "acknowledged_by", "acknowledged_at", "resolved_by"),
)


def _incident(row: Any) -> Incident:
    return Incident(
        **{name: getattr(row, name) for name in _SAME},
        documents=tuple(json.loads(row.documents)),
        count=row.subjects,
        labels=json.loads(row.labels),
        run=row.run_id,
        told_count=row.told_subjects,
        told_documents=tuple(json.loads(row.told_documents)),
    )
