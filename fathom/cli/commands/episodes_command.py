"""`fathom episodes`: shows the ledger of chunks, compares it with the graph, and reconciles both."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from fathom.cli.command_settings import deployment
from fathom.cli.output import AsJson, print_result, print_text, say, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fathom.graph.reconciliation.diff import Differences
    from fathom.graph.reconciliation.graph_repair import Repair
    from fathom.ledger.episode import EpisodeRow
    from fathom.operations.episode_rows import EpisodeCounts

BY = "this host"
SHOWN = 20  # of each kind, in the list for people


class _IdOrCommand(TyperGroup):
    """`fathom episodes ID` is `fathom episodes show ID`: an id has a slash in it, a command has none."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Returns the named command, or `show` with the given id."""
        known = not args or args[0] in self.commands or "/" not in args[0]
        return super().resolve_command(ctx, args if known else ["show", *args])


group = typer.Typer(
    cls=_IdOrCommand,
    help="Show the ledger, which says of every chunk whether it is in the graph; compare it with the graph, repair both.",
    epilog="Example: fathom episodes samples/budget.xlsx",
    invoke_without_command=True,
)


def add_to(app: typer.Typer) -> None:
    """Adds the group to the application."""
    app.add_typer(group, name="episodes")


@group.callback(epilog="Example: fathom episodes samples/budget.xlsx")
def episodes(context: typer.Context, as_json: AsJson = False) -> int:
    """Show the ledger: how many episodes of each collection are in which state; of one document: `fathom episodes ID`."""
    if context.invoked_subcommand:
        context.obj = {"json": as_json}
        return 0
    from fathom.operations.episode_rows import episode_counts

    counts = episode_counts(deployment())
    print_result({"collections": counts}, as_json, lambda: _print_counts(counts))
    return 0


@group.command("show", epilog="Example: fathom episodes show samples/budget.xlsx")
def show(
    context: typer.Context,
    document: Annotated[str, typer.Argument(metavar="ID", help="A document's id.")],
    as_json: AsJson = False,
) -> int:
    """Show the episodes of a document; `show` may be left out."""
    from fathom.operations.document_rows import require_document
    from fathom.operations.episode_rows import episode_rows

    settings = deployment()
    rows = episode_rows(settings, document)
    if not rows:
        require_document(settings, document)
        say(f"{document} has no episodes yet.")
    print_result({"document": document, "episodes": rows}, _json(context, as_json), lambda: _print_rows(rows))
    return 0


@group.command("verify", epilog="Example: fathom episodes verify --collection samples")
def verify(
    context: typer.Context,
    collection: Annotated[str | None, typer.Option("--collection", "-c", help="Only this collection.")] = None,
    as_json: AsJson = False,
) -> int:
    """Compare the ledger with the graph, both ways; exit code 1 if they differ or the graph holds duplicates."""
    from fathom.operations.episode_rows import verify_collections

    found = verify_collections(deployment(), collection)
    agree = all(difference.agree for difference in found)
    print_result({"agree": agree, "collections": found}, _json(context, as_json), lambda: _print_differences(found))
    say("Ledger and graph agree." if agree else "Ledger and graph differ.")
    return 0 if agree else 1


@group.command("repair", epilog="Example: fathom episodes repair --dry-run")
def repair(
    context: typer.Context,
    collection: Annotated[str | None, typer.Option("--collection", "-c", help="Only this collection.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the planned changes.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> int:
    """Reconcile ledger and graph; lost episodes are written again by the next run."""
    from fathom.errors import Refused
    from fathom.operations.repair import plan_repairs
    from fathom.operations.repair import repair as repair_collections

    settings = deployment()
    as_json = _json(context, as_json)
    plans = plan_repairs(settings, collection)
    wrong = [plan.collection for plan in plans if not plan.nothing_to_do]
    if dry_run or not wrong:
        print_result({"agree": not wrong, "dry_run": dry_run, "repairs": plans}, as_json, lambda: _print_repairs(plans))
        say("This would be done." if wrong else "Ledger and graph agree; there is nothing to repair.")
        return 0
    if not yes:
        _print_repairs(plans, to_stderr=True)
        if not (sys.stdin.isatty() and typer.confirm(f"Repair {', '.join(wrong)}?", err=True)):
            raise Refused("Nothing was repaired: nobody confirmed it.", hint="Confirm it with --yes; --dry-run shows it.")
    done = repair_collections(settings, wrong, by=BY)
    agree = all(repaired.left is not None and repaired.left.agree for repaired in done)
    print_result({"agree": agree, "dry_run": False, "repairs": done}, as_json, lambda: _print_repairs(done))
    again = sorted({document for repaired in done for document in repaired.documents})
    for document in again:
        say(f"{document} is taken up again, for what was lost of it.")
    say("Ledger and graph agree." if agree else "Ledger and graph still differ; `fathom episodes verify` says where.")
    return 0 if agree else 1


def _json(context: typer.Context, as_json: bool) -> bool:
    return as_json or bool(isinstance(context.obj, dict) and context.obj.get("json"))


def _print_differences(found: Sequence[Differences]) -> None:
    kinds = ("missing", "unknown", "partial", "elsewhere", "doubled", "doubled_mentions", "ungrounded", "stale", "orphans")
    table(
        ("collection", "episodes>", *(f"{kind.replace('_', ' ')}>" for kind in kinds)),
        (
            (difference.collection, difference.episodes, *(len(getattr(difference, kind)) for kind in kinds))
            for difference in found
        ),
    )
    for difference in found:
        for kind in kinds:
            for uuid in getattr(difference, kind)[:SHOWN]:
                print_text(f"{difference.collection}: {kind.replace('_', ' ')}: {uuid}")


def _print_repairs(repairs: Sequence[Repair], *, to_stderr: bool = False) -> None:
    kinds = ("adopted", "removed", "again", "facts", "entities", "mentions")
    rows = [(repair.collection, *(len(getattr(repair, kind)) for kind in kinds)) for repair in repairs]
    table(("collection", *(f"{kind}>" for kind in kinds)), rows, to_stderr=to_stderr)


def _print_counts(counts: Sequence[EpisodeCounts]) -> None:
    table(
        ("collection", "state", "documents>", "episodes>", "tokens>", "cost $>"),
        ((count.collection, count.state, count.documents, count.episodes, count.tokens, count.cost_usd) for count in counts),
    )


def _print_rows(rows: Sequence[EpisodeRow]) -> None:
    table(
        ("#>", "state", "entities>", "facts>", "left out>", "tokens>", "tries>", "episode", "reason"),
        (
            (
                row.position + 1,
                row.state,
                row.entities,
                row.facts,
                sum(row.left_out.values()),
                row.tokens_in + row.tokens_out,
                row.attempts,
                row.uuid,
                row.reason,
            )
            for row in rows
        ),
    )
