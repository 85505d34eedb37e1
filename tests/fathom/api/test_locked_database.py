"""While another process has the operational database locked, requests answer soon, nothing is lost, and streams wait on."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import httpx
import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from fathom.api import short_waits
from fathom.api.routes.document_paths import encoded
from fathom.api.short_waits import read_while_followed
from fathom.errors import DatabaseLocked, DatabaseUnreachable
from fathom.settings import Settings
from fathom.tables import metadata
from tests.fathom.api.conftest import Api, serving

ANSWERED_WITHIN_S = 3.0
TEXT = b"# A\n\nIngrid Solberg lives in Bergen."


@contextmanager
def locked(api: Api) -> Iterator[None]:
    """Another connection writes for as long as this lasts, and on Postgres nobody can read meanwhile, either."""
    url = sa.make_url(api.settings.operational_url)
    if url.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(url.database or "", isolation_level=None)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            yield
        return
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            connection.execute(sa.text(f"LOCK TABLE {table.name} IN ACCESS EXCLUSIVE MODE"))
        yield
    engine.dispose()


def asked(api: Api, method: str, path: str, **options: object) -> httpx.Response:
    began = time.monotonic()
    answer: httpx.Response = api.client.request(method, path, follow_redirects=False, **options)
    assert time.monotonic() - began < ANSWERED_WITHIN_S, (method, path)
    return answer


def assert_refused(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "5"), answer.text
    if answer.headers["content-type"] == "application/problem+json":
        assert answer.json()["title"] == "DatabaseLocked"


def test_reads_answer_while_somebody_writes(api: Api) -> None:
    document, reader = api.accepted(), api.key("reader")
    with locked(api):
        for path in (f"/api/upload/status/{document}", "/api/documents", f"/api/upload/{document}/logs", "/api/pauses", "/"):
            assert asked(api, "GET", path, headers=reader).status_code == 200


def test_what_would_be_written_is_refused_and_can_be_asked_for_again(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(short_waits, "MAX_WAIT_S", 0.4)
    document, admin = api.accepted(), api.key("admin")
    api.intake.mark_failed("c/a.md", api.intake.list()[0].version or "", error=ValueError("x"))
    writes = [
        ("POST", "/api/collections/c/pause", {}),
        ("POST", f"/api/documents/{document}/priority", {"json": {"priority": 1}}),
        ("POST", f"/api/documents/{document}/cancel", {}),
        ("POST", "/api/keys", {"json": {"role": "reader", "name": "a"}}),
    ]
    with locked(api):
        for method, path, body in writes:
            assert_refused(asked(api, method, path, headers=admin, **body))
    for method, path, body in writes:
        assert asked(api, method, path, headers=admin, **body).status_code in (200, 201), path


def test_an_upload_is_refused_with_nothing_left_and_taken_later(api: Api) -> None:
    operator = api.key("operator")
    with locked(api):
        began = time.monotonic()
        refused = api.upload("a.md", TEXT, headers=operator)
        assert time.monotonic() - began < ANSWERED_WITHIN_S
        assert_refused(refused)
        assert [one for one in api.settings.inbox_path.rglob("*") if one.is_file()] == []
    assert api.intake.counts() == {}
    assert api.upload("a.md", TEXT).status_code == 202
    assert api.intake.counts() == {"accepted": 1}


def test_the_file_that_an_upload_would_replace_stays(api: Api) -> None:
    api.accepted("c/a.md", b"the first text")
    operator = api.key("operator")
    with locked(api):
        assert_refused(api.upload("a.md", b"the second text", headers=operator))
    assert (api.settings.inbox_path / "c" / "a.md").read_bytes() == b"the first text"


def test_a_stream_waits_on() -> None:
    answered = iter([DatabaseLocked("Locked."), DatabaseUnreachable("Away."), ["news"]])

    def read(document: str) -> list[str]:
        found = next(answered)
        if isinstance(found, Exception):
            raise found
        return [*found, document]

    async def followed() -> None:
        stop = asyncio.Event()
        assert await read_while_followed(read, stop, "c/a.md") == ["news", "c/a.md"]

    asyncio.run(followed())


@pytest.mark.integration
def test_nothing_is_read_while_postgres_lets_nobody_read(home_settings: Settings, postgres_database: str) -> None:
    with serving(home_settings.model_copy(update={"database_url": SecretStr(postgres_database)})) as api:
        headers = {"X-API-Key": api.keys.create("admin", name="a").key}
        assert api.upload("a.md", TEXT, headers=headers).status_code == 202
        document = encoded("c/a.md")
        with locked(api):
            for path in (
                f"/api/upload/status/{document}",
                "/api/documents",
                f"/api/upload/{document}/logs",
                "/api/pauses",
                "/",
            ):
                assert_refused(asked(api, "GET", path, headers=headers))
            assert_refused(asked(api, "POST", f"/api/documents/{document}/cancel", headers=headers))
            assert_refused(api.upload("b.md", TEXT, headers=headers))
        assert list(api.settings.inbox_path.rglob("b.md")) == []
        assert asked(api, "GET", f"/api/upload/status/{document}", headers=headers).status_code == 200


@pytest.mark.integration
def test_many_at_once_are_answered_as_soon(api: Api) -> None:
    operator = api.key("operator")
    answers: list[tuple[int, float]] = []

    def upload(number: int) -> None:
        began = time.monotonic()
        answer = api.upload(f"{number}.md", b"text %d" % number, headers=operator)
        answers.append((answer.status_code, time.monotonic() - began))

    threads = [threading.Thread(target=upload, args=(number,)) for number in range(60)]
    with locked(api):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert {status for status, _ in answers} == {503}
    assert max(took for _, took in answers) < 2 * ANSWERED_WITHIN_S
    assert api.intake.counts() == {}
