"""Identifies the author of a call for the audit log: the key of a request, or the user of this host."""

from __future__ import annotations

import getpass
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

OWNER = "this host"


@dataclass(frozen=True, slots=True)
class Actor:
    """The author of a call.

    `key` is the id of the API key; `source` the address of the client, or the user, host and terminal of a command; `request`
    the id of the request, or of the run in Dagster.
    """

    name: str
    key: str | None = None
    source: str = ""
    request: str | None = None


_acting: ContextVar[Actor | None] = ContextVar("acting", default=None)


def current_actor() -> Actor:
    """Returns the author of the call at work in this context; without one, the user who runs this process."""
    return _acting.get() or process_actor(OWNER)


def process_actor(name: str) -> Actor:
    """Returns an author of this name at work in this process, such as a sensor."""
    return Actor(name, source=f"{_user()} on {socket.gethostname()}, {_terminal()}")


def set_actor(actor: Actor) -> None:
    """Sets the author for the rest of this context, such as a request, and for the threads that it starts work in."""
    _acting.set(actor)


@contextmanager
def acting_as(actor: Actor) -> Iterator[None]:
    """Sets the author within the context manager."""
    token = _acting.set(actor)
    try:
        yield
    finally:
        _acting.reset(token)


def _user() -> str:
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container may have no entry for the user
        user = f"user {os.getuid()}"
    before = os.environ.get("SUDO_USER")
    return f"{user} (sudo by {before})" if before else user


def _terminal() -> str:
    for stream in (sys.stdin, sys.stderr):
        try:
            return os.ttyname(stream.fileno())
        except (OSError, ValueError, AttributeError):  # no terminal, or replaced by a stream that has no file
            continue
    return "no terminal"
