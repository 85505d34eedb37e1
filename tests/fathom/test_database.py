"""The operational database: made and migrated by whoever comes first, and named when it cannot be opened."""

from __future__ import annotations

import ast
import hashlib
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from fathom.database import ChangeWatch, open_database, revision_of
from fathom.errors import DatabaseLocked, DatabaseUnreachable
from fathom.migrations import HEAD, VERSION_TABLE
from fathom.settings import PROJECT_ROOT
from fathom.tables import llm_calls, metadata, priorities, uploads

# Files of earlier releases, each with a document done: at a revision, or from before Alembic at a numbered migration.
OLD = sorted((Path(__file__).parent / "old_databases").glob("*.sql"))
# What each revision is, as the first digits of its SHA-256: a released one is never changed.
RELEASED = {
    "r0001_uploads_and_episodes": "4849ed593bbd",
    "r0002_models_and_verdicts": "5bfb55a42ef7",
    "r0003_batches_and_match_columns": "cd0b464729dd",
    "r0004_shared_responses_and_slots": "0e94ba0551ce",
    "r0005_graph_counts": "b0f744514e06",
    "r0006_audit_chain": "7d2f608ab538",
    "r0007_unfinished_restores": "2ba2d61d1e95",
    "r0008_undo_and_decisions": "762bafed9582",
    "r0009_metrics_and_checks": "6f5471142f63",
    "r0011_drift_references": "2fdcabd62ca3",
    "r0012_alerts": "cecb7a4b591e",
    "r0013_told_incidents": "01e369edc9e6",
}
OPENER = "import sys; from fathom.database import open_database; open_database(sys.argv[1])"


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'below' / 'fathom.db'}"


def test_opening_makes_every_table(tmp_path: Path) -> None:
    engine = open_database(url(tmp_path))
    assert set(sa.inspect(engine).get_table_names()) == {VERSION_TABLE, *metadata.tables}


def test_a_process_opens_a_database_once(tmp_path: Path) -> None:
    assert open_database(url(tmp_path)) is open_database(url(tmp_path))


def shape(engine: sa.Engine) -> dict[str, tuple[object, ...]]:
    """Columns with their types and defaults, keys and indexes of each table."""
    found = sa.inspect(engine)
    return {
        table: (
            sorted(
                (one["name"], str(one["type"]), one["nullable"], _default(one["default"])) for one in found.get_columns(table)
            ),
            sorted(found.get_pk_constraint(table)["constrained_columns"]),
            sorted((str(one["name"]), tuple(one["column_names"]), one["unique"]) for one in found.get_indexes(table)),
        )
        for table in found.get_table_names()
    }


def _default(written: str | None) -> str:
    return "0" if written == "false" else str(written)  # which SQLite holds to be the same


def of_old_release(folder: Path, dump: Path) -> str:
    """A database as an earlier release left it."""
    (folder / "below").mkdir()
    with closing(sqlite3.connect(folder / "below" / "fathom.db")) as connection:
        connection.executescript(dump.read_text())
    return url(folder)


def test_the_newest_revision_is_the_one_that_databases_are_brought_to(tmp_path: Path) -> None:
    script = ScriptDirectory(str(PROJECT_ROOT / "fathom" / "migrations"))
    assert script.get_current_head() == HEAD
    assert revision_of(open_database(url(tmp_path))) == HEAD


def test_revisions_make_the_tables_that_the_code_names(tmp_path: Path) -> None:
    by_code = sa.create_engine(f"sqlite:///{tmp_path / 'code.db'}")
    metadata.create_all(by_code)
    made = shape(open_database(url(tmp_path)))
    del made[VERSION_TABLE]
    assert made == shape(by_code)


@pytest.mark.integration
def test_they_do_so_in_postgres_too(postgres_database: str) -> None:
    made = open_database(postgres_database)
    with made.begin() as connection:
        connection.execute(sa.schema.CreateSchema("by_code"))
    by_code = sa.create_engine(sa.make_url(postgres_database).update_query_dict({"options": "-c search_path=by_code"}))
    metadata.create_all(by_code)
    found = shape(made)
    del found[VERSION_TABLE]
    assert {**found, "events": None} == {**shape(by_code), "events": None}  # whose default names its own sequence
    by_code.dispose()


@pytest.mark.parametrize("dump", OLD, ids=lambda dump: dump.stem)
def test_a_database_of_an_earlier_release_becomes_that_of_this_one(tmp_path: Path, dump: Path) -> None:
    upgraded, fresh = open_database(of_old_release(tmp_path, dump)), open_database(url(tmp_path / "fresh"))
    assert shape(upgraded) == shape(fresh)
    with upgraded.begin() as connection:
        assert connection.execute(sa.select(uploads.c.document, uploads.c.state)).all() == [("a/1.md", "done")]
        calls = connection.execute(sa.select(llm_calls.c.estimated, llm_calls.c.cost_usd)).all()
    assert calls == ([] if dump.stem == "migration_01" else [(False, 0.5)])


def test_rows_of_renamed_tables_and_columns_are_kept(tmp_path: Path) -> None:
    """The rows of the file of revision 0002, by the names that revision 0003 gave tables and columns."""
    upgraded = open_database(of_old_release(tmp_path, next(dump for dump in OLD if dump.stem == "revision_0002")))
    pair = {"collection": "a", "left_key": "ada", "right_key": "ada moreno"}
    by = {"model": "m", "prompt": "p"}
    kept = {
        "name_verdicts": {**pair, "is_match": 1, **by, "decided_at": 1.0},
        "fact_verdicts": {**pair, "left_key": "f1", "right_key": "f2", "is_match": 0, **by, "decided_at": 2.0},
        "relation_verdicts": {**pair, "left_key": "LED", "right_key": "RAN", "is_match": 1, **by, "decided_at": 3.0},
        "compared_names": {
            "collection": "a", "key": "ada moreno", "initial_key": "a moreno", "sign_bits": b"\xff\0", "compared_at": 4.0
        },
        "compared_facts": {"collection": "a", "key": "f1", "source": "s", "target": "t", "compared_at": 5.0},
        "tentative_matches": {**pair, "right_key": "adah", "kind": "names", "created_at": 6.0},
        "verdict_scopes": {**pair, "kind": "names", "documents": "[]", "created_at": 7.0},
        "collections_to_prune": {"collection": "a", "queued_at": 8.0},
        "money_waits": {"document": "a/1.md", "needed_usd": 0.5, "since": 9.0},
        "writer_leases": {"collection": "a", "fencing_token": 7, "holder": "", "expires_at": 0.0},
    }  # fmt: skip
    with upgraded.begin() as connection:
        found = {table: connection.execute(sa.text(f"SELECT * FROM {table}")).mappings().one() for table in kept}
    assert found == kept


def test_an_upgrade_that_dies_halfway_is_done_at_the_next_opening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = of_old_release(tmp_path, OLD[0])
    before = shape(sa.create_engine(old))
    with monkeypatch.context() as patched:
        patched.setattr("alembic.op.drop_table", _dies)
        with pytest.raises(KeyboardInterrupt):
            open_database(old)
    assert shape(sa.create_engine(old)) == before
    assert revision_of(open_database(old)) == HEAD


def _dies(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_released_revision_stays_as_it_is() -> None:
    """Databases that have it do not run it again: a change of it is a new one, whose mark is added here."""
    files = (PROJECT_ROOT / "fathom" / "migrations" / "versions").glob("r*.py")
    assert {
        file.stem: hashlib.sha256(ast.dump(ast.parse(file.read_text())).encode()).hexdigest()[:12] for file in files
    } == RELEASED


def test_processes_that_open_it_at_once_make_it_once(tmp_path: Path) -> None:
    openers = [subprocess.Popen([sys.executable, "-c", OPENER, url(tmp_path)], cwd=PROJECT_ROOT) for _ in range(4)]
    assert [opener.wait(60) for opener in openers] == [0, 0, 0, 0]
    with open_database(url(tmp_path)).begin() as connection:
        assert connection.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")).scalars().all() == [HEAD]


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


def test_a_commit_of_anybody_is_a_change_and_a_read_is_none(tmp_path: Path) -> None:
    engine, watch = open_database(url(tmp_path)), ChangeWatch(url(tmp_path))
    assert [watch.changed(), watch.changed()] == [True, False]
    with engine.begin() as connection:
        connection.execute(priorities.insert().values(document="a", priority=1, set_at=0.0))
        assert not watch.changed()
    assert [watch.changed(), watch.changed()] == [True, False]
    with engine.begin() as connection:
        connection.execute(sa.select(priorities)).all()
    assert not watch.changed()
    with closing(sqlite3.connect(tmp_path / "below" / "fathom.db")) as other:
        other.execute("DELETE FROM priorities")
        other.commit()
    assert [watch.changed(), watch.changed()] == [True, False]


def test_a_database_that_was_replaced_or_is_missing_has_changed(tmp_path: Path) -> None:
    file = tmp_path / "below" / "fathom.db"
    watch = ChangeWatch(url(tmp_path))
    assert [watch.changed(), watch.changed()] == [True, True]
    file.parent.mkdir()
    for name in ("first", "second"):
        with closing(sqlite3.connect(tmp_path / name)) as made:
            made.execute("CREATE TABLE t (c)")
            made.commit()
        (tmp_path / name).replace(file)
        assert [watch.changed(), watch.changed()] == [True, False]


def test_in_postgres_anything_may_have_changed() -> None:
    watch = ChangeWatch("postgresql+psycopg2://nobody@nowhere/none")
    assert [watch.changed(), watch.changed()] == [True, True]
