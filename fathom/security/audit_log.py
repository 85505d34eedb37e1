"""The audit log of irreversible actions of people; entries are append-only."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from fathom.tables import audit_log


@dataclass(frozen=True)
class Entry:
    """An irreversible action on a document: the account that was shown to people, and the evidence to verify it later."""

    id: str
    at: float  # seconds since 1970
    action: str
    by: str
    collection: str
    document: str | None
    account: dict[str, Any]
    evidence: dict[str, Any]


def new_id() -> str:
    """Returns a new entry id."""
    return uuid.uuid4().hex[:12]


def record(engine: Engine, entry: Entry) -> None:
    """Appends the entry durably."""
    texts = {"account": json.dumps(entry.account), "evidence": json.dumps(entry.evidence)}
    with engine.begin() as connection:
        connection.execute(audit_log.insert().values(**{**vars(entry), **texts}))


def find_entry(engine: Engine, entry: str) -> Entry | None:
    """Returns the entry with this id; None if there is none."""
    with engine.connect() as connection:
        row = connection.execute(sa.select(audit_log).where(audit_log.c.id == entry)).one_or_none()
    if row is None:
        return None
    return Entry(**{**row._mapping, "account": json.loads(row.account), "evidence": json.loads(row.evidence or "{}")})
