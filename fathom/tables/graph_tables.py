"""Defines the tables of the graph: leases, counts, writes, and content that can be brought back."""

from __future__ import annotations

import sqlalchemy as sa

from fathom.tables.table_metadata import metadata

# The lease of the writer of a collection's graph; the fencing token rises with each holder.
writer_leases = sa.Table(
    "writer_leases",
    metadata,
    sa.Column("collection", sa.Text, primary_key=True),
    sa.Column("fencing_token", sa.BigInteger, nullable=False),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("expires_at", sa.Float, nullable=False),
)

# The last counts of entities and facts of a collection in the graph; `mark` changes with each write to the collection.
graph_counts = sa.Table(
    "graph_counts",
    metadata,
    sa.Column("collection", sa.Text, primary_key=True),
    sa.Column("mark", sa.Text, nullable=False),
    sa.Column("entities", sa.BigInteger, nullable=False),
    sa.Column("facts", sa.BigInteger, nullable=False),
    sa.Column("counted_at", sa.Float, nullable=False),
)

# Collections that are being restored from a backup, and take no writes until that is done.
unfinished_restores = sa.Table(
    "unfinished_restores",
    metadata,
    sa.Column("collection", sa.Text, primary_key=True),
    sa.Column("backup_id", sa.Text, nullable=False),
    sa.Column("started_at", sa.Float, nullable=False),
)

# Writes of versions of documents to the graph, until they can no longer be undone. `runs` is a JSON list of Dagster's run ids;
# `content` lists the episodes before and after, with the dates of the version.
graph_writes = sa.Table(
    "graph_writes",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("collection", sa.Text, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("runs", sa.Text, nullable=False),
    sa.Column("batch", sa.Text),
    sa.Column("began_at", sa.Float, nullable=False),
    sa.Column("ended_at", sa.Float),
    sa.Column("undone_at", sa.Float),
    sa.Column("content", sa.Text, nullable=False),
    sa.Index("graph_writes_by_document", "document", "began_at"),
    sa.Index("graph_writes_by_batch", "batch"),
)

# Content that a write, a removal or an undo (`owner`) took away and that may be brought back, compressed.
retired_content = sa.Table(
    "retired_content",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("collection", sa.Text, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("retired_at", sa.Float, nullable=False),
    sa.Index("retired_content_by_document", "document", "retired_at"),
)

# Undos of a document's writes: begun, and done once the graph and all rows follow; `plan` is what is left to do, compressed.
graph_undos = sa.Table(
    "graph_undos",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("collection", sa.Text, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("plan", sa.LargeBinary),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("began_at", sa.Float, nullable=False),
    sa.Column("done_at", sa.Float),
    sa.Index("graph_undos_by_document", "document", "done_at"),
)
