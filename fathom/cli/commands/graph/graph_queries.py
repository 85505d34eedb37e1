"""`fathom graph query`: runs a read-only Cypher query."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fathom.cli.command_settings import deployment
from fathom.cli.commands.graph.graph_group import group
from fathom.cli.output import AsJson, cell, print_result, say, table

if TYPE_CHECKING:
    from fathom.graphdb.user_query import QueryResult


@group.command(epilog="Example: fathom graph query 'MATCH (e:Entity) RETURN e.name LIMIT 5'")
def query(
    cypher: Annotated[str, typer.Argument(metavar="CYPHER", help="A query that only reads.")],
    param: Annotated[list[str] | None, typer.Option("--param", help="name=value; JSON is read as such.")] = None,
    timeout: Annotated[float, typer.Option(help="Seconds it may take.", min=0.1, max=600)] = 30.0,
    limit: Annotated[int, typer.Option(help="Maximum number of rows.", min=1)] = 1000,
    as_json: AsJson = False,
) -> int:
    """Run a read-only Cypher query."""
    from fathom.graphdb.connection import open_graph
    from fathom.graphdb.user_query import run_query

    with closing(open_graph(deployment())) as connection:
        result = run_query(connection, cypher, _parameters(param or []), timeout_s=timeout, limit=limit)
    print_result(result, as_json, lambda: _print(result))
    if result.summary["truncated"]:
        say(f"There are more than {limit} rows; ask for more with --limit.")
    return 0


def _parameters(given: list[str]) -> dict[str, Any]:
    from fathom.errors import UsageWrong

    parameters: dict[str, Any] = {}
    for parameter in given:
        name, found, value = parameter.partition("=")
        if not found or not name:
            raise UsageWrong(f"--param {parameter!r} is not of the form name=value.")
        try:
            parameters[name] = json.loads(value)
        except ValueError:
            parameters[name] = value
    return parameters


def _print(result: QueryResult) -> None:
    columns = list(result.records[0]) if result.records else []
    if columns:
        table(columns, ([_text(row[column]) for column in columns] for row in result.records))
    say(f"{result.summary['records_returned']} rows in {result.summary['execution_time_ms']} ms")


def _text(value: Any) -> str:
    return cell(value) if not isinstance(value, dict | list) else json.dumps(value, ensure_ascii=False)
