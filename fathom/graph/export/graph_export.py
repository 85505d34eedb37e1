"""Exports a selection of the graph to a file or a folder, as a stream: memory does not grow with the graph."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from fathom.graph.content.graph_records import Selection
from fathom.graph.content.record_reader import RecordReader
from fathom.graph.export.admin_csv import write_admin_csv
from fathom.graph.export.cypher_script import write_cypher_script
from fathom.graph.export.encoded_records import GraphSource, ProgressOfExport
from fathom.graph.export.export_spool import ExportSpool
from fathom.graph.export.graphml import write_graphml
from fathom.graph.export.json_lines import write_json_lines
from fathom.graph.export.output_place import OutputPlace, output_place
from fathom.graph.export.schema_statements import schema_statements
from fathom.graph.export.turtle import write_turtle
from fathom.graphdb.connection import GraphConnection

FormatName = Literal["cypher", "json", "graphml", "parquet", "csv", "turtle"]
ZIP = ".zip"


@dataclass(frozen=True)
class ExportFormat:
    """A format: the suffix of its file, its media type, and whether it is a folder (or a ZIP file of one)."""

    suffix: str
    media_type: str
    folder: bool = False


FORMATS: Mapping[FormatName, ExportFormat] = {
    "cypher": ExportFormat(".cypher", "text/plain; charset=utf-8"),
    "json": ExportFormat(".jsonl", "application/x-ndjson"),
    "graphml": ExportFormat(".graphml", "application/graphml+xml"),
    "parquet": ExportFormat("", "application/zip", folder=True),
    "csv": ExportFormat("", "application/zip", folder=True),
    "turtle": ExportFormat(".ttl", "text/turtle"),
}


@dataclass(frozen=True)
class ExportedGraph:
    """A finished export; for a folder, `sha256` is that of the list of its files as `sha256sum *` prints it."""

    path: str
    format: FormatName
    size_bytes: int
    nodes: int
    relationships: int
    left_out: int  # relationships whose nodes are not among those exported
    sha256: str
    filters: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def record_count(self) -> int:
        """Nodes and relationships."""
        return self.nodes + self.relationships


def _silent(nodes: int, relationships: int) -> None:
    pass


def export_graph(
    connection: GraphConnection,
    selection: Selection,
    name: FormatName,
    target: Path,
    progress: ProgressOfExport = _silent,
) -> ExportedGraph:
    """Exports the selection; the target appears when it is complete, or not at all.

    A folder format is packed into a ZIP file if the target's name ends in `.zip`. Raises GraphUnreachable, StoreFull,
    UsageWrong for an unusable target, ValueNotWritable for a value that the format cannot hold.
    """
    with output_place(target) as place:
        source = GraphSource(RecordReader(connection, selection), progress, packed=name in _SPOOLED)
        if name in _SPOOLED:
            spool = ExportSpool(place.scratch)
            spool.fill(source)
            _SPOOLED[name](place.made, spool, connection)
        elif name == "json":
            write_json_lines(place.made, source, _about(connection, selection))
        elif name == "cypher":
            write_cypher_script(place.made, source, schema_statements(connection))
        else:
            write_turtle(place.made, source)
        if FORMATS[name].folder and target.suffix == ZIP:
            place.pack()
        size, digest = _size_and_digest(place)
        place.publish()
    return ExportedGraph(
        str(target.absolute()),
        name,
        size,
        source.node_count,
        source.relationship_count,
        source.left_out,
        digest,
        filters_of(selection),
    )


def filters_of(selection: Selection) -> dict[str, Any]:
    """Returns the selection as JSON."""
    found = asdict(selection)
    return {**found, "labels": list(selection.labels), "at": selection.at.isoformat() if selection.at else None}


def _about(connection: GraphConnection, selection: Selection) -> dict[str, Any]:
    """Returns the header of an export as JSON lines."""
    server = "embedded" if connection.address.embedded else "neo4j"
    made = datetime.now(UTC).isoformat(timespec="seconds")
    return {"fathom": version("fathom"), "server": server, "created_at": made, "filters": filters_of(selection)}


def _write_parquet(target: Path, spool: ExportSpool, connection: GraphConnection) -> None:
    from fathom.graph.export.parquet_tables import write_parquet  # imports pandas, which the other formats do without

    write_parquet(target, spool)


_SpooledWriter = Callable[[Path, ExportSpool, GraphConnection], None]
_SPOOLED: Mapping[FormatName, _SpooledWriter] = {
    "graphml": lambda target, spool, connection: write_graphml(target, spool),
    "csv": lambda target, spool, connection: write_admin_csv(target, spool, schema_statements(connection)),
    "parquet": _write_parquet,
}


def _size_and_digest(place: OutputPlace) -> tuple[int, str]:
    """Returns the size of the export before it is published, in bytes, and its SHA-256."""
    if place.made.is_file():
        return place.made.stat().st_size, _sha256(place.made)
    files = sorted(place.made.iterdir())
    listed = "".join(f"{_sha256(file)}  {file.name}\n" for file in files)
    return sum(file.stat().st_size for file in files), hashlib.sha256(listed.encode()).hexdigest()


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
