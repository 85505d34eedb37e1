"""`fathom documents`: lists documents with their state; `documents show ID`: shows a document in full."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fathom.cli.command_settings import deployment
from fathom.cli.commands import document_control
from fathom.cli.option_classes import options_from
from fathom.cli.output import AsJson, cell, console, duration, print_result, safe, say, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fathom.operations.document_rows import DocumentRow

group = typer.Typer(
    help="List documents; show, remove, retry, cancel, pause, resume.",
    epilog="Example: fathom documents --collection samples",
    invoke_without_command=True,
)


class TableFormat(StrEnum):
    """File formats of a table of documents."""

    CSV = "csv"
    PARQUET = "parquet"


def add_to(app: typer.Typer) -> None:
    """Adds the group to the application."""
    document_control.add_to(group)
    app.add_typer(group, name="documents")


@dataclass(frozen=True)
class DocumentsOptions:
    """The documents to list, and the form of the list."""

    collection: Annotated[str | None, typer.Option("--collection", "-c", help="Only of this collection.")] = None
    state: Annotated[list[str] | None, typer.Option("--state", help="Only in this state; may be repeated.")] = None
    limit: Annotated[int | None, typer.Option("--limit", min=1, max=10000, help="Rows at most; 500, of a file all.")] = None
    after: Annotated[str | None, typer.Option("--after", help="Start after this id (the end of the page before).")] = None
    as_json: AsJson = False
    form: Annotated[TableFormat | None, typer.Option("--format", help="All that match as a table in this format.")] = None
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file of --format; default: stdout.")] = None

    def require_consistent(self) -> None:
        """Raises UsageWrong for an unknown state, or for a file without a format."""
        from fathom.errors import UsageWrong
        from fathom.uploads.upload import UploadState

        wrong = [name for name in self.state or [] if name not in list(UploadState)]
        if wrong:
            raise UsageWrong(f"There is no state {', '.join(wrong)}.", hint=f"They are: {', '.join(UploadState)}.")
        if self.output and not self.form:
            raise UsageWrong("--output needs --format csv or parquet.")


@group.callback(epilog="Example: fathom documents --collection samples --state failed")
@options_from(DocumentsOptions)
def documents(context: typer.Context, options: DocumentsOptions) -> int:
    """List documents with state, chunks, episodes, entities, facts, checks, cost, seconds and age."""
    if context.invoked_subcommand:
        context.obj = {"json": options.as_json}
        return 0
    from fathom.operations.document_frames import each_document
    from fathom.operations.document_rows import PAGE, list_documents

    options.require_consistent()
    collection, limit = options.collection, options.limit
    if options.form:
        rows = each_document(deployment(), collection=collection, states=options.state, limit=limit)
        return _write_table(rows, options.form, options.output)
    states = options.state or None
    listing = list_documents(deployment(), collection=collection, states=states, after=options.after, limit=limit or PAGE)
    print_result(listing, options.as_json, lambda: print_rows(listing.documents))
    if not listing.documents:
        say("No documents.")
    if listing.next:
        say(f"There are more: --after '{listing.next}'")
    return 0


@group.command("show", epilog="Example: fathom documents show samples/budget.xlsx")
def show(
    context: typer.Context,
    document: Annotated[str, typer.Argument(metavar="ID", help="The document's id: collection/path.")],
    as_json: AsJson = False,
) -> int:
    """Show a document: its state and figures, every check, and the metadata that Dagster recorded of each stage."""
    from fathom.ledger.episode import DocumentSummary
    from fathom.operations.document_rows import require_document, row_of, rows
    from fathom.orchestration.materializations import records_of
    from fathom.settings import settings

    deployment()
    upload = require_document(settings(), document)
    record = records_of(settings(), {upload.document: upload.run_id})[upload.document]
    row = rows(settings(), [upload])[0] if record else row_of(upload, record, DocumentSummary(document))
    page = f"http://127.0.0.1:{settings().dagster_port}"
    result: dict[str, Any] = {
        **row.model_dump(),
        "checks": list(record.checks.values()),
        "stages": record.figures,
        "dagster": f"{page}/runs/{row.run}" if row.run else page,
    }
    print_result(result, as_json or bool((context.obj or {}).get("json")), lambda: _print_one(row, result))
    return 0


def print_rows(rows: Sequence[DocumentRow]) -> None:
    """Prints documents as a table."""
    columns = ("document", "state", "chunks>", "episodes>", "entities>", "facts>", "checks>", "cost $>", "seconds>", "age>")
    by_hand = any(row.by_hand for row in rows)
    table(
        (*columns, "started in Dagster") if by_hand else columns,
        (
            (
                row.id,
                row.state + (f" ({row.reason})" if row.reason else "") + (", no partition in Dagster" * row.no_partition),
                row.chunks,
                _of(row.episodes_written, row.episodes_failed),
                row.entities,
                row.facts,
                _of(row.checks_passed, row.checks_failed),
                row.cost_usd,
                row.seconds,
                duration(row.age_s),
                *([row.by_hand.sentence if row.by_hand else ""] if by_hand else []),
            )
            for row in rows
        ),
    )


def print_summary(rows: Sequence[DocumentRow]) -> None:
    """Prints documents as the table that `up` and `ingest --wait` end with."""
    table(
        ("document", "state", "chunks>", "entities>", "facts>", "checks>", "seconds>"),
        (
            (row.id, row.state, row.chunks, row.entities, row.facts, _of(row.checks_passed, row.checks_failed), row.seconds)
            for row in rows
        ),
    )


def _write_table(rows: Iterable[DocumentRow], form: TableFormat, output: Path | None) -> int:
    """Writes the rows to the file, there whole or not at all, or to stdout. Raises StoreFailed, UsageWrong."""
    from fathom.errors import StoreFailed, UsageWrong
    from fathom.operations.document_frames import frame_of, write_frame

    if output is None:
        if form is TableFormat.PARQUET and sys.stdout.isatty():
            raise UsageWrong("Parquet is no text for a terminal.", hint="Name a file with --output, or pipe it.")
        write_frame(frame_of(rows), form.value, sys.stdout.buffer)
        return 0
    frame, half = frame_of(rows), output.with_name(f".{output.name}.half")
    try:
        with half.open("wb") as stream:
            write_frame(frame, form.value, stream)
        half.replace(output)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise StoreFailed(f"{output} cannot be written: {error.strerror}.") from error
    say(f"{len(frame)} documents are in {output}.")
    return 0


def _print_one(row: DocumentRow, result: dict[str, Any]) -> None:
    out = console()
    values = row.model_dump() | {"by_hand": row.by_hand and row.by_hand.sentence, "no_partition": row.no_partition or None}
    for name, value in values.items():
        if value is not None and value != []:
            shown = ", ".join(value) if isinstance(value, list) else cell(value)
            out.print(safe(f"{name:<17} {shown}"), markup=False)
    out.print(f"{'dagster':<17} {result['dagster']}", markup=False)
    out.print()
    table(
        ("check", "of", "", "what was found"),
        ((check.name, check.asset, "passed" if check.passed else "FAILED", check.description) for check in result["checks"]),
    )


def _of(well: int, badly: int) -> str:
    return f"{well}" if not badly else f"{well}, {badly} failed"
