"""Holds documents back while the budget for the language model is spent, until a new day or a higher budget."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from fathom.errors import BudgetSpent
from fathom.settings import Settings
from fathom.sql import batched
from fathom.tables import llm_calls, llm_reservations, money_waits
from fathom.uploads.scheduler import Waiting
from fathom.uploads.upload import Upload, UploadState


def within_budget(engine: Engine, settings: Settings, waiting: Sequence[Waiting], now: float | None = None) -> list[Waiting]:
    """Returns the waiting documents that the budget does not hold back: it covers the next LLM call of each."""
    stopped = [row.document for row in waiting if row.reason == BudgetSpent.__name__]
    if not stopped:
        return list(waiting)
    unaffordable = _unaffordable(engine, settings, stopped, time.time() if now is None else now)
    return [row for row in waiting if row.document not in unaffordable]


def release_reservations(engine: Engine, documents: Sequence[str], now: float) -> None:
    """Releases the budget reserved for LLM calls about these documents, whose process is dead."""
    r = llm_reservations.c
    with engine.begin() as connection:
        for page in batched(documents):
            connection.execute(sa.update(llm_reservations).where(r.document.in_(page)).values(expires_at=now))


def waits_for_budget(upload: Upload) -> bool:
    """Returns whether the upload continues by itself once the budget allows it: shown as `paused: budget`."""
    return upload.state is UploadState.ACCEPTED and upload.reason == BudgetSpent.__name__


def budget_available_at(engine: Engine, settings: Settings, upload: Upload, now: float) -> float | None:
    """Returns when the budget covers the waiting upload, in seconds since 1970: now, or the start of the next day (UTC).

    None if it never does by itself: the upload needs more than the limit for a day or a document.
    """
    tomorrow = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    for moment in (now, tomorrow.timestamp()):
        if not _unaffordable(engine, settings, [upload.document], moment):
            return moment
    return None


def _unaffordable(engine: Engine, settings: Settings, documents: Sequence[str], now: float) -> set[str]:
    c, w = llm_calls.c, money_waits.c
    a_day, a_document = settings.budget_usd_per_day, settings.budget_usd_per_document
    today = datetime.fromtimestamp(now, UTC).date().isoformat()
    found: set[str] = set()
    with engine.begin() as connection:
        left = None
        if a_day is not None:
            left = a_day - float(connection.scalar(sa.select(sa.func.sum(c.cost_usd)).where(c.day == today)) or 0.0)
        for page in batched(documents):
            needed = {
                row.document: row.needed_usd for row in connection.execute(sa.select(money_waits).where(w.document.in_(page)))
            }
            found.update(document for document, usd in needed.items() if left is not None and usd > left)
            if a_document is not None:
                sums = sa.select(c.document, sa.func.sum(c.cost_usd).label("usd")).where(c.document.in_(list(needed)))
                spent = {row.document: row.usd for row in connection.execute(sums.group_by(c.document))}
                found.update(name for name, usd in needed.items() if spent.get(name, 0.0) + usd > a_document)
    return found
