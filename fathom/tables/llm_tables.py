"""Defines the tables of the language models: calls, budget, message batches, cached responses and rate limits."""

from __future__ import annotations

import sqlalchemy as sa

from fathom.tables.table_metadata import metadata

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

# The maximum cost of a document's next LLM call, which the budget did not cover.
money_waits = sa.Table(
    "money_waits",
    metadata,
    sa.Column("document", sa.Text, primary_key=True),
    sa.Column("needed_usd", sa.Float, nullable=False),
    sa.Column("since", sa.Float, nullable=False),
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
