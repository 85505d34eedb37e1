"""The provider anthropic: one question to the Messages API, answered by its JSON schema, or by a forced tool call."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from fathom.llm.client import Answer, Cut, Ending, NoAnswer, Question
from fathom.llm.pricing import Price
from fathom.llm.providers.capability_negotiation import Lessons
from fathom.llm.providers.capability_store import ServerMemory
from fathom.llm.providers.connections import broken_off, opened_client, without_password
from fathom.llm.providers.error_classification import page_instead, refusal
from fathom.llm.providers.error_response import RefusedCall, is_page, refused_call, refused_inside
from fathom.llm.providers.message_text import blocks_text, content_text
from fathom.llm.providers.token_usage import message_use, part

ADDRESS = "https://api.anthropic.com"
TOOL = "record"
THINKING_ROOM = 4096  # tokens of an answer that a model which always thinks may think with
_ENDINGS: dict[str | None, Ending] = {
    "max_tokens": "truncated",
    "model_context_window_exceeded": "truncated",
    "refusal": "refused",
}


Result = TypeVar("Result")


@dataclass(frozen=True)
class Manner:
    """How a model is asked: models differ in what they take, and refuse a request that asks otherwise, at no cost.

    `thinking`: how it is turned off; `unasked`, where the model does not think by itself; `always`, where it does.
    """

    by: Literal["schema", "tool"] = "schema"
    thinking: Literal["disabled", "between_tools", "unasked", "always"] = "disabled"
    effort: bool = True

    def after(self, refused: RefusedCall) -> Manner | None:
        """The manner to ask in after a request was refused in these words; None where no other is known."""
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

    def plainer(self) -> Manner | None:
        """The next manner that asks for less, after a refusal without a reason; None where nothing is left to leave out."""
        if self.effort:
            return replace(self, effort=False)
        if self.thinking in ("disabled", "between_tools"):
            return replace(self, thinking="unasked")
        return replace(self, by="tool") if self.by == "schema" else None

    @property
    def room(self) -> int:
        """Tokens beside the answer's that it may take."""
        return THINKING_ROOM if self.thinking == "always" else 0

    def parameters(self, question: Question, max_tokens: int) -> dict[str, Any]:
        """What of a request differs between manners."""
        asked: dict[str, Any] = {"max_tokens": max_tokens + self.room}
        if self.thinking in ("disabled", "between_tools"):
            asked["thinking"] = {"type": self.thinking}
        if self.by == "tool":
            asked["tools"] = [{"name": TOOL, "description": "Record what it says.", "input_schema": dict(question.schema)}]
            asked["tool_choice"] = {"type": "tool", "name": TOOL}
            return asked
        asked["output_config"] = {"format": {"type": "json_schema", "schema": dict(question.schema)}}
        if self.effort:
            asked["output_config"]["effort"] = "low"
        return asked


def first_manner(model: str) -> Manner:
    """The manner that a model of this name most likely takes; what it refuses is learned from it."""
    if "claude-3" in model or any(old in model for old in ("-4-0", "-4-1", "-4-2025")):
        return Manner("tool", "unasked", False)
    if any(old in model for old in ("-4-5", "-4-6")):
        return Manner("schema", "unasked", "-4-6" in model or "opus" in model)
    if any(name in model for name in ("opus-5-5", "fable", "mythos")):
        return Manner("schema", "always")
    return Manner("schema", "between_tools" if "sonnet-5-5" in model else "disabled")


class AnthropicProvider:
    """Claude, asked once a call: no retries, which are another layer's. The key is held by the client alone."""

    def __init__(
        self,
        model: str,
        key: Callable[[], str],
        price: Price,
        *,
        address: str | None,
        timeout_s: float,
        memory: Path | None = None,
    ) -> None:
        self.model = model
        self._key = key
        self._price = price
        self._address = address or ADDRESS
        self._timeout_s = timeout_s
        self._memory = ServerMemory(memory, without_password(self._address), model)
        self._lessons = Lessons(first_manner(model), self._memory, model, Manner.after)
        self._client: Any = None
        self._lock = threading.Lock()

    @property
    def manner(self) -> Manner:
        """How it is asked."""
        return self._lessons.manner

    @property
    def is_met(self) -> bool:
        """Whether many questions may be asked at once."""
        return self._lessons.is_met

    @property
    def room(self) -> int:
        """Tokens that an answer may take beside those of the question's longest."""
        return self.manner.room + self._lessons.limits.room

    def ask(self, question: Question) -> Answer:
        """The answer as JSON. Raises NoAnswer for what another try may mend, a named error for what none can."""

        def call(manner: Manner, tokens: int) -> Answer | RefusedCall:
            found = self._sent(lambda: self.client.messages.with_raw_response.create(**self.request(question, manner, tokens)))
            return found if isinstance(found, RefusedCall) else self._read(found, question)

        return self._lessons.ask(question, call)

    def learned(self, manner: Manner, refused: RefusedCall, question: Question) -> None:
        """Learns from a refusal of a request in this manner; raises what the refusal means where nothing can be learned."""
        self._lessons.learn(refused, manner, question, question.max_tokens + self.room, {manner})

    def request(self, question: Question, manner: Manner, max_tokens: int | None = None) -> dict[str, Any]:
        """The parameters of a message; `max_tokens` of its answer, by default what the model's limits allow."""
        tokens = max_tokens if max_tokens is not None else self._lessons.limits.answer_tokens(question)
        return {
            "model": self.model,
            # schema and system prompt are the same for every question: the provider keeps them
            "system": [{"type": "text", "text": question.system, "cache_control": {"type": "ephemeral"}}],
            "messages": [{"role": "user", "content": question.text}],
            **manner.parameters(question, tokens),
        }

    def called(self, call: Callable[[], Result]) -> Result:
        """What the call gives; what its client raises is a NoAnswer or a named error."""
        found = self._sent(call)
        if isinstance(found, RefusedCall):
            raise refusal(found, self.model)
        return found

    def answer(self, message: Any, question: Question | None = None) -> Answer:
        """The message as an answer, with what it cost. Raises NoAnswer where it is none."""
        content = part(message, "content")
        if not isinstance(content, list):
            raise NoAnswer("malformed", "Its answer is no message.")
        said, reason = blocks_text(content), part(message, "stop_reason")
        thoughts = [block for block in content if part(block, "type") in ("thinking", "redacted_thinking")]
        written = content_text(thoughts, reasoning=True) + said
        counted = message_use(part(message, "usage"), question, written, self._lessons.factors)
        if not counted.estimated and question is not None:
            self._lessons.counted(question, written, counted.tokens)
        ending = _ENDINGS.get(reason, "complete")
        cut_by: Cut = "reasoning" if thoughts and not said.strip() else "length"
        if reason == "model_context_window_exceeded":
            cut_by = "limit"
        cost = self._price.of(counted.tokens)
        return Answer(said, ending, self.model, counted.tokens, cost, estimated=counted.estimated, cut_by=cut_by)

    @property
    def client(self) -> Any:
        """The SDK's client, opened when first used."""
        with self._lock:
            if self._client is None:
                import anthropic

                self._client = opened_client(anthropic, anthropic.Anthropic, self._key, self._address, self._timeout_s)
            return self._client

    def open(self) -> None:
        """Its client is made and nothing asked. Raises AddressWrong, KeyRefused, ProxyUnusable, CertificateMissing."""
        _ = self.client

    def close(self) -> None:
        """Its connections are closed."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None
        self._lessons.close()

    def _sent(self, call: Callable[[], Result]) -> Result | RefusedCall:
        import anthropic

        try:
            return call()
        except anthropic.APITimeoutError:
            raise NoAnswer("timeout", f"It did not answer within {self._timeout_s:g} seconds.") from None
        except anthropic.APIConnectionError as error:
            raise broken_off(error, self._address) from None
        except anthropic.APIStatusError as error:
            return refused_call(error.status_code, error.response.text, error.response.headers)
        except (anthropic.APIError, ValueError) as error:  # an answer that is no message
            raise NoAnswer("malformed", f"Its answer could not be read: {type(error).__name__}.") from None

    def _read(self, created: Any, question: Question) -> Answer | RefusedCall:
        """The answer in a response of the status 200; or the refusal, or the web page, that is there in its place."""
        response = created.http_response
        if is_page(response.text, response.headers):
            page = refused_call(200, response.text, response.headers)
            raise page_instead(page, f"{response.url.scheme}://{response.url.host}", has_answered=self._memory.has_answered)
        try:
            message = created.parse()
        except ValueError as error:
            raise NoAnswer("malformed", f"Its answer could not be read: {type(error).__name__}.") from None
        if not isinstance(part(message, "content"), list):
            inside = refused_inside(response.text, response.headers)
            if inside is not None:
                return inside
        return self.answer(message, question)
