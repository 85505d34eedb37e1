"""The application over a home of the test's own, with a key of each role; no other part runs."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from fathom import settings as settings_module
from fathom.api.app import create_app
from fathom.api.routes.document_paths import encoded
from fathom.observability.json_lines_handler import keep_logs
from fathom.security.api_keys import KeyRole, KeyStore, open_keys
from fathom.settings import Settings
from fathom.uploads.intake import Intake, open_intake
from tests.fathom.api.kept_keys import kept_key

OWN_HOST = {"Host": "localhost"}  # TestClient would ask for the host testserver
ORIGIN = "http://localhost"


@dataclass
class Api:
    """The application as a caller sees it."""

    client: TestClient
    app: FastAPI
    settings: Settings
    keys: KeyStore

    @property
    def intake(self) -> Intake:
        return open_intake(self.settings)

    def key(self, role: KeyRole, collection: str | None = None) -> dict[str, str]:
        key = kept_key(self.settings, role, name=f"{role} of {collection}", collection=collection)
        return {"Authorization": f"Bearer {key}"}

    def upload(self, name: str, data: bytes, *, collection: str = "c", **options: Any) -> httpx.Response:
        if "headers" not in options:
            options["headers"] = self.key("operator")
        answer: httpx.Response = self.client.post(
            "/api/upload", data={"collection": collection}, files={"file": (name, data)}, **options
        )
        return answer

    def accepted(self, document: str = "c/a.md", data: bytes = b"# A\n\nIngrid Solberg lives in Bergen.") -> str:
        collection, _, name = document.partition("/")
        assert self.upload(name, data, collection=collection).status_code == 202
        return encoded(document)


@contextmanager
def serving(settings: Settings) -> Iterator[Api]:
    """The application over that home."""
    root, fathom = logging.getLogger(), logging.getLogger("fathom")
    before, level = list(root.handlers), fathom.level
    keep_logs(settings, "api")
    app = create_app(settings)
    with TestClient(app, headers=OWN_HOST, raise_server_exceptions=False) as client:
        yield Api(client, app, settings, open_keys(settings))
    for handler in [handler for handler in root.handlers if handler not in before]:
        root.removeHandler(handler)
        handler.close()
    fathom.setLevel(level)


@pytest.fixture
def api(home_settings: Settings) -> Iterator[Api]:
    with serving(home_settings) as made:
        yield made


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """One application for those tests of a module that leave it as it was; no caller of it is slowed down."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FATHOM_HOME", str(tmp_path_factory.mktemp("shared") / "home"))
        patch.setenv("FATHOM_API_REQUESTS_PER_MINUTE", "1000000")
        settings_module.settings.cache_clear()
        with serving(settings_module.settings()) as made:
            yield made
    settings_module.settings.cache_clear()
