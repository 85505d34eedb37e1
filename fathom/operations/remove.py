"""Removes a document from the graph, the store, the inbox and Dagster's partitions, with a receipt in the audit log."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass

from fathom.errors import Refused
from fathom.graph.read.snapshot import Snapshot
from fathom.graph.write.deletion import Deletion, DeletionReceipt, KeptItem
from fathom.ids import split_document_id
from fathom.ledger.episode_ledger import Ledger
from fathom.observability.structured_logging import emit
from fathom.operations.removal_receipt import ACTION, Receipt
from fathom.operations.restorable_copies import copy_owner, erase_copy, keep_copy, restorable_until
from fathom.orchestration.run_submission import PARTITIONS, open_instance, submission_lock
from fathom.security import audit_log
from fathom.settings import Settings
from fathom.storage.artifacts import open_artifacts
from fathom.uploads import repository
from fathom.uploads.attachments_of_mails import delete_mail_link
from fathom.uploads.intake import Intake, open_intake
from fathom.uploads.upload import Upload, UploadState

STAYS = [
    "its rows in the ledger, marked removed: they hold no text, and show what was paid for it",
    "its calls in the record of costs: what was spent stays spent; they hold no text",
    "its log lines until they expire: they name it and hold no text of it",
]
# For a document without planned episodes, so that its removal does not need the graph.
NEVER_THERE = Deletion(
    DeletionReceipt(episodes=[], mentions=0, facts=[], entities=[], kept=[], changed=[], digest_before="", digest_after=""),
    Snapshot(),
)


class InHandNow(Refused):
    """A run works on the document, so it cannot be removed yet."""

    hint = "Cancel it first, or wait until it is done."


def remove(settings: Settings, document: str, *, by: str, forget: bool = False) -> Receipt | None:
    """Removes the document from the graph, the inbox, the store and the uploads; returns None for an unknown document.

    A copy is kept for `settings.undo_days`, from which it can be brought back, unless it is to `forget` the document. Content
    that other documents share stays, as do accepted bytes that another document has; the receipt lists both. Raises InHandNow
    while a run works on it, GraphUnreachable, StoreFailed; a second call continues where that stopped.
    """
    intake = open_intake(settings)
    collection, _ = split_document_id(document)
    with (
        submission_lock(settings),  # so that no run is started for it meanwhile
        audit_log.failure_audited(intake.engine, ACTION, collection=collection, document=document),
    ):
        row = intake.state_of(document)
        if row is None:
            return None
        if row.state in (UploadState.SUBMITTED, UploadState.RUNNING) or intake.running_by_hand(document):
            raise InHandNow(f"A run has {document} in hand.", document=document)
        until = None if forget else restorable_until(settings, time.time())
        receipt, erasure = _remove_everywhere(settings, intake, row, Removal(by, until))
        _record(intake, receipt, erasure)
    emit("system.removed", "The document was removed", document=document, episodes=receipt.episodes_removed, by=by)
    return receipt


@dataclass(frozen=True)
class Removal:
    """A removal: its author, and until when a copy is kept (seconds since 1970); None for no copy."""

    by: str
    kept_until: float | None


def _remove_everywhere(settings: Settings, intake: Intake, row: Upload, removal: Removal) -> tuple[Receipt, Deletion]:
    document, until = row.document, removal.kept_until
    if until is None:
        erase_copy(settings, document)
    else:
        keep_copy(settings, intake, row)
    in_inbox = _unlink(settings, row)
    erasure = _erase(settings, document, until is not None) if Ledger(intake.engine).rows(document) else NEVER_THERE
    artifacts = open_artifacts(settings).forget(document)
    answers = _forget_answers(settings, document)
    links = intake.mail_links_of(document)
    attachments = [name for name in links.attachments if intake.state_of(name)]
    within = [f"its bytes inside {links.mail}, which it came with: they bring it back when that mail is tried again"]
    repository.forget(intake.engine, document)
    delete_mail_link(intake.engine, document)
    _forget_profile(intake, document)
    versions, shared = _forget_bytes(intake, row, keep=until is not None)
    if (settings.dagster_home / "dagster.yaml").exists():
        open_instance(settings).delete_dynamic_partition(PARTITIONS, document)
    erased = erasure.erased.model_copy(update={"kept": [*erasure.erased.kept, *shared]})
    receipt = Receipt(
        id=audit_log.new_id(),
        document=document,
        version=row.version,
        episodes_removed=len(erased.episodes),
        facts_removed=len(erased.facts),
        entities_removed=len(erased.entities),
        artifacts_removed=artifacts,
        answers_removed=answers,
        bytes_removed=versions if until is None else [],
        bytes_kept=[] if until is None else versions,
        restorable_until=until,
        attachments=attachments,
        file_removed=in_inbox,
        graph=erased,
        stays=[*STAYS, *_said_of_copy(until), *(within if links.mail and intake.state_of(links.mail) else [])],
        removed_at=time.time(),
        removed_by=removal.by,
    )
    return receipt, erasure


def _record(intake: Intake, receipt: Receipt, erasure: Deletion) -> None:
    entry = audit_log.Entry(
        id=receipt.id,
        at=time.time(),
        action=ACTION,
        by=receipt.removed_by,
        collection=split_document_id(receipt.document)[0],
        document=receipt.document,
        account=receipt.model_dump(mode="json"),
        evidence={"shared": erasure.after.shared_digest(), "documents": erasure.after.digests()},
    )
    audit_log.record(intake.engine, entry)


def _unlink(settings: Settings, row: Upload) -> bool:
    place = settings.inbox_path / row.path if row.path else None
    if place is None or not place.is_file() or place.is_symlink():
        return False
    place.unlink()
    return True


def _said_of_copy(until: float | None) -> list[str]:
    if until is None:
        return []
    day = time.strftime("%Y-%m-%d", time.gmtime(until))
    return [f"a copy of it until {day}, from which `fathom documents restore` brings it back; `remove ID --forget` erases it"]


def _erase(settings: Settings, document: str, keep: bool) -> Deletion:
    from fathom.graph.write.document_writer import open_writer

    writer = open_writer(settings)
    try:
        return writer.erase(document, keep_as=copy_owner(document) if keep else None)
    finally:
        writer.close()


def _forget_answers(settings: Settings, document: str) -> int:
    from fathom.extraction.pipeline import response_cache_of

    with closing(response_cache_of(settings)) as cache:
        return cache.forget(document)


def _forget_profile(intake: Intake, document: str) -> None:
    from fathom.quality.drift.reference_store import DriftReferences

    DriftReferences(intake.engine).forget_document(document)


def _forget_bytes(intake: Intake, row: Upload, *, keep: bool) -> tuple[list[str], list[KeptItem]]:
    """Deletes the document's versions that no other document has from the store; returns these and the retained ones.

    With `keep`, they stay for the restorable copy, and count as deleted.
    """
    mine = {row.version for row in Ledger(intake.engine).rows(row.document)} | ({row.version} if row.version else set())
    removed: list[str] = []
    kept: list[KeptItem] = []
    for version in sorted(mine):
        others = repository.documents_with_version(intake.engine, version)
        if others:
            kept.append(KeptItem(kind="bytes", id=version, why=f"{', '.join(others[:3])} has the same bytes"))
        elif intake.store.has(version) if keep else intake.store.forget(version):
            removed.append(version)
    return removed, kept
