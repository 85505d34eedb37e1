"""Enforces budgets: a request is sent only if its maximum cost fits into the rest of the day's and the document's budget."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from fathom.errors import BudgetSpent, SettingsInvalid
from fathom.ledger.writer_lease import is_dead, this_process
from fathom.llm.client import LLMClient, LLMRequest, LLMResponse, billed_document
from fathom.llm.middleware.rate_limit import MAX_SLOT_WAIT_S
from fathom.llm.middleware.retry import max_duration
from fathom.llm.pricing import Price
from fathom.llm.providers.capability_negotiation import MAX_REFUSALS
from fathom.observability.structured_logging import emit
from fathom.settings import Settings
from fathom.sql import AdvisoryLock, exclusive_transaction
from fathom.tables import llm_calls, llm_reservations, money_waits

POLL_S = 0.1


def reservation_s(timeout_s: float) -> float:
    """Returns how long a reservation holds: no request takes longer, with its waits, refusals and retries.

    A process of this host that ends loses its reservations at once, so the time counts for those of other hosts.
    """
    alone = max_duration(MAX_SLOT_WAIT_S + MAX_REFUSALS * timeout_s)
    return 2 * alone  # it may wait for the whole of another request, which probes the account


@dataclass(frozen=True)
class BudgetLimits:
    """Maximum USD per UTC day and per document; None means no limit."""

    day: float | None
    document: float | None

    @property
    def none(self) -> bool:
        """Whether there is no limit at all."""
        return self.day is None and self.document is None


@dataclass(frozen=True)
class CostBound:
    """Bounds the cost of a request in USD: by the price, that of urgent requests, and the tokens a model may reason with."""

    price: Price
    urgent_price: Price
    room: Callable[[], int] = lambda: 0

    def of(self, request: LLMRequest) -> tuple[float, float]:
        """Returns the maximum and the expected cost in USD; a third of `max_tokens` is expected."""
        price = self.urgent_price if request.urgent else self.price
        into = request.estimated_tokens_in * max(price.fresh, price.cache_write)
        most = (request.max_tokens + self.room()) * price.out
        return into + most, into + request.max_tokens / 3 * price.out


class BudgetGuard:
    """Reserves the maximum cost of a request while it runs; the actual cost is recorded by the call log below."""

    def __init__(
        self,
        inner: LLMClient,
        engine: Engine,
        limits: BudgetLimits,
        cost: CostBound,
        *,
        held_s: float,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.model = inner.model
        self._inner = inner
        self._engine = engine
        self._limits = limits
        self._cost = cost
        self._held_s = held_s
        self._sleep = sleep
        if not limits.none and not cost.price.known:
            raise SettingsInvalid(
                f"A budget is set, but the price of {self.model} is not known.",
                hint="Set FATHOM_LLM_USD_PER_MTOK_IN and FATHOM_LLM_USD_PER_MTOK_OUT, 0 for a model of your own.",
            )

    def complete(self, request: LLMRequest) -> LLMResponse:
        """Returns the response. Raises BudgetSpent without a request if its maximum cost exceeds the remaining budget."""
        if self._limits.none:
            return self._inner.complete(request)
        most, expected = self._cost.of(request)
        with self._held(most, expected, request.prompt):
            return self._inner.complete(request)

    @contextmanager
    def _held(self, usd: float, expected: float, prompt: str) -> Iterator[None]:
        document = billed_document()
        held = None
        while held is None:
            held = self._reserve(usd, expected, prompt, document)
            if held is None:
                self._sleep(POLL_S)
        try:
            yield
        finally:
            with self._engine.begin() as connection:
                connection.execute(llm_reservations.delete().where(llm_reservations.c.id == held))

    def _reserve(self, usd: float, expected: float, prompt: str, document: str | None) -> str | None:
        """Returns the id of the reservation, or None while other reservations hold the rest. Raises BudgetSpent."""
        now = time.time()
        today = day_of(now)
        key = uuid.uuid4().hex
        with exclusive_transaction(self._engine, AdvisoryLock.BUDGET) as connection:
            _expire(connection, now)
            left = self._left(connection, today, document)
            spent = next((scope for scope, (free, _) in left.items() if usd > free), None)
            if spent is not None:
                _wait(connection, document, usd, now)
            elif any(usd > free - held for free, held in left.values()):
                return None
            else:
                about = {"document": document, "collection": collection_of(document), "model": self.model, "prompt": prompt}
                figures = {"usd": usd, "expected_usd": expected, "expires_at": now + self._held_s, "holder": this_process()}
                connection.execute(llm_reservations.insert().values(id=key, day=today, **about, **figures))
        if spent is None:
            return key
        emit("llm.paused", f"There is no money left {spent}", document=document, reason=spent)
        free = max(0.0, left[spent][0])
        raise BudgetSpent(f"${free:.4f} are left {spent}; the next question may cost ${usd:.4f}.", document=document)

    def _left(self, connection: Connection, today: str, document: str | None) -> dict[str, tuple[float, float]]:
        """Returns unspent USD and reserved USD for each limit that applies."""
        left = {}
        for scope, limit, column, value in (
            ("for today", self._limits.day, "day", today),
            ("for this document", self._limits.document, "document", document),
        ):
            if limit is not None and value is not None:
                spent, held = spent_and_held(connection, column, value)
                left[scope] = (limit - spent, held)
        return left


def limits_of(settings: Settings) -> BudgetLimits:
    """Returns the budget limits of the settings."""
    return BudgetLimits(settings.budget_usd_per_day, settings.budget_usd_per_document)


def spent_and_held(connection: Connection, column: str, value: str) -> tuple[float, float]:
    """Returns the USD spent and reserved for a `day` or `document`."""
    spent = sa.select(sa.func.coalesce(sa.func.sum(llm_calls.c.cost_usd), 0.0)).where(llm_calls.c[column] == value)
    held = sa.select(sa.func.coalesce(sa.func.sum(llm_reservations.c.usd), 0.0)).where(llm_reservations.c[column] == value)
    return float(connection.scalar(spent) or 0.0), float(connection.scalar(held) or 0.0)


def day_of(at: float) -> str:
    """Returns the UTC day of a timestamp, YYYY-MM-DD."""
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def collection_of(document: str | None) -> str | None:
    """Returns the collection of a document id."""
    return document.partition("/")[0] if document else None


def _wait(connection: Connection, document: str | None, usd: float, now: float) -> None:
    """Records the document and the USD that it waits for, so that it is resumed once they are available."""
    if document is not None:
        connection.execute(money_waits.delete().where(money_waits.c.document == document))
        connection.execute(money_waits.insert().values(document=document, needed_usd=usd, since=now))


def _expire(connection: Connection, now: float) -> None:
    """Books the reservations of dead processes at their expected cost, since the provider may have been paid."""
    rows = connection.execute(sa.select(llm_reservations)).all()
    dead = {holder for holder in {row.holder for row in rows} if holder and is_dead(holder)}
    for row in rows:
        if row.expires_at >= now and row.holder not in dead:
            continue
        connection.execute(llm_reservations.delete().where(llm_reservations.c.id == row.id))
        about = {"document": row.document, "collection": row.collection, "model": row.model, "prompt": row.prompt}
        figures = dict.fromkeys(("tokens_in", "cache_read", "cache_write", "tokens_out", "saved_usd", "seconds"), 0)
        lost = {"at": now, "day": row.day, "outcome": "lost", "cost_usd": row.expected_usd}
        connection.execute(llm_calls.insert().values(**about, **figures, **lost))
