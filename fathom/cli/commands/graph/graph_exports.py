"""`fathom graph export`, `exports` and `import`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fathom.cli.command_settings import deployment
from fathom.cli.commands.graph.graph_group import group
from fathom.cli.option_classes import options_from
from fathom.cli.output import AsJson, print_json, print_result, say, table

if TYPE_CHECKING:
    from fathom.graph.content.graph_records import Selection
    from fathom.graph.export.graph_export import FormatName
    from fathom.graph.write.write_report import EpisodeProgress
    from fathom.operations.graph.graph_exports import GraphExport
    from fathom.operations.graph.graph_imports import GraphImport

FormatOption = Annotated[str, typer.Option("--format", help="cypher, json, graphml, parquet, csv or turtle.")]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="File or folder to write; a folder format with .zip is packed. Default: in the home."),
]
TimeOption = Annotated[str | None, typer.Option(metavar="TIME", help="Facts that held then: ISO 8601, UTC unless it says.")]
RecordedOption = Annotated[
    str | None, typer.Option("--recorded-at", metavar="TIME", help="Instead: facts as the graph had them then.")
]


@dataclass(frozen=True)
class ExportOptions:
    """The part of the graph to export."""

    collection: Annotated[str | None, typer.Option(help="Only of this collection.")] = None
    label: Annotated[list[str] | None, typer.Option(help="Only nodes with this label; can be repeated.")] = None
    at: TimeOption = None
    recorded_at: RecordedOption = None
    limit: Annotated[int | None, typer.Option(help="Maximum number of nodes.", min=1)] = None
    no_embeddings: Annotated[bool, typer.Option("--no-embeddings", help="Leave embeddings out.")] = False

    def selection(self) -> Selection:
        """Returns the selection. Raises UsageWrong, UnsafePath."""
        from fathom.errors import UsageWrong
        from fathom.graph.content.graph_records import Selection

        if self.at is not None and self.recorded_at is not None:
            raise UsageWrong("--at and --recorded-at exclude each other.")
        at = self.at or self.recorded_at
        return Selection(
            collection=self.collection,
            labels=tuple(self.label or ()),
            at=_time(at) if at is not None else None,
            basis="recorded" if self.recorded_at is not None else "valid",
            limit=self.limit,
            embeddings=not self.no_embeddings,
        )


@group.command(epilog="Example: fathom graph export --format graphml --collection reports --output reports.graphml")
@options_from(ExportOptions)
def export(options: ExportOptions, format: FormatOption = "json", output: OutputOption = None, as_json: AsJson = False) -> int:
    """Export the graph, or a part of it, in an open format."""
    from fathom.operations.graph.graph_exports import begin_export, export_to, make_export

    settings, selection, name = deployment(), options.selection(), _format(format)
    with ExportLine() as line:
        if output is None:
            made = make_export(settings, begin_export(settings, name, selection), selection, line)
        else:
            made = export_to(settings, name, selection, output, line)
    print_result(made, as_json, lambda: _print(made))
    return 0


@group.command(epilog="Example: fathom graph exports --json")
def exports(as_json: AsJson = False) -> int:
    """List the exports in the home, which are deleted when they expire."""
    from fathom.operations.graph.graph_exports import list_exports

    found = list_exports(deployment())
    if as_json:
        print_json(found)
        return 0
    columns = ("id", "format", "collection", "state", "records>", "bytes>", "expires", "path")
    rows = (
        (
            one.export_id,
            one.format,
            one.collection or "all",
            one.error or one.state,
            one.record_count,
            one.size_bytes,
            one.expires_at,
            one.path,
        )
        for one in found
    )
    table(columns, rows)
    return 0


@group.command(
    "import", epilog="Example: fathom graph import people/ --collection team   (a folder with nodes.csv and edges.csv)"
)
def import_(
    path: Annotated[Path, typer.Argument(help="An export as json, a .json file, nodes.csv with edges.csv, a cognee archive.")],
    collection: Annotated[str, typer.Option(help="The collection to import into.")] = "default",
    as_json: AsJson = False,
) -> int:
    """Import a graph into a collection; embeddings and indexes are made for it, without a language model."""
    from fathom.operations.graph.graph_imports import import_graph

    done = import_graph(deployment(), path, collection, _say_progress)
    print_result(done, as_json, lambda: _print_import(done))
    return 0


class ExportLine:
    """Shows on stderr how many records were read: a redrawn line on a terminal, else a line every million records."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._shown = False

    def __enter__(self) -> ExportLine:
        return self

    def __exit__(self, *_: object) -> None:
        if self._live and self._shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)  # noqa: T201  clears the line

    def __call__(self, nodes: int, relationships: int) -> None:
        """Shows the counts."""
        text = f"{nodes:,} nodes and {relationships:,} relationships read"
        if self._live:
            self._shown = True
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)  # noqa: T201
        elif (nodes + relationships) % 1_000_000 == 0:
            say(text)


def _print(made: GraphExport) -> None:
    rows = [
        ("path", made.path),
        ("nodes", made.nodes),
        ("relationships", made.relationships),
        ("bytes", made.size_bytes),
        ("sha256", made.sha256),
        ("seconds", made.seconds),
        *([("left out", f"{made.left_out} relationships whose nodes are not exported")] if made.left_out else []),
        *([("expires", made.expires_at)] if made.expires_at else []),
    ]
    table(("what", "is"), rows)


def _print_import(done: GraphImport) -> None:
    documents = done.documents[0] if len(done.documents) == 1 else f"{len(done.documents)} documents"
    rows = [
        ("status", done.status),
        ("source in the graph", documents),
        ("nodes in the file", done.nodes),
        ("relationships in the file", done.relationships),
        ("restored as it was", done.as_it_was),
        *([] if done.entities is None else [("entities", done.entities), ("facts", done.facts)]),
        *((f"left out: {reason}", count) for reason, count in done.left_out.items()),
        ("seconds", done.seconds),
    ]
    table(("what", "is"), rows)


def _say_progress(progress: EpisodeProgress) -> None:
    if progress.phase == "written":
        say(f"{progress.done} of {progress.total} passages written")


def _format(name: str) -> FormatName:
    from fathom.errors import UsageWrong
    from fathom.graph.export.graph_export import FORMATS

    found = next((known for known in FORMATS if known == name), None)
    if found is None:
        raise UsageWrong(f"{name!r} is no format of an export.", hint=f"Choose one of {', '.join(FORMATS)}.")
    return found


def _time(text: str) -> datetime:
    from fathom.errors import UsageWrong

    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageWrong(f"{text!r} is no time.", hint="Write it as 2024-05-06 or 2024-05-06T07:08:09Z.") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)
