"""What every question was: its tokens, cost and seconds, in the log as an event and in the table that costs are summed from."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any
from uuid import uuid4

from sqlalchemy.engine import Engine

from fathom.errors import FathomError, PassageTooLong
from fathom.llm.client import Answer, Asker, NoAnswer, Question, paying_document
from fathom.llm.middleware.budget import collection_of, day_of
from fathom.observability.structured_logging import emit
from fathom.tables import llm_calls


class CallRecord:
    """Puts answers and failures on record."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def put(self, question: Question, answer: Answer, outcome: str, seconds: float, *, saved_usd: float = 0.0) -> None:
        """The call is in `llm_calls`; `tokens_in` there is all it read, of which the caches' parts are named too."""
        document, now = paying_document(), time.time()
        row: dict[str, Any] = {
            "at": now,
            "day": day_of(now),
            "document": document,
            "collection": collection_of(document),
            "model": answer.model,
            "prompt": question.prompt,
            "outcome": outcome,
            "tokens_in": answer.tokens.tokens_in,
            "cache_read": answer.tokens.cache_read,
            "cache_write": answer.tokens.cache_write,
            "tokens_out": answer.tokens.out,
            "cost_usd": answer.cost_usd,
            "saved_usd": saved_usd,
            "seconds": round(seconds, 4),
            "estimated": answer.estimated,
        }
        with self.engine.begin() as connection:
            connection.execute(llm_calls.insert().values(**row))


class Observed:
    """Says and records each try; an answer is on record before anybody sees it."""

    def __init__(self, inner: Asker, record: CallRecord) -> None:
        self.model = inner.model
        self._inner = inner
        self._record = record

    def ask(self, question: Question) -> Answer:
        """The answer of the layer below, or what it raises."""
        call, document, began = uuid4().hex[:12], paying_document(), time.perf_counter()
        emit("llm.request", "The language model is asked", document=document, model=self.model, call=call)
        try:
            answer = self._inner.ask(question)
        except (NoAnswer, FathomError) as error:
            seconds = time.perf_counter() - began
            kind = error.kind if isinstance(error, NoAnswer) else error.name
            said: dict[str, Any] = {"model": self.model, "call": call, "error": kind, "seconds": round(seconds, 3)}
            emit("llm.error", "The language model gave no answer", document=document, **said)
            if not isinstance(error, PassageTooLong):  # told by what is known, or learned from: nothing was answered
                self._record.put(question, Answer("", "refused", self.model), kind, seconds)
            raise
        seconds = time.perf_counter() - began
        said = {"model": self.model, "call": call, "tokens_in": answer.tokens.tokens_in, "tokens_out": answer.tokens.out}
        said |= {"cost_usd": round(answer.cost_usd, 6), "seconds": round(seconds, 3)}
        emit("llm.response", "The language model answered", document=document, **said)
        self._record.put(question, answer, answer.ending, seconds)
        return answer


class Saving:
    """Records what answers kept from before would have cost; above the cache."""

    def __init__(self, inner: Asker, record: CallRecord) -> None:
        self.model = inner.model
        self._inner = inner
        self._record = record

    def ask(self, question: Question) -> Answer:
        """The answer of the layer below; one that was kept costs nothing now."""
        began = time.perf_counter()
        answer = self._inner.ask(question)
        if not answer.remembered:
            return answer
        free = replace(answer, cost_usd=0.0, tokens=type(answer.tokens)())
        self._record.put(question, free, "remembered", time.perf_counter() - began, saved_usd=answer.cost_usd)
        return free
