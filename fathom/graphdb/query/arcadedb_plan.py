"""Judges a person's query by the embedded server's plan of it.

Over Bolt the server runs commands in spite of EXPLAIN, so the plan is asked for at its HTTP endpoint for queries, which runs
nothing that is to be explained. A statement that is no query has a plan without steps there: commands about users,
transactions, sessions and the schema. The rights of the reading user, by which the server refuses writes, are independent of
the plan.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from fathom.errors import FathomError, GraphUnreachable, QueryInvalid, QueryRefused
from fathom.graphdb.connection import GraphAddress
from fathom.graphdb.query.query_errors import query_position
from fathom.graphdb.query.query_plan import EXPLAIN, require_reading_procedure

ANSWER_WITHIN_S = 5.0
_CALL = re.compile(r"\+ CALL (?P<name>[^(\s]+)\(")
_REACHING = ("LoadCSVStep",)
_LOOKS = ("show indexes", "show constraints")  # statements without a plan that readers may use, word for word
_REFUSALS = ("SecurityException", "QueryNotIdempotentException")
# The procedure do.when runs a text as another statement: also one that ends the queries of other readers, lists them, or sets
# parameters of the connection, for all of which the reading user has the right. The server's plan does not show calls within
# subqueries, and the server has no right for procedures, so the name itself is refused, with whatever stands between its parts.
_ASIDE = r"/\*.*?\*/|//[^\r\n]*"
_DO_WHEN = re.compile(rf"(?<!\w)do(?>{_ASIDE}|[^\w.])*+\.(?>{_ASIDE}|\W)*+when(?!\w)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class EmbeddedPlan:
    """The embedded server's plan: steps in their order; those of subqueries are not shown."""

    tree: Mapping[str, Any]

    @property
    def query_type(self) -> str:
        """Empty: the server tells the type after the query only."""
        return ""

    def require_reading(self) -> None:
        """Raises QueryRefused for a statement that is no query, or that calls a procedure not known to be read-only."""
        self.require_graph()
        for step in self._steps():
            if found := _CALL.match(str(step.get("description", ""))):
                require_reading_procedure(found["name"])

    def require_graph(self) -> None:
        """Raises QueryRefused for a statement that is no query, or that reads a file."""
        if not self._steps():
            raise QueryRefused("This is no query of the graph but a command to its server, which is not allowed here.")
        if any(step.get("name") in _REACHING for step in self._steps()):
            raise QueryRefused("The query reaches beyond the graph (LOAD CSV). Only the graph is allowed here.")

    def _steps(self) -> list[dict[str, Any]]:
        return self.tree.get("steps") or []


def embedded_plan(address: GraphAddress, cypher: str, *, write: bool) -> EmbeddedPlan:
    """Returns the server's plan of the query, for the user who writes or reads.

    Raises QueryInvalid with the position of a fault, QueryRefused for what the user may not do, GraphUnreachable.
    """
    if " ".join(cypher.lower().split()) in _LOOKS:
        return EmbeddedPlan({"steps": [{"name": "ShowStep", "description": cypher.strip()}]})
    if _DO_WHEN.search(cypher):
        hint = "A property of the name `when` is read by n['when']."
        raise QueryRefused("The procedure do.when, which runs any statement, is not allowed here.", hint=hint)
    status, answer = _post(address, {"language": "opencypher", "command": EXPLAIN + cypher}, write=write)
    if status == http.client.OK:
        return EmbeddedPlan(answer.get("explainPlan") or {})
    raise _refusal(answer, cypher)


def _refusal(answer: Mapping[str, Any], cypher: str) -> FathomError:
    said = str(answer.get("detail") or answer.get("error"))
    message = said.strip().splitlines()[0][:500]
    if str(answer.get("exception", "")).rpartition(".")[2] in _REFUSALS:
        return QueryRefused(f"The graph refuses the query: {message}.")
    return QueryInvalid.at(f"The graph does not accept the query: {message}", query_position(said, cypher))


def _post(address: GraphAddress, content: Mapping[str, Any], *, write: bool) -> tuple[int, dict[str, Any]]:
    user, password = (address.user, address.password) if write else (address.reader, address.reader_password)
    place = urlsplit(address.http_url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=ANSWER_WITHIN_S)
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}
    try:
        connection.request("POST", f"/api/v1/query/{address.database}", json.dumps(content), headers)
        response = connection.getresponse()
        answer: dict[str, Any] = json.loads(response.read())
        return response.status, answer
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise GraphUnreachable(f"The graph at {address.http_url} does not answer: {error}.") from error
    finally:
        connection.close()
