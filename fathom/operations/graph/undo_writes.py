"""Undoes what a run, an upload batch or the last version of a document wrote: graph, ledger and uploads are as before."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, computed_field
from sqlalchemy.engine import Engine

from fathom.database import open_database
from fathom.errors import UsageWrong, WriteUndone
from fathom.graph.curation.undo_plan import UndoPlan
from fathom.graph.write.document_writer import DocumentWriter, open_writer
from fathom.ids import split_document_id
from fathom.ledger.write_journal import GraphWrite, WriteJournal
from fathom.observability.structured_logging import stage
from fathom.operations.remove import InHandNow
from fathom.operations.restorable_copies import RestoredDocument, is_removed, restore_removed
from fathom.orchestration.run_submission import submission_lock
from fathom.orchestration.undo_observations import report_undone
from fathom.security.audit_log import audited
from fathom.settings import Settings
from fathom.storage.artifacts import open_artifacts
from fathom.storage.replaced_artifacts import bring_back
from fathom.uploads import upload_batches
from fathom.uploads.intake import Intake, open_intake
from fathom.uploads.transitions import take_back_unwritten
from fathom.uploads.upload import UploadState

ACTION = "graph.undo"
IN_HAND = (UploadState.SUBMITTED, UploadState.RUNNING)

OnDocument = Callable[[int, int, str], None]  # position from 1, number of documents, id


class UndoneDocument(BaseModel):
    """The undo of the writes of a document."""

    model_config = ConfigDict(frozen=True)

    document: str
    state: Literal["planned", "undone", "refused", "nothing to undo"]
    why: str | None = Field(None, description="why it was refused, or why there is nothing to undo")
    versions: list[str] = Field(default_factory=list[str], description="versions that were taken back")
    version: str | None = Field(None, description="the version that is in the graph afterwards; null for none")
    episodes_removed: int = 0
    episodes_brought_back: int = 0
    model_calls: int = Field(0, description="calls to compare names and facts that came back with those that came since")
    episodes_missing: int = Field(0, description="episodes of that version whose content is not kept any more")


class UndoReport(BaseModel):
    """The undo of a run, an upload batch or a version, done or planned."""

    model_config = ConfigDict(frozen=True)

    run: str | None = None
    upload: str | None = None
    document: str | None = None
    dry_run: bool
    documents: list[UndoneDocument]

    @computed_field  # type: ignore[prop-decorator]  # as pydantic's documentation has it
    @property
    def model_calls(self) -> int:
        """Calls of the language model; nothing is extracted again."""
        return sum(one.model_calls for one in self.documents)

    @property
    def refused(self) -> list[UndoneDocument]:
        """The documents that were left as they are."""
        return [one for one in self.documents if one.state == "refused"]


@dataclass(frozen=True)
class UndoTarget:
    """Names the writes to undo: exactly one of a Dagster run, an upload batch, and a document."""

    run: str | None = None
    upload: str | None = None
    document: str | None = None

    def __post_init__(self) -> None:
        if sum(given is not None for given in (self.run, self.upload, self.document)) != 1:
            raise UsageWrong("Name one of a run, an upload batch and a document.")
        if self.document is not None:
            split_document_id(self.document)

    def writes(self, engine: Engine) -> dict[str, list[GraphWrite]]:
        """Returns the writes to undo, by document. Raises UsageWrong where none is known."""
        journal = WriteJournal(engine)
        if self.run is not None:
            found = journal.of_run(self.run)
        elif self.upload is not None:
            found = journal.of_batch(self.upload)
        else:
            found = _of_last_version(journal.of_document(self.document or ""))
        by_document: dict[str, list[GraphWrite]] = defaultdict(list)
        for write in found:
            by_document[write.document].append(write)
        for document in upload_batches.documents_of(engine, self.upload) if self.upload else ():
            by_document.setdefault(document, [])
        if not by_document:
            raise UsageWrong(
                f"Nothing is known that {self.run or self.upload or self.document} wrote.",
                hint="Writes can be undone for FATHOM_UNDO_DAYS days, those of this version of Fathom and later.",
            )
        return dict(sorted(by_document.items()))


def collections_of(settings: Settings, target: UndoTarget) -> list[str]:
    """Returns the collections that the undo changes. Raises UsageWrong where nothing is known of the target."""
    if target.document is not None:
        return [split_document_id(target.document)[0]]
    return sorted({split_document_id(document)[0] for document in target.writes(open_database(settings.operational_url))})


def require_known(settings: Settings, target: UndoTarget) -> None:
    """Raises UsageWrong where nothing is known of the target; needs no graph."""
    if target.document is None or not is_removed(settings, target.document):
        target.writes(open_database(settings.operational_url))


def plan_undos(settings: Settings, target: UndoTarget) -> UndoReport:
    """Returns what `undo_writes` would do. Raises UsageWrong, GraphUnreachable."""
    engine = open_database(settings.operational_url)
    if target.document is not None and is_removed(settings, target.document):
        why = "Its removal is undone: it is brought back."
        return UndoReport(
            **vars(target), dry_run=True, documents=[UndoneDocument(document=target.document, state="planned", why=why)]
        )
    writer = open_writer(settings)
    try:
        done = [
            _described(document, plan, "planned")
            if (plan := writer.undoer.plan(document, [write.id for write in writes]))
            else _nothing(document)
            for document, writes in target.writes(engine).items()
        ]
    finally:
        writer.close()
    return UndoReport(**vars(target), dry_run=True, documents=done)


def undo_writes(settings: Settings, target: UndoTarget, *, by: str, on_document: OnDocument = lambda *_: None) -> UndoReport:
    """Undoes the writes; a document that a run works on is left as it is, and reported as refused.

    Can be repeated after it was killed. Raises UsageWrong, GraphUnreachable, StoreFull; InHandNow for a single document.
    """
    intake = open_intake(settings)
    if target.document is not None and is_removed(settings, target.document):
        return _restored(restore_removed(settings, target.document, by=by))
    by_document = target.writes(intake.engine)
    done: list[UndoneDocument] = []
    writer = open_writer(settings)
    collections = {split_document_id(document)[0] for document in by_document}
    account = {**{name: value for name, value in vars(target).items() if value}, "documents": list(by_document)}
    about = {"collection": min(collections)} if len(collections) == 1 else {}
    try:
        with audited(intake.engine, ACTION, document=target.document, account=account, announce=True, **about) as account:
            for number, (document, writes) in enumerate(by_document.items(), start=1):
                on_document(number, len(by_document), document)
                with submission_lock(settings):  # so that no run is started for it meanwhile
                    undone = _undo_document(intake, writer, document, writes, by)
                    if undone.state == "undone" and undone.version is not None:
                        bring_back(intake.engine, open_artifacts(settings), document, undone.version)
                done.append(undone)
                if undone.state == "undone":
                    report_undone(settings, undone.model_dump())
            report = UndoReport(**vars(target), dry_run=False, documents=done)
            account["done"] = [one.model_dump(exclude_defaults=True) for one in done]
    finally:
        writer.close()
    if target.document is not None and report.refused:
        raise InHandNow(report.refused[0].why or "", document=target.document)
    return report


def _restored(back: RestoredDocument) -> UndoReport:
    undone = UndoneDocument(
        document=back.document,
        state="undone",
        why="Its removal was undone.",
        version=back.version,
        episodes_brought_back=back.episodes,
        model_calls=back.model_calls,
    )
    return UndoReport(document=back.document, dry_run=False, documents=[undone])


def _undo_document(
    intake: Intake, writer: DocumentWriter, document: str, writes: Sequence[GraphWrite], by: str
) -> UndoneDocument:
    collection, _ = split_document_id(document)
    row = intake.state_of(document)
    if row is not None and (row.state in IN_HAND or intake.running_by_hand(document)):
        return UndoneDocument(document=document, state="refused", why=f"A run has {document} in hand.")
    with stage("graphiti", document=document), writer.changes.exclusive(collection):
        done = writer.undoer.finish(document)
        plan = writer.undoer.plan(document, [write.id for write in writes])
        if plan is not None:
            done.append(writer.undoer.undo(plan, by))
    if done:
        described = _described(document, done[-1].plan, "undone")
        return described.model_copy(update={"model_calls": sum(one.model_calls for one in done)})
    error = WriteUndone("It was taken back before a run took it up.", document=document)
    if not writes and take_back_unwritten(intake.engine, document, error, time.time()):
        return UndoneDocument(document=document, state="undone", why="No run had taken it up.")
    return _nothing(document)


def _described(document: str, plan: UndoPlan, state: Literal["planned", "undone"]) -> UndoneDocument:
    return UndoneDocument(
        document=document,
        state=state,
        versions=plan.versions,
        version=plan.version,
        episodes_removed=len({*plan.removed} - {episode.uuid for episode in plan.planned}),
        episodes_brought_back=len(plan.saved),
        episodes_missing=len(plan.missing),
    )


def _nothing(document: str) -> UndoneDocument:
    return UndoneDocument(document=document, state="nothing to undo", why="Nothing is kept that its writes replaced.")


def _of_last_version(writes: Sequence[GraphWrite]) -> list[GraphWrite]:
    """Returns the last writes, as far as they are of the same version."""
    found: list[GraphWrite] = []
    for write in reversed(writes):
        if found and write.version != found[0].version:
            break
        found.append(write)
    return found
