"""An extraction as rows of the graph, in Graphiti's properties: episode, entities, mentions, facts.

Every uuid follows from what the row says, so writing a chunk a second time, after a crash or by another process, finds
the same rows again instead of making others. An entity is its name in its collection: files that name it share it. What
several episodes say of one entity or fact is settled when they are saved.
"""

from __future__ import annotations

import re
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fathom.chunking.chunk import Chunk
from fathom.graph.assertions import AssertedFact, Assertion
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
    facts: dict[str, AssertedFact] = field(default_factory=dict[str, AssertedFact])

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
    for fact in found.facts:
        source, target = entity_uuid(collection, fact.source), entity_uuid(collection, fact.target)
        if source == target or source not in rows.entities or target not in rows.entities:
            continue
        fact_uuid = _uuid("fact", collection, source, fact.relation, target, " ".join(fact.fact.lower().split()))
        said = Assertion(episode, fact.fact, reference_time, fact.valid_at, fact.invalid_at)
        rows.facts.setdefault(fact_uuid, AssertedFact(fact_uuid, source, target, fact.relation, (said,)))
    asserts: dict[str, list[str]] = defaultdict(list)
    for fact_uuid, asserted in rows.facts.items():
        asserts[asserted.source] += [one.packed(fact_uuid) for one in asserted.assertions]
    rows.mentions.extend(
        {
            "uuid": mention_uuid(episode, target),
            "source_node_uuid": episode,
            "target_node_uuid": target,
            "group_id": collection,
            "created_at": reference_time,
            "name": entity["name"],
            "type": rows.labels.get(target),
            "asserts": asserts.get(target),
        }
        for target, entity in rows.entities.items()
    )
    rows.episode["entity_edges"] = list(rows.facts)
    return rows


def _uuid(*parts: str) -> str:
    return str(uuid.uuid5(EPISODE_NAMESPACE, "\0".join(parts)))
