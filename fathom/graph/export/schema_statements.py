"""Lists the statements that create a graph's constraints and indexes in another Neo4j database."""

from __future__ import annotations

from fathom.graph.export.cypher_script import CONSTRAINT
from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.schema import FULLTEXT, RANGE, UNIQUE

_CONSTRAINTS = "SHOW CONSTRAINTS YIELD name, createStatement RETURN name, createStatement AS statement ORDER BY name"
_INDEXES = """
SHOW INDEXES YIELD name, type, owningConstraint, createStatement WHERE type <> 'LOOKUP' AND owningConstraint IS NULL
RETURN name, createStatement AS statement ORDER BY name
"""


def schema_statements(connection: GraphConnection) -> list[str]:
    """Returns Fathom's statements, and on Neo4j those of all other constraints and indexes. Raises GraphUnreachable."""
    ours = [*UNIQUE, *RANGE, *FULLTEXT]
    if connection.address.embedded:
        return ours
    known = {CONSTRAINT} | {statement.split(" IF NOT EXISTS")[0].rpartition(" ")[2] for statement in ours}
    found = [*connection.read(_CONSTRAINTS), *connection.read(_INDEXES)]
    return [*ours, *(_if_missing(row["name"], row["statement"]) for row in found if row["name"] not in known)]


def _if_missing(name: str, statement: str) -> str:
    quoted = f"`{name.replace('`', '``')}`"
    return statement.replace(quoted, f"{quoted} IF NOT EXISTS", 1)
