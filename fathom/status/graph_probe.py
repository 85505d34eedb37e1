"""Probes whether the graph server accepts connections, at most once a second in each process."""

from __future__ import annotations

import socket
import time
from urllib.parse import urlsplit

from fathom.errors import GraphUnreachable
from fathom.graphdb.connection import graph_address
from fathom.settings import Settings

LOOK_EVERY_S = 1.0
ANSWER_WITHIN_S = 0.5
BOLT_PORT = 7687

_looked: dict[str, tuple[float, str | None]] = {}


def graph_outage(settings: Settings) -> str | None:
    """Returns a sentence that describes the outage of the graph; None if it accepts connections."""
    key, now = f"{settings.home} {settings.graph_uri}", time.monotonic()
    at, found = _looked.get(key, (float("-inf"), None))
    if now - at >= LOOK_EVERY_S:
        found = _look(settings)
        _looked[key] = (now, found)
    return found


def _look(settings: Settings) -> str | None:
    try:
        address = urlsplit(graph_address(settings).uri)
        socket.create_connection((address.hostname or "127.0.0.1", address.port or BOLT_PORT), ANSWER_WITHIN_S).close()
    except GraphUnreachable as error:
        return error.message
    except OSError:
        return "The graph does not respond; the remaining chunks wait for it."
    return None
