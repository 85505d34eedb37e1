"""Weighs the dates of a collection anew that an older version wrote: see assertions.py and validity.py.

Older versions gave a fact of which only an end is told the date of its upload as beginning, kept the years 1 and 9999 as dates,
and ended nothing where a text says that it is over. What was asserted was kept, so it takes no model to set that right. The
version stands in the node of the collection's writer's lease; cut short at any point, it is done again from the start.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.fencing import LABEL, lease_node
from fathom.observability.structured_logging import get_logger

VERSION = 1
PAGE = 200  # entities whose facts are weighed in one transaction

STANDS = f"MATCH (f:{LABEL} {{uuid: $uuid}}) RETURN f.fact_dates AS version"
MARK = f"MERGE (f:{LABEL} {{uuid: $uuid}}) SET f.collection = $collection, f.fact_dates = $version"
SOURCES = """
MATCH (n:Entity) WHERE n.group_id = $group AND n.uuid > $after RETURN n.uuid AS uuid ORDER BY uuid LIMIT $page
"""

log = get_logger(__name__)


def upgrade_fact_dates(connection: GraphConnection, collection: str, weigh: Callable[[Collection[str]], object]) -> bool:
    """Returns whether the facts of the collection had dates of an older kind; they have those of VERSION then.

    `weigh` gives the facts of which some entities are the source the dates that follow from what is asserted. Only the
    collection's writer may do this. Raises GraphUnreachable, LeaseLost.
    """
    node = lease_node(collection)
    if any((row["version"] or 0) >= VERSION for row in connection.read(STANDS, uuid=node)):
        return False
    after, entities = "", 0
    while rows := connection.read(SOURCES, group=collection, after=after, page=PAGE):
        after = rows[-1]["uuid"]
        entities += len(rows)
        weigh([row["uuid"] for row in rows])
    mark = {"uuid": node, "collection": collection, "version": VERSION}
    connection.write(lambda tx: tx.run(MARK, **mark).consume())
    if entities:
        log.info("The dates of facts were weighed anew", sub_stage="facts", metrics={"entities": entities})
    return entities > 0
