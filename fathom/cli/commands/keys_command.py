"""`fathom keys`: who may call the API; made, listed and revoked on this host."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from fathom.cli.command_settings import deployment
from fathom.cli.output import AsJson, answer, print_text, say, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fathom.security.api_keys import KeyShown

group = typer.Typer(
    help="Make, list and revoke keys of the API.",
    epilog="Example: fathom keys create --role operator --name scanner --collection reports",
    invoke_without_command=True,
)


def add_to(app: typer.Typer) -> None:
    """The group is in the application."""
    app.add_typer(group, name="keys")


@group.callback(epilog="Example: fathom keys create --role reader --name dashboard")
def keys(context: typer.Context, as_json: AsJson = False) -> int:
    """List every key there ever was, without the keys themselves."""
    if context.invoked_subcommand:
        context.obj = {"json": as_json}
        return 0
    from fathom.security.api_keys import open_keys

    found = open_keys(deployment()).list()
    answer({"keys": found}, as_json, lambda: _print(found))
    return 0


@group.command("create", epilog="Example: fathom keys create --role operator --name scanner --collection reports")
def create(
    context: typer.Context,
    role: Annotated[str, typer.Option("--role", help="reader, operator or admin.")],
    name: Annotated[str, typer.Option("--name", help="What it is for.")] = "made on this host",
    collection: Annotated[str | None, typer.Option("--collection", "-c", help="The only collection it is for.")] = None,
    as_json: AsJson = False,
) -> int:
    """Make a key; it is shown this once."""
    from fathom.security.api_keys import open_keys

    made = open_keys(deployment()).create(role, name=name, collection=collection, by="this host")
    answer(made, as_json or _wants_json(context), lambda: print_text(made.key))
    say("Keep it: it is not shown again.")
    return 0


@group.command("revoke", epilog="Example: fathom keys revoke 0a1b2c3d")
def revoke(
    context: typer.Context, key: Annotated[str, typer.Argument(metavar="ID", help="The key's id.")], as_json: AsJson = False
) -> int:
    """The key opens nothing any more."""
    from fathom.errors import UsageWrong
    from fathom.security.api_keys import open_keys

    if not open_keys(deployment()).revoke(key, by="this host"):
        raise UsageWrong(f"There is no valid key {key}.", hint="`fathom keys` lists them.")
    answer({"revoked": key}, as_json or _wants_json(context), lambda: say(f"{key} opens nothing any more."))
    return 0


def _wants_json(context: typer.Context) -> bool:
    return bool(isinstance(context.obj, dict) and context.obj.get("json"))


def _print(found: Sequence[KeyShown]) -> None:
    table(
        ("id", "name", "role", "collection", "made", "last used", "state"),
        (
            (one.id, one.name, one.role, one.collection or "all", _when(one.created_at), _when(one.last_used_at), _state(one))
            for one in found
        ),
    )


def _state(key: KeyShown) -> str:
    return "valid" if key.revoked_at is None else "revoked"


def _when(at: float | None) -> str:
    return "" if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")
