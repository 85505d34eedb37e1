"""Asks a server in the manner that it takes, and learns the manner from what it refuses: common to all providers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Generic, Protocol, TypeVar

from fathom.errors import AccountRefused, AnswerRefused, ExtractionFailed, FathomError, ProxyRefused, RequestRefused
from fathom.llm.client import Answer, NoAnswer, Question, TokenUse
from fathom.llm.providers.capability_store import ServerMemory
from fathom.llm.providers.context_limits import TokenLimits
from fathom.llm.providers.error_classification import is_about_content, refusal
from fathom.llm.providers.error_response import RefusedCall
from fathom.llm.providers.token_usage import TokenFactors
from fathom.observability.structured_logging import get_logger

MAX_LESSONS = 16  # refusals of one question that are learned from
MAX_ALIKE = 3  # refusals for no known reason in a row, after which it is the request and not the texts

log = get_logger(__name__)


class AskingManner(Protocol):
    """How a server is asked, of which a refusal may take something away."""

    def plainer(self) -> AskingManner | None:
        """The next manner that asks for less; None where nothing is left to leave out."""
        ...


Manner = TypeVar("Manner", bound=AskingManner)


class Lessons(Generic[Manner]):
    """The manner and limits of one model at one server: recalled from its memory, changed by what is refused.

    The first question to a server that never answered goes alone, since all others would be refused with it.
    """

    def __init__(
        self,
        first: Manner,
        memory: ServerMemory,
        model: str,
        after: Callable[[Manner, RefusedCall], Manner | None],
        limits: TokenLimits | None = None,
    ) -> None:
        self._first = first
        self._first_limits = limits or TokenLimits()
        self._memory = memory
        self._model = model
        self._after = after
        self._lock = threading.Lock()
        self._alone = threading.Lock()
        self._met = False
        self._fault: tuple[float, FathomError] | None = None
        self._manner: Manner | None = None
        self._limits: TokenLimits | None = None
        self._was_recalled = False
        self._alike = 0
        self.factors = TokenFactors()
        self._counted = 0

    @property
    def manner(self) -> Manner:
        """How the server is asked."""
        with self._lock:
            if self._manner is None:
                recalled = self._memory.recall("manner", type(self._first))
                self._was_recalled = recalled is not None
                self._manner = recalled or self._first
            return self._manner

    @property
    def limits(self) -> TokenLimits:
        """What the model holds."""
        with self._lock:
            if self._limits is None:
                self._limits = self._memory.recall("limits", TokenLimits) or self._first_limits
                self.factors.into = self._limits.factor
            return self._limits

    def ask(self, question: Question, call: Callable[[Manner, int], Answer | RefusedCall]) -> Answer:
        """Returns the answer of `call(manner, max_tokens)`, called again with what a refusal taught.

        Raises NoAnswer for what another try may mend, else a named error.
        """
        with self._first_alone():
            start, tried = self.manner, set[Manner]()
            try:
                for _ in range(MAX_LESSONS):
                    manner, asked = self.manner, self.limits.answer_tokens(question)
                    tried.add(manner)
                    found = call(manner, asked)
                    if isinstance(found, Answer):
                        self._settle(manner)
                        return self._cut(question, found, asked)
                    self.learn(found, manner, question, asked, tried)
                raise RequestRefused("The server of the language model refuses each form of the request in turn.")
            except RequestRefused:
                with self._lock:
                    self._manner = start
                raise

    def learn(
        self, refused: RefusedCall, manner: Manner, question: Question, asked: int, tried: set[Manner] | None = None
    ) -> None:
        """Learns from a refusal; raises what it means where there is nothing to learn."""
        tried = tried if tried is not None else set()
        named = refusal(refused, self._model, has_answered=self._memory.has_answered)
        if isinstance(named, (AccountRefused, ProxyRefused)) or (
            isinstance(named, AnswerRefused) and is_about_content(refused)
        ):
            raise named
        if refused.status != 429 or refused.says("request too large", "requested tokens exceed"):
            limits = self.limits.after(refused, question, asked)
            if limits is not None:
                return self._know(limits, refused)
        other = self._after(manner, refused)
        if other is None and isinstance(named, RequestRefused):
            plainer = manner.plainer()
            other = plainer if isinstance(plainer, type(manner)) else None
        if (
            other is None
            and self._was_recalled
            and isinstance(named, (AnswerRefused, RequestRefused))
            and refused.status == 400
        ):
            other = self._first  # the server is another than it was
            self._was_recalled = False
            self._memory.learn(manner=None, limits=None)
        while other is not None and other in tried:
            plainer = other.plainer()
            other = plainer if isinstance(plainer, type(manner)) else None
        if other is None:
            raise self._counted_alike(named)
        log.info("A server takes a question in another form", sub_stage="learned", metrics={"why": refused.said})
        with self._lock:
            if self._manner == manner:  # another thread may have learned it meanwhile
                self._manner = other
        return None

    def counted(self, question: Question, said: str, tokens: TokenUse) -> None:
        """The server counted so many tokens: what it counts is known for answers of which it says nothing."""
        with self._lock:
            self.factors.add(question, said, tokens)
            self._counted += 1
            known = self._counted & (self._counted - 1) == 0  # 1, 2, 4, 8 … are enough to keep
            factor = round(self.factors.into, 3)
        if known and factor != self.limits.factor:
            self._know(replace(self.limits, factor=factor))

    def close(self) -> None:
        """The memory's file is closed, until it is used again."""
        self._memory.close()

    @contextmanager
    def _first_alone(self) -> Iterator[None]:
        if self._has_met():
            yield
            return
        came = time.monotonic()
        with self._alone:
            if not self._has_met():
                if self._fault is not None and self._fault[0] >= came:
                    raise self._fault[1]  # what was refused to the first is refused to those that waited for it
                with self._meeting():
                    yield
                return
        yield

    @contextmanager
    def _meeting(self) -> Iterator[None]:
        try:
            yield
        except NoAnswer:
            self._met = True  # a server in trouble holds nobody up
            raise
        except ExtractionFailed:
            raise
        except FathomError as error:
            self._fault = time.monotonic(), error
            raise
        self._met = True

    @property
    def is_met(self) -> bool:
        """Whether the server has answered before, or was in trouble when it was asked first."""
        return self._has_met()

    def _has_met(self) -> bool:
        return self._met or self._memory.has_answered

    def _settle(self, manner: Manner) -> None:
        self._alike = 0
        if manner != self._first and self._memory.recall("manner", type(manner)) != manner:
            self._memory.learn(manner=manner)
        self._memory.answered()

    def _know(self, limits: TokenLimits, refused: RefusedCall | None = None) -> None:
        if refused is not None:
            told = {"context": limits.context, "output": limits.output, "why": refused.said}
            log.info("The limits of a model were learned", sub_stage="learned", metrics=told)
        with self._lock:
            self._limits = limits
        self._memory.learn(limits=limits)

    def _cut(self, question: Question, answer: Answer, asked: int) -> Answer:
        """The answer with what cut it off: its length, reasoning that left no room for it, or a limit of the model."""
        if answer.ending != "truncated" or answer.cut_by == "limit":
            return answer
        if answer.cut_by == "reasoning":
            limits = self.limits.with_more_room(asked, question)
            if limits is None:
                return replace(answer, cut_by="limit")
            if limits != self.limits:
                self._know(limits)
            return answer
        return replace(answer, cut_by="limit") if self.limits.is_cut_by_limit(question, asked) else answer

    def _counted_alike(self, named: Exception) -> Exception:
        if not isinstance(named, AnswerRefused):
            return named
        self._alike += 1
        return RequestRefused(named.message) if self._alike >= MAX_ALIKE else named
