"""The code location is served by the daemon's process, and found by a webserver that began before it."""

from __future__ import annotations

import time
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._grpc import server_watcher
from dagster._grpc.server import DagsterApiServer

from fathom.orchestration.code_server import (
    LOCATION,
    WATCH_EVERY_S,
    code_location,
    code_server,
    code_server_address,
    watch_seldom,
)
from fathom.orchestration.dagster_home import prepare_storage, write_dagster_home
from fathom.settings import Settings

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore:Error loading repository location:UserWarning")]
WITHIN_S = 60.0


def sensors_of(context: WorkspaceProcessContext) -> set[str]:
    """The sensors that a page of Dagster would show; none while the location cannot be reached."""
    location = context.get_current_workspace().code_location_entries[LOCATION].code_location
    return {sensor.name for sensor in location.get_repository("__repository__").get_sensors()} if location else set()


def test_pages_that_began_before_the_code_server_find_it_and_find_it_again(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    settings.home.mkdir()
    write_dagster_home(settings)
    prepare_storage(settings)
    address = code_server_address(settings.home)
    with (
        dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance,
        WorkspaceProcessContext(instance, workspace_load_target=code_location(settings.home)) as context,
    ):
        assert sensors_of(context) == set()
        for _ in range(2):
            with code_server(instance, address):
                deadline = time.monotonic() + WITHIN_S
                while not sensors_of(context):
                    assert time.monotonic() < deadline
                    time.sleep(0.2)
                assert sensors_of(context) >= {"new_uploads", "old_runs"}
            assert not address.exists()


def test_a_process_asks_seldom_whether_the_code_server_was_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(home=tmp_path / "home")
    settings.home.mkdir()
    write_dagster_home(settings)
    prepare_storage(settings)
    asked: list[float] = []
    answer = DagsterApiServer.GetServerId

    def counted(self: DagsterApiServer, *given: object) -> object:
        asked.append(time.monotonic())
        return answer(self, *given)

    monkeypatch.setattr(DagsterApiServer, "GetServerId", counted)
    monkeypatch.setattr(server_watcher, "WATCH_INTERVAL", server_watcher.WATCH_INTERVAL)  # as it was, after the test
    watch_seldom()
    with (
        dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance,
        code_server(instance, code_server_address(settings.home)),
        WorkspaceProcessContext(instance, workspace_load_target=code_location(settings.home)) as context,
    ):
        assert sensors_of(context) >= {"new_uploads", "old_runs"}
        time.sleep(0.5)
        before = len(asked)
        time.sleep(2 * WATCH_EVERY_S + 1)
        assert len(asked) - before == 2
