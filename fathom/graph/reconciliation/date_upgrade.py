"""Recomputes the fact dates of a collection that an older version wrote (see assertions.py and fact_validity.py).

Older versions used the upload date as the beginning of a fact with only a stated end, stored the years 1 and 9999 as dates, and
ignored stated endings. The assertions are stored, so this needs no model. The version is stored in the node of the
collection's writer's lease; an interrupted upgrade starts again from the beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.fencing import LABEL, lease_node
from fathom.observability.structured_logging import get_logger

VERSION = 1
PAGE = 200  # entities a transaction

STANDS = f"MATCH (f:{LABEL} {{uuid: $uuid}}) RETURN f.fact_dates AS version"
MARK = f"MERGE (f:{LABEL} {{uuid: $uuid}}) SET f.collection = $collection, f.fact_dates = $version"
SOURCES = """
MATCH (n:Entity) WHERE n.group_id = $group AND n.uuid > $after RETURN n.uuid AS uuid ORDER BY uuid LIMIT $page
"""

log = get_logger(__name__)


def upgrade_fact_dates(connection: GraphConnection, collection: str, recompute: Callable[[Collection[str]], object]) -> bool:
    """Upgrades the fact dates to VERSION and returns whether they were of an older version.

    `recompute` recomputes the dates of facts with the given entities as source. Only the collection's writer may call this.
    Raises GraphUnreachable, LeaseLost.
    """
    node = lease_node(collection)
    if any((row["version"] or 0) >= VERSION for row in connection.read(STANDS, uuid=node)):
        return False
    after, entities = "", 0
    while rows := connection.read(SOURCES, group=collection, after=after, page=PAGE):
        after = rows[-1]["uuid"]
        entities += len(rows)
        recompute([row["uuid"] for row in rows])
    mark = {"uuid": node, "collection": collection, "version": VERSION}
    connection.write(lambda tx: tx.run(MARK, **mark).consume())
    if entities:
        log.info("Fact dates upgraded", sub_stage="facts", metrics={"entities": entities})
    return entities > 0
