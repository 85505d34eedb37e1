"""Defines the tables of documents: uploads, runs, episodes, and what people said about them."""

from __future__ import annotations

import sqlalchemy as sa

from fathom.tables.table_metadata import metadata

uploads = sa.Table(
    "uploads",
    metadata,
    sa.Column("document", sa.Text, primary_key=True),
    sa.Column("collection", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("mtime_ns", sa.BigInteger, nullable=False),
    sa.Column("version", sa.Text),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("stage", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("detail", sa.Text),
    sa.Column("run_key", sa.Text),
    sa.Column("run_id", sa.Text),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("accepted_at", sa.Float),
    sa.Column("updated_at", sa.Float, nullable=False),
    sa.Index("uploads_by_state", "state", "accepted_at"),
    sa.Index("uploads_by_run_key", "run_key"),
)

# A partial index over few rows: the literal is inlined, since SQLite uses such an index only for queries with the same literal.
done_in_part = uploads.c.reason == sa.literal_column("'DoneInPart'")

uploads_in_part = sa.Index("uploads_in_part", uploads.c.collection, sqlite_where=done_in_part, postgresql_where=done_in_part)

# Documents that one command or request uploaded together, with the version of each that was new then.
upload_batches = sa.Table(
    "upload_batches",
    metadata,
    sa.Column("batch", sa.Text, primary_key=True),
    sa.Column("document", sa.Text, primary_key=True),
    sa.Column("collection", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("placed_at", sa.Float, nullable=False),
    sa.Index("upload_batches_by_document", "document", "version"),
)

# Attachments with their mail and its version.
attachments = sa.Table(
    "attachments",
    metadata,
    sa.Column("document", sa.Text, primary_key=True),
    sa.Column("mail", sa.Text, nullable=False),
    sa.Column("mail_version", sa.Text, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Index("attachments_by_mail", "mail", "position"),
)

# The date of a version of a document: `at` in ISO 8601 (UTC), its `source`, and its `rank`, of which the lowest counts.
document_dates = sa.Table(
    "document_dates",
    metadata,
    sa.Column("document", sa.Text, primary_key=True),
    sa.Column("version", sa.Text, primary_key=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("rank", sa.Integer, nullable=False),
)

# Priorities of documents; 0 without a row.
priorities = sa.Table(
    "priorities",
    metadata,
    sa.Column("document", sa.Text, primary_key=True),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("set_by", sa.Text),
    sa.Column("set_at", sa.Float, nullable=False),
)

# Paused collections, of which no run is planned; `*` stands for all.
pauses = sa.Table(
    "pauses",
    metadata,
    sa.Column("collection", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("paused_by", sa.Text),
    sa.Column("paused_at", sa.Float, nullable=False),
)

# All run keys ever given to Dagster, which starts a run only for a new key.
planned_runs = sa.Table(
    "planned_runs",
    metadata,
    sa.Column("run_key", sa.Text, primary_key=True),
    sa.Column("collection", sa.Text, nullable=False),
    sa.Column("documents", sa.Integer, nullable=False),
    sa.Column("planned_at", sa.Float, nullable=False),
    sa.Index("planned_runs_by_collection", "collection", "planned_at"),
)

# Runs started by hand in Dagster, beside the runs that Fathom plans; `assets` is a JSON list of names.
hand_runs = sa.Table(
    "hand_runs",
    metadata,
    sa.Column("document", sa.Text, primary_key=True),
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("version", sa.Text),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("assets", sa.Text, nullable=False),
    sa.Column("made", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("stage", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("detail", sa.Text),
    sa.Column("started_at", sa.Float, nullable=False),
    sa.Column("updated_at", sa.Float, nullable=False),
    sa.Index("hand_runs_by_state", "state"),
)

episodes = sa.Table(
    "episodes",
    metadata,
    sa.Column("uuid", sa.Text, primary_key=True),
    sa.Column("collection", sa.Text, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("chunk", sa.Text, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("reason", sa.Text),
    sa.Column("chunker", sa.Text, nullable=False),
    sa.Column("prompt", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("embedder", sa.Text, nullable=False),
    sa.Column("tokens_in", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("tokens_out", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("cost_usd", sa.Float, nullable=False, server_default="0"),
    sa.Column("entities", sa.Integer, nullable=False, server_default="0"),
    sa.Column("facts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("left_out", sa.Text),  # dropped from the LLM response: a JSON object of counts by reason
    sa.Column("planned_at", sa.Float, nullable=False),
    sa.Column("extracted_at", sa.Float),
    sa.Column("written_at", sa.Float),
    sa.Column("updated_at", sa.Float, nullable=False),
    sa.Index("episodes_by_document", "document", "position"),
    sa.Index("episodes_by_state", "collection", "state"),
    sa.Index("episodes_by_write", "state", "written_at", "collection", "entities", "facts"),  # covers the growth by day
)
