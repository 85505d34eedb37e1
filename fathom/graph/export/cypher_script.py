"""Writes a graph as a Cypher script that loads with cypher-shell, Neo4j Browser, or statement by statement through a driver.

Constraints and indexes come first; then nodes and relationships, up to MAX_ROWS a statement, each of which is a transaction.
Nodes have a label and an id for the time of loading, by which relationships find them; the last statements remove both. The
server's cache of statements is cleared now and then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fathom.errors import ValueNotWritable
from fathom.graph.export.cypher_values import (
    CellSeparators,
    cell_kind,
    cell_of,
    column_expression,
    free_separators,
    quoted_name,
    quoted_table,
    quoted_text,
)
from fathom.graph.export.encoded_records import EncodedNode, EncodedRelationship, RecordSource
from fathom.graph.export.value_kinds import STRING

MAX_ROWS = 1_000  # a statement
MAX_CHARACTERS = 1_000_000  # a statement of several rows
REMOVED_AT_ONCE = 10_000  # loading labels a statement
_CACHED = 20_000_000  # characters of statements: the server keeps the last thousand, which fills the memory of a small one
_FORGET = "CALL db.clearQueryCaches();\n"
_HELD = 16_000_000  # characters of rows that wait for more of their labels or type
_VARIANTS = 8  # statements in the making for the same labels, where the same property has values of several kinds
LABEL, KEY = "__FathomImport", "__fathom_import_id"
CONSTRAINT = "fathom_import_id"

_Cells = dict[str, str | list[str]]  # by property
_Clauses = Callable[[str], str]  # of the assignments of properties


@dataclass(frozen=True, slots=True)
class CypherRow:
    """A row: its ids, the cell of each property, and the texts of all cells one after another."""

    ids: tuple[str, ...]
    cells: _Cells
    text: str


@dataclass
class CypherBatch:
    """The rows of a statement, and the kind of each column."""

    kinds: dict[str, str] = field(default_factory=dict[str, str])
    rows: list[CypherRow] = field(default_factory=list[CypherRow])
    size: int = 0

    def takes(self, kinds: Mapping[str, str]) -> bool:
        """Returns whether a row of these kinds has no other kind than this in a column."""
        known = self.kinds
        return all(known.get(name, kind) == kind for name, kind in kinds.items())

    def statements(self, clauses: _Clauses) -> Iterator[str]:
        """Yields the statement; several where its values use all characters that could separate them.

        Raises ValueError for a row whose values use all of them.
        """
        separators = free_separators(row.text for row in self.rows)
        if separators is not None:
            yield self._statement(clauses, separators)
        elif len(self.rows) == 1:
            raise ValueError("A value has all characters that could separate values.")
        else:
            half = len(self.rows) // 2
            for rows in (self.rows[:half], self.rows[half:]):
                yield from CypherBatch(self.kinds, rows).statements(clauses)

    def _statement(self, clauses: _Clauses, separators: CellSeparators) -> str:
        missing, element, cell = separators.missing, separators.element, separators.cell
        lines = []
        for row in self.rows:
            found = (row.cells.get(name, missing) for name in self.kinds)
            lines.append(cell.join([*row.ids, *(text if isinstance(text, str) else element.join(text) for text in found)]))
        incomplete = [row.cells for row in self.rows if len(row.cells) < len(self.kinds)]
        first = len(self.rows[0].ids)
        columns = []
        for place, (name, kind) in enumerate(self.kinds.items(), first):
            optional = any(name not in cells for cells in incomplete)
            expression = column_expression(kind, f"row[{place}]", separators, optional=optional)
            columns.append(f"{quoted_name(name)}: {expression}")
        table = quoted_table(separators.row.join(lines), separators)
        rows = f"UNWIND split({table}, {quoted_text(separators.row)}) AS line"
        return f"{rows}\nWITH split(line, {quoted_text(cell)}) AS row\n{clauses(', '.join(columns))};\n"


class CypherBatches:
    """Collects the rows of statements, and writes each statement when it is full."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._waiting: dict[tuple[str, ...], list[CypherBatch]] = {}
        self._clauses: dict[tuple[str, ...], _Clauses] = {}
        self._held = 0
        self._cached = 0

    def add(self, key: tuple[str, ...], clauses: _Clauses, ids: tuple[str, ...], properties: Mapping[str, Any]) -> None:
        """Adds a row to a statement of the key, which has these clauses. Raises KeyError for an unwritable value."""
        kinds: dict[str, str] = {}
        cells: _Cells = {}
        for name, value in properties.items():
            kind = kinds[name] = STRING if type(value) is str else cell_kind(value)
            cells[name] = value if kind == STRING else cell_of(value, kind)
        text = "".join([cell if isinstance(cell, str) else "".join(cell) for cell in cells.values()])
        size = len(text) + len(cells)
        batch = self._batch_for(key, kinds, size)
        self._clauses[key] = clauses
        batch.kinds |= kinds
        batch.rows.append(CypherRow(ids, cells, text))
        batch.size += size
        self._held += size
        if len(batch.rows) >= MAX_ROWS:
            self._flush(key, batch)
        elif self._held > _HELD:
            self._flush(*max(self._all(), key=lambda held: held[1].size))

    def finish(self) -> None:
        """Writes the statements in the making."""
        for key, batch in list(self._all()):
            self._flush(key, batch)

    def _batch_for(self, key: tuple[str, ...], kinds: Mapping[str, str], size: int) -> CypherBatch:
        waiting = self._waiting.setdefault(key, [])
        found = next((batch for batch in waiting if batch.takes(kinds)), None)
        if found is not None and found.size + size > MAX_CHARACTERS:
            self._flush(key, found)
            found = None
        if found is None:
            if len(waiting) >= _VARIANTS:
                self._flush(key, waiting[0])
            found = CypherBatch()
            self._waiting.setdefault(key, []).append(found)
        return found

    def _all(self) -> Iterator[tuple[tuple[str, ...], CypherBatch]]:
        return ((key, batch) for key, waiting in self._waiting.items() for batch in waiting)

    def _flush(self, key: tuple[str, ...], batch: CypherBatch) -> None:
        waiting = self._waiting[key]
        waiting.remove(batch)
        if not waiting:
            del self._waiting[key]
        self._held -= batch.size
        for statement in batch.statements(self._clauses[key]):
            self._write(statement)
            self._cached += len(statement)
        if self._cached > _CACHED:
            self._write(_FORGET)
            self._cached = 0


def write_cypher_script(target: Path, source: RecordSource, schema: Sequence[str]) -> None:
    """Writes the script; `schema` are the statements that create constraints and indexes.

    Raises ValueNotWritable for a value that Cypher has no literal for.
    """
    with target.open("w", 1 << 20, encoding="utf-8", newline="\n") as stream:
        stream.write("// A graph, exported by Fathom. Load it into an empty database: cypher-shell -f FILE\n")
        stream.writelines(f"{statement};\n" for statement in schema)
        key = f"n.{quoted_name(KEY)}"
        unique = f"CREATE CONSTRAINT {CONSTRAINT} IF NOT EXISTS FOR (n:{quoted_name(LABEL)}) REQUIRE {key} IS UNIQUE"
        stream.write(f"{unique};\nCALL db.awaitIndexes(600);\n")
        batches = CypherBatches(stream.write)
        nodes = 0
        for node in source.nodes():
            _add_node(batches, node)
            nodes += 1
        batches.finish()
        for found in source.relationships():
            _add_relationship(batches, found)
        batches.finish()
        remove = f"MATCH (n:{quoted_name(LABEL)}) WITH n LIMIT {REMOVED_AT_ONCE} REMOVE n:{quoted_name(LABEL)}, {key};\n"
        stream.write(remove * -(-nodes // REMOVED_AT_ONCE))
        stream.write(f"DROP CONSTRAINT {CONSTRAINT} IF EXISTS;\n")


def _add_node(batches: CypherBatches, node: EncodedNode) -> None:
    labels = "".join(f":{quoted_name(label)}" for label in (*node.labels, LABEL))

    def create(columns: str) -> str:
        return f"CREATE ({labels} {{{', '.join(filter(None, [f'{quoted_name(KEY)}: row[0]', columns]))}}})"

    try:
        batches.add(("node", *node.labels), create, (node.id,), node.properties)
    except KeyError as error:
        name = f"node {node.properties.get('uuid', node.id)} ({''.join(f':{label}' for label in node.labels)})"
        raise _unwritable(name, node.properties) from error


def _add_relationship(batches: CypherBatches, found: EncodedRelationship) -> None:
    ends = " ".join(
        f"MATCH ({name}:{quoted_name(LABEL)} {{{quoted_name(KEY)}: row[{place}]}})" for place, name in enumerate("ab")
    )

    def create(columns: str) -> str:
        return f"{ends}\nCREATE (a)-[:{quoted_name(found.type)} {{{columns}}}]->(b)"

    try:
        batches.add(("relationship", found.type), create, (found.source, found.target), found.properties)
    except KeyError as error:
        name = f"relationship {found.properties.get('uuid', found.id)} (:{found.type})"
        raise _unwritable(name, found.properties) from error


def _unwritable(record: str, properties: Mapping[str, Any]) -> ValueNotWritable:
    found = [f"{name} ({cell_kind(value)})" for name, value in properties.items() if not _is_writable(value)]
    return ValueNotWritable(
        f"The {record} has a value that Cypher has no literal for: {', '.join(found)}.",
        hint="Export it as json, csv or parquet, or take a collection or label without it.",
    )


def _is_writable(value: Any) -> bool:
    try:
        cell_of(value, cell_kind(value))
    except KeyError:
        return False
    return True
