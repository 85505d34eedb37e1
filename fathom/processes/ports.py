"""Checks whether ports on 127.0.0.1 are free, and finds the processes that hold them."""

from __future__ import annotations

import contextlib
import socket

import psutil

from fathom.errors import PortTaken

HOST = "127.0.0.1"


def is_free(port: int) -> bool:
    """Returns whether the port can be listened on now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def raise_if_taken(port: int, *, part: str, setting: str) -> None:
    """Raises PortTaken, with the holder and the setting that chooses another port, unless the port is free."""
    if is_free(port):
        return
    holder = holder_of(port)
    by = f"process {holder.pid} ({_name(holder)})" if holder else "another process"
    raise PortTaken(
        f"Port {port}, which the {part} is to listen on, is taken by {by}.",
        hint=f"Stop that process, or choose another port: {setting}={port + 1}." if setting else None,
    )


def holder_of(port: int) -> psutil.Process | None:
    """Returns the process that listens on the port; None if the system does not tell."""
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections(kind="tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
                return psutil.Process(connection.pid)
    return None


def _name(process: psutil.Process) -> str:
    try:
        return str(process.name())
    except psutil.Error:
        return "unknown"
