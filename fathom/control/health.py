"""Whether a part answers, asked the way its users reach it; never raises and never waits long."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from fathom.control.ports import HOST

# The daemon says it is alive every 30 s; Dagster's own page calls it dead after 300.
DAEMON_SILENT_S = 300.0


def get_json(port: int, path: str, *, timeout: float = 2.0) -> dict[str, Any] | None:
    """The JSON object that a local server answers with success; None for anything else."""
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


def daemon_heartbeats(dagster_home: Path) -> dict[str, float]:
    """When each of Dagster's daemons was last alive, in seconds since 1970; read without importing dagster.

    Empty while there is no storage, or none that this version of Dagster writes.
    """
    file = dagster_home / "storage" / "history" / "runs.db"
    if not file.exists():
        return {}
    try:
        with contextlib.closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=2.0)) as connection:
            rows = connection.execute("SELECT daemon_type, timestamp FROM daemon_heartbeats").fetchall()
        return {name: datetime.fromisoformat(when).replace(tzinfo=UTC).timestamp() for name, when in rows}
    except (sqlite3.Error, ValueError, TypeError):
        return {}


def sensors_alive(dagster_home: Path, *, since: float = 0.0) -> bool:
    """Whether the daemon that looks at sensors was alive lately, and after `since` (seconds since 1970)."""
    beat = daemon_heartbeats(dagster_home).get("SENSOR", 0.0)
    return beat >= since and time.time() - beat < DAEMON_SILENT_S
