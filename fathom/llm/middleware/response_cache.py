"""Caches responses, in a file for all processes of the host or in Postgres (shared_response_cache.py); caches no failure."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

from fathom.llm.client import LLMClient, LLMRequest, LLMResponse, TokenUsage, billed_document
from fathom.llm.host_sqlite import HostSQLite

MB = 1024 * 1024
USED_AGAIN_S = 86_400.0  # a response's last use is updated once a day at most
_STORED_NAMES = {"stop_reason": "ending", "cached": "remembered"}  # of fields of a response, in the JSON of the cache
_FIELDS = {stored: name for name, stored in _STORED_NAMES.items()}
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, model TEXT, prompt TEXT, answer TEXT, bytes INTEGER, used_at REAL);
CREATE INDEX IF NOT EXISTS answers_by_use ON answers (used_at);
CREATE TABLE IF NOT EXISTS uses (key TEXT, document TEXT, PRIMARY KEY (document, key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS uses_by_key ON uses (key);
"""


class CachedResponses(Protocol):
    """A cache of responses by request key."""

    def get(self, key: str, document: str | None = None) -> LLMResponse | None:
        """Returns the response cached under the key, None if there is none; notes that `document` uses it."""
        ...

    def put(self, key: str, prompt: str, response: LLMResponse, document: str | None = None) -> None:
        """Stores a response durably."""
        ...

    def forget(self, document: str) -> int:
        """Deletes the responses that only this document has used; returns their number."""
        ...

    def used_by(self, document: str) -> int:
        """Returns the number of cached responses that this document has used."""
        ...

    def count(self) -> int:
        """Returns the number of cached responses."""
        ...

    def close(self) -> None:
        """Closes connections of its own."""
        ...


class ResponseCache:
    """Responses by request key in a SQLite file, bounded in size; the least recently used are evicted."""

    def __init__(self, file: Path, *, max_mb: int) -> None:
        self._file = HostSQLite(file, _SCHEMA, synchronous="FULL")  # a paid response survives a power cut
        self._max_bytes = max_mb * MB
        self._puts = 0

    def get(self, key: str, document: str | None = None) -> LLMResponse | None:
        """Returns the response cached under the key, None if there is none; notes that `document` uses it."""
        with self._file.reading() as connection:
            row = connection.execute("SELECT answer, used_at FROM answers WHERE key = ?", (key,)).fetchone()
            if row is None:
                return None
            if time.time() - row[1] > USED_AGAIN_S:
                connection.execute("UPDATE answers SET used_at = ? WHERE key = ?", (time.time(), key))
            _use(connection, key, document)
        return decode_response(row[0])

    def put(self, key: str, prompt: str, response: LLMResponse, document: str | None = None) -> None:
        """Stores a response durably."""
        text, size = encode_response(response)
        row = (key, response.model, prompt, text, size, time.time())
        with self._file.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?)", row)
            _use(connection, key, document)
        self._puts += 1
        if self._puts % 64 == 1:
            self.shrink()

    def shrink(self) -> int:
        """Evicts the least recently used responses if the cache is over its bound; returns their number."""
        with self._file.writing() as connection:
            (size,) = connection.execute("SELECT coalesce(sum(bytes), 0) FROM answers").fetchone()
            gone: list[tuple[str]] = []
            over = size - int(self._max_bytes * 0.9) if size > self._max_bytes else 0
            for key, length in connection.execute("SELECT key, bytes FROM answers ORDER BY used_at, key"):
                if over <= 0:
                    break
                gone.append((key,))
                over -= length
            _drop(connection, gone)
        return len(gone)

    def forget(self, document: str) -> int:
        """Deletes the responses that only this document has used; returns their number."""
        mine = (
            "SELECT key FROM uses AS mine WHERE document = ? AND NOT EXISTS "
            "(SELECT 1 FROM uses WHERE uses.key = mine.key AND uses.document <> mine.document)"
        )
        with self._file.writing() as connection:
            gone = connection.execute(mine, (document,)).fetchall()
            connection.execute("DELETE FROM uses WHERE document = ?", (document,))
            _drop(connection, gone)
        return len(gone)

    def used_by(self, document: str) -> int:
        """Returns the number of cached responses that this document has used."""
        with self._file.reading() as connection:
            (number,) = connection.execute("SELECT count(*) FROM uses WHERE document = ?", (document,)).fetchone()
        return int(number)

    def count(self) -> int:
        """Returns the number of cached responses."""
        with self._file.reading() as connection:
            (number,) = connection.execute("SELECT count(*) FROM answers").fetchone()
        return int(number)

    def close(self) -> None:
        """Closes its file."""
        self._file.close()


def encode_response(response: LLMResponse) -> tuple[str, int]:
    """Returns the response as JSON, and the bytes that it takes in a cache."""
    data = {_STORED_NAMES.get(name, name): value for name, value in asdict(response).items()}
    text = json.dumps(data, ensure_ascii=False)
    return text, len(text.encode()) + 200


def decode_response(text: str) -> LLMResponse:
    """Returns the response from its JSON, marked as cached."""
    data = {_FIELDS.get(name, name): value for name, value in json.loads(text).items()}
    return LLMResponse(**{**data, "tokens": TokenUsage(**data["tokens"]), "cached": True})


def _drop(connection: sqlite3.Connection, keys: list[tuple[str]]) -> None:
    connection.executemany("DELETE FROM answers WHERE key = ?", keys)
    connection.executemany("DELETE FROM uses WHERE key = ?", keys)


def _use(connection: sqlite3.Connection, key: str, document: str | None) -> None:
    if document is None:
        return
    known = connection.execute("SELECT 1 FROM uses WHERE document = ? AND key = ?", (document, key)).fetchone()
    if not known:
        connection.execute("INSERT OR IGNORE INTO uses VALUES (?, ?)", (key, document))


class CacheWriter:
    """Stores each valid response as soon as it arrives; placed next to the provider, so that no later failure loses it."""

    def __init__(
        self, inner: LLMClient, store: CachedResponses, worth_keeping: Callable[[LLMRequest, LLMResponse], bool]
    ) -> None:
        self.model = inner.model
        self._inner = inner
        self._store = store
        self._worth_keeping = worth_keeping

    def complete(self, request: LLMRequest) -> LLMResponse:
        """Returns the provider's response."""
        response = self._inner.complete(request)
        if response.stop_reason == "complete" and self._worth_keeping(request, response):
            self._store.put(request.key(self.model), request.prompt, response, billed_document())
        return response


class CacheReader:
    """Returns cached responses; placed above budget, rate limit and provider."""

    def __init__(self, inner: LLMClient, store: CachedResponses) -> None:
        self.model = inner.model
        self._inner = inner
        self._store = store

    def complete(self, request: LLMRequest) -> LLMResponse:
        """Returns the cached response, else the inner client's."""
        kept = self._store.get(request.key(self.model), billed_document())
        return kept if kept is not None else self._inner.complete(request)
