"""`fathom audit`: lists the audit log, and verifies its chain."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from fathom.cli.command_settings import deployment
from fathom.cli.moments import read_moment
from fathom.cli.output import AsJson, print_result, say, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fathom.security.audit_chain import ChainCheck
    from fathom.security.audit_log import AuditLine


def add_to(app: typer.Typer) -> None:
    """Adds the command to the application."""
    app.command("audit", epilog="Example: fathom audit --since 7d --action graph; fathom audit --verify")(audit)


def audit(
    since: Annotated[str | None, typer.Option("--since", help="10m, 2h, 1d, or a time such as 2026-01-31T12:00.")] = None,
    action: Annotated[str | None, typer.Option("--action", help="Of this action, or of all below it: graph, keys.")] = None,
    by: Annotated[str | None, typer.Option("--by", help="By the key of this name or id; `this host` for its owner.")] = None,
    limit: Annotated[int, typer.Option("--limit", help="Maximum number of lines.", min=1, max=10000)] = 50,
    verify: Annotated[bool, typer.Option("--verify", help="Verify every line of the log; exit code 1 if one fails.")] = False,
    as_json: AsJson = False,
) -> int:
    """List who did what to documents, graph and keys, the newest first."""
    from fathom.database import open_database
    from fathom.security.audit_chain import verify_chain
    from fathom.security.audit_log import AuditFilter, list_lines

    engine = open_database(deployment().operational_url)
    when = read_moment(since)
    wanted = AuditFilter(since=when.timestamp() if when else None, action=action, by=by)
    lines = list_lines(engine, wanted, limit=limit)
    check = verify_chain(engine) if verify else None
    print_result({"lines": lines, **({"check": check} if check else {})}, as_json, lambda: _print(lines))
    if not lines:
        say("The audit log has no such line.")
    return 0 if check is None else _report(check)


def _report(check: ChainCheck) -> int:
    """Prints the result of the verification; returns the exit code."""
    if check.broken is None:
        say(f"All {check.lines} lines are as they were written. Head: {check.head}")
        return 0
    line = f"Line {check.broken.number}" + (f" ({check.broken.id})" if check.broken.id else "")
    say(f"The audit log was changed. {line} is {check.broken.what}.")
    return 1


def _print(lines: Sequence[AuditLine]) -> None:
    table(
        ("#>", "at", "action", "outcome", "by", "from", "collection", "document"),
        (
            (line.number, _when(line.at), line.action, line.outcome, _who(line), line.source, line.collection, line.document)
            for line in lines
        ),
    )


def _who(line: AuditLine) -> str:
    return f"{line.by} ({line.key})" if line.key else line.by


def _when(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")
