"""The data of the page `/graph/backups`: each backup with its proof, and for admins what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from fathom.api.page import figures_in_words as words
from fathom.api.page.action_buttons import Confirmation
from fathom.api.page.graph.action_form import ActionForm, body
from fathom.api.page.graph.overview_view import moment
from fathom.graph.backup.backup_catalog import BackupDescription, BackupProof
from fathom.security.api_keys import Caller

MAX_BACKUPS = 50  # of a page
BACKUP, PROVE, RESTORE = "/api/neo4j/backup", "/api/neo4j/backup/prove", "/api/neo4j/restore"


@dataclass(frozen=True)
class ProofState:
    """The state of a backup's proof: the colour of a dot, a word with the time, and the outcome."""

    dot: str
    word: str
    detail: str


@dataclass(frozen=True)
class BackupRow:
    """A backup; `prove` and `restore` are None for callers who may not, `several` are the collections to choose from."""

    backup_id: str
    made: str
    made_at: str
    scope: str
    content: str
    size: str
    digest: str
    whole_digest: str
    about: str
    encrypted: bool
    proof: ProofState
    several: list[str]
    prove: ActionForm | None
    restore: ActionForm | None


@dataclass(frozen=True)
class BackupsPage:
    """The whole page; `make` is None for callers who may not, `collections` are those that can be backed up."""

    template: ClassVar[str] = "graph/backups.html"
    problem: str | None
    shown: str
    older: str | None
    backups: list[BackupRow]
    make: ActionForm | None
    collections: Sequence[str] = ()


def backups_page(backups: Sequence[BackupDescription], collections: Sequence[str], caller: Caller, skip: int) -> BackupsPage:
    """Returns the page of the backups after the first `skip`, with forms for an admin."""
    now = datetime.now(UTC)
    admin = caller.has("admin")
    page = backups[skip : skip + MAX_BACKUPS]
    last = skip + len(page)
    return BackupsPage(
        problem=None,
        shown=f"{skip + 1}–{last} of {words.many(len(backups), 'backup')}" if page else "",
        older=f"/graph/backups?skip={last}" if last < len(backups) else None,
        backups=[_row(backup, now, admin=admin) for backup in page],
        make=_make() if admin else None,
        collections=collections,
    )


def _make() -> ActionForm:
    says = (
        "Sources, documents, chunks, ledger, verdicts and the graph with its embeddings are written into one file, as of one "
        "moment. Reading goes on meanwhile; writers wait a few seconds at most."
    )
    done = "The backup {backup_id} was made: {nodes} nodes and {relationships} relationships."
    return ActionForm("Back up now…", "POST", BACKUP, Confirmation("Make a backup?", says, "Back up"), done)


def _row(backup: BackupDescription, now: datetime, *, admin: bool) -> BackupRow:
    names = [contents.name for contents in backup.collections]
    based = f"based on {backup.based_on}" if backup.based_on else ""
    return BackupRow(
        backup_id=backup.backup_id,
        made=words.ago(moment(backup.created_at), now),
        made_at=words.instant(moment(backup.created_at)),
        scope=backup.scope or f"all: {words.many(len(names), 'collection')}",
        content=f"{words.many(backup.nodes, 'node')}, {words.many(backup.relationships, 'relationship')}",
        size=words.size(backup.size_bytes),
        digest=backup.digest[:12],
        whole_digest=backup.digest,
        about=", ".join(part for part in (backup.reason, "encrypted" if backup.encrypted else "", based) if part),
        encrypted=backup.encrypted,
        proof=_proof(backup.proof, now),
        several=names if backup.scope is None else [],
        prove=_prove(backup) if admin else None,
        restore=_restore(backup) if admin and names else None,
    )


def _proof(proof: BackupProof | None, now: datetime) -> ProofState:
    if proof is None:
        return ProofState("partial", "never proven", "")
    word = "proven" if proof.proven else "failed"
    return ProofState("passed" if proof.proven else "failed", f"{word} {words.ago(moment(proof.at), now)}", proof.detail)


def _prove(backup: BackupDescription) -> ActionForm:
    says = (
        f"{backup.backup_id} is restored into a scratch graph on this host, and its digest is compared "
        "with that of the backup. Nothing of the present graph is read or changed."
    )
    confirmation = Confirmation("Prove this backup?", says, "Prove it")
    return ActionForm("Prove…", "POST", PROVE, confirmation, "{detail}", body(backup_id=backup.backup_id))


def _restore(backup: BackupDescription) -> ActionForm:
    says = (
        f"A collection of {backup.backup_id} is restored under the new name, beside what there is; a name that is in use is "
        "refused.\nNo language model is called and no embedding is computed. It says done when the digest is the same."
    )
    confirmation = Confirmation("Restore a copy?", says, "Restore the copy")
    done = "{collections} was restored: {nodes} nodes and {relationships} relationships, with the digest {digest}."
    return ActionForm("Restore the copy…", "POST", RESTORE, confirmation, done, body(backup_id=backup.backup_id))
