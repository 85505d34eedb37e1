"""The provider anthropic: one question to the Messages API, answered by its JSON schema, or by a forced tool call."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from fathom.errors import AnswerRefused
from fathom.language.answers.content import blocks_text
from fathom.language.asking import Answer, Ending, NoAnswer, Question, TokenUse
from fathom.language.prices import Price
from fathom.language.providers.refusals import broken_off, refusal

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

    def after(self, refused: str) -> Manner | None:
        """The manner to ask in after a request was refused in these words; None where no other is known."""
        words = refused.lower()
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

    @property
    def room(self) -> int:
        """Tokens beside the answer's that it may take."""
        return THINKING_ROOM if self.thinking == "always" else 0

    def parameters(self, question: Question) -> dict[str, Any]:
        """What of a request differs between manners."""
        asked: dict[str, Any] = {"max_tokens": question.max_tokens + self.room}
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

    def __init__(self, model: str, key: Callable[[], str], price: Price, *, address: str | None, timeout_s: float) -> None:
        self.model = model
        self.manner = first_manner(model)
        self._key = key
        self._price = price
        self._address = address or ADDRESS
        self._timeout_s = timeout_s
        self._client: Any = None
        self._lock = threading.Lock()

    @property
    def room(self) -> int:
        """Tokens that an answer may take beside those of the question's longest."""
        return self.manner.room

    def ask(self, question: Question) -> Answer:
        """The answer as JSON. Raises NoAnswer for what another try may mend, a named error for what none can."""
        while True:
            manner = self.manner
            try:
                return self.answer(self.called(lambda: self.client.messages.create(**self.request(question, manner))))  # noqa: B023
            except AnswerRefused as error:
                if not self.learned(manner, error):
                    raise

    def learned(self, manner: Manner, error: AnswerRefused) -> bool:
        """Whether there is another manner to ask in, after a request in this one was refused; it is the one from now on."""
        other = manner.after(error.message)
        with self._lock:
            if other is not None and self.manner == manner:  # another thread may have learned it meanwhile
                self.manner = other
        return other is not None

    def request(self, question: Question, manner: Manner) -> dict[str, Any]:
        """The parameters of a message."""
        return {
            "model": self.model,
            # schema and system prompt are the same for every question: the provider keeps them
            "system": [{"type": "text", "text": question.system, "cache_control": {"type": "ephemeral"}}],
            "messages": [{"role": "user", "content": question.text}],
            **manner.parameters(question),
        }

    def called(self, call: Callable[[], Result]) -> Result:
        """What the call gives; what its client raises is a NoAnswer or a named error."""
        import anthropic

        try:
            return call()
        except anthropic.APITimeoutError:
            raise NoAnswer("timeout", f"It did not answer within {self._timeout_s:g} seconds.") from None
        except anthropic.APIConnectionError as error:
            raise broken_off(error) from None
        except anthropic.APIStatusError as error:
            raise refusal(error.status_code, error.body, error.response.headers, self.model) from None
        except (anthropic.APIError, ValueError) as error:  # an answer that is no message
            raise NoAnswer("malformed", f"Its answer could not be read: {type(error).__name__}.") from None

    def answer(self, message: Any) -> Answer:
        """The message as an answer, with what it cost. Raises NoAnswer where it is none."""
        usage = getattr(message, "usage", None)
        if usage is None or not isinstance(getattr(message, "content", None), list):
            raise NoAnswer("malformed", "Its answer is no message.")
        tokens = TokenUse(
            fresh=usage.input_tokens or 0,
            cache_read=usage.cache_read_input_tokens or 0,
            cache_write=usage.cache_creation_input_tokens or 0,
            out=usage.output_tokens or 0,
        )
        ending = _ENDINGS.get(message.stop_reason, "complete")
        return Answer(blocks_text(message.content), ending, self.model, tokens, self._price.of(tokens))

    @property
    def client(self) -> Any:
        """The SDK's client, opened when first used."""
        with self._lock:
            if self._client is None:
                import anthropic

                self._client = anthropic.Anthropic(
                    api_key=self._key(), base_url=self._address, timeout=self._timeout_s, max_retries=0
                )
            return self._client

    def close(self) -> None:
        """Its connections are closed."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None
