"""`fathom watch`: live status of documents; a redrawn table on a terminal, a line for each change elsewhere."""

from __future__ import annotations

import shutil
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fathom.cli.command_settings import deployment
from fathom.cli.output import AsJson, cell, console, duration, print_json, print_text, safe, say

if TYPE_CHECKING:
    from rich.table import Table

    from fathom.operations.document_watch import WatchSnapshot
    from fathom.status.document_status import DocumentStatus

STEP = 10  # percent of progress between two lines
_COLORS = {
    "complete": "green",
    "failed": "red",
    "dead": "red",
    "partial": "yellow",
    "stalled": "yellow",
    "throttled": "yellow",
    "paused": "yellow",
}


def add_to(app: typer.Typer) -> None:
    """Adds the command to the application."""
    app.command("watch", epilog="Example: fathom watch research/report.pdf")(watch)


def watch(
    target: Annotated[
        str | None, typer.Argument(metavar="[ID|COLLECTION]", help="A document or collection; all if none is named.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Show the status of documents until all have ended. With --json a status for each change.

    Exit 0 if all that ended meanwhile are done, 1 if all failed, 5 if some did, 4 if the rest waits for budget.
    """
    from fathom.operations.document_watch import MAX_WATCHED, WatchSnapshot
    from fathom.operations.document_watch import watch as look

    settings = deployment()
    live = sys.stdout.isatty() and not as_json
    rows = max(3, shutil.get_terminal_size().lines - 6)
    printed: dict[str, tuple[Any, ...]] = {}
    seen = WatchSnapshot()
    with _screen(live) as screen:
        for seen in look(settings, target, max_watched=rows if live else MAX_WATCHED):
            if screen is not None:
                screen.update(_table(seen, rows), refresh=True)
                for status in seen.just_ended:
                    screen.console.print(safe(_line(status)), markup=False, highlight=False)
            else:
                for status in (*seen.in_hand, *seen.just_ended):
                    _tell(status, printed, as_json)
        if screen is not None:
            screen.update("")
    if not (seen.done or seen.failed or seen.held):
        say("Nothing is being worked on.")
    else:
        held = f", {seen.held} wait for money" if seen.held else ""
        say(f"{seen.done} done, {len(seen.failed)} failed{held}.")
    return seen.exit_code


def _screen(live: bool) -> Any:
    if not live:
        return nullcontext()
    from rich.live import Live

    return Live(console=console(), auto_refresh=False)


def _tell(status: DocumentStatus, printed: dict[str, tuple[Any, ...]], as_json: bool) -> None:
    now = (status.state, status.stage, status.progress // STEP, status.attempts)
    if printed.get(status.upload_id) == now:
        return
    printed[status.upload_id] = now
    if as_json:
        print_json(status, indent=None)
    else:
        print_text(_line(status))


def _line(status: DocumentStatus) -> str:
    """Returns the status as a line of text."""
    head = f"{status.upload_id}: {status.state}"
    figures = status.metrics
    if status.state == "complete":
        return (
            f"{head}, {cell(figures['chunks_total'])} chunks, {cell(figures['entities_extracted'])} entities, "
            f"{cell(figures['relations_extracted'])} facts"
        )
    if status.state in ("failed", "partial"):
        error = status.error or {}
        hint = f" {error['hint']}" if error.get("hint") else ""
        return f"{head}, {error.get('type', 'unknown')}: {status.detail}{hint}"
    return f"{head}, {status.progress} %, {_doing(status)}"


def _doing(status: DocumentStatus) -> str:
    detail = status.progress_detail
    done = f"{status.stage} {detail.current} of {detail.total} {detail.unit}" if detail else status.detail.rstrip(".")
    left = _left(status)
    return f"{done}, {left} left" if left else done


def _left(status: DocumentStatus) -> str:
    if status.estimated_completion is None or status.estimated_completion_p90 is None:
        return ""
    now = datetime.now(UTC)
    low, high = (
        duration(max(0.0, (at - now).total_seconds())) for at in (status.estimated_completion, status.estimated_completion_p90)
    )
    return low if low == high else f"{low} to {high}"


def _table(seen: WatchSnapshot, rows: int) -> Table:
    from rich.markup import escape
    from rich.progress_bar import ProgressBar
    from rich.table import Table

    waiting = f"{seen.left} in hand" + (f", {seen.left - rows} of them not shown" if seen.left > rows else "")
    table = Table(
        title=f"{waiting}, {seen.done} done, {len(seen.failed)} failed",
        title_justify="left",
        box=None,
        pad_edge=False,
        header_style="bold",
    )
    for name, least in (("document", 12), ("state", 9), ("", 10), ("now", 12)):
        table.add_column(name, overflow="ellipsis", no_wrap=True, min_width=least)
    for name in ("chunks", "entities", "facts", "cost $"):
        table.add_column(name, justify="right", no_wrap=True, min_width=len(name))
    for status in seen.in_hand[:rows]:
        color = _COLORS.get(status.state, "blue" if status.state == "running" else "default")
        figures = status.metrics
        table.add_row(
            escape(cell(status.upload_id)),
            f"[{color}]{status.state}[/]",
            ProgressBar(total=100, completed=status.progress, width=16),
            escape(cell(_doing(status))),
            cell(figures["chunks_total"]),
            cell(figures["entities_extracted"]),
            cell(figures["relations_extracted"]),
            cell(figures["cost_usd"] or None),
        )
    return table
