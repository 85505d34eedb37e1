"""Writes a graph as CSV files with the headers of `neo4j-admin database import`, a file for each set of labels and each type.

Where values of a property have several kinds, their records are in several files, since a column has a single kind. Text is
always in quotes, so that an empty text differs from none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from fathom.errors import ValueNotWritable
from fathom.graph.export.encoded_records import EncodedNode, EncodedRecord, EncodedRelationship
from fathom.graph.export.export_spool import ExportSpool
from fathom.graph.export.value_kinds import (
    ARRAY_DELIMITERS,
    BOOLEAN,
    BYTES,
    DATE,
    DATETIME,
    DURATION,
    FLOAT,
    FLOATS,
    INTEGER,
    LOCAL_DATETIME,
    LOCAL_TIME,
    POINT,
    STRING,
    TEMPORAL,
    TIME,
    GroupKinds,
    element_kind,
    floats_text,
    kind_of,
    number_text,
    text_of,
)
from fathom.graphdb.property_values import decode_value

SCHEMA, README = "schema.cypher", "README.txt"
_MAX_OPEN = 200  # files
_BUFFER = 1 << 16
_DEFAULT_FIELD_MB = 4  # neo4j-admin's limit of a field
_TYPES = {
    BOOLEAN: "boolean",
    INTEGER: "long",
    FLOAT: "double",
    STRING: "string",
    DATE: "date",
    TIME: "time",
    LOCAL_TIME: "localtime",
    DATETIME: "datetime",
    LOCAL_DATETIME: "localdatetime",
    DURATION: "duration",
    POINT: "point",
    BYTES: "byte[]",
}
_Row = list[str]


@dataclass(frozen=True)
class CsvColumns:
    """The properties of a file in the order of its columns, each with its kind."""

    kinds: Mapping[str, str]

    def header(self, own: Sequence[str]) -> str:
        """Returns the header line; `own` are the columns before the properties."""
        return ",".join([*own, *(_quoted(f"{name}:{_type(kind)}") for name, kind in self.kinds.items())])


class CsvFolder:
    """The files of an export, opened when first written to."""

    def __init__(self, folder: Path, spool: ExportSpool, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._columns: dict[tuple[str, ...], CsvColumns] = {}
        self._files: dict[tuple[str, ...], Path] = {}
        self._open: dict[tuple[str, ...], TextIO] = {}
        self._delimiter = _delimiter(spool)

    def write(self, record: EncodedRecord, group: GroupKinds) -> None:
        """Writes the record to the file of its labels or type, and of the kinds of its values; `group` has all kinds."""
        kinds = {name: kind_of(value) for name, value in record.properties.items()}
        mixed = [f"{name}\0{kinds.get(name, '')}" for name, found in group.items() if len(found) > 1]
        names = ("node", *record.labels) if isinstance(record, EncodedNode) else ("relationship", record.type)
        file = (*names, *mixed)
        if file not in self._columns:
            single = {name: next(iter(found)) for name, found in sorted(group.items()) if len(found) == 1}
            self._begin(file, record, CsvColumns({**single, **{name: kinds[name] for name in kinds if name not in single}}))
        row = [*self._own(record), *self._values(record, self._columns[file].kinds)]
        self._stream(file).write(",".join(row) + "\n")

    def paths(self, kind: str) -> Iterator[str]:
        """Yields the names of the files of nodes or relationships."""
        return (path.name for file, path in self._files.items() if file[0] == kind)

    def _begin(self, file: tuple[str, ...], record: EncodedRecord, columns: CsvColumns) -> None:
        kind = file[0]
        named = "_".join(record.labels) if isinstance(record, EncodedNode) else record.type
        safe = re.sub(r"[^A-Za-z0-9_]+", "-", named)[:60]
        self._columns[file] = columns
        self._files[file] = self._folder / f"{kind}s_{len(self._files) + 1:03d}_{safe}.csv"
        own = [":ID", ":LABEL"] if kind == "node" else [":START_ID", ":END_ID", ":TYPE"]
        self._stream(file).write(columns.header(own) + "\n")

    def _stream(self, file: tuple[str, ...]) -> TextIO:
        stream = self._open.pop(file, None)
        if stream is None:
            if len(self._open) >= _MAX_OPEN:
                self._open.pop(next(iter(self._open))).close()
            stream = self._stack.enter_context(self._files[file].open("a", _BUFFER, encoding="utf-8", newline=""))
        self._open[file] = stream  # the last to be closed
        return stream

    def _own(self, record: EncodedRecord) -> _Row:
        if isinstance(record, EncodedNode):
            return [_quoted(record.id), _quoted(self._delimiter.join(record.labels)) if record.labels else ""]
        return [_quoted(record.source), _quoted(record.target), _quoted(record.type)]

    def _values(self, record: EncodedRecord, kinds: Mapping[str, str]) -> Iterator[str]:
        for name, kind in kinds.items():
            value = record.properties.get(name)
            try:
                yield "" if value is None else _field(value, kind, self._delimiter)
            except (KeyError, ValueError) as error:
                raise ValueNotWritable(f"{_called(record)} has {kind} as {name}, which neo4j-admin does not read.") from error


def write_admin_csv(folder: Path, source: ExportSpool, schema: Sequence[str]) -> None:
    """Writes the files, the statements of `schema`, and a README with the command that imports them.

    Raises ValueNotWritable for a value that neo4j-admin cannot read.
    """
    folder.mkdir()
    table = source.table
    with ExitStack() as stack:
        files = CsvFolder(folder, source, stack)
        for node in source.nodes():
            files.write(node, table.nodes[node.labels])
        for found in source.relationships():
            files.write(found, table.relationships[found.type])
    (folder / SCHEMA).write_text("".join(f"{statement};\n" for statement in schema), encoding="utf-8")
    options = [
        "--multiline-fields=true",
        f"--array-delimiter={_option(_delimiter(source))}",
        f"--read-buffer-size={max(_DEFAULT_FIELD_MB, source.table.longest // (1 << 20) + 1)}m",
        *(f"--nodes={name}" for name in files.paths("node")),
        *(f"--relationships={name}" for name in files.paths("relationship")),
    ]
    (folder / README).write_text(_README.format(command=" \\\n    ".join(options), schema=SCHEMA), encoding="utf-8")


_README = """A graph, exported by Fathom for neo4j-admin. Import it into a database that does not exist yet, on the host of a
stopped server (Community) or for a new database (Enterprise), from this folder:

neo4j-admin database import full neo4j \\
    {command}

Then start the server and create the constraints and indexes:

cypher-shell -f {schema}
"""


def _field(value: Any, kind: str, delimiter: str) -> str:
    """Returns the value as a field. Raises KeyError for a kind without a type, ValueError for one without a delimiter."""
    if kind == STRING:
        return _quoted(value)
    if kind == FLOATS:
        return floats_text(value, delimiter) or '""'
    if kind == BYTES:
        signed = (byte - 256 if byte > 127 else byte for byte in decode_value(value))
        return delimiter.join(map(str, signed)) or '""'
    element = element_kind(kind)
    if element is None:
        return _scalar(value, kind)
    if not value:
        return '""'
    if not delimiter or (element == STRING and value == [""]):
        raise ValueError(kind)
    return _quoted(delimiter.join(_bare(item, element) for item in value))


def _scalar(value: Any, kind: str) -> str:
    if kind == POINT:
        return _quoted(_bare(value, kind))
    return _bare(value, kind)


def _bare(value: Any, kind: str) -> str:
    if kind == BOOLEAN:
        return "true" if value else "false"
    if kind == FLOAT:
        return text_of(value)
    if kind == POINT:
        point = value["$point"]
        coordinates = ", ".join(
            f"{axis}: {number_text(number)}" for axis, number in zip("xyz", point["coordinates"], strict=False)
        )
        return f"{{srid: {point['srid']}, {coordinates}}}"
    if kind in TEMPORAL or kind in (INTEGER, STRING):
        return text_of(value)
    raise KeyError(kind)


def _type(kind: str) -> str:
    """Returns the type of a column; of an empty list, which has no kind, text."""
    element = element_kind(kind)
    if element is None:
        return _TYPES.get(kind, "string")
    return f"{_TYPES.get(element, 'string')}[]"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _delimiter(spool: ExportSpool) -> str:
    """Returns a delimiter that is in no value; empty where each is in some."""
    return next((sign for sign in ARRAY_DELIMITERS if sign in spool.table.delimiters), "")


def _option(sign: str) -> str:
    """Returns a delimiter as the value of an option of a shell's command."""
    if sign.isprintable() and sign:
        return f"'{sign}'"
    return "TAB" if sign == "\t" else f"'U+{ord(sign):04X}'" if sign else "';'"


def _called(record: EncodedRecord) -> str:
    identity = record.properties.get("uuid", record.id)
    if isinstance(record, EncodedRelationship):
        return f"The relationship {identity} (:{record.type})"
    return f"The node {identity} ({''.join(f':{label}' for label in record.labels)})"
