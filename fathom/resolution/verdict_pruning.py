"""What was judged of names and facts that a collection no longer has is forgotten with them."""

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
    """Nothing is kept of what was judged of names and facts that the collection no longer has. Raises GraphUnreachable."""
    of_names, of_facts = names.any(collection), facts.any(collection)
    if not of_names and not of_facts:
        return
    keys: set[str] = set()
    said: set[ComparedStatement] = set()
    relations: set[str] = set()
    after = ""
    while rows := connection.read(ALL_ENTITIES, group=collection, after=after, page=PAGE):
        after = rows[-1]["uuid"]
        uuids = [row["uuid"] for row in rows]
        if of_names:
            keys |= keys_of_names(connection.read(NAMES_OF, uuids=uuids))
        if of_facts:
            found = [
                (row["source"], *unpack(one)) for row in connection.read(ASSERTIONS_OF, uuids=uuids) for one in row["asserts"]
            ]
            asked = {"sources": uuids, "facts": sorted({fact for _, fact, _ in found})}
            known = {row["fact"]: row for row in connection.read(FACTS, **asked)} if found else {}
            for source, fact, one in found:
                if fact in known:
                    relation = one.relation or known[fact]["relation"]  # it was written before that was kept
                    said.add((statement_key(relation, one.fact), one.valid_at, source, known[fact]["target"]))
                    relations.add(relation)
    names.keep_only(collection, keys)
    facts.keep_only(collection, {key for key, _, _, _ in said}, said)
    facts.relations.keep_only(collection, relations)
