"""The audit log of irreversible actions of people; entries are append-only."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from fathom.tables import audit_log


@dataclass(frozen=True)
class Entry:
    """An entry: the account that was shown to people, and the evidence to verify it later."""

    id: str
    at: float
    action: str
    by: str
    account: dict[str, Any]
    evidence: dict[str, Any]


def new_id() -> str:
    """Returns a new entry id."""
    return uuid.uuid4().hex[:12]


def record(
    engine: Engine,
    entry: str,
    *,
    action: str,
    by: str,
    collection: str,
    document: str,
    account: Mapping[str, Any],
    evidence: Mapping[str, Any],
) -> None:
    """Appends the entry durably."""
    values = {"id": entry, "at": time.time(), "action": action, "by": by, "collection": collection, "document": document}
    texts = {"account": json.dumps(account), "evidence": json.dumps(evidence)}
    with engine.begin() as connection:
        connection.execute(audit_log.insert().values(**values, **texts))


def find_entry(engine: Engine, entry: str) -> Entry | None:
    """Returns the entry with this id; None if there is none."""
    with engine.connect() as connection:
        row = connection.execute(sa.select(audit_log).where(audit_log.c.id == entry)).one_or_none()
    if row is None:
        return None
    return Entry(row.id, row.at, row.action, row.by, json.loads(row.account), json.loads(row.evidence or "{}"))
