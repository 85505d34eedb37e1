"""Reads rows of Dagster's own tables without importing dagster, from SQLite or Postgres."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from fathom.database import open_database
from fathom.settings import Settings

SCHEMA = "dagster"  # of Dagster's tables in the deployment's Postgres
RUNS, EVENTS = "history/runs.db", "history/runs/index.db"  # its files in SQLite
TIMEOUT_S = 2.0


def read_rows(settings: Settings, file: str, table: str, query: str, values: Mapping[str, Any]) -> list[Any] | None:
    """Returns the rows of a query, in which `{table}` stands for the table.

    Args:
        settings: the settings of the deployment.
        file: the file of SQLite that has the table, below Dagster's storage.
        table: the table's name.
        query: SQL with `{table}` and named values; a list of values is `IN :name`.
        values: the values by name.

    Returns:
        The rows, or None while the storage does not exist or cannot be read.
    """
    bound: list[sa.BindParameter[Any]] = [
        sa.bindparam(name, expanding=True) for name, value in values.items() if isinstance(value, list)
    ]
    if settings.in_postgres:
        asked = sa.text(query.replace("{table}", f"{SCHEMA}.{table}")).bindparams(*bound)
        with contextlib.suppress(sa.exc.SQLAlchemyError), open_database(settings.operational_url).connect() as connection:
            return list(connection.execute(asked, values))
        return None
    path = settings.dagster_home / "storage" / Path(file)
    if not path.exists():
        return None
    with contextlib.suppress(sa.exc.SQLAlchemyError), _reader(path).connect() as connection:
        return list(connection.execute(sa.text(query.replace("{table}", table)).bindparams(*bound), values))
    return None


def runs_url(settings: Settings) -> str:
    """Returns the URL of the database with Dagster's runs."""
    if settings.in_postgres:
        return settings.operational_url
    return f"sqlite:///{settings.dagster_home / 'storage' / RUNS}"


@lru_cache(maxsize=8)
def _reader(path: Path) -> sa.Engine:
    """Returns the process's engine of the file, which keeps compiled statements and no connection."""
    url = f"sqlite:///{path.as_uri()}?mode=ro&uri=true"
    return sa.create_engine(url, poolclass=sa.NullPool, connect_args={"timeout": TIMEOUT_S})
