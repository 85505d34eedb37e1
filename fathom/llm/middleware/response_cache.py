"""Answers that were paid for, kept on disk: asked again by anyone on this host, they are there; a failure never is."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from fathom.llm.client import Answer, Asker, Question, TokenUse, paying_document
from fathom.llm.host_sqlite import LocalFile

_MB = 1024 * 1024
_USED_AGAIN_S = 86_400.0  # an answer's last use is noted once a day at most
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, model TEXT, prompt TEXT, answer TEXT, bytes INTEGER, used_at REAL);
CREATE INDEX IF NOT EXISTS answers_by_use ON answers (used_at);
CREATE TABLE IF NOT EXISTS uses (key TEXT, document TEXT, PRIMARY KEY (document, key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS uses_by_key ON uses (key);
"""


class AnswerStore:
    """Answers by key in one SQLite file, for all threads and processes of a host; the longest unused go when it is full."""

    def __init__(self, file: Path, *, most_mb: int) -> None:
        self._file = LocalFile(file, _SCHEMA, synchronous="FULL")  # an answer that was paid for survives a power cut
        self._most = most_mb * _MB
        self._puts = 0

    def get(self, key: str, document: str | None = None) -> Answer | None:
        """The answer kept under the key; `document` uses it from now on."""
        with self._file.reading() as connection:
            row = connection.execute("SELECT answer, used_at FROM answers WHERE key = ?", (key,)).fetchone()
            if row is None:
                return None
            if time.time() - row[1] > _USED_AGAIN_S:
                connection.execute("UPDATE answers SET used_at = ? WHERE key = ?", (time.time(), key))
            _use(connection, key, document)
        data = json.loads(row[0])
        return Answer(**{**data, "tokens": TokenUse(**data["tokens"]), "remembered": True})

    def put(self, key: str, prompt: str, answer: Answer, document: str | None = None) -> None:
        """The answer is on the disk."""
        text = json.dumps(asdict(answer), ensure_ascii=False)
        row = (key, answer.model, prompt, text, len(text.encode()) + 200, time.time())
        with self._file.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?)", row)
            _use(connection, key, document)
        self._puts += 1
        if self._puts % 64 == 1:
            self.shrink()

    def shrink(self) -> int:
        """The store is within its bound, by leaving out what was longest not used; answers how many answers that were."""
        with self._file.writing() as connection:
            (size,) = connection.execute("SELECT coalesce(sum(bytes), 0) FROM answers").fetchone()
            gone: list[tuple[str]] = []
            over = size - int(self._most * 0.9) if size > self._most else 0
            for key, length in connection.execute("SELECT key, bytes FROM answers ORDER BY used_at, key"):
                if over <= 0:
                    break
                gone.append((key,))
                over -= length
            _drop(connection, gone)
        return len(gone)

    def forget(self, document: str) -> int:
        """No answer is kept that this document alone has used; answers how many there were."""
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
        """How many answers are kept that this document has used."""
        with self._file.reading() as connection:
            (number,) = connection.execute("SELECT count(*) FROM uses WHERE document = ?", (document,)).fetchone()
        return int(number)

    def count(self) -> int:
        """How many answers are kept."""
        with self._file.reading() as connection:
            (number,) = connection.execute("SELECT count(*) FROM answers").fetchone()
        return int(number)

    def close(self) -> None:
        """Its file is closed."""
        self._file.close()


def _drop(connection: sqlite3.Connection, keys: list[tuple[str]]) -> None:
    connection.executemany("DELETE FROM answers WHERE key = ?", keys)
    connection.executemany("DELETE FROM uses WHERE key = ?", keys)


def _use(connection: sqlite3.Connection, key: str, document: str | None) -> None:
    if document is None:
        return
    known = connection.execute("SELECT 1 FROM uses WHERE document = ? AND key = ?", (document, key)).fetchone()
    if not known:
        connection.execute("INSERT OR IGNORE INTO uses VALUES (?, ?)", (key, document))


class Remembering:
    """Keeps each answer worth keeping as soon as it arrives: next to the provider, before anyone can fail over it."""

    def __init__(self, inner: Asker, store: AnswerStore, worth_keeping: Callable[[Question, Answer], bool]) -> None:
        self.model = inner.model
        self._inner = inner
        self._store = store
        self._worth_keeping = worth_keeping

    def ask(self, question: Question) -> Answer:
        """The answer of the provider."""
        answer = self._inner.ask(question)
        if answer.ending == "complete" and self._worth_keeping(question, answer):
            self._store.put(question.key(self.model), question.prompt, answer, paying_document())
        return answer


class Recalling:
    """Answers from what is kept, before money, limits and the provider."""

    def __init__(self, inner: Asker, store: AnswerStore) -> None:
        self.model = inner.model
        self._inner = inner
        self._store = store

    def ask(self, question: Question) -> Answer:
        """The answer that is kept, `remembered`; else that of the layer below."""
        kept = self._store.get(question.key(self.model), paying_document())
        return kept if kept is not None else self._inner.ask(question)
