"""`fathom logs`: prints the log lines of a document, from every process, in order of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fathom.cli.command_settings import deployment
from fathom.cli.moments import read_moment
from fathom.cli.output import AsJson, print_json, print_text, say

if TYPE_CHECKING:
    from fathom.uploads.upload import Upload


def add_to(app: typer.Typer) -> None:
    """Adds the command to the application."""
    app.command("logs", epilog="Example: fathom logs samples/budget.xlsx --stage graphiti --since 10m")(logs)


def logs(
    document: Annotated[str, typer.Argument(metavar="ID", help="The document's id: collection/path.")],
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Continue until the document has ended.")] = False,
    stage: Annotated[str | None, typer.Option("--stage", help="upload, validation, docling, chunking, graphiti.")] = None,
    level: Annotated[str | None, typer.Option("--level", help="Least level: debug, info, warning, error.")] = None,
    since: Annotated[str | None, typer.Option("--since", help="10m, 2h, 1d, or a time such as 2026-01-31T12:00.")] = None,
    as_json: AsJson = False,
) -> int:
    """Show the log of a document. With --json a JSON object for each line."""
    from fathom.observability.log_reader import Follower, LogFilter, read_lines

    settings = deployment()
    when = read_moment(since)
    wanted = LogFilter(document, _one_of(stage, "stage"), _one_of(level, "level"), when)
    follower = Follower(settings.home, wanted)
    lines = read_lines(settings.home, document, stage=wanted.stage, level=wanted.level, since=when)
    for line in lines:
        _print(line, as_json)
    if not lines and not follow:
        from fathom.operations.document_rows import require_document

        require_document(settings, document)
        say("Nothing was logged of it that is asked for.")
    if follow:
        from fathom.uploads.intake import open_intake

        intake = open_intake(settings)
        for line in follower.follow(until=lambda: _ended(intake.state_of(document))):
            _print(line, as_json)
    return 0


def _print(line: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(line, indent=None)
        return
    metrics = " ".join(f"{key}={value}" for key, value in (line.get("metrics") or {}).items())
    where = "/".join(str(line[key]) for key in ("stage", "sub_stage") if line.get(key))
    head = f"{str(line.get('timestamp', ''))[:23]}  {str(line.get('level', '')).upper():<7}  {where:<22}"
    print_text(f"{head}  {line.get('message', '')}" + (f"  {metrics}" if metrics else ""))
    if line.get("exception"):
        print_text(str(line["exception"]).rstrip())


def _ended(upload: Upload | None) -> bool:
    from fathom.uploads.upload import ENDED, UploadState

    return upload is not None and upload.state in (*ENDED, UploadState.REFUSED)


def _one_of(value: str | None, what: str) -> str | None:
    from fathom.errors import UsageWrong

    allowed = {
        "stage": ("upload", "validation", "docling", "chunking", "graphiti", "system"),
        "level": ("debug", "info", "warning", "error"),
    }[what]
    if value is not None and value.lower() not in allowed:
        raise UsageWrong(f"There is no {what} {value}.", hint=f"They are: {', '.join(allowed)}.")
    return value.lower() if value else None
