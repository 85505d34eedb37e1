"""A cleared collection leaves no row of its documents, except in records of money, events and people's actions."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from fathom import tables
from fathom.database import open_database
from fathom.graph.backup.collection_tables import LEFT_OUT_TABLES, TABLES, delete_rows

# Records that outlive what they are about: what was spent and done, and what leases, pauses and references need.
KEPT = {"llm_calls", "llm_reservations", "events", "audit_log", "api_keys", "writer_leases", "pauses", "graph_counts"}
KEPT |= {
    "planned_runs",
    "unfinished_restores",
    "collections_to_prune",
    "hand_runs",
    "batched_requests",
    "money_waits",
    "llm_response_uses",
}
KEPT |= {"drift_references", "drift_reference_documents"}  # deleted by `fathom.quality.drift`
OF_COLLECTIONS = {
    table.name: table for table in tables.metadata.tables.values() if {"collection", "document"} & set(table.columns.keys())
}


def test_every_table_of_documents_is_cleared_or_kept_on_purpose() -> None:
    cleared = {table.name for table in (*TABLES, *LEFT_OUT_TABLES)}
    assert cleared & KEPT == set()
    assert set(OF_COLLECTIONS) - KEPT == cleared


@pytest.mark.parametrize("name", [table.name for table in LEFT_OUT_TABLES])
def test_rows_of_the_collection_go_and_others_stay(tmp_path: Path, name: str) -> None:
    engine, table = open_database(f"sqlite:///{tmp_path}/fathom.db"), OF_COLLECTIONS[name]

    def row(collection: str) -> dict[str, object]:
        held: dict[str, object] = {}
        for column in table.columns:
            kind = column.type.python_type
            held[column.name] = {str: f"{collection}-{column.name}", bytes: b"x", bool: False}.get(kind, time.time())  # type: ignore[call-overload]
            if kind is int:
                held[column.name] = 1
        return held | {"collection": collection} | ({"document": f"{collection}/a.md"} if "document" in table.columns else {})

    with engine.begin() as connection:
        connection.execute(table.insert(), [row("gone"), row("stays")])
        assert delete_rows(connection, "gone")[name] == 1
        assert [found.collection for found in connection.execute(table.select())] == ["stays"]
