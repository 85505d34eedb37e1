"""Generates requests that nobody should send, by the API's own description: extreme numbers, odd texts, bodies and headers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query
from fastapi.routing import APIRoute
from hypothesis import strategies as st

from fathom.api.page import document_page as document_page
from fathom.api.page import listing_page, page_frame, signing_in

# Each character that a parser, a database, a file system or a log may take for something else.
SIGNS = "\0\x01\x1f\x7f\x85\xa0\u200b\u202e\u2028\ufeff\ufffd\U0001d518\U0010ffff"
NUMBERS = (
    *("0", "-0", "-1", "1", "007", "+5", " 5 ", "5.0", "1_000", "0x10", "1e3", "1e400", "-1e400", "NaN", "Infinity"),
    *(str(2**bits + more) for bits in (15, 16, 31, 32, 53, 63, 64, 128) for more in (-1, 0)),
    *(str(-(2**bits) - more) for bits in (31, 63) for more in (0, 1)),
    *("9" * digits for digits in (19, 20, 300, 4300, 4301, 5000)),
    *("²", "٣", "৩", "Ⅷ", "½", "1²", "𝟛", "一", "9" * 400 + ".5", "0." + "0" * 5000 + "1"),
)
TEXTS = (
    *(
        "",
        " ",
        ".",
        "..",
        "/",
        "//",
        "../../etc/passwd",
        "..\\..\\x",
        "%2e%2e%2f",
        "%",
        "%%",
        "%zz",
        "%00",
        "*",
        "null",
        "true",
    ),
    *("c", "c/", "c/a.md", "c//a.md", "/c/a.md", "c/nothing.md", "c/.hidden", "c/a.part", "status/logs", "c/\x1fa.md", "-rf"),
    *("' OR 1=1 --", '"; DROP TABLE uploads; --', "<script>alert(1)</script>", "${jndi:ldap://x}", "{{7*7}}", "a\r\nX-Evil: 1"),
    *("a" * length for length in (64, 65, 200, 201, 256, 4096, 4097, 5000)),
    *("é" * 3000, "a/" * 2000, "%41" * 2000, "\u0301" * 1000, "🏴󠁧󠁢󠁥󠁮󠁧󠁿" * 50),
    *(f"a{sign}b" for sign in SIGNS),
    *SIGNS,
    *("2026-13-45", "0000-00-00", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "10000-01-01", "2021-05", "1e18"),
)
# Bytes in a path or a query: percent-encoded halves of surrogate pairs, overlong and cut UTF-8, encodings of encodings.
ENCODED = (
    *(
        b"%00",
        b"%ED%A0%80",
        b"%ED%B0%80%ED%A0%80",
        b"%C0%80",
        b"%C0%AF",
        b"%FF",
        b"%E2%82",
        b"%F4%90%80%80",
        b"%2500",
        b"%252F",
    ),
    *(b"%2F", b"%2f..%2f", b"%5C", b"%u0000", b"%", b"%4", b"%GG", b"+", b";", b"&", b"=", b"[]", b"#", b"%0D%0AX-Evil:%201"),
)
BODIES = (
    *(
        b"",
        b"{}",
        b"[]",
        b"null",
        b"0",
        b'""',
        b"{",
        b'{"a":',
        b"\xff\xfe{}\x00",
        b"\xed\xa0\x80",
        b'"\\ud800"',
        b"NaN",
        b"1e400",
    ),
    *(b"[" * 100_000, b'{"a":' * 20_000, b"9" * 5000, b"-" * 5000, b'{"role":"reader","role":"admin","name":"a","name":null}'),
    *(b"a=b&a=c&%00=%00", b"key=%ED%A0%80&to=%00", b"=" * 5000, b"&" * 5000, b"x" * 100_000),
)
KINDS = (
    *(
        b"application/json",
        b"application/json; charset=utf-7",
        b"application/problem+json",
        b"text/plain",
        b"text/html",
        b"x",
        b"",
    ),
    *(b"application/x-www-form-urlencoded", b"application/x-www-form-urlencoded; charset=\xff", b"multipart/form-data"),
    *(b"multipart/form-data; boundary=b", b"multipart/form-data; boundary=", b"multipart/form-data; boundary=" + b"b" * 5000),
    *(
        b'multipart/form-data; boundary="',
        b"multipart/form-data; boundary=\xff\xfe",
        b"multipart/form-data; charset=x; boundary=b",
    ),
    *(
        b"multipart/form-data; boundary*=utf-8''b",
        b"multipart/form-data;" + b";" * 5000,
        b"multipart/mixed; boundary=b",
        b"\xff/\xff",
    ),
)
ODD_HEADERS = (
    *((b"Last-Event-ID", value.encode("utf-8", "surrogatepass")) for value in NUMBERS),
    *((b"Content-Length", value) for value in (b"-1", b"+1", b"1e3", b"\xb2", b"9" * 30, b"")),
    *((b"Accept", value) for value in (b"text/event-stream", b"*/*;q=9e999", b"\xff", b"a" * 5000)),
    *((b"Range", value) for value in (b"bytes=9-1", b"bytes=0-,0-", b"bytes=" + b"9" * 5000)),
    *((b"If-None-Match", value) for value in (b"*", b'"' * 5000, b"W/", b"," * 5000, b"\xff")),
    *((b"X-Request-ID", value) for value in (b"a b", b"a" * 5000, b"\xff", b"../..", b"a\x01b")),
    *(
        (b"Cookie", value)
        for value in (b"fathom_key", b"fathom_key=", b"=;=;", b"fathom_key=\xff", b";" * 5000, b"a=" + b"b" * 5000)
    ),
    *(
        (b"Authorization", value)
        for value in (b"", b"Bearer", b"Bearer \xff", b"Basic \x01", b"Bearer fathom_\xb2_x", b"x" * 5000)
    ),
    *((b"X-API-Key", value) for value in (b"", b"fathom__", b"fathom_\x01_\x02", b"\xff" * 300)),
    *((b"Origin", value) for value in (b"null", b"http://evil.example", b"http://[", b"\xff", b"")),
    *((b"Sec-Fetch-Site", value) for value in (b"cross-site", b"none", b"\xff")),
    *((b"Host", value) for value in (b"evil.example", b"[", b"localhost:99999999", b"\xff", b"", b"localhost/x")),
    *(
        (b"Forwarded", b"for=\xff"),
        (b"X-Forwarded-For", b"\xff, 1"),
        (b"X-Forwarded-Proto", b"javascript"),
        (b"X-Forwarded-Host", b"x"),
    ),
    *(
        (b"Expect", b"100-continue"),
        (b"TE", b"\xff"),
        (b"Accept-Encoding", b"gzip;q=\xff"),
        (b"Accept-Language", b"\xff" * 300),
    ),
    *((b"Upgrade", b"h2c"), (b"X-" + b"a" * 5000, b"1")),
)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get", "X" * 20)


@dataclass(frozen=True, slots=True)
class OddRequest:
    """A request as its bytes: `target` is path and query, encoded as they are sent."""

    method: str
    target: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""

    def __str__(self) -> str:
        shown = [f"{name.decode('latin-1')}: {value.decode('latin-1')}" for name, value in self.headers]
        return ascii(f"{self.method} {self.target.decode('latin-1')[:300]} {shown} {self.body[:300].decode('latin-1')}")[:1500]


@dataclass(frozen=True, slots=True)
class Operation:
    """Describes an operation: method, path, parameters as (place, name, JSON schema), fields of its body by kind."""

    method: str
    path: str
    parameters: tuple[tuple[str, str, dict[str, Any]], ...] = ()
    kind: str | None = None
    fields: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])


@dataclass(frozen=True, slots=True)
class Known:
    """Names things that exist in the deployment: keys as headers, a document's id, a collection."""

    keys: tuple[tuple[bytes, bytes], ...]
    document: str
    collection: str


def operations(app: FastAPI) -> list[Operation]:
    """Returns every operation: those of the API's own description, and its pages."""
    schema = app.openapi()
    found = []
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            parameters = tuple((one["in"], one["name"], one["schema"]) for one in operation.get("parameters", []))
            kind, fields = _body_of(schema, operation)
            found.append(Operation(method.upper(), path, parameters, kind, fields))
    for room in (page_frame, signing_in, listing_page, document_page):
        found += [one for route in room.router.routes if isinstance(route, APIRoute) for one in _of_page(route)]
    return found


def _of_page(route: APIRoute) -> list[Operation]:
    of_path = [("path", part.strip("{}"), {"type": "string"}) for part in route.path_format.split("/") if part.startswith("{")]
    in_query = [
        ("query", one.alias, {"type": "string"})
        for one in get_flat_params(route.dependant)
        if isinstance(one.field_info, Query)
    ]
    fields = {one.alias: {"type": "string"} for one in route.dependant.body_params}
    kind = "application/x-www-form-urlencoded" if fields else None
    return [Operation(method, route.path_format, (*of_path, *in_query), kind, fields) for method in sorted(route.methods)]


def _body_of(schema: dict[str, Any], operation: dict[str, Any]) -> tuple[str | None, dict[str, dict[str, Any]]]:
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        body = content["schema"]
        named = schema["components"]["schemas"].get(body.get("$ref", "").rpartition("/")[2], body)
        return kind, named.get("properties", {})
    return None, {}


def odd_requests(found: list[Operation], known: Known) -> st.SearchStrategy[OddRequest]:
    """Returns a strategy for requests: most are right but for one thing or two, so that they reach what takes it."""
    return st.sampled_from(found).flatmap(lambda one: _requests(one, known))


odd_texts = st.one_of(st.sampled_from(NUMBERS), st.sampled_from(TEXTS), st.text(max_size=30), st.integers().map(str))


@st.composite
def _requests(draw: st.DrawFn, operation: Operation, known: Known) -> OddRequest:
    path, query, headers = operation.path.encode(), list[bytes](), [draw(st.sampled_from(known.keys))]
    for place, name, schema in operation.parameters:
        value = draw(st.one_of(st.just(None), _right(name, schema, known).map(_escaped), _encoded_odd()))
        if place == "path":
            right = _escaped(draw(_right(name, schema, known)))
            path = path.replace(b"{" + name.encode() + b"}", right if value is None else value)
        elif place == "header" and value is not None:
            headers.append((name.encode(), draw(st.sampled_from(NUMBERS)).encode("utf-8", "surrogatepass")))
        elif place == "query" and value is not None:
            query += [name.encode() + b"=" + value] * draw(st.sampled_from((1, 1, 1, 2, 50)))
    if draw(st.integers(0, 9)) == 0:
        query.append(draw(_encoded_odd()) + b"=" + draw(_encoded_odd()))
    method = draw(st.sampled_from(METHODS)) if draw(st.integers(0, 19)) == 0 else operation.method
    body = b""
    if operation.kind is not None or draw(st.integers(0, 9)) == 0:
        kind, body = draw(_bodies(operation, known))
        headers.append((b"Content-Type", kind))
    if draw(st.integers(0, 2)) == 0:
        headers += draw(st.lists(st.sampled_from(ODD_HEADERS), max_size=2))
    return OddRequest(method, path + (b"?" + b"&".join(query) if query else b""), tuple(headers), body)


def _right(name: str, schema: dict[str, Any], known: Known) -> st.SearchStrategy[str]:
    by_name = {
        "document": known.document,
        "collection": known.collection,
        "to": "/",
        "reference_time": "2021-05",
        "name": "a.md",
    }
    if name in by_name:
        return st.just(by_name[name])
    kinds = [schema, *schema.get("anyOf", [])]
    for kind in kinds:
        if "enum" in kind:
            return st.sampled_from([str(one) for one in kind["enum"]])
        if kind.get("type") in ("integer", "number"):
            least, most = int(kind.get("minimum", 0)), int(kind.get("maximum", 10))
            return st.sampled_from([str(least), str(most), str(min(most, max(least, 1)))])
        if kind.get("format") == "date-time":
            return st.just("2026-01-01T00:00:00Z")
    return st.sampled_from(("a", "b"))


def _escaped(value: str) -> bytes:
    return quote(value.encode("utf-8", "surrogatepass"), safe="").encode()


@st.composite
def _encoded_odd(draw: st.DrawFn) -> bytes:
    """An odd value as it stands in an address, with and without its slashes encoded."""
    if draw(st.integers(0, 3)) == 0:
        return (
            draw(st.sampled_from((b"", b"a", b"c%2F"))) + draw(st.sampled_from(ENCODED)) + draw(st.sampled_from((b"", b".md")))
        )
    value = draw(odd_texts).encode("utf-8", "surrogatepass")
    return quote(value, safe="/" if draw(st.booleans()) else "").encode()


odd_json: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), odd_texts, st.sampled_from([10**400, -(10**400), "\ud800"])
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(odd_texts, inner, max_size=3)),
    max_leaves=5,
)


@st.composite
def _bodies(draw: st.DrawFn, operation: Operation, known: Known) -> tuple[bytes, bytes]:
    """A content type and a body: of the right kind with odd fields, of another kind, or no body at all."""
    if draw(st.integers(0, 4)) == 0:
        return draw(st.sampled_from(KINDS)), draw(st.one_of(st.sampled_from(BODIES), st.binary(max_size=200)))
    right = {name: _right(name, schema, known) for name, schema in operation.fields.items()}
    if operation.kind == "multipart/form-data":
        return draw(_forms(right))
    if operation.kind == "application/x-www-form-urlencoded":
        pairs = [
            name.encode() + b"=" + draw(st.one_of(value.map(_escaped), _encoded_odd()))
            for name, value in right.items()
            if draw(st.booleans())
        ]
        return operation.kind.encode(), b"&".join(pairs)
    values = {name: draw(st.one_of(value, odd_json)) for name, value in right.items() if draw(st.integers(0, 4))}
    return b"application/json", json.dumps(values).encode()


@st.composite
def _forms(draw: st.DrawFn, right: dict[str, st.SearchStrategy[str]]) -> tuple[bytes, bytes]:
    """A form with a small file, odd names and fields, and perhaps a cut."""
    parts = b""
    for name, value in right.items():
        if name == "file" or draw(st.booleans()):
            continue
        said = draw(st.one_of(value, odd_texts)).encode("utf-8", "surrogatepass")
        parts += b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), said)
    called = draw(st.one_of(st.sampled_from(("a.md", "b.txt")), odd_texts)).encode("utf-8", "surrogatepass")
    escaped = called.replace(b"\r", b"%0D").replace(b"\n", b"%0A").replace(b'"', b"%22")
    data = draw(
        st.one_of(
            st.sampled_from((b"# A\n\nIngrid Solberg lives in Bergen.", b"", b"\x7fELF", b"\0" * 100)), st.binary(max_size=50)
        )
    )
    parts += b'--b\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n%s\r\n--b--\r\n' % (escaped, data)
    if draw(st.integers(0, 4)) == 0:
        parts = parts[: draw(st.integers(0, len(parts)))]
    return b"multipart/form-data; boundary=b", parts
