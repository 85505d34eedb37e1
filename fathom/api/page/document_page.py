"""The page of a document: status, timeline of stages, checks, chunks with their facts, live log."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import HTTPException, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from fathom.api.authorization import within_document
from fathom.api.page import figures_in_words, steps
from fathom.api.page.graph_picture import picture
from fathom.api.page.html_markup import Child, Markup, join, tag
from fathom.api.page.page_frame import Visitor, dagster, page, page_router, parts
from fathom.api.page.passages_page import PassageFilter, shown
from fathom.api.page.table_rows import bar, progress_words, state
from fathom.api.page.timeline_bars import stages
from fathom.api.routes.document_paths import DocumentId, encoded
from fathom.api.routes.parameters import MAX_PLACE
from fathom.database import open_database
from fathom.errors import FathomError, GraphUnreachable, NotStored
from fathom.observability.event_store import Events
from fathom.operations.document_passages import graph_content_of, passages
from fathom.orchestration.materializations import CheckRecord, records_of
from fathom.security.api_keys import Caller
from fathom.settings import Settings
from fathom.status.document_status import DocumentStatus, status_of
from fathom.status.liveness import OVER
from fathom.status.stage_times import StageStep, timeline
from fathom.storage.artifacts import open_artifacts

CHUNKS = 20  # of a page
LINES = 300  # of the log that are shown first; a button loads earlier lines

router = page_router()


@router.get("/documents/{document:path}")
async def document_page(request: Request, caller: Visitor, document: DocumentId) -> Response:
    """Returns the page; its script fetches the slower parts."""
    settings, status, found = await _found(request, caller, document)
    cursor = await run_in_threadpool(Events(open_database(settings.operational_url)).before_last, document, LINES)
    name = encoded(document)
    return page(
        document,
        _head(status, caller),
        tag(
            "div",
            tag(
                "div",
                stages(found, status),
                _log(name, cursor, followed=status.state not in OVER),
                tag(
                    "section",
                    tag("h2", "Checks"),
                    tag("p", "Looking…", class_="aside"),
                    id="checks",
                    data_url=f"/page/checks/{name}",
                ),
            ),
            tag("figure", id="picture", data_url=f"/page/picture/{name}"),
            class_="with-picture",
        ),
        tag("section", id="graph", data_url=f"/page/graph/{name}"),
        tag("section", tag("h2", "Chunks"), tag("p", "Looking…", class_="aside"), id="chunks", data_url=f"/page/chunks/{name}"),
        tag("noscript", tag("p", "Chunks, checks and the log need JavaScript; the API has them, too.")),
        caller=caller,
        settings=settings,
        script="document.js",
    )


@router.get("/page/document/{document:path}")
async def live(request: Request, caller: Visitor, document: DocumentId) -> Response:
    """Returns the parts that show the current status."""
    _, status, found = await _found(request, caller, document)
    return parts(_head(status, caller), stages(found, status))


@router.get("/page/chunks/{document:path}")
async def chunks(
    request: Request,
    caller: Visitor,
    document: DocumentId,
    start: Annotated[int, Query(alias="from", ge=0, le=MAX_PLACE)] = 0,
    least: Annotated[float, Query(ge=0, le=1)] = 0.0,
) -> Response:
    """Returns a page of chunks, with facts of at least this confidence and facts without a confidence."""
    settings, status, _ = await _found(request, caller, document)
    found = await run_in_threadpool(lambda: passages(settings, document, start=start, limit=CHUNKS))
    return parts(shown(found, status, PassageFilter(CHUNKS, least)))


@router.get("/page/checks/{document:path}")
async def checks(request: Request, caller: Visitor, document: DocumentId) -> Response:
    """Returns the outcomes of the checks."""
    settings, status, _ = await _found(request, caller, document)
    try:
        record = (await run_in_threadpool(records_of, settings, {document: status.run}))[document]
    except FathomError as error:
        return parts(_section("checks", "Checks", tag("p", f"{error.message} {error.what_to_do}", class_="notice")))
    return parts(_checks(list(record.checks.values())))


@router.get("/page/picture/{document:path}")
async def first_page(request: Request, caller: Visitor, document: DocumentId) -> Response:
    """Returns the picture of the first page, if the document is converted and its format has pages."""
    settings, status, _ = await _found(request, caller, document)
    try:
        await run_in_threadpool(open_artifacts(settings).load_picture, document)
    except NotStored:
        return parts(tag("figure", id="picture"))
    where = f"/api/documents/{encoded(document)}/preview.png?version={(status.version or '')[:12]}"
    image = tag("img", src=where, alt=f"The first page of {document} with what was found on it in boxes")
    return parts(tag("figure", tag("a", image, href=where), id="picture"))


@router.get("/page/graph/{document:path}")
async def graph(request: Request, caller: Visitor, document: DocumentId) -> Response:
    """Returns a picture of the document's part of the graph."""
    settings, _, _ = await _found(request, caller, document)
    try:
        part = await run_in_threadpool(graph_content_of, settings, document)
    except GraphUnreachable as error:
        return parts(_section("graph", "In the graph", tag("p", f"{error.message} {error.what_to_do}", class_="notice")))
    return parts(tag("section", await run_in_threadpool(picture, part) if part.entities else None, id="graph"))


async def _found(request: Request, caller: Caller, document: str) -> tuple[Settings, DocumentStatus, list[StageStep]]:
    within_document(caller, document)
    settings: Settings = request.app.state.settings

    def look() -> tuple[DocumentStatus | None, list[StageStep]]:
        return status_of(settings, document), timeline(settings, document)

    status, found = await run_in_threadpool(look)
    if status is None:
        raise HTTPException(404, f"There is no document {document}. It may have been removed.")
    return settings, status, found


def _head(status: DocumentStatus, caller: Caller) -> Markup:
    now = datetime.now(UTC)
    collection, _, name = status.upload_id.partition("/")
    over = status.state in OVER
    moves = tag("div", bar(status), tag("small", progress_words(status, now)), class_="moves")
    run = tag("a", "Dagster run", href=dagster(f"/runs/{status.run}"), target="_blank", rel="noopener")
    links: list[Child] = [
        run if status.run else None,
        tag("a", "JSON", href=f"/api/documents/{encoded(status.upload_id)}"),
    ]
    return tag(
        "header",
        tag("p", tag("a", collection, href=f"/?collection={collection}"), " /", class_="crumb"),
        tag("h1", name),
        tag(
            "div",
            tag("p", state(status), " ", tag("span", _sentence(status), class_="sentence"), role="status"),
            tag("div", *steps.of_document(status, caller), *links, class_="actions"),
            class_="headline",
        ),
        _error(status),
        _by_hand(status),
        None if over else moves,
        _figures(status, now),
        id="head",
        data_state=status.state,
        data_over=over,
        data_written=status.metrics["chunks_processed"],
    )


def _sentence(status: DocumentStatus) -> str:
    if status.state == "complete":
        spent = sum(value for value in status.durations.values() if value)
        return f"It is in the graph, after {figures_in_words.seconds(spent)} of work." if spent else "It is in the graph."
    if status.state == "partial":
        return "It is in the graph, but not all of it."
    return "" if status.error and status.state == "failed" else status.detail


def _error(status: DocumentStatus) -> Child:
    error = status.error
    if error is None or status.state == "complete":
        return None
    where = figures_in_words.STAGES.get(str(error["stage"]), "").lower()
    return tag(
        "div",
        tag("p", tag("b", error["type"]), f" in {where}. " if where else ". ", error["message"]),
        tag("p", figures_in_words.with_commands(error["hint"])) if error["hint"] else None,
        class_="problem lesser" if status.state == "partial" else "problem",
    )


def _by_hand(status: DocumentStatus) -> Child:
    """Shows the last run that a person started in Dagster, which the document's state does not cover."""
    run = status.by_hand
    if run is None:
        return None
    at = tag("a", "its run", href=dagster(f"/runs/{run.run}"), target="_blank", rel="noopener")
    why = f" {run.detail}" if run.detail and run.state != "done" else ""
    return tag(
        "p", f"Started in Dagster {run.sentence[0].lower()}{run.sentence[1:]}.{why} See ", at, ".", class_="aside", id="by-hand"
    )


def _figures(status: DocumentStatus, now: datetime) -> Markup:
    figures = status.metrics
    written, total = figures["chunks_processed"], figures["chunks_total"]
    whole = total == written or (total is None and not written)
    chunks = (
        figures_in_words.number(total) if whole else f"{figures_in_words.number(written)} of {figures_in_words.number(total)}"
    )
    failed = figures["chunks_failed"]
    shown_figures = [
        ("Entities", figures_in_words.number(figures["entities_extracted"])),
        ("Facts", figures_in_words.number(figures["relations_extracted"])),
        ("Chunks", chunks + (f", {failed:,} failed" if failed else "")),
        ("Pages", figures_in_words.number(figures["pages"] or None)),
        ("Words", figures_in_words.number(figures["words"])),
        ("Size", figures_in_words.size(int(figures["file_size_bytes"] or 0))),
        ("Cost", figures_in_words.dollars(figures["cost_usd"])),
        *([("Tokens", figures_in_words.number(figures["claude_tokens_used"]))] if figures["claude_tokens_used"] else []),
        *([("Calls", figures_in_words.number(figures["claude_api_calls"]))] if figures["claude_api_calls"] else []),
        *([("Failed tries", figures_in_words.number(status.attempts))] if status.attempts else []),
        ("Accepted", figures_in_words.ago(status.accepted_at, now)),
        *([("Dated", f"{status.document_date:%Y-%m-%d} ({status.document_date_from})")] if status.document_date else []),
        ("Version", (status.version or "none")[:12]),
    ]
    return tag("dl", *(tag("div", tag("dt", name), tag("dd", value)) for name, value in shown_figures), class_="figures")


def _checks(found: list[CheckRecord]) -> Markup:
    if not found:
        return _section("checks", "Checks", tag("p", "None have been made yet.", class_="aside"))
    failed = [check for check in found if not check.passed]
    rows = (
        tag(
            "tr",
            tag(
                "th",
                tag("span", check.name.replace("_", " "), class_=f"dot {'passed' if check.passed else 'failed'}"),
                scope="row",
            ),
            tag("td", "passed" if check.passed else tag("b", "FAILED" + (", and stopped it" if check.blocking else ""))),
            tag("td", check.description),
        )
        for check in sorted(found, key=lambda check: check.passed)
    )
    heads = tag("thead", tag("tr", *(tag("th", name, scope="col") for name in ("Check", "Outcome", "What was found"))))
    summary = f"{len(failed)} of {figures_in_words.many(len(found), 'check')} failed" if failed else f"All {len(found)} passed"
    listed = tag("details", tag("summary", summary), tag("table", heads, tag("tbody", *rows)), open=bool(failed))
    return _section("checks", "Checks", listed)


def _log(name: str, cursor: int, *, followed: bool) -> Markup:
    stage_choices = [tag("option", word, value=name) for name, word in (("", "every stage"), *figures_in_words.STAGES.items())]
    levels = [tag("option", level, value=str(at)) for at, level in enumerate(("debug", "info", "warning", "error"))]
    levels[1] = tag("option", "info", value="1", selected=True)
    choices = tag(
        "form",
        tag("label", "Stage ", tag("select", *stage_choices, name="stage")),
        tag("label", "Least level ", tag("select", *levels, name="level")),
        tag("label", "With ", tag("input", type="search", name="text")),
        tag("span", id="lines", class_="aside"),
        tag("button", "Earlier lines", type="button", id="earlier", class_="quiet", hidden=not cursor),
        class_="filters",
        id="log-filter",
    )
    lines = tag(
        "ol",
        id="log",
        tabindex="0",
        aria_labelledby="log-title",
        data_stream=f"/api/upload/{name}/stream?cursor={cursor}",
        data_logs=f"/api/upload/{name}/logs",
        data_cursor=cursor,
    )
    title = tag("summary", tag("h2", "Log", id="log-title"))
    return tag("section", tag("details", title, choices, lines, open=followed), class_="log")


def _section(part: str, title: str, *content: Child) -> Markup:
    return tag("section", tag("h2", title), join(*content), id=part)
