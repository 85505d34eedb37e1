"""`fathom graph query`: runs a Cypher query, read-only unless the owner of the host asks for more."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fathom.cli.command_settings import deployment
from fathom.cli.commands.graph.graph_group import group
from fathom.cli.output import AsJson, cell, print_json, print_result, say, table

if TYPE_CHECKING:
    from fathom.graphdb.query.user_query import QueryResult


@group.command(epilog="Example: fathom graph query 'MATCH (e:Entity) WHERE e.name = $name RETURN e' --param name=Ada")
def query(
    cypher: Annotated[str, typer.Argument(metavar="CYPHER", help="The query; `-` reads it from stdin.")],
    params: Annotated[str, typer.Option("--params", metavar="JSON", help="The parameters, as a JSON object.")] = "{}",
    param: Annotated[list[str] | None, typer.Option("--param", help="name=value; JSON is read as such.")] = None,
    timeout: Annotated[float, typer.Option(help="Seconds until it is ended on the server.", min=0.01, max=600)] = 30.0,
    limit: Annotated[int, typer.Option(help="Maximum number of rows.", min=1)] = 1000,
    max_bytes: Annotated[int, typer.Option("--max-bytes", help="Maximum size of the rows as JSON.", min=1)] = 10_000_000,
    typed: Annotated[bool, typer.Option("--typed", help="Give values with tagged types, without loss.")] = False,
    plan: Annotated[bool, typer.Option("--plan", help="Only show the server's plan of the query.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Allow it to write; for the host's owner, and recorded.")] = False,
    as_json: AsJson = False,
) -> int:
    """Run a Cypher query, in a read-only transaction unless --write is given."""
    from fathom.graphdb.connection import open_impatient_graph
    from fathom.graphdb.query.user_query import QueryOptions
    from fathom.operations.graph.graph_queries import query_graph
    from fathom.security.host_owner import require_owner

    settings = deployment()
    options = QueryOptions(timeout_s=timeout, limit=limit, max_bytes=max_bytes, typed=typed, plan=plan, write=write)
    if write:
        require_owner(settings)
    text = sys.stdin.read() if cypher == "-" else cypher
    with closing(open_impatient_graph(settings)) as connection:
        result = query_graph(settings, connection, text, _parameters(params, param or []), options)
    print_result(result, as_json, lambda: _print(result))
    if result.summary.truncated:
        bound, option = ("rows", "--limit") if result.summary.truncated_by == "rows" else ("bytes", "--max-bytes")
        say(f"There are more rows than fit into the limit of {bound}; ask for more with {option}.")
    return 0


def _parameters(text: str, given: list[str]) -> dict[str, Any]:
    from fathom.errors import UsageWrong

    try:
        parameters = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageWrong(f"--params is not JSON: {error}.") from error
    if not isinstance(parameters, dict):
        raise UsageWrong('--params is not a JSON object such as {"name": "Ada"}.')
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
    if result.plan is not None:
        print_json(result.plan)
        return
    if columns := result.summary.columns:
        table(columns, ([_text(row[column]) for column in columns] for row in result.records))
    say(f"{result.summary.records_returned} rows in {result.summary.execution_time_ms:g} ms")
    if result.summary.written:
        say(", ".join(f"{name.replace('_', ' ')}: {count}" for name, count in result.summary.written.items()))


def _text(value: Any) -> str:
    return cell(value) if not isinstance(value, dict | list) else json.dumps(value, ensure_ascii=False)
