"""Defines the tables of events, of the audit log and of API keys."""

from __future__ import annotations

import sqlalchemy as sa

from fathom.tables.table_metadata import metadata

# Events of documents, queries and components, in the order of insertion; filled from the log files only.
events = sa.Table(
    "events",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("level", sa.Integer, nullable=False),
    sa.Column("event", sa.Text),
    sa.Column("document", sa.Text),
    sa.Column("run", sa.Text),
    sa.Column("request", sa.Text),
    sa.Column("stage", sa.Text),
    sa.Column("sub_stage", sa.Text),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("metrics", sa.Text),
    sa.Column("fields", sa.Text),
    sa.Column("logger", sa.Text),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer),
    sa.Index("events_by_document", "document", "id"),
    sa.Index("events_by_event", "event", "id"),
    sqlite_autoincrement=True,  # ids are never reused, even after the newest events were deleted
)

# The read offset of each log file, written in the transaction of its events, so that each line is inserted once.
event_sources = sa.Table(
    "event_sources",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("read_to", sa.BigInteger, nullable=False),
    sa.Column("updated_at", sa.Float, nullable=False),
)

# Irreversible and administrative actions of people, append-only (triggers refuse other changes). `number` counts the lines
# from 1; `hash` is over the line and the hash of the line before it (fathom/security/audit_chain.py).
audit_log = sa.Table(
    "audit_log",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("key", sa.Text),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("request", sa.Text),
    sa.Column("collection", sa.Text, nullable=False),
    sa.Column("document", sa.Text),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("evidence", sa.Text),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Index("audit_log_by_number", "number", unique=True),
    sa.Index("audit_log_by_document", "document", "at"),
)

# Number and hash of the last line of the audit log, in a single row.
audit_head = sa.Table(
    "audit_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)

# API keys by hash; the key itself is shown once and not stored.
api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("collection", sa.Text),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("created_by", sa.Text),
    sa.Column("last_used_at", sa.Float),
    sa.Column("revoked_at", sa.Float),
)
