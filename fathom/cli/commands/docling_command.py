"""`fathom docling`: tests conversion without a network, and shows the converter."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fathom.cli.command_settings import deployment
from fathom.cli.output import AsJson, duration, print_result, say, table

if TYPE_CHECKING:
    from fathom.conversion.quality.offline_verification import OfflineVerification
    from fathom.conversion.service.converter_status import ConverterStatus

group = typer.Typer(help="Verify and look at the converter.", epilog="Example: fathom docling verify", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Adds the group to the application."""
    app.add_typer(group, name="docling")


@group.command("verify", epilog="Example: fathom docling verify samples/harbour-history.pdf")
def verify(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE…]", help="Files to convert; the samples if none.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Convert real documents without a network; exit 1 if any fails, or anything was fetched or loaded late."""
    from fathom.conversion.quality.offline_verification import sample_documents, verify_offline
    from fathom.errors import UsageWrong

    given = files or sample_documents()
    missing = [str(file) for file in given if not file.is_file()]
    if missing:
        raise UsageWrong(f"There is no file {', '.join(missing)}.")
    found = verify_offline(deployment(), given)
    print_result({"passed": found.passed, **found.model_dump(mode="json")}, as_json, lambda: _print_verified(found))
    for problem in found.problems:
        say(problem)
    return 0 if found.passed else 1


@group.command("status", epilog="Example: fathom docling status --json")
def status(as_json: AsJson = False) -> int:
    """Show the warm converter: loaded models, memory, uptime, workers. Exit 3 if it or any of its workers does not work."""
    from fathom.conversion.engines.self_check import examine_backend
    from fathom.conversion.service.converter_client import ConverterClient

    settings = deployment()
    backend = examine_backend(settings)
    found = ConverterClient(settings).status()
    print_result({"backend": backend, **found.model_dump(mode="json")}, as_json, lambda: _print_status(found, backend))
    if found.problem:
        say(found.problem)
    return 3 if found.problem else 0


def _print_verified(found: OfflineVerification) -> None:
    table(
        ("document", "kind", "pages>", "words>", "seconds>", "error"),
        (
            (document.name, document.kind, document.pages, document.words, document.seconds, document.error)
            for document in found.documents
        ),
    )
    say(f"Network closed by: {found.closed_by}. Warm after {found.warm_up_s:.1f} s. {'Passed' if found.passed else 'FAILED'}.")


def _print_status(found: ConverterStatus, backend: str) -> None:
    lines = (
        ("backend", backend),
        ("pid", found.pid),
        ("version", found.version),
        ("loaded", ", ".join(found.loaded)),
        ("memory", f"{found.rss_bytes / 1024**2:.0f} MB"),
        ("up", duration(found.uptime_s)),
        (
            "documents",
            f"{found.documents} converted, {found.rejected} rejected, {found.failed} failed, {found.waiting} waiting",
        ),
        ("workers", f"{found.live_workers} of {found.wanted_workers}, {found.restarts} restarts, {found.recycled} recycled"),
    )
    table(("converter", ""), lines)
    table(
        ("worker>", "state", "MB>", "documents>", "at work on"),
        ((worker.pid, worker.state, worker.rss_bytes / 1024**2, worker.documents, worker.document) for worker in found.workers),
    )
