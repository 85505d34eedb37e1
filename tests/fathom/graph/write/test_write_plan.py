"""The plan of a write follows from the document's chunks and from the states of the ledger."""

from __future__ import annotations

from fathom.graph.write.write_plan import DocumentDates, WritePlan, plan_write
from fathom.ids import episode_uuid
from fathom.ledger.episode import EpisodeState
from tests.fathom.graphdb.small_corpus import WRITTEN_AT, chunks_of

CHUNKS = chunks_of("here/a.md", "First.", "Second.", "Third.")
FIRST, SECOND, THIRD = (episode_uuid("here", "here/a.md", chunk.id) for chunk in CHUNKS.chunks)


def plan(**before: EpisodeState) -> WritePlan:
    uuids = {"first": FIRST, "second": SECOND, "third": THIRD}
    return plan_write(CHUNKS, DocumentDates(WRITTEN_AT), {uuids.get(name, name): state for name, state in before.items()})


def test_all_chunks_of_a_new_document_are_written_in_their_order() -> None:
    made = plan()
    assert (made.collection, made.document) == ("here", "here/a.md")
    assert made.todo == list(CHUNKS.chunks)
    assert made.uuids == [FIRST, SECOND, THIRD]
    assert [episode.position for episode in made.episodes] == [0, 1, 2]
    assert (made.gone, made.has_written_episode) == ([], False)


def test_what_is_written_or_quarantined_is_not_written_again() -> None:
    made = plan(first="written", second="quarantined", third="failed")
    assert made.todo == [CHUNKS.chunks[2]]
    assert made.has_written_episode
    assert len(made.episodes) == 3


def test_episodes_without_a_chunk_are_removed_once() -> None:
    made = plan(first="written", lost="written", failing="failed", removed="removed")
    assert made.gone == ["lost", "failing"]
    assert not plan(lost="written").has_written_episode
