"""Prunes verdicts on names and facts that a collection no longer contains (garbage collection)."""

from __future__ import annotations

from fathom.graphdb.connection import GraphConnection
from fathom.knowledge.assertions import statement_key, unpack
from fathom.resolution.entity_matching import keys_of_names
from fathom.resolution.store.fact_verdict_store import ComparedStatement, FactVerdictStore
from fathom.resolution.store.verdict_store import NameVerdictStore

PAGE = 2_000  # entities a query

ALL_ENTITIES = """
MATCH (n:Entity) WHERE n.group_id = $group AND n.uuid > $after RETURN n.uuid AS uuid ORDER BY uuid LIMIT $page
"""
NAMES_OF = """
MATCH (:Episodic)-[m:MENTIONS]->(n:Entity) WHERE n.uuid IN $uuids AND m.name IS NOT NULL
RETURN DISTINCT m.name AS name, m.type AS type, m.also AS also, n.name_key AS key, n.name_form AS form
"""
ASSERTIONS_OF = """
MATCH (:Episodic)-[m:MENTIONS]->(n:Entity) WHERE n.uuid IN $uuids AND m.asserts IS NOT NULL
RETURN n.uuid AS source, m.asserts AS asserts
"""
FACTS = """
MATCH (a:Entity)-[r:RELATES_TO]->(b:Entity) WHERE a.uuid IN $sources AND r.uuid IN $facts
RETURN r.uuid AS fact, r.name AS relation, b.uuid AS target
"""


def prune_verdicts(connection: GraphConnection, names: NameVerdictStore, facts: FactVerdictStore, collection: str) -> None:
    """Deletes verdicts on names and facts that the collection no longer contains. Raises GraphUnreachable."""
    has_names, has_facts = names.has_any(collection), facts.has_any(collection)
    if not has_names and not has_facts:
        return
    keys: set[str] = set()
    statements: set[ComparedStatement] = set()
    relations: set[str] = set()
    after = ""
    while rows := connection.read(ALL_ENTITIES, group=collection, after=after, page=PAGE):
        after = rows[-1]["uuid"]
        uuids = [row["uuid"] for row in rows]
        if has_names:
            keys |= keys_of_names(connection.read(NAMES_OF, uuids=uuids))
        if has_facts:
            assertions = connection.read(ASSERTIONS_OF, uuids=uuids)
            found = [(row["source"], *unpack(packed)) for row in assertions for packed in row["asserts"]]
            wanted = {"sources": uuids, "facts": sorted({fact for _, fact, _ in found})}
            known = {row["fact"]: row for row in connection.read(FACTS, **wanted)} if found else {}
            for source, fact, assertion in found:
                if fact in known:
                    relation = assertion.relation or known[fact]["relation"]  # older assertions have no relation of their own
                    key = statement_key(relation, assertion.fact)
                    statements.add((key, assertion.valid_at, source, known[fact]["target"]))
                    relations.add(relation)
    names.retain(collection, keys)
    facts.retain(collection, {key for key, _, _, _ in statements}, statements)
    facts.relations.retain(collection, relations)
