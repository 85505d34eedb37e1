"""Undoes writes of documents: stores the plan first, then changes the graph, the ledger, the journal and the upload.

Every step can be repeated, so an undo that was killed is finished by the next undo or write of the document.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from fathom.errors import AccountRefused, BudgetSpent, ExtractionFailed, LanguageModelUnreachable, WriteUndone
from fathom.extraction.model import Usage
from fathom.graph.curation.episode_archive import unpack_rows
from fathom.graph.curation.undo_plan import UndoPlan, plan_undo
from fathom.graph.curation.write_recorder import EPISODE, VERDICTS
from fathom.graph.write.attachment_links import link_attachments
from fathom.graph.write.collection_changes import CollectionChanges
from fathom.knowledge.records import EpisodeRows
from fathom.ledger.episode_ledger import Ledger
from fathom.ledger.retired_content import RetiredItem, forget_owner, pack_json, retire_within, unpack_json
from fathom.ledger.write_journal import GraphWrite, PresentEpisode, WriteJournal, mark_undone, rewrite
from fathom.llm.client import billed_to
from fathom.observability.structured_logging import get_logger
from fathom.resolution.store.verdict_archive import restore_verdicts
from fathom.sql import batched
from fathom.tables import graph_undos, retired_content
from fathom.uploads.attachments_of_mails import mail_links_of
from fathom.uploads.transitions import UndoneUpload, take_back

BATCH = 20  # episodes a transaction
WHY = "its write was undone"

log = get_logger(__name__)


@dataclass(frozen=True)
class FinishedUndo:
    """An undo that is done: its id, the plan, who asked for it, and the calls of the model for comparisons."""

    id: str
    plan: UndoPlan
    by: str
    model_calls: int = 0


class WriteUndoer:
    """Undoes writes; for the collection's writer only, within `CollectionChanges.exclusive`."""

    def __init__(self, changes: CollectionChanges, ledger: Ledger) -> None:
        self._changes = changes
        self._ledger = ledger
        self._engine = ledger.engine
        self._journal = WriteJournal(ledger.engine)

    def plan(self, document: str, writes: Collection[str]) -> UndoPlan | None:
        """Plans the undo of these writes of the document; None where none of them is known. Raises GraphUnreachable."""
        return plan_undo(self._changes.connection, self._journal, document, writes)

    def undo(self, plan: UndoPlan, by: str) -> FinishedUndo:
        """Carries the plan out. Raises GraphUnreachable, LeaseLost, StoreFull."""
        undo = uuid.uuid4().hex[:12]
        values = {"id": undo, "collection": _collection(plan), "document": plan.document, "by": by, "began_at": time.time()}
        with self._engine.begin() as connection:
            connection.execute(graph_undos.insert().values(**values, plan=pack_json(plan.as_json())))
        return self._carry_out(FinishedUndo(undo, plan, by))

    def finish(self, document: str) -> list[FinishedUndo]:
        """Finishes the undos of the document that were interrupted; returns them."""
        u = graph_undos.c
        query = sa.select(graph_undos).where(u.document == document, u.done_at.is_(None)).order_by(u.began_at)
        with self._engine.connect() as connection:
            rows = list(connection.execute(query))
        return [self._carry_out(FinishedUndo(row.id, UndoPlan(**unpack_json(row.plan)), row.by)) for row in rows]

    def bring_back(self, document: str, kept: Sequence[RetiredItem]) -> Usage:
        """Saves the retired episodes of the document again, with the verdicts that were pruned without them.

        Returns the usage of the model for comparisons with what came since.
        """
        for item in kept:
            if item.kind == VERDICTS:
                restore_verdicts(self._engine, item.content)
        collection = document.partition("/")[0]
        self._save(collection, [unpack_rows(item.content) for item in kept if item.kind == EPISODE])
        return self._compare(document, [item.key for item in kept if item.kind == EPISODE])

    def link(self, document: str) -> None:
        """Links the episodes of a mail and its attachments, where the document is either."""
        links = mail_links_of(self._engine, document)
        if links.mail is not None:
            link_attachments(self._changes.connection, self._ledger, links.mail, [document])
        link_attachments(self._changes.connection, self._ledger, document, links.attachments)

    def _carry_out(self, undo: FinishedUndo) -> FinishedUndo:
        plan = undo.plan
        collection = _collection(plan)
        for rows in plan.verdicts:
            restore_verdicts(self._engine, rows)
        for batch in batched(plan.removed, BATCH):
            self._changes.remove(collection, batch)
        saved = [unpack_rows(packed) for packed in plan.saved]
        self._save(collection, saved)
        self._resolve(plan)
        used = self._compare(plan.document, [rows.uuid for rows in saved])
        after = {episode.uuid for episode in plan.planned}
        states = self._ledger.states(plan.document)
        self._ledger.mark_removed([one for one, state in states.items() if one not in after and state != "removed"], WHY)
        if plan.version is not None:
            self._ledger.reinstate(plan.planned, plan.version)
        self.link(plan.document)
        writes = self._journal.of_document(plan.document)
        with self._engine.begin() as connection:
            self._settle(connection, undo, writes)
        metrics = {"removed": len(plan.removed), "brought_back": len(plan.saved)}
        log.info("Write undone", sub_stage="undone", metrics=metrics)
        return replace(undo, model_calls=used.calls)

    def _save(self, collection: str, rows: Sequence[EpisodeRows]) -> None:
        for batch in batched(rows, BATCH):
            self._changes.save(collection, batch)

    def _resolve(self, plan: UndoPlan) -> None:
        """Prunes verdicts on names that are gone, and those that only they called for; resolves names without them."""
        collection = _collection(plan)
        now = time.time()
        self._changes.resolver.prune(collection)
        spans = [(began or 0.0, ended or now) for began, ended in plan.spans]
        if keys := self._changes.resolver.drop_unsupported(collection, spans):
            self._changes.join_names(collection, keys)

    def _compare(self, document: str, episodes: Sequence[str]) -> Usage:
        """Compares names and facts that came back with those that came since; a model that is away leaves this for later."""
        collection, changes = document.partition("/")[0], self._changes
        joins = (partial(join, collection) for join in (changes.join_names, changes.join_facts))
        if not episodes:
            return Usage()
        try:
            with billed_to(document):
                return changes.resolver.resolve(collection, episodes, None, *joins)
        except (LanguageModelUnreachable, BudgetSpent, AccountRefused, ExtractionFailed) as error:
            log.warning(f"Not compared with what came since: {error.message}", sub_stage="names")
            return Usage()

    def _settle(self, connection: Connection, undo: FinishedUndo, writes: Sequence[GraphWrite]) -> None:
        """Brings journal, retired content and the upload to the new history."""
        plan, now = undo.plan, time.time()
        for owner in plan.undone:
            forget_owner(connection, owner)
        c = retired_content.c
        for owner, episodes in plan.retired.items():
            connection.execute(retired_content.delete().where(c.owner == owner, c.kind == EPISODE))
            items = (RetiredItem(owner, EPISODE, key, plan.document, rows) for key, rows in episodes.items())
            retire_within(connection, self._engine, items)
        if plan.heir is not None:
            items = (
                RetiredItem(plan.heir, VERDICTS, f"{undo.id} {number}", plan.document, rows)
                for number, rows in enumerate(plan.verdicts)
            )
            retire_within(connection, self._engine, items)
        for write in writes:
            if known := plan.histories.get(write.id):
                before = [PresentEpisode(*episode) for episode in known["before"]]
                rewrite(connection, write, before, known["present"])
        mark_undone(connection, plan.undone, now)
        message = f"What its run wrote was taken back on {time.strftime('%Y-%m-%d', time.gmtime(now))}."
        error = WriteUndone(message, document=plan.document)
        take_back(connection, UndoneUpload(plan.document, plan.versions, plan.version, plan.accepted_at, error), now)
        done = graph_undos.update().where(graph_undos.c.id == undo.id)
        connection.execute(done.values(done_at=now, plan=None))


def _collection(plan: UndoPlan) -> str:
    return plan.document.partition("/")[0]
