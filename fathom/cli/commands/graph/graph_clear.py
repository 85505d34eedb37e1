"""`fathom graph clear`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from fathom.cli.command_settings import deployment
from fathom.cli.commands.graph.graph_group import group
from fathom.cli.output import AsJson, print_result, say

WITH, WITHOUT = "It is backed up first.", "There will be no backup."


@group.command(epilog="Example: fathom graph clear --collection trials --yes --code DELETE_ALL_DATA")
def clear(
    collection: Annotated[str | None, typer.Option("--collection", "-c", help="Only this collection.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; needs --code.")] = False,
    code: Annotated[str, typer.Option(help="DELETE_ALL_DATA, to confirm.")] = "",
    no_backup: Annotated[bool, typer.Option("--no-backup", help="Do not back up first.")] = False,
    as_json: AsJson = False,
) -> int:
    """Delete a collection, or all: graph, ledger, documents and inbox, after a backup that is proven."""
    from fathom.operations.graph.clear_graph import CONFIRMATION_CODE, plan_clear
    from fathom.operations.graph.clear_graph import clear as clear_now
    from fathom.security.host_owner import require_owner

    settings = deployment()
    require_owner(settings)
    if not yes:
        code = ""
        if sys.stdin.isatty():
            plan = plan_clear(settings, collection)
            say(f"This deletes {', '.join(plan.collections) or 'nothing'}: {plan.documents} documents with their files,")
            say(f"{plan.nodes} nodes and {plan.relationships} relationships. " + (WITHOUT if no_backup else WITH))
            question = f"Type {CONFIRMATION_CODE} to confirm"
            code = str(typer.prompt(question, default="", show_default=False, err=True)).strip()
    done = clear_now(settings, collection, confirmation_code=code, backup_first=not no_backup)
    deleted = done.deleted
    words = f"Deleted {deleted.nodes} nodes, {deleted.relationships} relationships and {done.documents} documents."
    print_result(done, as_json, lambda: say(words + (f" Backup: {done.backup_export_id}." if done.backup_export_id else "")))
    return 0
