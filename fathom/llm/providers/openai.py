"""The provider openai: any server with a chat completions API, local models included."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy.engine import Engine

from fathom.llm.client import LLMCallFailed, LLMRequest, LLMResponse, StopReason, TruncationCause
from fathom.llm.pricing import Price
from fathom.llm.providers.capabilities import ChatRequestStyle
from fathom.llm.providers.capability_negotiation import CapabilityNegotiator
from fathom.llm.providers.capability_store import CapabilityStore
from fathom.llm.providers.connections import connection_error, open_client, without_password
from fathom.llm.providers.context_limits import FIRST_ROOM, TokenLimits
from fathom.llm.providers.error_classification import classify_page
from fathom.llm.providers.error_response import RefusedCall, is_page, refused_call, refused_inside
from fathom.llm.providers.message_text import UNENDED, content_text, ended_in_error, failed_generation, message_text
from fathom.llm.providers.token_usage import CountedUsage, chat_usage, part, reasoning_tokens

ADDRESS = "https://api.openai.com/v1"
_ENDINGS: dict[str | None, StopReason] = {"length": "truncated", "max_tokens": "truncated", "content_filter": "refused"}
_CUT_BY: dict[bool, TruncationCause] = {True: "reasoning", False: "length"}
_REASONING = ("reasoning_content", "reasoning", "thinking")


class OpenAIProvider:
    """Calls a chat model with a JSON schema; unsupported features are learned from refusals."""

    def __init__(
        self,
        model: str,
        key: Callable[[], str],
        price: Price,
        *,
        address: str | None,
        timeout_s: float,
        engine: Engine | None = None,
    ) -> None:
        self.model = model
        self._key = key
        self._price = price
        self._address = address or ADDRESS
        self._timeout_s = timeout_s
        own = address is None  # compatible servers know the older length parameter, and no effort
        style = ChatRequestStyle() if own else ChatRequestStyle(length="max_tokens", effort=False)
        self._capabilities = CapabilityStore(engine, without_password(self._address), model)
        limits = TokenLimits(room=FIRST_ROOM if own else 0)
        self._negotiator = CapabilityNegotiator(style, self._capabilities, model, ChatRequestStyle.after, limits)
        self._client: Any = None
        self._lock = threading.Lock()

    def complete(self, request: LLMRequest) -> LLMResponse:
        """Returns the response, JSON as text. Raises LLMCallFailed for a transient error, else a named error."""
        return self._negotiator.complete(request, lambda style, tokens: self._ask(request, style, tokens))

    @property
    def is_met(self) -> bool:
        """Whether concurrent requests are allowed."""
        return self._negotiator.is_met

    @property
    def room(self) -> int:
        """Tokens an answer may take beyond the request's `max_tokens`, for models that reason first."""
        return self._negotiator.limits.room

    def _ask(self, request: LLMRequest, style: ChatRequestStyle, max_tokens: int) -> LLMResponse | RefusedCall:
        import openai

        try:
            created = self._opened().chat.completions.with_raw_response.create(
                model=self.model, **style.parameters(request, max_tokens)
            )
            return self._read(request, created)
        except openai.APITimeoutError:
            raise LLMCallFailed("timeout", f"It did not answer within {self._timeout_s:g} seconds.") from None
        except openai.APIConnectionError as error:
            raise connection_error(error, self._address) from None
        except openai.APIStatusError as error:
            if (answer_text := failed_generation(error.body)) is not None:
                counted = chat_usage(None, request, answer_text, self._negotiator.factors)
                return self._answer(answer_text, "complete", counted)
            return refused_call(error.status_code, error.response.text, error.response.headers)
        except (openai.APIError, ValueError) as error:  # a body that is no completion
            raise LLMCallFailed("malformed", f"Its answer could not be read: {type(error).__name__}.") from None

    def _read(self, request: LLMRequest, created: Any) -> LLMResponse | RefusedCall:
        """Returns the response in a body with HTTP status 200, or the refusal in it. Raises if it is a web page or
        malformed.
        """
        response = created.http_response
        if is_page(response.text, response.headers):
            page = refused_call(200, response.text, response.headers)
            raise classify_page(
                page, f"{response.url.scheme}://{response.url.host}", has_answered=self._capabilities.has_answered
            )
        completion = created.parse()
        choice = next(iter(part(completion, "choices") or ()), None)
        message = part(choice, "message")
        if message is None:
            if (inside := refused_inside(response.text, response.headers)) is not None:
                return inside
            raise LLMCallFailed("malformed", "Its answer is no completion.")
        if (failed := ended_in_error(choice)) is not None:
            raise LLMCallFailed("ended_in_error", f"Its answer ended in an error: {failed}")
        answer_text, usage = message_text(message), part(completion, "usage")
        thought = next((text for name in _REASONING if (text := content_text(part(message, name), reasoning=True))), "")
        written = thought if answer_text == UNENDED + thought else thought + answer_text  # the answer may be in the reasoning
        counted = chat_usage(usage, request, written, self._negotiator.factors)
        if not counted.estimated:
            self._negotiator.counted(request, written, counted.tokens)
        stop_reason = "refused" if part(message, "refusal") else _ENDINGS.get(part(choice, "finish_reason"), "complete")
        content = content_text(part(message, "content")).strip()
        reasoned = bool(thought) or "<think>" in content or 2 * reasoning_tokens(usage) > counted.tokens.out
        unended = not content or ("<think>" in content and "</think>" not in content)
        return self._answer(answer_text, stop_reason, counted, reasoned=stop_reason == "truncated" and (unended or reasoned))

    def _answer(
        self, answer_text: str, stop_reason: StopReason, counted: CountedUsage, *, reasoned: bool = False
    ) -> LLMResponse:
        cost, cut_by = self._price.of(counted.tokens), _CUT_BY[reasoned]
        return LLMResponse(
            answer_text, stop_reason, self.model, counted.tokens, cost, estimated=counted.estimated, cut_by=cut_by
        )

    def _opened(self) -> Any:
        with self._lock:
            if self._client is None:
                import openai

                self._client = open_client(openai, openai.OpenAI, self._key, self._address, self._timeout_s)
            return self._client

    def open(self) -> None:
        """Creates the client without a request. Raises AddressWrong, KeyRefused, ProxyUnusable, CertificateMissing."""
        self._opened()

    def close(self) -> None:
        """Closes its connections."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None
