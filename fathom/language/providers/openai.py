"""The provider openai: one question to any server that speaks its chat completions, a local model's too."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

from fathom.errors import AnswerRefused
from fathom.language.answers.content import ended_in_error, failed_generation, message_text
from fathom.language.asking import Answer, Ending, NoAnswer, Question, TokenUse
from fathom.language.prices import Price
from fathom.language.providers.refusals import broken_off, refusal

ADDRESS = "https://api.openai.com/v1"
REASONING_ROOM = 4096
_ENDINGS: dict[str | None, Ending] = {"length": "truncated", "content_filter": "refused"}


class OpenAIProvider:
    """A chat model, asked once a call, with a JSON schema; a server that knows none of it is asked for any JSON object."""

    def __init__(self, model: str, key: Callable[[], str], price: Price, *, address: str | None, timeout_s: float) -> None:
        self.model = model
        self._key = key
        self._price = price
        self._address = address or ADDRESS
        self._timeout_s = timeout_s
        self._takes_schema = True
        self._own = address is None  # compatible servers know the older name of a bound, and no effort
        self._takes_effort = self._own
        self._client: Any = None
        self._lock = threading.Lock()

    def ask(self, question: Question) -> Answer:
        """The answer's text, JSON if it is as asked. Raises NoAnswer for what another try may mend, else a named error."""
        while True:
            took = (self._takes_schema, self._takes_effort)
            try:
                return self._ask(question)
            except AnswerRefused as error:
                if took[1] and "reasoning_effort" in error.message:
                    self._takes_effort = False
                elif took[0] and any(word in error.message for word in ("response_format", "json_schema")):
                    self._takes_schema = False
                else:
                    raise

    @property
    def room(self) -> int:
        """Tokens that an answer may take beside those of the question's longest: for models that reason first."""
        return REASONING_ROOM if self._own else 0

    def _ask(self, question: Question) -> Answer:
        import openai

        more: dict[str, Any] = {"reasoning_effort": "low"} if self._takes_effort else {}
        more["max_completion_tokens" if self._own else "max_tokens"] = question.max_tokens + self.room
        try:
            completion = self._opened().chat.completions.create(
                model=self.model,
                messages=[
                    {"role": "system", "content": self._system(question)},
                    {"role": "user", "content": question.text},
                ],
                response_format=self._format(question),
                **more,
            )
        except openai.APITimeoutError:
            raise NoAnswer("timeout", f"It did not answer within {self._timeout_s:g} seconds.") from None
        except openai.APIConnectionError as error:
            raise broken_off(error) from None
        except openai.APIStatusError as error:
            if (said := failed_generation(error.body)) is not None:
                return Answer(said, "complete", self.model)
            raise refusal(error.status_code, error.body, error.response.headers, self.model) from None
        except (openai.APIError, ValueError) as error:  # an answer that is no completion
            raise NoAnswer("malformed", f"Its answer could not be read: {type(error).__name__}.") from None
        return self._answer(completion)

    def _system(self, question: Question) -> str:
        if self._takes_schema:
            return question.system
        return f"{question.system}\n\nAnswer with one JSON object of this schema:\n{json.dumps(question.schema)}"

    def _format(self, question: Question) -> dict[str, Any]:
        if not self._takes_schema:
            return {"type": "json_object"}
        return {"type": "json_schema", "json_schema": {"name": "record", "strict": True, "schema": dict(question.schema)}}

    def _answer(self, completion: Any) -> Answer:
        choice = next(iter(getattr(completion, "choices", None) or ()), None)
        if choice is None or choice.message is None:
            raise NoAnswer("malformed", "Its answer is no completion.")
        if (failed := ended_in_error(choice)) is not None:
            raise NoAnswer("ended_in_error", f"Its answer ended in an error: {failed}")
        tokens = _tokens(completion.usage)
        ending = "refused" if choice.message.refusal else _ENDINGS.get(choice.finish_reason, "complete")
        return Answer(message_text(choice.message), ending, self.model, tokens, self._price.of(tokens))

    def _opened(self) -> Any:
        with self._lock:
            if self._client is None:
                import openai

                self._client = openai.OpenAI(
                    api_key=self._key(), base_url=self._address, timeout=self._timeout_s, max_retries=0
                )
            return self._client

    def close(self) -> None:
        """Its connections are closed."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None


def _tokens(usage: Any) -> TokenUse:
    """Tokens as billed; a server that does not count them used none, as far as one knows."""
    if usage is None:
        return TokenUse()
    read = getattr(usage.prompt_tokens_details, "cached_tokens", None) or 0
    return TokenUse(fresh=max(0, (usage.prompt_tokens or 0) - read), cache_read=read, out=usage.completion_tokens or 0)
