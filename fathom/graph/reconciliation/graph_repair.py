"""Repairs differences of ledger and graph: missing, unknown, incomplete and duplicate rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, LiteralString

from pydantic import BaseModel, ConfigDict, Field

from fathom.graph.reconciliation.diff import ARROW, Differences, find_differences
from fathom.graph.reconciliation.written_episodes import written_episodes
from fathom.graphdb.connection import GraphConnection
from fathom.knowledge.records import mention_uuid
from fathom.ledger.episode_ledger import Ledger
from fathom.sql import batched

MAX_REPAIRED = 100  # episodes, facts or entities a transaction
MAX_ROUNDS = 5  # each removes rows that the round before left without support

OF_ENTITIES = "MATCH (p:Episodic)-[:MENTIONS]->(n:Entity) WHERE n.uuid IN $uuids RETURN DISTINCT p.uuid AS uuid"
HELD = """
MATCH (p:Episodic) WHERE p.uuid IN $uuids OPTIONAL MATCH (p)-[:MENTIONS]->(n:Entity)
RETURN p.uuid AS uuid, p.entity_edges AS facts, count(DISTINCT n) AS entities
"""
DELETE_FACTS = "MATCH (:Entity)-[r:RELATES_TO]->(:Entity) WHERE r.uuid IN $uuids DELETE r"
DELETE_MORE_FACTS = """
MATCH (:Entity)-[r:RELATES_TO]->(:Entity) WHERE r.uuid IN $uuids
WITH r.uuid AS uuid, collect(r) AS copies UNWIND copies[1..] AS copy DELETE copy
"""
STALE = (
    "MATCH (:Entity)-[r:RELATES_TO]->(:Entity) WHERE r.uuid IN $uuids RETURN DISTINCT r.uuid AS uuid, r.episodes AS episodes"
)
THERE = "MATCH (p:Episodic) WHERE p.uuid IN $uuids RETURN DISTINCT p.uuid AS uuid"
TRIM = "UNWIND $rows AS row MATCH (:Entity)-[r:RELATES_TO {uuid: row.uuid}]->(:Entity) SET r.episodes = row.episodes"
DELETE_ENTITIES = "MATCH (n:Entity) WHERE n.uuid IN $uuids AND NOT (n)<-[:MENTIONS]-(:Episodic) DETACH DELETE n"
MENTION = "MATCH (p:Episodic {uuid: $episode})-[m:MENTIONS]->(n:Entity {uuid: $entity})"
MENTIONED = f"{MENTION} RETURN m.uuid AS uuid"
DELETE_OTHERS = f"{MENTION} WHERE m.uuid <> $uuid DELETE m"
DELETE_MORE = f"{MENTION} WITH collect(m) AS copies UNWIND copies[1..] AS copy DELETE copy"

RemoveEpisodes = Callable[[Sequence[str]], object]


class Repair(BaseModel):
    """The repairs of a collection, done or planned; uuids unless stated otherwise."""

    model_config = ConfigDict(frozen=True)

    collection: str
    found: Differences
    adopted: list[str] = Field(
        description="episodes the graph held whole and the ledger thought on their way: they are written"
    )
    removed: list[str] = Field(description="episodes taken out of the graph")
    again: list[str] = Field(description="episodes that are to be written again")
    documents: list[str] = Field(description="ids of the documents they are of")
    facts: list[str] = Field(
        description="facts that no episode asserted, that were there twice or named an episode that is gone"
    )
    entities: list[str] = Field(description="entities that no episode mentioned")
    mentions: list[str] = Field(description="mentions that were there more than once")
    left: Differences | None = Field(description="what differs afterwards; null where nothing was done")

    @property
    def nothing_to_do(self) -> bool:
        """Whether ledger and graph agreed before."""
        return self.found.agree


def plan_repair(connection: GraphConnection, ledger: Ledger, collection: str) -> Repair:
    """Plans a repair without changing anything. Raises GraphUnreachable."""
    rows = {row.uuid: row for row in ledger.rows(collection=collection)}
    found = _differences(connection, ledger, collection)
    bad = {*found.partial, *found.elsewhere, *(uuid for uuid in found.doubled if uuid in rows)}
    for batch in batched(found.doubled, MAX_REPAIRED):
        bad |= {row["uuid"] for row in connection.read(OF_ENTITIES, uuids=batch)}
    on_their_way = [uuid for uuid in found.unknown if uuid in rows and rows[uuid].state in ("planned", "extracted")]
    adopted = [uuid for uuid in on_their_way if uuid not in bad]
    removed = sorted(({*found.unknown} - {*adopted}) | bad)
    again = sorted(uuid for uuid in {*found.missing, *bad} if uuid in rows and rows[uuid].state == "written")
    return Repair(
        collection=collection,
        found=found,
        adopted=adopted,
        removed=removed,
        again=again,
        documents=sorted({rows[uuid].document for uuid in again}),
        facts=sorted({*found.ungrounded, *found.stale, *(uuid for uuid in found.doubled if uuid not in bad)}),
        entities=found.orphans,
        mentions=found.doubled_mentions,
        left=None,
    )


def repair(connection: GraphConnection, ledger: Ledger, collection: str, remove_episodes: RemoveEpisodes) -> Repair:
    """Repairs the collection; `left` has the remaining differences. Only the collection's writer may call this.

    `remove_episodes` removes episodes from the graph. The graph is changed before the ledger, so an interrupted repair is found
    again. Raises GraphUnreachable, LeaseLost.
    """
    first = plan = plan_repair(connection, ledger, collection)
    for _ in range(MAX_ROUNDS):
        if plan.found.agree:
            break
        for batch in batched(plan.removed, MAX_REPAIRED):
            remove_episodes(batch)
        ledger.mark_again(plan.again, "it was not whole in the graph")
        _adopt(connection, ledger, plan.adopted)
        for pair in plan.mentions:
            _keep_single_mention(connection, *pair.split(ARROW))
        _facts(connection, plan.found)
        for batch in batched(plan.entities, MAX_REPAIRED):
            _change(connection, DELETE_ENTITIES, uuids=batch)
        plan = plan_repair(connection, ledger, collection)
        first = _merged(first, plan)
    return first.model_copy(update={"left": plan.found})


def _differences(connection: GraphConnection, ledger: Ledger, collection: str) -> Differences:
    return find_differences(connection, collection, written_episodes(ledger.engine, collection))


def _adopt(connection: GraphConnection, ledger: Ledger, uuids: Sequence[str]) -> None:
    for batch in batched(uuids, MAX_REPAIRED):
        for row in connection.read(HELD, uuids=batch):
            ledger.mark_written(row["uuid"], entities=row["entities"], facts=len(row["facts"] or ()))


def _keep_single_mention(connection: GraphConnection, episode: str, entity: str) -> None:
    """Deletes duplicates of a mention; keeps the mention with the uuid that a writer would use, if there is one."""
    ends = {"episode": episode, "entity": entity}
    ours = mention_uuid(episode, entity)
    if any(row["uuid"] == ours for row in connection.read(MENTIONED, **ends)):
        _change(connection, DELETE_OTHERS, uuid=ours, **ends)
    _change(connection, DELETE_MORE, **ends)


def _facts(connection: GraphConnection, found: Differences) -> None:
    for batch in batched(found.ungrounded, MAX_REPAIRED):
        _change(connection, DELETE_FACTS, uuids=batch)
    for batch in batched(found.doubled, MAX_REPAIRED):
        _change(connection, DELETE_MORE_FACTS, uuids=batch)
    for batch in batched(found.stale, MAX_REPAIRED):
        named = {row["uuid"]: row["episodes"] or [] for row in connection.read(STALE, uuids=batch)}
        there = {
            row["uuid"]
            for row in connection.read(THERE, uuids=sorted({episode for episodes in named.values() for episode in episodes}))
        }
        left = [
            {"uuid": uuid, "episodes": [episode for episode in episodes if episode in there]}
            for uuid, episodes in named.items()
        ]
        _change(connection, TRIM, rows=left)


def _change(connection: GraphConnection, cypher: LiteralString, **parameters: Any) -> None:
    connection.write(lambda tx: tx.run(cypher, **parameters).consume())


def _merged(first: Repair, second: Repair) -> Repair:
    """Merges the reports of two rounds."""
    return Repair(
        collection=first.collection,
        found=first.found,
        adopted=_union(first.adopted, second.adopted),
        removed=_union(first.removed, second.removed),
        again=_union(first.again, second.again),
        documents=_union(first.documents, second.documents),
        facts=_union(first.facts, second.facts),
        entities=_union(first.entities, second.entities),
        mentions=_union(first.mentions, second.mentions),
        left=first.left,
    )


def _union(first: list[str], second: list[str]) -> list[str]:
    return sorted({*first, *second})
