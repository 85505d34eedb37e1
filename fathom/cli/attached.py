"""Runs the components in the foreground: restarts those that end, and stops all with this process."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

from fathom.cli.output import say

if TYPE_CHECKING:
    from fathom.settings import Settings

LOOK_EVERY_S = 3.0


def stay(settings: Settings) -> None:
    """Keeps every component running until SIGINT or SIGTERM, then stops all and returns."""
    from fathom.deployment.components import components_of, stop_all
    from fathom.errors import FathomError

    over = threading.Event()
    before = {number: signal.signal(number, lambda *_: over.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    say("The parts run; Ctrl-C stops them.")
    try:
        while not over.wait(LOOK_EVERY_S):
            for part in components_of(settings):
                if part.status().state == "stopped":
                    try:
                        say(f"{part.name} had ended and is {part.start()} again.")
                    except FathomError as error:
                        say(f"{part.name} had ended: {error.message} {error.what_to_do}")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        say("Stopping.")
        stop_all(settings)
