"""`fathom graph undo`: takes back what a run, an upload or the last version of a document wrote."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from fathom.cli.command_settings import deployment
from fathom.cli.commands.graph.graph_group import group
from fathom.cli.output import AsJson, print_result, say, table

if TYPE_CHECKING:
    from fathom.operations.graph.undo_writes import UndoReport


@group.command(epilog="Example: fathom graph undo --run 0f5c6b1e-7a43-4b0e-9d53-1f1a2b3c4d5e --dry-run")
def undo(
    run: Annotated[str | None, typer.Option(metavar="ID", help="A run of Dagster: all that it wrote.")] = None,
    upload: Annotated[str | None, typer.Option(metavar="BATCH", help="What one upload put in: `ingest` prints its id.")] = None,
    document: Annotated[str | None, typer.Option(metavar="ID", help="A document: its last version.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what it would do, and change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> int:
    """Undo what a run, an upload or the last version of a document wrote; the graph is as if it had not been.

    Documents that were new leave the graph, others have their earlier version again; nothing is extracted anew. What others
    wrote since stays.
    """
    from fathom.errors import Refused
    from fathom.operations.graph.undo_writes import UndoTarget, plan_undos, undo_writes
    from fathom.security.actor import OWNER
    from fathom.security.host_owner import require_owner

    settings = deployment()
    target = UndoTarget(run, upload, document)
    if dry_run:
        return _print(plan_undos(settings, target), as_json)
    require_owner(settings)
    if not yes:
        plan = plan_undos(settings, target)
        _show(plan)
        if not (sys.stdin.isatty() and typer.confirm(f"Undo this for {_documents(len(plan.documents))}?", err=True)):
            raise Refused("Nothing was undone: nobody confirmed it.", hint="Confirm it with --yes; see it with --dry-run.")
    return _print(undo_writes(settings, target, by=OWNER, on_document=_say_progress), as_json)


def _print(report: UndoReport, as_json: bool) -> int:
    print_result(report, as_json, lambda: _show(report))
    for one in report.refused:
        say(f"{one.document} was left as it is: {one.why}")
    if not report.dry_run:
        undone = sum(one.state == "undone" for one in report.documents)
        say(f"Undone for {_documents(undone)}, with {report.model_calls} calls of the language model.")
    return 5 if report.refused else 0


def _show(report: UndoReport) -> None:
    rows = (
        (
            one.document,
            one.state,
            one.why or (f"version {one.version[:12]} again" if one.version else "leaves the graph"),
            one.episodes_removed,
            one.episodes_brought_back,
            one.episodes_missing,
        )
        for one in report.documents
    )
    table(("document", "state", "afterwards", "episodes out>", "back>", "lost>"), rows)


def _say_progress(number: int, total: int, document: str) -> None:
    if total > 1:
        say(f"{number} of {total}: {document}")


def _documents(count: int) -> str:
    return f"{count} document{'s' * (count != 1)}"
