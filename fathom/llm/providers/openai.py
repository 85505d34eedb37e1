"""The provider openai: one question to any server that speaks its chat completions, a local model's too."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fathom.llm.client import Answer, Cut, Ending, NoAnswer, Question
from fathom.llm.pricing import Price
from fathom.llm.providers.capabilities import ChatManner
from fathom.llm.providers.capability_negotiation import Lessons
from fathom.llm.providers.capability_store import ServerMemory
from fathom.llm.providers.connections import broken_off, opened_client, without_password
from fathom.llm.providers.context_limits import FIRST_ROOM, TokenLimits
from fathom.llm.providers.error_classification import page_instead
from fathom.llm.providers.error_response import RefusedCall, is_page, refused_call, refused_inside
from fathom.llm.providers.message_text import UNENDED, content_text, ended_in_error, failed_generation, message_text
from fathom.llm.providers.token_usage import CountedUse, chat_use, part, reasoning_tokens

ADDRESS = "https://api.openai.com/v1"
_ENDINGS: dict[str | None, Ending] = {"length": "truncated", "max_tokens": "truncated", "content_filter": "refused"}
_CUT_BY: dict[bool, Cut] = {True: "reasoning", False: "length"}
_REASONING = ("reasoning_content", "reasoning", "thinking")


class OpenAIProvider:
    """A chat model, asked once a call, with a JSON schema; what its server does not take is learned from its refusals."""

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
        own = address is None  # compatible servers know the older name of a bound, and no effort
        manner = ChatManner() if own else ChatManner(length="max_tokens", effort=False)
        self._memory = ServerMemory(memory, without_password(self._address), model)
        limits = TokenLimits(room=FIRST_ROOM if own else 0)
        self._lessons = Lessons(manner, self._memory, model, ChatManner.after, limits)
        self._client: Any = None
        self._lock = threading.Lock()

    def ask(self, question: Question) -> Answer:
        """The answer's text, JSON if it is as asked. Raises NoAnswer for what another try may mend, else a named error."""
        return self._lessons.ask(question, lambda manner, tokens: self._ask(question, manner, tokens))

    @property
    def is_met(self) -> bool:
        """Whether many questions may be asked at once."""
        return self._lessons.is_met

    @property
    def room(self) -> int:
        """Tokens that an answer may take beside those of the question's longest: for models that reason first."""
        return self._lessons.limits.room

    def _ask(self, question: Question, manner: ChatManner, max_tokens: int) -> Answer | RefusedCall:
        import openai

        try:
            created = self._opened().chat.completions.with_raw_response.create(
                model=self.model, **manner.parameters(question, max_tokens)
            )
            return self._read(question, created)
        except openai.APITimeoutError:
            raise NoAnswer("timeout", f"It did not answer within {self._timeout_s:g} seconds.") from None
        except openai.APIConnectionError as error:
            raise broken_off(error, self._address) from None
        except openai.APIStatusError as error:
            if (said := failed_generation(error.body)) is not None:
                counted = chat_use(None, question, said, self._lessons.factors)
                return self._answer(said, "complete", counted)
            return refused_call(error.status_code, error.response.text, error.response.headers)
        except (openai.APIError, ValueError) as error:  # an answer that is no completion
            raise NoAnswer("malformed", f"Its answer could not be read: {type(error).__name__}.") from None

    def _read(self, question: Question, created: Any) -> Answer | RefusedCall:
        """The answer in a response of the status 200; or the refusal, or the web page, that is there in its place."""
        response = created.http_response
        if is_page(response.text, response.headers):
            page = refused_call(200, response.text, response.headers)
            raise page_instead(page, f"{response.url.scheme}://{response.url.host}", has_answered=self._memory.has_answered)
        completion = created.parse()
        choice = next(iter(part(completion, "choices") or ()), None)
        message = part(choice, "message")
        if message is None:
            if (inside := refused_inside(response.text, response.headers)) is not None:
                return inside
            raise NoAnswer("malformed", "Its answer is no completion.")
        if (failed := ended_in_error(choice)) is not None:
            raise NoAnswer("ended_in_error", f"Its answer ended in an error: {failed}")
        said, usage = message_text(message), part(completion, "usage")
        thought = next((text for name in _REASONING if (text := content_text(part(message, name), reasoning=True))), "")
        written = thought if said == UNENDED + thought else thought + said  # an answer may be in the reasoning
        counted = chat_use(usage, question, written, self._lessons.factors)
        if not counted.estimated:
            self._lessons.counted(question, written, counted.tokens)
        ending = "refused" if part(message, "refusal") else _ENDINGS.get(part(choice, "finish_reason"), "complete")
        content = content_text(part(message, "content")).strip()
        reasoned = bool(thought) or "<think>" in content or 2 * reasoning_tokens(usage) > counted.tokens.out
        unended = not content or ("<think>" in content and "</think>" not in content)
        return self._answer(said, ending, counted, reasoned=ending == "truncated" and (unended or reasoned))

    def _answer(self, said: str, ending: Ending, counted: CountedUse, *, reasoned: bool = False) -> Answer:
        cost, cut_by = self._price.of(counted.tokens), _CUT_BY[reasoned]
        return Answer(said, ending, self.model, counted.tokens, cost, estimated=counted.estimated, cut_by=cut_by)

    def _opened(self) -> Any:
        with self._lock:
            if self._client is None:
                import openai

                self._client = opened_client(openai, openai.OpenAI, self._key, self._address, self._timeout_s)
            return self._client

    def open(self) -> None:
        """Its client is made and nothing asked. Raises AddressWrong, KeyRefused, ProxyUnusable, CertificateMissing."""
        self._opened()

    def close(self) -> None:
        """Its connections are closed."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None
        self._lessons.close()
