"""The report of writing a document's episodes to the graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field


class EpisodeFailure(BaseModel):
    """A chunk that was not written, with the reason."""

    model_config = ConfigDict(frozen=True)

    chunk: str
    position: int
    reason: str
    message: str


class WriteReport(BaseModel):
    """The result of writing a document; counts are of this document unless stated otherwise."""

    model_config = ConfigDict(frozen=True)

    document: str
    version: str
    chunks: int = Field(description="chunks the document has")
    written: int = Field(description="episodes written by this call")
    unchanged: int = Field(description="episodes that were already written and stay")
    removed: int = Field(description="episodes taken away because their chunk is gone")
    failures: list[EpisodeFailure] = Field(default_factory=list[EpisodeFailure])
    entities: int = Field(description="distinct entities its episodes mention, in the graph afterwards")
    facts: int = Field(description="facts its episodes assert, in the graph afterwards")
    entities_by_type: dict[str, int] = Field(default_factory=dict[str, int])
    languages: dict[str, int] = Field(default_factory=dict[str, int], description="chunks by their language, where it is known")
    unread: int = Field(0, description="chunks in a language that the model was not made for")
    sample_facts: list[str] = Field(default_factory=list[str], description="up to 10 facts, as sentences")
    facts_left_out: dict[str, int] = Field(
        default_factory=dict[str, int], description="facts of its extractions that are not in the graph, by the reason"
    )
    answers_left_out: dict[str, int] = Field(
        default_factory=dict[str, int], description="parts of the model's answers that are not kept, by the reason"
    )
    below_confidence: dict[str, int] = Field(
        default_factory=dict[str, int], description="entities and facts of less than `min_confidence`, not kept, by the reason"
    )
    min_confidence: float = Field(0.0, description="least confidence of what this call wrote, where it was measured")
    entities_answered: int = Field(0, description="entities of its answers, chunk by chunk, those that are not kept too")
    facts_answered: int = Field(0, description="facts of its answers, chunk by chunk, those that are not kept too")
    orphans: int = Field(description="entities of the collection without episode or fact, afterwards")
    missing_embeddings: int = Field(description="entities and facts of the document without embedding, afterwards")
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0
    seconds_extracting: float = 0.0
    seconds_writing: float = 0.0
    model: str
    prompt: str
    embedder: str


@dataclass(frozen=True)
class EpisodeProgress:
    """`done` of `total` chunks are in `phase` (sending, writing) or through it (extracted, written)."""

    phase: str
    done: int
    total: int
    entities: int
    facts: int


EpisodeProgressCallback = Callable[[EpisodeProgress], None]
