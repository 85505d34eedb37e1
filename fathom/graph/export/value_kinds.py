"""Kinds of encoded values, and a table of the properties that a graph has, for formats with typed columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from fathom.graph.export.encoded_records import EncodedNode, EncodedRelationship
from fathom.graphdb.property_values import decode_value

BOOLEAN, INTEGER, FLOAT, STRING = "boolean", "integer", "float", "string"
DATE, TIME, LOCAL_TIME, DATETIME, LOCAL_DATETIME = "date", "time", "localtime", "datetime", "localdatetime"
DURATION, POINT, BYTES, MAP, MIXED = "duration", "point", "bytes", "map", "mixed"
TEMPORAL = frozenset({DATE, TIME, LOCAL_TIME, DATETIME, LOCAL_DATETIME, DURATION})
FLOATS = f"list<{FLOAT}>"

_PLAIN = {bool: BOOLEAN, int: INTEGER, float: FLOAT, str: STRING}
_PACKED = ("$floats32", "$floats64")
ARRAY_DELIMITERS = ";|~^\t\x1f\x1e\x1d"  # for a file of comma-separated values, in order of preference

GroupKinds = dict[str, set[str]]  # by property, the kinds of its values


def kind_of(value: Any) -> str:
    """Returns the kind of an encoded value, `list<…>` for a list of values of a single kind."""
    if kind := _PLAIN.get(type(value)):
        return kind
    if isinstance(value, list):
        return list_kind(map(kind_of, value))
    if not isinstance(value, dict) or len(value) != 1:
        return MAP
    tag = next(iter(value))
    if tag in _PACKED:
        return FLOATS
    return tag[1:] if tag.startswith("$") else MAP


def list_kind(kinds: Iterable[str]) -> str:
    """Returns the kind of a list of values of these kinds; `list<>` if there are none."""
    found = set(kinds)
    return f"list<{found.pop() if len(found) == 1 else MIXED if found else ''}>"


def element_kind(kind: str) -> str | None:
    """Returns the kind of the elements of a list; None for another kind."""
    return kind[5:-1] if kind.startswith("list<") else None


def single_kind(kinds: Iterable[str]) -> str:
    """Returns the kind that holds values of all these kinds: their own, or `mixed`; empty lists are lists of any kind."""
    found = set(kinds)
    if len(found) > 1 and all(kind.startswith("list<") for kind in found):
        found.discard("list<>")
    return found.pop() if len(found) == 1 else MIXED


def text_of(value: Any) -> str:
    """Returns a temporal value, a string or a number that is not finite as text: the content of its tag."""
    return str(next(iter(value.values()))) if isinstance(value, dict) else str(value)


def floats_of(value: Any) -> list[float]:
    """Returns an encoded list of floats as floats."""
    found: list[float] = decode_value(value)
    return found


def floats_text(value: Any, separator: str) -> str:
    """Returns an encoded list of floats as numbers with this separator, which read as the same floats."""
    floats = floats_of(value)
    text = orjson.dumps(floats)[1:-1].decode()
    if "null" not in text:
        return text.replace(",", separator)
    return separator.join(number_text(number) for number in floats)


def number_text(number: float) -> str:
    """Returns a float as Java, Cypher and Python read it, also one that is not finite."""
    return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(repr(number), repr(number))


def json_text(value: Any) -> str:
    """Returns an encoded value as JSON for people: temporal values in lists are strings, packed floats are numbers."""
    return orjson.dumps(_unpacked(value)).decode()


def _unpacked(value: Any) -> Any:
    if isinstance(value, list):
        return [text_of(item) if kind_of(item) in TEMPORAL else _unpacked(item) for item in value]
    return floats_of(value) if kind_of(value) == FLOATS and isinstance(value, dict) else value


@dataclass
class PropertyTable:
    """The properties of the nodes of each set of labels, and of the relationships of each type.

    `delimiters` are those of ARRAY_DELIMITERS that occur in no element of a list of strings and in no label; `longest` is the
    size of the largest record, in bytes of its JSON.
    """

    nodes: dict[tuple[str, ...], GroupKinds] = field(default_factory=lambda: defaultdict(_no_kinds))
    relationships: dict[str, GroupKinds] = field(default_factory=lambda: defaultdict(_no_kinds))
    delimiters: set[str] = field(default_factory=lambda: set(ARRAY_DELIMITERS))
    longest: int = 0

    def add_node(self, node: EncodedNode) -> None:
        """Adds the properties of a node."""
        if node.labels not in self.nodes:
            self.delimiters.difference_update("".join(node.labels))
        self._add(self.nodes[node.labels], node.properties)

    def add_relationship(self, relationship: EncodedRelationship) -> None:
        """Adds the properties of a relationship."""
        self._add(self.relationships[relationship.type], relationship.properties)

    def _add(self, group: GroupKinds, properties: Mapping[str, Any]) -> None:
        for name, value in properties.items():
            kind = kind_of(value)
            group[name].add(kind)
            if kind == f"list<{STRING}>":
                for text in value:
                    self.delimiters.difference_update(text)


def merged_kinds(groups: Iterable[GroupKinds]) -> GroupKinds:
    """Returns the kinds of each property in any of the groups, in the order of the names."""
    found: GroupKinds = _no_kinds()
    for group in groups:
        for name, kinds in group.items():
            found[name] |= kinds
    return dict(sorted(found.items()))


def _no_kinds() -> GroupKinds:
    return defaultdict(set)
