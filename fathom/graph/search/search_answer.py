"""A validated answer of a search: results with scores, and how they were found."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from fathom.errors import FathomError, ResultInvalid
from fathom.errors.tiers import quality_of
from fathom.graph.search.search_request import MAX_RESULTS, SearchMode


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("it is not a finite number")
    return value


Score = Annotated[float, Field(ge=0, le=1, strict=True), AfterValidator(_finite)]
Coordinate = Annotated[float, AfterValidator(_finite)]


class SearchResult(BaseModel):
    """A passage that was found."""

    model_config = ConfigDict(frozen=True)

    document: str = Field(min_length=1)
    chunk: str = Field(min_length=1)
    text: str
    score: Score = Field(description="0 to 1, 1 is best")
    page: int | None = Field(None, ge=1)
    box: tuple[Coordinate, Coordinate, Coordinate, Coordinate] | None = Field(
        None, description="left, top, right, bottom of the passage on its page"
    )
    headings: list[str] = Field(default_factory=list)
    branches: dict[str, Score] = Field(default_factory=dict, description="the score of each way that found the passage")
    path: list[str] = Field(default_factory=list, description="the facts that lead from the query to the passage")


class SearchAnswer(BaseModel):
    """The answer of a search: at most MAX_RESULTS passages, each once, the best first."""

    model_config = ConfigDict(frozen=True)

    results: list[SearchResult] = Field(max_length=MAX_RESULTS)
    mode: SearchMode
    degraded: bool = False
    why: list[str] = Field(default_factory=list, description="why the answer is of lesser quality")
    notes: list[str] = Field(default_factory=list, description="what failed without making it worse")
    took_ms: float = Field(ge=0)

    @model_validator(mode="after")
    def _ordered(self) -> SearchAnswer:
        if any(before.score < after.score for before, after in pairwise(self.results)):
            raise ValueError("results are not in the order of their scores")
        if len({(result.document, result.chunk) for result in self.results}) < len(self.results):
            raise ValueError("a passage is there twice")
        if self.degraded != bool(self.why):
            raise ValueError("a degraded answer says why, and no other does")
        return self


def checked_results(found: Iterable[object], top: int) -> list[SearchResult]:
    """Returns the results of a strategy of a search, so that a FallbackChain tries the next one where they are invalid.

    Raises ResultInvalid for results that are not as SearchResult and SearchAnswer say, or more than `top`.
    """
    try:
        results = [SearchResult.model_validate(one, from_attributes=True) for one in found]
        SearchAnswer(results=results, mode=SearchMode.AUTO, took_ms=0.0)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"])) or "results"
        raise ResultInvalid(f"The search gave an invalid result: {where}: {fault['msg']}.") from None
    if len(results) > top:
        raise ResultInvalid(f"The search gave {len(results)} results instead of {top} at most.")
    return results


def search_answer(
    results: list[SearchResult], mode: SearchMode, *, errors: Iterable[FathomError] = (), took_ms: float
) -> SearchAnswer:
    """Returns the answer in spite of the errors, by their tiers."""
    quality = quality_of(errors)
    return SearchAnswer(
        results=results,
        mode=mode,
        degraded=quality.degraded,
        why=list(quality.why),
        notes=list(quality.notes),
        took_ms=took_ms,
    )
