"""The profile of a document is read from ledger and graph, on both servers."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
import sqlalchemy as sa

from fathom.graph.write.document_writer import DocumentWriter
from fathom.graphdb.connection import GraphConnection
from fathom.ledger.episode_ledger import Ledger
from fathom.quality.drift.profile_reader import (
    CHUNKS,
    ENTITY_TYPES,
    FILE_TYPES,
    LANGUAGES,
    RELATIONS,
    SAMPLED_EPISODES,
    read_profiles,
    written_documents,
)
from fathom.tables import episodes
from tests.fathom.graphdb.small_corpus import BRIDGE, CITY, FIRM, WRITTEN_AT, chunks_of, many_facts

pytestmark = pytest.mark.integration


def test_a_profile_counts_types_relations_languages_and_averages_embeddings(
    graph: GraphConnection, writer: DocumentWriter, ledger: Ledger, collection: str
) -> None:
    one, other = f"{collection}/one.MD", f"{collection}/two.txt"
    writer.write(chunks_of(one, BRIDGE, FIRM), reference_time=WRITTEN_AT)
    writer.write(chunks_of(other, CITY), reference_time=WRITTEN_AT + timedelta(days=1))
    first, second = read_profiles(graph, ledger.engine, [one, other])
    assert (first.document, second.document) == (one, other)
    assert first.categories[FILE_TYPES] == {"md": 1}
    assert first.categories[ENTITY_TYPES] == {"Person": 2, "Location": 1, "Organization": 1}
    assert first.categories[RELATIONS] == {"DESIGNED": 1, "FOUNDED": 1}
    assert first.categories[LANGUAGES] == {"en": 1}  # of a sentence of names alone it cannot be told
    assert first.figures[CHUNKS] == 2
    assert first.figures["entities_per_chunk"] == 2
    assert first.vector is not None
    assert second.vector is not None
    assert first.vector.shape == second.vector.shape
    assert np.linalg.norm(first.vector - second.vector) > 0.1


def test_a_long_document_is_read_by_a_sample_and_one_that_is_not_there_is_left_out(
    graph: GraphConnection, writer: DocumentWriter, ledger: Ledger, collection: str
) -> None:
    long = f"{collection}/long.md"
    writer.write(many_facts(long, 9), reference_time=WRITTEN_AT)
    (profile,) = read_profiles(graph, ledger.engine, [long, f"{collection}/missing.md"])
    assert profile.figures[CHUNKS] == 9
    assert 0 < sum(profile.categories[LANGUAGES].values()) <= SAMPLED_EPISODES


def test_documents_come_in_the_order_in_which_they_were_written_first(
    graph: GraphConnection, writer: DocumentWriter, ledger: Ledger, collection: str
) -> None:
    names = [f"{collection}/{name}.md" for name in ("b", "a", "c")]
    for name in names:
        writer.write(chunks_of(name, BRIDGE), reference_time=WRITTEN_AT)
    with ledger.engine.connect() as connection:
        times = [connection.scalar(sa.select(episodes.c.written_at).where(episodes.c.document == name)) for name in names]
    assert [one.document for one in written_documents(ledger.engine, collection, limit=9)] == names
    assert [one.document for one in written_documents(ledger.engine, collection, limit=2, newest=True)] == names[1:]
    assert [one.document for one in written_documents(ledger.engine, collection, limit=9, after=times[0])] == names[1:]
    assert graph.read("RETURN 1 AS one") == [{"one": 1}]
