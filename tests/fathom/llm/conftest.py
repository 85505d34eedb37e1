"""A scripted server and the model that asks it, with retries that wait for nothing."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fathom.extraction.llm_extractor import LLMExtractor
from fathom.llm.middleware import retry
from fathom.settings import Settings
from tests.fathom.llm.scripted_server import Asked, Reply, ScriptedServer

TEXT = "Ada Moreno designed the Tamar Bridge in 1998."


class Played:
    """A model that is asked, and the scripted server that answers it."""

    def __init__(self, settings: Callable[..., Settings], opened: Callable[[Settings], LLMExtractor]) -> None:
        self._settings = settings
        self._opened = opened
        self.servers: list[ScriptedServer] = []
        self.model: LLMExtractor | None = None

    @property
    def server(self) -> ScriptedServer:
        """The server that was opened last."""
        return self.servers[-1]

    @property
    def requests(self) -> list[Asked]:
        """What that server was asked."""
        return self.server.requests

    def by(self, script: Callable[[Asked], Reply], **more: Any) -> Played:
        """The model asks a server that answers so."""
        self.servers.append(ScriptedServer(script))
        return self.again(**more)

    def again(self, **more: Any) -> Played:
        """The model is opened once more, as another process would, for the same server."""
        provider = more.pop("provider", "openai")
        address = self.server.url if provider == "anthropic" else f"{self.server.url}/v1"
        given = {"llm_base_url": address, **({} if provider == "anthropic" else {"llm_model": "local"}), **more}
        self.model = self._opened(self._settings(provider, **given))
        return self

    def found(self, text: str = TEXT) -> set[str]:
        """The names that the model finds in a text."""
        assert self.model is not None
        return {one.name for one in self.model.extract([text])[0].entities}


@pytest.fixture
def played(settings_for: Any, opened: Any) -> Iterator[Played]:
    """`played.by(script).found()`."""
    made = Played(settings_for, opened)
    yield made
    for server in made.servers:
        server.stop()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that retries would have waited; they do not."""
    waited: list[float] = []
    made: Any = retry.RetryingClient.__init__

    def quick(self: Any, inner: Any, **_: Any) -> None:
        made(self, inner, sleep=waited.append, jitter=random.Random(1).random)

    monkeypatch.setattr(retry.RetryingClient, "__init__", quick)
    monkeypatch.setattr("fathom.llm.middleware.rate_limit.RateLimiter.block", lambda *_: None)
    return waited
