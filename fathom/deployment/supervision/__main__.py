"""The supervisor as a process: `python -m fathom.deployment.supervision`; with --start NAME it starts that part and ends."""

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

# Seconds that a hanging process has to end by itself. The graph recovers from its journal after a kill.
GRACE_S = 2.0

log = get_logger("fathom.deployment.supervision")


def main() -> int:
    """Starts one part, or looks after all until told to stop or until they are wanted no more."""
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
    """The part runs; returns 1, having logged why, where it cannot be started."""
    if hung is not None:
        end_hung(hung, GRACE_S)
    part = component_named(found, name)
    if not wanted(found) or part.status().healthy:  # meanwhile
        return 0
    try:
        outcome = part.start()
    except FathomError as error:
        log.error("A part could not be started", sub_stage="restart", part=name, error=error.name, reason=error.message)
        return 1
    log.info("A part runs again", sub_stage="restart", part=name, outcome=outcome)
    return 0


def supervise(found: Settings) -> int:
    """Looks every few seconds; an error in one look is logged and does not end the loop."""
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    for name in ("pandas", "pyarrow", "numpy"):  # the graph's driver loads them where they are: 100 MB of no use in here
        sys.modules[name] = None  # type: ignore[assignment]
    heart = loop_heartbeat(found.home, SUPERVISOR)
    supervisor = supervisor_of_others(found)
    while not over.wait(LOOK_EVERY_S) and supervisor.wanted():
        heart.beat()
        try:
            supervisor.look()
        except Exception:
            log.exception("The parts could not be looked at", sub_stage="restart")
        heart.beat()
    return 0


if __name__ == "__main__":
    sys.exit(main())
