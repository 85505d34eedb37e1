"""Values as cells of a table in a Cypher string, and the expressions that make properties of the cells.

The server needs many seconds to parse a statement with thousands of literals, and milliseconds for a single string of the same
size. So the rows of a statement are a table in a string, which Cypher's `split` takes apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fathom.graph.export.value_kinds import (
    BOOLEAN,
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
    TIME,
    element_kind,
    floats_text,
    kind_of,
    text_of,
)

# The first of those that no value of a statement has are its separators; tab and line feed make it readable.
_SEPARATORS = "\t\n\u241f\u241e\u241d\u241c\u00a6\u2016\u29f8\x1f\x1e\x1d\x1c\ue000\ue001\ue002\ue003\ue004\ue005"
_FUNCTIONS = {
    BOOLEAN: "toBoolean",
    INTEGER: "toInteger",
    FLOAT: "toFloat",
    DATE: "date",
    TIME: "time",
    LOCAL_TIME: "localtime",
    DATETIME: "datetime",
    LOCAL_DATETIME: "localdatetime",
    DURATION: "duration",
}
_EMPTY_LIST = "list<>"
_ESCAPES = {"\\": "\\\\", "'": "\\'", "\r": "\\r", "\0": "\\u0000"}
_IN_LINE = str.maketrans({**_ESCAPES, "\n": "\\n", "\t": "\\t"})
_OF_TABLE = str.maketrans(_ESCAPES)


@dataclass(frozen=True)
class CellSeparators:
    """The characters that separate the elements of lists, cells and rows, and the cell of a missing value."""

    cell: str
    row: str
    element: str
    missing: str


def quoted_name(name: str) -> str:
    """Returns a label, type or property as a name in backticks."""
    return "`" + name.replace("`", "``") + "`"


def quoted_text(text: str) -> str:
    """Returns the text as a string literal in a line."""
    return f"'{text.translate(_IN_LINE)}'"


def cell_kind(value: Any) -> str:
    """Returns the kind of an encoded value as it matters for a column: points of a plane differ from those in space."""
    kind = kind_of(value)
    return f"{kind}{len(value['$point']['coordinates'])}" if kind == POINT else kind


def cell_of(value: Any, kind: str) -> str | list[str]:
    """Returns the encoded value as text, or as texts of its elements. Raises KeyError for a kind that cannot be written."""
    if kind == STRING:
        return str(value)
    if kind == BOOLEAN:
        return "true" if value else "false"
    if kind.startswith(POINT):
        point = value["$point"]
        return " ".join([str(point["srid"]), *map(repr, point["coordinates"])])
    if kind == FLOATS:
        return floats_text(value, " ")
    element = element_kind(kind)
    if element is None:
        _FUNCTIONS[kind]
        return text_of(value)
    if kind == _EMPTY_LIST:
        return "[]"
    if element != STRING:
        _FUNCTIONS[element]
    return [str(cell_of(item, element)) for item in value]


def column_expression(kind: str, cell: str, separators: CellSeparators, *, optional: bool) -> str:
    """Returns the expression of a property's value; `cell` is that of its text, which may be missing if `optional`."""
    found = _present(kind, cell, separators)
    return f"CASE {cell} WHEN {quoted_text(separators.missing)} THEN null ELSE {found} END" if optional else found


def free_separators(cells: Iterable[str]) -> CellSeparators | None:
    """Returns separators that are in none of the texts; None where too few are left."""
    text = "".join(cells)
    free = [sign for sign in _SEPARATORS if sign not in text]
    return CellSeparators(*free[:4]) if len(free) >= 4 else None


def quoted_table(text: str, separators: CellSeparators) -> str:
    """Returns a table as a string literal over several lines, if line feeds separate its rows."""
    return f"'{text.translate(_OF_TABLE)}'" if "\n" in vars(separators).values() else quoted_text(text)


def _present(kind: str, cell: str, separators: CellSeparators) -> str:
    if kind == STRING:
        return cell
    if kind == FLOATS:
        return f"[x IN split({cell}, ' ') | toFloat(x)]"
    if kind == _EMPTY_LIST:
        return "[]"
    if kind.startswith(POINT):
        axes = ", ".join(f"{axis}: toFloat(p[{place}])" for place, axis in enumerate("xyz"[: int(kind[-1])], 1))
        return f"[p IN [split({cell}, ' ')] | point({{srid: toInteger(p[0]), {axes}}})][0]"
    element = element_kind(kind)
    if element is None:
        return f"{_FUNCTIONS[kind]}({cell})"
    texts = f"split({cell}, {quoted_text(separators.element)})"
    return texts if element == STRING else f"[x IN {texts} | {_FUNCTIONS[element]}(x)]"
