"""`fathom graph stats` and `fathom graph health`."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from fathom.cli.command_settings import deployment
from fathom.cli.commands.graph.graph_group import group
from fathom.cli.output import AsJson, print_result, print_text, say, table

if TYPE_CHECKING:
    from fathom.operations.graph.graph_health import GraphHealth
    from fathom.operations.graph.graph_stats import GraphStats

UNREACHABLE = 3


@group.command(epilog="Example: fathom graph health --json")
def health(as_json: AsJson = False) -> int:
    """Show whether the graph answers and is well, with what to do; exit code 3 if it is unhealthy."""
    from fathom.graphdb.connection import open_impatient_graph
    from fathom.operations.graph.graph_health import graph_health

    settings = deployment()
    with closing(open_impatient_graph(settings)) as connection:
        found = graph_health(settings, connection)
    print_result(found, as_json, lambda: _print_health(found))
    return UNREACHABLE if found.status == "unhealthy" else 0


@group.command(epilog="Example: fathom graph stats --collection reports")
def stats(
    collection: Annotated[str | None, typer.Option("--collection", "-c", help="Only this collection.")] = None,
    exact: Annotated[bool, typer.Option("--exact", help="Count collections that were written meanwhile.")] = False,
    as_json: AsJson = False,
) -> int:
    """Show the content of the graph by label, type and collection, its indexes, storage, queries and growth."""
    from fathom.graphdb.connection import open_impatient_graph
    from fathom.operations.graph.graph_stats import graph_stats

    settings = deployment()
    with closing(open_impatient_graph(settings)) as connection:
        found = graph_stats(settings, connection, collection, exact=exact)
    print_result(found, as_json, lambda: _print_stats(found))
    if not all(totals.current for totals in found.collections.values()):
        say("Some collections were written since they were counted; --exact counts them again.")
    return 0


def _print_health(found: GraphHealth) -> None:
    latency = "" if found.latency_ms is None else f", a trivial query takes {found.latency_ms:g} ms"
    print_text(f"The graph is {found.status}{latency}.")
    for issue in found.issues:
        print_text(f"- {issue}")


def _print_stats(found: GraphStats) -> None:
    rows: list[tuple[str, object]] = [("nodes", found.nodes.total), ("relationships", found.relationships.total)]
    rows += [(f"  :{label}", count) for label, count in found.nodes.by_label.items()]
    rows += [(f"  [:{name}]", count) for name, count in found.relationships.by_type.items()]
    if found.indexes is not None:
        rows.append((f"indexes ({', '.join(found.indexes.types)})", found.indexes.total))
    if found.storage is not None and found.storage.size_mb is not None:
        rows.append(("MB on the disk", found.storage.size_mb))
    if found.performance is not None:
        rows.append(("queries in the last hour", found.performance.query_count_last_hour))
        rows.append(("their mean duration in ms", found.performance.avg_query_time_ms))
    table((f"{found.server} {found.version}, {found.status}", "count>"), rows)
    if found.collections:
        table(
            ("collection", "documents>", "episodes>", "entities>", "facts>"),
            ((name, of.documents, of.episodes, of.entities, of.facts) for name, of in found.collections.items()),
        )
    if found.growth:
        table(
            ("day", "episodes>", "mentions>", "facts>"),
            ((of.day, of.episodes, of.mentions, of.facts) for of in found.growth),
        )
