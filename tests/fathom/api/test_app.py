"""The HTTP frame: each answer has its request's id, each error is a problem document, health says what is so."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel

from fathom.api.app import create_app
from fathom.errors import DocumentLocked, GraphUnreachable, QueryRefused, StoreFull, UsageWrong
from fathom.settings import Settings
from tests.fathom.api.conftest import OWN_HOST

ERRORS = [
    (UsageWrong("Wrong."), 400),
    (QueryRefused("No."), 403),
    (DocumentLocked("Locked.", document="a/b.pdf"), 422),
    (GraphUnreachable("Away."), 503),
    (StoreFull("Full."), 507),
]


class Body(BaseModel):
    """A request of a form."""

    number: int


@pytest.fixture
def app(home_settings: Settings) -> FastAPI:
    return create_app(home_settings)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, headers=OWN_HOST, raise_server_exceptions=False) as client:
        yield client


def test_it_lives_without_any_part(client: TestClient) -> None:
    answer = client.get("/health/live")
    assert (answer.status_code, answer.json()["status"]) == (200, "live")


def test_it_is_not_ready_while_parts_are_missing_and_names_them(client: TestClient) -> None:
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["parts"]["dagster-daemon"]["state"] == "stopped"


def test_each_answer_names_its_request(client: TestClient) -> None:
    first, second = (client.get("/health/live").headers["X-Request-ID"] for _ in range(2))
    assert first != second
    assert client.get("/nowhere", headers={"X-Request-ID": "mine-1"}).headers["X-Request-ID"] == "mine-1"


def test_an_id_that_could_forge_a_log_line_is_replaced(client: TestClient) -> None:
    assert client.get("/health/live", headers={"X-Request-ID": "a b"}).headers["X-Request-ID"] != "a b"


def test_an_unknown_address_is_a_problem_document(client: TestClient) -> None:
    answer = client.get("/nowhere")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "Not Found",
        "instance": "/nowhere",
    }


@pytest.mark.parametrize(("error", "status"), ERRORS, ids=[error.name for error, _ in ERRORS])
def test_a_named_error_is_a_problem_document_with_what_to_do(
    app: FastAPI, client: TestClient, error: Exception, status: int
) -> None:
    @app.get("/fails")
    def fails() -> None:
        raise error

    answer = client.get("/fails")
    assert answer.status_code == answer.json()["status"] == status
    assert answer.json()["title"] == type(error).__name__
    assert answer.json()["detail"].startswith(str(error))
    assert answer.json().get("document") == getattr(error, "document", None)


def test_a_request_of_the_wrong_form_says_where_and_never_the_value(app: FastAPI, client: TestClient) -> None:
    @app.post("/takes")
    def takes(body: Body) -> None: ...

    answer = client.post("/takes", json={"number": "hunter2"})
    assert answer.status_code == 422
    assert "body.number" in answer.json()["detail"]
    assert "hunter2" not in answer.text


def test_a_defect_says_nothing_of_itself_and_is_in_the_log(
    app: FastAPI, client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    @app.get("/breaks")
    def breaks() -> None:
        raise RuntimeError("internal detail")

    with caplog.at_level(logging.ERROR, "fathom.api"):
        answer = client.get("/breaks")
    assert answer.status_code == 500
    assert "internal detail" not in answer.text
    assert answer.headers["X-Request-ID"]
    assert "internal detail" in caplog.text


def test_while_it_lives_a_large_output_is_put_aside(app: FastAPI, home_settings: Settings) -> None:
    home_settings.logs_path.mkdir(parents=True)
    log = home_settings.logs_path / "graph.log"
    log.write_bytes(b"x" * 11 * 1024**2)
    with TestClient(app):
        deadline = time.monotonic() + 10
        while log.stat().st_size and time.monotonic() < deadline:
            time.sleep(0.01)
    assert log.read_bytes() == b""
    assert log.with_name("graph.log.1").exists()


def test_the_description_of_the_api_names_no_outside_asset(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert "/api/upload/{id}/stream" in page.text
    assert not re.search(r"(?:src|href)=\"?(?:https?:)?//", page.text)
    assert "<script" not in page.text
    assert client.get("/openapi.json").status_code == 200


def test_every_answer_has_headers_that_keep_browsers_safe(client: TestClient) -> None:
    for answer in (client.get("/health/live"), client.get("/nowhere"), client.get("/docs")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "access-control-allow-origin" not in answer.headers


def test_a_body_that_is_no_upload_has_bounds(client: TestClient) -> None:
    answer = client.post("/api/keys", content=b"x" * (1024 * 1024 + 1), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    chunked = client.post("/api/keys", content=iter([b"x", b"y"]), headers={"Content-Type": "application/json"})
    assert chunked.status_code == 411
