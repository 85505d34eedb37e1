"""Collects requests into Anthropic's message batches: half the price, done within a day, never paid twice after a crash."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.engine import Engine

from fathom.errors import FathomError
from fathom.llm.client import LLMCallFailed, LLMRequest, LLMResponse, TokenUsage
from fathom.llm.pricing import IN_BATCHES
from fathom.llm.providers.anthropic import AnthropicProvider, RequestStyle
from fathom.llm.providers.error_response import refused_inside
from fathom.llm.providers.sent_requests import SentRequests
from fathom.observability.structured_logging import emit, get_logger

GATHER_S = 1.0  # a batch is sent after so long without a new request
MAX_REQUESTS = 5_000  # the API allows 100,000 or 256 MB; a request is below 40 kB
FIRST_POLL_S, MAX_POLL_S = 1.0, 60.0  # most batches end within an hour, few within a minute
MAX_TROUBLE_S = 900.0  # without a status for so long, the provider counts as down
MAX_CONCURRENT = 256  # requests of a document in flight, each a waiting thread
RESERVATION_S = 26 * 3600.0  # a batch ends after a day at the latest
_CLOCKS_S = 60.0  # the provider's clock may be another

log = get_logger(__name__)


class BatchProvider:
    """Completes requests through batches; the batch of each request is recorded in the operational database.

    A process that is killed while it waits leaves that record to its successor, which sends no request again.
    """

    def __init__(
        self, single: AnthropicProvider, engine: Engine, *, gather_s: float = GATHER_S, poll_s: float = FIRST_POLL_S
    ) -> None:
        self.model = single.model
        self._single = single
        self._sent = SentRequests(engine)
        self._gather_s = gather_s
        self._poll_s = poll_s
        self._lock = threading.Lock()
        self._waiting: dict[str, tuple[LLMRequest, Future[LLMResponse]]] = {}
        self._batch_of: dict[str, str] = {}
        self._style_of: dict[str, RequestStyle] = {}
        self._last_came = 0.0
        self._last_success = 0.0
        self._thread: threading.Thread | None = None

    @property
    def is_met(self) -> bool:
        """Whether concurrent requests are allowed: a batch is a single request for all of them."""
        return True

    @property
    def room(self) -> int:
        """Tokens an answer may take beyond the request's `max_tokens`."""
        return self._single.room

    def complete(self, request: LLMRequest) -> LLMResponse:
        """Returns the response when its batch has ended; urgent requests are not batched. Raises as the single provider
        does.
        """
        if request.urgent:
            return self._single.complete(request)
        key = request.key(self.model)
        with self._lock:
            again = key in self._waiting  # requested by another thread: billed once
            _, response = self._waiting.setdefault(key, (request, Future[LLMResponse]()))
            self._last_came = time.monotonic()
            if self._thread is None:
                self._last_success = time.monotonic()
                self._thread = threading.Thread(target=self._follow, name="batches", daemon=True)
                self._thread.start()
        found = response.result()
        return replace(found, tokens=TokenUsage(), cost_usd=0.0) if again else found

    def open(self) -> None:
        """Creates the client without a request. Raises as the single provider does."""
        self._single.open()

    def close(self) -> None:
        """Closes its connections until the next request."""
        self._single.close()

    def _follow(self) -> None:
        """Sends and polls batches until no request waits. Records of sent requests survive any error here."""
        wait = self._poll_s
        while self._has_waiting():
            try:
                busy = self._send_gathered() or self._collect_ended()
                self._last_success = time.monotonic()
                wait = self._poll_s if busy else min(MAX_POLL_S, wait * 1.5)
            except LLMCallFailed as error:
                if time.monotonic() - self._last_success > MAX_TROUBLE_S:
                    self._give_up(error)
                wait = min(MAX_POLL_S, max(wait * 1.5, error.retry_after or 0.0))
            except FathomError as error:
                self._give_up(error)
            except Exception as error:
                log.exception("Message batches cannot be polled")
                self._give_up(LLMCallFailed("batch", f"Its batch cannot be followed: {type(error).__name__}."))
            time.sleep(self._gather_s if self._unsent() else wait)

    def _has_waiting(self) -> bool:
        with self._lock:
            if not self._waiting:
                self._thread = None  # the next request starts another thread
            return bool(self._waiting)

    def _unsent(self) -> list[str]:
        with self._lock:
            return [key for key in self._waiting if key not in self._batch_of][:MAX_REQUESTS]

    def _send_gathered(self) -> bool:
        keys = self._unsent()
        if not keys or (time.monotonic() - self._last_came < self._gather_s and len(keys) < MAX_REQUESTS):
            return False
        self._batch_of |= self._sent.batches(keys)
        self._batch_of |= self._recovered([key for key in keys if key not in self._batch_of])
        fresh = [key for key in keys if key not in self._batch_of]
        if fresh:
            self._send(fresh)
        return True

    def _send(self, keys: list[str]) -> None:
        style = self._single.style
        entries: list[dict[str, Any]] = []
        for key in keys:
            try:
                entries.append({"custom_id": key, "params": self._single.message_parameters(self._waiting[key][0], style)})
            except FathomError as error:  # too long for the known limits of the model
                self._fail(key, error)
        if not entries:
            return
        keys = [entry["custom_id"] for entry in entries]
        self._sent.begun(keys)  # before sending, so that the next process knows of a crash in between
        try:
            batch = self._single.checked_call(lambda: self._single.client.messages.batches.create(requests=entries))
        except FathomError:
            self._sent.forget(keys)  # it was refused
            raise
        self._sent.made(keys, batch.id)
        self._batch_of |= dict.fromkeys(keys, batch.id)
        self._style_of[batch.id] = style
        emit("llm.batched", "LLM requests sent as a batch", model=self.model, questions=len(keys), batch=batch.id)

    def _recovered(self, keys: list[str]) -> dict[str, str]:
        """Returns the batches of requests whose process died before it stored the batch id: batches of the same size made
        since.
        """
        lost = self._sent.lost(keys)
        if not lost:
            return {}
        known, sizes = self._sent.known_batches(), {number for _, number in lost.values()}
        since = datetime.fromtimestamp(min(at for at, _ in lost.values()) - _CLOCKS_S, UTC)
        found: dict[str, str] = {}
        for batch in self._single.checked_call(lambda: self._single.client.messages.batches.list(limit=100).data):
            counts = batch.request_counts
            size = counts.processing + counts.succeeded + counts.errored + counts.canceled + counts.expired
            if batch.id in known or batch.created_at < since or size not in sizes:
                continue
            if batch.processing_status != "ended":  # its contents are visible once it has ended
                raise LLMCallFailed("batch", "A batch of a process that died has not ended.", retry_after=self._poll_s)
            found |= {entry.custom_id: batch.id for entry in self._results(batch.id) if entry.custom_id in lost}
        for batch_id in set(found.values()):
            self._sent.made([key for key, its in found.items() if its == batch_id], batch_id)
        return found

    def _collect_ended(self) -> bool:
        """Completes the requests of ended batches; returns whether any batch had ended."""
        ended = [batch for batch in sorted(set(self._batch_of.values())) if self._has_ended(batch)]
        for batch in ended:
            for entry in self._results(batch):
                if self._batch_of.get(entry.custom_id) == batch:
                    self._settle(entry.custom_id, entry.result)
            for key in [key for key, its in self._batch_of.items() if its == batch]:
                self._fail(key, LLMCallFailed("batch", "Its batch ended without it."))
        return bool(ended)

    def _has_ended(self, batch: str) -> bool:
        found = self._single.checked_call(lambda: self._single.client.messages.batches.retrieve(batch))
        return bool(found.processing_status == "ended")

    def _results(self, batch: str) -> list[Any]:
        return self._single.checked_call(lambda: list(self._single.client.messages.batches.results(batch)))

    def _settle(self, key: str, result: Any) -> None:
        """Completes the request with its result or error, or sends it again in another style."""
        if result.type == "succeeded":
            try:
                response = self._single.response_of(result.message, self._waiting[key][0])
            except LLMCallFailed as error:
                return self._fail(key, error)
            return self._done(key).set_result(replace(response, cost_usd=response.cost_usd * IN_BATCHES))
        if result.type != "errored":
            return self._fail(
                key, LLMCallFailed(f"batch_{result.type}", f"Its batch was {result.type} before it was answered.")
            )
        kind, message = result.error.error.type, " ".join(str(result.error.error.message).split())[:200]
        refused = refused_inside(json.dumps({"error": {"type": kind, "message": message}}), {})
        if refused is None or refused.status >= 429:
            return self._fail(key, LLMCallFailed(f"batch_{kind}", f"It failed in its batch: {message}"))
        try:
            self._single.learned(self._style_of.get(self._batch_of[key], self._single.style), refused, self._waiting[key][0])
        except (FathomError, LLMCallFailed) as error:
            return self._fail(key, error)
        self._sent.forget([key])
        self._batch_of.pop(key)
        return None

    def _fail(self, key: str, error: Exception) -> None:
        self._done(key).set_exception(error)

    def _done(self, key: str) -> Future[LLMResponse]:
        """Removes the request from its batch and returns its future."""
        self._sent.forget([key])
        with self._lock:
            self._batch_of.pop(key, None)
            return self._waiting.pop(key)[1]

    def _give_up(self, error: Exception) -> None:
        """Fails all waiting requests; records of sent requests stay, so that a repeated request finds its batch."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
            self._batch_of.clear()
        for _, response in waiting.values():
            response.set_exception(error)
