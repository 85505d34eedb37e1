"""Whether the process that works on a run still lives: a killed one cannot say so itself."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

PID_TAG = "fathom/worker_pid"
STARTED_TAG = "fathom/worker_started"
HOST_TAG = "fathom/worker_host"
CLOCK_S = 2.0  # the start time is counted from the boot time, which moves a little when the clock is corrected


def worker_tags() -> dict[str, str]:
    """Tags that name this process so that no other is ever taken for it."""
    import psutil

    return {
        PID_TAG: str(os.getpid()),
        STARTED_TAG: f"{psutil.Process().create_time():.2f}",
        HOST_TAG: socket.gethostname(),
    }


def worker_is_dead(tags: Mapping[str, str]) -> bool:
    """True once the process these tags name is surely gone; False where they name none, or one of another host."""
    import psutil

    if tags.get(HOST_TAG, socket.gethostname()) != socket.gethostname():
        return False
    try:
        pid, started = int(tags[PID_TAG]), float(tags[STARTED_TAG])
        process = psutil.Process(pid)
        if abs(process.create_time() - started) > CLOCK_S:
            return True
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except (KeyError, ValueError):
        return False
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False
