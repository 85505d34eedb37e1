"""Each class of faults is found where it was put, on both servers; a repair mends what needs no person, though it be killed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from fathom.embedding.embedder import Embedder
from fathom.graph.validation.collection_pages import InspectedCollection
from fathom.graph.validation.fault_classes import MEANINGS, FaultClass
from fathom.graph.validation.fault_tally import FaultTally, GraphValidation
from fathom.graph.validation.graph_mending import CollectionMender
from fathom.graphdb.connection import GraphConnection
from fathom.ledger.episode_ledger import Ledger
from tests.fathom.graph.validation.seeded_faults import DesignModel, Seeder, write_all
from tests.fathom.graphdb.small_corpus import WriterOf, digest

pytestmark = pytest.mark.integration

ASKED = {FaultClass.DUPLICATE_ENTITIES_BY_NAME, FaultClass.DUPLICATE_ENTITIES_BY_EMBEDDING}
WRITES_UNTIL_KILLED = 4


class Killed(BaseException):
    """The process is gone."""


@contextmanager
def killed_after(graph: GraphConnection, writes: int) -> Iterator[None]:
    """Transactions of this connection are committed so many times; the next is not begun."""
    left = writes

    def write(work: Callable[[Any], Any]) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed
        return GraphConnection.write(graph, work)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graph, "write", write)
        yield


def test_each_class_is_found_where_it_was_put_and_repaired_where_no_person_is_needed(
    graph: GraphConnection, writer_of: WriterOf, ledger: Ledger, embedder: Embedder, collection: str
) -> None:
    writer = writer_of(graph, by=DesignModel())
    write_all(writer, collection)
    whole = digest(graph, collection)
    inspected = InspectedCollection(graph, collection, embedder.dimension)

    def validated() -> GraphValidation:
        tally = FaultTally()
        tally.add(inspected, ledger.engine)
        return tally.result()

    fresh = validated()
    assert fresh.healthy
    assert {found.name: found.count for found in fresh.classes} == dict.fromkeys(FaultClass, 0)

    seeder = Seeder(graph, ledger, collection, embedder)
    seeded = seeder.seed()
    faults = validated()
    assert not faults.healthy
    found = {fault.name: {example.uuid for example in fault.examples} for fault in faults.classes}
    assert {kind: uuids - found[kind] for kind, uuids in seeded.items()} == {kind: set() for kind in FaultClass}
    assert all(fault.count >= len(fault.examples) > 0 for fault in faults.classes)

    mender = CollectionMender(inspected, writer.changes, ledger, embedder)
    kills = 0
    while True:
        try:
            with killed_after(graph, WRITES_UNTIL_KILLED + kills), writer.changes.exclusive(collection):
                mender.mend()
                break
        except Killed:
            kills += 1
    assert kills > 2
    left = {fault.name for fault in validated().found()}
    assert left == ASKED == {kind for kind, about in MEANINGS.items() if about.action is None}

    for uuid in seeder.added:
        graph.write(lambda tx, uuid=uuid: tx.run("MATCH (n:Entity {uuid: $uuid}) DETACH DELETE n", uuid=uuid).consume())
    write_all(writer, collection)
    assert validated().healthy
    assert digest(graph, collection) == whole
