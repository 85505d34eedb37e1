"""Access: every route by every role, on the key's own collection and another; what is wrong or revoked opens nothing."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from starlette.testclient import WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from fathom import settings as settings_module
from fathom.api.app import create_app
from fathom.api.reference import routes_in_words
from fathom.api.routes.document_paths import encoded
from fathom.security.api_keys import ADMIN_FILE, KeyRole, KeyStore, ensure_admin_key, open_keys
from fathom.settings import Settings
from tests.fathom.api.conftest import ORIGIN, Api, serving

OWN, OTHER = "own", "other"
OPEN = {("GET", "/health/live"), ("GET", "/health/ready"), ("POST", "/api/session"), ("DELETE", "/api/session")}
# Method, path, least role, and whether it concerns a collection; each route of the API is in here.
ROUTES = [
    ("GET", "/metrics", "reader", False),
    ("POST", "/api/upload", "operator", True),
    ("GET", "/api/upload/status/{id}", "reader", True),
    ("GET", "/api/upload/{id}/logs", "reader", True),
    ("GET", "/api/upload/{id}/metrics", "reader", True),
    ("GET", "/api/upload/{id}/stream", "reader", True),
    ("WS", "/api/upload/{id}/stream", "reader", True),
    ("GET", "/api/documents", "reader", True),
    ("POST", "/api/documents/retry-failed", "operator", True),
    ("GET", "/api/documents/{id}", "reader", True),
    ("GET", "/api/documents/{id}/preview.md", "reader", True),
    ("GET", "/api/documents/{id}/preview.png", "reader", True),
    ("POST", "/api/documents/{id}/retry", "operator", True),
    ("POST", "/api/documents/{id}/cancel", "operator", True),
    ("POST", "/api/documents/{id}/priority", "operator", True),
    ("DELETE", "/api/documents/{id}", "admin", True),
    ("POST", "/api/documents/{id}/restore", "admin", True),
    ("GET", "/api/pauses", "reader", None),
    ("POST", "/api/collections/{collection}/pause", "operator", True),
    ("POST", "/api/collections/{collection}/resume", "operator", True),
    ("GET", "/api/keys", "admin", False),
    ("POST", "/api/keys", "admin", False),
    ("DELETE", "/api/keys/{key}", "admin", False),
    ("GET", "/api/audit", "admin", False),
    ("GET", "/api/quality", "reader", None),
    ("GET", "/api/alerts", "reader", None),
    ("GET", "/api/alerts/history", "reader", False),
    ("POST", "/api/alerts/{incident}/ack", "operator", False),
    ("POST", "/api/alerts/{incident}/resolve", "operator", False),
    ("GET", "/api/silences", "reader", False),
    ("POST", "/api/silences", "operator", False),
    ("DELETE", "/api/silences/{silence}", "operator", False),
    ("POST", "/api/alerts/routes/{route}/test", "admin", False),
    ("GET", "/api/health", "reader", False),
    ("GET", "/api/metrics", "reader", False),
    ("GET", "/api/metrics/{name}", "reader", None),
    ("GET", "/api/trends/{metric}", "reader", None),
    ("GET", "/api/patterns", "reader", None),
    ("GET", "/api/neo4j/stats", "reader", True),
    ("GET", "/api/neo4j/health", "reader", False),
    ("POST", "/api/neo4j/query", "reader", False),
    ("GET", "/api/neo4j/backup", "admin", False),
    ("POST", "/api/neo4j/backup", "admin", True),
    ("POST", "/api/neo4j/backup/prove", "admin", False),
    ("POST", "/api/neo4j/restore", "admin", False),
    ("DELETE", "/api/neo4j/clear", "admin", True),
    ("POST", "/api/neo4j/export", "operator", True),
    ("GET", "/api/neo4j/export/{export_id}", "reader", None),
    ("GET", "/api/neo4j/export/{export_id}/download", "reader", None),
    ("GET", "/api/neo4j/validate", "reader", True),
    ("POST", "/api/neo4j/validate", "reader", True),
    ("POST", "/api/neo4j/repair", "admin", True),
    ("POST", "/api/neo4j/undo", "admin", None),
    ("GET", "/api/neo4j/at", "reader", None),
    ("GET", "/api/neo4j/duplicates", "reader", None),
    ("GET", "/api/neo4j/entities/{entity}", "reader", None),
    ("POST", "/api/neo4j/entities/merge", "admin", None),
    ("POST", "/api/neo4j/entities/split", "admin", None),
    ("POST", "/api/neo4j/entities/rename", "admin", None),
    ("GET", "/api/neo4j/facts/{fact}", "reader", None),
    ("POST", "/api/neo4j/facts/retire", "admin", None),
    ("POST", "/api/neo4j/facts/restore", "admin", None),
    ("GET", "/api/neo4j/decisions", "reader", None),
    ("POST", "/api/neo4j/decisions/undo", "admin", None),
]
BODIES: dict[str, dict[str, object]] = {
    "/api/neo4j/query": {"cypher": "RETURN 1"},
    "/api/neo4j/restore": {"backup_id": "20200101T000000Z-0000"},
    "/api/neo4j/backup/prove": {"backup_id": "20200101T000000Z-0000"},
    "/api/silences": {"rule": "nothing", "seconds": 60, "reason": "a test"},
    "/api/neo4j/clear": {"confirm": True, "confirmation_code": "DELETE_ALL_DATA"},
}
ROLES: tuple[KeyRole, ...] = ("reader", "operator", "admin")


def test_no_route_is_left_out_of_the_matrix_and_each_has_its_role() -> None:
    words = routes_in_words(create_app(Settings()))
    assert {(one.method, one.path, one.role) for one in words if (one.method, one.path) not in OPEN} == {
        (method, path, role) for method, path, role, _ in ROUTES
    }
    assert {(one.method, one.path) for one in words if one.role is None} == OPEN


def call(api: Api, method: str, path: str, collection: str, headers: dict[str, str]) -> int:
    """The status of the answer; the document asked for does not exist, so 404 is what a caller with the right gets."""
    path = (
        path.replace("{id}", encoded(f"{collection}/nothing.md")).replace("{collection}", collection).replace("{key}", "none")
    )
    if method == "WS":
        try:
            with api.client.websocket_connect(path, headers=headers):
                return 101
        except WebSocketDenialResponse as error:
            return error.status_code
    if path == "/api/upload":
        return api.upload("a.md", b"# A\n\nText.", collection=collection, headers=headers).status_code
    if path == "/api/keys" and method == "POST":
        return api.client.post(path, json={"role": "reader", "name": "x"}, headers=headers).status_code
    if path.endswith("/priority"):
        return api.client.post(path, json={"priority": 5}, headers=headers).status_code
    if path == "/api/neo4j/export":
        return api.client.post(path, json={"filters": {"collection": collection}}, headers=headers).status_code
    if body := BODIES.get(path):
        whole = {**body, "collection": collection} if path == "/api/neo4j/clear" else body
        return api.client.request(method, path, json=whole, headers=headers).status_code
    if path.startswith("/api/neo4j/") and method == "POST":
        return api.client.post(path, json={"collection": collection}, headers=headers).status_code
    named = ("/api/documents", "/api/documents/retry-failed", "/api/neo4j/validate", "/api/neo4j/stats")
    parameters = {"collection": collection} if path in named else {}
    return api.client.request(method, path, headers=headers, params=parameters).status_code


@dataclass
class KeyHolders:
    """One application, and a key of each role: for everything, and for the collection OWN."""

    api: Api
    keys: dict[tuple[str, str | None], dict[str, str]]


@pytest.fixture(scope="module")
def holders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeyHolders]:
    """Shared by all routes: to make a key and to know it again is slow, as it must be."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FATHOM_HOME", str(tmp_path_factory.mktemp("matrix") / "home"))
        settings_module.settings.cache_clear()
        with serving(settings_module.settings()) as api:
            yield KeyHolders(api, {(role, of): api.key(role, of) for role in ROLES for of in (None, OWN)})
    settings_module.settings.cache_clear()


@pytest.mark.parametrize(("method", "path", "least", "scoped"), ROUTES, ids=[f"{r[0]} {r[1]}" for r in ROUTES])
def test_the_matrix(holders: KeyHolders, method: str, path: str, least: str, scoped: bool | None) -> None:
    api = holders.api
    assert call(api, method, path, OWN, {}) == 401
    for role in ROLES:
        may = ROLES.index(role) >= ROLES.index(least)
        for bound_to, collection in ((None, OWN), (OWN, OWN), (OWN, OTHER)):
            allowed = may and (bound_to is None or scoped is None or (scoped is True and collection == bound_to))
            found = call(api, method, path, collection, holders.keys[role, bound_to])
            assert (found not in (401, 403)) is allowed, (role, bound_to, collection, found)
            assert found < 500 or path == "/api/documents/{id}" or (found == 503 and "neo4j" in path), (role, found)


def test_a_wrong_a_revoked_and_a_half_key_open_nothing(api: Api) -> None:
    made = api.keys.create("admin", name="x")
    for wrong in ("x", "fathom_", made.key[:-1], made.key + "x", f"fathom_{made.id}_", "fathom_00000000_" + made.key[-43:]):
        answer = api.client.get("/api/documents", headers={"X-API-Key": wrong})
        assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
        assert "WWW-Authenticate" in answer.headers
    assert api.client.get("/api/documents", headers={"X-API-Key": made.key}).status_code == 200
    assert api.client.delete(f"/api/keys/{made.id}", headers=api.key("admin")).status_code == 204
    assert api.client.get("/api/documents", headers={"X-API-Key": made.key}).status_code == 401


def test_a_role_that_is_too_small_is_told_which_one_it_takes(api: Api) -> None:
    answer = api.client.get("/api/keys", headers=api.key("reader"))
    assert answer.status_code == 403
    assert "admin" in answer.json()["detail"]


def test_a_key_is_shown_once_and_kept_as_a_hash(api: Api) -> None:
    made = api.client.post("/api/keys", json={"role": "reader", "name": "page", "collection": "c"}, headers=api.key("admin"))
    assert made.status_code == 201
    key = made.json()["key"]
    listed = api.client.get("/api/keys", headers=api.key("admin"))
    secret = key.split("_", 2)[2]
    assert secret not in listed.text
    api.client.get("/api/documents", headers={"X-API-Key": key})
    home = [path for path in api.settings.home.rglob("*") if path.is_file()]
    assert all(secret.encode() not in path.read_bytes() for path in home)


def test_the_last_use_of_a_key_is_known(api: Api) -> None:
    made = api.keys.create("reader", name="x")
    assert next(one for one in api.keys.list() if one.id == made.id).last_used_at is None
    api.client.get("/api/documents", headers={"X-API-Key": made.key})
    used = next(one for one in api.keys.list() if one.id == made.id).last_used_at
    assert used is not None
    assert abs(used - time.time()) < 60


def test_a_key_that_was_used_before_is_quick(api: Api) -> None:
    made = api.keys.create("reader", name="x")
    api.keys.identify(made.key)
    began = time.perf_counter()
    for _ in range(20):
        assert api.keys.identify(made.key)
    assert time.perf_counter() - began < 1.0


def test_a_browser_signs_in_with_a_cookie_that_other_sites_cannot_use(api: Api) -> None:
    made = api.keys.create("operator", name="page")
    here = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
    assert api.client.post("/api/session", json={"key": made.key}, headers={"Origin": "http://evil"}).status_code == 403
    assert api.client.post("/api/session", json={"key": "fathom_x_y"}, headers=here).status_code == 401
    signed = api.client.post("/api/session", json={"key": made.key}, headers=here)
    assert signed.status_code == 204
    assert {"HttpOnly", "SameSite=strict"} <= set(signed.headers["set-cookie"].replace(" ", "").split(";"))
    assert api.client.get("/api/documents").status_code == 200
    pause = "/api/collections/c/pause"
    assert api.client.post(pause, headers={"Origin": "http://evil", "Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert api.client.post(pause).status_code == 403
    assert api.client.post(pause, headers=here).status_code == 200
    document = api.accepted()
    with (
        pytest.raises(WebSocketDisconnect),
        api.client.websocket_connect(f"/api/upload/{document}/stream", headers={"Origin": "http://evil"}),
    ):
        pass
    with api.client.websocket_connect(f"/api/upload/{document}/stream", headers=here) as socket:
        assert socket.receive_json()["type"] in ("log", "status")
    assert api.client.delete("/api/session", headers=here).status_code == 204
    assert api.client.get("/api/documents").status_code == 401


def test_the_first_start_writes_an_admin_key_that_only_its_owner_reads_and_the_next_keep_it(home_settings: Settings) -> None:
    home_settings.home.mkdir(parents=True)
    old = os.umask(0)
    try:
        file = ensure_admin_key(home_settings)
    finally:
        os.umask(old)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    key = file.read_text().strip()
    caller = open_keys(home_settings).identify(key)
    assert caller is not None
    assert (caller.role, caller.collection) == ("admin", None)
    ensure_admin_key(home_settings)
    assert file.read_text().strip() == key
    keys: KeyStore = open_keys(home_settings)
    keys.revoke(caller.key)
    ensure_admin_key(home_settings)
    assert (home_settings.home / ADMIN_FILE).read_text().strip() != key
