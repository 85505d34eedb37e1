"""Entities that may be the same wait for a person, with the evidence of both, until they are merged or kept apart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from fathom.deployment.graph_component import GraphComponent
from fathom.embedding.embedder import Embedder
from fathom.graph.write.document_writer import DocumentWriter
from fathom.graphdb.connection import open_graph
from fathom.ledger.episode_ledger import Ledger
from fathom.operations.graph.curate import Decider, keep_apart, list_decisions, merge_entities, undo_decision
from fathom.operations.graph.duplicate_queue import suspected_duplicates
from fathom.settings import Settings
from fathom.uploads.intake import open_intake
from tests.fathom.graphdb.small_corpus import chunks_of
from tests.fathom.resolution.test_one_entity import Lister

pytestmark = pytest.mark.integration

TEXTS = (
    "Northgate Engineering=Organization; Newcastle=Location",
    "Northgate Engineering Group=Organization; Leeds=Location",
    "Solberg Shipping=Organization; Bergen=Location",
)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Iterator[Settings]:
    """Settings of a home whose graph has names that no model compared."""
    settings = Settings(home=tmp_path_factory.mktemp("q"), graph_uri=None)
    part = GraphComponent(settings)
    part.start()
    writer = DocumentWriter(open_graph(settings), Lister(), embedder, Ledger(open_intake(settings).engine))
    for number, text in enumerate(TEXTS):
        writer.write(chunks_of(f"c/{number}.md", text), reference_time=datetime(2024, 1, 1 + number, tzinfo=UTC))
    writer.close()
    yield settings
    part.stop()


def test_a_pair_waits_with_its_evidence_until_it_is_decided(settings: Settings) -> None:
    queue = suspected_duplicates(settings, "c", 10)
    assert queue.total == 1
    [pair] = queue.pairs
    assert {pair.left.name, pair.right.name} == {"Northgate Engineering", "Northgate Engineering Group"}
    assert (pair.tentative, pair.cosine is not None and pair.cosine >= 0.8) == (False, True)
    assert {view.documents[0] for view in (pair.left, pair.right)} == {"c/0.md", "c/1.md"}
    assert all(view.mentions[0].sentence and view.facts for view in (pair.left, pair.right))
    by = Decider("a test", "they share an address")
    for decide in (keep_apart, merge_entities):
        made = decide(settings, pair.left, pair.right, by)
        assert suspected_duplicates(settings, None, 10).pairs == []
        undo_decision(settings, made.decision.id, by)
        assert suspected_duplicates(settings, None, 10) == queue
    assert [(one.kind, one.reason, one.undone_by) for one in list_decisions(settings, "c", 10)] == [
        ("merge", by.reason, "a test"),
        ("split", by.reason, "a test"),
    ]
