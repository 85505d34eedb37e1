"""What a caller of the API gets for each error of the whole tree, by its tier."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from fathom.api.app import create_app
from fathom.errors import ConversionFailed, FathomError, SettingsInvalid
from fathom.errors.tiers import TIERS
from fathom.settings import Settings
from tests.fathom.api.conftest import OWN_HOST

# The statuses of the errors of a tier that end a request; the exceptions are of single classes and those below them.
STATUSES = {
    "critical": {503, 507},
    "high": {500},
    "medium": {403},
    "low": {400, 403, 408, 413, 415, 422},
}
EXCEPTIONS = {
    SettingsInvalid.__name__: 400,  # nothing is to be waited for: a setting or an account is changed first
    "AccountRefused": 400,
    "RestoreFailed": 500,  # the same command continues it
    "RestoreUnfinished": 403,
    "RunCancelled": 500,
    "WriteUndone": 500,
    "ConversionCancelled": 500,
    "ValueNotWritable": 500,
}


def tree(kind: type[FathomError] = FathomError) -> Iterator[type[FathomError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from tree(below)


ROOMS = ("fathom.errors", "fathom.operations", "fathom.api")  # errors of other rooms never reach a request
CLASSES = sorted({kind for kind in tree() if kind.__module__.startswith(ROOMS)}, key=lambda kind: kind.__name__)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """An application whose route `/fails/NAME` raises the error of this name."""
    app: FastAPI = create_app(Settings(home=tmp_path_factory.mktemp("home")))
    by_name = {kind.__name__: kind for kind in CLASSES}

    @app.get("/fails/{name}")
    def fails(name: str) -> None:
        raise by_name[name]("It did not work.", document="a/b.pdf")

    with TestClient(app, headers=OWN_HOST, raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_each_error_is_answered_as_its_tier_says(answers: TestClient, kind: type[FathomError]) -> None:
    answer = answers.get(f"/fails/{kind.__name__}")
    exception = next((EXCEPTIONS[one.__name__] for one in kind.__mro__ if one.__name__ in EXCEPTIONS), None)
    assert answer.status_code in ({exception} if exception else STATUSES[kind.tier])
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert (told["tier"], told["retryable"], told["document"]) == (kind.tier, kind.retryable, "a/b.pdf")
    assert told["detail"] == f"It did not work. {kind.hint}".strip()
    assert ("Retry-After" in answer.headers) is (answer.status_code == 503)


def test_work_that_was_retried_in_vain_is_not_called_retryable(home_settings: Settings) -> None:
    app = create_app(home_settings)

    @app.get("/fails")
    def fails() -> None:
        raise ConversionFailed("It did not work.", final=True)

    with TestClient(app, headers=OWN_HOST, raise_server_exceptions=False) as client:
        assert client.get("/fails").json()["retryable"] is False


def test_each_tier_has_errors() -> None:
    assert {kind.tier for kind in CLASSES} == set(TIERS)
