"""The address of the run server, and the client's request to it."""

from __future__ import annotations

import hashlib
import json
import socket
import tempfile
from pathlib import Path

SOCKETS = RUNS, CODE = "runs", "code"  # of the run server and of the code server
MAX_ADDRESS = 100  # bytes; the limit of a Unix socket's path is 107


def run_server_address(home: Path) -> Path:
    """Returns the Unix socket of a home's run server."""
    return socket_of(home, RUNS)


def socket_of(home: Path, server: str) -> Path:
    """Returns the Unix socket of a server of the home, in the system's temporary folder if the home's path is too long."""
    address = home / "run" / f"{server}.sock"
    if len(str(address).encode()) <= MAX_ADDRESS:
        return address
    return Path(tempfile.gettempdir()) / f"fathom-{hashlib.sha256(str(home).encode()).hexdigest()[:16]}-{server}.sock"


def ask(address: Path, *, run: str | None, timeout: float = 5.0) -> dict[str, str]:
    """Returns the tags of the process that took the run, or of the server itself for `run=None`.

    Raises OSError if no server responds, ValueError if its response is invalid.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout)
        connection.connect(str(address))
        connection.sendall(json.dumps({"run": run}).encode())
        connection.shutdown(socket.SHUT_WR)
        answer: dict[str, str] = json.loads(connection.recv(4096))
    return answer
