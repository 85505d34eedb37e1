"""Recognizes the form of a file with a graph, and reads it."""

from __future__ import annotations

import zipfile
from pathlib import Path

from fathom.errors import GraphFileInvalid, UsageWrong
from fathom.graph.imports.cognee_archive import is_cognee_archive, read_cognee_archive
from fathom.graph.imports.exported_lines import ExportedLines, is_export, read_export
from fathom.graph.imports.hand_made_files import EDGES_CSV, NODES_CSV, read_csv_graph, read_json_graph
from fathom.graph.imports.imported_graph import ImportedGraph

_FORMS = "an export of Fathom as JSON lines, a JSON file, a folder or ZIP file with nodes.csv and edges.csv, a cognee archive"


def read_graph_file(path: Path) -> ImportedGraph | ExportedLines:
    """Returns the graph in the file or folder. Raises UsageWrong if there is none, GraphFileInvalid."""
    if not path.exists():
        raise UsageWrong(f"{path} does not exist.")
    try:
        if path.name in (NODES_CSV, EDGES_CSV):
            return read_csv_graph(path.parent)
        if is_cognee_archive(path):
            return read_cognee_archive(path)
        if path.is_dir() or zipfile.is_zipfile(path):
            return read_csv_graph(path)
        if is_export(path):
            return read_export(path)
        if path.suffix.lower() == ".json":
            return read_json_graph(path)
    except OSError as error:
        raise GraphFileInvalid(f"{path} cannot be read: {error.strerror or error}.") from error
    raise GraphFileInvalid(f"{path.name} has no form of a graph that is known: {_FORMS}.")
