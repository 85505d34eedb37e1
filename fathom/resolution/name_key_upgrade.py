"""Brings a collection whose names have keys of an older kind to the keys that names have: see naming.py.

The version of a collection's keys stands in the node of its writer's lease. What is known of names under their old keys is
known under the new ones before any mention moves, so nothing is asked twice and no name parts from what it was joined with.
Cut short at any point, it is done again from the start.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.fencing import LABEL, lease_node
from fathom.knowledge.legacy_name_keys import first_keys
from fathom.knowledge.name_disambiguation import split_form
from fathom.knowledge.name_resolution import UNTYPED, MentionKey, initialism_key, mention_key
from fathom.knowledge.records import aliases_of
from fathom.observability.structured_logging import get_logger
from fathom.resolution.store.verdict_store import NameVerdictStore

VERSION = 2  # 1: keys that depended on case, before a version was kept
PAGE = 2_000  # entities a query
ENTITIES_PER_STEP = 50  # entities whose mentions are moved in one transaction or few

STANDS = f"MATCH (f:{LABEL} {{uuid: $uuid}}) RETURN f.name_keys AS version"
MARK = f"MERGE (f:{LABEL} {{uuid: $uuid}}) SET f.collection = $collection, f.name_keys = $version"
ENTITIES = """
MATCH (n:Entity) WHERE n.group_id = $group AND n.uuid > $after
RETURN n.uuid AS uuid, n.name_key AS key ORDER BY uuid LIMIT $page
"""
NAMES = """
MATCH (:Episodic)-[m:MENTIONS]->(n:Entity) WHERE n.uuid IN $uuids AND m.name IS NOT NULL
RETURN DISTINCT n.uuid AS uuid, n.name_key AS key, m.name AS name, m.also AS also
"""

log = get_logger(__name__)


def upgrade_name_keys(
    connection: GraphConnection, verdicts: NameVerdictStore, collection: str, join: Callable[[Collection[str]], object]
) -> bool:
    """Returns whether the names of the collection had keys of an older kind; they have those of VERSION then.

    `join` moves what is said by names of some keys to the entities of their senses. Only the collection's writer may do this.
    Raises GraphUnreachable, LeaseLost.
    """
    node = lease_node(collection)
    if any((row["version"] or 0) >= VERSION for row in connection.read(STANDS, uuid=node)):
        return False
    became: dict[str, set[str]] = defaultdict(set)
    stirred: dict[str, set[str]] = defaultdict(set)  # by the key of an entity, those that names of it have
    for rows in _mentioned(connection, collection):
        for row in rows:
            for name in (row["name"], *(one for one, _ in aliases_of(row))):
                key = mention_key(name, None).key
                changed = first_keys(name) - {key}
                for old in changed:
                    became[old].add(key)
                if changed and key != row["key"]:
                    stirred[row["key"]].add(key)
        for key in _of_several_forms(rows):
            stirred[key].add(key)
    verdicts.copy(
        {old: sorted(keys) for old, keys in became.items()}, collection, lambda key: initialism_key(MentionKey(key, UNTYPED))
    )
    ordered = sorted(stirred)
    for start in range(0, len(ordered), ENTITIES_PER_STEP):
        some = ordered[start : start + ENTITIES_PER_STEP]
        join({key for old in some for key in (old, *stirred[old])})
    mark = {"uuid": node, "collection": collection, "version": VERSION}
    connection.write(lambda tx: tx.run(MARK, **mark).consume())
    if ordered:
        log.info("Names have new keys", sub_stage="names", metrics={"entities": len(ordered)})
    return bool(ordered or became)


def _mentioned(connection: GraphConnection, collection: str) -> Iterator[list[dict[str, Any]]]:
    after = ""
    while rows := connection.read(ENTITIES, group=collection, after=after, page=PAGE):
        after = rows[-1]["uuid"]
        yield connection.read(NAMES, uuids=[row["uuid"] for row in rows])


def _of_several_forms(rows: Collection[Mapping[str, Any]]) -> set[str]:
    """The keys of entities that mentions name with several legal forms, which a document may tell apart."""
    forms: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        sense = mention_key(row["name"], None)
        forms[sense.key].add(split_form(sense.form)[1])
    return {key for key, some in forms.items() if len(some - {""}) > 1}
