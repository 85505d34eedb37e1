"""Runs Dagster's daemon with the code server: `python -m fathom.orchestration.dagster_daemon`; needs DAGSTER_HOME.

Each of its loops has a heartbeat. Dagster's own heartbeats are rows in its database: they show that a loop can write, reveal
a hanging loop late, and stop on a full disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._daemon.controller import create_daemons_from_instance, daemon_controller_from_instance
from dagster._daemon.daemon import DagsterDaemon
from dagster._utils.interrupts import capture_interrupts, setup_interrupt_handlers

from fathom.home import own_home
from fathom.orchestration.code_server import code_location, code_server, code_server_address
from fathom.processes.heartbeat import Heartbeat
from fathom.processes.probes import DAEMON_WRITES_EVERY_S, loop_heartbeat
from fathom.settings import settings


def daemons_with_heartbeat(home: Path) -> Callable[[dg.DagsterInstance], Sequence[DagsterDaemon[Any]]]:
    """Returns a factory of the instance's daemons, each with a heartbeat at every step of its loop."""

    def made(instance: dg.DagsterInstance) -> Sequence[DagsterDaemon[Any]]:
        daemons = create_daemons_from_instance(instance)
        for daemon in daemons:
            add_heartbeat(daemon, loop_heartbeat(home, daemon.daemon_type()))
        return daemons

    return made


def add_heartbeat(daemon: DagsterDaemon[Any], heart: Heartbeat) -> None:
    """Adds a heartbeat to each iteration of the daemon's loop, including iterations with an error."""
    loop = daemon.core_loop

    def core_loop(*given: Any) -> Iterator[Any]:
        for step in loop(*given):
            heart.beat()
            yield step

    daemon.core_loop = core_loop  # type: ignore[method-assign,assignment]  # Dagster looks up each daemon's type by its class


def main() -> None:
    """Runs the daemons and the code server until a signal."""
    home = settings().home
    own_home(home)
    setup_interrupt_handlers()
    try:
        with (
            capture_interrupts(),
            dg.DagsterInstance.get() as instance,
            code_server(instance, code_server_address(home)),
            daemon_controller_from_instance(
                instance,
                code_location(home),
                heartbeat_interval_seconds=DAEMON_WRITES_EVERY_S,  # type: ignore[arg-type]  # its own checks take a float
                gen_daemons=daemons_with_heartbeat(home),
                log_level="warning",  # logs of ticks are on the sensor's page
                log_format="json",
            ) as controller,
        ):
            controller.check_daemon_loop()
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
