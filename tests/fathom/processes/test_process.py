"""Detached processes: started once, known again, stopped with all they started, and every failure in a sentence."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from fathom.errors import PartUnreachable, PortTaken, StoreFailed
from fathom.processes.process import (
    OWNER_ENV_VAR,
    DetachedProcess,
    ProcessIdentity,
    ProcessSpec,
    kill,
    processes_of_home,
    rotate,
)

# Says it is ready by making a file, starts a child that outlives it, and lasts.
SERVER = """
import subprocess, sys, time, pathlib
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path(sys.argv[1]).write_text(str(child.pid))
print("ready", flush=True)
time.sleep(600)
"""


def eventually(condition: Callable[[], bool], within_s: float = 10.0) -> bool:
    deadline = time.monotonic() + within_s
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


class Server:
    """A part for tests: a process that is ready once its file is there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sign = folder / "ready"
        self.spec = ProcessSpec(
            name="server",
            command=(sys.executable, "-c", SERVER, str(self.sign)),
            cwd=folder,
            log=folder / "logs" / "server.log",
            fingerprint="one",
            environment={OWNER_ENV_VAR: str(folder)},
        )

    def process(self, **changes: object) -> DetachedProcess:
        return DetachedProcess(self.folder / "run", replace(self.spec, **changes))  # type: ignore[arg-type]

    def start(self, **changes: object) -> str:
        return self.process(**changes).ensure(ready=self.sign.exists, within_s=20)

    @property
    def pid(self) -> int:
        running = self.process().running()
        assert running is not None
        return running.identity.pid


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    yield made
    kill(processes_of_home(tmp_path))


def test_it_is_started_once_and_then_found_running(server: Server) -> None:
    assert server.start() == "started"
    pid = server.pid
    assert server.start() == "running"
    assert server.pid == pid


def test_of_several_callers_at_once_one_starts_it(server: Server) -> None:
    outcomes: list[str] = []
    callers = [threading.Thread(target=lambda: outcomes.append(server.start())) for _ in range(5)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert sorted(outcomes) == ["running"] * 4 + ["started"]


def test_it_outlives_the_process_that_started_it(server: Server) -> None:
    starter = (
        "import sys; from pathlib import Path\n"
        "from fathom.processes.process import OWNER_ENV_VAR, DetachedProcess, ProcessSpec\n"
        "folder = Path(sys.argv[1]); sign = folder / 'ready'\n"
        f"command = (sys.executable, '-c', {SERVER!r}, str(sign))\n"
        "spec = ProcessSpec('server', command, folder, folder / 'logs' / 'server.log', 'one', {OWNER_ENV_VAR: str(folder)})\n"
        "DetachedProcess(folder / 'run', spec).ensure(ready=sign.exists, within_s=20)\n"
    )
    subprocess.run([sys.executable, "-c", starter, str(server.folder)], check=True, timeout=60)
    assert server.start() == "running"


def test_other_settings_start_it_anew(server: Server) -> None:
    server.start()
    before = server.pid
    assert [server.process(fingerprint=one).is_for_another() for one in ("one", "two")] == [False, True]
    assert server.start(fingerprint="two") == "restarted"
    assert server.pid != before
    assert not psutil.pid_exists(before)


def test_one_that_was_killed_is_started_again(server: Server) -> None:
    server.start()
    os.kill(server.pid, signal.SIGKILL)
    assert eventually(lambda: server.process().running() is None)
    assert server.start() == "started"


def test_a_pid_that_another_process_has_now_counts_for_nothing(server: Server) -> None:
    server.start()
    record = server.folder / "run" / "server.json"
    kept = json.loads(record.read_text())
    server.process().stop()
    record.write_text(json.dumps({**kept, "pid": os.getpid()}))
    assert server.process().running() is None
    assert server.process().stop() is False
    assert server.start() == "started"


@pytest.mark.parametrize("record", ["", "{", "[]", '{"pid": "x"}', '{"pid": 1}'])
def test_a_damaged_record_counts_for_nothing(server: Server, record: str) -> None:
    (server.folder / "run").mkdir()
    (server.folder / "run" / "server.json").write_text(record)
    assert server.start() == "started"


def test_stopping_leaves_nothing_that_it_started(server: Server) -> None:
    server.start()
    pid, child = server.pid, int(server.sign.read_text())
    assert server.process().stop() is True
    assert not psutil.pid_exists(pid)
    assert eventually(lambda: not psutil.pid_exists(child))
    assert server.process().stop() is False


def test_what_it_left_behind_when_it_was_killed_is_found_by_its_mark(server: Server) -> None:
    server.start()
    child = int(server.sign.read_text())
    os.kill(server.pid, signal.SIGKILL)
    assert child in {process.pid for process in processes_of_home(server.folder)}
    kill(processes_of_home(server.folder))
    assert eventually(lambda: processes_of_home(server.folder) == [])


def test_one_that_ends_at_once_is_told_with_its_last_words(server: Server) -> None:
    broken = server.process(command=(sys.executable, "-c", "raise SystemExit('the cause')"))
    with pytest.raises(PartUnreachable, match=r"server ended as it started: the cause\.") as caught:
        broken.ensure(ready=lambda: False, within_s=20)
    assert "server.log" in caught.value.what_to_do


def test_one_that_is_never_ready_is_stopped_and_told(server: Server) -> None:
    with pytest.raises(PartUnreachable, match="was not ready after 1 s"):
        server.process().ensure(ready=lambda: False, within_s=1)
    assert server.process().running() is None


def test_a_port_that_is_taken_is_told_with_who_has_it_and_the_setting(server: Server) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"Port {port}.*process {os.getpid()}") as caught:
            server.start(port=port, port_setting="FATHOM_API_PORT")
    assert f"FATHOM_API_PORT={port + 1}" in caught.value.what_to_do
    assert caught.value.exit_code == 3


def test_a_folder_that_cannot_be_written_is_told(server: Server) -> None:
    (server.folder / "run").write_text("a file where the folder should be")
    with pytest.raises(StoreFailed, match="cannot be written"):
        server.start()
    (server.folder / "run").unlink()


def test_a_zombie_does_not_live() -> None:
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    identity = ProcessIdentity(child.pid, psutil.Process(child.pid).create_time())
    assert eventually(lambda: identity.process() is None)
    child.wait()


def test_a_log_that_grew_large_is_put_aside_while_its_writer_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    with log.open("ab", buffering=0) as writer:
        for number in range(6):
            writer.write(f"{number}".encode() * 100)
            assert rotate(log, largest=100, keep=3)
        writer.write(b"after")
    assert log.read_bytes() == b"after"
    assert [(tmp_path / f"x.log.{n}").read_bytes()[:1] for n in (1, 2, 3)] == [b"5", b"4", b"3"]
    assert not (tmp_path / "x.log.4").exists()
