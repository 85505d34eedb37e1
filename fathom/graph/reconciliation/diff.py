"""Compares the ledger with the graph in both directions, and finds duplicates in the graph."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field

from fathom.graph.read.collection_uuids import CollectionUuids
from fathom.graph.read.uuid_set import short_hash
from fathom.graphdb.connection import GraphConnection

PAGE = 2000  # rows a query
NO_UUID = "without uuid"  # stands for a fact that another program wrote without one
ARROW = " → "  # between the episode and the entity of a duplicate mention

MENTIONS = """
MATCH (p:Episodic)-[m:MENTIONS]->(n:Entity) WHERE p.uuid IN $uuids
WITH p.uuid AS uuid, n.uuid AS entity, count(m) AS times, min(1 + coalesce(size(m.also), 0)) AS senses
RETURN uuid, entity, times, senses
"""
EPISODES = """
MATCH (p:Episodic) WHERE p.uuid IN $uuids
RETURN p.uuid AS uuid, p.source_description AS document, p.entity_edges AS facts
"""
FACTS = """
MATCH (n:Entity)-[r:RELATES_TO]->(:Entity) WHERE n.uuid IN $uuids RETURN r.uuid AS uuid, r.episodes AS episodes
"""
ORPHANS = "MATCH (n:Entity) WHERE n.uuid IN $uuids AND NOT (n)<-[:MENTIONS]-(:Episodic) RETURN n.uuid AS uuid"


class Differences(BaseModel):
    """The differences of ledger and graph in a collection, and duplicates in the graph; all empty when they agree."""

    model_config = ConfigDict(frozen=True)

    collection: str
    episodes: int = Field(description="episodes that both know")
    missing: list[str] = Field(description="uuids the ledger says are written and the graph does not hold")
    unknown: list[str] = Field(description="uuids the graph holds and the ledger does not say are written")
    partial: list[str] = Field(description="uuids of episodes whose mentions or facts are not all there")
    elsewhere: list[str] = Field(description="uuids whose document is another in the graph than in the ledger")
    doubled: list[str] = Field(description="uuids of episodes, entities and facts the graph holds twice")
    doubled_mentions: list[str] = Field(description="episode → entity pairs joined more than once")
    ungrounded: list[str] = Field(description="uuids of facts that no episode in the graph asserts")
    stale: list[str] = Field(description="uuids of facts that name an episode which the graph does not hold, and one it holds")
    orphans: list[str] = Field(description="uuids of entities that no episode mentions")

    @property
    def agree(self) -> bool:
        """Whether there is nothing to repair."""
        return not any(value for name, value in self if name not in ("collection", "episodes"))


class CountedEpisode(Protocol):
    """A written episode as the ledger counts it."""

    @property
    def document(self) -> str:
        """The id of its document."""
        ...

    @property
    def entities(self) -> int:
        """The number of names it mentions."""
        ...

    @property
    def facts(self) -> int:
        """The number of facts it asserts."""
        ...


@dataclass
class _EpisodesInGraph:
    """The episodes of a collection in the graph with their documents, and their faults.

    `claims` has a hash of each pair of an episode and a fact that it claims, `claimants` the places of these episodes;
    `grounded` a hash of each pair of which the fact is found.
    """

    documents: dict[str, str] = field(default_factory=dict[str, str])
    doubled: list[str] = field(default_factory=list[str])
    doubled_mentions: list[str] = field(default_factory=list[str])
    partial: set[str] = field(default_factory=set[str])
    claims: array[int] = field(default_factory=lambda: array("Q"))
    claimants: array[int] = field(default_factory=lambda: array("Q"))
    grounded: array[int] = field(default_factory=lambda: array("Q"))

    def lacking(self) -> set[str]:
        """Returns the episodes that claim a fact which is not found."""
        import numpy as np

        claims, claimants, grounded = (
            np.array(values, dtype=np.uint64) for values in (self.claims, self.claimants, self.grounded)
        )
        places = {int(place) for place in claimants[~np.isin(claims, grounded)]}
        return {uuid for place, uuid in enumerate(self.documents) if place in places} if places else set()


@dataclass
class _EntitiesInGraph:
    """The faults of a collection's entities and facts in the graph."""

    doubled: list[str] = field(default_factory=list[str])
    orphans: list[str] = field(default_factory=list[str])
    ungrounded: list[str] = field(default_factory=list[str])
    stale: list[str] = field(default_factory=list[str])


def find_differences(connection: GraphConnection, collection: str, written: Mapping[str, CountedEpisode]) -> Differences:
    """Compares the collection in the graph with `written`, the ledger's written episodes by uuid.

    Needs memory for the uuids of the episodes, and some bytes a mention and a fact. Concurrent writes may appear as
    differences. Raises GraphUnreachable.
    """
    stored = _read_episodes(connection, collection, written)
    entities = _read_entities(connection, collection, stored)
    in_graph = stored.documents
    return Differences(
        collection=collection,
        episodes=len(in_graph.keys() & written.keys()),
        missing=sorted(written.keys() - in_graph.keys()),
        unknown=sorted(in_graph.keys() - written.keys()),
        partial=sorted(stored.partial | stored.lacking()),
        elsewhere=sorted(uuid for uuid in in_graph.keys() & written.keys() if in_graph[uuid] != written[uuid].document),
        doubled=sorted([*stored.doubled, *entities.doubled]),
        doubled_mentions=sorted(stored.doubled_mentions),
        ungrounded=sorted(entities.ungrounded),
        stale=sorted(entities.stale),
        orphans=sorted(entities.orphans),
    )


def list_collections(connection: GraphConnection) -> list[str]:
    """Returns the collections with episodes or entities in the graph."""
    found = connection.read("MATCH (n:Episodic) RETURN DISTINCT n.group_id AS name")
    return sorted({row["name"] for row in found + connection.read("MATCH (n:Entity) RETURN DISTINCT n.group_id AS name")})


def _read_episodes(connection: GraphConnection, collection: str, written: Mapping[str, CountedEpisode]) -> _EpisodesInGraph:
    """Reads the episodes with their mentions and the facts that they claim."""
    found = _EpisodesInGraph()
    known = CollectionUuids(connection, "Episodic", collection)
    found.doubled = known.doubled
    for uuids in known.pages(PAGE):
        places = {uuid: place for place, uuid in enumerate(uuids, start=len(found.documents))}
        found.documents |= dict.fromkeys(uuids, "")
        mentions: Counter[str] = Counter()
        facts: Counter[str] = Counter()
        for row in connection.read(MENTIONS, uuids=uuids):
            mentions[row["uuid"]] += row["senses"]  # the ledger counts each name of an entity
            found.doubled_mentions += [f"{row['uuid']}{ARROW}{row['entity']}"] if row["times"] > 1 else []
        for row in connection.read(EPISODES, uuids=uuids):
            claimed = row["facts"] or ()
            found.documents[row["uuid"]] = row["document"]
            facts[row["uuid"]] = len(claimed)
            found.claims.extend(_claim(row["uuid"], fact) for fact in claimed)
            found.claimants.extend([places[row["uuid"]]] * len(claimed))
        found.partial |= {
            uuid
            for uuid in uuids
            if uuid in written and (mentions[uuid] < written[uuid].entities or facts[uuid] < written[uuid].facts)
        }
    return found


def _claim(episode: str, fact: str) -> int:
    return short_hash(f"{episode} {fact}")


def _read_entities(connection: GraphConnection, collection: str, episodes: _EpisodesInGraph) -> _EntitiesInGraph:
    """Reads the entities with their facts, and grounds the facts that the episodes claim."""
    found = _EntitiesInGraph()
    known = CollectionUuids(connection, "Entity", collection)
    found.doubled = known.doubled
    for uuids in known.pages(PAGE):
        found.orphans += [row["uuid"] for row in connection.read(ORPHANS, uuids=uuids)]
        facts = connection.read(FACTS, uuids=uuids)
        found.doubled += _twice([row["uuid"] for row in facts])
        for row in facts:
            there = [uuid for uuid in row["episodes"] or () if uuid in episodes.documents]
            episodes.grounded.extend(_claim(uuid, row["uuid"]) for uuid in there)
            if not there:
                found.ungrounded.append(row["uuid"] or NO_UUID)
            elif len(there) < len(row["episodes"]):
                found.stale.append(row["uuid"] or NO_UUID)
    return found


def _twice(uuids: list[str]) -> list[str]:
    return [uuid for uuid, times in Counter(uuids).items() if times > 1 and uuid is not None]
