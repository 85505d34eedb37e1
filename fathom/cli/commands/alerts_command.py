"""`fathom alerts`: open incidents, their history, acknowledgement and end, silences, and tests of routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fathom.cli.command_settings import deployment
from fathom.cli.moments import read_moment
from fathom.cli.output import AsJson, print_result, say, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fathom.operations.alerting import AlertHistory, IncidentView, SilenceView

UNITS = {"m": 60, "h": 3600, "d": 86_400}

alerts = typer.Typer(help="Show what is wrong now; acknowledge and silence it; test the routes of notices.")


def add_to(app: typer.Typer) -> None:
    """Adds the commands to the application."""
    app.add_typer(alerts, name="alerts", epilog="Example: fathom alerts; fathom alerts test hook")


@alerts.callback(invoke_without_command=True)
def active(
    context: typer.Context,
    exit_status: Annotated[bool, typer.Option("--exit-status", help="Exit with 1 if a critical one is open.")] = False,
    as_json: AsJson = False,
) -> int:
    """Show the open incidents, the most severe first."""
    from fathom.operations.alerting import active_alerts

    if context.invoked_subcommand is not None:
        return 0
    found = active_alerts(deployment())
    print_result({"active": found}, as_json, lambda: _print_incidents(found))
    if not found:
        say("Nothing is wrong.")
    return int(exit_status and any(incident.severity == "critical" for incident in found))


@alerts.command("history", epilog="Example: fathom alerts history --since 7d")
def history(
    since: Annotated[str, typer.Option("--since", help="10m, 2h, 7d, or a time such as 2026-01-31T12:00.")] = "30d",
    limit: Annotated[int, typer.Option("--limit", help="Maximum number of incidents.", min=1, max=10000)] = 200,
    as_json: AsJson = False,
) -> int:
    """List incidents, the newest first, with the mean times to detect and to resolve."""
    from fathom.operations.alerting import alert_history

    when = read_moment(since)
    found = alert_history(deployment(), since=when.timestamp() if when else 0.0, limit=limit)
    print_result(found, as_json, lambda: _print_history(found))
    return 0


@alerts.command("test", epilog="Example: fathom alerts test hook")
def try_route(
    route: Annotated[str, typer.Argument(metavar="ROUTE", help="A route of [alerts.routes.NAME] in fathom.toml.")],
    as_json: AsJson = False,
) -> int:
    """Send a test notice by a route. Exit code 1 if the receiver does not take it."""
    from fathom.operations import alerting

    found = alerting.try_route(deployment(), route)
    said = "It was delivered." if found.delivered else f"It was not delivered: {found.error}."
    print_result(found, as_json, lambda: say(said))
    return 0 if found.delivered else 1


@alerts.command("ack", epilog="Example: fathom alerts ack 3f9a1c2e")
def ack(
    incident: Annotated[str, typer.Argument(metavar="ID", help="The id of an open incident.")], as_json: AsJson = False
) -> int:
    """Acknowledge an incident: it is not told again until it ends."""
    from fathom.operations.alerting import acknowledge
    from fathom.security.actor import current_actor

    found = acknowledge(deployment(), incident, by=current_actor().name)
    print_result(found, as_json, lambda: _print_incidents([found]))
    return 0


@alerts.command("resolve", epilog="Example: fathom alerts resolve 3f9a1c2e")
def resolve(
    incident: Annotated[str, typer.Argument(metavar="ID", help="The id of an open incident.")], as_json: AsJson = False
) -> int:
    """End an incident: it opens again only if it concerns more, or comes back after it has ended."""
    from fathom.operations import alerting
    from fathom.security.actor import current_actor

    found = alerting.resolve(deployment(), incident, by=current_actor().name)
    print_result(found, as_json, lambda: say(f"{found.rule} is resolved: {found.cause}"))
    return 0


@alerts.command("silence", epilog='Example: fathom alerts silence "component_*" --for 2h --reason "new disk"')
def silence(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="A rule, or a pattern such as component_*; * for all.")],
    duration: Annotated[str, typer.Option("--for", help="30m, 2h, 3d.")],
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
    label: Annotated[list[str] | None, typer.Option("--label", help="NAME=VALUE that incidents must have.")] = None,
    as_json: AsJson = False,
) -> int:
    """Hold back the notices of some incidents for a time."""
    from fathom.operations import alerting
    from fathom.security.actor import current_actor

    labels = dict(_label(text) for text in label or ())
    made = alerting.silence(deployment(), rule, _seconds(duration), reason=reason, by=current_actor().name, labels=labels)
    print_result(made, as_json, lambda: _print_silences([made]))
    return 0


@alerts.command("silences", epilog="Example: fathom alerts silences --end 3f9a1c2e")
def silences(
    end: Annotated[str | None, typer.Option("--end", metavar="ID", help="End this silence.")] = None, as_json: AsJson = False
) -> int:
    """List the silences, or end one."""
    from fathom.operations import alerting

    if end is not None:
        alerting.end_silence(deployment(), end)
    found = alerting.silences(deployment())
    print_result({"silences": found}, as_json, lambda: _print_silences(found))
    return 0


def _seconds(text: str) -> float:
    from fathom.errors import UsageWrong

    if text[:-1].isdigit() and text[-1:] in UNITS:
        return float(int(text[:-1]) * UNITS[text[-1]])
    raise UsageWrong(f"{text} is no duration.", hint="Write 30m, 2h or 3d.")


def _label(text: str) -> tuple[str, str]:
    from fathom.errors import UsageWrong

    name, separator, value = text.partition("=")
    if not (name and separator):
        raise UsageWrong(f"{text} is no label.", hint="Write --label collection=reports.")
    return name, value


def _print_incidents(found: Sequence[IncidentView]) -> None:
    if found:
        table(
            ("id", "severity", "rule", "since", "count>", "cause", "known to"),
            (
                (one.id, one.severity, one.rule, f"{one.began_at:%m-%d %H:%M}", one.count, one.cause, one.acknowledged_by)
                for one in found
            ),
        )


def _print_history(found: AlertHistory) -> None:
    table(
        ("id", "severity", "rule", "state", "opened", "resolved", "count>", "cause"),
        (
            (
                *(one.id, one.severity, one.rule, one.state),
                f"{one.opened_at:%m-%d %H:%M}" if one.opened_at else "",
                f"{one.resolved_at:%m-%d %H:%M}" if one.resolved_at else "",
                *(one.count, one.cause),
            )
            for one in found.incidents
        ),
    )
    if found.mttd_s is not None:
        ended = f"; resolved after {found.mttr_s / 60:.1f} min" if found.mttr_s is not None else ""
        say(f"Mean times: detected after {found.mttd_s / 60:.1f} min{ended}.")


def _print_silences(found: Sequence[SilenceView]) -> None:
    table(
        ("id", "rule", "labels", "until (UTC)", "by", "reason"),
        (
            (
                *(one.id, one.rule, " ".join(f"{name}={value}" for name, value in one.labels.items())),
                *(f"{one.ends_at:%Y-%m-%d %H:%M}", one.created_by, one.reason),
            )
            for one in found
        ),
    )
