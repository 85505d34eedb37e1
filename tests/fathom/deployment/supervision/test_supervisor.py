"""The supervisor starts what ended, replaces what hangs or is stopped for long, and leaves the rest alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fathom.deployment.components import wanted_file
from fathom.deployment.config_hash import settings_fingerprint
from fathom.deployment.supervision import supervisor as module
from fathom.deployment.supervision.supervisor import (
    HANGS_AFTER_ROOM_S,
    HANGS_AFTER_S,
    PROBE_EVERY_S,
    STARTS_WITHIN_S,
    SUSPENDED_FOR_S,
    Supervisor,
)
from fathom.processes.component import ComponentState, ComponentStatus
from fathom.processes.process import OWNER_ENV_VAR, family_of, suspended, suspended_of
from fathom.settings import Settings


@dataclass
class PlayedPart:
    """A part that is as the test says."""

    name: str = "runs-of-test"
    state: ComponentState = "healthy"
    pid: int | None = field(default_factory=os.getpid)
    probes: int = 0

    def start(self) -> str:
        raise AssertionError("it is started by a process of its own")

    def stop(self) -> bool:
        raise AssertionError("nobody asked for that")

    def status(self) -> ComponentStatus:
        raise AssertionError("a probe is enough")

    def probe(self) -> ComponentStatus:
        self.probes += 1
        return ComponentStatus(name=self.name, state=self.state, pid=None if self.state == "stopped" else self.pid)


@dataclass
class Bench:
    """A supervisor over one part, by a clock that the test moves; what it started, with the process that hung."""

    settings: Settings
    part: PlayedPart = field(default_factory=PlayedPart)
    clock: float = 0.0
    code: int = 0
    started: list[tuple[str, int | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.supervisor = Supervisor(self.settings, [self.part], self._start, now=lambda: self.clock)

    def _start(self, name: str, hung: int | None) -> subprocess.Popen[bytes]:
        self.started.append((name, hung))
        done = subprocess.Popen([sys.executable, "-c", f"raise SystemExit({self.code})"])
        done.wait()
        return done

    def after(self, seconds: float) -> list[tuple[str, int | None]]:
        """Returns the starts so far, having looked every two seconds."""
        for _ in range(int(seconds / 2) + 1):
            self.supervisor.look()
            self.clock += 2.0
        return self.started


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    (tmp_path / "home").mkdir()
    return Bench(Settings(home=tmp_path / "home"))


def test_a_part_that_is_well_is_left_alone(bench: Bench) -> None:
    assert bench.after(600) == []


def test_a_part_that_is_well_is_probed_less_often_than_it_is_looked_at(bench: Bench) -> None:
    bench.after(600)
    assert bench.part.probes == pytest.approx(600 / PROBE_EVERY_S, abs=1)


def test_a_part_that_ended_is_started_at_the_next_look(bench: Bench, sleeper: subprocess.Popen[bytes]) -> None:
    bench.part.pid = sleeper.pid
    bench.after(PROBE_EVERY_S)
    bench.part.state = "stopped"
    bench.supervisor.look()
    assert bench.started == []
    sleeper.kill()
    sleeper.wait()
    bench.supervisor.look()
    assert bench.started == [("runs-of-test", None)]


def test_what_cannot_be_started_is_tried_again_with_growing_pauses(bench: Bench) -> None:
    bench.part.state, bench.code = "stopped", 1
    assert 5 <= len(bench.after(120)) <= 15


def test_a_part_that_does_not_answer_for_a_moment_is_left_alone(bench: Bench) -> None:
    bench.after(10)
    bench.part.state = "unhealthy"
    assert bench.after(HANGS_AFTER_S - 4) == []
    bench.part.state = "healthy"
    assert bench.after(60) == []


def test_a_part_that_hangs_is_replaced(bench: Bench) -> None:
    bench.after(10)
    bench.part.state = "unhealthy"
    assert bench.after(HANGS_AFTER_S + 2) == [("runs-of-test", os.getpid())]


def test_a_part_that_starts_is_waited_for(bench: Bench) -> None:
    bench.part.state = "unhealthy"
    assert bench.after(STARTS_WITHIN_S - 4) == []
    assert bench.after(8) == [("runs-of-test", os.getpid())]


def test_while_the_disk_is_full_nothing_is_replaced_and_soon_after_what_still_hangs_is(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.after(10)
    said: list[str | None] = ["full"]
    monkeypatch.setattr(module, "disk_full_message", lambda _: said[0])
    bench.part.state = "unhealthy"
    assert bench.after(600) == []
    said[0] = None
    assert bench.after(HANGS_AFTER_ROOM_S + 2) == [("runs-of-test", os.getpid())]


def test_parts_are_wanted_for_the_settings_they_were_started_for(bench: Bench) -> None:
    assert not bench.supervisor.wanted()
    file = wanted_file(bench.settings)
    file.parent.mkdir()
    file.write_text(settings_fingerprint(bench.settings))
    assert bench.supervisor.wanted()
    file.write_text(settings_fingerprint(bench.settings.model_copy(update={"api_port": 1234})))
    assert not bench.supervisor.wanted()


@pytest.fixture
def sleeper(bench: Bench) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the home."""
    made = subprocess.Popen(["sleep", "600"], env={**os.environ, OWNER_ENV_VAR: str(bench.settings.home)})
    yield made
    made.kill()
    made.wait()


def stop(process: subprocess.Popen[bytes]) -> None:
    os.kill(process.pid, signal.SIGSTOP)
    deadline = time.monotonic() + 5
    while not suspended_of(family_of(process.pid)) and time.monotonic() < deadline:
        time.sleep(0.01)


def test_a_process_of_the_home_that_is_stopped_for_long_is_ended(bench: Bench, sleeper: subprocess.Popen[bytes]) -> None:
    stop(sleeper)
    assert [process.pid for process in suspended(bench.settings.home)] == [sleeper.pid]
    bench.after(SUSPENDED_FOR_S - 2)
    assert sleeper.poll() is None
    bench.after(6)
    assert sleeper.wait(5) == -signal.SIGKILL


def test_a_process_that_goes_on_is_not_ended(bench: Bench, sleeper: subprocess.Popen[bytes]) -> None:
    stop(sleeper)
    bench.after(SUSPENDED_FOR_S - 2)
    os.kill(sleeper.pid, signal.SIGCONT)
    while suspended_of(family_of(sleeper.pid)):
        time.sleep(0.01)
    bench.after(60)
    assert sleeper.poll() is None


def test_a_stopped_process_of_another_home_is_none_of_ours(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    stop(sleeper)
    assert suspended(tmp_path / "other") == []
