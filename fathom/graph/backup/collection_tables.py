"""Reads and replaces a collection's rows in the operational database: uploads, ledger, verdicts and what belongs to them.

What was spent, events, keys and the audit log belong to the deployment and stay where they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from fathom import tables
from fathom.sql import batched

DocumentRename = Callable[[str], str]
ROWS_A_STATEMENT = 500


@dataclass(frozen=True)
class CollectionTable:
    """A table with rows of collections; its rows are found by the column `collection`, or by the prefix of `document`.

    Args:
        documents: columns with the id of a document.
        cleared: columns that refer to this deployment and are null in a backup.
        entities: columns with the uuid of an entity.
        ids: columns with an id that is unique in the whole table.
        packed: columns with JSON that may have such ids.
    """

    table: sa.Table
    documents: tuple[str, ...] = ()
    cleared: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    packed: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table.name

    def of_collection(self, collection: str) -> sa.ColumnElement[bool]:
        """Returns the condition for the collection's rows."""
        if "collection" in self.table.c:
            return self.table.c.collection == collection
        document = self.table.c[self.documents[0]]
        return sa.and_(document >= f"{collection}/", document < f"{collection}0")  # "0" follows "/"


TABLES = (
    CollectionTable(tables.uploads, ("document",), cleared=("run_key", "run_id")),
    CollectionTable(tables.episodes, ("document",)),
    CollectionTable(tables.attachments, ("document", "mail")),
    CollectionTable(tables.document_dates, ("document",)),
    CollectionTable(tables.priorities, ("document",)),
    CollectionTable(tables.name_verdicts),
    CollectionTable(tables.compared_names),
    CollectionTable(tables.fact_verdicts),
    CollectionTable(tables.compared_facts, entities=("source", "target")),
    CollectionTable(tables.relation_verdicts),
    CollectionTable(tables.tentative_matches),
    CollectionTable(tables.verdict_scopes),
    CollectionTable(tables.curation_decisions, ids=("id",), packed=("subject", "replaced")),
)
# What undo needs holds replaced content, and results of checks are of documents: they go with their collection, and are in no
# backup.
LEFT_OUT_TABLES = (
    CollectionTable(tables.graph_writes),
    CollectionTable(tables.retired_content),
    CollectionTable(tables.graph_undos),
    CollectionTable(tables.upload_batches),
    CollectionTable(tables.check_results),
)


def read_rows(connection: Connection, table: CollectionTable, collection: str) -> Iterator[dict[str, Any]]:
    """Yields the collection's rows of the table."""
    query = sa.select(table.table).where(table.of_collection(collection)).order_by(*table.table.primary_key.columns)
    for row in connection.execution_options(yield_per=ROWS_A_STATEMENT).execute(query):
        yield {**row._mapping, **dict.fromkeys(table.cleared)}


def delete_rows(connection: Connection, collection: str) -> dict[str, int]:
    """Deletes the collection's rows from all tables; returns their numbers by table."""
    return {
        table.name: connection.execute(sa.delete(table.table).where(table.of_collection(collection))).rowcount
        for table in (*TABLES, *LEFT_OUT_TABLES)
    }


def insert_rows(connection: Connection, table: CollectionTable, rows: Iterable[Mapping[str, Any]]) -> int:
    """Inserts the rows; columns that this version does not have are left out. Returns their number."""
    known = {column.name for column in table.table.c}
    count = 0
    for batch in batched(rows, ROWS_A_STATEMENT):
        connection.execute(table.table.insert(), [{name: row.get(name) for name in known & row.keys()} for row in batch])
        count += len(batch)
    return count
