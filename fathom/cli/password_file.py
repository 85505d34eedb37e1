"""The option --password-file, and reading the file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from fathom.cli.output import say

PasswordFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--password-file",
        metavar="FILE",
        help="Passwords of locked PDFs and Office files, each on its own line; all are tried.",
    ),
]


def passwords_of(file: Path | None) -> list[str]:
    """Returns the passwords in the file; warns if others can read it. Raises UsageWrong."""
    from fathom.conversion.decryption.decrypt import passwords_in

    if file is None:
        return []
    if file.is_file() and file.stat().st_mode & 0o077:
        say(f"{file} can be read by others; `chmod 600 {file}` keeps its passwords to you.")
    return passwords_in(file)
