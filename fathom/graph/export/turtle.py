"""Writes a graph as RDF in Turtle.

A node is a resource with its labels as types. A relationship is a triple between two nodes, and a resource of its own with
`rdf:subject`, `rdf:predicate` and `rdf:object`, which has its properties. Lists and values that RDF has no datatype for are
JSON literals.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from fathom.graph.export.encoded_records import RecordSource
from fathom.graph.export.value_kinds import (
    BOOLEAN,
    BYTES,
    DATE,
    DATETIME,
    DURATION,
    FLOAT,
    INTEGER,
    LOCAL_DATETIME,
    LOCAL_TIME,
    STRING,
    TIME,
    json_text,
    kind_of,
    text_of,
)

if TYPE_CHECKING:
    from pyoxigraph import Literal, NamedNode, Triple

_XSD = "http://www.w3.org/2001/XMLSchema#"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
PREFIXES = {
    "node": "urn:fathom:node:",
    "relationship": "urn:fathom:relationship:",
    "label": "urn:fathom:label:",
    "type": "urn:fathom:type:",
    "property": "urn:fathom:property:",
}
_DATATYPES = {
    BOOLEAN: f"{_XSD}boolean",
    INTEGER: f"{_XSD}integer",
    FLOAT: f"{_XSD}double",
    DATE: f"{_XSD}date",
    TIME: f"{_XSD}time",
    LOCAL_TIME: f"{_XSD}time",
    DATETIME: f"{_XSD}dateTime",
    LOCAL_DATETIME: f"{_XSD}dateTime",
    DURATION: f"{_XSD}duration",
    BYTES: f"{_XSD}base64Binary",
}
_JSON = f"{_RDF}JSON"
_NOT_FINITE = {"Infinity": "INF", "-Infinity": "-INF"}


def write_turtle(target: Path, source: RecordSource) -> None:
    """Writes the records to the file, triple after triple."""
    from pyoxigraph import RdfFormat, serialize

    with target.open("wb", 1 << 20) as stream:
        serialize(_triples(source), stream, RdfFormat.TURTLE, prefixes={**PREFIXES, "rdf": _RDF, "xsd": _XSD})


def _triples(source: RecordSource) -> Iterator[Triple]:
    from pyoxigraph import NamedNode, Triple

    kind, subject, predicate, target = (NamedNode(f"{_RDF}{name}") for name in ("type", "subject", "predicate", "object"))
    for node in source.nodes():
        resource = NamedNode(f"{PREFIXES['node']}{quote(node.id, safe='')}")
        for label in node.labels:
            yield Triple(resource, kind, _named("label", label))
        yield from _properties(resource, node.properties)
    for found in source.relationships():
        resource = NamedNode(f"{PREFIXES['relationship']}{quote(found.id, safe='')}")
        start, end = (NamedNode(f"{PREFIXES['node']}{quote(name, safe='')}") for name in (found.source, found.target))
        relation = _named("type", found.type)
        yield Triple(start, relation, end)
        yield Triple(resource, subject, start)
        yield Triple(resource, predicate, relation)
        yield Triple(resource, target, end)
        yield from _properties(resource, found.properties)


def _properties(resource: NamedNode, properties: Mapping[str, Any]) -> Iterable[Triple]:
    from pyoxigraph import Triple

    return (Triple(resource, _named("property", name), _literal(value)) for name, value in properties.items())


def _literal(value: Any) -> Literal:
    from pyoxigraph import Literal

    kind = kind_of(value)
    if kind == STRING:
        return Literal(value)
    datatype = _DATATYPES.get(kind)
    if datatype is None:
        return Literal(json_text(value), datatype=_datatype(_JSON))
    text = text_of(value).partition("[")[0] if kind in (DATETIME, TIME) else text_of(value)
    text = text.lower() if kind == BOOLEAN else _NOT_FINITE.get(text, text)
    return Literal(text, datatype=_datatype(datatype))


@lru_cache(maxsize=4096)
def _named(prefix: str, name: str) -> NamedNode:
    from pyoxigraph import NamedNode

    return NamedNode(f"{PREFIXES[prefix]}{quote(name, safe='')}")


@lru_cache(maxsize=16)
def _datatype(name: str) -> NamedNode:
    from pyoxigraph import NamedNode

    return NamedNode(name)
