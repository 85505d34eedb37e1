"""`fathom graph digest`, `backup`, `backups` and `restore`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fathom.cli.command_settings import deployment
from fathom.cli.commands.graph.graph_group import group
from fathom.cli.option_classes import options_from
from fathom.cli.output import AsJson, print_json, print_result, say, table

if TYPE_CHECKING:
    from fathom.graph.backup.backup_catalog import BackupDescription
    from fathom.settings import Settings

Collection = Annotated[str | None, typer.Option("--collection", "-c", help="Only this collection.")]
PassphraseFile = Annotated[
    Path | None, typer.Option("--passphrase-file", metavar="FILE", help="The passphrase is the first line of the file.")
]


@group.command(epilog="Example: fathom graph digest --collection samples")
def digest(collection: Collection = None, as_json: AsJson = False) -> int:
    """Compute the digest of all content: equal for a restored graph, on either server, and for a copy of a collection."""
    from contextlib import closing

    from fathom.graph.backup.restoring import read_digest
    from fathom.graphdb.connection import open_graph

    with closing(open_graph(deployment())) as connection:
        found = read_digest(connection, collection)
    print_result(found, as_json, lambda: table(("digest", "nodes>", "relationships>"), [tuple(vars(found).values())]))
    return 0


@dataclass(frozen=True)
class BackupOptions:
    """The collection to back up, and the place for the backup."""

    collection: Collection = None
    to: Annotated[str | None, typer.Option(metavar="URL", help="A folder or fsspec URL; default: FATHOM_BACKUPS.")] = None
    passphrase_file: PassphraseFile = None
    incremental: Annotated[bool, typer.Option(help="Without the documents that the last such backup has.")] = False


@group.command(epilog="Example: fathom graph backup --collection reports --passphrase-file backup.key")
@options_from(BackupOptions)
def backup(options: BackupOptions, as_json: AsJson = False) -> int:
    """Back up graph, ledger, verdicts and documents into a single file, as of one moment, while writers go on."""
    from fathom.operations.graph.graph_backups import BackupRequest, back_up

    request = BackupRequest(
        collection=options.collection,
        to=options.to,
        passphrase=_passphrase(options.passphrase_file),
        incremental=options.incremental,
    )
    made = back_up(deployment(), request)
    print_result(made, as_json, lambda: _print([made]))
    return 0


@group.command(epilog="Example: fathom graph backups --verify 20261130T205000Z-3f9a")
def backups(
    verify: Annotated[str | None, typer.Option(metavar="ID", help="Restore it in a scratch graph and compare.")] = None,
    from_: Annotated[str | None, typer.Option("--from", metavar="URL", help="Where they are; default: FATHOM_BACKUPS.")] = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> int:
    """List the backups, or prove one: exit code 1 if it cannot be restored with the same digest."""
    from fathom.operations.graph.graph_backups import open_catalog, prove

    settings = deployment()
    if verify is None:
        found = open_catalog(settings, from_).backups()
        print_result({"backups": found} if as_json else found, as_json, lambda: _print(found))
        return 0
    proof = prove(settings, verify, _passphrase(passphrase_file) or _setting(settings), from_)
    print_result(proof, as_json, lambda: say(proof.detail))
    return 0 if proof.proven else 1


@dataclass(frozen=True)
class RestoreOptions:
    """Where to restore to."""

    collection: Annotated[
        str | None, typer.Option("--collection", "-c", help="The name it gets: another one makes a copy.")
    ] = None
    only: Annotated[str | None, typer.Option(help="Of a backup of all: only this collection.")] = None
    replace: Annotated[bool, typer.Option(help="Replace what is there; it is backed up first.")] = False
    passphrase_file: PassphraseFile = None


@group.command(epilog="Example: fathom graph restore 20261130T205000Z-3f9a --collection reports-copy")
@options_from(RestoreOptions)
def restore(
    backup: Annotated[str, typer.Argument(metavar="ID_OR_PATH", help="The id of a backup, or its file.")],
    options: RestoreOptions,
    as_json: AsJson = False,
) -> int:
    """Restore a backup without a model call, and prove it by its digest."""
    from fathom.operations.graph.graph_backups import RestoreRequest
    from fathom.operations.graph.graph_backups import restore as restored_from

    settings = deployment()
    request = RestoreRequest(
        backup=backup,
        collection=options.collection,
        only=options.only,
        replace=options.replace,
        passphrase=_passphrase(options.passphrase_file) or _setting(settings),
    )
    done = restored_from(settings, request)
    if as_json:
        print_json(done)
    else:
        counts = f"{done.nodes} nodes, {done.relationships} relationships"
        say(f"Restored {', '.join(done.collections)}: {counts}, digest {done.digest}.")
    for name in done.paused:
        say(f"{name} is paused: its inbox has other versions of documents; `fathom documents resume {name}` ingests them.")
    return 0


def _passphrase(file: Path | None) -> str | None:
    """Returns the first line of the file. Raises UsageWrong for a file that is empty or cannot be read."""
    from fathom.errors import UsageWrong

    if file is None:
        return None
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageWrong(f"{file} cannot be read: {error}.") from error
    if not lines or not lines[0]:
        raise UsageWrong(f"{file} has no passphrase in its first line.")
    if file.stat().st_mode & 0o077:
        say(f"{file} can be read by others; `chmod 600 {file}` keeps the passphrase to you.")
    return lines[0]


def _setting(settings: Settings) -> str | None:
    return settings.backup_passphrase.get_secret_value() if settings.backup_passphrase else None


def _print(found: list[BackupDescription]) -> None:
    columns = ("id", "of", "made", "why", "nodes>", "relationships>", "bytes>", "proof", "path")
    table(columns, ((*_row(backup),) for backup in found))


def _row(backup: BackupDescription) -> tuple[object, ...]:
    at = datetime.fromtimestamp(backup.created_at, UTC)
    proof = "" if backup.proof is None else "proven" if backup.proof.proven else f"FAILED: {backup.proof.detail}"
    of = backup.scope or "all"
    counts = (backup.nodes, backup.relationships, backup.size_bytes)
    return backup.backup_id, of, f"{at:%Y-%m-%d %H:%M}", backup.reason, *counts, proof, backup.path
