"""A new database of a test is what migrating an empty one gives."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fathom.database import open_database


def content_of(file: Path) -> tuple[list[str], list[object]]:
    """Tables and rows as statements, and what the file's own settings are."""
    with closing(sqlite3.connect(file)) as connection:
        settings = [connection.execute(f"PRAGMA {name}").fetchone() for name in ("journal_mode", "auto_vacuum", "page_size")]
        return list(connection.iterdump()), settings


def test_copied_tables_are_those_that_migrating_makes(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    open_database(f"sqlite:///{tmp_path / 'migrated.db'}")
    request.getfixturevalue("tables_are_copied")
    for name in ("first.db", "second.db"):
        open_database(f"sqlite:///{tmp_path / name}")
        assert content_of(tmp_path / name) == content_of(tmp_path / "migrated.db")
