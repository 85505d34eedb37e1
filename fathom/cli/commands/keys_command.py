"""`fathom keys`: creates, lists and revokes API keys on this host."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from fathom.cli.command_settings import deployment
from fathom.cli.output import AsJson, print_result, print_text, say, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fathom.security.api_keys import KeyInfo

group = typer.Typer(
    help="Create, list and revoke keys of the API.",
    epilog="Example: fathom keys create --role operator --name scanner --collection reports",
    invoke_without_command=True,
)


def add_to(app: typer.Typer) -> None:
    """Adds the group to the application."""
    app.add_typer(group, name="keys")


@group.callback(epilog="Example: fathom keys create --role reader --name dashboard")
def keys(context: typer.Context, as_json: AsJson = False) -> int:
    """List all keys, valid and revoked, without their secrets."""
    if context.invoked_subcommand:
        context.obj = {"json": as_json}
        return 0
    from fathom.security.api_keys import open_keys

    found = open_keys(deployment()).list()
    print_result({"keys": found}, as_json, lambda: _print(found))
    return 0


@group.command("create", epilog="Example: fathom keys create --role operator --name scanner --collection reports")
def create(
    context: typer.Context,
    role: Annotated[str, typer.Option("--role", help="reader, operator or admin.")],
    name: Annotated[str, typer.Option("--name", help="Purpose of the key.")] = "made on this host",
    collection: Annotated[str | None, typer.Option("--collection", "-c", help="Restrict the key to this collection.")] = None,
    as_json: AsJson = False,
) -> int:
    """Create a key; it is shown only once."""
    from fathom.security.api_keys import open_keys

    made = open_keys(deployment()).create(role, name=name, collection=collection, by="this host")
    print_result(made, as_json or _wants_json(context), lambda: print_text(made.key))
    say("Keep it: it is not shown again.")
    return 0


@group.command("revoke", epilog="Example: fathom keys revoke 0a1b2c3d")
def revoke(
    context: typer.Context, key: Annotated[str, typer.Argument(metavar="ID", help="The key's id.")], as_json: AsJson = False
) -> int:
    """Revoke a key."""
    from fathom.errors import UsageWrong
    from fathom.security.api_keys import open_keys

    if not open_keys(deployment()).revoke(key, by="this host"):
        raise UsageWrong(f"There is no valid key {key}.", hint="`fathom keys` lists them.")
    print_result({"revoked": key}, as_json or _wants_json(context), lambda: say(f"{key} opens nothing any more."))
    return 0


def _wants_json(context: typer.Context) -> bool:
    return bool(isinstance(context.obj, dict) and context.obj.get("json"))


def _print(found: Sequence[KeyInfo]) -> None:
    table(
        ("id", "name", "role", "collection", "made", "last used", "state"),
        (
            (key.id, key.name, key.role, key.collection or "all", _when(key.created_at), _when(key.last_used_at), _state(key))
            for key in found
        ),
    )


def _state(key: KeyInfo) -> str:
    return "valid" if key.revoked_at is None else "revoked"


def _when(at: float | None) -> str:
    return "" if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")
