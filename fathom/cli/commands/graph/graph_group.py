"""The group `fathom graph`, on which the modules of this package register their commands."""

from __future__ import annotations

import typer

group = typer.Typer(help="Query and operate the graph.", epilog="Example: fathom graph stats", no_args_is_help=True)
