"""Defines the tables of the operational database; fathom/migrations creates and changes them."""

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
# A partial index over few rows: the literal is inlined, since SQLite uses such an index only for queries with the same literal.
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
    sa.Column("left_out", sa.Text),  # dropped from the LLM response: a JSON object of counts by reason
    sa.Column("planned_at", sa.Float, nullable=False),
    sa.Column("extracted_at", sa.Float),
    sa.Column("written_at", sa.Float),
    sa.Column("updated_at", sa.Float, nullable=False),
    sa.Index("episodes_by_document", "document", "position"),
    sa.Index("episodes_by_state", "collection", "state"),
    sa.Index("episodes_by_write", "state", "written_at", "collection", "entities", "facts"),  # covers the growth by day
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

# Events of documents, queries and components, in the order of insertion; filled from the log files only.
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
    sqlite_autoincrement=True,  # ids are never reused, even after the newest events were deleted
)

# The read offset of each log file, written in the transaction of its events, so that each line is inserted once.
event_sources = sa.Table(
    "event_sources",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("read_to", sa.BigInteger, nullable=False),
    sa.Column("updated_at", sa.Float, nullable=False),
)

# API keys by hash; the key itself is shown once and not stored.
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

# Paused collections, of which no run is planned; `*` stands for all.
pauses = sa.Table(
    "pauses",
    metadata,
    sa.Column("collection", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("paused_by", sa.Text),
    sa.Column("paused_at", sa.Float, nullable=False),
)

# All LLM calls and uses of cached responses; their sum is the money spent.
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

# Budget reserved for LLM calls in flight; the reservation of a dead process (`holder`) ends, on another host when it expires.
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
    sa.Column("holder", sa.Text, nullable=False, server_default=""),
)

# Requests in message batches, with the batch's id once it is known; paid for when their batch is sent.
batched_requests = sa.Table(
    "batched_requests",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("batch", sa.Text),
    sa.Column("begun_at", sa.Float, nullable=False),
)

# Learned capabilities of models at their addresses: a JSON object of request style and limits.
llm_servers = sa.Table(
    "llm_servers",
    metadata,
    sa.Column("address", sa.Text, primary_key=True),
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("learned", sa.Text, nullable=False),
    sa.Column("learned_at", sa.Float, nullable=False),
    sa.Column("answered_at", sa.Float),
)

# Cached responses of models by request key, where the operational database is Postgres; else they are in a file of the host.
llm_responses = sa.Table(
    "llm_responses",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("prompt", sa.Text, nullable=False),
    sa.Column("response", sa.Text, nullable=False),
    sa.Column("bytes", sa.Integer, nullable=False),
    sa.Column("used_at", sa.Float, nullable=False),
    sa.Index("llm_responses_by_use", "used_at"),
)

# The documents that use a cached response.
llm_response_uses = sa.Table(
    "llm_response_uses",
    metadata,
    sa.Column("document", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Index("llm_response_uses_by_key", "key"),
)

# Reserved starts of requests within the rate limit, and the end of a model's retry-after; in Postgres, as the responses.
llm_slots = sa.Table(
    "llm_slots",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("starts_at", sa.Float, nullable=False),
    sa.Column("tokens", sa.Integer, nullable=False),
    sa.Index("llm_slots_by_start", "model", "starts_at"),
)
llm_blocks = sa.Table(
    "llm_blocks",
    metadata,
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("until", sa.Float, nullable=False),
)

# The maximum cost of a document's next LLM call, which the budget did not cover.
money_waits = sa.Table(
    "money_waits",
    metadata,
    sa.Column("document", sa.Text, primary_key=True),
    sa.Column("needed_usd", sa.Float, nullable=False),
    sa.Column("since", sa.Float, nullable=False),
)

# Paused accounts at LLM providers, by anonymous ids, with the time of the next probe.
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

# The lease of the writer of a collection's graph; the fencing token rises with each holder.
writer_leases = sa.Table(
    "writer_leases",
    metadata,
    sa.Column("collection", sa.Text, primary_key=True),
    sa.Column("fencing_token", sa.BigInteger, nullable=False),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("expires_at", sa.Float, nullable=False),
)

# Collections that are being restored from a backup, and take no writes until that is done.
unfinished_restores = sa.Table(
    "unfinished_restores",
    metadata,
    sa.Column("collection", sa.Text, primary_key=True),
    sa.Column("backup_id", sa.Text, nullable=False),
    sa.Column("started_at", sa.Float, nullable=False),
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

# Irreversible and administrative actions of people, append-only (triggers refuse other changes). `number` counts the lines
# from 1; `hash` is over the line and the hash of the line before it (fathom/security/audit_chain.py).
audit_log = sa.Table(
    "audit_log",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("key", sa.Text),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("request", sa.Text),
    sa.Column("collection", sa.Text, nullable=False),
    sa.Column("document", sa.Text),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("evidence", sa.Text),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Index("audit_log_by_number", "number", unique=True),
    sa.Index("audit_log_by_document", "document", "at"),
)

# Number and hash of the last line of the audit log, in a single row.
audit_head = sa.Table(
    "audit_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
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
