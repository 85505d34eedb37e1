"""`fathom graph validate` and `fathom graph repair`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from fathom.cli.command_settings import deployment
from fathom.cli.commands.graph.graph_group import group
from fathom.cli.output import AsJson, print_result, print_text, say, table

if TYPE_CHECKING:
    from fathom.graph.validation.fault_tally import GraphValidation
    from fathom.operations.graph.graph_validation import GraphRepair

Collection = Annotated[str | None, typer.Option("--collection", "-c", help="Only this collection.")]


@group.command(epilog="Example: fathom graph validate --collection samples")
def validate(collection: Collection = None, as_json: AsJson = False) -> int:
    """Find the faults of ledger and graph, by class, with examples; exit code 1 if there are any."""
    from fathom.operations.graph.graph_validation import validate_graph

    found = validate_graph(deployment(), collection)
    print_result(found, as_json, lambda: _print_faults(found))
    for name in found.written_meanwhile:
        say(f"{name} was written to meanwhile: faults of it may be of these writes; validate it again.")
    say("No faults were found." if found.healthy else "Faults were found; `fathom graph repair --dry-run` says what to do.")
    return 0 if found.healthy else 1


@group.command(epilog="Example: fathom graph repair --dry-run")
def repair(
    collection: Collection = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the planned changes.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> int:
    """Repair the faults that need no person; removed episodes are written again by the next run."""
    from fathom.errors import Refused
    from fathom.operations.graph.graph_validation import plan_graph_repair, repair_graph

    settings = deployment()
    if dry_run or not yes:
        plan = plan_graph_repair(settings, collection)
        if dry_run:
            print_result(plan, as_json, lambda: _print_steps(plan))
            say("There is nothing to repair." if plan.nothing_to_do else "This would be done.")
            return 0
        if not plan.nothing_to_do:
            _print_steps(plan, to_stderr=True)
            if not (sys.stdin.isatty() and typer.confirm("Repair this?", err=True)):
                raise Refused("Nothing was repaired: nobody confirmed it.", hint="Confirm it with --yes; --dry-run shows it.")
    done = repair_graph(settings, collection)
    print_result(done, as_json, lambda: _print_steps(done))
    for document in done.documents:
        say(f"{document} is processed again, to write its removed episodes.")
    left = sum(found.count for found in done.left.found() if found.repair) if done.left else 0
    say(
        f"{left} faults are left; `fathom graph validate` lists them."
        if left
        else "The faults that need no person are repaired."
    )
    return 1 if left else 0


def _print_faults(found: GraphValidation) -> None:
    table(("class", "count>", "meaning"), ((fault.name.value, fault.count, fault.meaning) for fault in found.classes))
    for fault in found.found():
        for example in fault.examples:
            print_text(f"{example.collection}: {fault.name.value}: {example.detail}")


def _print_steps(plan: GraphRepair, *, to_stderr: bool = False) -> None:
    rows = [(step.name.value, step.count, step.action or f"a person decides: {step.ask}") for step in plan.steps]
    table(("class", "count>", "action"), rows, to_stderr=to_stderr)
