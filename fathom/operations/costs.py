"""Sums LLM costs and savings, forecasts costs, and reports the budgets and their remainders."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.engine import Engine

from fathom.database import open_database
from fathom.errors import BudgetSpent
from fathom.settings import Settings
from fathom.tables import episodes, llm_calls, llm_reservations, uploads

CostGrouping = Literal["document", "model", "collection", "day"]
_ASKED = llm_calls.c.outcome != "remembered"
_FIGURES = ("calls", "failed", "remembered", "tokens_in", "cache_read", "tokens_out", "cost_usd", "saved_usd",
            "estimated", "estimated_usd")  # fmt: skip


class CostRow(BaseModel):
    """Sums over the LLM calls of a document, model, collection or day; the key is None for calls without one."""

    model_config = ConfigDict(frozen=True)

    key: str | None
    calls: int = Field(description="LLM calls")
    failed: int = Field(description="LLM calls without a response")
    remembered: int = Field(description="responses from the response cache")
    tokens_in: int
    cache_read: int = Field(description="input tokens read from the provider's prompt cache")
    tokens_out: int
    cost_usd: float
    saved_usd: float = Field(description="cost saved by the response cache")
    estimated: int = Field(0, description="calls whose tokens the server did not count")
    estimated_usd: float = Field(0.0, description="estimated part of the cost, of calls whose tokens the server did not count")


class Costs(BaseModel):
    """Costs by group, their total, and the expected cost of the waiting episodes."""

    by: CostGrouping
    rows: list[CostRow]
    total: CostRow
    waiting_episodes: int
    forecast_usd: float = Field(description="their expected cost at the mean so far")


class BudgetState(BaseModel):
    """The budget limits, today's spent and reserved amounts, and the waiting documents."""

    day: str = Field(description="UTC")
    usd_per_day: float | None
    usd_per_document: float | None
    spent_usd: float = Field(description="today")
    held_usd: float = Field(description="reserved for LLM calls in flight")
    left_usd: float | None = Field(description="remainder of today's limit; None without a limit")
    next_day_at: datetime
    paused: list[str] = Field(description="the first 100 documents that wait for the budget")


def costs(settings: Settings, by: CostGrouping, *, days: int | None = None) -> Costs:
    """Returns the costs of all time or of the last `days` days, the highest first; days in their order."""
    engine = open_database(settings.operational_url)
    since = None if days is None else (datetime.now(UTC) - timedelta(days=days - 1)).date().isoformat()
    column = llm_calls.c[by]
    rows = _sums(engine, column, since)
    rows.sort(key=(lambda row: row.key or "") if by == "day" else (lambda row: (-row.cost_usd, row.key or "")))
    total = (_sums(engine, None, since) or [_row(None, (0,) * len(_FIGURES))])[0]
    with engine.connect() as connection:
        states = episodes.c.state.in_(("planned", "failed"))
        waiting = int(connection.scalar(sa.select(sa.func.count()).select_from(episodes).where(states)) or 0)
    answered = total.calls - total.failed
    forecast = waiting * total.cost_usd / answered if answered and settings.llm != "offline" else 0.0
    return Costs(by=by, rows=rows, total=total, waiting_episodes=waiting, forecast_usd=forecast)


def budget_state(settings: Settings) -> BudgetState:
    """Returns the current state of the budget."""
    engine, now = open_database(settings.operational_url), datetime.now(UTC)
    day = now.date().isoformat()
    c, r, u = llm_calls.c, llm_reservations.c, uploads.c
    paused = sa.select(u.document).where(u.state == "accepted", u.reason == BudgetSpent.__name__)
    with engine.connect() as connection:
        spent = float(connection.scalar(sa.select(sa.func.sum(c.cost_usd)).where(c.day == day)) or 0.0)
        live = (r.day == day, r.expires_at > time.time())
        held = float(connection.scalar(sa.select(sa.func.sum(r.usd)).where(*live)) or 0.0)
        documents = list(connection.scalars(paused.order_by(u.accepted_at, u.document).limit(100)))
    limit = settings.budget_usd_per_day
    return BudgetState(
        day=day,
        usd_per_day=limit,
        usd_per_document=settings.budget_usd_per_document,
        spent_usd=spent,
        held_usd=held,
        left_usd=None if limit is None else max(0.0, limit - spent - held),
        next_day_at=(now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0),
        paused=documents,
    )


def _sums(engine: Engine, column: sa.Column[Any] | None, since: str | None) -> list[CostRow]:
    c = llm_calls.c
    remembered = c.outcome == "remembered"
    failed = c.outcome.not_in(("complete", "truncated", "refused", "lost", "remembered"))
    counts = [sa.func.sum(sa.case((condition, 1), else_=0)) for condition in (_ASKED, failed, remembered)]
    guessed = sa.and_(c.estimated, _ASKED)
    figures = (c.tokens_in, c.cache_read, c.tokens_out, c.cost_usd, c.saved_usd)
    sums = (
        *(sa.func.sum(figure) for figure in figures),
        *(sa.func.sum(sa.case((guessed, of), else_=0)) for of in (1, c.cost_usd)),
    )
    query = sa.select(*([] if column is None else [column]), *counts, *sums)
    if since is not None:
        query = query.where(c.day >= since)
    if column is not None:
        query = query.group_by(column)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(query)]
    return [_row(None, row) for row in found] if column is None else [_row(row[0], row[1:]) for row in found]


def _row(key: str | None, figures: Sequence[Any]) -> CostRow:
    return CostRow(key=key, **{name: figure or 0 for name, figure in zip(_FIGURES, figures, strict=True)})
