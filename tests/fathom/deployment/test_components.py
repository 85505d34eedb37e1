"""All parts of a deployment, on real processes: started at once, found running, mended one by one, gone when stopped."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

from fathom.deployment.components import healthy, start_all, status_all, stop_all
from fathom.processes.component import ComponentStatus
from fathom.processes.process import kill, processes_of_home
from fathom.settings import Settings

pytestmark = pytest.mark.integration

PARTS = ["graph", "converter", "runs", "dagster-webserver", "dagster-daemon", "api", "supervisor"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(condition: Callable[[], bool], within_s: float = 20.0) -> bool:
    deadline = time.monotonic() + within_s
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A deployment that runs for the tests of this file."""
    home: Path = tmp_path_factory.mktemp("d") / "home"
    made = Settings(home=home, dagster_port=free_port(), api_port=free_port(), graph_heap_mb=256, convert_workers=1)
    started = start_all(made)
    try:
        assert [one.error for one in started] == [None] * len(PARTS)
        yield made
    finally:
        stop_all(made)
        kill(processes_of_home(home))


def by_name(settings: Settings) -> dict[str, ComponentStatus]:
    return {status.name: status for status in status_all(settings)}


def pids(settings: Settings) -> dict[str, int | None]:
    return {name: status.pid for name, status in by_name(settings).items()}


def test_all_parts_are_well(settings: Settings) -> None:
    statuses = status_all(settings)
    assert [status.name for status in statuses] == PARTS
    assert healthy(statuses), [status for status in statuses if not status.healthy]


def test_starting_again_changes_nothing_and_is_quick(settings: Settings) -> None:
    before, began = pids(settings), time.monotonic()
    assert {one.outcome for one in start_all(settings)} == {"running"}
    assert time.monotonic() - began < 10
    assert pids(settings) == before


def test_nothing_listens_beyond_this_machine(settings: Settings) -> None:
    family = [child for status in by_name(settings).values() if status.pid for child in _family(status.pid)]
    addresses = {
        connection.laddr.ip
        for process in family
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert addresses <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


def test_the_api_says_that_all_are_ready(settings: Settings) -> None:
    with urlopen(f"http://127.0.0.1:{settings.api_port}/health/ready", timeout=20) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("name", PARTS)
def test_one_that_is_killed_is_missed_and_alone_is_started_again_by_itself(settings: Settings, name: str) -> None:
    before = pids(settings)
    pid = before[name]
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: not by_name(settings)[name].healthy, within_s=5)
    assert eventually(lambda: healthy(status_all(settings)), within_s=90)
    after = pids(settings)
    assert {other: after[other] for other in PARTS if other != name} == {o: before[o] for o in PARTS if o != name}
    assert healthy(status_all(settings))


def test_a_port_that_another_process_took_is_named_and_the_others_run(settings: Settings) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        started = {one.name: one for one in start_all(settings.model_copy(update={"api_port": port}))}
    error = started["api"].error
    assert error is not None
    assert error.name == "PortTaken"
    assert str(port) in error.message
    assert [name for name, one in started.items() if one.error] == ["api"]


def test_after_stopping_no_process_is_left(settings: Settings) -> None:
    start_all(settings)
    family = {child.pid for status in by_name(settings).values() if status.pid for child in _family(status.pid)}
    assert len(family) > len(PARTS)
    stop_all(settings)
    assert eventually(lambda: not any(_lives(pid) for pid in family))
    assert processes_of_home(settings.home) == []
    assert {status.state for status in status_all(settings)} == {"stopped"}


def _family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
