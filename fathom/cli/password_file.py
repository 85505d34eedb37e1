"""The option that names a file of passwords, as every command that takes it reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from fathom.cli.output import say

PasswordFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--password-file", metavar="FILE", help="Passwords of locked PDFs and Office files, one a line; each is tried."
    ),
]


def passwords_of(file: Path | None) -> list[str]:
    """The passwords in the file, none without one; who can read it besides its owner is told. Raises UsageWrong."""
    from fathom.conversion.decryption.decrypt import passwords_in

    if file is None:
        return []
    if file.is_file() and file.stat().st_mode & 0o077:
        say(f"{file} can be read by others; `chmod 600 {file}` keeps its passwords to you.")
    return passwords_in(file)
