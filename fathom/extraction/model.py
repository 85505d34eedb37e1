"""Defines extractions (entities, facts, usage) and the protocols of language models that extract and match."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field

from fathom.errors import DocumentTooLarge

# spaCy's parser needs about 1 GB of memory for a million characters; a chunk has a thousand.
MAX_TEXT_CHARACTERS = 1_000_000

FunctionalEnd = Literal["source", "target", "both", "never"]  # the functional end of a relation: at most 1 value at a time


def require_extractable(text: str, source: str | None = None) -> str:
    """Returns the text; raises DocumentTooLarge, naming `source`, where it has more than MAX_TEXT_CHARACTERS."""
    if len(text) > MAX_TEXT_CHARACTERS:
        raise DocumentTooLarge(
            f"{source or 'The text'} has {len(text):,} characters; at most {MAX_TEXT_CHARACTERS:,} are extracted at once.",
            hint="Ingest it, so that its chunks are extracted one after another, or give a part of it.",
        )
    return text


class Entity(BaseModel):
    """A named thing and all its mentions; offsets in code points, end exclusive."""

    model_config = ConfigDict(frozen=True)

    name: str
    type: str
    mentions: list[tuple[int, int]]
    confidence: float | None = Field(None, ge=0, le=1, description="share of such entities that are right; null: not measured")


class Fact(BaseModel):
    """A relation between two entities, stated by a sentence."""

    model_config = ConfigDict(frozen=True)

    source: str = Field(description="name of an entity of the same extraction")
    target: str = Field(description="name of an entity of the same extraction")
    relation: str = Field(description="SCREAMING_SNAKE_CASE, as Graphiti names edges")
    fact: str = Field(description="a sentence that says it")
    span: tuple[int, int] = Field(description="where the text says it; code points, end exclusive")
    valid_at: datetime | None = None
    invalid_at: datetime | None = None
    valid_at_said: str | None = Field(
        None, description="the words of its beginning where the moment says less, as `May 2011`, or is none, as of `58 BC`"
    )
    invalid_at_said: str | None = Field(None, description="the same of its end")
    one_at_a_time: FunctionalEnd | None = Field(
        None, description="which end has only one of the relation at a time; null: not said"
    )
    property: str | None = Field(None, description="Wikidata's property of the relation, as P108; null: it has none")
    confidence: float | None = Field(None, ge=0, le=1, description="share of such facts that are right; null: not measured")


class Usage(BaseModel):
    """Calls, tokens and cost of an extraction."""

    model_config = ConfigDict(frozen=True)

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0
    estimated_calls: int = Field(0, description="calls whose tokens the server did not count")

    def and_also(self, other: Usage) -> Usage:
        """Returns the sum of both."""
        return Usage(
            calls=self.calls + other.calls,
            tokens_in=self.tokens_in + other.tokens_in,
            tokens_out=self.tokens_out + other.tokens_out,
            cost_usd=self.cost_usd + other.cost_usd,
            estimated_calls=self.estimated_calls + other.estimated_calls,
        )


class Extraction(BaseModel):
    """The entities and facts of a text."""

    model_config = ConfigDict(frozen=True)

    entities: list[Entity]
    facts: list[Fact]
    usage: Usage = Usage()
    left_out: dict[str, int] = Field(
        default_factory=dict[str, int], description="parts of a model's answers that are not kept as said, by the reason"
    )


class LanguageModel(Protocol):
    """Extracts entities and facts from texts; a model subclasses it, and so has the defaults of its capabilities.

    A model that can match entities or facts is a NameJudge or a FactJudge too.
    """

    languages: frozenset[str] | None = None  # codes of the languages that the model is made for; None: all
    concurrency: int | None = None  # bound of the requests in flight; None: the model runs in this process

    @property
    def name(self) -> str:
        """Provider, model and version, as stored in the ledger."""
        ...

    @property
    def prompt(self) -> str:
        """Version of the prompt or rules, as stored in the ledger."""
        ...

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        """Returns an extraction for each text, in order. Raises ExtractionFailed."""
        ...

    def close(self) -> None:
        """Closes connections and files until the next use; by default there are none."""
        return


@dataclass(frozen=True)
class DescribedName:
    """A name in the graph, with its entity type and the names of some related entities."""

    name: str
    type: str
    related: tuple[str, ...] = ()


@dataclass(frozen=True)
class StatedFact:
    """A fact in the graph: its relation, a sentence, and the start of its validity if known."""

    relation: str
    fact: str
    since: datetime | None = None


@dataclass(frozen=True)
class PairVerdicts:
    """The match verdict of each pair, and the usage of the calls."""

    same: list[bool]
    usage: Usage = field(default_factory=Usage)


@runtime_checkable
class NameJudge(Protocol):
    """A language model that judges which names denote the same thing."""

    @property
    def name(self) -> str:
        """Provider, model and version, as stored with the verdicts."""
        ...

    def same_things(self, pairs: Sequence[tuple[DescribedName, DescribedName]]) -> PairVerdicts:
        """Returns the verdicts of these pairs. Raises ExtractionFailed, LanguageModelUnreachable, BudgetSpent."""
        ...


@runtime_checkable
class FactJudge(Protocol):
    """A language model that judges which facts state the same."""

    @property
    def name(self) -> str:
        """Provider, model and version, as stored with the verdicts."""
        ...

    def same_facts(self, pairs: Sequence[tuple[StatedFact, StatedFact]]) -> PairVerdicts:
        """Returns the verdicts of these pairs. Raises ExtractionFailed, LanguageModelUnreachable, BudgetSpent."""
        ...
