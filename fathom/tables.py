"""The tables of the operational database; fathom/migrations makes and changes them."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

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
# Few of many: the name is written out, as SQLite takes such an index only for a query that does so too.
done_in_part = uploads.c.reason == sa.literal_column("'DoneInPart'")
uploads_in_part = sa.Index("uploads_in_part", uploads.c.collection, sqlite_where=done_in_part, postgresql_where=done_in_part)

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
    sa.Column("left_out", sa.Text),  # of the language model's answer: a JSON object of counts by the reason
    sa.Column("planned_at", sa.Float, nullable=False),
    sa.Column("extracted_at", sa.Float),
    sa.Column("written_at", sa.Float),
    sa.Column("updated_at", sa.Float, nullable=False),
    sa.Index("episodes_by_document", "document", "position"),
    sa.Index("episodes_by_state", "collection", "state"),
)

# Every run key ever given to Dagster, which starts a run only for a key it has not seen.
planned_runs = sa.Table(
    "planned_runs",
    metadata,
    sa.Column("run_key", sa.Text, primary_key=True),
    sa.Column("collection", sa.Text, nullable=False),
    sa.Column("documents", sa.Integer, nullable=False),
    sa.Column("planned_at", sa.Float, nullable=False),
    sa.Index("planned_runs_by_collection", "collection", "planned_at"),
)

# What was said of documents, queries and parts, in the order it came to this table; filled from the log files alone.
events = sa.Table(
    "events",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("level", sa.Integer, nullable=False),
    sa.Column("event", sa.Text),
    sa.Column("document", sa.Text),
    sa.Column("run", sa.Text),
    sa.Column("request", sa.Text),
    sa.Column("stage", sa.Text),
    sa.Column("sub_stage", sa.Text),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("metrics", sa.Text),
    sa.Column("fields", sa.Text),
    sa.Column("logger", sa.Text),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer),
    sa.Index("events_by_document", "document", "id"),
    sa.Index("events_by_event", "event", "id"),
    sqlite_autoincrement=True,  # an id is never given twice, even after the newest events were dropped
)

# How far each log file was read; written with the events themselves, so each line is there once.
event_sources = sa.Table(
    "event_sources",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("read_to", sa.BigInteger, nullable=False),
    sa.Column("updated_at", sa.Float, nullable=False),
)

# Who may call the API; the key itself is shown once and kept nowhere.
api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("collection", sa.Text),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("created_by", sa.Text),
    sa.Column("last_used_at", sa.Float),
    sa.Column("revoked_at", sa.Float),
)

# Collections of which no run is planned; `*` stands for all.
pauses = sa.Table(
    "pauses",
    metadata,
    sa.Column("collection", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("paused_by", sa.Text),
    sa.Column("paused_at", sa.Float, nullable=False),
)

# Every try to get an answer of a language model, and every answer that was kept from before; what is spent is their sum.
# `estimated`: the server did not count the tokens.
llm_calls = sa.Table(
    "llm_calls",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("day", sa.Text, nullable=False),
    sa.Column("document", sa.Text),
    sa.Column("collection", sa.Text),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("prompt", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("tokens_in", sa.Integer, nullable=False),
    sa.Column("cache_read", sa.Integer, nullable=False),
    sa.Column("cache_write", sa.Integer, nullable=False),
    sa.Column("tokens_out", sa.Integer, nullable=False),
    sa.Column("cost_usd", sa.Float, nullable=False),
    sa.Column("saved_usd", sa.Float, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("estimated", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("llm_calls_by_day", "day", "cost_usd"),
    sa.Index("llm_calls_by_document", "document", "cost_usd"),
)

# Money held for questions that are being asked; a question whose process died counts as asked once it expired.
llm_reservations = sa.Table(
    "llm_reservations",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("day", sa.Text, nullable=False),
    sa.Column("document", sa.Text),
    sa.Column("collection", sa.Text),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("prompt", sa.Text, nullable=False),
    sa.Column("usd", sa.Float, nullable=False),
    sa.Column("expected_usd", sa.Float, nullable=False),
    sa.Column("expires_at", sa.Float, nullable=False),
)

# What the next question about a document may cost, for which there was no money.
money_waits = sa.Table(
    "money_waits",
    metadata,
    sa.Column("document", sa.Text, primary_key=True),
    sa.Column("needed_usd", sa.Float, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
)

# Accounts at providers of language models that do not let them answer, by marks that name nobody; when each is next tried.
account_pauses = sa.Table(
    "account_pauses",
    metadata,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("since", sa.Float, nullable=False),
    sa.Column("probes", sa.Integer, nullable=False),
    sa.Column("probe_at", sa.Float, nullable=False),
)

# Who may write into a collection's graph, until when; the number rises with each holder.
writer_leases = sa.Table(
    "writer_leases",
    metadata,
    sa.Column("collection", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("expires_at", sa.Float, nullable=False),
)

# Which documents came as attachments of which, and of what version of it.
attachments = sa.Table(
    "attachments",
    metadata,
    sa.Column("document", sa.Text, primary_key=True),
    sa.Column("mail", sa.Text, nullable=False),
    sa.Column("mail_version", sa.Text, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Index("attachments_by_mail", "mail", "position"),
)

# What people did that cannot be undone, with the whole account of it.
audit_log = sa.Table(
    "audit_log",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("collection", sa.Text, nullable=False),
    sa.Column("document", sa.Text),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("evidence", sa.Text),
    sa.Index("audit_log_by_document", "document", "at"),
)

# How urgent somebody said a document is; one without a row has 0.
priorities = sa.Table(
    "priorities",
    metadata,
    sa.Column("document", sa.Text, primary_key=True),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("set_by", sa.Text),
    sa.Column("set_at", sa.Float, nullable=False),
)


def _verdicts(name: str) -> sa.Table:
    """A table of pairs that the language model judged, by their keys, the lesser first."""
    return sa.Table(
        name,
        metadata,
        sa.Column("collection", sa.Text, primary_key=True),
        sa.Column("one", sa.Text, primary_key=True),
        sa.Column("other", sa.Text, primary_key=True),
        sa.Column("same", sa.Boolean, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Index(f"{name}_by_other", "collection", "other"),
    )


# Whether two names of a collection are one thing, by their keys, the lesser first; as the language model judged it.
name_verdicts = _verdicts("name_verdicts")

# Names that were compared with all others of their collection, by their keys, with the signs of their vectors and, of persons,
# the key that the form of one initial has.
judged_names = sa.Table(
    "judged_names",
    metadata,
    sa.Column("collection", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("kin", sa.Text),
    sa.Column("bits", sa.LargeBinary),
    sa.Column("at", sa.Float, nullable=False),
    sa.Index("judged_names_by_kin", "collection", "kin"),
)

# Whether two facts of a collection say one thing, by the keys of their sentences, the lesser first.
fact_verdicts = _verdicts("fact_verdicts")

# Facts that were compared with all others between their two entities, by the keys of their sentences with the days since when
# they hold, and the entities' uuids.
compared_facts = sa.Table(
    "compared_facts",
    metadata,
    sa.Column("collection", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("at", sa.Float, nullable=False),
)

# Pairs of keys, of names or of facts, that were called one in sight of others, and have no verdict yet.
called_one = sa.Table(
    "called_one",
    metadata,
    sa.Column("collection", sa.Text, primary_key=True),
    sa.Column("of", sa.Text, primary_key=True),
    sa.Column("one", sa.Text, primary_key=True),
    sa.Column("other", sa.Text, primary_key=True),
    sa.Column("at", sa.Float, nullable=False),
)

# Whether two names of relations can stand for the same, the lesser first.
relation_verdicts = _verdicts("relation_verdicts")

# The documents, by marks, for whom a verdict that two keys are one counts; none for a verdict that counts for all.
verdict_companies = sa.Table(
    "verdict_companies",
    metadata,
    sa.Column("collection", sa.Text, primary_key=True),
    sa.Column("of", sa.Text, primary_key=True),
    sa.Column("one", sa.Text, primary_key=True),
    sa.Column("other", sa.Text, primary_key=True),
    sa.Column("documents", sa.Text, primary_key=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Index("verdict_companies_by_other", "collection", "of", "other"),
)

# Collections that lost episodes since what was judged in them was last forgotten.
to_forget = sa.Table(
    "to_forget",
    metadata,
    sa.Column("collection", sa.Text, primary_key=True),
    sa.Column("at", sa.Float, nullable=False),
)

# Runs that somebody started in Dagster over documents, beside the runs that Fathom plans; `assets` is a JSON list of names.
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

# The date of a version of a document: `at` in ISO 8601 (UTC), `source` what says it, `rank` the lower the more it counts.
document_dates = sa.Table(
    "document_dates",
    metadata,
    sa.Column("document", sa.Text, primary_key=True),
    sa.Column("version", sa.Text, primary_key=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("rank", sa.Integer, nullable=False),
)
