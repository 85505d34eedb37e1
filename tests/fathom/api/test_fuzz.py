"""Every route with what nobody should send: no defect, no hang, each refusal a problem document."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fathom.api.app import create_app
from fathom.api.page import document as document_page
from fathom.api.page import frame, listing, signing_in
from fathom.settings import Settings
from tests.fathom.api.conftest import Api

pytestmark = pytest.mark.hostile

LONGEST_S = 10.0
NAMED = {503, 507}  # a part is away, the disk is full: each with its name
ODD = [
    "",
    ".",
    "..",
    "../../etc/passwd",
    "%2e%2e%2f",
    "c/a.md",
    "c/nothing.md",
    "c//a.md",
    "/c/a.md",
    "c/a.md\x00",
    "c/\x1fa.md",
    "c/ü.md",
    "*",
    "null",
    "-1",
    "1e309",
    "2026-13-45",
    "0001-01-01T00:00:00",
    "9999-12-31T23:59:59+23:59",
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "${jndi:ldap://x}",
    "a" * 5000,
    "𝔘\u202e\ufeff\r\nX-Evil: 1",
]
TEXT = st.one_of(st.sampled_from(ODD), st.text(max_size=40), st.integers().map(str))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=4)),
    max_leaves=8,
)
HEADERS = st.dictionaries(
    st.sampled_from(["Content-Type", "Last-Event-ID", "Range", "Origin", "Sec-Fetch-Site", "X-Request-ID", "Accept", "Cookie"]),
    st.one_of(st.sampled_from(["application/json", "multipart/form-data; boundary=b", "text/html", "bytes=9-1", "null"]), TEXT),
    max_size=3,
)


def operations(app: FastAPI) -> list[tuple[str, str, list[tuple[str, str]], list[str]]]:
    """Method, path, parameters by place, and the fields of a body: of the API's own description, and of its pages."""
    found = []
    schema = app.openapi()
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            parameters = [(one["in"], one["name"]) for one in operation.get("parameters", [])]
            found.append((method.upper(), path, parameters, fields(schema, operation)))
    for room in (frame, signing_in, listing, document_page):
        for route in room.router.routes:
            assert isinstance(route, APIRoute)
            path = route.path_format
            parameters = [("path", part.strip("{}")) for part in path.split("/") if part.startswith("{")]
            found += [(method, path, parameters, ["key", "ticket", "to"]) for method in sorted(route.methods)]
    return found


def fields(schema: dict[str, Any], operation: dict[str, Any]) -> list[str]:
    """The names that a JSON body has."""
    for content in operation.get("requestBody", {}).get("content", {}).values():
        name = content["schema"].get("$ref", "").rpartition("/")[2]
        return list(schema["components"]["schemas"].get(name, {}).get("properties", {}))
    return []


OPERATIONS = operations(create_app(Settings()))
IDS = [f"{method} {path}" for method, path, _, _ in OPERATIONS]


@pytest.mark.parametrize(
    ("method", "path", "parameters", "names"), OPERATIONS, ids=[f"{one[0]} {one[1]}" for one in OPERATIONS]
)
def test_no_input_is_a_defect(api: Api, method: str, path: str, parameters: list[tuple[str, str]], names: list[str]) -> None:
    api.accepted("c/a.md")
    keys = [api.key("admin"), api.key("reader", "c")]

    @settings(max_examples=25, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def tried(data: st.DataObject) -> None:
        given_path = path
        queries = {}
        for place, name in parameters:
            value = data.draw(TEXT, label=name)
            if place == "path":
                if path.endswith("/stream") and value == "c/a.md":
                    value = "c/other.md"  # the stream of one that is there does not end
                safe = "" if data.draw(st.booleans()) else "/"
                given_path = given_path.replace("{" + name + "}", quote(value.encode("utf-8", "surrogatepass"), safe=safe))
            elif data.draw(st.booleans()):
                queries[name] = value
        headers = {
            name: value.encode("utf-8", "surrogatepass").replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"")
            for name, value in data.draw(HEADERS).items()
        }
        body = data.draw(
            st.one_of(
                st.none(),
                st.binary(max_size=200),
                JSON.map(lambda value: json.dumps(value).encode()),
                st.fixed_dictionaries({}, optional=dict.fromkeys(names, JSON)).map(lambda value: json.dumps(value).encode()),
            )
        )
        if body is not None and data.draw(st.booleans()):
            headers["Content-Type"] = b"application/json"
        began = time.monotonic()
        answer = api.client.request(
            method,
            given_path or "/",
            params={name: value.encode("utf-8", "surrogatepass") for name, value in queries.items()},
            headers={**data.draw(st.sampled_from(keys)), **headers},
            content=body if method not in ("GET", "HEAD") else None,
            follow_redirects=False,
        )
        assert time.monotonic() - began < LONGEST_S
        assert answer.status_code < 500 or answer.status_code in NAMED, (answer.status_code, answer.text[:300])
        if answer.status_code >= 400 and given_path.startswith("/api/") and method != "HEAD":
            assert answer.headers["content-type"] == "application/problem+json", answer.text[:300]
        assert "Traceback" not in answer.text
        assert "X-Evil" not in answer.headers

    tried()
