"""Reads graphs that were made by hand: a folder or ZIP file of nodes.csv and edges.csv, or a JSON file of nodes and edges."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fathom.errors import GraphFileInvalid
from fathom.graph.imports.hand_made_rows import Row, graph_of_rows
from fathom.graph.imports.imported_graph import FileProblems, ImportedGraph

NODES_CSV, EDGES_CSV = "nodes.csv", "edges.csv"
NODE_KEYS, EDGE_KEYS = ("nodes", "entities"), ("edges", "links", "relationships")
MAX_BYTES = 2 << 30  # of a file, unpacked
_DECODER = json.JSONDecoder()


def read_csv_graph(path: Path) -> ImportedGraph:
    """Returns the graph of a folder or a ZIP file with nodes.csv and edges.csv. Raises GraphFileInvalid."""
    problems = FileProblems(path.name)
    files = {name: data for name in (NODES_CSV, EDGES_CSV) if (data := _file_data(path, name)) is not None}
    if NODES_CSV not in files:
        raise GraphFileInvalid(f"{path.name} has no {NODES_CSV}.")
    nodes = list(_csv_rows(NODES_CSV, files[NODES_CSV], problems))
    edges = list(_csv_rows(EDGES_CSV, files[EDGES_CSV], problems)) if EDGES_CSV in files else []
    problems.raise_any()
    graph = graph_of_rows("csv", nodes, edges, problems)
    problems.raise_any()
    return graph


def read_json_graph(path: Path) -> ImportedGraph:
    """Returns the graph of a JSON file with a list of nodes and a list of edges. Raises GraphFileInvalid."""
    problems = FileProblems(path.name)
    text = decoded(path.name, path.read_bytes())
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise GraphFileInvalid(f"{path.name} line {line} is not JSON: {getattr(error, 'msg', error)}.") from error
    keys = [next((key for key in keys if isinstance(found, dict) and key in found), None) for keys in (NODE_KEYS, EDGE_KEYS)]
    if keys[0] is None:
        raise GraphFileInvalid(f'{path.name} line 1: the file is not an object with "nodes" and "edges".')
    nodes, edges = (list(_json_rows(text, found, key, problems)) if key else [] for key in keys)
    problems.raise_any()
    graph = graph_of_rows("json", nodes, edges, problems)
    problems.raise_any()
    return graph


def decoded(name: str, data: bytes) -> str:
    """Returns the text of a file. Raises GraphFileInvalid with the line that is not UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise GraphFileInvalid(f"{name} line {line} is not UTF-8.", hint="Save the file as UTF-8.") from error


def _file_data(path: Path, name: str) -> bytes | None:
    if path.is_dir():
        file = path / name
        return file.read_bytes() if file.is_file() else None
    try:
        with zipfile.ZipFile(path) as archive:
            inside = next((one for one in archive.infolist() if Path(one.filename).name == name), None)
            if inside is None:
                return None
            if inside.file_size > MAX_BYTES:
                raise GraphFileInvalid(f"{path.name}: {name} has more than {MAX_BYTES >> 30} GB.")
            return archive.read(inside)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise GraphFileInvalid(f"{path.name} is a damaged ZIP file: {error}.") from error


def _csv_rows(name: str, data: bytes, problems: FileProblems) -> Iterator[Row]:
    """Yields each row with the line at which it ends."""
    csv.field_size_limit(1 << 30)
    reader = csv.reader(io.StringIO(decoded(name, data), newline=""), strict=True)
    try:
        header = [column.strip().lower() for column in next(reader, [])]
        if len(set(header)) < len(header) or not any(header):
            problems.add(f"{name} line 1", "the header names no columns, or one twice")
            return
        for cells in reader:
            where = f"{name} line {reader.line_num}"
            if not cells:
                continue
            if len(cells) != len(header):
                problems.add(where, f"there are {len(cells)} columns, and {len(header)} in the header")
            else:
                yield where, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        problems.add(f"{name} line {max(1, reader.line_num)}", str(error))


def _json_rows(text: str, found: dict[str, Any], key: str, problems: FileProblems) -> Iterator[Row]:
    """Yields each object of the list with the line at which it begins."""
    items = found[key]
    if not isinstance(items, list):
        problems.add(f'"{key}"', "it is not a list")
        return
    lines = _lines_of_items(text, key, len(items))
    for number, item in enumerate(items):
        where = f"line {lines[number]}, {key}[{number}]" if lines else f"{key}[{number}]"
        if isinstance(item, dict):
            yield where, {str(name).lower(): value for name, value in item.items()}
        else:
            problems.add(where, "it is not an object")


def _lines_of_items(text: str, key: str, count: int) -> list[int]:
    """Returns the line of each item of the list; none where the key is not found at once."""
    begin = re.search(rf'"{key}"\s*:\s*\[', text)
    if begin is None:
        return []
    lines: list[int] = []
    position, line, counted = begin.end(), 1, 0
    for _ in range(count):
        while text[position].isspace() or text[position] == ",":
            position += 1
        line += text.count("\n", counted, position)
        counted = position
        lines.append(line)
        try:
            _, position = _DECODER.raw_decode(text, position)
        except ValueError:  # the key was inside of a string
            return []
    return lines
