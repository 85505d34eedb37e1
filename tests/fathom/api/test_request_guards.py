"""Requests refused before routing: other hosts, other pages, NUL in addresses, and lengths that are none."""

from __future__ import annotations

import pytest
from starlette.testclient import WebSocketDenialResponse

from fathom.api.request_guards import MAX_ADDRESS, MAX_BODY
from tests.fathom.api.conftest import ORIGIN, OWN_HOST, Api, serving

OTHER_HOSTS = [
    "evil.example",
    "evil.example:8000",
    "localhost.evil.example",
    "127.0.0.1.nip.io:8000",
    "[::1",
    "[",
    "x/health",
    "²",
]


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST"])
@pytest.mark.parametrize("path", ["/health/live", "/openapi.json", "/sign-in"])
def test_the_loopback_names_are_answered(shared: Api, path: str, host: str) -> None:
    assert shared.client.get(path, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", OTHER_HOSTS)
@pytest.mark.parametrize("path", ["/", "/health/live", "/health/ready", "/openapi.json", "/docs", "/api/documents", "/nowhere"])
def test_another_host_is_answered_by_no_route(shared: Api, path: str, host: str) -> None:
    answer = shared.client.get(path, headers={**shared.key("admin"), "Host": host.encode()})
    assert (answer.status_code, answer.json()["title"]) == (400, "HostRefused")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["X-Request-ID"]
    assert "FATHOM_ALLOWED_HOSTS" in answer.json()["detail"]


def test_a_host_that_the_settings_name_is_answered(api: Api) -> None:
    named = api.settings.model_copy(update={"allowed_hosts": "fathom.example"})
    with serving(named) as other:
        assert other.client.get("/health/live", headers={"Host": "fathom.example"}).status_code == 200
        assert other.client.get("/health/live", headers=OWN_HOST).status_code == 400


def test_another_host_can_open_no_websocket(api: Api) -> None:
    document = api.accepted()
    headers = {**api.key("admin"), "Host": "evil.example"}
    with (
        pytest.raises(WebSocketDenialResponse) as refused,
        api.client.websocket_connect(f"/api/upload/{document}/stream", headers=headers),
    ):
        raise AssertionError
    assert refused.value.status_code == 400


OTHER_PAGES = [
    {"Origin": "http://evil.example"},
    {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"},
    {"Origin": "null"},
    {"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "cross-site"},
]


@pytest.mark.parametrize("headers", OTHER_PAGES)
def test_another_page_changes_nothing_whatever_key_it_has(api: Api, headers: dict[str, str]) -> None:
    document = api.accepted()
    with_key = {**api.key("admin"), **headers}
    for method, path in (
        ("POST", "/api/collections/c/pause"),
        ("POST", f"/api/documents/{document}/cancel"),
        ("DELETE", f"/api/documents/{document}"),
        ("POST", "/api/session"),
        ("POST", "/sign-in"),
        ("POST", "/nowhere"),
    ):
        answer = api.client.request(method, path, headers=with_key)
        assert (answer.status_code, answer.json()["title"]) == (403, "OriginRefused"), path
    assert api.upload("b.md", b"text", headers=with_key).status_code == 403
    assert api.client.get("/api/pauses", headers=api.key("reader")).json() == {"paused": []}
    assert api.intake.counts() == {"accepted": 1}
    with (
        pytest.raises(WebSocketDenialResponse) as refused,
        api.client.websocket_connect(f"/api/upload/{document}/stream", headers=with_key),
    ):
        raise AssertionError
    assert refused.value.status_code == 403


def test_its_own_page_and_programs_may(api: Api) -> None:
    for headers in ({"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}, {"Origin": ORIGIN}, {}):
        answer = api.client.post("/api/collections/c/pause", headers={**api.key("operator"), **headers})
        assert answer.status_code == 200


@pytest.mark.parametrize(
    "path", ["/api/documents/c%2Fa%00.md", "/api/keys/%00", "/nowhere%00", "/api/documents?collection=a%00"]
)
def test_an_address_with_nul_is_refused(shared: Api, path: str) -> None:
    for method in ("GET", "DELETE", "POST"):
        answer = shared.client.request(method, path, headers=shared.key("admin"))
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("length", ["-1", "²", "1e3", "0x1", "9" * 5000, ""])
@pytest.mark.parametrize("path", ["/api/keys", "/api/upload"])
def test_a_length_that_is_none_is_refused(shared: Api, path: str, length: str) -> None:
    headers = {**shared.key("admin"), "Content-Length": length.encode(), "Content-Type": "multipart/form-data; boundary=b"}
    answer = shared.client.post(path, headers=headers, content=b"")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


def test_a_large_body_is_refused_by_its_length(shared: Api) -> None:
    headers = {**shared.key("admin"), "Content-Length": str(MAX_BODY + 1)}
    assert shared.client.post("/api/keys", headers=headers, content=b"{}").status_code == 413


@pytest.mark.parametrize(
    "path", ["/api/documents?cursor=" + "x" * MAX_ADDRESS, "/" + "%41" * MAX_ADDRESS, "/sign-in?to=/" + "x" * MAX_ADDRESS]
)
def test_a_long_address_is_refused(shared: Api, path: str) -> None:
    assert shared.client.get(path, headers=shared.key("admin")).status_code == 414
