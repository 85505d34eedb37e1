"""Heartbeats say how long a loop has not come round, and those of Dagster's daemon whether it gets on."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from fathom.control.dagster_daemon import give_heartbeat
from fathom.control.health import DAEMON_SILENT_S, SENSORS_SILENT_S, daemon_gets_on, loop_heartbeat, room_wanted
from fathom.control.heartbeat import Heartbeat


def age(heart: Heartbeat, file: Path, seconds: float) -> None:
    heart.beat()
    at = time.time() - seconds
    os.utime(file, (at, at))


def test_it_tells_how_long_it_has_not_beaten(tmp_path: Path) -> None:
    heart = Heartbeat(tmp_path / "hearts" / "one")
    now = time.time()
    assert heart.silent_s(since=now - 40) == pytest.approx(40, abs=1)
    heart.beat()
    assert heart.silent_s(since=now - 40) < 1
    age(heart, tmp_path / "hearts" / "one", 25)
    assert heart.silent_s(since=now - 40) == pytest.approx(25, abs=1)
    assert heart.has_beaten(since=now - 40)
    assert not heart.has_beaten(since=now - 10)


@pytest.mark.parametrize(
    ("sensors", "queue", "gets_on"),
    [
        (1.0, 1.0, True),
        (SENSORS_SILENT_S - 5, 1.0, True),
        (SENSORS_SILENT_S + 5, 1.0, False),
        (DAEMON_SILENT_S + 2, DAEMON_SILENT_S + 2, False),
    ],
)
def test_the_daemon_gets_on_while_its_loops_come_round(tmp_path: Path, sensors: float, queue: float, gets_on: bool) -> None:
    for name, seconds in (("SENSOR", sensors), ("QUEUED_RUN_COORDINATOR", queue)):
        age(loop_heartbeat(tmp_path, name), tmp_path / "run" / "heartbeats" / name, seconds)
    loop_heartbeat(tmp_path, "supervisor").beat()  # which is none of the daemon's
    assert daemon_gets_on(tmp_path) is gets_on
    assert not daemon_gets_on(tmp_path, since=time.time() + 60)


def test_a_daemon_that_never_ran_does_not_get_on(tmp_path: Path) -> None:
    assert not daemon_gets_on(tmp_path)


def test_each_step_of_a_loop_is_a_beat(tmp_path: Path) -> None:
    def core_loop(_context: object, _over: Event) -> Iterator[str]:
        yield from ("one", "two")

    daemon: Any = SimpleNamespace(core_loop=core_loop)
    heart = Heartbeat(tmp_path / "loop")
    give_heartbeat(daemon, heart)
    steps = daemon.core_loop(None, Event())
    assert not (tmp_path / "loop").exists()
    assert list(steps) == ["one", "two"]
    assert (tmp_path / "loop").exists()


def test_a_disk_with_room_is_no_trouble_also_before_the_home_is_made(tmp_path: Path) -> None:
    assert room_wanted(tmp_path / "home" / "of" / "later") is None
