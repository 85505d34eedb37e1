"""Probes components in the way their users reach them; never raises and never waits long."""

from __future__ import annotations

import json
import shutil
import time
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from fathom.processes.dagster_tables import RUNS, read_rows
from fathom.processes.heartbeat import Heartbeat
from fathom.processes.ports import HOST
from fathom.settings import Settings

# Dagster's daemon runs several loops, each with its own heartbeat; the loop that launches runs repeats every second.
DAEMON_SILENT_S = 10.0
# Interval of their writes to Dagster's database, which prove that they can write and not only iterate.
DAEMON_WRITES_EVERY_S = 15.0
# The sensors' loop repeats every 5 s, but takes longer when the code location is reloaded on a busy machine.
SENSORS_SILENT_S = 45.0
HEARTBEATS = "heartbeats"  # their folder, beside the records of running processes
# With less free space in the home, no component can work.
MIN_FREE_MB = 16


def get_json(port: int, path: str, *, timeout: float = 2.0) -> dict[str, Any] | None:
    """Returns the JSON object of a successful response of a local server; None for anything else."""
    connection = HTTPConnection(HOST, port, timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        parsed = json.loads(body) if answer.status < 300 else None
    except (OSError, HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return parsed if isinstance(parsed, dict) else None


def loop_heartbeat(home: Path, name: str) -> Heartbeat:
    """Returns the heartbeat of a loop of the home."""
    return Heartbeat(home / "run" / HEARTBEATS / name)


def daemon_is_working(settings: Settings, *, since: float = 0.0) -> bool:
    """Returns whether all loops of Dagster's daemon beat, and the sensors' loop wrote after `since` (seconds since 1970)."""
    written = daemon_heartbeats(settings).get("SENSOR", 0.0)
    if written < since or time.time() - written > SENSORS_SILENT_S:
        return False
    folder = settings.home / "run" / HEARTBEATS
    loops = [Heartbeat(file) for file in folder.glob("*") if file.name.isupper()]  # as Dagster writes its daemons' types
    return min((loop.silent_s(since=since) for loop in loops), default=DAEMON_SILENT_S) < DAEMON_SILENT_S


def daemon_heartbeats(settings: Settings) -> dict[str, float]:
    """Returns when each loop of Dagster's daemon last wrote to its database, in seconds since 1970; imports no dagster.

    Empty while the storage does not exist, cannot be read, or is of another version of Dagster.
    """
    rows = read_rows(settings, RUNS, "daemon_heartbeats", "SELECT daemon_type, timestamp FROM {table}", {}) or []
    try:
        return {str(name): datetime.fromisoformat(str(when)).replace(tzinfo=UTC).timestamp() for name, when in rows}
    except (ValueError, TypeError):
        return {}


def disk_full_message(home: Path) -> str | None:
    """Returns a sentence saying that the disk of the home is full; None while there is room."""
    place = next((folder for folder in (home, *home.parents) if folder.is_dir()), home)
    try:
        free = shutil.disk_usage(place).free
    except OSError as error:
        return f"{home} cannot be looked at: {error.strerror}."
    if free >= MIN_FREE_MB * 1024**2:
        return None
    return f"The disk of {home} is full ({free / 1024**2:.0f} MB left): free some, and the work goes on by itself."
