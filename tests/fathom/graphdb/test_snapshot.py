"""A collection without confidences is told by the hashes that it had before any were kept, so that receipts still hold."""

from __future__ import annotations

from typing import Any, cast

from fathom.graph.read import snapshot as rooms
from fathom.graph.read.snapshot import Snapshot, take_snapshot
from fathom.graphdb.connection import GraphConnection

ENTITY: dict[str, Any] = {"uuid": "n", "name": "Ada", "summary": "", "labels": ["Entity"], "created_at": None}
FACT: dict[str, Any] = {
    "uuid": "r",
    "source": "n",
    "target": "n",
    "name": "MET",
    "fact": "They met.",
    "episodes": [],
    "valid_at": None,
}


class Rows:
    """A graph that answers with these rows, once."""

    def __init__(self, **more: Any) -> None:
        self._rows = {rooms.ENTITIES: [{**ENTITY, **more}], rooms.FACTS: [{**FACT, **more}]}

    def read(self, cypher: str, **_: Any) -> list[dict[str, Any]]:
        return self._rows.pop(cypher, [])


def seen(**more: Any) -> Snapshot:
    return take_snapshot(cast("GraphConnection", Rows(**more)), "c")


def test_what_has_no_confidence_has_the_hash_of_a_row_without_one() -> None:
    assert seen(confidence=None, property=None) == seen()
    assert seen().facts == {"r": "75d901828575776d"}


def test_another_confidence_is_another_hash() -> None:
    assert len({seen(confidence=sure).digest() for sure in (None, 0.7, 0.8)}) == 3
