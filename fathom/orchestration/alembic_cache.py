"""Dagster's migrations, read once a process: for each file of events it opens it asks which is the newest of them.

Alembic reads and runs some ninety files for the answer, two thirds of the CPU of a run that does nothing else. A run server
that has them read passes them on to every fork.
"""

from __future__ import annotations

from alembic.config import Config
from alembic.script import ScriptDirectory
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.sql import get_alembic_config

_read: dict[str, ScriptDirectory] = {}
_from_config = ScriptDirectory.from_config


def keep_revisions() -> None:
    """From now on this process reads the migrations of one place once; they never change while it lives."""
    ScriptDirectory.from_config = _kept  # type: ignore[method-assign]


def read_revisions() -> None:
    """Dagster's own are read."""
    keep_revisions()
    ScriptDirectory.from_config(get_alembic_config(sqlite_event_log.__file__)).as_revision_number("head")


def _kept(config: Config) -> ScriptDirectory:
    place = config.get_main_option("script_location") or ""
    if place not in _read:
        _read[place] = _from_config(config)
    return _read[place]
