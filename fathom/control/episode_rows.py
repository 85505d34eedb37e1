"""The ledger's rows as `fathom episodes` lists them."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from fathom.database import episodes, open_database
from fathom.settings import Settings


class EpisodeRow(BaseModel):
    """One chunk of a document and whether it is in the graph; times in UTC."""

    model_config = ConfigDict(frozen=True)

    uuid: str
    collection: str
    document: str
    version: str
    chunk: str
    position: int = Field(description="0-based place in the document")
    state: str = Field(description="planned, extracted, written, failed, quarantined or removed")
    attempts: int
    reason: str | None
    chunker: str
    prompt: str
    model: str
    embedder: str
    tokens_in: int
    tokens_out: int
    cost_usd: float
    entities: int
    facts: int
    planned_at: datetime
    extracted_at: datetime | None
    written_at: datetime | None
    updated_at: datetime


class EpisodeCounts(BaseModel):
    """A collection's episodes by state."""

    model_config = ConfigDict(frozen=True)

    collection: str
    state: str
    documents: int
    episodes: int
    tokens: int
    cost_usd: float


def episode_rows(settings: Settings, document: str) -> list[EpisodeRow]:
    """The rows of one document, in the order of its chunks; those of chunks that are gone too."""
    query = sa.select(episodes).where(episodes.c.document == document).order_by(episodes.c.position, episodes.c.planned_at)
    with open_database(settings.operational_url).connect() as connection:
        return [EpisodeRow.model_validate(_with_times(dict(row._mapping))) for row in connection.execute(query)]


def episode_counts(settings: Settings) -> list[EpisodeCounts]:
    """How many episodes each collection has in each state."""
    c = episodes.c
    query = (
        sa.select(
            c.collection,
            c.state,
            sa.func.count(sa.distinct(c.document)).label("documents"),
            sa.func.count().label("episodes"),
            sa.func.sum(c.tokens_in + c.tokens_out).label("tokens"),
            sa.func.sum(c.cost_usd).label("cost_usd"),
        )
        .group_by(c.collection, c.state)
        .order_by(c.collection, c.state)
    )
    with open_database(settings.operational_url).connect() as connection:
        return [EpisodeCounts.model_validate(dict(row._mapping)) for row in connection.execute(query)]


def _with_times(row: dict[str, object]) -> dict[str, object]:
    times = {name: value for name, value in row.items() if name.endswith("_at") and isinstance(value, int | float)}
    return row | {name: datetime.fromtimestamp(value, UTC) for name, value in times.items()}
