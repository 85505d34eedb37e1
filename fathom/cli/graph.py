"""`fathom graph`: reading the graph; what may be asked and what it holds."""

from __future__ import annotations

import typer

group = typer.Typer(help="Ask and look at the graph.", epilog="Example: fathom graph stats", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """The group is in the application."""
    app.add_typer(group, name="graph")
