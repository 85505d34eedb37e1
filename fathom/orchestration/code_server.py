"""Serves the code location over gRPC from the daemon's process, for the daemon and the webserver alike.

Dagster's default is a code server for each of them, and the daemon replaces its own every minute: two processes of 150 MB,
and about 5 % of a core while nothing happens.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from dagster._core.origin import get_python_environment_entry_point
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.utils import FuturesAwareThreadPoolExecutor
from dagster._core.workspace.load_target import GrpcServerTarget
from dagster._grpc import server_watcher

from fathom.orchestration.warm_runs.run_socket import CODE, socket_of
from fathom.settings import PROJECT_ROOT

LOCATION = "fathom"
MODULE = "definitions"
WORKERS = 8  # threads that evaluate sensors and load subsets of jobs
STOP_WITHIN_S = 5.0
WATCH_EVERY_S = 5

log = logging.getLogger("fathom.orchestration.code_server")


def code_server_address(home: Path) -> Path:
    """Returns the socket of the home's code server."""
    return socket_of(home, CODE)


def code_location(home: Path) -> GrpcServerTarget:
    """Returns the workspace of a deployment: the code location at the home's socket."""
    return GrpcServerTarget(host="localhost", port=None, socket=str(code_server_address(home)), location_name=LOCATION)


def watch_seldom() -> None:
    """Lets this process ask the code server every WATCH_EVERY_S seconds whether it was replaced.

    Dagster asks every second, at two milliseconds of each side's CPU, and its workspace passes no other interval on.
    """
    server_watcher.WATCH_INTERVAL = WATCH_EVERY_S


@contextmanager
def code_server(instance: dg.DagsterInstance, address: Path) -> Iterator[None]:
    """Serves the code location at the socket until the block ends; an error in its modules is shown by Dagster's pages."""
    from dagster._grpc.server import DagsterApiServer, DagsterGrpcServer  # not needed by the webserver

    address.parent.mkdir(parents=True, exist_ok=True)
    address.unlink(missing_ok=True)
    stop = threading.Event()
    workers = FuturesAwareThreadPoolExecutor(max_workers=WORKERS)
    servicer = DagsterApiServer(
        server_termination_event=stop,
        logger=log,
        loadable_target_origin=LoadableTargetOrigin(
            executable_path=sys.executable, module_name=MODULE, working_directory=str(PROJECT_ROOT)
        ),
        entry_point=get_python_environment_entry_point(sys.executable),
        location_name=LOCATION,
        instance_ref=instance.get_ref(),
        server_threadpool_executor=workers,
    )
    before = os.umask(0o177)  # the socket is for its owner only
    try:
        server = DagsterGrpcServer(stop, servicer, log, workers, socket=str(address))
    finally:
        os.umask(before)
    server.server.wait_for_termination = stop.wait  # its own wait wakes ten times a second
    thread = threading.Thread(target=server.serve, name="code-server", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(STOP_WITHIN_S)
        with contextlib.suppress(OSError):
            address.unlink()
