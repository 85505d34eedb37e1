"""Which process works on a run: written on the run as tags, so that anybody can tell whether it still lives."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

import psutil

PID_TAG = "fathom/worker_pid"
STARTED_TAG = "fathom/worker_started"
HOST_TAG = "fathom/worker_host"
REQUEST_TAG = "fathom/request"  # the id of the API's request that started the run
CLOCK_S = 2.0  # the start time is counted from the boot time, which moves a little when the clock is corrected


def worker_tags(pid: int | None = None) -> dict[str, str]:
    """Tags that name the process, this one by default, so that no other is ever taken for it."""
    pid = os.getpid() if pid is None else pid
    return {PID_TAG: str(pid), STARTED_TAG: f"{psutil.Process(pid).create_time():.2f}", HOST_TAG: socket.gethostname()}


def worker_process(tags: Mapping[str, str]) -> psutil.Process | None:
    """The living process of this host that the tags name, or None when it is gone or was never named."""
    if tags.get(HOST_TAG) != socket.gethostname():
        return None
    try:
        process = psutil.Process(int(tags[PID_TAG]))
        same = abs(process.create_time() - float(tags[STARTED_TAG])) <= CLOCK_S
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except (KeyError, ValueError, psutil.Error):
        return None


def worker_is_dead(tags: Mapping[str, str]) -> bool:
    """True once the process these tags name is surely gone; False where they name none, or one of another host."""
    named = PID_TAG in tags and STARTED_TAG in tags and tags.get(HOST_TAG) == socket.gethostname()
    return named and tags[PID_TAG].isdigit() and worker_process(tags) is None
