"""`fathom drift`: compares collections with their references, and makes their newest documents the reference."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from fathom.cli.command_settings import deployment
from fathom.cli.output import AsJson, print_result, say, table

if TYPE_CHECKING:
    from fathom.quality.drift.collection_drift import CollectionDrift
    from fathom.quality.drift.reference_store import DriftReference

group = typer.Typer(
    help="Compare collections with their references.",
    epilog="Example: fathom drift show reports",
    invoke_without_command=True,
)
Collection = Annotated[str, typer.Argument(metavar="COLLECTION", help="The collection.")]


def add_to(app: typer.Typer) -> None:
    """Adds the group to the application."""
    app.add_typer(group, name="drift")


@group.callback(epilog="Example: fathom drift show reports")
def drift(context: typer.Context, as_json: AsJson = False) -> int:
    """List the collections with a reference, and the metrics that drifted at the last look."""
    if context.invoked_subcommand:
        context.obj = {"json": as_json}
        return 0
    from fathom.database import open_database
    from fathom.quality.drift.reference_store import DriftReferences

    found = DriftReferences(open_database(deployment().operational_url)).newest_of_all()
    listed = [{**(_reference(one) or {}), "drifted": _drifted(one)} for one in found]
    print_result({"collections": listed}, as_json, lambda: _print_all(found))
    return 0


@group.command("show", epilog="Example: fathom drift show reports --json")
def show(context: typer.Context, collection: Collection, as_json: AsJson = False) -> int:
    """Show whether the newest documents of a collection differ from its reference. Exit code 1 for drift."""
    from fathom.ids import collection_name
    from fathom.quality.drift.collection_drift import collection_drift

    found = collection_drift(deployment(), collection_name(collection))
    shown = {"collection": found.collection, "looked": found.looked, "detail": found.detail, "results": list(found.results)}
    print_result({**shown, "reference": _reference(found.reference)}, as_json or _wants_json(context), lambda: _print(found))
    return 1 if found.drifted else 0


@group.command("rebase", epilog='Example: fathom drift rebase reports --reason "We read abstracts from now on."')
def rebase(
    context: typer.Context,
    collection: Collection,
    reason: Annotated[str, typer.Option("--reason", help="Why these documents are usual from now on.")],
    as_json: AsJson = False,
) -> int:
    """Make the newest documents of a collection its reference."""
    from fathom.quality.drift.collection_drift import rebase_drift
    from fathom.security.actor import current_actor

    made = rebase_drift(deployment(), collection, reason=reason, by=current_actor().name)
    said = f"Version {made.version} of the reference of {collection} has {made.documents} documents."
    print_result(_reference(made), as_json or _wants_json(context), lambda: say(said))
    return 0


@group.command("history", epilog="Example: fathom drift history reports")
def history(context: typer.Context, collection: Collection, as_json: AsJson = False) -> int:
    """List the references of a collection, the newest first, with their reasons."""
    from fathom.database import open_database
    from fathom.quality.drift.reference_store import DriftReferences

    found = DriftReferences(open_database(deployment().operational_url)).history(collection)
    print_result(
        {"references": [_reference(one) for one in found]}, as_json or _wants_json(context), lambda: _print_history(found)
    )
    return 0


def _wants_json(context: typer.Context) -> bool:
    return bool(isinstance(context.obj, dict) and context.obj.get("json"))


def _drifted(found: DriftReference) -> list[str]:
    return sorted({result.metric for result in found.results if result.drifted})


def _print_all(found: list[DriftReference]) -> None:
    columns = ("collection", "version>", "documents>", "looks>", "last look", "drifted")
    rows = ((one.collection, one.version, one.documents, one.looks, _when(one.looked_at), ", ".join(_drifted(one)))
            for one in found)  # fmt: skip
    table(columns, rows)
    if not found:
        say("No collection has a reference yet: it is chosen by itself once there are enough documents.")


def _print(found: CollectionDrift) -> None:
    if found.detail:
        say(found.detail)
    if found.results:
        columns = ("metric", "method", "score>", "threshold>", "drifted", "documents>", "what changed")
        rows = ((one.metric, one.method.value, one.score, one.threshold, one.drifted, one.samples, one.detail)
                for one in found.results)  # fmt: skip
        table(columns, rows)
    if found.reference is not None:
        say(f"Compared with version {found.reference.version}: {found.reference.reason}, in {found.reference.looks} looks.")


def _print_history(found: list[DriftReference]) -> None:
    columns = ("version>", "chosen", "by", "documents>", "looks>", "reason")
    table(columns, ((one.version, _when(one.chosen_at), one.chosen_by, one.documents, one.looks, one.reason) for one in found))


def _reference(found: DriftReference | None) -> dict[str, object] | None:
    if found is None:
        return None
    names = ("collection", "version", "reason", "chosen_by", "chosen_at", "documents", "looks", "looked_at")
    return {name: getattr(found, name) for name in names}


def _when(at: float | None) -> str:
    return "" if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")
