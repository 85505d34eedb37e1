"""The operational database: made and migrated by whoever comes first, and named when it cannot be opened."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from fathom import database
from fathom.database import MIGRATIONS, Migration, close_databases, migrate, open_database
from fathom.errors import DatabaseLocked, DatabaseUnreachable
from fathom.settings import PROJECT_ROOT
from fathom.tables import llm_calls, metadata, priorities, schema_migrations

# What each migration says to the database, as the first digits of its SHA-256.
RELEASED = {
    1: "8c594b2c4cf0", 2: "0555f0b7ecb9", 3: "12597fec6aa6", 4: "3995b9b4972e", 5: "8f8dc557df99", 6: "103a5c8f9e7d",
    7: "a9606e424e19", 8: "6292b3324448", 9: "cd6fc390e58f", 10: "8892eb2215b1", 11: "7e3f55ac7147", 12: "2cf88c96d666",
    13: "367612e7dc47", 14: "eb2e91f52662", 15: "9577f21b270b", 16: "3dcd232b2faa",
    17: "784a4e712ae0",
    18: "dff0182fffb8", 19: "361246039a80",
}  # fmt: skip
OPENER = "import sys; from fathom.database import open_database; open_database(sys.argv[1])"


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'below' / 'fathom.db'}"


def test_opening_makes_every_table(tmp_path: Path) -> None:
    engine = open_database(url(tmp_path))
    assert set(sa.inspect(engine).get_table_names()) == set(metadata.tables)


def test_a_process_opens_a_database_once(tmp_path: Path) -> None:
    assert open_database(url(tmp_path)) is open_database(url(tmp_path))


def test_each_migration_is_applied_once(tmp_path: Path) -> None:
    engine = open_database(url(tmp_path))
    migrate(engine)
    with engine.begin() as connection:
        numbers = list(connection.scalars(sa.select(schema_migrations.c.number)))
    assert numbers == [number for number, _ in MIGRATIONS]


@pytest.mark.parametrize("number", [number for number, _ in MIGRATIONS[:-1]])
def test_a_database_of_any_release_becomes_that_of_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(database, "MIGRATIONS", [one for one in MIGRATIONS if one[0] <= number])
        open_database(url(tmp_path))
    close_databases()
    found = sa.inspect(open_database(url(tmp_path)))
    assert {table: {column["name"] for column in found.get_columns(table)} for table in found.get_table_names()} == {
        name: set(table.columns.keys()) for name, table in metadata.tables.items()
    }


def test_a_released_migration_makes_what_it_made() -> None:
    """Whoever has applied one does not apply it again: a change of it is a new one, whose mark is added here."""
    made = {}
    for number, parts in MIGRATIONS:
        statements = [_statement(part) for part in parts]
        made[number] = hashlib.sha256("\n".join(statements).encode()).hexdigest()[:12]
    assert made == RELEASED


def _statement(part: Migration) -> str:
    made = {sa.Table: sa.schema.CreateTable, sa.Index: sa.schema.CreateIndex}.get(type(part))
    return " ".join(str(made(part) if made else part).split())


def test_calls_of_an_earlier_release_were_counted_by_their_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(database, "MIGRATIONS", [one for one in MIGRATIONS if one[0] <= 15])
        with open_database(url(tmp_path)).begin() as connection:
            connection.exec_driver_sql(
                "INSERT INTO llm_calls (at, day, model, prompt, outcome, tokens_in, cache_read, cache_write, tokens_out,"
                " cost_usd, saved_usd, seconds) VALUES (1, '2026-01-01', 'm', 'p', 'complete', 1, 0, 0, 1, 0.5, 0, 1)"
            )
    close_databases()
    with open_database(url(tmp_path)).begin() as connection:
        assert connection.execute(sa.select(llm_calls.c.estimated, llm_calls.c.cost_usd)).one() == (False, 0.5)


def test_processes_that_open_it_at_once_make_it_once(tmp_path: Path) -> None:
    openers = [subprocess.Popen([sys.executable, "-c", OPENER, url(tmp_path)], cwd=PROJECT_ROOT) for _ in range(4)]
    assert [opener.wait(60) for opener in openers] == [0, 0, 0, 0]
    with open_database(url(tmp_path)).begin() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(schema_migrations)) == len(MIGRATIONS)


def test_an_acknowledged_write_survives_a_power_cut(tmp_path: Path) -> None:
    with open_database(url(tmp_path)).connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_a_database_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "below").write_text("a file where a folder should be")
    with pytest.raises(DatabaseUnreachable):
        open_database(url(tmp_path))


def test_a_lock_that_another_holds_too_long_is_named(tmp_path: Path) -> None:
    engine = open_database(url(tmp_path))
    with engine.connect() as one, engine.connect() as other:
        one.exec_driver_sql("BEGIN IMMEDIATE")
        other.exec_driver_sql("PRAGMA busy_timeout=10")
        with pytest.raises(DatabaseLocked, match="has the operational database locked"):
            other.execute(priorities.insert().values(document="a/b.md", priority=1, set_at=0.0))
        one.rollback()


def test_what_breaks_a_rule_of_a_table_is_not_taken_for_an_outage(tmp_path: Path) -> None:
    row = priorities.insert().values(document="a/b.md", priority=1, set_at=0.0)
    with open_database(url(tmp_path)).begin() as connection:
        connection.execute(row)
        with pytest.raises(sa.exc.IntegrityError):
            connection.execute(row)


@pytest.mark.integration
def test_connections_that_were_lost_while_they_waited_are_replaced(postgres_database: str) -> None:
    engine = open_database(postgres_database)
    with engine.connect() as one, engine.connect() as another:
        waiting = {connection.scalar(sa.text("SELECT pg_backend_pid()")) for connection in (one, another)}
    other = sa.create_engine(postgres_database)
    with other.connect() as connection:
        lost = connection.scalars(
            sa.text("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
        ).all()
        assert waiting <= set(lost)
        connection.execute(sa.text("SELECT pg_terminate_backend(pid, 5000) FROM unnest(:lost) AS pid"), {"lost": list(lost)})
    other.dispose()
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT pg_backend_pid()")) not in waiting
