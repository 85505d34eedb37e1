"""Errors of components and of the store."""

from __future__ import annotations

from typing import ClassVar

from fathom.errors.base import PartUnreachable, Refused, StoreFailed, Tier


class GraphUnreachable(PartUnreachable):
    """The graph server does not respond at its Bolt address."""


class ConverterUnreachable(PartUnreachable):
    """The converter process does not start or does not respond on its socket."""


class DagsterUnreachable(PartUnreachable):
    """Dagster's webserver, daemon or storage does not respond."""


class DatabaseUnreachable(PartUnreachable):
    """The operational database cannot be opened."""


class DatabaseLocked(DatabaseUnreachable):
    """Another process locks the operational database for longer than the wait limit."""

    hint = "Ask again in a few seconds; if it stays, a process that was stopped in the middle of its work may hold the lock."


class PortTaken(PartUnreachable):
    """Another process listens on the port of a component."""

    retryable = False
    hint = "Stop the process that has the port, or choose another port; see docs/settings.md."


class UnsafePath(Refused):
    """The path leaves its folder."""

    tier: ClassVar[Tier] = "low"
    hint = "Put the file itself into the inbox, without links or `..`."


class StoreFull(StoreFailed):
    """The disk of the store or the home is full."""

    hint = "Free some disk space; what was accepted is kept and goes on by itself."


class NotStored(StoreFailed):
    """Nothing is kept under that name."""

    retryable = False
    hint = "Ingest the document again."


class StoredDamaged(StoreFailed):
    """The stored content differs from its digest."""

    retryable = False
    hint = "Ingest the document again; check the disk."
