"""Repairing: ledger and graph brought back to agreement, and the documents that lack something taken up again."""

from __future__ import annotations

from fathom.database import open_database
from fathom.graph.reconciliation.graph_repair import Repair, plan_repair
from fathom.graphdb.connection import open_graph
from fathom.ledger.episode_ledger import Ledger
from fathom.observability.structured_logging import emit
from fathom.operations.episode_rows import known_collections
from fathom.settings import Settings
from fathom.uploads.intake import open_intake


def plan_repairs(settings: Settings, collection: str | None = None) -> list[Repair]:
    """What `repair` would do now: the collection named, or each that differs. Raises GraphUnreachable."""
    ledger = Ledger(open_database(settings.operational_url))
    connection = open_graph(settings)
    try:
        names = known_collections(settings, connection) if collection is None else [collection]
        return [plan for name in names if not (plan := plan_repair(connection, ledger, name)).nothing_to_do or collection]
    finally:
        connection.close()


def repair(settings: Settings, collections: list[str], *, by: str) -> list[Repair]:
    """Ledger and graph of these collections agree; documents that were done and lack something are accepted again.

    Waits for the writers of the collections. Raises GraphUnreachable, LeaseLost.
    """
    from fathom.graph.write.document_writer import open_writer

    intake = open_intake(settings)
    writer = open_writer(settings)
    done: list[Repair] = []
    try:
        for name in collections:
            one = writer.repair(name)
            intake.again(one.documents)
            said = "Ledger and graph were made to agree"
            emit("system.repaired", said, collection=name, removed=len(one.removed), again=len(one.again), by=by)
            done.append(one)
    finally:
        writer.close()
    return done
