"""Runs Dagster's daemon with the code server: `python -m fathom.orchestration.dagster_daemon`; needs DAGSTER_HOME.

Each of its loops has a heartbeat. Dagster's own heartbeats are rows in its database: they show that a loop can write, reveal
a hanging loop late, and stop on a full disk.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import dagster as dg
from dagster._daemon.controller import (
    DagsterDaemonController,
    create_daemons_from_instance,
    daemon_controller_from_instance,
)
from dagster._daemon.daemon import DagsterDaemon, MonitoringDaemon, SensorDaemon
from dagster._daemon.run_coordinator.queued_run_coordinator_daemon import QueuedRunCoordinatorDaemon
from dagster._utils.interrupts import capture_interrupts, raise_interrupts_as, setup_interrupt_handlers

from fathom.database import ChangeWatch
from fathom.home import own_home
from fathom.orchestration.code_server import code_location, code_server, code_server_address, watch_seldom
from fathom.orchestration.daemon_rest import BEAT_EVERY_S, QUEUE_RESTS_S, SENSORS_REST_S, UploadNews, add_rest, nothing
from fathom.processes.dagster_tables import runs_url
from fathom.processes.heartbeat import Heartbeat
from fathom.processes.probes import DAEMON_WRITES_EVERY_S, loop_heartbeat
from fathom.settings import Settings, settings

THREADS_EVERY_S = 5.0


def fathoms_daemons(of: Settings) -> Callable[[dg.DagsterInstance], Sequence[DagsterDaemon[Any]]]:
    """Returns a factory of the instance's daemons: each with a heartbeat, some of which rest while nothing happens."""

    def made(instance: dg.DagsterInstance) -> Sequence[DagsterDaemon[Any]]:
        daemons = create_daemons_from_instance(instance)
        for daemon in daemons:
            if isinstance(daemon, SensorDaemon):
                add_rest(daemon, UploadNews(of).any, SENSORS_REST_S)
            elif isinstance(daemon, QueuedRunCoordinatorDaemon):
                add_rest(daemon, ChangeWatch(runs_url(of)).changed, QUEUE_RESTS_S)
            elif isinstance(daemon, MonitoringDaemon):  # Dagster's own pauses are of half a second
                add_rest(daemon, nothing, daemon.interval_seconds, look_every_s=BEAT_EVERY_S)
            add_heartbeat(daemon, loop_heartbeat(of.home, daemon.daemon_type()))
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


def watch_threads(controller: DagsterDaemonController) -> None:
    """Returns never; raises KeyboardInterrupt for a signal, and Dagster's exception when one of its threads has ended.

    Dagster's own loop also loads the code location anew every minute, which cannot change here: this process serves it.
    """
    while True:
        with raise_interrupts_as(KeyboardInterrupt):
            time.sleep(THREADS_EVERY_S)
            controller.check_daemon_threads()


def main() -> None:
    """Runs the daemons and the code server until a signal."""
    home = settings().home
    own_home(home)
    setup_interrupt_handlers()
    watch_seldom()
    try:
        with (
            capture_interrupts(),
            dg.DagsterInstance.get() as instance,
            code_server(instance, code_server_address(home)),
            daemon_controller_from_instance(
                instance,
                code_location(home),
                heartbeat_interval_seconds=DAEMON_WRITES_EVERY_S,  # type: ignore[arg-type]  # its own checks take a float
                gen_daemons=fathoms_daemons(settings()),
                log_level="warning",  # logs of ticks are on the sensor's page
                log_format="json",
            ) as controller,
        ):
            watch_threads(controller)
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
