"""What the ledger says of an episode: its states and which may follow which, its row, and the sums of a document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

EpisodeState = Literal["planned", "extracted", "written", "failed", "quarantined", "removed"]

# From which states each may be reached. A row leaves `written` only by being removed or repaired, `removed` only by being
# planned again, `quarantined` only by being removed or released.
ALLOWED_FROM: dict[EpisodeState, tuple[EpisodeState, ...]] = {
    "planned": ("planned", "extracted", "failed", "removed"),
    "extracted": ("planned", "extracted", "failed"),
    "written": ("planned", "extracted", "written"),
    "failed": ("planned", "extracted", "failed"),
    "quarantined": ("planned", "extracted", "failed", "quarantined"),
    "removed": ("planned", "extracted", "written", "failed", "quarantined", "removed"),
}


@dataclass(frozen=True)
class PlannedEpisode:
    """A chunk that is to become an episode."""

    uuid: str
    chunk: str
    position: int


@dataclass(frozen=True)
class ProducerVersions:
    """What makes the episodes of a document: versions that the ledger keeps with each."""

    chunker: str
    prompt: str
    model: str
    embedder: str


@dataclass(frozen=True)
class ExtractionOutcome:
    """The language model has answered for an episode, and that is paid."""

    uuid: str
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0
    left_out: Mapping[str, int] | None = None  # of its answer, by the reason; None leaves what is known


@dataclass(frozen=True)
class WriteOutcome:
    """An episode is in the graph."""

    uuid: str
    entities: int
    facts: int


@dataclass(frozen=True)
class FailureOutcome:
    """A try at an episode failed."""

    uuid: str
    reason: str


EpisodeOutcome = ExtractionOutcome | WriteOutcome | FailureOutcome


@dataclass(frozen=True)
class DocumentSummary:
    """The sums over the episodes of one document, those of chunks that are gone too."""

    document: str
    states: Mapping[EpisodeState, int] = field(default_factory=dict[EpisodeState, int])
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0

    @property
    def tokens(self) -> int:
        """Tokens in both directions."""
        return self.tokens_in + self.tokens_out

    def count(self, state: EpisodeState) -> int:
        """Episodes in that state."""
        return self.states.get(state, 0)


class EpisodeRow(BaseModel):
    """One chunk of a document and whether it is in the graph; times in UTC."""

    model_config = ConfigDict(frozen=True)

    uuid: str
    collection: str
    document: str
    version: str
    chunk: str
    position: int = Field(description="0-based place in the document")
    state: EpisodeState
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
    left_out: dict[str, int] = Field(
        default_factory=dict[str, int], description="parts of the language model's answer that are not kept, by the reason"
    )
    planned_at: datetime
    extracted_at: datetime | None
    written_at: datetime | None
    updated_at: datetime


def row_of(columns: Mapping[str, Any]) -> EpisodeRow:
    """The row with its times, which the table keeps as seconds since 1970, as dates."""
    times = {name: value for name, value in columns.items() if name.endswith("_at") and isinstance(value, int | float)}
    left_out = json.loads(columns.get("left_out") or "{}")
    dates = {name: datetime.fromtimestamp(at, UTC) for name, at in times.items()}
    return EpisodeRow.model_validate({**columns, "left_out": left_out, **dates})
