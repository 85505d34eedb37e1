"""The audit log cannot be changed unseen: whatever was done to it by whoever can write to its database is found and named."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from fathom.database import open_database
from fathom.errors import Refused
from fathom.security.actor import Actor, acting_as, current_actor
from fathom.security.audit_chain import GENESIS, verify_chain
from fathom.security.audit_log import AuditFilter, AuditLine, audited, list_lines

OLD = Path(__file__).parents[1] / "old_databases" / "revision_0002.sql"
WRITERS, EACH = 8, 12


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.integration)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield open_database(f"sqlite:///{tmp_path / 'fathom.db'}")
    else:
        yield open_database(request.getfixturevalue("postgres_database"))


def written(engine: Engine, lines: int) -> list[AuditLine]:
    """That many lines of different documents; the newest is first."""
    for number in range(lines):
        with audited(engine, "documents.remove", collection="a", document=f"a/{number}.md") as account:
            account["episodes"] = number
    return list_lines(engine, AuditFilter(), limit=lines)


def by_hand(engine: Engine, *statements: str) -> None:
    """What somebody with the rights of the database's owner does, who knows of the triggers."""
    kept = ["DROP TRIGGER audit_log_update", "DROP TRIGGER audit_log_delete"]
    off = kept if engine.dialect.name == "sqlite" else ["ALTER TABLE audit_log DISABLE TRIGGER USER"]
    with engine.begin() as connection:
        for statement in (*off, *statements):
            connection.execute(sa.text(statement))


def test_an_empty_log_and_each_longer_one_are_intact(engine: Engine) -> None:
    assert verify_chain(engine).model_dump() == {"intact": True, "lines": 0, "head": GENESIS, "broken": None}
    newest, *_ = written(engine, 5)
    assert verify_chain(engine).model_dump() == {"intact": True, "lines": 5, "head": newest.hash, "broken": None}


@pytest.mark.parametrize("change", ["UPDATE audit_log SET account = '{}'", "DELETE FROM audit_log"])
def test_the_database_refuses_to_change_or_delete_a_line(engine: Engine, change: str) -> None:
    written(engine, 2)
    with pytest.raises(sa.exc.DatabaseError, match="append-only"), engine.begin() as connection:
        connection.execute(sa.text(change))
    assert verify_chain(engine).lines == 2


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("account", "'{\"episodes\": 99}'"),
        ('"by"', "'nobody'"),
        ("document", "NULL"),
        ("source", "'elsewhere'"),
        ('"at"', "1.0"),
        ("outcome", "'Refused'"),
        ("evidence", "NULL"),
        ("hash", f"'{GENESIS}'"),
    ],
)
def test_a_changed_line_is_named(engine: Engine, column: str, value: str) -> None:
    third = written(engine, 5)[2]
    by_hand(engine, f"UPDATE audit_log SET {column} = {value} WHERE number = 3")
    check = verify_chain(engine)
    assert check.broken is not None
    assert (check.intact, check.lines, check.broken.number, check.broken.id) == (False, 2, 3, third.id)
    assert check.broken.what.startswith("changed")


def test_a_deleted_line_is_named_by_its_number(engine: Engine) -> None:
    written(engine, 5)
    by_hand(engine, "DELETE FROM audit_log WHERE number = 2")
    check = verify_chain(engine)
    assert check.broken is not None
    assert (check.lines, check.broken.number, check.broken.what) == (1, 2, "missing: the next line in the log is 3")


def test_a_deleted_line_is_named_also_where_the_others_were_numbered_again(engine: Engine) -> None:
    *_, third, _, _ = written(engine, 5)
    by_hand(
        engine,
        "DELETE FROM audit_log WHERE number = 2",
        *(f"UPDATE audit_log SET number = {n - 1} WHERE number = {n}" for n in (3, 4, 5)),
    )
    check = verify_chain(engine)
    assert check.broken is not None
    assert (check.broken.number, check.broken.id) == (2, third.id)


def test_lines_that_changed_places_are_named(engine: Engine) -> None:
    written(engine, 5)
    by_hand(engine, *(f"UPDATE audit_log SET number = {new} WHERE number = {old}" for old, new in ((2, 99), (4, 2), (99, 4))))
    check = verify_chain(engine)
    assert check.broken is not None
    assert check.broken.number == 2


@pytest.mark.parametrize("left", [0, 3])
def test_a_deleted_end_is_named(engine: Engine, left: int) -> None:
    written(engine, 5)
    by_hand(engine, f"DELETE FROM audit_log WHERE number > {left}")
    check = verify_chain(engine)
    assert check.broken is not None
    assert (check.lines, check.broken.number, check.broken.what) == (left, left + 1, "missing: the log had 5 lines")


def test_a_deleted_end_is_named_where_the_head_was_set_back_or_deleted_alone(engine: Engine) -> None:
    written(engine, 5)
    by_hand(engine, "DELETE FROM audit_head")
    check = verify_chain(engine)
    assert check.broken is not None
    assert (check.broken.number, check.broken.what.split(",")[0]) == (5, "not the line that was written last")


def test_a_whole_log_made_anew_has_another_head_than_was_noted(engine: Engine) -> None:
    """The limit of the chain: who may write to the database can compute all hashes again, but not those noted elsewhere."""
    written(engine, 3)
    noted = verify_chain(engine).head
    by_hand(engine, "DELETE FROM audit_log", "DELETE FROM audit_head")
    written(engine, 3)
    assert verify_chain(engine).intact
    assert verify_chain(engine).head != noted


def test_writers_at_once_keep_a_single_chain(engine: Engine) -> None:
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(lambda _: written(engine, EACH), range(WRITERS)))
    check = verify_chain(engine)
    assert (check.intact, check.lines) == (True, WRITERS * EACH)


def test_lines_of_a_database_from_before_the_chain_get_theirs(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "fathom.db")) as connection:
        connection.executescript(OLD.read_text())
        columns = '(id, "at", action, "by", collection, document, account, evidence)'
        for row in (
            "('b', 2.5, 'documents.remove', 'ada', 'a', 'a/2.md', '{\"n\": 2}', NULL)",
            "('a', 1.0, 'x', 'y', 'z', NULL, '{}', '{}')",
        ):
            connection.execute(f"INSERT INTO audit_log {columns} VALUES {row}")
        connection.commit()
    engine = open_database(f"sqlite:///{tmp_path / 'fathom.db'}")
    old = list_lines(engine, AuditFilter(), limit=9)
    assert [(line.number, line.id, line.by, line.outcome, line.account) for line in old] == [
        (2, "b", "ada", "done", {"n": 2}),
        (1, "a", "y", "done", {}),
    ]
    written(engine, 1)
    assert (verify_chain(engine).intact, verify_chain(engine).lines) == (True, 3)


def test_a_line_says_who_from_where_and_how_it_ended(engine: Engine) -> None:
    with acting_as(Actor("scanner", key="0a1b2c3d", source="192.0.2.7", request="r-1")):
        with pytest.raises(Refused), audited(engine, "graph.clear", account={"asked": "all"}, announce=True):
            raise Refused("Nobody confirmed it.")
        with pytest.raises(ZeroDivisionError), audited(engine, "graph.repair", collection="a"):
            raise ZeroDivisionError
    with audited(engine, "graph.repair", collection="a"):
        pass
    lines = list_lines(engine, AuditFilter(), limit=9)
    assert [(line.action, line.outcome, line.by, line.key, line.source, line.request, line.collection) for line in lines] == [
        ("graph.repair", "done", "this host", None, current_actor().source, None, "a"),
        ("graph.repair", "ZeroDivisionError", "scanner", "0a1b2c3d", "192.0.2.7", "r-1", "a"),
        ("graph.clear", "Refused", "scanner", "0a1b2c3d", "192.0.2.7", "r-1", "*"),
        ("graph.clear", "begun", "scanner", "0a1b2c3d", "192.0.2.7", "r-1", "*"),
    ]
    assert lines[2].account == lines[3].account == {"asked": "all"}


def test_lines_are_chosen_by_action_name_key_time_and_place(engine: Engine) -> None:
    with acting_as(Actor("scanner", key="0a1b2c3d", source="192.0.2.7")):
        written(engine, 2)
    with audited(engine, "documents_x"):
        pass

    def numbers(wanted: AuditFilter) -> list[int]:
        return [line.number for line in list_lines(engine, wanted, limit=2)]

    assert numbers(AuditFilter()) == [3, 2]
    assert numbers(AuditFilter(before=3)) == [2, 1]
    assert numbers(AuditFilter(action="documents")) == [2, 1]
    assert numbers(AuditFilter(action="documents_x")) == [3]
    assert numbers(AuditFilter(by="scanner")) == numbers(AuditFilter(by="0a1b2c3d")) == [2, 1]
    assert numbers(AuditFilter(since=list_lines(engine, AuditFilter(), limit=1)[0].at)) == [3]
