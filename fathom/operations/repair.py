"""Repairs differences between ledger and graph, and requeues documents that lack episodes."""

from __future__ import annotations

from fathom.database import open_database
from fathom.graph.reconciliation.graph_repair import Repair, plan_repair
from fathom.graphdb.connection import open_graph
from fathom.ledger.episode_ledger import Ledger
from fathom.observability.structured_logging import emit
from fathom.operations.episode_rows import known_collections
from fathom.security.audit_log import audited
from fathom.settings import Settings
from fathom.uploads.intake import open_intake

ACTION = "episodes.repair"


def plan_repairs(settings: Settings, collection: str | None = None) -> list[Repair]:
    """Returns the repairs that `repair` would make, for the given collection or each that differs. Raises GraphUnreachable."""
    ledger = Ledger(open_database(settings.operational_url))
    connection = open_graph(settings)
    try:
        names = known_collections(settings, connection) if collection is None else [collection]
        return [plan for name in names if not (plan := plan_repair(connection, ledger, name)).nothing_to_do or collection]
    finally:
        connection.close()


def repair(settings: Settings, collections: list[str], *, by: str) -> list[Repair]:
    """Makes ledger and graph of these collections agree, and requeues finished documents that lack episodes.

    Waits for the writers of the collections. Raises GraphUnreachable, LeaseLost.
    """
    from fathom.graph.write.document_writer import open_writer

    intake = open_intake(settings)
    writer = open_writer(settings)
    done: list[Repair] = []
    try:
        for name in collections:
            with audited(intake.engine, ACTION, collection=name, announce=True) as account:
                made = writer.repair(name)
                intake.requeue_done(made.documents)
                account |= {"removed": len(made.removed), "again": len(made.again), "documents": made.documents}
            message = "Ledger and graph reconciled"
            emit("system.repaired", message, collection=name, removed=len(made.removed), again=len(made.again), by=by)
            done.append(made)
    finally:
        writer.close()
    return done
