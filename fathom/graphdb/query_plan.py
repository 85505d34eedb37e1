"""Rejects writing queries by Neo4j's own query plan, independently of any parsing of Cypher here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from fathom.errors import QueryRefused

if TYPE_CHECKING:
    from neo4j import Transaction

# Procedures that a reader may call.
READING_PROCEDURES = frozenset(
    {
        "db.labels",
        "db.relationshiptypes",
        "db.propertykeys",
        "db.index.fulltext.querynodes",
        "db.index.fulltext.queryrelationships",
        "db.index.vector.querynodes",
        "db.index.vector.queryrelationships",
        "db.schema.visualization",
        "db.schema.nodetypeproperties",
        "db.schema.reltypeproperties",
        "dbms.components",
    }
)
# Plan operators that reach beyond the data of this database; Neo4j classifies some of them as reads.
_REACHING = ("LoadCSV", "TerminateTransactions", "ShowTransactions", "ShowSettings", "AdministrationCommand")
_READS, _ASKS_SERVER = "r", "s"


def reject_writing_plan(transaction: Transaction, cypher: str, parameters: Mapping[str, Any]) -> None:
    """Rejects a query whose plan writes, changes a schema, reads files or calls a procedure that is not known to be read-only.

    The server plans the query without running it. Raises QueryRefused, and the driver's errors for invalid Cypher.
    """
    summary = transaction.run("EXPLAIN " + cypher, dict(parameters)).consume()
    calls = 0
    for operator, details in _steps(summary.plan or {}):
        name = operator.partition("@")[0]
        if name in _REACHING:
            raise QueryRefused(f"The query reaches beyond the graph ({name}). Only reading is allowed here.")
        if name == "ProcedureCall":
            calls += 1
            procedure = details.partition("(")[0].strip().replace("`", "")
            if procedure.lower() not in READING_PROCEDURES:
                raise QueryRefused(f"The procedure {procedure} may write. Only reading is allowed here.")
    if summary.query_type != _READS and not (summary.query_type == _ASKS_SERVER and calls):
        raise QueryRefused("The query would write, by the server's plan of it. Only reading is allowed here.")


def _steps(plan: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yields the operators of a plan with their details, from the last to the first."""
    rest = [plan]
    while rest:
        step = rest.pop()
        if step:
            yield str(step.get("operatorType", "")), str(step.get("args", {}).get("Details", ""))
            rest += step.get("children", ())
