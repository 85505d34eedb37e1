"""The provider anthropic: a Messages API call with structured output, or with a forced tool call."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from sqlalchemy.engine import Engine

from fathom.llm.client import LLMCallFailed, LLMRequest, LLMResponse, StopReason, TruncationCause
from fathom.llm.pricing import Price
from fathom.llm.providers.capability_negotiation import CapabilityNegotiator
from fathom.llm.providers.capability_store import CapabilityStore
from fathom.llm.providers.connections import connection_error, open_client, without_password
from fathom.llm.providers.error_classification import classify_page, classify_refusal
from fathom.llm.providers.error_response import RefusedCall, is_page, refused_call, refused_inside
from fathom.llm.providers.message_text import blocks_text, content_text
from fathom.llm.providers.token_usage import message_usage, part

ADDRESS = "https://api.anthropic.com"
TOOL = "record"
THINKING_ROOM = 4096  # tokens to reason with, for models that always reason
_ENDINGS: dict[str | None, StopReason] = {
    "max_tokens": "truncated",
    "model_context_window_exceeded": "truncated",
    "refusal": "refused",
}


CallResult = TypeVar("CallResult")


@dataclass(frozen=True)
class RequestStyle:
    """The optional parts of a request; models differ in the parts they accept, and refuse the others at no cost.

    `thinking` is how reasoning is turned off; `unasked` where the model does not reason by itself, `always` where it does.
    """

    by: Literal["schema", "tool"] = "schema"
    thinking: Literal["disabled", "between_tools", "unasked", "always"] = "disabled"
    effort: bool = True

    def after(self, refused: RefusedCall) -> RequestStyle | None:
        """Returns the style to try after this refusal, None if no other is known."""
        if refused.status not in (400, 404, 422) or refused.is_page:
            return None
        words = refused.words
        if self.effort and "effort" in words:
            return replace(self, effort=False)
        if self.by == "tool" and "tool_choice" in words:
            return replace(self, by="schema")
        if "thinking" in words and self.thinking in ("disabled", "between_tools"):
            return replace(self, thinking="between_tools" if self.thinking == "disabled" else "always")
        if self.by == "schema" and any(
            word in words for word in ("output_config", "output_format", "json_schema", "structured")
        ):
            return replace(self, by="tool", effort=False)
        return None

    def plainer(self) -> RequestStyle | None:
        """Returns the next style with fewer parts, for a refusal without a reason; None if there is no part left to remove."""
        if self.effort:
            return replace(self, effort=False)
        if self.thinking in ("disabled", "between_tools"):
            return replace(self, thinking="unasked")
        return replace(self, by="tool") if self.by == "schema" else None

    @property
    def room(self) -> int:
        """Tokens reserved for reasoning beyond the answer's."""
        return THINKING_ROOM if self.thinking == "always" else 0

    def parameters(self, request: LLMRequest, max_tokens: int) -> dict[str, Any]:
        """Returns the parameters that depend on the style."""
        parameters: dict[str, Any] = {"max_tokens": max_tokens + self.room}
        if self.thinking in ("disabled", "between_tools"):
            parameters["thinking"] = {"type": self.thinking}
        if self.by == "tool":
            parameters["tools"] = [{"name": TOOL, "description": "Record what it says.", "input_schema": dict(request.schema)}]
            parameters["tool_choice"] = {"type": "tool", "name": TOOL}
            return parameters
        parameters["output_config"] = {"format": {"type": "json_schema", "schema": dict(request.schema)}}
        if self.effort:
            parameters["output_config"]["effort"] = "low"
        return parameters


def first_style(model: str) -> RequestStyle:
    """Returns the style to try first for a model of this name; refusals correct it."""
    if "claude-3" in model or any(version in model for version in ("-4-0", "-4-1", "-4-2025")):
        return RequestStyle("tool", "unasked", False)
    if any(version in model for version in ("-4-5", "-4-6")):
        return RequestStyle("schema", "unasked", "-4-6" in model or "opus" in model)
    if any(name in model for name in ("opus-5-5", "fable", "mythos")):
        return RequestStyle("schema", "always")
    return RequestStyle("schema", "between_tools" if "sonnet-5-5" in model else "disabled")


class AnthropicProvider:
    """Calls Claude without retries, which are another layer's. Only the client holds the key."""

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
        self._capabilities = CapabilityStore(engine, without_password(self._address), model)
        self._negotiator = CapabilityNegotiator(first_style(model), self._capabilities, model, RequestStyle.after)
        self._client: Any = None
        self._lock = threading.Lock()

    @property
    def style(self) -> RequestStyle:
        """The current request style."""
        return self._negotiator.style

    @property
    def is_met(self) -> bool:
        """Whether concurrent requests are allowed."""
        return self._negotiator.is_met

    @property
    def room(self) -> int:
        """Tokens an answer may take beyond the request's `max_tokens`."""
        return self.style.room + self._negotiator.limits.room

    def complete(self, request: LLMRequest) -> LLMResponse:
        """Returns the response, JSON as text. Raises LLMCallFailed for a transient error, else a named error."""

        def call(style: RequestStyle, tokens: int) -> LLMResponse | RefusedCall:
            found = self._sent(
                lambda: self.client.messages.with_raw_response.create(**self.message_parameters(request, style, tokens))
            )
            return found if isinstance(found, RefusedCall) else self._read(found, request)

        return self._negotiator.complete(request, call)

    def learned(self, style: RequestStyle, refused: RefusedCall, request: LLMRequest) -> None:
        """Learns from a refusal of a request in this style; raises the named error if there is nothing to learn."""
        self._negotiator.learn(refused, style, request, request.max_tokens + self.room, {style})

    def message_parameters(self, request: LLMRequest, style: RequestStyle, max_tokens: int | None = None) -> dict[str, Any]:
        """Returns the parameters of a message; `max_tokens` defaults to the bound that the model's limits allow."""
        tokens = max_tokens if max_tokens is not None else self._negotiator.limits.answer_tokens(request)
        return {
            "model": self.model,
            # the shared prefix of all requests, kept in the provider's prompt cache
            "system": [{"type": "text", "text": request.system, "cache_control": {"type": "ephemeral"}}],
            "messages": [{"role": "user", "content": request.text}],
            **style.parameters(request, tokens),
        }

    def checked_call(self, call: Callable[[], CallResult]) -> CallResult:
        """Returns the result of an SDK call; errors of the client are raised as LLMCallFailed or named errors."""
        found = self._sent(call)
        if isinstance(found, RefusedCall):
            raise classify_refusal(found, self.model)
        return found

    def response_of(self, message: Any, request: LLMRequest | None = None) -> LLMResponse:
        """Returns a message of the API as a response with its cost. Raises LLMCallFailed if it is malformed."""
        content = part(message, "content")
        if not isinstance(content, list):
            raise LLMCallFailed("malformed", "Its answer is no message.")
        answer_text, reason = blocks_text(content), part(message, "stop_reason")
        thoughts = [block for block in content if part(block, "type") in ("thinking", "redacted_thinking")]
        written = content_text(thoughts, reasoning=True) + answer_text
        counted = message_usage(part(message, "usage"), request, written, self._negotiator.factors)
        if not counted.estimated and request is not None:
            self._negotiator.counted(request, written, counted.tokens)
        stop_reason = _ENDINGS.get(reason, "complete")
        cut_by: TruncationCause = "reasoning" if thoughts and not answer_text.strip() else "length"
        if reason == "model_context_window_exceeded":
            cut_by = "limit"
        cost = self._price.of(counted.tokens)
        return LLMResponse(
            answer_text, stop_reason, self.model, counted.tokens, cost, estimated=counted.estimated, cut_by=cut_by
        )

    @property
    def client(self) -> Any:
        """The SDK's client, created at first use."""
        with self._lock:
            if self._client is None:
                import anthropic

                self._client = open_client(anthropic, anthropic.Anthropic, self._key, self._address, self._timeout_s)
            return self._client

    def open(self) -> None:
        """Creates the client without a request. Raises AddressWrong, KeyRefused, ProxyUnusable, CertificateMissing."""
        _ = self.client

    def close(self) -> None:
        """Closes its connections."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _sent(self, call: Callable[[], CallResult]) -> CallResult | RefusedCall:
        import anthropic

        try:
            return call()
        except anthropic.APITimeoutError:
            raise LLMCallFailed("timeout", f"It did not answer within {self._timeout_s:g} seconds.") from None
        except anthropic.APIConnectionError as error:
            raise connection_error(error, self._address) from None
        except anthropic.APIStatusError as error:
            return refused_call(error.status_code, error.response.text, error.response.headers)
        except (anthropic.APIError, ValueError) as error:  # a body that is no message
            raise LLMCallFailed("malformed", f"Its answer could not be read: {type(error).__name__}.") from None

    def _read(self, created: Any, request: LLMRequest) -> LLMResponse | RefusedCall:
        """Returns the response in a body with HTTP status 200, or the refusal in it. Raises if it is a web page or
        malformed.
        """
        response = created.http_response
        if is_page(response.text, response.headers):
            page = refused_call(200, response.text, response.headers)
            raise classify_page(
                page, f"{response.url.scheme}://{response.url.host}", has_answered=self._capabilities.has_answered
            )
        try:
            message = created.parse()
        except ValueError as error:
            raise LLMCallFailed("malformed", f"Its answer could not be read: {type(error).__name__}.") from None
        if not isinstance(part(message, "content"), list):
            inside = refused_inside(response.text, response.headers)
            if inside is not None:
                return inside
        return self.response_of(message, request)
