"""Overrides thresholds for all documents, a collection or a file type, as `[[thresholds]]` in fathom.toml says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from fathom.thresholds import THRESHOLDS, Thresholds

_current: ContextVar[Thresholds] = ContextVar("thresholds", default=THRESHOLDS)


class ThresholdOverride(BaseModel):
    """Values that replace thresholds in a scope, with their reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    collection: str | None = Field(None, description="only for documents of this collection")
    file_type: str | None = Field(None, description="only for documents with this suffix, such as pdf")
    reason: str = Field(min_length=1, description="why; `fathom quality --thresholds` shows it")
    values: dict[str, dict[str, float]] = Field(description="by stage and name, as in docs/thresholds.md")

    @model_validator(mode="after")
    def _valid(self) -> ThresholdOverride:
        """Refuses unknown thresholds and impossible values."""
        overridden(THRESHOLDS, [self])
        return self

    def applies_to(self, collection: str, file_type: str) -> bool:
        """Returns whether documents of the collection and type are in the scope."""
        return self.collection in (None, collection) and self.file_type in (None, file_type)


def overridden(base: Thresholds, overrides: Sequence[ThresholdOverride]) -> Thresholds:
    """Returns the thresholds with the overrides, of which later ones have precedence. Raises pydantic's ValidationError."""
    values: dict[str, dict[str, Any]] = base.model_dump()
    for override in overrides:
        for stage, changed in override.values.items():
            values[stage] = {**values.get(stage, {}), **changed}
    return Thresholds.model_validate(values)


def thresholds_of(overrides: Sequence[ThresholdOverride], document: str) -> Thresholds:
    """Returns the thresholds of a document."""
    collection, _, name = document.partition("/")
    kind = name.rpartition(".")[2].lower() if "." in name else ""
    chosen = [override for override in overrides if override.applies_to(collection, kind)]
    return overridden(THRESHOLDS, chosen) if chosen else THRESHOLDS


def current_thresholds() -> Thresholds:
    """Returns the thresholds of the document that is worked on; the defaults outside of `using_thresholds`."""
    return _current.get()


@contextmanager
def using_thresholds(thresholds: Thresholds) -> Iterator[None]:
    """Makes these thresholds the current ones in the context."""
    token = _current.set(thresholds)
    try:
        yield
    finally:
        _current.reset(token)
