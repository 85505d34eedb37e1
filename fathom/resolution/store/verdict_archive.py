"""Reads all verdicts that concern some names and statements, and puts them back after they were pruned.

Which names and facts were compared is not kept: what comes back is compared with what came since, and a pair with a verdict
costs no request.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from fathom import tables
from fathom.sql import batched, insert_into

_OF_NAMES = (tables.name_verdicts,)
_OF_FACTS = (tables.fact_verdicts,)
_OF_RELATIONS = (tables.relation_verdicts,)
_BY_KIND = (tables.tentative_matches, tables.verdict_scopes)


@dataclass(frozen=True)
class VerdictKeys:
    """Keys of names and of statements, and names of relations."""

    names: frozenset[str] = frozenset()
    statements: frozenset[str] = frozenset()
    relations: frozenset[str] = frozenset()


def read_verdicts(engine: Engine, collection: str, keys: VerdictKeys) -> dict[str, list[dict[str, Any]]]:
    """Returns the rows about these keys, as JSON, by table."""
    found: dict[str, list[dict[str, Any]]] = {}
    groups = ((keys.names, _OF_NAMES), (keys.statements, _OF_FACTS), (keys.relations, _OF_RELATIONS))
    with engine.connect() as connection:
        for wanted, pair_tables in groups:
            for table in (*pair_tables, *_BY_KIND):
                found.setdefault(table.name, []).extend(_pairs(connection, table, collection, wanted))
    return {name: _unique(rows) for name, rows in found.items() if rows}


def restore_verdicts(engine: Engine, rows_by_table: Mapping[str, Collection[Mapping[str, Any]]]) -> None:
    """Inserts the rows; rows about the same keys that are there stay."""
    with engine.begin() as connection:
        for name, rows in rows_by_table.items():
            table = tables.metadata.tables[name]
            statement = insert_into(engine, table).on_conflict_do_nothing(index_elements=list(table.primary_key))
            for batch in batched(rows):
                connection.execute(statement, batch)


def _pairs(connection: Connection, table: sa.Table, collection: str, keys: Collection[str]) -> Iterable[dict[str, Any]]:
    for column in (table.c.left_key, table.c.right_key):
        yield from _rows(connection, table, collection, column, keys)


def _rows(
    connection: Connection, table: sa.Table, collection: str, column: sa.ColumnElement[str], keys: Collection[str]
) -> Iterable[dict[str, Any]]:
    for batch in batched(sorted(keys)):
        yield from _read(connection, table, collection, column.in_(batch))


def _read(connection: Connection, table: sa.Table, collection: str, where: sa.ColumnElement[bool]) -> Iterable[dict[str, Any]]:
    for row in connection.execute(sa.select(table).where(table.c.collection == collection, where)):
        yield dict(row._mapping)


def _unique(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({repr(sorted(row.items(), key=lambda item: item[0])): row for row in rows}.values())
