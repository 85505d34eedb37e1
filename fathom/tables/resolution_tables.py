"""Defines the tables of entity resolution: verdicts, compared names and facts, and decisions of people."""

from __future__ import annotations

import sqlalchemy as sa

from fathom.tables.table_metadata import metadata


def _verdicts(name: str) -> sa.Table:
    """Creates a table of match verdicts of the language model on pairs of keys, the lesser key first."""
    return sa.Table(
        name,
        metadata,
        sa.Column("collection", sa.Text, primary_key=True),
        sa.Column("left_key", sa.Text, primary_key=True),
        sa.Column("right_key", sa.Text, primary_key=True),
        sa.Column("is_match", sa.Boolean, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("decided_at", sa.Float, nullable=False),
        sa.Index(f"{name}_by_right_key", "collection", "right_key"),
    )


# Whether two names of a collection are the same entity: verdicts of the language model, the lesser key first.
name_verdicts = _verdicts("name_verdicts")

# Names that were compared with all others of their collection, by key, with their binary vectors and, for persons, the
# initial key.
compared_names = sa.Table(
    "compared_names",
    metadata,
    sa.Column("collection", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("initial_key", sa.Text),
    sa.Column("sign_bits", sa.LargeBinary),
    sa.Column("compared_at", sa.Float, nullable=False),
    sa.Index("compared_names_by_initial_key", "collection", "initial_key"),
)

# Whether two facts of a collection are duplicates, by the keys of their sentences, the lesser key first.
fact_verdicts = _verdicts("fact_verdicts")

# Facts that were compared with all others between their two entities, by the keys of their sentences with their first days
# of validity, and the entities' uuids.
compared_facts = sa.Table(
    "compared_facts",
    metadata,
    sa.Column("collection", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("compared_at", sa.Float, nullable=False),
)

# Tentative matches: pairs of name or fact keys that matched in a prompt with others' text, and have no verdict yet.
tentative_matches = sa.Table(
    "tentative_matches",
    metadata,
    sa.Column("collection", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("left_key", sa.Text, primary_key=True),
    sa.Column("right_key", sa.Text, primary_key=True),
    sa.Column("created_at", sa.Float, nullable=False),
)

# Whether two relation names can be the same relation, the lesser key first.
relation_verdicts = _verdicts("relation_verdicts")

# The documents, by marks, for which a match verdict is valid; no rows if it is valid for all.
verdict_scopes = sa.Table(
    "verdict_scopes",
    metadata,
    sa.Column("collection", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("left_key", sa.Text, primary_key=True),
    sa.Column("right_key", sa.Text, primary_key=True),
    sa.Column("documents", sa.Text, primary_key=True),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Index("verdict_scopes_by_right_key", "collection", "kind", "right_key"),
)

# Collections that lost episodes since their verdicts were last pruned.
collections_to_prune = sa.Table(
    "collections_to_prune",
    metadata,
    sa.Column("collection", sa.Text, primary_key=True),
    sa.Column("queued_at", sa.Float, nullable=False),
)

# Decisions of people on entities and facts, above the verdicts of the language model. `subject` is a JSON object by the kind;
# `replaced` has the verdicts of the model that a decision took the place of, `applied_at` when the graph followed.
curation_decisions = sa.Table(
    "curation_decisions",
    metadata,
    sa.Column("collection", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("replaced", sa.Text),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("decided_by", sa.Text, nullable=False),
    sa.Column("decided_at", sa.Float, nullable=False),
    sa.Column("undone_by", sa.Text),
    sa.Column("undone_at", sa.Float),
    sa.Column("applied_at", sa.Float),
    sa.Index("curation_decisions_by_collection", "collection", "decided_at"),
)
