"""Questions gathered into Anthropic's message batches: half the price, answered within a day, none asked twice after a kill."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fathom.errors import FathomError
from fathom.llm.client import Answer, NoAnswer, Question, TokenUse
from fathom.llm.host_sqlite import LocalFile
from fathom.llm.pricing import IN_BATCHES
from fathom.llm.providers.anthropic import AnthropicProvider, Manner
from fathom.llm.providers.error_response import refused_inside
from fathom.observability.structured_logging import emit, get_logger

GATHER_S = 1.0  # a batch goes out when no question came for so long
MOST_QUESTIONS = 5_000  # a batch may have 100,000 or 256 MB; a question of ours is below 40 kB
FIRST_LOOK_S, LONGEST_LOOK_S = 1.0, 60.0  # most batches end within an hour, few within a minute
TROUBLE_S = 900.0  # a provider that does not say how a batch stands for so long is down
AT_ONCE = 256  # questions of one document that may be in question at one time, each a thread that waits
HELD_S = 26 * 3600.0  # a batch ends after a day at the latest
_KEPT_S = 28 * 86_400.0  # results are there for 29 days
_CLOCKS_S = 60.0  # the provider's clock may be another
_SCHEMA = "CREATE TABLE IF NOT EXISTS sent (key TEXT PRIMARY KEY, batch TEXT, at REAL);"

log = get_logger(__name__)


class BatchProvider:
    """Answers as the provider it is given does, by way of batches; which question is in which batch is on this host's disk.

    A process that is killed while it waits has left that to the next, which asks nothing again that was sent.
    """

    def __init__(
        self, single: AnthropicProvider, file: Path, *, gather_s: float = GATHER_S, look_s: float = FIRST_LOOK_S
    ) -> None:
        self.model = single.model
        self._single = single
        self._sent = SentQuestions(file)
        self._gather_s = gather_s
        self._look_s = look_s
        self._lock = threading.Lock()
        self._waiting: dict[str, tuple[Question, Future[Answer]]] = {}
        self._batch_of: dict[str, str] = {}
        self._manner_of: dict[str, Manner] = {}
        self._last_came = 0.0
        self._last_said = 0.0
        self._thread: threading.Thread | None = None

    @property
    def is_met(self) -> bool:
        """Whether many questions may be asked at once: a batch is one request for all of them."""
        return True

    @property
    def room(self) -> int:
        """Tokens that an answer may take beside those of the question's longest."""
        return self._single.room

    def ask(self, question: Question) -> Answer:
        """The answer, when its batch has ended; an urgent question is in none. Raises what the single provider raises."""
        if question.urgent:
            return self._single.ask(question)
        key = question.key(self.model)
        with self._lock:
            again = key in self._waiting  # by another thread: paid for once
            _, answer = self._waiting.setdefault(key, (question, Future[Answer]()))
            self._last_came = time.monotonic()
            if self._thread is None:
                self._last_said = time.monotonic()
                self._thread = threading.Thread(target=self._follow, name="batches", daemon=True)
                self._thread.start()
        found = answer.result()
        return replace(found, tokens=TokenUse(), cost_usd=0.0) if again else found

    def open(self) -> None:
        """Its client is made and nothing asked. Raises what the single provider raises."""
        self._single.open()

    def close(self) -> None:
        """Its connections and its file are closed, until it is asked again."""
        self._single.close()
        self._sent.close()

    def _follow(self) -> None:
        """Sends and looks until nothing waits. What was sent stays on record, whatever fails here."""
        wait = self._look_s
        while self._someone_waits():
            try:
                busy = self._send_what_is_gathered() or self._look()
                self._last_said = time.monotonic()
                wait = self._look_s if busy else min(LONGEST_LOOK_S, wait * 1.5)
            except NoAnswer as error:
                if time.monotonic() - self._last_said > TROUBLE_S:
                    self._give_up(error)
                wait = min(LONGEST_LOOK_S, max(wait * 1.5, error.retry_after or 0.0))
            except FathomError as error:
                self._give_up(error)
            except Exception as error:
                log.exception("The batches cannot be followed")
                self._give_up(NoAnswer("batch", f"Its batch cannot be followed: {type(error).__name__}."))
            time.sleep(self._gather_s if self._unsent() else wait)

    def _someone_waits(self) -> bool:
        with self._lock:
            if not self._waiting:
                self._thread = None  # the next question starts another
            return bool(self._waiting)

    def _unsent(self) -> list[str]:
        with self._lock:
            return [key for key in self._waiting if key not in self._batch_of][:MOST_QUESTIONS]

    def _send_what_is_gathered(self) -> bool:
        keys = self._unsent()
        if not keys or (time.monotonic() - self._last_came < self._gather_s and len(keys) < MOST_QUESTIONS):
            return False
        self._batch_of |= self._sent.batches(keys)
        self._batch_of |= self._found_again([key for key in keys if key not in self._batch_of])
        fresh = [key for key in keys if key not in self._batch_of]
        if fresh:
            self._send(fresh)
        return True

    def _send(self, keys: list[str]) -> None:
        manner = self._single.manner
        asked: list[dict[str, Any]] = []
        for key in keys:
            try:
                asked.append({"custom_id": key, "params": self._single.request(self._waiting[key][0], manner)})
            except FathomError as error:  # it is too long, by what was learned of the model
                self._fail(key, error)
        if not asked:
            return
        keys = [one["custom_id"] for one in asked]
        self._sent.begun(keys)  # before they are sent: a kill in between is seen by the next
        try:
            batch = self._single.called(lambda: self._single.client.messages.batches.create(requests=asked))
        except FathomError:
            self._sent.forget(keys)  # it was refused
            raise
        self._sent.made(keys, batch.id)
        self._batch_of |= dict.fromkeys(keys, batch.id)
        self._manner_of[batch.id] = manner
        emit("llm.batched", "Questions were sent as a batch", model=self.model, questions=len(keys), batch=batch.id)

    def _found_again(self, keys: list[str]) -> dict[str, str]:
        """The batches of questions whose sender died before it knew their batch: one of as many, made since, has them."""
        lost = self._sent.lost(keys)
        if not lost:
            return {}
        known, sizes = self._sent.known_batches(), {number for _, number in lost.values()}
        since = datetime.fromtimestamp(min(at for at, _ in lost.values()) - _CLOCKS_S, UTC)
        found: dict[str, str] = {}
        for batch in self._single.called(lambda: self._single.client.messages.batches.list(limit=100).data):
            counts = batch.request_counts
            size = counts.processing + counts.succeeded + counts.errored + counts.canceled + counts.expired
            if batch.id in known or batch.created_at < since or size not in sizes:
                continue
            if batch.processing_status != "ended":  # what is in it shows when it has ended
                raise NoAnswer("batch", "A batch of a process that died has not ended.", retry_after=self._look_s)
            found |= {one.custom_id: batch.id for one in self._results(batch.id) if one.custom_id in lost}
        for batch_id in set(found.values()):
            self._sent.made([key for key, its in found.items() if its == batch_id], batch_id)
        return found

    def _look(self) -> bool:
        """What has ended is answered; says whether anything had."""
        ended = [batch for batch in sorted(set(self._batch_of.values())) if self._has_ended(batch)]
        for batch in ended:
            for one in self._results(batch):
                if self._batch_of.get(one.custom_id) == batch:
                    self._settle(one.custom_id, one.result)
            for key in [key for key, its in self._batch_of.items() if its == batch]:
                self._fail(key, NoAnswer("batch", "Its batch ended without it."))
        return bool(ended)

    def _has_ended(self, batch: str) -> bool:
        found = self._single.called(lambda: self._single.client.messages.batches.retrieve(batch))
        return bool(found.processing_status == "ended")

    def _results(self, batch: str) -> list[Any]:
        return self._single.called(lambda: list(self._single.client.messages.batches.results(batch)))

    def _settle(self, key: str, result: Any) -> None:
        """Who waits for this answer has it, or why there is none; or it is asked again in another manner."""
        if result.type == "succeeded":
            try:
                answer = self._single.answer(result.message, self._waiting[key][0])
            except NoAnswer as error:
                return self._fail(key, error)
            return self._done(key).set_result(replace(answer, cost_usd=answer.cost_usd * IN_BATCHES))
        if result.type != "errored":
            return self._fail(key, NoAnswer(f"batch_{result.type}", f"Its batch was {result.type} before it was answered."))
        kind, said = result.error.error.type, " ".join(str(result.error.error.message).split())[:200]
        refused = refused_inside(json.dumps({"error": {"type": kind, "message": said}}), {})
        if refused is None or refused.status >= 429:
            return self._fail(key, NoAnswer(f"batch_{kind}", f"It failed in its batch: {said}"))
        try:
            self._single.learned(self._manner_of.get(self._batch_of[key], self._single.manner), refused, self._waiting[key][0])
        except (FathomError, NoAnswer) as error:
            return self._fail(key, error)
        self._sent.forget([key])
        self._batch_of.pop(key)
        return None

    def _fail(self, key: str, error: Exception) -> None:
        self._done(key).set_exception(error)

    def _done(self, key: str) -> Future[Answer]:
        """Its future; it is in no batch and waits for nothing."""
        self._sent.forget([key])
        with self._lock:
            self._batch_of.pop(key, None)
            return self._waiting.pop(key)[1]

    def _give_up(self, error: Exception) -> None:
        """Whoever waits is told; what was sent stays on record, and is found when it is asked again."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
            self._batch_of.clear()
        for _, answer in waiting.values():
            answer.set_exception(error)


class SentQuestions:
    """Which questions of this host are in which batch, in one SQLite file; a batch is unknown from `begun` to `made`."""

    def __init__(self, file: Path) -> None:
        self._file = LocalFile(file, _SCHEMA, synchronous="FULL")

    def begun(self, keys: list[str]) -> None:
        """They are about to be sent, together."""
        at = time.time()
        with self._file.writing() as connection:
            connection.execute("DELETE FROM sent WHERE at < ?", (at - _KEPT_S,))
            connection.executemany("INSERT OR REPLACE INTO sent VALUES (?, NULL, ?)", [(key, at) for key in keys])

    def made(self, keys: list[str], batch: str) -> None:
        """They are in this batch."""
        with self._file.writing() as connection:
            connection.executemany("UPDATE sent SET batch = ? WHERE key = ?", [(batch, key) for key in keys])

    def forget(self, keys: list[str]) -> None:
        """They are in none."""
        with self._file.writing() as connection:
            connection.executemany("DELETE FROM sent WHERE key = ?", [(key,) for key in keys])

    def batches(self, keys: list[str]) -> dict[str, str]:
        """The batch of each question that is in a known one."""
        return {key: batch for key, (batch, _) in self._rows(keys).items() if batch is not None}

    def lost(self, keys: list[str]) -> dict[str, tuple[float, int]]:
        """When each was begun whose batch is not known, and with how many it was."""
        found = {key: at for key, (batch, at) in self._rows(keys).items() if batch is None}
        with self._file.reading() as connection:
            return {
                key: (at, connection.execute("SELECT count(*) FROM sent WHERE at = ?", (at,)).fetchone()[0])
                for key, at in found.items()
            }

    def known_batches(self) -> set[str]:
        """Batches that are ours for certain."""
        with self._file.reading() as connection:
            return {row[0] for row in connection.execute("SELECT DISTINCT batch FROM sent WHERE batch IS NOT NULL")}

    def close(self) -> None:
        """Its file is closed, until it is used again."""
        self._file.close()

    def _rows(self, keys: list[str]) -> dict[str, tuple[str | None, float]]:
        with self._file.reading() as connection:
            found = [connection.execute("SELECT key, batch, at FROM sent WHERE key = ?", (key,)).fetchone() for key in keys]
        return {row[0]: (row[1], row[2]) for row in found if row is not None}
