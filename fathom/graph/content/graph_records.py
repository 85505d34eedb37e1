"""Defines nodes and relationships as records that are independent of the server, and the selection of those to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from fathom.errors import UsageWrong
from fathom.ids import collection_name

EMBEDDINGS = ("name_embedding", "fact_embedding", "content_embedding")
EPISODE, ENTITY, FACT, MENTION = "Episodic", "Entity", "RELATES_TO", "MENTIONS"
ValidityBasis = Literal["valid", "recorded"]


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """A node; `id` is the server's and is valid within a single reading only."""

    id: str
    labels: tuple[str, ...]
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RelationshipRecord:
    """A relationship between the nodes with the ids `source` and `target`, which are the server's as `id`."""

    id: str
    type: str
    source: str
    target: str
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class Selection:
    """The part of a graph to read: by default all of it.

    Args:
        collection: its nodes, and the relationships between them.
        labels: nodes with at least one of these labels, and the relationships between them.
        at: facts that held at this time, by `basis`: in the world ("valid"), or in the graph as it was then ("recorded").
        limit: the maximum number of nodes.
        embeddings: whether embeddings are read.
    """

    collection: str | None = None
    labels: tuple[str, ...] = ()
    at: datetime | None = None
    basis: ValidityBasis = "valid"
    limit: int | None = None
    embeddings: bool = True

    def __post_init__(self) -> None:
        if self.collection is not None:
            collection_name(self.collection)
        if self.limit is not None and self.limit < 1:
            raise UsageWrong(f"The limit is at least 1 node; {self.limit} was given.")
        if self.at is not None and self.at.tzinfo is None:
            raise UsageWrong(f"The time {self.at.isoformat()} needs a time zone.", hint="Add Z for UTC.")
