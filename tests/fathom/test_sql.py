"""Statements and batches that work on SQLite and Postgres alike."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from fathom.database import open_database
from fathom.settings import Settings
from fathom.sql import AdvisoryLock, batched, exclusive_transaction, insert_into
from fathom.tables import priorities

LOCK = AdvisoryLock.BUDGET


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.integration)])
def engine(request: pytest.FixtureRequest, home_settings: Settings) -> sa.Engine:
    url = home_settings.operational_url if request.param == "sqlite" else request.getfixturevalue("postgres_database")
    return open_database(str(url))


def test_a_row_that_is_there_is_kept_or_replaced(engine: sa.Engine) -> None:
    row = {"document": "a/1.md", "priority": 1, "set_at": 0.0}
    with engine.begin() as connection:
        connection.execute(insert_into(engine, priorities).values(row))
        connection.execute(insert_into(engine, priorities).values({**row, "priority": 2}).on_conflict_do_nothing())
        assert connection.scalar(sa.select(priorities.c.priority)) == 1
        again = insert_into(engine, priorities).values({**row, "priority": 3})
        connection.execute(again.on_conflict_do_update(index_elements=["document"], set_={"priority": again.excluded.priority}))
        assert connection.scalar(sa.select(priorities.c.priority)) == 3


def test_of_two_that_read_and_then_write_the_second_reads_what_the_first_wrote(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(priorities.insert().values(document="a/1.md", priority=0, set_at=0.0))

    def raise_by_one() -> None:
        for _ in range(20):
            with exclusive_transaction(engine, LOCK) as connection:
                now = connection.scalar(sa.select(priorities.c.priority))
                connection.execute(priorities.update().values(priority=now + 1))

    threads = [threading.Thread(target=raise_by_one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.connect() as connection:
        assert connection.scalar(sa.select(priorities.c.priority)) == 80


@pytest.mark.parametrize(("count", "expected"), [(0, []), (3, [[0, 1], [2]]), (4, [[0, 1], [2, 3]])])
def test_batches_hold_all_items_in_order(count: int, expected: list[list[int]]) -> None:
    assert list(batched(iter(range(count)), 2)) == expected
