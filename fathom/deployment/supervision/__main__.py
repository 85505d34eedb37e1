"""Runs the supervisor: `python -m fathom.deployment.supervision`; with --start NAME it starts that component and exits."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from fathom.deployment.components import SUPERVISOR, component_named, wanted
from fathom.deployment.supervision.supervisor import LOOK_EVERY_S, end_hung, supervisor_of_others
from fathom.errors import FathomError
from fathom.home import own_home
from fathom.observability.json_lines_handler import keep_logs
from fathom.observability.structured_logging import get_logger
from fathom.processes.probes import loop_heartbeat
from fathom.settings import Settings, settings

# Seconds between SIGTERM and SIGKILL for a hanging process. The graph recovers from its journal after a kill.
GRACE_S = 2.0

log = get_logger("fathom.deployment.supervision")


def main() -> int:
    """Starts a single component, or supervises all until a signal or until they are not wanted."""
    options = argparse.ArgumentParser(prog="python -m fathom.deployment.supervision", description=__doc__)
    options.add_argument("--start", metavar="PART", help="start this part and end")
    options.add_argument("--instead-of", metavar="PID", type=int, help="first end this process, which hangs")
    given = options.parse_args()
    found = settings()
    own_home(found.home)
    keep_logs(found, SUPERVISOR)
    if given.start:
        return start(found, given.start, given.instead_of)
    return supervise(found)


def start(found: Settings, name: str, hung: int | None) -> int:
    """Starts the component; returns 1, after logging the reason, if that fails."""
    if hung is not None:
        end_hung(hung, GRACE_S)
    component = component_named(found, name)
    if not wanted(found) or component.status().healthy:  # by another process meanwhile
        return 0
    try:
        outcome = component.start()
    except FathomError as error:
        log.error("A component could not be started", sub_stage="restart", part=name, error=error.name, reason=error.message)
        return 1
    log.info("A component runs again", sub_stage="restart", part=name, outcome=outcome)
    return 0


def supervise(found: Settings) -> int:
    """Checks all components every few seconds; logs errors and goes on."""
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    for name in ("pandas", "pyarrow", "numpy"):  # the graph's driver imports them if present: 100 MB that are not used here
        sys.modules[name] = None  # type: ignore[assignment]
    heart = loop_heartbeat(found.home, SUPERVISOR)
    supervisor = supervisor_of_others(found)
    while not over.wait(LOOK_EVERY_S) and supervisor.wanted():
        heart.beat()
        try:
            supervisor.look()
        except Exception:
            log.exception("The components could not be checked", sub_stage="restart")
        heart.beat()
    return 0


if __name__ == "__main__":
    sys.exit(main())
