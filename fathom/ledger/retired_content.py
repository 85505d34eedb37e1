"""Keeps content that was taken out of the graph or the store, compressed, until it can no longer be brought back."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from fathom.sql import batched, insert_into
from fathom.tables import graph_undos, graph_writes, retired_content

c = retired_content.c
MAX_ROWS = 50  # of a statement: an episode has up to some 100 KB


@dataclass(frozen=True)
class RetiredItem:
    """A piece of retired content; `owner` took it away, and `key` is unique for its kind."""

    owner: str
    kind: str
    key: str
    document: str
    content: Any  # JSON


def retire(engine: Engine, items: Iterable[RetiredItem]) -> None:
    """Stores the items; those that are stored already stay as they are."""
    with engine.begin() as connection:
        retire_within(connection, engine, items)


def retire_within(connection: Connection, engine: Engine, items: Iterable[RetiredItem]) -> None:
    """Stores the items within the transaction; those that are stored already stay as they are."""
    keys = ["owner", "kind", "key"]
    statement = insert_into(engine, retired_content).on_conflict_do_nothing(index_elements=keys)
    now = time.time()
    for batch in batched(items, MAX_ROWS):
        connection.execute(statement, [_row(item, now) for item in batch])


def retired_by(engine: Engine, owner: str) -> list[RetiredItem]:
    """Returns everything that the owner took away."""
    query = sa.select(retired_content).where(c.owner == owner).order_by(c.kind, c.key)
    with engine.connect() as connection:
        return [
            RetiredItem(row.owner, row.kind, row.key, row.document, unpack_json(row.content))
            for row in connection.execute(query)
        ]


def forget_owner(connection: Connection, owner: str) -> None:
    """Deletes everything that the owner took away, within the transaction."""
    connection.execute(retired_content.delete().where(c.owner == owner))


def forget_document(engine: Engine, document: str) -> int:
    """Deletes the retired content of the document and its journal of writes; returns the number of deleted rows."""
    of_document = [table.delete().where(table.c.document == document) for table in (retired_content, graph_writes, graph_undos)]
    with engine.begin() as connection:
        return sum(connection.execute(statement).rowcount for statement in of_document)


def forget_expired(engine: Engine, before: float) -> Mapping[str, int]:
    """Deletes content retired before this time, with the journal of writes and undos; returns the deleted rows by table."""
    w, u = graph_writes.c, graph_undos.c
    ended = sa.func.coalesce(w.ended_at, w.began_at)
    statements = {
        "retired_content": retired_content.delete().where(c.retired_at < before),
        "graph_writes": graph_writes.delete().where(ended < before),
        "graph_undos": graph_undos.delete().where(u.done_at < before),
    }
    with engine.begin() as connection:
        return {name: connection.execute(statement).rowcount for name, statement in statements.items()}


def pack_json(value: Any) -> bytes:
    """Returns the JSON value compressed."""
    return zlib.compress(json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode(), 6)


def unpack_json(data: bytes) -> Any:
    """Returns the JSON value of compressed data."""
    return json.loads(zlib.decompress(data))


def _row(item: RetiredItem, now: float) -> dict[str, Any]:
    return {
        "owner": item.owner,
        "kind": item.kind,
        "key": item.key,
        "collection": item.document.partition("/")[0],
        "document": item.document,
        "content": pack_json(item.content),
        "retired_at": now,
    }
