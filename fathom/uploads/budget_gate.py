"""Documents that wait for money, and whether there is enough for them now: a new day, or a budget that was raised."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from fathom.errors import BudgetSpent
from fathom.settings import Settings
from fathom.tables import llm_calls, llm_reservations, money_waits
from fathom.uploads.scheduler import Waiting
from fathom.uploads.upload import Upload, UploadState

_PAGE = 500


def affordable(engine: Engine, settings: Settings, waiting: Sequence[Waiting], now: float | None = None) -> list[Waiting]:
    """Those that do not wait for money, or for whose next question there is enough."""
    stopped = [one.document for one in waiting if one.reason == BudgetSpent.__name__]
    if not stopped:
        return list(waiting)
    too_dear = _too_dear(engine, settings, stopped, time.time() if now is None else now)
    return [one for one in waiting if one.document not in too_dear]


def let_go(engine: Engine, documents: Sequence[str], now: float) -> None:
    """What was held for questions about these documents is held no longer: who asked them is dead."""
    r = llm_reservations.c
    with engine.begin() as connection:
        for some in _pages(documents):
            connection.execute(sa.update(llm_reservations).where(r.document.in_(some)).values(expires_at=now))


def waits_for_money(upload: Upload) -> bool:
    """Whether it goes on by itself when there is money: shown as `paused: budget`."""
    return upload.state is UploadState.ACCEPTED and upload.reason == BudgetSpent.__name__


def money_again_at(engine: Engine, settings: Settings, upload: Upload, now: float) -> float | None:
    """When there is money again for one that waits for it, in seconds since 1970: now, or as the next day (UTC) begins.

    None: never by itself, since it needs more than a day or a document may cost.
    """
    tomorrow = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    for moment in (now, tomorrow.timestamp()):
        if not _too_dear(engine, settings, [upload.document], moment):
            return moment
    return None


def _too_dear(engine: Engine, settings: Settings, documents: Sequence[str], now: float) -> set[str]:
    c, w = llm_calls.c, money_waits.c
    a_day, a_document = settings.budget_usd_per_day, settings.budget_usd_per_document
    today = datetime.fromtimestamp(now, UTC).date().isoformat()
    found: set[str] = set()
    with engine.begin() as connection:
        left = None
        if a_day is not None:
            left = a_day - float(connection.scalar(sa.select(sa.func.sum(c.cost_usd)).where(c.day == today)) or 0.0)
        for some in _pages(documents):
            needed = {
                row.document: row.needed_usd for row in connection.execute(sa.select(money_waits).where(w.document.in_(some)))
            }
            found.update(document for document, usd in needed.items() if left is not None and usd > left)
            if a_document is not None:
                sums = sa.select(c.document, sa.func.sum(c.cost_usd).label("usd")).where(c.document.in_(list(needed)))
                spent = {row.document: row.usd for row in connection.execute(sums.group_by(c.document))}
                found.update(one for one, usd in needed.items() if spent.get(one, 0.0) + usd > a_document)
    return found


def _pages(documents: Sequence[str]) -> Iterable[Sequence[str]]:
    return (documents[start : start + _PAGE] for start in range(0, len(documents), _PAGE))
