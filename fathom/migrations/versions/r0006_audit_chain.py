"""Makes the audit log append-only and chains its lines by hashes; lines of older databases get their chain here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_HASHED = (
    "number", "id", "at", "action", "by", "key", "source", "request", "collection", "document", "outcome", "account", "evidence"
)  # fmt: skip
_REFUSED = "the audit log is append-only"


def upgrade() -> None:
    """Creates the table anew with its lines in the order of time, a table of its head, and triggers that refuse changes."""
    bind = op.get_bind()
    old = bind.execute(sa.text('SELECT * FROM audit_log ORDER BY "at", id')).all()
    op.drop_table("audit_log")
    log = op.create_table(
        "audit_log",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("key", sa.Text()),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("request", sa.Text()),
        sa.Column("collection", sa.Text(), nullable=False),
        sa.Column("document", sa.Text()),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text()),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("audit_log_by_number", "audit_log", ["number"], unique=True)
    op.create_index("audit_log_by_document", "audit_log", ["document", "at"])
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    rows = _chained(row._asdict() for row in old)
    if rows:
        op.bulk_insert(log, rows)
        op.bulk_insert(head, [{"id": 1, "number": rows[-1]["number"], "hash": rows[-1]["hash"]}])
    _refuse_changes(bind.dialect.name)


def _chained(old: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    previous = "0" * 64
    for number, kept in enumerate(old, start=1):
        row = {"key": None, "source": "", "request": None, "outcome": "done", **kept, "number": number}
        content = json.dumps([previous, *(row[name] for name in _HASHED)], ensure_ascii=True, separators=(",", ":"))
        previous = row["hash"] = hashlib.sha256(content.encode()).hexdigest()
        rows.append(row)
    return rows


def _refuse_changes(dialect: str) -> None:
    if dialect == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_log_{change.lower()} BEFORE {change} ON audit_log "
                f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSED}'; END $$"
    )
    for name, change, scope in (("row", "UPDATE OR DELETE", "ROW"), ("table", "TRUNCATE", "STATEMENT")):
        op.execute(
            f"CREATE TRIGGER audit_log_{name} BEFORE {change} ON audit_log "
            f"FOR EACH {scope} EXECUTE FUNCTION refuse_audit_change()"
        )
