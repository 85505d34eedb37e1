"""Chains the lines of the audit log by hashes, and verifies the chain.

Each line has the SHA-256 of its content and of the hash of the line before it. The number and hash of the last line are kept
apart, in `audit_head`, so that a deleted end is found too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.engine import Connection, Engine

from fathom.tables import audit_head, audit_log

GENESIS = "0" * 64  # stands for the hash before the first line
HASHED = (
    "number", "id", "at", "action", "by", "key", "source", "request", "collection", "document", "outcome", "account", "evidence"
)  # fmt: skip
PAGE = 1000  # lines a query


class ChainBreak(BaseModel):
    """The first place where the chain does not hold."""

    model_config = ConfigDict(frozen=True)

    number: int = Field(description="number of the line; of the first missing line where lines are missing")
    id: str | None = Field(description="id of the line; null where it is missing")
    what: str


class ChainCheck(BaseModel):
    """The result of verifying all lines of the audit log."""

    model_config = ConfigDict(frozen=True)

    intact: bool
    lines: int = Field(description="lines that were verified, up to the first break")
    head: str = Field(description="hash of the last verified line; note it elsewhere to compare it later")
    broken: ChainBreak | None = None


def line_hash(previous: str, row: Mapping[str, Any]) -> str:
    """Returns the hash of a line with the columns HASHED, after a line with the hash `previous`."""
    content = [previous, *(row[name] for name in HASHED)]
    return hashlib.sha256(json.dumps(content, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()


def read_head(connection: Connection) -> tuple[int, str]:
    """Returns number and hash of the last line; 0 and GENESIS before the first."""
    row = connection.execute(sa.select(audit_head.c.number, audit_head.c.hash)).one_or_none()
    return (row.number, row.hash) if row else (0, GENESIS)


def save_head(connection: Connection, number: int, line: str) -> None:
    """Stores number and hash of the last line."""
    values = {"number": number, "hash": line}
    if connection.execute(audit_head.update().values(**values)).rowcount == 0:
        connection.execute(audit_head.insert().values(id=1, **values))


def verify_chain(engine: Engine) -> ChainCheck:
    """Verifies every line in order, and that the last one is the head; lines may be appended meanwhile.

    Raises DatabaseUnreachable.
    """
    check = ChainCheck(intact=True, lines=0, head=GENESIS)
    while True:
        before = check.lines
        check = _verify_after(engine, check)
        with engine.connect() as connection:
            number, head = read_head(connection)
        if not check.intact or (number, head) == (check.lines, check.head):
            return check
        if number <= check.lines or check.lines == before:  # otherwise lines were appended meanwhile
            break
    if number > check.lines:
        return _broken(check, ChainBreak(number=check.lines + 1, id=None, what=f"missing: the log had {number} lines"))
    what = f"not the line that was written last, which has the number {number} and the hash {head}"
    return _broken(check, ChainBreak(number=check.lines, id=None, what=what))


def _verify_after(engine: Engine, check: ChainCheck) -> ChainCheck:
    """Verifies the lines after those of an intact check."""
    verified, previous = check.lines, check.head
    for row in _lines_after(engine, verified):
        found: ChainBreak | None = None
        if row["number"] != verified + 1:
            found = ChainBreak(number=verified + 1, id=None, what=f"missing: the next line in the log is {row['number']}")
        elif line_hash(previous, row) != row["hash"]:
            what = "changed: its hash is not that of its content and of the line before it"
            found = ChainBreak(number=row["number"], id=row["id"], what=what)
        if found is not None:
            return ChainCheck(intact=False, lines=verified, head=previous, broken=found)
        verified, previous = row["number"], row["hash"]
    return ChainCheck(intact=True, lines=verified, head=previous)


def _broken(check: ChainCheck, found: ChainBreak) -> ChainCheck:
    return check.model_copy(update={"intact": False, "broken": found})


def _lines_after(engine: Engine, number: int) -> Iterator[Mapping[str, Any]]:
    """Yields the lines after this number in order, a page in memory."""
    while True:
        query = sa.select(audit_log).where(audit_log.c.number > number).order_by(audit_log.c.number).limit(PAGE)
        with engine.connect() as connection:
            rows = [dict(row._mapping) for row in connection.execute(query)]
        if not rows:
            return
        yield from rows
        number = rows[-1]["number"]
