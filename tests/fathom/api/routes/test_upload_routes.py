"""Uploads by HTTP: whole and once in the intake, or refused by name with nothing left; then status, logs and control."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest

from fathom.api.routes.document_paths import encoded
from fathom.observability.structured_logging import get_logger, stage
from fathom.uploads.inbox import upload_stream
from tests.fathom.api.conftest import OWN_HOST, Api

log = get_logger("fathom.test")
TEXT = b"# A\n\nIngrid Solberg lives in Bergen."


def left(api: Api) -> list[str]:
    inbox = api.settings.inbox_path
    return sorted(str(path.relative_to(inbox)) for path in inbox.rglob("*") if path.is_file())


def eventually(condition: Callable[[], bool], within_s: float = 10.0) -> bool:
    deadline = time.monotonic() + within_s
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def test_a_file_is_taken_and_says_where_to_look(api: Api) -> None:
    answer = api.upload("field notes.md", TEXT)
    assert answer.status_code == 202
    body = answer.json()
    assert body["upload_id"] == "c/field notes.md"
    assert body["version"] == hashlib.sha256(TEXT).hexdigest()
    assert (body["size"], body["changed"]) == (len(TEXT), True)
    status = api.client.get(body["status_url"], headers=api.key("reader"))
    assert (status.status_code, status.json()["state"], status.json()["upload_id"]) == (200, "queued", "c/field notes.md")


@pytest.mark.case(80)
def test_a_date_that_is_given_is_that_of_the_document(api: Api) -> None:
    def sent(said: str) -> httpx.Response:
        fields = {"collection": "c", "reference_time": said}
        answer: httpx.Response = api.client.post(
            "/api/upload", data=fields, files={"file": ("a.md", TEXT)}, headers=api.key("operator")
        )
        return answer

    assert sent("soon").status_code in (400, 422)
    assert left(api) == []
    body = sent("2019-05").json()
    status = api.client.get(body["status_url"], headers=api.key("reader")).json()
    assert (status["document_date"], status["document_date_from"]) == ("2019-05-01T00:00:00Z", "given")


def test_the_same_bytes_are_taken_once_and_other_bytes_anew(api: Api) -> None:
    assert [api.upload("a.md", data).json()["changed"] for data in (TEXT, TEXT, TEXT + b"!")] == [True, False, True]
    assert api.intake.counts() == {"accepted": 1}
    assert left(api) == ["c/a.md"]


@pytest.mark.parametrize("name", ["a%2Fb.md", "100%.md", "Übersicht 東京.md", "status", "x#y?z.md", "a+b&c.md"])
def test_any_name_is_found_again_by_its_encoded_id(api: Api, name: str) -> None:
    body = api.upload(name, TEXT).json()
    assert "/" not in body["status_url"].removeprefix("/api/upload/status/")
    answer = api.client.get(body["status_url"], headers=api.key("reader"))
    assert answer.json()["upload_id"] == body["upload_id"]
    shown = api.client.get(f"/api/documents/{encoded(body['upload_id'])}", headers=api.key("reader"))
    assert shown.json()["document"]["id"] == body["upload_id"]


def test_a_document_whose_name_is_like_a_route_is_itself(api: Api) -> None:
    document = api.accepted("status/logs")
    for path in (f"/api/upload/status/{document}", f"/api/upload/{document}/metrics"):
        assert api.client.get(path, headers=api.key("reader")).json()["upload_id"] == "status/logs"


def test_a_path_below_the_collection_comes_in_the_field_name(api: Api) -> None:
    answer = api.client.post(
        "/api/upload", data={"name": "2026/may/a.md"}, files={"file": ("x", TEXT)}, headers=api.key("operator")
    )
    assert answer.json()["upload_id"] == "default/2026/may/a.md"


@pytest.mark.parametrize(
    ("name", "data", "status", "title"),
    [
        ("a.md", b"", 422, "EmptyDocument"),
        ("a.exe", b"\x7fELF" + b"x" * 100, 415, "UnknownFormat"),
        ("a.rar", b"Rar!\x1a\x07\x00", 415, "UnknownFormat"),
        (".hidden", b"text", 400, "UnsafePath"),
        ("a.part", b"text", 400, "UnsafePath"),
    ],
)
def test_what_cannot_be_a_document_is_refused_with_nothing_left(
    api: Api, name: str, data: bytes, status: int, title: str
) -> None:
    answer = api.upload(name, data)
    assert (answer.status_code, answer.json()["title"]) == (status, title)
    assert left(api) == []
    assert api.intake.counts() == {}


def test_a_name_that_leads_elsewhere_leads_nowhere(api: Api) -> None:
    for fields in ({"name": "../../x.md"}, {"name": "/etc/x"}, {"collection": ".."}, {"collection": "a/b"}):
        answer = api.client.post("/api/upload", data=fields, files={"file": ("x", TEXT)}, headers=api.key("operator"))
        assert answer.status_code == 400, fields
    assert api.upload("..\\..\\x.md", TEXT).json()["upload_id"] == "c/x.md"
    assert left(api) == ["c/x.md"]


def test_too_much_is_refused_before_and_on_the_way(home_settings: object, monkeypatch: pytest.MonkeyPatch, api: Api) -> None:
    small = api.settings.model_copy(update={"max_file_mb": 1})
    api.app.state.settings = small
    assert api.upload("big.txt", b"x" * (3 * 1024 * 1024)).status_code == 413

    def pieces() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="big.txt"\r\n\r\n'
        for _ in range(40):
            yield b"x" * 64 * 1024
        yield b"\r\n--b--\r\n"

    headers = {**api.key("operator"), "Content-Type": "multipart/form-data; boundary=b"}
    answer = api.client.post("/api/upload", content=pieces(), headers=headers)
    assert (answer.status_code, answer.json()["title"]) == (413, "DocumentTooLarge")
    assert left(api) == []


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("multipart/form-data", b"", 415),
        ("multipart/form-data; boundary=b", b"--b\r\nnonsense", 400),
        ("multipart/form-data; boundary=b", b"", 400),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--b--\r\n', 400),
        ("multipart/form-data; boundary=b", b"--b\r\nX: " + b"y" * 100_000 + b"\r\n\r\n1\r\n--b--\r\n", 400),
    ],
)
def test_what_is_no_form_with_a_file_is_refused(api: Api, kind: str, body: bytes, status: int) -> None:
    answer = api.client.post("/api/upload", content=body, headers={**api.key("operator"), "Content-Type": kind})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert left(api) == []


def test_a_full_disk_is_said_and_leaves_nothing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(upload_stream.os, "write", full)
    answer = api.upload("a.md", TEXT)
    monkeypatch.undo()
    assert answer.status_code == 507
    assert left(api) == []


def test_who_shuts_down_takes_nothing_more(api: Api) -> None:
    api.app.state.closing.set()
    answer = api.upload("a.md", TEXT)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")


def test_fifty_at_once_are_none_lost_and_none_doubled(api: Api) -> None:
    """On a busy machine some are told to come again, as 50 writers wait for one another; they do, and get in."""
    headers = api.key("operator")
    answers: list[int] = []

    def send(number: int) -> None:
        for _ in range(20):
            answer = api.upload(f"{number % 25}.md", b"%d " % (number % 25) * 50_000, headers=headers)
            if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                break
            time.sleep(int(answer.headers["Retry-After"]))
        answers.append(answer.status_code)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [202] * 50
    assert api.intake.counts() == {"accepted": 25}
    assert len(left(api)) == 25


def test_logs_are_filtered_and_paged_by_cursor(api: Api) -> None:
    document = api.accepted()
    with stage("docling", document="c/a.md", run="r"):
        for page in range(1, 6):
            log.info(f"Page {page}", sub_stage="page", metrics={"page": page, "pages": 5})
        log.warning("Odd", sub_stage="odd")
    path, headers = f"/api/upload/{document}/logs", api.key("reader")
    assert eventually(lambda: len(api.client.get(path, headers=headers).json()["lines"]) >= 8)
    whole = api.client.get(path, headers=headers).json()["lines"]
    assert [line["event"] for line in whole][:2] == ["upload.received", "upload.stored"]
    assert all(line["request"] for line in whole[:2])
    assert [line["message"] for line in api.client.get(f"{path}?level=warning", headers=headers).json()["lines"]] == ["Odd"]
    paged, cursor = [], 0
    while cursor is not None:
        page = api.client.get(f"{path}?stage=docling&limit=2&cursor={cursor}", headers=headers).json()
        paged += page["lines"]
        cursor = page["next"]
    assert [line["message"] for line in paged] == [*(f"Page {page}" for page in range(1, 6)), "Odd"]
    later = api.client.get(path, params={"since": "2100-01-01T00:00:00+00:00"}, headers=headers)
    assert later.json()["lines"] == []
    assert api.client.get(f"{path}?level=loud", headers=headers).status_code == 422


def test_what_nobody_uploaded_is_not_found(api: Api) -> None:
    for method, path in (
        ("GET", "/api/upload/status/{}"),
        ("GET", "/api/upload/{}/logs"),
        ("GET", "/api/upload/{}/metrics"),
        ("GET", "/api/upload/{}/stream"),
        ("GET", "/api/documents/{}"),
        ("POST", "/api/documents/{}/retry"),
        ("POST", "/api/documents/{}/cancel"),
        ("DELETE", "/api/documents/{}"),
    ):
        answer = api.client.request(method, path.format(encoded("c/nothing.md")), headers=api.key("admin"))
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json"), path


def test_a_restart_changes_no_answer(api: Api) -> None:
    from fastapi.testclient import TestClient

    from fathom.api.app import create_app

    document = api.accepted()
    headers = api.key("reader")
    paths = [f"/api/upload/status/{document}", f"/api/upload/{document}/logs", f"/api/upload/{document}/metrics"]
    assert eventually(lambda: len(api.client.get(paths[1], headers=headers).json()["lines"]) == 2)
    before = [api.client.get(path, headers=headers).json() for path in paths]
    with TestClient(create_app(api.settings), headers=OWN_HOST) as other:
        assert [other.get(path, headers=headers).json() for path in paths] == before


def test_a_document_is_cancelled_and_tried_again(api: Api) -> None:
    document = api.accepted()
    headers = api.key("operator")
    cancelled = api.client.post(f"/api/documents/{document}/cancel", headers=headers)
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "failed")
    assert cancelled.json()["error"]["type"] == "RunCancelled"
    assert api.client.post(f"/api/documents/{document}/cancel", headers=headers).status_code == 409
    again = api.client.post(f"/api/documents/{document}/retry", headers=headers)
    assert (again.status_code, again.json()["state"]) == (202, "queued")
    assert api.client.post(f"/api/documents/{document}/retry", headers=headers).status_code == 409
    api.client.post(f"/api/documents/{document}/cancel", headers=headers)
    assert api.client.post("/api/documents/retry-failed", headers=headers).json() == {"retried": ["c/a.md"]}


def test_a_collection_is_paused_and_resumed(api: Api) -> None:
    document, headers = api.accepted(), api.key("operator")
    assert api.client.post("/api/collections/c/pause?reason=too+dear", headers=headers).json()["reason"] == "too dear"
    status = api.client.get(f"/api/upload/status/{document}", headers=headers).json()
    assert (status["state"], status["status"]) == ("paused", "pending")
    assert "too dear" in status["detail"]
    assert api.client.post("/api/collections/c/resume", headers=headers).json() == {"paused": []}
    assert api.client.get(f"/api/upload/status/{document}", headers=headers).json()["state"] == "queued"


def test_documents_are_paged_and_a_bound_key_sees_its_own(api: Api) -> None:
    for number in range(5):
        api.accepted(f"c/{number}.md")
    api.accepted("d/x.md")
    seen, cursor = [], None
    while True:
        page = api.client.get("/api/documents", params={"limit": 2, "cursor": cursor or ""}, headers=api.key("reader")).json()
        seen += [one["id"] for one in page["documents"]]
        if (cursor := page["next"]) is None:
            break
    assert seen == [*(f"c/{number}.md" for number in range(5)), "d/x.md"]
    own = api.client.get("/api/documents", headers=api.key("reader", "d")).json()["documents"]
    assert [one["id"] for one in own] == ["d/x.md"]


def test_prometheus_can_read_how_many_documents_there_are(api: Api) -> None:
    api.accepted()
    assert 'fathom_documents{state="accepted"} 1.0' in api.client.get("/metrics", headers=api.key("reader")).text


def test_nothing_of_a_file_is_in_the_log(api: Api) -> None:
    api.accepted(data=b"# A\n\nThe Zanzibar clause.")
    assert all(b"Zanzibar" not in Path(path).read_bytes() for path in api.settings.logs_path.glob("*"))


def test_a_priority_comes_with_the_upload_or_later_and_moves_it_in_the_queue(api: Api) -> None:
    for name, more in (("a.md", {}), ("b.md", {}), ("urgent.md", {"priority": "9"})):
        answer = api.client.post(
            "/api/upload",
            data={"collection": "c", **more},
            files={"file": (name, f"# {name}\n\nText.".encode())},
            headers=api.key("operator"),
        )
        assert answer.status_code == 202

    def status(name: str) -> dict[str, Any]:
        found: dict[str, Any] = api.client.get(f"/api/upload/status/c%2F{name}", headers=api.key("reader")).json()
        return found

    def places() -> dict[str, int]:
        return {name: status(name)["queue"]["position"] for name in ("a.md", "b.md", "urgent.md")}

    assert places() == {"urgent.md": 1, "a.md": 2, "b.md": 3}
    assert status("urgent.md")["priority"] == 9
    moved = api.client.post("/api/documents/c%2Fb.md/priority", json={"priority": 50}, headers=api.key("operator"))
    assert (moved.status_code, moved.json()["priority"]) == (200, 50)
    assert places() == {"b.md": 1, "urgent.md": 2, "a.md": 3}
    for wrong in ({"priority": 101}, {"priority": "soon"}, {}):
        assert api.client.post("/api/documents/c%2Fb.md/priority", json=wrong, headers=api.key("operator")).status_code == 422
    answer = api.client.post(
        "/api/upload", data={"priority": "soon"}, files={"file": ("x.md", b"# X")}, headers=api.key("operator")
    )
    assert answer.status_code == 400
    assert api.client.get("/api/upload/status/default%2Fx.md", headers=api.key("reader")).status_code == 404
