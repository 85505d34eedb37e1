"""Tags that identify the process of a run, by which other processes check whether it is alive."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

import psutil

PID_TAG = "fathom/worker_pid"
STARTED_TAG = "fathom/worker_started"
HOST_TAG = "fathom/worker_host"
REQUEST_TAG = "fathom/request"  # id of the API request that started the run
CLOCK_S = 2.0  # the start time derives from the boot time, which shifts slightly when the clock is corrected


def worker_tags(pid: int | None = None) -> dict[str, str]:
    """Returns tags that identify the process uniquely; the current process by default."""
    pid = os.getpid() if pid is None else pid
    return {PID_TAG: str(pid), STARTED_TAG: f"{psutil.Process(pid).create_time():.2f}", HOST_TAG: socket.gethostname()}


def worker_process(tags: Mapping[str, str]) -> psutil.Process | None:
    """Returns the live process of this host that the tags identify; None if it is gone or there are no tags."""
    if tags.get(HOST_TAG) != socket.gethostname():
        return None
    try:
        process = psutil.Process(int(tags[PID_TAG]))
        same = abs(process.create_time() - float(tags[STARTED_TAG])) <= CLOCK_S
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except (KeyError, ValueError, psutil.Error):
        return None


def worker_is_dead(tags: Mapping[str, str]) -> bool:
    """Returns whether the tagged process is surely gone; False without tags, or for a process of another host."""
    named = PID_TAG in tags and STARTED_TAG in tags and tags.get(HOST_TAG) == socket.gethostname()
    return named and tags[PID_TAG].isdigit() and worker_process(tags) is None
