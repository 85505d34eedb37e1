"""The page `/graph/validate`: the faults of ledger and graph, looked for when an operator asks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from fastapi import HTTPException, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from fathom.api.page.figures_in_words import many, number
from fathom.api.page.graph.collection_choice import ChosenCollection, require_role
from fathom.api.page.page_frame import Visitor, html_response, page_router
from fathom.graph.validation.fault_tally import FaultCount, GraphValidation
from fathom.operations.graph.graph_validation import validate_graph

MAX_SHOWN = 5  # examples of a class
router = page_router()
_looking = asyncio.Lock()  # a search of an API process at a time: each reads whole collections


@dataclass(frozen=True)
class FaultLine:
    """A class of faults, with examples and what to do; the text of `ask` is a command."""

    name: str
    dot: str
    count: str
    meaning: str
    examples: list[str]
    repair: str | None
    ask: str | None


@dataclass(frozen=True)
class ValidationResult:
    """The faults by class, classes with faults first."""

    dot: str
    sentence: str
    written_meanwhile: str | None
    rows: list[FaultLine]


@dataclass(frozen=True)
class ValidationPage:
    """The whole page; no result before anyone asks."""

    template: ClassVar[str] = "graph/validate.html"
    collection: str | None
    fixed: bool
    result: ValidationResult | None


@router.get("/graph/validate")
async def validate(
    request: Request, caller: Visitor, collection: ChosenCollection, look: Annotated[Literal["", "now"], Query()] = ""
) -> Response:
    """Returns the page; for operators."""
    require_role(caller, "operator")
    fixed = caller.collection is not None
    if not look:
        return html_response(ValidationPage(collection, fixed, None), caller)
    if _looking.locked():
        raise HTTPException(409, "Somebody looks for faults already; ask again when that is done.")
    async with _looking:
        found = await run_in_threadpool(validate_graph, request.app.state.settings, collection)
    return html_response(ValidationPage(collection, fixed, validation_result(found)), caller)


def validation_result(found: GraphValidation) -> ValidationResult:
    """Returns the faults for the page."""
    faults = sum(one.count for one in found.classes)
    of = many(len(found.collections), "collection")
    sentence = (
        f"{of} and no fault." if found.healthy else f"{many(faults, 'fault')} of {many(len(found.found()), 'kind')} in {of}."
    )
    busy = ", ".join(found.written_meanwhile)
    return ValidationResult(
        dot="passed" if found.healthy else "failed",
        sentence=sentence,
        written_meanwhile=f"Written to meanwhile, so that its faults may be of these writes: {busy}." if busy else None,
        rows=[_row(one) for one in sorted(found.classes, key=lambda one: -one.count)],
    )


def _row(one: FaultCount) -> FaultLine:
    return FaultLine(
        name=one.name.replace("_", " "),
        dot="failed" if one.count else "passed",
        count=number(one.count),
        meaning=one.meaning,
        examples=[f"{example.collection}: {example.detail}" for example in one.examples[:MAX_SHOWN]],
        repair=one.repair,
        ask=one.ask,
    )
