"""Random graphs of a collection: values of all types, custom labels and types, parallel relationships, self-loops."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from neo4j.spatial import WGS84Point
from neo4j.time import Date, DateTime, Duration, Time

from fathom.graph.content.graph_records import NodeRecord, RelationshipRecord
from fathom.graph.content.record_writer import RecordWriter
from fathom.graphdb.connection import GraphConnection

RandomGraph = tuple[list[NodeRecord], list[RelationshipRecord]]
_LETTERS = "abcdeé ß\u202e\u200b😀漢'\"\\`\n\t;$\0"
_LABELS = ("Entity", "Episodic", "Person", "Odd label", "Ünïcode", "Ba`ck")
_TYPES = ("RELATES_TO", "MENTIONS", "KNOWS", "odd type", "Lié_à")


def random_graph(
    seed: int, collection: str, nodes: int = 12, edges: int = 25
) -> tuple[list[NodeRecord], list[RelationshipRecord]]:
    """Returns the records of a graph; half of the nodes have a uuid, and facts name episodes of the graph."""
    chance = random.Random(seed)
    found = [_node(chance, number, collection) for number in range(nodes)]
    episodes = [str(node.properties["uuid"]) for node in found if "Episodic" in node.labels and "uuid" in node.properties]
    return found, [_edge(chance, number, found, episodes) for number in range(edges)]


def create(connection: GraphConnection, graph: tuple[Sequence[NodeRecord], Sequence[RelationshipRecord]]) -> None:
    """Creates the records in the graph."""
    writer = RecordWriter(connection)
    writer.create_nodes(graph[0])
    writer.create_relationships(graph[1])


def _node(chance: random.Random, number: int, collection: str) -> NodeRecord:
    labels = {chance.choice(_LABELS) for _ in range(chance.randint(1, 3))}
    if {"Entity", "Episodic"} <= labels:
        labels.discard("Entity")
    properties = {"group_id": collection, **_properties(chance)}
    if chance.random() < 0.5 or "Episodic" in labels:
        properties["uuid"] = f"{collection}-n{number}"
    return NodeRecord(str(number), tuple(sorted(labels)), properties)


def _edge(chance: random.Random, number: int, nodes: Sequence[NodeRecord], episodes: Sequence[str]) -> RelationshipRecord:
    kind = chance.choice(_TYPES)
    properties = _properties(chance)
    if chance.random() < 0.7:
        properties |= {"uuid": f"r{number}", "group_id": nodes[0].properties["group_id"]}
    if kind == "RELATES_TO":
        properties["episodes"] = [*chance.sample(list(episodes), min(len(episodes), 2)), "gone"]
    return RelationshipRecord(str(number), kind, chance.choice(nodes).id, chance.choice(nodes).id, properties)


def _properties(chance: random.Random) -> dict[str, Any]:
    names = ("créé", "with space", "embedding", "n0")
    found = {name: chance.choice(_VALUES)(chance) for name in names if chance.random() < 0.6}
    times = {name: _moment(chance) for name in ("valid_at", "created_at") if chance.random() < 0.6}
    return {"name": _text(chance), **times, **found}  # indexed properties have the types that the schema expects of them


def _text(chance: random.Random) -> str:
    return "".join(chance.choice(_LETTERS) for _ in range(chance.randint(0, 12)))


def _moment(chance: random.Random) -> datetime:
    zone = chance.choice((UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-8))))
    return datetime(1800, 1, 1, tzinfo=zone) + timedelta(
        seconds=chance.randint(0, 10**10), microseconds=chance.randint(0, 999_999)
    )


_VALUES: Sequence[Callable[[random.Random], Any]] = (
    _text,
    lambda chance: chance.choice((0, -1, 2**53 + 1, 2**63 - 1, -(2**63))),
    lambda chance: chance.choice((0.0, -0.0, 1.5, math.pi, 1e308, 5e-324, math.inf, -math.inf, math.nan)),
    lambda chance: chance.random() < 0.5,
    lambda chance: Date(chance.randint(1, 9999), chance.randint(1, 12), chance.randint(1, 28)),
    _moment,
    lambda chance: DateTime.from_native(_moment(chance).replace(tzinfo=None)),
    lambda chance: Time(chance.randint(0, 23), chance.randint(0, 59), chance.randint(0, 59), chance.randint(0, 999_999_999)),
    lambda chance: Duration(months=chance.randint(-20, 20), days=chance.randint(-9, 9), seconds=chance.randint(-9, 9)),
    lambda chance: WGS84Point((chance.uniform(-180, 180), chance.uniform(-90, 90))),
    lambda chance: bytes(chance.randrange(256) for _ in range(chance.randint(0, 9))),
    lambda chance: [_text(chance) for _ in range(chance.randint(0, 4))],
    lambda chance: [chance.randint(-9, 9) for _ in range(chance.randint(0, 4))],
    lambda chance: [chance.uniform(-1, 1) for _ in range(384)],
    lambda chance: [_moment(chance) for _ in range(chance.randint(1, 3))],
)
