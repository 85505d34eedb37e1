"""A language model's server on loopback, and settings that ask it through the real clients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fathom.language.asked_model import AskedModel
from fathom.language.models import open_language_model
from fathom.settings import Settings
from tests.fathom.language.messages_server import MessagesServer

Opened = Callable[[Settings], AskedModel]
SettingsFor = Callable[..., Settings]


@pytest.fixture
def server() -> Iterator[MessagesServer]:
    """One that answers at once, unless it is told otherwise."""
    running = MessagesServer()
    yield running
    running.stop()


@pytest.fixture
def settings_for(server: MessagesServer, tmp_path: Path, home_settings: Settings) -> SettingsFor:
    """`settings_for("anthropic", llm_concurrency=4)`: the server is the provider, the home the test's own."""

    def made(provider: str = "anthropic", **more: Any) -> Settings:
        address = server.url if provider == "anthropic" else f"{server.url}/v1"
        keys = {"anthropic_api_key": server.key, "openai_api_key": server.key}
        given = {"home": tmp_path / "home", "llm": provider, "llm_base_url": address, "llm_timeout_s": 5}
        return Settings(**{**given, **keys, **more})

    return made


@pytest.fixture
def opened() -> Iterator[Opened]:
    """`opened(settings)` is their language model, closed after the test."""
    models: list[AskedModel] = []

    def made(settings: Settings) -> AskedModel:
        model = open_language_model(settings)
        assert isinstance(model, AskedModel)
        models.append(model)
        return model

    yield made
    for model in models:
        model.close()
