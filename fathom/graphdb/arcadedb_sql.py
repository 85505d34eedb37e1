"""Runs SQL on the embedded server over HTTP, for statements that its Cypher does not support."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Any

from fathom.errors import GraphUnreachable
from fathom.graphdb.connection import GraphAddress

ANSWER_WITHIN_S = 600.0  # creating an index over a large graph is slow
TRIES, PAUSE_S = 5, 1.0
_CREATE = re.compile(
    r"CREATE\s+FULLTEXT\s+INDEX\s+(?P<name>\w+)\s+IF\s+NOT\s+EXISTS\s+FOR\s+(?:\(\w+:(?P<node>\w+)\)|\(\)-\[\w+:(?P<edge>\w+)\]-\(\))"
    r"\s+ON\s+EACH\s+\[(?P<properties>[^\]]+)\]",
    re.IGNORECASE,
)


def create_fulltext(address: GraphAddress, statements: tuple[str, ...]) -> None:
    """Creates the missing full-text indexes of the Cypher statements, under their names. Raises GraphUnreachable."""
    there = existing_indexes(address)
    for statement in statements:
        name, creating = fulltext_sql(statement)
        if name not in there:
            _create(address, name, creating)


def _create(address: GraphAddress, name: str, creating: Sequence[str]) -> None:
    """Creates an index; the server rejects this while another process creates it, so it is retried until the index exists."""
    for left in reversed(range(TRIES)):
        try:
            for sql in creating:
                run_sql(address, sql)
            return
        except GraphUnreachable:
            if name in existing_indexes(address):
                return
            if not left:
                raise
            time.sleep(PAUSE_S)


def fulltext_sql(statement: str) -> tuple[str, list[str]]:
    """Returns the name of the full-text index that the Cypher creates, and the SQL that creates it on the embedded server.

    Raises ValueError when the statement creates no full-text index.
    """
    found = _CREATE.search(statement)
    if found is None:
        raise ValueError("The statement creates no full-text index.")
    kind = found["node"] or found["edge"]
    properties = [name.strip().rpartition(".")[2] for name in found["properties"].split(",")]
    return found["name"], [
        f"CREATE {'VERTEX' if found['node'] else 'EDGE'} TYPE {kind} IF NOT EXISTS",
        *(f"CREATE PROPERTY {kind}.{name} IF NOT EXISTS STRING" for name in properties),
        f"CREATE INDEX {found['name']} IF NOT EXISTS ON {kind} ({', '.join(properties)}) FULL_TEXT",
    ]


def run_sql(address: GraphAddress, statement: str) -> list[dict[str, Any]]:
    """Returns the rows of a statement. Raises GraphUnreachable, also when the server rejects the statement."""
    import httpx

    try:
        response = httpx.post(
            f"{address.http_url}/api/v1/command/{address.database}",
            json={"language": "sql", "command": statement},
            auth=(address.user, address.password),
            timeout=ANSWER_WITHIN_S,
            trust_env=False,
        )
    except httpx.HTTPError as error:
        raise GraphUnreachable(f"The graph at {address.http_url} does not answer: {error}.") from error
    if response.status_code != httpx.codes.OK:
        raise GraphUnreachable(f"The graph at {address.http_url} refuses a statement: {response.text[:300]}")
    rows: list[dict[str, Any]] = response.json()["result"]
    return rows


def existing_indexes(address: GraphAddress) -> set[str]:
    """Returns the names of the indexes of the embedded server. Raises GraphUnreachable."""
    return {str(row["name"]) for row in run_sql(address, "SELECT name FROM schema:indexes")}
