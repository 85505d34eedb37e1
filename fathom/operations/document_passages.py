"""A document's chunks with what each put into the graph, and where in its text that is said."""

from __future__ import annotations

from dataclasses import dataclass

from fathom.chunking.chunk import Chunk
from fathom.chunking.quoting import places_of, where_said
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
    """A chunk; offsets are those of its `embedding_text`, in code points; `episode` is None before it is planned."""

    chunk: Chunk
    episode: EpisodeRow | None
    entities: list[tuple[EpisodeEntity, list[TextSpan]]]
    facts: list[tuple[EpisodeFact, TextSpan | None]]


@dataclass(frozen=True)
class Passages:
    """Some chunks of a document's version, of `total`; `graph_away` says why what they put there is not shown."""

    version: str | None
    total: int
    start: int
    passages: list[ChunkPassage]
    graph_away: str | None = None


@dataclass(frozen=True)
class DocumentGraphContent:
    """What a document put into the graph: entities by name with their types, how many chunks mention each, and the facts."""

    entities: dict[str, str]
    mentions: dict[str, int]
    facts: list[EpisodeFact]


def graph_content_of(settings: Settings, document: str, *, most: int = 200) -> DocumentGraphContent:
    """What the first `most` chunks of the document put into the graph. Raises GraphUnreachable, DatabaseUnreachable."""
    rows = Ledger(open_database(settings.operational_url)).rows(document, state="written")
    part = DocumentGraphContent({}, {}, [])
    if not rows:
        return part
    connection = open_graph(settings)
    try:
        held = contents_of(connection, [row.uuid for row in rows[:most]])
    finally:
        connection.close()
    facts: dict[str, EpisodeFact] = {}
    for one in held.values():
        for entity in one.entities:
            part.entities.setdefault(entity.name, entity.type)
            part.mentions[entity.name] = part.mentions.get(entity.name, 0) + 1
        facts |= {fact.uuid: fact for fact in one.facts}
    part.facts.extend(facts.values())
    return part


def passages(settings: Settings, document: str, *, start: int, limit: int) -> Passages:
    """The chunks from the 0-based `start` on; none for a document that was not cut yet.

    Raises StoredDamaged, DatabaseUnreachable; a graph that is away only leaves its part out.
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
        [(one, places_of(text, one.name)) for one in held.entities],
        [(one, where_said(text, one.fact, (one.source, one.target))) for one in held.facts],
    )
