"""Caches responses in Postgres for all hosts that share the operational database."""

from __future__ import annotations

import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from fathom.llm.client import LLMResponse
from fathom.llm.middleware.response_cache import MB, USED_AGAIN_S, decode_response, encode_response
from fathom.sql import AdvisoryLock, batched, exclusive_transaction, insert_into
from fathom.tables import llm_response_uses, llm_responses

PUTS_BETWEEN_EVICTIONS = 64


class SharedResponseCache:
    """Responses by request key, bounded in size; the least recently used are evicted."""

    def __init__(self, engine: Engine, *, max_mb: int) -> None:
        self._engine = engine
        self._max_bytes = max_mb * MB
        self._puts = 0

    def get(self, key: str, document: str | None = None) -> LLMResponse | None:
        """Returns the response cached under the key, None if there is none; notes that `document` uses it."""
        c = llm_responses.c
        with self._engine.begin() as connection:
            row = connection.execute(sa.select(c.response, c.used_at).where(c.key == key)).one_or_none()
            if row is None:
                return None
            if time.time() - row.used_at > USED_AGAIN_S:
                connection.execute(llm_responses.update().where(c.key == key).values(used_at=time.time()))
            self._use(connection, key, document)
        return decode_response(row.response)

    def put(self, key: str, prompt: str, response: LLMResponse, document: str | None = None) -> None:
        """Stores a response durably."""
        text, size = encode_response(response)
        row = {"model": response.model, "prompt": prompt, "response": text, "bytes": size, "used_at": time.time()}
        insert: Any = insert_into(self._engine, llm_responses).values(key=key, **row)
        with self._engine.begin() as connection:
            connection.execute(insert.on_conflict_do_update(index_elements=["key"], set_=row))
            self._use(connection, key, document)
        self._puts += 1
        if self._puts % PUTS_BETWEEN_EVICTIONS == 1:
            self.shrink()

    def shrink(self) -> int:
        """Evicts the least recently used responses if the cache is over its bound; returns their number."""
        c = llm_responses.c
        with exclusive_transaction(self._engine, AdvisoryLock.EVICTIONS) as connection:
            size = connection.scalar(sa.select(sa.func.coalesce(sa.func.sum(c.bytes), 0))) or 0
            if size <= self._max_bytes:
                return 0
            over, gone = size - int(self._max_bytes * 0.9), list[str]()
            for key, length in connection.execute(sa.select(c.key, c.bytes).order_by(c.used_at, c.key)):
                if over <= 0:
                    break
                gone.append(key)
                over -= length
            _drop(connection, gone)
        return len(gone)

    def forget(self, document: str) -> int:
        """Deletes the responses that only this document has used; returns their number."""
        c, other = llm_response_uses.c, llm_response_uses.alias()
        shared = sa.exists().where(other.c.key == c.key, other.c.document != document)
        with self._engine.begin() as connection:
            gone = list(connection.scalars(sa.select(c.key).where(c.document == document, ~shared)))
            connection.execute(llm_response_uses.delete().where(c.document == document))
            _drop(connection, gone)
        return len(gone)

    def used_by(self, document: str) -> int:
        """Returns the number of cached responses that this document has used."""
        c = llm_response_uses.c
        with self._engine.connect() as connection:
            return connection.scalar(sa.select(sa.func.count()).where(c.document == document)) or 0

    def count(self) -> int:
        """Returns the number of cached responses."""
        with self._engine.connect() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(llm_responses)) or 0

    def close(self) -> None:
        """Does nothing: the engine is the process's own."""

    def _use(self, connection: Connection, key: str, document: str | None) -> None:
        if document is not None:
            used: Any = insert_into(self._engine, llm_response_uses).values(document=document, key=key)
            connection.execute(used.on_conflict_do_nothing())


def _drop(connection: Connection, keys: list[str]) -> None:
    for batch in batched(keys):
        connection.execute(llm_responses.delete().where(llm_responses.c.key.in_(batch)))
        connection.execute(llm_response_uses.delete().where(llm_response_uses.c.key.in_(batch)))
