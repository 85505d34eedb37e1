"""Creates the tables of cached responses and rate-limit slots, which several hosts share in Postgres."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates four tables."""
    op.create_table(
        "llm_responses",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("response", sa.Text(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("llm_responses_by_use", "llm_responses", ["used_at"])
    op.create_table(
        "llm_response_uses",
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("document", "key"),
    )
    op.create_index("llm_response_uses_by_key", "llm_response_uses", ["key"])
    op.create_table(
        "llm_slots",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.Float(), nullable=False),
        sa.Column("tokens", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("llm_slots_by_start", "llm_slots", ["model", "starts_at"])
    op.create_table(
        "llm_blocks",
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("model"),
    )
