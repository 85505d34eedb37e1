"""Creates the table of counts of collections in the graph, and the index for the growth of the graph by day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates a table and an index."""
    op.create_table(
        "graph_counts",
        sa.Column("collection", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("entities", sa.BigInteger(), nullable=False),
        sa.Column("facts", sa.BigInteger(), nullable=False),
        sa.Column("counted_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("collection"),
    )
    op.create_index("episodes_by_write", "episodes", ["state", "written_at", "collection", "entities", "facts"])
