"""Plans the write of a document: which chunks become episodes, and which episodes have lost their chunk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from fathom.chunking.chunk import Chunk, ChunkSet
from fathom.ids import episode_uuid, split_document_id
from fathom.ledger.episode import EpisodeState
from fathom.ledger.episode_ledger import PlannedEpisode


class DocumentDates(NamedTuple):
    """The reference time of a document, and its time of arrival where the reference time is the document's own date."""

    reference_time: datetime
    came_at: datetime | None = None


@dataclass(frozen=True)
class WritePlan:
    """The work on a document: `todo` are the chunks to extract and write, `gone` the episodes whose chunk is gone.

    `wanted` has the document's chunks and `before` the states that the ledger has, both by the uuid of the episode.
    """

    collection: str
    chunk_set: ChunkSet
    dates: DocumentDates
    wanted: Mapping[str, Chunk]
    before: Mapping[str, EpisodeState]
    todo: Sequence[Chunk]
    gone: Sequence[str]

    @property
    def document(self) -> str:
        """The id of the document."""
        return self.chunk_set.document

    @property
    def uuids(self) -> list[str]:
        """The episodes of the document's chunks, in their order."""
        return list(self.wanted)

    @property
    def episodes(self) -> list[PlannedEpisode]:
        """The episodes of the document's chunks, as the ledger plans them."""
        return [PlannedEpisode(uuid, chunk.id, chunk.position) for uuid, chunk in self.wanted.items()]

    @property
    def has_written_episode(self) -> bool:
        """Whether an episode of the document's chunks was written before."""
        return any(self.before.get(uuid) == "written" for uuid in self.wanted)

    @property
    def languages(self) -> Counter[str]:
        """The number of chunks of each language, where it is known."""
        return Counter(chunk.language for chunk in self.chunk_set.chunks if chunk.language)


def plan_write(chunk_set: ChunkSet, dates: DocumentDates, before: Mapping[str, EpisodeState]) -> WritePlan:
    """Plans to write the chunks that are neither written nor quarantined, and to remove episodes without a chunk."""
    collection, _ = split_document_id(chunk_set.document)
    wanted = {episode_uuid(collection, chunk_set.document, chunk.id): chunk for chunk in chunk_set.chunks}
    todo = [chunk for uuid, chunk in wanted.items() if before.get(uuid) not in ("written", "quarantined")]
    gone = [uuid for uuid, state in before.items() if uuid not in wanted and state != "removed"]
    return WritePlan(collection, chunk_set, dates, wanted, before, todo, gone)
