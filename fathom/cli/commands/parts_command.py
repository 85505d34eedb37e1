"""`fathom up`, `down`, `status`, `doctor`: start, stop and inspect the components of a deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fathom.cli.command_settings import deployment
from fathom.cli.output import AsJson, duration, print_result, say, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fathom.deployment.components import StartOutcome
    from fathom.processes.component import ComponentStatus
    from fathom.settings import Settings


def add_to(app: typer.Typer) -> None:
    """Adds the commands to the application."""
    app.command("up", epilog="Example: fathom up --no-samples")(up)
    app.command("down", epilog="Example: fathom down")(down)
    app.command("status", epilog="Example: fathom status --json")(status)
    app.command("doctor", epilog="Example: fathom doctor")(doctor)


def up(
    no_samples: Annotated[bool, typer.Option("--no-samples", help="Do not ingest the sample documents.")] = False,
    attach: Annotated[bool, typer.Option("--attach", help="Stay, keep the parts running, and stop them on Ctrl-C.")] = False,
    as_json: AsJson = False,
) -> int:
    """Start the parts that do not run, ingest the samples, and print the addresses. Idempotent."""
    from fathom.alerts.alert_rules import effective_rules
    from fathom.alerts.notice_delivery import require_receivers
    from fathom.deployment.components import start_all, status_all
    from fathom.observability.json_lines_handler import keep_logs
    from fathom.operations.sample_documents import SAMPLES, ingest_samples

    settings = deployment()
    effective_rules(settings.alerts)
    require_receivers(settings)
    started = start_all(settings, on_started=_tell_start)
    keep_logs(settings, "cli")
    failed = [part for part in started if part.error]
    rows = []
    if not failed and not no_samples:
        from fathom.cli.progress_line import ProgressLine

        with ProgressLine() as shown:
            rows = ingest_samples(settings, on_progress=shown)
    statuses = status_all(settings)
    result = {
        "parts": statuses,
        "started": {part.name: part.outcome for part in started},
        "errors": [part.error.as_dict() | {"part": part.name} for part in failed if part.error],
        "documents": rows,
    }
    print_result(result, as_json, lambda: _print_up(settings, statuses, rows))
    for part in failed:
        if part.error:
            say(f"{part.name}: {part.error.message} {part.error.what_to_do}")
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
    """Stop all parts; no process is left. Accepted documents continue with the next `fathom up`."""
    from fathom.deployment.components import stop_all

    stopped = stop_all(deployment())
    print_result(
        {"stopped": stopped}, as_json, lambda: say(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")
    )
    return 0


def status(as_json: AsJson = False) -> int:
    """Show each part: health, pid, port, version, memory. Exit 3 if any is unhealthy."""
    from fathom.deployment.components import healthy, status_all
    from fathom.orchestration.deleted_partitions import WHAT_TO_DO, partition_warning, without_partition

    settings = deployment()
    statuses = status_all(settings)
    fine = healthy(statuses)
    lacking = without_partition(settings) if settings.home.is_dir() else []
    print_result({"healthy": fine, "parts": statuses, "no_partition": lacking}, as_json, lambda: print_statuses(statuses))
    if lacking:
        say(f"{partition_warning(lacking)} {WHAT_TO_DO}")
    if not fine:
        down = ", ".join(part.name for part in statuses if not part.healthy)
        say(f"Not well: {down}. `fathom up` starts the missing components.")
        for part in statuses:
            if part.detail and not part.healthy:
                say(f"{part.name}: {part.detail}")
    return 0 if fine else 3


def doctor(as_json: AsJson = False) -> int:
    """Check Python, disk, ports, settings, models, graph and storage; each line names a fault and its remedy."""
    from fathom.deployment.doctor import examine

    findings = examine()
    wrong = [finding for finding in findings if not finding.fine]
    print_result(
        {"fine": not wrong, "checks": findings},
        as_json,
        lambda: table(
            ("", "check", "finding", "what to do"),
            (("ok" if finding.fine else "WRONG", finding.check, finding.finding, finding.what_to_do) for finding in findings),
        ),
    )
    return 1 if wrong else 0


def print_statuses(statuses: Sequence[ComponentStatus]) -> None:
    """Prints the parts as a table."""
    table(
        ("part", "state", "pid>", "address", "version", "up>", "MB>"),
        (
            (s.name, s.state, s.pid, s.address or s.port, (s.version or "").split(",")[0][:40], duration(s.uptime_s), s.rss_mb)
            for s in statuses
        ),
    )
    for part in statuses:
        if part.detail and not part.healthy:
            say(f"{part.name}: {part.detail}")


def _tell_start(started: StartOutcome) -> None:
    outcome = started.outcome if started.error is None else f"failed: {started.error.message}"
    say(f"{started.name:<18} {outcome}" + (f"  {started.seconds:.1f} s" if started.outcome != "running" else ""))


def _print_up(settings: Settings, statuses: Sequence[ComponentStatus], rows: Sequence[object]) -> None:
    from fathom.cli.commands.documents_command import print_summary

    if rows:
        print_summary(rows)  # type: ignore[arg-type]
        say("")
    addresses = {part.name: part.address for part in statuses if part.address}
    page = next((part.address for part in statuses if part.name == "api" and part.healthy), None)
    say(f"Page      {page or 'not running'}" + ("/" if page else ""))
    if page:
        from fathom.security.sign_in_links import VALID_FOR_S, new_ticket

        say(f"          signs you in once, within {duration(VALID_FOR_S)}: {page}/sign-in#once={new_ticket(settings)}")
    say(f"Dagster   {addresses.get('dagster-webserver', 'not running')}")
    say(f"API       {page}/docs" if page else "API       not running")
    say(f"Graph     {addresses.get('graph', 'not running')}")
    say(f"Drop files on the page or into {settings.inbox_path}/<collection>/. Stop: `fathom down`.")
