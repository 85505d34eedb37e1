"""Shows a document's chunks with the entities and facts from each, and their positions in its text."""

from __future__ import annotations

from dataclasses import dataclass

from fathom.chunking.chunk import Chunk
from fathom.chunking.quoting import find_quote, places_of
from fathom.chunking.sentences import TextSpan
from fathom.database import open_database
from fathom.errors import GraphUnreachable, NotStored
from fathom.graph.read.episode_contents import EpisodeContents, EpisodeEntity, EpisodeFact, contents_of
from fathom.graphdb.connection import open_graph
from fathom.ids import episode_uuid, split_document_id
from fathom.ledger.episode import EpisodeRow
from fathom.ledger.episode_ledger import Ledger
from fathom.settings import Settings
from fathom.storage.artifacts import open_artifacts


@dataclass(frozen=True)
class ChunkPassage:
    """A chunk with its entities and facts; spans are offsets in its `embedding_text`, in code points."""

    chunk: Chunk
    episode: EpisodeRow | None
    entities: list[tuple[EpisodeEntity, list[TextSpan]]]
    facts: list[tuple[EpisodeFact, TextSpan | None]]


@dataclass(frozen=True)
class Passages:
    """A page of chunks of a document's version, of `total`; `graph_away` says why their entities are missing."""

    version: str | None
    total: int
    start: int
    passages: list[ChunkPassage]
    graph_away: str | None = None


@dataclass(frozen=True)
class DocumentGraphContent:
    """A document's content in the graph: entities by name with types, the number of chunks that mention each, and facts."""

    entities: dict[str, str]
    mentions: dict[str, int]
    facts: list[EpisodeFact]


def graph_content_of(settings: Settings, document: str, *, max_chunks: int = 200) -> DocumentGraphContent:
    """Returns the entities and facts of the first `max_chunks` chunks. Raises GraphUnreachable, DatabaseUnreachable."""
    rows = Ledger(open_database(settings.operational_url)).rows(document, state="written")
    part = DocumentGraphContent({}, {}, [])
    if not rows:
        return part
    connection = open_graph(settings)
    try:
        held = contents_of(connection, [row.uuid for row in rows[:max_chunks]])
    finally:
        connection.close()
    facts: dict[str, EpisodeFact] = {}
    for contents in held.values():
        for entity in contents.entities:
            part.entities.setdefault(entity.name, entity.type)
            part.mentions[entity.name] = part.mentions.get(entity.name, 0) + 1
        facts |= {fact.uuid: fact for fact in contents.facts}
    part.facts.extend(facts.values())
    return part


def passages(settings: Settings, document: str, *, start: int, limit: int) -> Passages:
    """Returns the chunks from the 0-based `start` on; none for a document that is not chunked yet.

    Raises StoredDamaged, DatabaseUnreachable; if the graph is unreachable, entities and facts are left out.
    """
    try:
        chunk_set = open_artifacts(settings).load_chunks(document)
    except NotStored:
        return Passages(None, 0, 0, [])
    collection, _ = split_document_id(document)
    chunks = chunk_set.chunks[start : start + limit]
    by_uuid = {episode_uuid(collection, document, chunk.id): chunk for chunk in chunks}
    rows = {row.uuid: row for row in Ledger(open_database(settings.operational_url)).rows(document) if row.uuid in by_uuid}
    held, away = _held(settings, [uuid for uuid, row in rows.items() if row.state == "written"])
    found = [_passage(chunk, rows.get(uuid), held.get(uuid, EpisodeContents())) for uuid, chunk in by_uuid.items()]
    return Passages(chunk_set.version, len(chunk_set.chunks), start, found, away)


def _held(settings: Settings, written: list[str]) -> tuple[dict[str, EpisodeContents], str | None]:
    if not written:
        return {}, None
    try:
        connection = open_graph(settings)
        try:
            return contents_of(connection, written), None
        finally:
            connection.close()
    except GraphUnreachable as error:
        return {}, f"{error.message} {error.what_to_do}".strip()


def _passage(chunk: Chunk, episode: EpisodeRow | None, held: EpisodeContents) -> ChunkPassage:
    text = chunk.embedding_text
    return ChunkPassage(
        chunk,
        episode,
        [(entity, places_of(text, entity.name)) for entity in held.entities],
        [(fact, find_quote(text, fact.fact, (fact.source, fact.target))) for fact in held.facts],
    )
