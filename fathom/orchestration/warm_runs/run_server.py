"""The run server: imports Dagster and the code location once, then forks a process for every run.

A new process needs seconds of imports before its first step; a fork needs none. The server stays single-threaded, since a
fork copies only the calling thread: no gRPC channel, ONNX session or thread pool may be opened here. It restarts by `exec`
when its sources change, and exits when its socket is removed. Without it, the launcher uses Dagster's default.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fathom.orchestration.warm_runs.worker_tags import worker_tags

MAX_REQUEST = 4096
MAX_REMEMBERED = 1000  # recorded runs, so that each is forked once
ACCEPT_SECONDS = 2.0
SOURCES_EVERY_S = 6.0  # a look at eight hundred files takes a millisecond
SOURCES = ("fathom", "ingestion_assets", "resources", "sensors", "checks")

log = logging.getLogger("fathom.orchestration.warm_runs")


class SourceWatch:
    """Notices changes of the code location's source files that exist now; a later file is imported by a changed one."""

    def __init__(self, root: Path) -> None:
        files = [root / "definitions.py", *(file for name in SOURCES for file in (root / name).rglob("*.py"))]
        self._files = [str(file) for file in files]
        self._newest = self._newest_change()
        self._looked_at = time.monotonic()

    def changed(self) -> bool:
        """Returns whether a file was changed since the watch began."""
        self._looked_at = time.monotonic()
        return self._newest_change() != self._newest

    def changed_of_late(self) -> bool:
        """Looks as `changed` does, at most every SOURCES_EVERY_S; returns False in between."""
        return time.monotonic() - self._looked_at >= SOURCES_EVERY_S and self.changed()

    def _newest_change(self) -> int:
        """Returns the newest modification time, in nanoseconds since 1970."""
        newest = 0
        for file in self._files:
            with suppress(FileNotFoundError):
                newest = max(newest, os.stat(file).st_mtime_ns)  # noqa: PTH116  a third of the time of a Path
        return newest


def serve(address: Path, root: Path, *, warm_up: Callable[[], None], execute: Callable[[str], None]) -> bool:
    """Forks runs on requests at the socket; returns True to restart for changed sources, False if the socket is gone."""
    sources = SourceWatch(root)
    warm_up()
    if threading.active_count() > 1:
        raise RuntimeError(f"The run server must have one thread, and has {[thread.name for thread in threading.enumerate()]}.")
    signal.signal(signal.SIGCHLD, _reap)
    forked: dict[str, dict[str, str]] = {}
    with _listen(address) as listener:
        ours = address.stat().st_ino
        log.info("Ready for runs")
        while _is_ours(address, ours):
            if sources.changed_of_late():
                return True
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            with connection:
                _answer(connection, listener, execute, forked)
    return False


def _is_ours(address: Path, inode: int) -> bool:
    return address.exists() and address.stat().st_ino == inode


def _listen(address: Path) -> socket.socket:
    """Opens a listening socket for its owner only, replacing any file at the address."""
    address.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(address))
    finally:
        os.umask(before)
    listener.listen(64)
    listener.settimeout(ACCEPT_SECONDS)
    return listener


def _answer(
    connection: socket.socket, listener: socket.socket, execute: Callable[[str], None], forked: dict[str, dict[str, str]]
) -> None:
    """Forks a run once; repeated requests (a second daemon, a launcher after a timeout) return the same process."""
    connection.settimeout(ACCEPT_SECONDS)
    try:
        request = json.loads(connection.recv(MAX_REQUEST))
        run = request.get("run")
        if (tags := forked.get(run or "")) is None:
            with _unreaped():  # a run may be over before it is named
                pid = _fork(run, (connection, listener), execute) if run else os.getpid()
                tags = worker_tags(pid)
            if run:
                forked[run] = tags
                if len(forked) > MAX_REMEMBERED:
                    del forked[next(iter(forked))]
        connection.sendall(json.dumps(tags).encode())
    except (OSError, ValueError) as error:
        log.warning("A request to the run server failed: %s", error)


@contextmanager
def _unreaped() -> Iterator[None]:
    """Defers the reaping of children, so that an ended child's process can still be inspected."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})


def _fork(run: str, inherited: tuple[socket.socket, ...], execute: Callable[[str], None]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.setsid()  # a signal to the server's group does not end its runs
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        for held in inherited:
            held.close()
        execute(run)
        code = 0
    except BaseException:
        log.exception("Run %s ended by an error outside its steps", run)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _reap(_signal: int, _frame: object) -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
