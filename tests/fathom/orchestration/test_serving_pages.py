"""Dagster's pages as a process: a rebound name, another site, nobody, a reader and an operator at the real port."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import dagster as dg
import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from fathom.deployment.components import as_environment
from fathom.orchestration.code_server import code_server, code_server_address
from fathom.orchestration.dagster_home import prepare_storage, write_dagster_home
from fathom.security.api_keys import COOKIE, KeyRole
from fathom.settings import PROJECT_ROOT, Settings
from tests.fathom.api.kept_keys import kept_key
from tests.fathom.api.test_live import free_port

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

WITHIN_S = 120
ADD = """mutation { addDynamicPartition(partitionKey: "c/new.md", partitionsDefName: "documents",
  repositorySelector: {repositoryName: "__repository__", repositoryLocationName: "fathom"}) { __typename } }"""
LAUNCH = """mutation { launchRun(executionParams: {selector: {repositoryLocationName: "fathom",
  repositoryName: "__repository__", jobName: "ingest_backlog"}, runConfigData: {}}) { __typename } }"""


@dataclass(frozen=True)
class Served:
    """The process's port and home."""

    settings: Settings

    @property
    def at(self) -> str:
        return f"127.0.0.1:{self.settings.dagster_port}"

    def key(self, role: KeyRole) -> str:
        return kept_key(self.settings, role, name=role)

    def ask(self, query: str, **headers: str) -> httpx.Response:
        return httpx.post(f"http://{self.at}/graphql", json={"query": query}, headers=headers, timeout=60)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    settings = Settings(home=tmp_path_factory.mktemp("s") / "home", dagster_port=free_port(), api_port=free_port())
    settings.home.mkdir()
    write_dagster_home(settings)
    prepare_storage(settings)
    made = Served(settings)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FATHOM_")}
    environment = {**kept, **as_environment(settings), "DAGSTER_HOME": str(settings.dagster_home)}
    command = ["-m", "fathom.orchestration.dagster_pages", "--port", str(settings.dagster_port)]
    with ExitStack() as stack:
        instance = stack.enter_context(dg.DagsterInstance.from_config(str(settings.dagster_home)))
        stack.enter_context(code_server(instance, code_server_address(settings.home)))
        process = subprocess.Popen([sys.executable, *command], cwd=PROJECT_ROOT, env=environment)
        stack.callback(process.wait, 30)
        stack.callback(process.terminate)
        deadline = time.monotonic() + WITHIN_S
        while True:
            try:
                httpx.get(f"http://{made.at}/server_info", timeout=5).raise_for_status()
                break
            except httpx.TransportError:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.2)
        yield made


def refused(served: Served, **headers: str) -> int:
    """The status with which a WebSocket is refused."""
    with (
        pytest.raises(InvalidStatus) as caught,
        connect(
            f"ws://{served.at}/graphql",
            additional_headers=headers,
            subprotocols=["graphql-ws"],
            proxy=None,  # type: ignore[list-item]
        ),
    ):
        pass
    return int(caught.value.response.status_code)


def test_a_rebound_name_reaches_nothing(served: Served) -> None:
    key = {"Authorization": f"Bearer {served.key('admin')}"}
    for host in ("evil.example", f"evil.example:{served.settings.dagster_port}"):
        assert served.ask(LAUNCH, Host=host, Origin=f"http://{host}", **key).status_code == 400
        assert httpx.get(f"http://{served.at}/", headers={"Host": host}).status_code == 400


def test_another_sites_page_reaches_nothing_with_the_cookie(served: Served) -> None:
    cookie = f"{COOKIE}={served.key('admin')}"
    for origin in ("http://evil.example", f"http://127.0.0.1:{served.settings.api_port}", "null"):
        assert served.ask(LAUNCH, Origin=origin, Cookie=cookie).status_code == 403
        assert refused(served, Origin=origin, Cookie=cookie) == 403
    assert refused(served, Cookie=cookie) == 403


def test_nobody_is_sent_to_the_sign_in_and_programs_are_told(served: Served) -> None:
    answer = httpx.get(f"http://{served.at}/runs", headers={"Accept": "text/html"})
    assert answer.headers["Location"] == f"http://127.0.0.1:{served.settings.api_port}/sign-in?to=%2Fdagster%2Fruns"
    assert served.ask(LAUNCH).status_code == 401
    assert refused(served, Origin=f"http://{served.at}") == 401


def test_a_reader_reads_and_starts_nothing(served: Served) -> None:
    headers = {"Authorization": f"Bearer {served.key('reader')}"}
    for query in (ADD, LAUNCH):
        assert names(served.ask(query, **headers)) == ["UnauthorizedError"]
    found = served.ask("{ repositoriesOrError { __typename ... on RepositoryConnection { nodes { name } } } }", **headers)
    assert found.json()["data"]["repositoriesOrError"]["nodes"] == [{"name": "__repository__"}]
    page = httpx.get(f"http://{served.at}/runs", headers={"Accept": "text/html", **headers})
    assert "<html" in page.text


def test_an_operator_changes_what_dagster_lets_people_change(served: Served) -> None:
    headers = {"Authorization": f"Bearer {served.key('operator')}"}
    assert names(served.ask(ADD, **headers)) == ["AddDynamicPartitionSuccess"]


def test_the_pages_own_websocket_is_opened(served: Served) -> None:
    headers = {"Cookie": f"{COOKIE}={served.key('reader')}", "Origin": f"http://{served.at}"}
    with connect(
        f"ws://{served.at}/graphql",
        additional_headers=headers,
        subprotocols=["graphql-ws"],
        proxy=None,  # type: ignore[list-item]
    ) as stream:
        stream.send('{"type": "connection_init"}')
        assert "connection_ack" in str(stream.recv(timeout=30))


def names(answer: httpx.Response) -> list[Any]:
    """The types of what was answered."""
    return [one["__typename"] for one in answer.json()["data"].values()]
