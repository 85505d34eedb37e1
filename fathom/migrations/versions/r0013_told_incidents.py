"""Adds to incidents what was told of them, and who ended them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds three columns; incidents that were told count as told of all they concern."""
    with op.batch_alter_table("alert_incidents") as table:
        table.add_column(sa.Column("told_subjects", sa.Integer(), server_default="0", nullable=False))
        table.add_column(sa.Column("told_documents", sa.Text(), server_default="[]", nullable=False))
        table.add_column(sa.Column("resolved_by", sa.Text(), nullable=True))
    incidents = sa.table("alert_incidents", *map(sa.column, ("told_subjects", "subjects", "told_documents", "documents")))
    op.execute(incidents.update().values(told_subjects=incidents.c.subjects, told_documents=incidents.c.documents))


def downgrade() -> None:
    """Drops the columns."""
    with op.batch_alter_table("alert_incidents") as table:
        for name in ("resolved_by", "told_documents", "told_subjects"):
            table.drop_column(name)
