"""`fathom graph`, also `fathom neo4j`: assembles the subcommands of the graph."""

from __future__ import annotations

import typer

from fathom.cli.commands.graph import (
    graph_backups,
    graph_clear,
    graph_curation,
    graph_exports,
    graph_overview,
    graph_queries,
    graph_undo,
    graph_validations,
)
from fathom.cli.commands.graph.graph_group import group

# Importing a module registers its commands.
FAMILIES = (
    graph_queries,
    graph_overview,
    graph_exports,
    graph_backups,
    graph_clear,
    graph_validations,
    graph_undo,
    graph_curation,
)


def add_to(app: typer.Typer) -> None:
    """Adds the group to the application, also as `neo4j`."""
    app.add_typer(group, name="graph")
    app.add_typer(group, name="neo4j", hidden=True)
