"""Dagster shows of a document in the graph how much of it was left out for its confidence, and by which least confidence."""

from __future__ import annotations

from fathom.graph.write.write_report import WriteReport
from fathom.knowledge.confidence_filter import ENTITY_BELOW, FACT_BELOW, FACT_OF_BELOW
from ingestion_assets.metadata import graph_metadata

REPORT = WriteReport(
    document="c/a.md",
    version="v",
    chunks=1,
    written=1,
    unchanged=0,
    removed=0,
    entities=2,
    facts=1,
    orphans=0,
    missing_embeddings=0,
    below_confidence={ENTITY_BELOW: 1, FACT_BELOW: 2, FACT_OF_BELOW: 3},
    min_confidence=0.8,
    model="m",
    prompt="p",
    embedder="e",
)


def test_what_was_left_out_for_its_confidence_is_counted() -> None:
    shown = graph_metadata(REPORT)
    names = ("min_confidence", "entities_below_confidence", "facts_below_confidence", "facts_left_out")
    assert [shown[name].value for name in names] == [0.8, 1, 5, 0]
