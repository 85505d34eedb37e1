"""A validated request of a search: its words, the number of results, and where to search."""

from __future__ import annotations

import unicodedata
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from fathom.errors import UsageWrong
from fathom.ids import collection_name

MAX_QUERY_CHARACTERS = 1_000
MAX_RESULTS = 100
DEFAULT_RESULTS = 10
_KEPT_CONTROLS = frozenset("\t\n\r")


class SearchMode(StrEnum):
    """How a search finds passages."""

    AUTO = "auto"
    VECTOR = "vector"
    WORDS = "words"
    GRAPH = "graph"


class SearchRequest(BaseModel):
    """A request of a search; surrounding white space of the query does not count."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    query: str = Field(description=f"1 to {MAX_QUERY_CHARACTERS:,} characters, without control characters")
    top: int = Field(DEFAULT_RESULTS, ge=1, le=MAX_RESULTS, strict=True, description="number of results at most")
    collection: str | None = Field(None, description="null for all")
    mode: SearchMode = SearchMode.AUTO

    @field_validator("query")
    @classmethod
    def _readable(cls, query: str) -> str:
        stripped = query.strip()
        if not stripped:
            raise ValueError("it is empty")
        if len(stripped) > MAX_QUERY_CHARACTERS:
            raise ValueError(f"it has {len(stripped):,} characters; at most {MAX_QUERY_CHARACTERS:,} are searched")
        if any(unicodedata.category(sign) in ("Cc", "Cs") and sign not in _KEPT_CONTROLS for sign in stripped):
            raise ValueError("it has control characters")
        return stripped

    @field_validator("collection")
    @classmethod
    def _known_form(cls, collection: str | None) -> str | None:
        return None if collection is None else collection_name(collection)

    @classmethod
    def of(cls, query: object, **more: object) -> SearchRequest:
        """Returns the request. Raises UsageWrong with each wrong part and the reason, never with its value."""
        try:
            return cls.model_validate({"query": query, **more})
        except ValidationError as error:
            wrong = "; ".join(
                f"{'.'.join(map(str, fault['loc'])) or 'request'}: {fault['msg'].removeprefix('Value error, ')}"
                for fault in error.errors()
            )
            raise UsageWrong(f"The search is not valid: {wrong}.") from None
