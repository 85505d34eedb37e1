"""The facts of an entity over time: when each holds, in words and as a bar on a scale of years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from fathom.api.page.graph.entities_page import entity_address
from fathom.api.routes.document_paths import encoded
from fathom.graph.read.entity_profile import EntityFact
from fathom.graph.read.entity_views import FactView

MIN_WIDTH = 1.0  # percent
MAX_DOCUMENTS = 5  # of a fact that are named


@dataclass(frozen=True)
class FactDocument:
    """A document that asserts a fact."""

    name: str
    address: str


@dataclass(frozen=True)
class FactBar:
    """When a fact holds; place and width in percent of the scale."""

    left: str
    width: str


@dataclass(frozen=True)
class FactLine:
    """A fact, of which the other entity is the subject if `incoming`; `ended` says why it holds no more, `kind` is a class."""

    kind: str
    when: str
    ended: str | None
    sentence: str
    relation: str
    other: str
    other_address: str
    incoming: bool
    bar: FactBar
    documents: list[FactDocument]
    more_documents: int


@dataclass(frozen=True)
class FactTimeline:
    """The facts, and the first and last year of the scale."""

    first: str
    last: str
    facts: list[FactLine]


def fact_timeline(facts: Sequence[EntityFact], now: datetime | None = None) -> FactTimeline:
    """Returns the facts with their bars; a fact without a beginning begins with the scale."""
    now = now or datetime.now(UTC)
    moments = [at for one in facts for at in (one.fact.valid_at, _end(one.fact)) if at is not None]
    first, last = min([*moments, now]), max([*moments, now])
    return FactTimeline(f"{first.year}", f"{last.year}", [_line(one, first, last) for one in facts])


def _line(one: EntityFact, first: datetime, last: datetime) -> FactLine:
    fact = one.fact
    span = max((last - first).total_seconds(), 1.0)
    begin, end = fact.valid_at or first, _end(fact) or last
    left = 100 * (begin - first).total_seconds() / span
    width = max(100 * (end - begin).total_seconds() / span, MIN_WIDTH)
    ended = _ended(fact)
    return FactLine(
        kind="ended" if ended else "holds",
        when=_when(fact),
        ended=ended,
        sentence=fact.fact,
        relation=fact.relation.replace("_", " ").lower(),
        other=one.other_name,
        other_address=entity_address(one.other),
        incoming=one.incoming,
        bar=FactBar(f"{min(left, 100 - MIN_WIDTH):.2f}%", f"{min(width, 100):.2f}%"),
        documents=[FactDocument(name, f"/documents/{encoded(name)}") for name in fact.documents[:MAX_DOCUMENTS]],
        more_documents=max(0, len(fact.documents) - MAX_DOCUMENTS),
    )


def _end(fact: FactView) -> datetime | None:
    return fact.invalid_at or fact.retired_at


def _when(fact: FactView) -> str:
    begin = f"from {_day(fact.valid_at)}" if fact.valid_at else "since an unknown time"
    return f"{begin} until {_day(fact.invalid_at)}" if fact.invalid_at else begin


def _ended(fact: FactView) -> str | None:
    if fact.retired_at is not None:
        return f"a person retired it on {_day(fact.retired_at)}"
    if fact.invalid_at is not None:
        return "ended"
    return f"the record does not hold it since {_day(fact.expired_at)}" if fact.expired_at else None


def _day(at: datetime) -> str:
    """Returns the day; the year for the first of January, which stands for a year in texts."""
    at = at.astimezone(UTC)
    return f"{at.year}" if (at.month, at.day, at.hour) == (1, 1, 0) else f"{at:%Y-%m-%d}"
