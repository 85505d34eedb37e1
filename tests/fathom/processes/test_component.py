"""A component's probe tells what its whole status does about its state, and looks at nothing else."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from fathom.processes import component as module
from fathom.processes.component import ProcessComponent
from fathom.processes.process import DetachedProcess, ProcessSpec, process_state


class Played:
    """A component that is a sleeping process and works as the test says."""

    def __init__(self, folder: Path) -> None:
        self.works = True
        command = (sys.executable, "-c", "import time; time.sleep(600)")
        spec = ProcessSpec(name="played", command=command, cwd=folder, log=folder / "played.log", fingerprint="one")
        self.component = ProcessComponent(
            DetachedProcess(folder, spec), healthy=lambda running: self.works, version=lambda: "1", start_within_s=30
        )


@pytest.fixture
def played(tmp_path: Path) -> Iterator[Played]:
    made = Played(tmp_path)
    yield made
    made.component.stop()


def test_a_probe_follows_the_process(played: Played) -> None:
    assert (played.component.probe().state, played.component.probe().pid) == ("stopped", None)
    played.component.start()
    pid = played.component.status().pid
    assert pid is not None
    assert (played.component.probe().state, played.component.probe().pid) == ("healthy", pid)
    played.works = False
    assert (played.component.probe().state, played.component.probe().pid) == ("unhealthy", pid)
    played.component.stop()
    assert played.component.probe().state == "stopped"


def test_a_process_that_is_stopped_by_a_signal_is_not_asked(played: Played) -> None:
    played.component.start()
    pid = played.component.probe().pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    while process_state(pid) != psutil.STATUS_STOPPED:
        time.sleep(0.01)
    probed = played.component.probe()
    os.kill(pid, signal.SIGCONT)
    assert (probed.state, "SIGSTOP" in (probed.detail or "")) == ("unhealthy", True)


def test_a_probe_does_not_read_the_processes_of_the_host(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    played.component.start()

    def read(*_: object) -> list[psutil.Process]:
        raise AssertionError("all processes of the host were read")

    monkeypatch.setattr(module, "family_of", read)
    assert played.component.probe().healthy
    with pytest.raises(AssertionError):
        played.component.status()
