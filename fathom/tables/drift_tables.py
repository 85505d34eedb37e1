"""Defines the tables of drift: references of collections, their looks, and the profiles of their documents."""

from __future__ import annotations

import sqlalchemy as sa

from fathom.tables.table_metadata import metadata

# What a collection's documents are compared with; the highest version counts. `until` is when the last document of the
# reference was written first: later documents are compared. `results` is a JSON list of the last look.
drift_references = sa.Table(
    "drift_references",
    metadata,
    sa.Column("collection", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("chosen_by", sa.Text, nullable=False),
    sa.Column("chosen_at", sa.Float, nullable=False),
    sa.Column("until", sa.Float, nullable=False),
    sa.Column("documents", sa.Integer, nullable=False),
    sa.Column("looks", sa.Integer, nullable=False, server_default="0"),
    sa.Column("looked_at", sa.Float),
    sa.Column("results", sa.Text),
)

# The documents of the highest version of each reference, with their packed profiles; they hold no text.
drift_reference_documents = sa.Table(
    "drift_reference_documents",
    metadata,
    sa.Column("collection", sa.Text, primary_key=True),
    sa.Column("document", sa.Text, primary_key=True),
    sa.Column("profile", sa.LargeBinary, nullable=False),
    sa.Index("drift_reference_documents_by_document", "document"),
)
