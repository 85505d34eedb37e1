"""Records every call in the table `llm_calls` and as log events: tokens, cost, seconds."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any
from uuid import uuid4

from sqlalchemy.engine import Engine

from fathom.errors import FathomError, PassageTooLong
from fathom.llm.client import LLMCallFailed, LLMClient, LLMRequest, LLMResponse, billed_document
from fathom.llm.middleware.budget import collection_of, day_of
from fathom.observability.structured_logging import emit
from fathom.tables import llm_calls


class CallLog:
    """Writes calls to the table `llm_calls`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def put(self, request: LLMRequest, response: LLMResponse, outcome: str, seconds: float, *, saved_usd: float = 0.0) -> None:
        """Writes a call; `tokens_in` are all input tokens, of which the prompt cache's are given too."""
        document, now = billed_document(), time.time()
        row: dict[str, Any] = {
            "at": now,
            "day": day_of(now),
            "document": document,
            "collection": collection_of(document),
            "model": response.model,
            "prompt": request.prompt,
            "outcome": outcome,
            "tokens_in": response.tokens.tokens_in,
            "cache_read": response.tokens.cache_read,
            "cache_write": response.tokens.cache_write,
            "tokens_out": response.tokens.out,
            "cost_usd": response.cost_usd,
            "saved_usd": saved_usd,
            "seconds": round(seconds, 4),
            "estimated": response.estimated,
        }
        with self.engine.begin() as connection:
            connection.execute(llm_calls.insert().values(**row))


class LoggingClient:
    """Logs and records each attempt; a response is recorded before it is returned."""

    def __init__(self, inner: LLMClient, call_log: CallLog) -> None:
        self.model = inner.model
        self._inner = inner
        self._call_log = call_log

    def complete(self, request: LLMRequest) -> LLMResponse:
        """Returns the inner client's response, or raises its error."""
        call, document, began = uuid4().hex[:12], billed_document(), time.perf_counter()
        emit("llm.request", "LLM request sent", document=document, model=self.model, call=call)
        try:
            response = self._inner.complete(request)
        except (LLMCallFailed, FathomError) as error:
            seconds = time.perf_counter() - began
            kind = error.kind if isinstance(error, LLMCallFailed) else error.name
            figures: dict[str, Any] = {"model": self.model, "call": call, "error": kind, "seconds": round(seconds, 3)}
            emit("llm.error", "LLM request failed", document=document, **figures)
            if not isinstance(error, PassageTooLong):  # from known limits, or learned from: no call to record
                self._call_log.put(request, LLMResponse("", "refused", self.model), kind, seconds)
            raise
        seconds = time.perf_counter() - began
        figures = {"model": self.model, "call": call, "tokens_in": response.tokens.tokens_in, "tokens_out": response.tokens.out}
        figures |= {"cost_usd": round(response.cost_usd, 6), "seconds": round(seconds, 3)}
        emit("llm.response", "LLM response received", document=document, **figures)
        self._call_log.put(request, response, response.stop_reason, seconds)
        return response


class CacheSavings:
    """Records the savings of cached responses; placed above the cache."""

    def __init__(self, inner: LLMClient, call_log: CallLog) -> None:
        self.model = inner.model
        self._inner = inner
        self._call_log = call_log

    def complete(self, request: LLMRequest) -> LLMResponse:
        """Returns the inner client's response; a cached response costs nothing."""
        began = time.perf_counter()
        response = self._inner.complete(request)
        if not response.cached:
            return response
        free = replace(response, cost_usd=0.0, tokens=type(response.tokens)())
        self._call_log.put(request, free, "remembered", time.perf_counter() - began, saved_usd=response.cost_usd)
        return free
