"""`fathom ingest`: accepts files, folders, patterns or the standard input as documents."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fathom.cli.command_settings import deployment
from fathom.cli.option_classes import options_from
from fathom.cli.output import AsJson, print_result, print_text, say
from fathom.cli.password_file import PasswordFile, passwords_of

if TYPE_CHECKING:
    from fathom.settings import Settings
    from fathom.uploads.document_dates import DocumentDate
    from fathom.uploads.inbox.inbox_writer import Placement


@dataclass(frozen=True)
class IngestOptions:
    """The files to ingest, and the way to do so."""

    paths: Annotated[list[str], typer.Argument(help="Files, folders, patterns such as 'reports/**/*.pdf', or - with --name.")]
    collection: Annotated[str, typer.Option("--collection", "-c", help="Collection the documents belong to.")] = "default"
    wait: Annotated[bool, typer.Option("--wait", help="Show progress until all documents and attachments are done.")] = False
    priority: Annotated[int | None, typer.Option("--priority", help="-100 to 100; the higher is first, 0 is usual.")] = None
    name: Annotated[str | None, typer.Option("--name", help="File name for the standard input.")] = None
    password_file: PasswordFile = None
    reference_time: Annotated[
        str | None, typer.Option("--reference-time", help="Date of the documents (2021-05-04): facts without one hold from it.")
    ] = None
    estimate: Annotated[bool, typer.Option("--estimate", help="Print chunks, tokens, cost and time; start nothing.")] = False
    as_json: AsJson = False

    @property
    def from_stdin(self) -> bool:
        """Whether the document is the standard input."""
        return self.paths == ["-"]

    def passwords(self) -> list[str]:
        """Returns the passwords in the password file. Raises UsageWrong where no file is ingested."""
        from fathom.errors import UsageWrong

        if self.password_file is not None and (self.estimate or self.from_stdin):
            raise UsageWrong("A password file goes with files that are ingested, not with --estimate or the standard input.")
        return passwords_of(self.password_file)


def add_to(app: typer.Typer) -> None:
    """Adds the command to the application."""
    app.command("ingest", epilog="Example: fathom ingest reports/ notes.md --collection research --wait")(ingest)


@options_from(IngestOptions)
def ingest(options: IngestOptions) -> int:
    """Accept documents and print their ids. Exit 5 if some were refused or failed, 1 if all were.

    A PDF or Office file that a password opens is stored unlocked; the password is not stored.
    """
    from fathom.deployment.components import run_for_others
    from fathom.operations.ingest import ingest as place
    from fathom.uploads.document_dates import given_date

    date = given_date(options.reference_time) if options.reference_time else None
    settings = deployment()
    passwords = options.passwords()
    if options.estimate:
        return _estimate(options, settings)
    if options.from_stdin:
        placement = _from_stdin(options, settings, date)
    else:
        files, collection = _expanded(options.paths), options.collection
        placement = place(files, collection, settings, priority=options.priority, passwords=passwords, date=date)
    _say_refused(placement)
    if others := run_for_others(settings):
        say(f"Running with other settings or another program than this: {', '.join(others)}. `fathom up` starts them anew.")
    if options.wait and placement.placed:
        return _print_outcomes(placement, settings, options)
    return _print_placed(placement, settings, options)


def _print_placed(placement: Placement, settings: Settings, options: IngestOptions) -> int:
    """Prints the accepted documents and says if nothing ingests them now; returns the exit code."""
    from fathom.errors import FathomError
    from fathom.operations.ingest import require_running

    result = {"documents": placement.placed, "refused": _refused(placement), "batch": placement.batch}
    print_result(result, options.as_json, lambda: print_text("\n".join(placed.document for placed in placement.placed)))
    _say_batch(placement)
    try:
        require_running(settings)
    except FathomError as error:
        say(f"{error.message} {error.what_to_do}")
    return _exit_code(len(placement.placed), len(placement.refused), placement)


def _print_outcomes(placement: Placement, settings: Settings, options: IngestOptions) -> int:
    """Waits until the documents have ended, with progress, and prints their outcomes; returns the exit code."""
    from fathom.operations.ingest import require_running
    from fathom.operations.ingest import wait as wait_for

    require_running(settings)
    from fathom.cli.commands.documents_command import print_summary
    from fathom.cli.progress_line import ProgressLine
    from fathom.operations.document_rows import documents_by_id

    with ProgressLine() as shown:
        ended = wait_for(placement.placed, settings, since=placement.since, on_progress=shown)
    rows = documents_by_id(settings, [upload.document for upload in ended])
    result = {"documents": rows, "refused": _refused(placement), "batch": placement.batch}
    print_result(result, options.as_json, lambda: print_summary(rows))
    _say_batch(placement)
    versions = {placed.document: placed.version for placed in placement.placed}
    for row in rows:
        if row.version != versions.get(row.id, row.version):
            say(f"{row.id}: other bytes took its place before it was through; what stands above is what became of those.")
        if row.state != "done":
            say(f"{row.id} {row.state}: {row.reason}: {row.detail}")
    done = sum(row.state == "done" for row in rows)
    return _exit_code(done, len(placement.refused) + len(rows) - done, placement)


def _estimate(options: IngestOptions, settings: Settings) -> int:
    from fathom.cli.commands.cost_command import print_estimate
    from fathom.errors import UsageWrong
    from fathom.operations.estimate import estimate

    if options.from_stdin:
        raise UsageWrong("The standard input cannot be estimated.", hint="Give files: `fathom ingest PATH --estimate`.")
    found, placement = estimate(_expanded(options.paths), options.collection, settings)
    _say_refused(placement)
    result = {**found.model_dump(), "refused": _refused(placement)}
    print_result(result, options.as_json, lambda: print_estimate(found))
    return _exit_code(len(found.files), len(placement.refused), placement)


def _say_batch(placement: Placement) -> None:
    if placement.batch is not None:
        say(f"Undo it with `fathom graph undo --upload {placement.batch}`.")


def _say_refused(placement: Placement) -> None:
    for source, error in placement.refused:
        say(f"Not taken: {source}: {error.message} {error.what_to_do}")


def _refused(placement: Placement) -> list[dict[str, Any]]:
    return [{"source": source, **error.as_dict()} for source, error in placement.refused]


def _exit_code(well: int, badly: int, placement: Placement) -> int:
    if not badly:
        return 0
    if well:
        return 5
    return placement.refused[0][1].exit_code if len(placement.refused) == 1 and not placement.placed else 1


def _expanded(words: list[str]) -> list[Path]:
    """Returns the paths with patterns replaced by their matches. Raises UsageWrong for a pattern without a match."""
    import glob

    from fathom.errors import UsageWrong

    paths: list[Path] = []
    for word in words:
        if Path(word).exists() or not glob.has_magic(word):
            paths.append(Path(word))
            continue
        matches = sorted(glob.iglob(word, recursive=True))  # noqa: PTH207  Path.glob takes no absolute pattern
        if not matches:
            raise UsageWrong(f"Nothing matches {word}.")
        paths += [Path(match) for match in matches if "**" not in word or Path(match).is_file()]
    return paths


def _from_stdin(options: IngestOptions, settings: Settings, date: DocumentDate | None) -> Placement:
    import sys

    from fathom.errors import FathomError, UsageWrong
    from fathom.operations.ingest import accept_placed
    from fathom.uploads.inbox.inbox_writer import Placement, place

    if not options.name:
        raise UsageWrong("The standard input has no file name.", hint="Give it one: `fathom ingest - --name notes.md`.")
    placement = Placement()
    try:
        placement.placed.append(place(settings, options.collection, options.name, sys.stdin.buffer))
        accept_placed(placement, settings, options.priority, date)
    except FathomError as error:
        placement.refused.append((options.name, error))
    return placement
