"""`fathom up`, `down`, `status`, `doctor`: the parts of a deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fathom.cli.command_settings import deployment
from fathom.cli.output import AsJson, answer, duration, say, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fathom.deployment.components import Started
    from fathom.processes.component import PartStatus
    from fathom.settings import Settings


def add_to(app: typer.Typer) -> None:
    """The commands are in the application."""
    app.command("up", epilog="Example: fathom up --no-samples")(up)
    app.command("down", epilog="Example: fathom down")(down)
    app.command("status", epilog="Example: fathom status --json")(status)
    app.command("doctor", epilog="Example: fathom doctor")(doctor)


def up(
    no_samples: Annotated[bool, typer.Option("--no-samples", help="Do not ingest the sample documents.")] = False,
    attach: Annotated[bool, typer.Option("--attach", help="Stay, keep the parts running, and stop them on Ctrl-C.")] = False,
    as_json: AsJson = False,
) -> int:
    """Start the parts that do not run, ingest the samples, and say where to look. Harmless to repeat."""
    from fathom.deployment.components import start_all, status_all
    from fathom.observability.json_lines_handler import keep_logs
    from fathom.operations.sample_documents import SAMPLES, ingest_samples

    settings = deployment()
    started = start_all(settings, told=_tell_start)
    keep_logs(settings, "cli")
    failed = [one for one in started if one.error]
    rows = []
    if not failed and not no_samples:
        from fathom.cli.progress_line import Shown

        with Shown() as shown:
            rows = ingest_samples(settings, told=shown)
    statuses = status_all(settings)
    result = {
        "parts": statuses,
        "started": {one.name: one.outcome for one in started},
        "errors": [one.error.as_dict() | {"part": one.name} for one in failed if one.error],
        "documents": rows,
    }
    answer(result, as_json, lambda: _print_up(settings, statuses, rows))
    for one in failed:
        if one.error:
            say(f"{one.name}: {one.error.message} {one.error.what_to_do}")
    if failed:
        say("The other parts run; `fathom up` starts the rest once that is mended.")
        return failed[0].error.exit_code if failed[0].error else 3
    if attach:
        from fathom.cli.attached import stay

        stay(settings)
    not_done = [row for row in rows if row.state != "done"]
    if not_done:
        say(f"{len(not_done)} of {len(rows)} documents of {SAMPLES} are not in the graph: `fathom documents` says why.")
        return 5 if len(not_done) < len(rows) else 1
    return 0


def down(as_json: AsJson = False) -> int:
    """Stop all parts; no process is left. What was accepted goes on with the next `fathom up`."""
    from fathom.deployment.components import stop_all

    stopped = stop_all(deployment())
    answer({"stopped": stopped}, as_json, lambda: say(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running."))
    return 0


def status(as_json: AsJson = False) -> int:
    """Show each part: whether it does its work, pid, port, version, memory. Exit 3 where one does not."""
    from fathom.deployment.components import healthy, status_all
    from fathom.orchestration.deleted_partitions import WHAT_TO_DO, told, without_partition

    settings = deployment()
    statuses = status_all(settings)
    fine = healthy(statuses)
    lacking = without_partition(settings) if settings.home.is_dir() else []
    answer({"healthy": fine, "parts": statuses, "no_partition": lacking}, as_json, lambda: print_statuses(statuses))
    if lacking:
        say(f"{told(lacking)} {WHAT_TO_DO}")
    if not fine:
        down = ", ".join(one.name for one in statuses if not one.healthy)
        say(f"Not well: {down}. `fathom up` starts what is missing.")
        for one in statuses:
            if one.detail and not one.healthy:
                say(f"{one.name}: {one.detail}")
    return 0 if fine else 3


def doctor(as_json: AsJson = False) -> int:
    """Check Python, disk, ports, settings, models, graph and storage; each line says what is wrong and what to do."""
    from fathom.deployment.doctor import examine

    findings = examine()
    wrong = [one for one in findings if not one.fine]
    answer(
        {"fine": not wrong, "checks": findings},
        as_json,
        lambda: table(
            ("", "check", "finding", "what to do"),
            (("ok" if one.fine else "WRONG", one.check, one.finding, one.what_to_do) for one in findings),
        ),
    )
    return 1 if wrong else 0


def print_statuses(statuses: Sequence[PartStatus]) -> None:
    """The parts as a table."""
    table(
        ("part", "state", "pid>", "address", "version", "up>", "MB>"),
        (
            (s.name, s.state, s.pid, s.address or s.port, (s.version or "").split(",")[0][:40], duration(s.uptime_s), s.rss_mb)
            for s in statuses
        ),
    )
    for one in statuses:
        if one.detail and not one.healthy:
            say(f"{one.name}: {one.detail}")


def _tell_start(started: Started) -> None:
    said = started.outcome if started.error is None else f"failed: {started.error.message}"
    say(f"{started.name:<18} {said}" + (f"  {started.seconds:.1f} s" if started.outcome != "running" else ""))


def _print_up(settings: Settings, statuses: Sequence[PartStatus], rows: Sequence[object]) -> None:
    from fathom.cli.commands.documents_command import print_summary

    if rows:
        print_summary(rows)  # type: ignore[arg-type]
        say("")
    addresses = {one.name: one.address for one in statuses if one.address}
    page = next((one.address for one in statuses if one.name == "api" and one.healthy), None)
    say(f"Page      {page or 'not running'}" + ("/" if page else ""))
    if page:
        from fathom.security.sign_in_links import VALID_FOR_S, new_ticket

        say(f"          signs you in once, within {duration(VALID_FOR_S)}: {page}/sign-in#once={new_ticket(settings)}")
    say(f"Dagster   {addresses.get('dagster-webserver', 'not running')}")
    say(f"API       {page}/docs" if page else "API       not running")
    say(f"Graph     {addresses.get('graph', 'not running')}")
    say(f"Drop files on the page or into {settings.inbox_path}/<collection>/. Stop: `fathom down`.")
