"""Creates the tables of calls of language models, of money, and of verdicts on names and facts.

Databases from before Alembic have numbered migrations, each of which made whole tables: the tables that one lacks are made.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the tables that the database lacks."""
    there = set(sa.inspect(op.get_bind()).get_table_names())

    def missing(table: str) -> bool:
        return table not in there

    if missing("account_pauses"):
        op.create_table(
            "account_pauses",
            sa.Column("account", sa.Text(), nullable=False),
            sa.Column("error", sa.Text(), nullable=False),
            sa.Column("message", sa.Text(), nullable=False),
            sa.Column("since", sa.Float(), nullable=False),
            sa.Column("probes", sa.Integer(), nullable=False),
            sa.Column("probe_at", sa.Float(), nullable=False),
            sa.PrimaryKeyConstraint("account"),
        )
    if missing("called_one"):
        op.create_table(
            "called_one",
            sa.Column("collection", sa.Text(), nullable=False),
            sa.Column("of", sa.Text(), nullable=False),
            sa.Column("one", sa.Text(), nullable=False),
            sa.Column("other", sa.Text(), nullable=False),
            sa.Column("at", sa.Float(), nullable=False),
            sa.PrimaryKeyConstraint("collection", "of", "one", "other"),
        )
    if missing("compared_facts"):
        op.create_table(
            "compared_facts",
            sa.Column("collection", sa.Text(), nullable=False),
            sa.Column("key", sa.Text(), nullable=False),
            sa.Column("source", sa.Text(), nullable=False),
            sa.Column("target", sa.Text(), nullable=False),
            sa.Column("at", sa.Float(), nullable=False),
            sa.PrimaryKeyConstraint("collection", "key", "source", "target"),
        )
    if missing("fact_verdicts"):
        op.create_table(
            "fact_verdicts",
            sa.Column("collection", sa.Text(), nullable=False),
            sa.Column("one", sa.Text(), nullable=False),
            sa.Column("other", sa.Text(), nullable=False),
            sa.Column("same", sa.Boolean(), nullable=False),
            sa.Column("model", sa.Text(), nullable=False),
            sa.Column("prompt", sa.Text(), nullable=False),
            sa.Column("at", sa.Float(), nullable=False),
            sa.PrimaryKeyConstraint("collection", "one", "other"),
        )
        op.create_index("fact_verdicts_by_other", "fact_verdicts", ["collection", "other"])
    if missing("judged_names"):
        op.create_table(
            "judged_names",
            sa.Column("collection", sa.Text(), nullable=False),
            sa.Column("key", sa.Text(), nullable=False),
            sa.Column("kin", sa.Text()),
            sa.Column("bits", sa.LargeBinary()),
            sa.Column("at", sa.Float(), nullable=False),
            sa.PrimaryKeyConstraint("collection", "key"),
        )
        op.create_index("judged_names_by_kin", "judged_names", ["collection", "kin"])
    if missing("llm_calls"):
        op.create_table(
            "llm_calls",
            sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
            sa.Column("at", sa.Float(), nullable=False),
            sa.Column("day", sa.Text(), nullable=False),
            sa.Column("document", sa.Text()),
            sa.Column("collection", sa.Text()),
            sa.Column("model", sa.Text(), nullable=False),
            sa.Column("prompt", sa.Text(), nullable=False),
            sa.Column("outcome", sa.Text(), nullable=False),
            sa.Column("tokens_in", sa.Integer(), nullable=False),
            sa.Column("cache_read", sa.Integer(), nullable=False),
            sa.Column("cache_write", sa.Integer(), nullable=False),
            sa.Column("tokens_out", sa.Integer(), nullable=False),
            sa.Column("cost_usd", sa.Float(), nullable=False),
            sa.Column("saved_usd", sa.Float(), nullable=False),
            sa.Column("seconds", sa.Float(), nullable=False),
            sa.Column("estimated", sa.Boolean(), server_default=sa.false(), nullable=False),
            sa.PrimaryKeyConstraint("id"),
        )
        op.create_index("llm_calls_by_day", "llm_calls", ["day", "cost_usd"])
        op.create_index("llm_calls_by_document", "llm_calls", ["document", "cost_usd"])
    if missing("llm_reservations"):
        op.create_table(
            "llm_reservations",
            sa.Column("id", sa.Text(), nullable=False),
            sa.Column("day", sa.Text(), nullable=False),
            sa.Column("document", sa.Text()),
            sa.Column("collection", sa.Text()),
            sa.Column("model", sa.Text(), nullable=False),
            sa.Column("prompt", sa.Text(), nullable=False),
            sa.Column("usd", sa.Float(), nullable=False),
            sa.Column("expected_usd", sa.Float(), nullable=False),
            sa.Column("expires_at", sa.Float(), nullable=False),
            sa.PrimaryKeyConstraint("id"),
        )
    if missing("money_waits"):
        op.create_table(
            "money_waits",
            sa.Column("document", sa.Text(), nullable=False),
            sa.Column("needed_usd", sa.Float(), nullable=False),
            sa.Column("at", sa.Float(), nullable=False),
            sa.PrimaryKeyConstraint("document"),
        )
    if missing("name_verdicts"):
        op.create_table(
            "name_verdicts",
            sa.Column("collection", sa.Text(), nullable=False),
            sa.Column("one", sa.Text(), nullable=False),
            sa.Column("other", sa.Text(), nullable=False),
            sa.Column("same", sa.Boolean(), nullable=False),
            sa.Column("model", sa.Text(), nullable=False),
            sa.Column("prompt", sa.Text(), nullable=False),
            sa.Column("at", sa.Float(), nullable=False),
            sa.PrimaryKeyConstraint("collection", "one", "other"),
        )
        op.create_index("name_verdicts_by_other", "name_verdicts", ["collection", "other"])
    if missing("relation_verdicts"):
        op.create_table(
            "relation_verdicts",
            sa.Column("collection", sa.Text(), nullable=False),
            sa.Column("one", sa.Text(), nullable=False),
            sa.Column("other", sa.Text(), nullable=False),
            sa.Column("same", sa.Boolean(), nullable=False),
            sa.Column("model", sa.Text(), nullable=False),
            sa.Column("prompt", sa.Text(), nullable=False),
            sa.Column("at", sa.Float(), nullable=False),
            sa.PrimaryKeyConstraint("collection", "one", "other"),
        )
        op.create_index("relation_verdicts_by_other", "relation_verdicts", ["collection", "other"])
    if missing("to_forget"):
        op.create_table(
            "to_forget",
            sa.Column("collection", sa.Text(), nullable=False),
            sa.Column("at", sa.Float(), nullable=False),
            sa.PrimaryKeyConstraint("collection"),
        )
    if missing("verdict_companies"):
        op.create_table(
            "verdict_companies",
            sa.Column("collection", sa.Text(), nullable=False),
            sa.Column("of", sa.Text(), nullable=False),
            sa.Column("one", sa.Text(), nullable=False),
            sa.Column("other", sa.Text(), nullable=False),
            sa.Column("documents", sa.Text(), nullable=False),
            sa.Column("at", sa.Float(), nullable=False),
            sa.PrimaryKeyConstraint("collection", "of", "one", "other", "documents"),
        )
        op.create_index("verdict_companies_by_other", "verdict_companies", ["collection", "of", "other"])

    if not missing("llm_calls"):
        columns = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("llm_calls")}
        if "estimated" not in columns:
            op.add_column("llm_calls", sa.Column("estimated", sa.Boolean(), server_default=sa.false(), nullable=False))
    for table in ("judged_facts", "schema_migrations"):  # of the migrations before Alembic
        op.drop_table(table, if_exists=True)
