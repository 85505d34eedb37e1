"""Caches Dagster's migrations in the process: Dagster looks up the newest revision for each file of events it opens.

Alembic reads and executes some ninety files for each lookup, two thirds of the CPU of an empty run. The run server reads them
before it forks.
"""

from __future__ import annotations

from alembic.config import Config
from alembic.script import ScriptDirectory
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.sql import get_alembic_config

_read: dict[str, ScriptDirectory] = {}
_from_config = ScriptDirectory.from_config


def cache_revisions() -> None:
    """Patches Alembic so that this process reads the migrations of each location once."""
    ScriptDirectory.from_config = _kept  # type: ignore[method-assign]


def preload_revisions() -> None:
    """Reads Dagster's migrations into the cache."""
    cache_revisions()
    ScriptDirectory.from_config(get_alembic_config(sqlite_event_log.__file__)).as_revision_number("head")


def _kept(config: Config) -> ScriptDirectory:
    place = config.get_main_option("script_location") or ""
    if place not in _read:
        _read[place] = _from_config(config)
    return _read[place]
