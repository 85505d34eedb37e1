"""Judges a person's query by the server's own plan of it, which is made without running it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from fathom.errors import QueryRefused

if TYPE_CHECKING:
    from neo4j import Transaction

EXPLAIN = "EXPLAIN "
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
# Operators that reach beyond the data of this database; Neo4j classifies some of them as reads.
_REACHING = ("LoadCSV", "TerminateTransactions", "ShowTransactions", "ShowSettings", "AdministrationCommand")
_READS, _ASKS_SERVER = "r", "s"


class QueryPlan(Protocol):
    """A server's plan of a query, with the server's word for its type: r, w, rw or s."""

    @property
    def query_type(self) -> str:
        """Its type; empty where the server tells it only after the query."""

    @property
    def tree(self) -> Mapping[str, Any]:
        """The plan as the server gives it."""

    def require_reading(self) -> None:
        """Raises QueryRefused for a plan that does more than read the graph, as far as the plan shows it."""

    def require_graph(self) -> None:
        """Raises QueryRefused for a plan that reaches beyond the graph: files, settings, users, queries of others."""


@dataclass(frozen=True)
class Neo4jPlan:
    """Neo4j's plan: a tree of operators, subqueries included."""

    query_type: str
    tree: Mapping[str, Any]

    def require_reading(self) -> None:
        """Raises QueryRefused for a plan that writes, changes a schema, or calls a procedure not known to be read-only."""
        self.require_graph()
        calls = 0
        for operator, details in self._steps():
            if operator == "ProcedureCall":
                calls += 1
                require_reading_procedure(details.partition("(")[0])
        if self.query_type != _READS and not (self.query_type == _ASKS_SERVER and calls):
            raise QueryRefused("The query would write, by the server's plan of it. Only reading is allowed here.")

    def require_graph(self) -> None:
        """Raises QueryRefused for a plan that reaches beyond the graph: files, settings, users, queries of others."""
        for operator, _ in self._steps():
            if operator in _REACHING:
                raise QueryRefused(f"The query reaches beyond the graph ({operator}). Only the graph is allowed here.")

    def _steps(self) -> Iterator[tuple[str, str]]:
        """Yields the operators with their details, from the last to the first."""
        rest = [self.tree]
        while rest:
            step = rest.pop()
            if step:
                operator = str(step.get("operatorType", "")).partition("@")[0]
                yield operator, str(step.get("args", {}).get("Details", ""))
                rest += step.get("children", ())


def require_reading_procedure(name: str) -> None:
    """Raises QueryRefused unless readers may call the procedure."""
    plain = name.strip().replace("`", "")
    if plain.lower() not in READING_PROCEDURES:
        raise QueryRefused(f"The procedure {plain} may do more than read the graph. Only reading is allowed here.")


def neo4j_plan(transaction: Transaction, cypher: str, parameters: Mapping[str, Any]) -> Neo4jPlan:
    """Returns Neo4j's plan of the query. Raises the driver's errors for a query that the server does not accept."""
    summary = transaction.run(EXPLAIN + cypher, dict(parameters)).consume()
    return Neo4jPlan(summary.query_type or "", summary.plan or {})
