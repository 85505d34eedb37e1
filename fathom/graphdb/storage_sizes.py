"""Sizes of the graph's files and the free space of their disk, where the files are on this host."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from fathom.graphdb.arcadedb_process import DATABASE
from fathom.graphdb.arcadedb_sql import run_sql
from fathom.graphdb.connection import GraphConnection
from fathom.settings import Settings

LOCAL = ("127.0.0.1", "localhost", "::1")
MB, GB = 1_000_000, 1_000_000_000
_DATA = "SHOW SETTINGS 'server.directories.data' YIELD value RETURN value AS folder"
_STORE = re.compile(r"(.+?)_\d+(?:_\w+)?\..*bucket$")  # of the embedded server: the type, then the number of the bucket
_NODES, _RELATIONSHIPS = "neostore.nodestore.", "neostore.relationship"


class StorageSizes(BaseModel):
    """Sizes in MB; None where the files are on another host or cannot be read."""

    model_config = ConfigDict(frozen=True)

    size_mb: float | None = None
    node_store_mb: float | None = None
    relationship_store_mb: float | None = None
    free_mb: float | None = Field(None, description="free space of the disk")


def storage_sizes(settings: Settings, connection: GraphConnection) -> StorageSizes:
    """Returns the sizes of the files of the graph's database. Raises GraphUnreachable."""
    folder = data_folder(settings, connection)
    if folder is None:
        return StorageSizes()
    nodes, relationships = _types(connection) if connection.address.embedded else ((), ())
    total = of_nodes = of_relationships = 0
    for name, size in _files(folder):
        found = _STORE.match(name)
        kind = found[1] if found else ""
        total += size
        of_nodes += size if kind in nodes or name.startswith(_NODES) else 0
        of_relationships += size if kind in relationships or name.startswith(_RELATIONSHIPS) else 0
    return StorageSizes(
        size_mb=round(total / MB, 1),
        node_store_mb=round(of_nodes / MB, 1),
        relationship_store_mb=round(of_relationships / MB, 1),
        free_mb=round(shutil.disk_usage(folder).free / MB, 1),
    )


def data_folder(settings: Settings, connection: GraphConnection) -> Path | None:
    """Returns the folder of the database's files; None if it is on another host or cannot be read. Raises GraphUnreachable."""
    if connection.address.embedded:
        folder = settings.home / "graph" / "databases" / DATABASE
    elif urlsplit(connection.address.uri).hostname in LOCAL:
        from neo4j.exceptions import Neo4jError

        try:
            rows = connection.read(_DATA)
        except Neo4jError:  # a user without the right to see settings
            return None
        folder = Path(rows[0]["folder"] if rows else "/") / "databases" / connection.address.database
    else:
        return None
    return folder if os.access(folder, os.R_OK | os.X_OK) else None


def free_disk_gb(settings: Settings, connection: GraphConnection) -> float | None:
    """Returns the free space of the disk with the graph; None where that is unknown. Raises GraphUnreachable."""
    folder = data_folder(settings, connection)
    return None if folder is None else shutil.disk_usage(folder).free / GB


def _types(connection: GraphConnection) -> tuple[Collection[str], Collection[str]]:
    """Returns the names of the embedded server's types of nodes and of relationships, by which it names its files."""
    rows = run_sql(connection.address, "SELECT name, type FROM schema:types")
    nodes = {str(row["name"]) for row in rows if row["type"] == "vertex"}
    return nodes, {str(row["name"]) for row in rows if row["type"] == "edge"}


def _files(folder: Path) -> Iterator[tuple[str, int]]:
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                yield name, (Path(place) / name).stat().st_size
            except OSError:  # the server deletes files meanwhile
                continue
