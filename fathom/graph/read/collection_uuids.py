"""Reads the uuids of a collection's nodes, by which all else of it is then read in parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from fathom.graph.content.record_reader import stream_rows
from fathom.graphdb.connection import GraphConnection
from fathom.sql import batched


class CollectionUuids:
    """The uuids of the nodes of a label in a collection, in order; `doubled` are those of several nodes."""

    def __init__(self, connection: GraphConnection, label: str, collection: str) -> None:
        """Reads them; a uuid needs some 90 bytes of memory. Raises GraphUnreachable."""
        query = f"MATCH (n:{label}) WHERE n.group_id = $group AND n.uuid IS NOT NULL RETURN n.uuid"
        found = sorted(uuid for (uuid,) in stream_rows(connection, query, group=collection) if isinstance(uuid, str))
        self.doubled = sorted({uuid for uuid, following in pairwise(found) if uuid == following})
        self._uuids = list(dict.fromkeys(found)) if self.doubled else found

    def __len__(self) -> int:
        return len(self._uuids)

    def pages(self, size: int) -> Iterator[Sequence[str]]:
        """Yields the uuids, each once, in lists of at most `size`."""
        yield from batched(self._uuids, size)
