"""Reads the contents of single episodes: the entities each mentions and the facts each asserts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fathom.graphdb.connection import GraphConnection
from fathom.knowledge.assertions import parse_timestamp

CLAIMS = "MATCH (p:Episodic) WHERE p.uuid IN $uuids RETURN p.uuid AS episode, p.entity_edges AS facts"
ENTITIES = """
MATCH (p:Episodic)-[:MENTIONS]->(n:Entity) WHERE p.uuid IN $uuids
RETURN DISTINCT p.uuid AS episode, n.uuid AS uuid, n.name AS name, labels(n) AS labels, n.confidence AS confidence
ORDER BY name
"""
FACTS = """
MATCH (a:Entity)-[r:RELATES_TO]->(b:Entity) WHERE a.uuid IN $entities AND r.uuid IN $facts
RETURN DISTINCT r.uuid AS uuid, a.name AS source, b.name AS target, r.name AS relation, r.fact AS fact,
  r.valid_at AS valid_at, r.invalid_at AS invalid_at, r.valid_at_said AS since, r.invalid_at_said AS until,
  r.reference_time AS reference_time, r.episodes AS episodes, r.property AS property, r.confidence AS confidence
"""


@dataclass(frozen=True, slots=True)
class EpisodeEntity:
    """An entity that an episode mentions; `confidence` is None where it is not measured."""

    name: str
    type: str
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class EpisodeFact:
    """A fact that an episode asserts; `dated` where the text states its beginning, `episodes` the number that assert it.

    `since` and `until` are the words of beginning and end where the datetimes do not express them; `wikidata` is the property
    of the relation; `confidence` is None where it is not measured.
    """

    uuid: str
    source: str
    target: str
    relation: str
    fact: str
    valid_at: datetime | None
    invalid_at: datetime | None
    dated: bool
    episodes: int
    since: str | None = None
    until: str | None = None
    wikidata: str | None = None
    confidence: float | None = None


@dataclass
class EpisodeContents:
    """The entities and facts of an episode."""

    entities: list[EpisodeEntity] = field(default_factory=list[EpisodeEntity])
    facts: list[EpisodeFact] = field(default_factory=list[EpisodeFact])


def contents_of(connection: GraphConnection, episodes: Sequence[str]) -> dict[str, EpisodeContents]:
    """Returns the contents of each of these episodes, without episodes that are not in the graph. Raises GraphUnreachable."""
    claims = connection.read(CLAIMS, uuids=list(episodes))
    found = {row["episode"]: EpisodeContents() for row in claims}
    entities = connection.read(ENTITIES, uuids=list(found))
    for row in entities:
        label = next((label for label in sorted(row["labels"]) if label != "Entity"), "Entity")
        found[row["episode"]].entities.append(EpisodeEntity(row["name"], label, row["confidence"]))
    wanted = {uuid for row in claims for uuid in row["facts"] or ()}
    if wanted:
        wanted_rows = {"entities": list({row["uuid"] for row in entities}), "facts": list(wanted)}
        facts = {row["uuid"]: _fact(row) for row in connection.read(FACTS, **wanted_rows)}
        for row in claims:
            found[row["episode"]].facts += [facts[uuid] for uuid in dict.fromkeys(row["facts"] or ()) if uuid in facts]
    return found


def _fact(row: dict[str, Any]) -> EpisodeFact:
    valid_at, reference = parse_timestamp(row["valid_at"]), parse_timestamp(row["reference_time"])
    return EpisodeFact(
        uuid=row["uuid"],
        source=row["source"],
        target=row["target"],
        relation=row["relation"],
        fact=row["fact"],
        valid_at=valid_at,
        invalid_at=parse_timestamp(row["invalid_at"]),
        dated=valid_at is not None and valid_at != reference,
        episodes=len(row["episodes"] or ()),
        since=row["since"],
        until=row["until"],
        wikidata=row["property"],
        confidence=row["confidence"],
    )
