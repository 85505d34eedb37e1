"""Tells the version of the graph server, and whether Fathom supports it."""

from __future__ import annotations

from fathom.graphdb.arcadedb_process import embedded_version
from fathom.graphdb.connection import GraphConnection

OLDEST_NEO4J = (5, 26)


def server_version(connection: GraphConnection) -> str:
    """Returns the version of the server; of the embedded one, that of its wheel, since it reports a version of Neo4j.

    Raises GraphUnreachable.
    """
    if connection.address.embedded:
        return embedded_version()
    components = connection.read("CALL dbms.components() YIELD name, versions RETURN name, versions")
    return next((str(row["versions"][0]) for row in components if row["name"] == "Neo4j Kernel"), "unknown")


def server_name(connection: GraphConnection) -> str:
    """Returns the name of the server with its version. Raises GraphUnreachable."""
    return f"{'ArcadeDB' if connection.address.embedded else 'Neo4j'} {server_version(connection)}"


def version_issue(version: str, *, embedded: bool) -> str | None:
    """Returns a sentence about a version that is not supported, else None."""
    if embedded:
        return None
    numbers = tuple(int(part) for part in version.split("-")[0].split(".")[:2] if part.isdecimal())
    if numbers and numbers < OLDEST_NEO4J:
        oldest = ".".join(map(str, OLDEST_NEO4J))
        return f"Neo4j {version} is not supported. Upgrade it to {oldest} or newer, or unset FATHOM_GRAPH_URI."
    return None
