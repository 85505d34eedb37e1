"""What was judged of names and facts that a collection no longer has is forgotten with them."""

from __future__ import annotations

from fathom.graph.assertions import unpacked
from fathom.graph.connection import GraphConnection
from fathom.graph.identifying import keys_of_names
from fathom.ledger.verdicts import FactVerdicts, NameVerdicts

PAGE = 2_000  # entities a query

ALL_ENTITIES = """
MATCH (n:Entity) WHERE n.group_id = $group AND n.uuid > $after RETURN n.uuid AS uuid ORDER BY uuid LIMIT $page
"""
NAMES_OF = """
MATCH (:Episodic)-[m:MENTIONS]->(n:Entity) WHERE n.uuid IN $uuids AND m.name IS NOT NULL
RETURN DISTINCT m.name AS name, m.type AS type, m.also AS also
"""
SAID_OF = """
MATCH (:Episodic)-[m:MENTIONS]->(n:Entity) WHERE n.uuid IN $uuids AND m.asserts IS NOT NULL RETURN m.asserts AS asserts
"""


def forget(connection: GraphConnection, names: NameVerdicts, facts: FactVerdicts, collection: str) -> None:
    """Nothing is kept of what was judged of names and facts that the collection no longer has. Raises GraphUnreachable."""
    of_names, of_facts = names.any(collection), facts.any(collection)
    if not of_names and not of_facts:
        return
    keys: set[str] = set()
    said: set[str] = set()
    after = ""
    while rows := connection.read(ALL_ENTITIES, group=collection, after=after, page=PAGE):
        after = rows[-1]["uuid"]
        uuids = [row["uuid"] for row in rows]
        if of_names:
            keys |= keys_of_names(connection.read(NAMES_OF, uuids=uuids))
        if of_facts:
            found = connection.read(SAID_OF, uuids=uuids)
            said.update(one.key for row in found for _, one in map(unpacked, row["asserts"]))
    names.keep_only(collection, keys)
    facts.keep_only(collection, said)
