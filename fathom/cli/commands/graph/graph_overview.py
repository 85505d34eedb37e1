"""`fathom graph stats` and `fathom graph health`."""

from __future__ import annotations

import json
from contextlib import closing
from typing import Any

from fathom.cli.command_settings import deployment
from fathom.cli.commands.graph.graph_group import group
from fathom.cli.output import AsJson, cell, print_result, table


@group.command(epilog="Example: fathom graph health --json")
def health(as_json: AsJson = False) -> int:
    """Show whether the graph responds, and how fast."""
    from fathom.graphdb.connection import open_graph
    from fathom.graphdb.stats import graph_health

    with closing(open_graph(deployment())) as connection:
        found = graph_health(connection)
    print_result(found, as_json, lambda: table(("what", "is"), ((name, _text(value)) for name, value in found.items())))
    return 3 if found["status"] == "unhealthy" else 0


@group.command(epilog="Example: fathom graph stats")
def stats(as_json: AsJson = False) -> int:
    """Show the content of the graph: nodes by label, relationships by type, episodes by collection."""
    from fathom.graphdb.connection import open_graph
    from fathom.graphdb.stats import graph_stats

    with closing(open_graph(deployment())) as connection:
        found = graph_stats(connection)
    print_result(found, as_json, lambda: _print_stats(found))
    return 0


def _print_stats(found: dict[str, Any]) -> None:
    rows = [("nodes", found["nodes"]["total"]), ("relationships", found["relationships"]["total"])]
    rows += [(f"  :{label}", count) for label, count in found["nodes"]["by_label"].items()]
    rows += [(f"  [:{name}]", count) for name, count in found["relationships"]["by_type"].items()]
    rows += [(f"episodes of {name}", count) for name, count in found["episodes_by_collection"].items()]
    table(("what", "count>"), rows)


def _text(value: Any) -> str:
    return cell(value) if not isinstance(value, dict | list) else json.dumps(value, ensure_ascii=False)
