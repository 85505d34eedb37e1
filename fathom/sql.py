"""Statements that SQLite and Postgres word differently, and batches of values for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import IntEnum, unique
from itertools import islice
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine

MAX_VALUES = 500  # of one statement; the oldest builds of SQLite take 999

T = TypeVar("T")


@unique
class AdvisoryLock(IntEnum):
    """The keys of Postgres' advisory locks, each for transactions that exclude each other."""

    EVENTS = 5_113_042  # the writer of events: their ids become visible in order
    MIGRATIONS = 7_264_117
    BUDGET = 7_264_118
    SLOTS = 7_264_119
    EVICTIONS = 7_264_120
    AUDIT = 7_264_121  # appends to the audit log, whose lines form a chain
    METRICS = 7_264_122  # the writer of metrics
    ALERTS = 7_264_123  # the evaluation of alerts


def insert_into(engine: Engine, table: sa.Table) -> Any:
    """Returns an INSERT in the database's dialect, which knows ON CONFLICT."""
    return (postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert)(table)


def batched(items: Iterable[T], size: int = MAX_VALUES) -> Iterator[list[T]]:
    """Yields the items in their order in lists of at most `size`."""
    left = iter(items)
    while batch := list(islice(left, size)):
        yield batch


@contextmanager
def exclusive_transaction(engine: Engine, lock: AdvisoryLock | None = None) -> Iterator[Connection]:
    """Yields a transaction that may read first and write then.

    SQLite lets nobody else write meanwhile. Postgres excludes the transactions that name the same `lock`; without a lock, rows
    are protected by their own locks only.
    """
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        elif lock is not None:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))
        yield connection
