"""Names the columns of match verdicts by standard terms, and creates the tables of message batches and model servers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_PAIR = {"one": "left_key", "other": "right_key"}
_VERDICT = {**_PAIR, "same": "is_match", "at": "decided_at"}
_OF_KIND = {**_PAIR, "of": "kind", "at": "created_at"}
_COLUMNS = {
    "name_verdicts": _VERDICT,
    "fact_verdicts": _VERDICT,
    "relation_verdicts": _VERDICT,
    "tentative_matches": _OF_KIND,
    "verdict_scopes": _OF_KIND,
    "compared_names": {"kin": "initial_key", "bits": "sign_bits", "at": "compared_at"},
    "compared_facts": {"at": "compared_at"},
    "collections_to_prune": {"at": "queued_at"},
    "money_waits": {"at": "since"},
    "writer_leases": {"number": "fencing_token"},
}


def upgrade() -> None:
    """Renames tables, columns and indexes, whose rows stay, and creates two tables."""
    for old, new in (
        ("called_one", "tentative_matches"),
        ("verdict_companies", "verdict_scopes"),
        ("judged_names", "compared_names"),
        ("to_forget", "collections_to_prune"),
    ):
        op.rename_table(old, new)
    for table, columns in _COLUMNS.items():
        for old, new in columns.items():
            op.execute(f'ALTER TABLE {table} RENAME COLUMN "{old}" TO {new}')
    for table in ("name_verdicts", "fact_verdicts", "relation_verdicts"):
        op.drop_index(f"{table}_by_other", table)
        op.create_index(f"{table}_by_right_key", table, ["collection", "right_key"])
    op.drop_index("verdict_companies_by_other", "verdict_scopes")
    op.create_index("verdict_scopes_by_right_key", "verdict_scopes", ["collection", "kind", "right_key"])
    op.drop_index("judged_names_by_kin", "compared_names")
    op.create_index("compared_names_by_initial_key", "compared_names", ["collection", "initial_key"])
    op.add_column("llm_reservations", sa.Column("holder", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "batched_requests",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("batch", sa.Text()),
        sa.Column("begun_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "llm_servers",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("learned", sa.Text(), nullable=False),
        sa.Column("learned_at", sa.Float(), nullable=False),
        sa.Column("answered_at", sa.Float()),
        sa.PrimaryKeyConstraint("address", "model"),
    )
