"""Heartbeats say how long a loop has not come round, and those of Dagster's daemon whether it gets on."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from fathom.orchestration.dagster_daemon import add_heartbeat
from fathom.processes.heartbeat import Heartbeat
from fathom.processes.probes import DAEMON_SILENT_S, SENSORS_SILENT_S, daemon_is_working, disk_full_message, loop_heartbeat
from fathom.settings import Settings


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


def written(home: Path, seconds: float) -> None:
    """Dagster's database says that the loop of the sensors wrote so many seconds ago."""
    file = home / "dagster" / "storage" / "history" / "runs.db"
    file.parent.mkdir(parents=True)
    when = datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=seconds)
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("CREATE TABLE daemon_heartbeats (daemon_type TEXT, timestamp TEXT)")
        database.execute("INSERT INTO daemon_heartbeats VALUES ('SENSOR', ?)", (when.isoformat(" "),))


@pytest.mark.parametrize(
    ("sensors_wrote", "queue_beat", "gets_on"),
    [
        (1.0, 1.0, True),
        (SENSORS_SILENT_S - 5, 1.0, True),
        (SENSORS_SILENT_S + 5, 1.0, False),
        (1.0, DAEMON_SILENT_S + 2, False),
    ],
)
def test_the_daemon_gets_on_while_its_loops_come_round_and_can_write(
    tmp_path: Path, sensors_wrote: float, queue_beat: float, gets_on: bool
) -> None:
    settings = Settings(home=tmp_path)
    written(tmp_path, sensors_wrote)
    loop = "QUEUED_RUN_COORDINATOR"
    age(loop_heartbeat(tmp_path, loop), tmp_path / "run" / "heartbeats" / loop, queue_beat)
    loop_heartbeat(tmp_path, "supervisor").beat()  # which is none of the daemon's
    assert daemon_is_working(settings) is gets_on
    assert not daemon_is_working(settings, since=time.time() + 60)


def test_a_daemon_that_never_ran_does_not_get_on(tmp_path: Path) -> None:
    assert not daemon_is_working(Settings(home=tmp_path))


def test_a_daemon_of_a_version_without_heartbeats_does_not_get_on(tmp_path: Path) -> None:
    written(tmp_path, 1.0)
    assert not daemon_is_working(Settings(home=tmp_path))


def test_each_step_of_a_loop_is_a_beat(tmp_path: Path) -> None:
    def core_loop(_context: object, _over: Event) -> Iterator[str]:
        yield from ("one", "two")

    daemon: Any = SimpleNamespace(core_loop=core_loop)
    heart = Heartbeat(tmp_path / "loop")
    add_heartbeat(daemon, heart)
    steps = daemon.core_loop(None, Event())
    assert not (tmp_path / "loop").exists()
    assert list(steps) == ["one", "two"]
    assert (tmp_path / "loop").exists()


def test_a_disk_with_room_is_no_trouble_also_before_the_home_is_made(tmp_path: Path) -> None:
    assert disk_full_message(tmp_path / "home" / "of" / "later") is None
