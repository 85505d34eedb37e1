"""Every parameter has its bounds: a value beyond them is refused with 4xx."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from starlette.testclient import WebSocketDenialResponse

from fathom.api.routes.parameters import MAX_COLLECTION, MAX_NAME, MAX_PLACE
from tests.fathom.api.conftest import Api

NUMBERS = ["-1", str(MAX_PLACE + 1), "9" * 5000, "²", "٣", "1e400", "NaN", "0x1", "", "1\x00", "½", "1 000"]


def refused(client: TestClient, method: str, path: str, **options: Any) -> None:
    answer = client.request(method, path, **options)
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text[:300])
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("number", NUMBERS)
def test_a_cursor_that_is_no_place_is_refused(shared: Api, number: str) -> None:
    document, reader, value = shared.accepted(), shared.key("reader"), quote(number)
    for path in (f"/api/upload/{document}/logs", f"/api/upload/{document}/stream", "/page/documents"):
        refused(shared.client, "GET", f"{path}?cursor={value}", headers=reader)
    refused(shared.client, "GET", f"/page/chunks/{document}?from={value}", headers=reader)
    refused(shared.client, "GET", f"/api/upload/{document}/logs?limit={value}", headers=reader)
    refused(shared.client, "GET", f"/api/documents?limit={value}", headers=reader)
    last = {**reader, "Last-Event-ID": number.encode().replace(b"\0", b"\x01")}
    refused(shared.client, "GET", f"/api/upload/{document}/stream", headers=last)
    with (
        pytest.raises(WebSocketDenialResponse) as denied,
        shared.client.websocket_connect(f"/api/upload/{document}/stream?cursor={value}", headers=reader),
    ):
        raise AssertionError
    assert 400 <= denied.value.status_code < 500


def test_the_greatest_place_is_taken(shared: Api) -> None:
    document = shared.accepted()
    answer = shared.client.get(f"/api/upload/{document}/logs?cursor={MAX_PLACE}", headers=shared.key("reader"))
    assert (answer.status_code, answer.json()["lines"]) == (200, [])
    assert shared.client.get(f"/page/chunks/{document}?from={MAX_PLACE}", headers=shared.key("reader")).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"role": "reader", "name": "a\0b"},
        {"role": "reader", "name": "\ud800"},
        {"role": "reader", "name": "x" * (MAX_NAME + 1)},
        {"role": "reader", "name": "a", "collection": "x" * (MAX_COLLECTION + 1)},
        {"role": "reader", "name": "a", "collection": "\ud800"},
        {"role": "\ud800", "name": "a"},
        {"role": "reader", "name": 10**400},
        [],
        None,
    ],
)
def test_a_key_of_impossible_name_or_collection_is_not_made(shared: Api, body: object) -> None:
    headers = {**shared.key("admin"), "Content-Type": "application/json"}
    refused(shared.client, "POST", "/api/keys", content=json.dumps(body).encode(), headers=headers)


@pytest.mark.parametrize("priority", [10**400, 1e300, -101, "²", True, None, [1], {"a": 1}, float("inf"), float("nan")])
def test_a_priority_out_of_bounds_is_refused(shared: Api, priority: object) -> None:
    headers = {**shared.key("admin"), "Content-Type": "application/json"}
    content = json.dumps({"priority": priority}).encode()
    if priority is not True:  # JSON's true is read as 1
        refused(shared.client, "POST", f"/api/documents/{shared.accepted()}/priority", content=content, headers=headers)


def test_a_list_of_states_has_an_end(shared: Api) -> None:
    refused(shared.client, "GET", "/api/documents?" + "&".join(["state=done"] * 500), headers=shared.key("reader"))


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 50_000, b"\xff\xfe", b'"\\ud800"', b"1" * 100_000, b"NaN"])
def test_json_that_is_none_or_too_deep_is_refused(shared: Api, body: bytes) -> None:
    headers = {**shared.key("admin"), "Content-Type": "application/json"}
    for path in ("/api/keys", "/api/session", "/api/documents/c%2Fa.md/priority"):
        refused(shared.client, "POST", path, content=body, headers=headers)


@pytest.mark.parametrize(
    "key", ["fathom_\x01_x", "fathom_²_x", "fathom__x", "fathom_" + "a" * 5000 + "_x", "\xff", "fathom_a_" + "é" * 50]
)
def test_a_key_of_another_form_is_unknown(api: Api, key: str) -> None:
    for header in (
        {"X-API-Key": key.encode()},
        {"Authorization": b"Bearer " + key.encode()},
        {"Cookie": b"fathom_key=" + key.encode()},
    ):
        answer = api.client.get("/api/pauses", headers=header)
        assert answer.status_code == 401
