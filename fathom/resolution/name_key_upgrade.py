"""Upgrades a collection whose names have keys of an older version (see fathom/knowledge/name_normalization.py).

The version of a collection's keys is stored in the node of its writer's lease. Verdicts are copied to the new keys before any
mention moves, so no pair is judged twice and no match is lost. An interrupted upgrade starts again from the beginning.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.fencing import LABEL, lease_node
from fathom.knowledge.legacy_name_keys import legacy_keys
from fathom.knowledge.name_disambiguation import split_form
from fathom.knowledge.name_resolution import UNTYPED, MentionKey, initial_key, mention_key
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
    """Upgrades the name keys to VERSION and returns whether they were of an older version.

    `join` moves the mentions with names of some keys to their entities. Only the collection's writer may call this. Raises
    GraphUnreachable, LeaseLost.
    """
    node = lease_node(collection)
    if any((row["version"] or 0) >= VERSION for row in connection.read(STANDS, uuid=node)):
        return False
    new_keys: dict[str, set[str]] = defaultdict(set)
    moved: dict[str, set[str]] = defaultdict(set)  # by the key of an entity, the keys of its names
    for rows in _mentioned(connection, collection):
        for row in rows:
            for name in (row["name"], *(alias for alias, _ in aliases_of(row))):
                key = mention_key(name, None).key
                changed = legacy_keys(name) - {key}
                for old in changed:
                    new_keys[old].add(key)
                if changed and key != row["key"]:
                    moved[row["key"]].add(key)
        for key in _of_several_forms(rows):
            moved[key].add(key)
    verdicts.copy_to_new_keys(
        {old: sorted(keys) for old, keys in new_keys.items()}, collection, lambda key: initial_key(MentionKey(key, UNTYPED))
    )
    ordered = sorted(moved)
    for start in range(0, len(ordered), ENTITIES_PER_STEP):
        batch = ordered[start : start + ENTITIES_PER_STEP]
        join({key for old in batch for key in (old, *moved[old])})
    mark = {"uuid": node, "collection": collection, "version": VERSION}
    connection.write(lambda tx: tx.run(MARK, **mark).consume())
    if ordered:
        log.info("Name keys upgraded", sub_stage="names", metrics={"entities": len(ordered)})
    return bool(ordered or new_keys)


def _mentioned(connection: GraphConnection, collection: str) -> Iterator[list[dict[str, Any]]]:
    after = ""
    while rows := connection.read(ENTITIES, group=collection, after=after, page=PAGE):
        after = rows[-1]["uuid"]
        yield connection.read(NAMES, uuids=[row["uuid"] for row in rows])


def _of_several_forms(rows: Collection[Mapping[str, Any]]) -> set[str]:
    """Returns the keys of entities that mentions name with several legal forms, which a document may distinguish."""
    forms: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        mention = mention_key(row["name"], None)
        forms[mention.key].add(split_form(mention.form)[1])
    return {key for key, legal in forms.items() if len(legal - {""}) > 1}
