"""Negotiates a request style with a server by learning from its refusals; common to all providers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Generic, Protocol, TypeVar

from fathom.errors import AccountRefused, AnswerRefused, ExtractionFailed, FathomError, ProxyRefused, RequestRefused
from fathom.llm.client import LLMCallFailed, LLMRequest, LLMResponse, TokenUsage
from fathom.llm.providers.capability_store import CapabilityStore
from fathom.llm.providers.context_limits import TokenLimits
from fathom.llm.providers.error_classification import classify_refusal, is_about_content
from fathom.llm.providers.error_response import RefusedCall
from fathom.llm.providers.token_usage import TokenFactors
from fathom.observability.structured_logging import get_logger

MAX_REFUSALS = 16  # refusals of a request that are learned from
MAX_UNEXPLAINED = 3  # unexplained refusals in a row, after which the request is at fault and not the texts

log = get_logger(__name__)


class AnyRequestStyle(Protocol):
    """A request style, of which a refusal may remove features."""

    def plainer(self) -> AnyRequestStyle | None:
        """Returns the next style with fewer features, None if none is left."""
        ...


Style = TypeVar("Style", bound=AnyRequestStyle)


class CapabilityNegotiator(Generic[Style]):
    """Holds the request style and limits of a model at a server: loaded from the store, changed by refusals.

    The first request to an unknown server is sent alone, since concurrent requests would all be refused with it.
    """

    def __init__(
        self,
        first: Style,
        store: CapabilityStore,
        model: str,
        after: Callable[[Style, RefusedCall], Style | None],
        limits: TokenLimits | None = None,
    ) -> None:
        self._first = first
        self._first_limits = limits or TokenLimits()
        self._store = store
        self._model = model
        self._after = after
        self._lock = threading.Lock()
        self._alone = threading.Lock()
        self._met = False
        self._fault: tuple[float, FathomError] | None = None
        self._style: Style | None = None
        self._limits: TokenLimits | None = None
        self._was_recalled = False
        self._alike = 0
        self.factors = TokenFactors()
        self._counted = 0

    @property
    def style(self) -> Style:
        """The current request style."""
        with self._lock:
            if self._style is None:
                recalled = self._store.recall("manner", type(self._first))
                self._was_recalled = recalled is not None
                self._style = recalled or self._first
            return self._style

    @property
    def limits(self) -> TokenLimits:
        """The known token limits of the model."""
        with self._lock:
            if self._limits is None:
                self._limits = self._store.recall("limits", TokenLimits) or self._first_limits
                self.factors.into = self._limits.factor
            return self._limits

    def complete(self, request: LLMRequest, call: Callable[[Style, int], LLMResponse | RefusedCall]) -> LLMResponse:
        """Returns the response of `call(style, max_tokens)`, called again after each refusal that could be learned from.

        Raises LLMCallFailed for a transient error, else a named error.
        """
        with self._first_alone():
            start, tried = self.style, set[Style]()
            try:
                for _ in range(MAX_REFUSALS):
                    style, max_tokens = self.style, self.limits.answer_tokens(request)
                    tried.add(style)
                    found = call(style, max_tokens)
                    if isinstance(found, LLMResponse):
                        self._settle(style)
                        return self._cut(request, found, max_tokens)
                    self.learn(found, style, request, max_tokens, tried)
                raise RequestRefused("The server of the language model refuses each form of the request in turn.")
            except RequestRefused:
                with self._lock:
                    self._style = start
                raise

    def learn(
        self, refused: RefusedCall, style: Style, request: LLMRequest, max_tokens: int, tried: set[Style] | None = None
    ) -> None:
        """Learns from a refusal; raises its named error if there is nothing to learn."""
        tried = tried if tried is not None else set()
        named = classify_refusal(refused, self._model, has_answered=self._store.has_answered)
        if isinstance(named, (AccountRefused, ProxyRefused)) or (
            isinstance(named, AnswerRefused) and is_about_content(refused)
        ):
            raise named
        if refused.status != 429 or refused.says("request too large", "requested tokens exceed"):
            limits = self.limits.after(refused, request, max_tokens)
            if limits is not None:
                return self._know(limits, refused)
        other = self._after(style, refused)
        if other is None and isinstance(named, RequestRefused):
            plainer = style.plainer()
            other = plainer if isinstance(plainer, type(style)) else None
        if (
            other is None
            and self._was_recalled
            and isinstance(named, (AnswerRefused, RequestRefused))
            and refused.status == 400
        ):
            other = self._first  # the server has changed since
            self._was_recalled = False
            self._store.learn(manner=None, limits=None)
        while other is not None and other in tried:
            plainer = other.plainer()
            other = plainer if isinstance(plainer, type(style)) else None
        if other is None:
            raise self._counted_alike(named)
        log.info("LLM request style changed after a refusal", sub_stage="learned", metrics={"why": refused.message})
        with self._lock:
            if self._style == style:  # another thread may have changed it meanwhile
                self._style = other
        return None

    def counted(self, request: LLMRequest, output_text: str, tokens: TokenUsage) -> None:
        """Notes the token count of a server, to calibrate estimates for responses without a count."""
        with self._lock:
            self.factors.add(request, output_text, tokens)
            self._counted += 1
            known = self._counted & (self._counted - 1) == 0  # stored after 1, 2, 4, 8 … counts
            factor = round(self.factors.into, 3)
        if known and factor != self.limits.factor:
            self._know(replace(self.limits, factor=factor))

    @contextmanager
    def _first_alone(self) -> Iterator[None]:
        if self._has_met():
            yield
            return
        came = time.monotonic()
        with self._alone:
            if not self._has_met():
                if self._fault is not None and self._fault[0] >= came:
                    raise self._fault[1]  # a fatal error of the first request holds for those that waited
                with self._meeting():
                    yield
                return
        yield

    @contextmanager
    def _meeting(self) -> Iterator[None]:
        try:
            yield
        except LLMCallFailed:
            self._met = True  # a server in trouble blocks no other request
            raise
        except ExtractionFailed:
            raise
        except FathomError as error:
            self._fault = time.monotonic(), error
            raise
        self._met = True

    @property
    def is_met(self) -> bool:
        """Whether the server has answered before, or was in trouble at the first request."""
        return self._has_met()

    def _has_met(self) -> bool:
        return self._met or self._store.has_answered

    def _settle(self, style: Style) -> None:
        self._alike = 0
        if style != self._first and self._store.recall("manner", type(style)) != style:
            self._store.learn(manner=style)
        self._store.answered()

    def _know(self, limits: TokenLimits, refused: RefusedCall | None = None) -> None:
        if refused is not None:
            learned = {"context": limits.context, "output": limits.output, "why": refused.message}
            log.info("LLM token limits learned", sub_stage="learned", metrics=learned)
        with self._lock:
            self._limits = limits
        self._store.learn(limits=limits)

    def _cut(self, request: LLMRequest, response: LLMResponse, max_tokens: int) -> LLMResponse:
        """Returns the response with the cause of its truncation: its length, reasoning without room for it, or a model
        limit.
        """
        if response.stop_reason != "truncated" or response.cut_by == "limit":
            return response
        if response.cut_by == "reasoning":
            limits = self.limits.with_more_room(max_tokens, request)
            if limits is None:
                return replace(response, cut_by="limit")
            if limits != self.limits:
                self._know(limits)
            return response
        return replace(response, cut_by="limit") if self.limits.is_cut_by_limit(request, max_tokens) else response

    def _counted_alike(self, named: Exception) -> Exception:
        if not isinstance(named, AnswerRefused):
            return named
        self._alike += 1
        return RequestRefused(named.message) if self._alike >= MAX_UNEXPLAINED else named
