"""The audit log of irreversible and administrative actions of people: append-only, each line chained to the one before."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.engine import Engine

from fathom.errors import FathomError
from fathom.observability.structured_logging import emit
from fathom.security.actor import current_actor
from fathom.security.audit_chain import line_hash, read_head, save_head
from fathom.sql import AdvisoryLock, exclusive_transaction
from fathom.tables import audit_log

ALL_COLLECTIONS = "*"
BEGUN, DONE = "begun", "done"


@dataclass(frozen=True)
class Entry:
    """An action of a person: the account that was shown to people, and the evidence to verify it later.

    `outcome` is DONE, BEGUN, or the name of the error that ended it. Without a `source`, that of the call at work is taken,
    with its key and request.
    """

    id: str
    at: float  # seconds since 1970
    action: str
    by: str
    collection: str
    document: str | None
    account: dict[str, Any]
    evidence: dict[str, Any]
    outcome: str = DONE
    key: str | None = None
    source: str = ""
    request: str | None = None


class AuditLine(BaseModel):
    """A line of the audit log; its evidence is left out."""

    model_config = ConfigDict(frozen=True)

    number: int = Field(description="place in the log, from 1")
    id: str
    at: float = Field(description="seconds since 1970")
    action: str
    outcome: str = Field(description="done, begun, or the name of the error that ended it")
    by: str = Field(description="name of the key, or `this host` for its owner")
    key: str | None = Field(description="id of the key; null for a command on this host")
    source: str = Field(description="address of the client, or user, host and terminal of a command")
    request: str | None = Field(description="id of the request, or of the run in Dagster")
    collection: str = Field(description="`*` stands for all")
    document: str | None
    account: dict[str, Any]
    hash: str = Field(description="SHA-256 over the line and the hash of the line before it")


@dataclass(frozen=True)
class AuditFilter:
    """The lines to list: since a time, of an action or of all below it (`graph`: `graph.clear`), by a name or key."""

    since: float | None = None
    action: str | None = None
    by: str | None = None
    before: int | None = None  # only lines of a lower number


def new_id() -> str:
    """Returns a new entry id."""
    return uuid.uuid4().hex[:12]


def record(engine: Engine, entry: Entry) -> None:
    """Appends the entry durably; concurrent callers append one after another. Raises DatabaseUnreachable."""
    if not entry.source:
        actor = current_actor()
        entry = replace(entry, key=actor.key, source=actor.source, request=actor.request)
    row: dict[str, Any] = {name: _storable(value) for name, value in vars(entry).items()}
    row |= {"account": json.dumps(entry.account, default=str), "evidence": json.dumps(entry.evidence)}
    with exclusive_transaction(engine, AdvisoryLock.AUDIT) as connection:
        number, previous = read_head(connection)
        row["number"] = number + 1
        row["hash"] = line_hash(previous, row)
        connection.execute(audit_log.insert().values(**row))
        save_head(connection, row["number"], row["hash"])
    emit(
        "system.audited", f"Audited: {entry.action}", number=row["number"], hash=row["hash"], action=entry.action, by=row["by"]
    )


@contextmanager
def audited(
    engine: Engine,
    action: str,
    *,
    collection: str = ALL_COLLECTIONS,
    document: str | None = None,
    account: dict[str, Any] | None = None,
    announce: bool = False,
) -> Iterator[dict[str, Any]]:
    """Records the action of the call at work when it has ended, with the error that ended it.

    Yields the account, to which the action may add. With `announce` a line is also written before, so that an action whose
    process is killed leaves one. Raises DatabaseUnreachable.
    """
    account = {} if account is None else account
    about: dict[str, Any] = {"collection": collection, "document": document, "account": account}
    if announce:
        _record_call(engine, action, BEGUN, **about)
    with failure_audited(engine, action, **about):
        yield account
    _record_call(engine, action, DONE, **about)


@contextmanager
def failure_audited(
    engine: Engine,
    action: str,
    *,
    collection: str = ALL_COLLECTIONS,
    document: str | None = None,
    account: dict[str, Any] | None = None,
) -> Iterator[None]:
    """Records an error that ends the action of the call at work; its success is recorded by the caller."""
    try:
        yield
    except BaseException as error:
        outcome = error.name if isinstance(error, FathomError) else type(error).__name__
        _record_call(engine, action, outcome, collection=collection, document=document, account=account)
        raise


def _record_call(
    engine: Engine, action: str, outcome: str, *, collection: str, document: str | None, account: dict[str, Any] | None
) -> None:
    by = current_actor().name
    record(engine, Entry(new_id(), time.time(), action, by, collection, document, account or {}, {}, outcome))


def find_entry(engine: Engine, entry: str) -> Entry | None:
    """Returns the entry with this id; None if there is none."""
    columns = [audit_log.c[name] for name in Entry.__dataclass_fields__]
    with engine.connect() as connection:
        row = connection.execute(sa.select(*columns).where(audit_log.c.id == entry)).one_or_none()
    if row is None:
        return None
    return Entry(**{**row._mapping, "account": json.loads(row.account), "evidence": json.loads(row.evidence or "{}")})


def list_lines(engine: Engine, wanted: AuditFilter, *, limit: int) -> list[AuditLine]:
    """Returns at most `limit` lines, the newest first."""
    c = audit_log.c
    query = sa.select(*(c[name] for name in AuditLine.model_fields)).order_by(c.number.desc()).limit(limit)
    if wanted.since is not None:
        query = query.where(c.at >= wanted.since)
    if wanted.action is not None:
        query = query.where(sa.or_(c.action == wanted.action, c.action.startswith(f"{wanted.action}.", autoescape=True)))
    if wanted.by is not None:
        query = query.where(sa.or_(c.by == wanted.by, c.key == wanted.by))
    if wanted.before is not None:
        query = query.where(c.number < wanted.before)
    with engine.connect() as connection:
        return [AuditLine(**{**row._mapping, "account": json.loads(row.account)}) for row in connection.execute(query)]


def _storable(value: Any) -> Any:
    """Returns the value; text without NUL and lone surrogates, which databases refuse."""
    return value.encode("utf-8", "replace").decode().replace("\0", "") if isinstance(value, str) else value
