"""Money: no question is asked that could cost more than is left of the day's or the document's budget."""

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
from fathom.llm.client import Answer, Asker, Question, paying_document
from fathom.llm.pricing import Price
from fathom.observability.structured_logging import emit
from fathom.settings import Settings
from fathom.tables import llm_calls, llm_reservations, money_waits

HELD_S = 1800.0  # longer than a question with all its tries; then whoever held it is dead
WAIT_S = 0.1
_MUTEX = 7_264_118  # Postgres' advisory lock of whoever reserves


@dataclass(frozen=True)
class Limits:
    """Most USD a UTC day and a document; None: no limit."""

    day: float | None
    document: float | None

    @property
    def none(self) -> bool:
        """Whether there is no limit at all."""
        return self.day is None and self.document is None


class Budgeted:
    """Holds the most an answer can cost while it is asked for; what it did cost is what the layers below put on record."""

    def __init__(
        self,
        inner: Asker,
        engine: Engine,
        limits: Limits,
        price: Price,
        *,
        urgent_price: Price | None = None,
        room: Callable[[], int] = lambda: 0,
        held_s: float = HELD_S,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.model = inner.model
        self._inner = inner
        self._engine = engine
        self._limits = limits
        self._price = price
        self._urgent_price = urgent_price or price
        self._room = room
        self._held_s = held_s
        self._sleep = sleep
        if not limits.none and not price.known:
            raise SettingsInvalid(
                f"There is a budget, and nobody knows what {self.model} costs.",
                hint="Set FATHOM_LLM_USD_PER_MTOK_IN and FATHOM_LLM_USD_PER_MTOK_OUT, 0 for a model of your own.",
            )

    def ask(self, question: Question) -> Answer:
        """The answer. Raises BudgetSpent, having asked nothing, where the most it can cost is more than is left."""
        if self._limits.none:
            return self._inner.ask(question)
        most, expected = self._cost(question)
        with self._held(most, expected, question.prompt):
            return self._inner.ask(question)

    def _cost(self, question: Question) -> tuple[float, float]:
        """The most it can cost, and what it likely will: a third of the longest answer."""
        price = self._urgent_price if question.urgent else self._price
        into = question.estimated_tokens_in * max(price.fresh, price.cache_write)
        most = (question.max_tokens + self._room()) * price.out
        return into + most, into + question.max_tokens / 3 * price.out

    @contextmanager
    def _held(self, usd: float, expected: float, prompt: str) -> Iterator[None]:
        document = paying_document()
        held = None
        while held is None:
            held = self._reserve(usd, expected, prompt, document)
            if held is None:
                self._sleep(WAIT_S)
        try:
            yield
        finally:
            with self._engine.begin() as connection:
                connection.execute(llm_reservations.delete().where(llm_reservations.c.id == held))

    def _reserve(self, usd: float, expected: float, prompt: str, document: str | None) -> str | None:
        """The id of the reservation; None where others hold what may yet be left over. Raises BudgetSpent."""
        now = time.time()
        today = day_of(now)
        key = uuid.uuid4().hex
        with alone(self._engine) as connection:
            _expire(connection, now)
            left = self._left(connection, today, document)
            spent = next((what for what, (free, _) in left.items() if usd > free), None)
            if spent is not None:
                _wait(connection, document, usd, now)
            elif any(usd > free - held for free, held in left.values()):
                return None
            else:
                about = {"document": document, "collection": collection_of(document), "model": self.model, "prompt": prompt}
                figures = {"usd": usd, "expected_usd": expected, "expires_at": now + self._held_s}
                connection.execute(llm_reservations.insert().values(id=key, day=today, **about, **figures))
        if spent is None:
            return key
        emit("llm.paused", f"There is no money left {spent}", document=document, reason=spent)
        free = max(0.0, left[spent][0])
        raise BudgetSpent(f"${free:.4f} are left {spent}; the next question may cost ${usd:.4f}.", document=document)

    def _left(self, connection: Connection, today: str, document: str | None) -> dict[str, tuple[float, float]]:
        """USD that are not spent, and USD of them that are held, by what the limit is of."""
        left = {}
        for what, limit, column, value in (
            ("for today", self._limits.day, "day", today),
            ("for this document", self._limits.document, "document", document),
        ):
            if limit is not None and value is not None:
                spent, held = spent_and_held(connection, column, value)
                left[what] = (limit - spent, held)
        return left


def limits_of(settings: Settings) -> Limits:
    """The limits as the settings have them."""
    return Limits(settings.budget_usd_per_day, settings.budget_usd_per_document)


def spent_and_held(connection: Connection, column: str, value: str) -> tuple[float, float]:
    """USD spent and held of one `day` or `document`."""
    spent = sa.select(sa.func.coalesce(sa.func.sum(llm_calls.c.cost_usd), 0.0)).where(llm_calls.c[column] == value)
    held = sa.select(sa.func.coalesce(sa.func.sum(llm_reservations.c.usd), 0.0)).where(llm_reservations.c[column] == value)
    return float(connection.scalar(spent) or 0.0), float(connection.scalar(held) or 0.0)


def day_of(at: float) -> str:
    """The UTC day of a moment, YYYY-MM-DD."""
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def collection_of(document: str | None) -> str | None:
    """The collection of a document's id."""
    return document.partition("/")[0] if document else None


@contextmanager
def alone(engine: Engine) -> Iterator[Connection]:
    """A transaction in which nobody else reserves: who reads what is left may take it."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MUTEX)))
        yield connection


def _wait(connection: Connection, document: str | None, usd: float, now: float) -> None:
    """What the document waits for is on record, so that it goes on when there is so much."""
    if document is not None:
        connection.execute(money_waits.delete().where(money_waits.c.document == document))
        connection.execute(money_waits.insert().values(document=document, needed_usd=usd, at=now))


def _expire(connection: Connection, now: float) -> None:
    """What was held by the dead counts as spent, as much as was expected: the provider may have answered."""
    old = connection.execute(sa.select(llm_reservations).where(llm_reservations.c.expires_at < now)).all()
    for row in old:
        connection.execute(llm_reservations.delete().where(llm_reservations.c.id == row.id))
        about = {"document": row.document, "collection": row.collection, "model": row.model, "prompt": row.prompt}
        figures = dict.fromkeys(("tokens_in", "cache_read", "cache_write", "tokens_out", "saved_usd", "seconds"), 0)
        lost = {"at": now, "day": row.day, "outcome": "lost", "cost_usd": row.expected_usd}
        connection.execute(llm_calls.insert().values(**about, **figures, **lost))
