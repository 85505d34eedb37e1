"""Creates the tables of uploads, runs, episodes, events and keys.

Databases from before Alembic have numbered migrations, each of which made whole tables: the tables that one lacks are made.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the tables that the database lacks."""
    there = set(sa.inspect(op.get_bind()).get_table_names())

    def missing(table: str) -> bool:
        return table not in there

    if missing("uploads"):
        op.create_table(
            "uploads",
            sa.Column("document", sa.Text(), nullable=False),
            sa.Column("collection", sa.Text(), nullable=False),
            sa.Column("path", sa.Text(), nullable=False),
            sa.Column("size", sa.BigInteger(), nullable=False),
            sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
            sa.Column("version", sa.Text()),
            sa.Column("state", sa.Text(), nullable=False),
            sa.Column("stage", sa.Text()),
            sa.Column("reason", sa.Text()),
            sa.Column("detail", sa.Text()),
            sa.Column("run_key", sa.Text()),
            sa.Column("run_id", sa.Text()),
            sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
            sa.Column("accepted_at", sa.Float()),
            sa.Column("updated_at", sa.Float(), nullable=False),
            sa.PrimaryKeyConstraint("document"),
        )
        op.create_index("uploads_by_run_key", "uploads", ["run_key"])
        op.create_index("uploads_by_state", "uploads", ["state", "accepted_at"])
        op.create_index(
            "uploads_in_part",
            "uploads",
            ["collection"],
            sqlite_where=sa.text("reason = 'DoneInPart'"),
            postgresql_where=sa.text("reason = 'DoneInPart'"),
        )
    if missing("planned_runs"):
        op.create_table(
            "planned_runs",
            sa.Column("run_key", sa.Text(), nullable=False),
            sa.Column("collection", sa.Text(), nullable=False),
            sa.Column("documents", sa.Integer(), nullable=False),
            sa.Column("planned_at", sa.Float(), nullable=False),
            sa.PrimaryKeyConstraint("run_key"),
        )
        op.create_index("planned_runs_by_collection", "planned_runs", ["collection", "planned_at"])
    if missing("hand_runs"):
        op.create_table(
            "hand_runs",
            sa.Column("document", sa.Text(), nullable=False),
            sa.Column("run_id", sa.Text(), nullable=False),
            sa.Column("version", sa.Text()),
            sa.Column("origin", sa.Text(), nullable=False),
            sa.Column("assets", sa.Text(), nullable=False),
            sa.Column("made", sa.Text(), nullable=False),
            sa.Column("state", sa.Text(), nullable=False),
            sa.Column("stage", sa.Text()),
            sa.Column("reason", sa.Text()),
            sa.Column("detail", sa.Text()),
            sa.Column("started_at", sa.Float(), nullable=False),
            sa.Column("updated_at", sa.Float(), nullable=False),
            sa.PrimaryKeyConstraint("document", "run_id"),
        )
        op.create_index("hand_runs_by_state", "hand_runs", ["state"])
    if missing("attachments"):
        op.create_table(
            "attachments",
            sa.Column("document", sa.Text(), nullable=False),
            sa.Column("mail", sa.Text(), nullable=False),
            sa.Column("mail_version", sa.Text(), nullable=False),
            sa.Column("position", sa.Integer(), nullable=False),
            sa.PrimaryKeyConstraint("document"),
        )
        op.create_index("attachments_by_mail", "attachments", ["mail", "position"])
    if missing("document_dates"):
        op.create_table(
            "document_dates",
            sa.Column("document", sa.Text(), nullable=False),
            sa.Column("version", sa.Text(), nullable=False),
            sa.Column("at", sa.Text(), nullable=False),
            sa.Column("source", sa.Text(), nullable=False),
            sa.Column("rank", sa.Integer(), nullable=False),
            sa.PrimaryKeyConstraint("document", "version"),
        )
    if missing("priorities"):
        op.create_table(
            "priorities",
            sa.Column("document", sa.Text(), nullable=False),
            sa.Column("priority", sa.Integer(), nullable=False),
            sa.Column("set_by", sa.Text()),
            sa.Column("set_at", sa.Float(), nullable=False),
            sa.PrimaryKeyConstraint("document"),
        )
    if missing("pauses"):
        op.create_table(
            "pauses",
            sa.Column("collection", sa.Text(), nullable=False),
            sa.Column("reason", sa.Text(), nullable=False),
            sa.Column("paused_by", sa.Text()),
            sa.Column("paused_at", sa.Float(), nullable=False),
            sa.PrimaryKeyConstraint("collection"),
        )
    if missing("episodes"):
        op.create_table(
            "episodes",
            sa.Column("uuid", sa.Text(), nullable=False),
            sa.Column("collection", sa.Text(), nullable=False),
            sa.Column("document", sa.Text(), nullable=False),
            sa.Column("version", sa.Text(), nullable=False),
            sa.Column("chunk", sa.Text(), nullable=False),
            sa.Column("position", sa.Integer(), nullable=False),
            sa.Column("state", sa.Text(), nullable=False),
            sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
            sa.Column("reason", sa.Text()),
            sa.Column("chunker", sa.Text(), nullable=False),
            sa.Column("prompt", sa.Text(), nullable=False),
            sa.Column("model", sa.Text(), nullable=False),
            sa.Column("embedder", sa.Text(), nullable=False),
            sa.Column("tokens_in", sa.BigInteger(), server_default="0", nullable=False),
            sa.Column("tokens_out", sa.BigInteger(), server_default="0", nullable=False),
            sa.Column("cost_usd", sa.Float(), server_default="0", nullable=False),
            sa.Column("entities", sa.Integer(), server_default="0", nullable=False),
            sa.Column("facts", sa.Integer(), server_default="0", nullable=False),
            sa.Column("left_out", sa.Text()),
            sa.Column("planned_at", sa.Float(), nullable=False),
            sa.Column("extracted_at", sa.Float()),
            sa.Column("written_at", sa.Float()),
            sa.Column("updated_at", sa.Float(), nullable=False),
            sa.PrimaryKeyConstraint("uuid"),
        )
        op.create_index("episodes_by_document", "episodes", ["document", "position"])
        op.create_index("episodes_by_state", "episodes", ["collection", "state"])
    if missing("writer_leases"):
        op.create_table(
            "writer_leases",
            sa.Column("collection", sa.Text(), nullable=False),
            sa.Column("number", sa.BigInteger(), nullable=False),
            sa.Column("holder", sa.Text(), nullable=False),
            sa.Column("expires_at", sa.Float(), nullable=False),
            sa.PrimaryKeyConstraint("collection"),
        )
    if missing("events"):
        op.create_table(
            "events",
            sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
            sa.Column("at", sa.Float(), nullable=False),
            sa.Column("level", sa.Integer(), nullable=False),
            sa.Column("event", sa.Text()),
            sa.Column("document", sa.Text()),
            sa.Column("run", sa.Text()),
            sa.Column("request", sa.Text()),
            sa.Column("stage", sa.Text()),
            sa.Column("sub_stage", sa.Text()),
            sa.Column("message", sa.Text(), nullable=False),
            sa.Column("metrics", sa.Text()),
            sa.Column("fields", sa.Text()),
            sa.Column("logger", sa.Text()),
            sa.Column("host", sa.Text(), nullable=False),
            sa.Column("pid", sa.Integer()),
            sa.PrimaryKeyConstraint("id"),
            sqlite_autoincrement=True,
        )
        op.create_index("events_by_document", "events", ["document", "id"])
        op.create_index("events_by_event", "events", ["event", "id"])
    if missing("event_sources"):
        op.create_table(
            "event_sources",
            sa.Column("source", sa.Text(), nullable=False),
            sa.Column("read_to", sa.BigInteger(), nullable=False),
            sa.Column("updated_at", sa.Float(), nullable=False),
            sa.PrimaryKeyConstraint("source"),
        )
    if missing("api_keys"):
        op.create_table(
            "api_keys",
            sa.Column("id", sa.Text(), nullable=False),
            sa.Column("name", sa.Text(), nullable=False),
            sa.Column("role", sa.Text(), nullable=False),
            sa.Column("collection", sa.Text()),
            sa.Column("hash", sa.Text(), nullable=False),
            sa.Column("created_at", sa.Float(), nullable=False),
            sa.Column("created_by", sa.Text()),
            sa.Column("last_used_at", sa.Float()),
            sa.Column("revoked_at", sa.Float()),
            sa.PrimaryKeyConstraint("id"),
        )
    if missing("audit_log"):
        op.create_table(
            "audit_log",
            sa.Column("id", sa.Text(), nullable=False),
            sa.Column("at", sa.Float(), nullable=False),
            sa.Column("action", sa.Text(), nullable=False),
            sa.Column("by", sa.Text(), nullable=False),
            sa.Column("collection", sa.Text(), nullable=False),
            sa.Column("document", sa.Text()),
            sa.Column("account", sa.Text(), nullable=False),
            sa.Column("evidence", sa.Text()),
            sa.PrimaryKeyConstraint("id"),
        )
        op.create_index("audit_log_by_document", "audit_log", ["document", "at"])

    if not missing("episodes"):
        _add("episodes", sa.Column("left_out", sa.Text()))
    if not missing("uploads"):
        op.create_index(
            "uploads_in_part",
            "uploads",
            ["collection"],
            sqlite_where=sa.text("reason = 'DoneInPart'"),
            postgresql_where=sa.text("reason = 'DoneInPart'"),
            if_not_exists=True,
        )


def _add(table: str, column: sa.Column[str]) -> None:
    """Adds the column where a database of an earlier release lacks it."""
    if all(known["name"] != column.name for known in sa.inspect(op.get_bind()).get_columns(table)):
        op.add_column(table, column)
