"""An extraction as rows of the graph, in Graphiti's properties: episode, entities, mentions, facts.

Every uuid follows from what the row says, so writing a chunk a second time, after a crash or by another process, finds
the same rows again instead of making others. An entity is its name in its collection: files that name it share it.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fathom.chunking.chunk import Chunk
from fathom.ids import EPISODE_NAMESPACE, episode_uuid
from fathom.language.extraction import Extraction

_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass
class EpisodeRows:
    """What one chunk adds to the graph."""

    episode: dict[str, Any]
    entities: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    labels: dict[str, str] = field(default_factory=dict[str, str])
    mentions: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    facts: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    @property
    def uuid(self) -> str:
        """The episode's uuid."""
        return str(self.episode["uuid"])


def entity_uuid(collection: str, name: str) -> str:
    """The uuid5 of a name in a collection; case and white space do not count (as in Graphiti's exact match)."""
    return _uuid("entity", collection, " ".join(name.lower().split()))


def mention_uuid(episode: str, entity: str) -> str:
    """The uuid5 of an entity's mention in an episode."""
    return _uuid("mention", episode, entity)


def episode_rows(collection: str, document: str, chunk: Chunk, found: Extraction, reference_time: datetime) -> EpisodeRows:
    """The rows of one chunk; a fact without a date of its own holds from `reference_time`."""
    episode = episode_uuid(collection, document, chunk.id)
    rows = EpisodeRows(
        {
            "uuid": episode,
            "name": f"{document} #{chunk.position + 1}",
            "group_id": collection,
            "source": "text",
            "source_description": document,
            "content": chunk.embedding_text,
            "created_at": reference_time,
            "valid_at": reference_time,
        }
    )
    for entity in found.entities:
        found_uuid = entity_uuid(collection, entity.name)
        rows.entities.setdefault(
            found_uuid,
            {"uuid": found_uuid, "name": entity.name, "group_id": collection, "summary": "", "created_at": reference_time},
        )
        if _LABEL.fullmatch(entity.type) and entity.type != "Entity":
            rows.labels.setdefault(found_uuid, entity.type)
    rows.mentions.extend(
        {
            "uuid": mention_uuid(episode, target),
            "source_node_uuid": episode,
            "target_node_uuid": target,
            "group_id": collection,
            "created_at": reference_time,
        }
        for target in rows.entities
    )
    for fact in found.facts:
        source, target = entity_uuid(collection, fact.source), entity_uuid(collection, fact.target)
        if source == target or source not in rows.entities or target not in rows.entities:
            continue
        fact_uuid = _uuid("fact", collection, source, fact.relation, target, " ".join(fact.fact.lower().split()))
        rows.facts.setdefault(
            fact_uuid,
            {
                "uuid": fact_uuid,
                "source_node_uuid": source,
                "target_node_uuid": target,
                "name": fact.relation,
                "fact": fact.fact,
                "group_id": collection,
                "episodes": [episode],
                "created_at": reference_time,
                "expired_at": None,
                "valid_at": fact.valid_at or reference_time,
                "invalid_at": fact.invalid_at,
                "reference_time": reference_time,
            },
        )
    rows.episode["entity_edges"] = list(rows.facts)
    return rows


def _uuid(*parts: str) -> str:
    return str(uuid.uuid5(EPISODE_NAMESPACE, "\0".join(parts)))
