"""Episodes in the ledger: states and transitions, outcomes, rows, and the totals of a document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

EpisodeState = Literal["planned", "extracted", "written", "failed", "quarantined", "removed"]

# The states from which each state may be reached. A row leaves `written` only when removed or repaired, `removed` only when
# planned again, `quarantined` only when removed or released.
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
    """The versions of chunker, prompt, model and embedder that produce an episode."""

    chunker: str
    prompt: str
    model: str
    embedder: str


@dataclass(frozen=True)
class ExtractionOutcome:
    """The language model has responded for an episode; its usage counts."""

    uuid: str
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0
    left_out: Mapping[str, int] | None = None  # items dropped from the response, by the reason; None leaves the stored counts


@dataclass(frozen=True)
class WriteOutcome:
    """An episode was written to the graph."""

    uuid: str
    entities: int
    facts: int


@dataclass(frozen=True)
class FailureOutcome:
    """An attempt at an episode failed."""

    uuid: str
    reason: str


EpisodeOutcome = ExtractionOutcome | WriteOutcome | FailureOutcome


@dataclass(frozen=True)
class DocumentSummary:
    """The totals of a document's episodes, with those of removed chunks."""

    document: str
    states: Mapping[EpisodeState, int] = field(default_factory=dict[EpisodeState, int])
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0

    @property
    def tokens(self) -> int:
        """Input and output tokens."""
        return self.tokens_in + self.tokens_out

    def count(self, state: EpisodeState) -> int:
        """Returns the number of episodes in the state."""
        return self.states.get(state, 0)


class EpisodeRow(BaseModel):
    """The ledger's row of an episode; times in UTC."""

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


def parse_row(columns: Mapping[str, Any]) -> EpisodeRow:
    """Returns the row of table columns; converts times from seconds since 1970."""
    times = {name: value for name, value in columns.items() if name.endswith("_at") and isinstance(value, int | float)}
    left_out = json.loads(columns.get("left_out") or "{}")
    dates = {name: datetime.fromtimestamp(at, UTC) for name, at in times.items()}
    return EpisodeRow.model_validate({**columns, "left_out": left_out, **dates})
