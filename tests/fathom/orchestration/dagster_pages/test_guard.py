"""The guard of Dagster's pages: other host names, other sites' pages and unknown callers are refused; readers only read."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import dagster as dg
import pytest
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import EmptyWorkspaceTarget
from dagster_graphql.schema import create_schema
from fastapi.testclient import TestClient
from starlette.testclient import WebSocketDenialResponse

from fathom.errors import DatabaseUnreachable
from fathom.orchestration.dagster_pages.webserver import GuardedWebserver
from fathom.security.api_keys import COOKIE, KeyRole, KeyStore, open_keys
from fathom.security.request_pacing import GUESSES_A_MINUTE
from fathom.settings import Settings
from fathom.waits import is_bounded
from tests.fathom.api.kept_keys import kept_key

OWN = "http://127.0.0.1:3000"
HERE = {"Host": "127.0.0.1:3000"}
PAGE = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
CHANGE = "mutation { setAutoMaterializePaused(paused: true) }"
VERSION = "{ version }"
OTHER_ORIGINS = ["http://evil.example", "http://127.0.0.1:8000", "null", "https://127.0.0.1.evil.example", "file://"]
OTHER_HOSTS = ["evil.example", "evil.example:3000", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "", "[::2]:3000"]


@dataclass
class Guarded:
    """Dagster's pages over a home with keys, and no code location."""

    client: TestClient
    settings: Settings

    def key(self, role: KeyRole, collection: str | None = None) -> str:
        return kept_key(self.settings, role, name=f"{role} of {collection}", collection=collection)

    def bearer(self, role: KeyRole) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key(role)}"}

    def cookie(self, role: KeyRole) -> dict[str, str]:
        return {"Cookie": f"{COOKIE}={self.key(role)}"}

    def ask(self, query: str, headers: dict[str, str]) -> Any:
        return self.client.post("/graphql", json={"query": query}, headers=headers)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    settings = Settings(home=tmp_path_factory.mktemp("g") / "home")
    settings.home.mkdir()
    with (
        dg.DagsterInstance.local_temp(str(settings.home)) as instance,
        WorkspaceProcessContext(instance, workspace_load_target=EmptyWorkspaceTarget()) as context,
    ):
        app = GuardedWebserver(context, settings, open_keys(settings)).create_asgi_app()
        with TestClient(app, base_url=OWN, follow_redirects=False) as client:
            yield Guarded(client, settings)


@pytest.mark.parametrize("host", OTHER_HOSTS)
@pytest.mark.parametrize("path", ["/", "/graphql", "/server_info", "/runs/1"])
def test_another_host_name_is_refused_whatever_key_comes_along(guarded: Guarded, host: str, path: str) -> None:
    headers = {"Host": host, **guarded.bearer("admin")}
    assert guarded.client.get(path, headers={**headers, **PAGE}).status_code == 400
    assert guarded.client.post(path, headers={**headers, "Origin": f"http://{host}"}, json={"query": CHANGE}).status_code == 400


@pytest.mark.parametrize("host", OTHER_HOSTS)
def test_a_websocket_of_another_host_name_is_refused(guarded: Guarded, host: str) -> None:
    headers = {"Host": host, "Origin": f"http://{host}", **guarded.cookie("admin")}
    with pytest.raises(WebSocketDenialResponse) as refused, guarded.client.websocket_connect("/graphql", headers=headers):
        pass
    assert refused.value.status_code == 400


@pytest.mark.parametrize("origin", OTHER_ORIGINS)
def test_a_page_of_another_origin_can_neither_post_nor_open_a_websocket(guarded: Guarded, origin: str) -> None:
    for sent in (guarded.cookie("admin"), guarded.bearer("admin")):
        assert guarded.ask(VERSION, {"Origin": origin, **sent}).status_code == 403
        with (
            pytest.raises(WebSocketDenialResponse) as refused,
            guarded.client.websocket_connect("/graphql", headers={**HERE, "Origin": origin, **sent}),
        ):
            pass
        assert refused.value.status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_an_image_or_frame_of_another_port_asks_in_vain(guarded: Guarded, site: str) -> None:
    by_browser = {"Sec-Fetch-Site": site, **guarded.cookie("admin")}
    image = {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image", "Accept": "image/*", **by_browser}
    frame = {**PAGE, "Sec-Fetch-Dest": "iframe", **by_browser}
    for headers in (image, frame):
        assert guarded.client.get("/graphql", params={"query": CHANGE}, headers=headers).status_code == 403


def test_no_answer_can_be_framed_by_another_page(guarded: Guarded) -> None:
    for headers in (PAGE, {**PAGE, **guarded.cookie("admin")}):
        assert guarded.client.get("/", headers=headers).headers["X-Frame-Options"] == "DENY"


def test_nothing_is_asked_by_get(guarded: Guarded) -> None:
    for headers in (guarded.cookie("admin"), guarded.bearer("admin")):
        assert guarded.client.get("/graphql", params={"query": CHANGE}, headers=headers).status_code == 405


def test_a_cookie_alone_that_no_browser_vouches_for_changes_nothing(guarded: Guarded) -> None:
    assert guarded.ask(VERSION, guarded.cookie("admin")).status_code == 403
    assert guarded.ask(VERSION, {"Origin": OWN, **guarded.cookie("admin")}).json() == {"data": {"version": ""}}


def test_a_page_without_a_key_leads_to_the_sign_in_of_the_same_host_and_back(guarded: Guarded) -> None:
    for host in ("127.0.0.1:3000", "localhost:3000"):
        answer = guarded.client.get("/assets/chunks?partition=c%2Fa.md", headers={"Host": host, **PAGE})
        assert answer.status_code == 303
        there = f"http://{host.partition(':')[0]}:{guarded.settings.api_port}/sign-in?to="
        assert answer.headers["Location"] == f"{there}%2Fdagster%2Fassets%2Fchunks%3Fpartition%3Dc%252Fa.md"


def test_a_link_from_another_site_is_asked_once_more_from_here_with_the_cookie(guarded: Guarded) -> None:
    answer = guarded.client.get("/runs/1", headers={**PAGE, "Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, "location" in answer.headers) == (200, False)
    assert 'http-equiv="refresh" content="0"' in answer.text


@pytest.mark.parametrize("key", [None, "nonsense", "fathom_0000_nonsense"])
def test_a_program_without_a_valid_key_is_told(guarded: Guarded, key: str | None) -> None:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    answer = guarded.ask(CHANGE, headers)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    for path in ("/logs/a/b.err", "/download_debug/1", "/report_asset_materialization/a", "/vendor/graphiql/graphiql.min.css"):
        assert guarded.client.get(path, headers=headers).status_code == 401
    with (
        pytest.raises(WebSocketDenialResponse) as refused,
        guarded.client.websocket_connect("/graphql", headers={**HERE, "Origin": OWN, **headers}),
    ):
        pass
    assert refused.value.status_code == 401


def test_a_key_of_one_collection_does_not_see_the_others_in_dagster(guarded: Guarded) -> None:
    headers = {"Authorization": f"Bearer {guarded.key('admin', 'own')}"}
    assert guarded.ask(VERSION, headers).status_code == 403


def test_a_revoked_key_opens_nothing_any_more(guarded: Guarded) -> None:
    keys = open_keys(guarded.settings)
    made = keys.create("admin", name="gone")
    headers = {"Authorization": f"Bearer {made.key}"}
    assert guarded.ask(VERSION, headers).status_code == 200
    keys.revoke(made.id)
    assert guarded.ask(VERSION, headers).status_code == 401


@pytest.mark.parametrize(("role", "may_change"), [("reader", False), ("operator", True), ("admin", True)])
def test_readers_read_and_operators_change(guarded: Guarded, role: KeyRole, may_change: bool) -> None:
    assert guarded.ask(VERSION, guarded.bearer(role)).status_code == 200
    assert ("errors" not in guarded.ask(CHANGE, guarded.bearer(role)).json()) is may_change
    allowed = guarded.ask("{ permissions { value } }", guarded.bearer(role)).json()["data"]["permissions"]
    assert any(one["value"] for one in allowed) is may_change
    reported = guarded.client.post("/report_asset_materialization/a", json={}, headers=guarded.bearer(role))
    assert (reported.status_code == 200) is may_change


def test_a_websocket_of_dagsters_own_page_is_served(guarded: Guarded) -> None:
    headers = {**HERE, "Origin": OWN, **guarded.cookie("reader")}
    with guarded.client.websocket_connect("/graphql", headers=headers) as stream:
        stream.send_json({"type": "connection_init"})
        assert stream.receive_json() == {"type": "connection_ack"}


def test_who_only_asks_whether_the_server_is_there_needs_no_key(guarded: Guarded) -> None:
    assert set(guarded.client.get("/server_info").json()) == {
        "dagster_version", "dagster_webserver_version", "dagster_graphql_version"
    }  # fmt: skip


def test_guessing_at_keys_is_slowed(guarded: Guarded) -> None:
    assert guarded.ask(VERSION, guarded.bearer("admin")).status_code == 200
    codes = {guarded.ask(VERSION, {"X-API-Key": f"guess {number}"}).status_code for number in range(3 * GUESSES_A_MINUTE)}
    assert 429 in codes
    assert guarded.ask(VERSION, guarded.bearer("admin")).status_code == 200  # whoever was right before is not kept waiting


def test_a_database_that_does_not_answer_is_told_and_asked_again_later(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_keys: KeyStore, _key: str) -> None:
        raise DatabaseUnreachable("The database is locked.")

    monkeypatch.setattr(KeyStore, "identify", away)
    answer = guarded.ask(VERSION, guarded.bearer("admin"))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_a_locked_database_is_waited_for_a_moment_only(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    bounds = []

    def asked(_keys: KeyStore, _key: str) -> None:
        bounds.append(is_bounded())

    monkeypatch.setattr(KeyStore, "identify", asked)
    guarded.ask(VERSION, guarded.bearer("reader"))
    assert bounds == [True]


def test_dagster_asks_for_a_permission_before_every_change() -> None:
    mutations = create_schema().graphql_schema.mutation_type.fields
    unasked = {name for name, one in mutations.items() if "permission_check(" not in source(one.resolve)}
    unasked -= {name for name, one in mutations.items() if "@check_permission(" in source(one.resolve)}
    # the first launches each run by the mutation that asks; the others change nothing of a deployment
    assert unasked == {"launchMultipleRuns", "logTelemetry", "setNuxSeen"}


def source(resolver: Any) -> str:
    """The text of the function, with its decorators, that answers a field."""
    return inspect.getsource(inspect.unwrap(resolver))
