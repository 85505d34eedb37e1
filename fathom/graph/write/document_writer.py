"""Writes a document's chunks to the graph: extracts and writes new chunks, removes deleted ones, leaves the rest untouched."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice

from fathom.chunking.chunk import Chunk, ChunkSet
from fathom.database import open_database
from fathom.embedding.binary_vectors import BinarizingEmbedder
from fathom.embedding.embedder import Embedder, open_embedder
from fathom.errors import ExtractionFailed, FathomError
from fathom.extraction.dropped_items import LostItems, count_lost, sum_counts
from fathom.extraction.factory import open_language_model
from fathom.extraction.model import LanguageModel
from fathom.extraction.ontology import ANY_COLLECTION, read_vocabularies
from fathom.graph.curation.undo_execution import WriteUndoer
from fathom.graph.curation.write_recorder import WriteRecorder, retire_episodes
from fathom.graph.read.document_totals import document_totals
from fathom.graph.reconciliation.graph_repair import Repair, repair
from fathom.graph.write.aggregates import Rules
from fathom.graph.write.attachment_links import link_attachments
from fathom.graph.write.collection_changes import CollectionChanges, WriterAccess
from fathom.graph.write.deletion import Deletion, delete_document
from fathom.graph.write.extraction_queue import ChunkExtraction, extract_chunks
from fathom.graph.write.quarantine import MAX_TRIES, already_quarantined, quarantine_chunks
from fathom.graph.write.repeated_failure import shared_fault
from fathom.graph.write.write_plan import DocumentDates, WritePlan, plan_write
from fathom.graph.write.write_progress import WriteProgress
from fathom.graph.write.write_report import EpisodeProgress, EpisodeProgressCallback, WriteReport
from fathom.graphdb.connection import GraphConnection, open_graph
from fathom.ids import episode_uuid, split_document_id
from fathom.knowledge.chunk_rows import episode_rows
from fathom.knowledge.confidence_filter import below_threshold, drop_uncertain, lost_below_threshold
from fathom.knowledge.fact_validity import DEFAULT_RULES, override_rules
from fathom.knowledge.records import EpisodeRows
from fathom.ledger.episode import EpisodeOutcome, ExtractionOutcome, FailureOutcome, WriteOutcome
from fathom.ledger.episode_ledger import Ledger, PlannedEpisode, ProducerVersions
from fathom.ledger.retired_content import RetiredItem
from fathom.ledger.writer_lease import Leases
from fathom.llm.client import billed_to
from fathom.observability.structured_logging import get_logger
from fathom.resolution.resolver import PendingMatches, Resolver
from fathom.settings import Settings

BATCH = 20  # chunks a transaction: shares the cost of a transaction, and a crash repeats little

log = get_logger(__name__)


def _silent(progress: EpisodeProgress) -> None:
    pass


def _default_rules(collection: str) -> Rules:
    return DEFAULT_RULES


@dataclass(frozen=True)
class WriteOptions:
    """How documents are written: rules of functional relations, chunks a transaction, least confidence, and undo."""

    rules_of: Callable[[str], Rules] = _default_rules
    batch: int = BATCH
    min_confidence: float = 0.0  # of entities and facts whose confidence was measured; the others are dropped
    undoable: bool = True  # keeps what a write needs to be undone


DEFAULT_OPTIONS = WriteOptions()


class DocumentWriter:
    """Writes the episodes of documents; a single writer a collection at a time."""

    def __init__(
        self,
        connection: GraphConnection,
        model: LanguageModel,
        embedder: Embedder,
        ledger: Ledger,
        leases: Leases | None = None,
        options: WriteOptions = DEFAULT_OPTIONS,
    ) -> None:
        self.connection = connection
        self._model = model
        self._embedder = BinarizingEmbedder(embedder)
        self._ledger = ledger
        self._resolver = Resolver(connection, ledger, model, self._embedder)
        self._options = options
        parts = WriterAccess(connection, self._embedder, leases or Leases(ledger.engine), options.rules_of)
        self.changes = CollectionChanges(parts, self._resolver)
        self.undoer = WriteUndoer(self.changes, ledger)
        self._recorder = WriteRecorder(connection, ledger)

    def write(
        self,
        chunk_set: ChunkSet,
        *,
        reference_time: datetime,
        came_at: datetime | None = None,
        progress: EpisodeProgressCallback = _silent,
        attached_to: str | None = None,
        attachments: Sequence[str] = (),
    ) -> WriteReport:
        """Writes every chunk of the document as an episode, or reports it as failed.

        Args:
            chunk_set: the document's chunks; chunks that are in the graph already stay.
            reference_time: facts without a date hold from it.
            came_at: the time of arrival where `reference_time` is the document's own date, which then orders its undated facts.
            progress: called after each step.
            attached_to: the id of the mail that the document was attached to; their episodes are linked.
            attachments: the ids of the documents attached to it; their episodes are linked.

        Raises GraphUnreachable; the same call again continues from there.
        """
        collection, _ = split_document_id(chunk_set.document)
        with self.changes.exclusive(collection), billed_to(chunk_set.document):
            self.undoer.finish(chunk_set.document)
            report = self._write(chunk_set, DocumentDates(reference_time, came_at), progress)
            if attached_to is not None:
                link_attachments(self.connection, self._ledger, attached_to, [chunk_set.document])
            link_attachments(self.connection, self._ledger, chunk_set.document, attachments)
            return report

    def repair(self, collection: str) -> Repair:
        """Reconciles ledger and graph of the collection without calling the model; `left` has the remaining differences.

        Raises GraphUnreachable, LeaseLost.
        """
        with self.changes.exclusive(collection):
            self._resolver.mark_for_pruning(collection)  # the graph may have lost anything
            done = repair(self.connection, self._ledger, collection, partial(self.changes.remove, collection))
            self._resolver.prune(collection)
            return done

    def erase(self, document: str, *, keep_as: str | None = None) -> Deletion:
        """Deletes the document from the graph; content that other documents share stays.

        With `keep_as`, its episodes are kept as retired by this owner. Raises GraphUnreachable, LeaseLost.
        """
        collection, _ = split_document_id(document)
        with self.changes.exclusive(collection):
            self.undoer.finish(document)
            if keep_as is not None:
                retire_episodes(self.connection, self._ledger, keep_as, document, self._ledger.written(document))
            done = delete_document(self.connection, self._ledger, document, partial(self.changes.remove, collection))
            self._resolver.prune(collection)
            return done

    def restore(self, document: str, kept: Sequence[RetiredItem], episodes: Sequence[PlannedEpisode], version: str) -> int:
        """Brings the document's episodes back from retired content, without a call of the model. Idempotent.

        Raises GraphUnreachable, LeaseLost.
        """
        collection, _ = split_document_id(document)
        with self.changes.exclusive(collection):
            used = self.undoer.bring_back(document, kept)
            self._ledger.reinstate(episodes, version)
            self.undoer.link(document)
            return used.calls

    def close(self) -> None:
        """Closes the connections to graph and language model; using the writer opens them again."""
        self.connection.close()
        self._model.close()

    def _write(self, chunk_set: ChunkSet, dates: DocumentDates, on_progress: EpisodeProgressCallback) -> WriteReport:
        plan = plan_write(chunk_set, dates, self._ledger.states(chunk_set.document))
        with self._recorder.recording(plan) if self._options.undoable else nullcontext():
            return self._write_planned(plan, on_progress)

    def _write_planned(self, plan: WritePlan, on_progress: EpisodeProgressCallback) -> WriteReport:
        chunk_set = plan.chunk_set
        touched = self._remove(plan.collection, plan.gone)
        makers = ProducerVersions(chunk_set.chunker, self._model.prompt, self._model.name, self._embedder.name)
        self._ledger.plan(plan.document, chunk_set.version, plan.episodes, makers)
        progress = WriteProgress(len(plan.todo), on_progress)
        pending = self._extract_and_save(plan, progress)
        if progress.written or plan.has_written_episode:  # otherwise the chunks are not the cause
            quarantine_chunks(self._ledger, plan.collection, plan.document, progress.failed.values())
        self._resolver.prune(plan.collection)  # after the write, which may state the same again
        self._resolve(plan, pending, progress)
        return self._report(plan, touched, progress)

    def _extract_and_save(self, plan: WritePlan, progress: WriteProgress) -> PendingMatches | None:
        """Extracts and saves the chunks, retrying failed ones up to MAX_TRIES times; returns the names being judged.

        Raises AnswersUnusable where the model, not a chunk, is the cause, and the errors that stop all requests.
        """
        pending: PendingMatches | None = None
        chunks = plan.todo
        for tries in range(1, MAX_TRIES + 1):
            pending = self._try_chunks(plan, chunks, progress, pending)
            if not (chunks := progress.to_try_again()):
                break
            if (fault := shared_fault(progress.failed.values(), len(plan.wanted), tries, self._model.name)) is not None:
                raise fault
        return pending

    def _try_chunks(
        self, plan: WritePlan, chunks: Sequence[Chunk], progress: WriteProgress, pending: PendingMatches | None
    ) -> PendingMatches | None:
        """Extracts and saves the chunks in batches; names are judged during the last, unless some are `pending` already."""
        size = self._options.batch
        with closing(extract_chunks(self._model, chunks, size)) as found:
            for start in range(0, len(chunks), size):
                expected = min(size, len(chunks) - start)
                batch, stopped = self._collect_batch(plan, islice(found, expected), expected, progress)
                last = start + expected == len(chunks) and not stopped and not pending
                began = time.perf_counter()
                with self._resolver.judge_during_write(plan.collection, plan.uuids, batch if last else ()) as started:
                    progress.seconds_writing += time.perf_counter() - began
                    self._save(plan.collection, batch, progress)
                pending = pending or started
                if stopped:
                    raise stopped
        return pending

    def _report(self, plan: WritePlan, touched: Sequence[str], progress: WriteProgress) -> WriteReport:
        """Reports the write; `touched` are the entities that removed episodes mentioned."""
        failures = [*progress.failed.values(), *already_quarantined(self._ledger, plan.document, plan.wanted, plan.before)]
        languages, supported = plan.languages, self._model.languages  # None: all
        totals = document_totals(self.connection, plan.uuids, touched)
        rows = [row for row in self._ledger.rows(plan.document, state="written") if row.uuid in plan.wanted]
        left_out = sum_counts(*(row.left_out for row in rows))
        unsure = below_threshold(left_out)
        extracted = [
            *(LostItems(row.entities, row.facts) for row in rows),
            count_lost(left_out),
            lost_below_threshold(left_out),
        ]
        if unsure and progress.written:
            metrics = lost_below_threshold(left_out)._asdict()
            log.info("Low-confidence items dropped", sub_stage="confidence", metrics=metrics)
        return WriteReport(
            document=plan.document,
            version=plan.chunk_set.version,
            chunks=len(plan.chunk_set.chunks),
            written=progress.written,
            unchanged=totals.episodes - progress.written,
            removed=len(plan.gone),
            failures=sorted(failures, key=lambda failure: failure.position),
            entities=totals.entities,
            facts=totals.facts,
            entities_by_type=totals.entities_by_type,
            languages=dict(languages.most_common()),
            unread=sum(count for code, count in languages.items() if supported is not None and code not in supported),
            sample_facts=totals.sample_facts,
            orphans=totals.orphans,
            missing_embeddings=totals.missing_embeddings,
            facts_left_out=dict(progress.left_out),
            answers_left_out={why: count for why, count in left_out.items() if why not in unsure},
            below_confidence=unsure,
            min_confidence=self._options.min_confidence,
            entities_answered=sum(part.entities for part in extracted),
            facts_answered=sum(part.facts for part in extracted),
            tokens_in=progress.tokens_in,
            tokens_out=progress.tokens_out,
            cost_usd=progress.cost_usd,
            seconds_extracting=progress.seconds_extracting,
            seconds_writing=progress.seconds_writing,
            model=self._model.name,
            prompt=self._model.prompt,
            embedder=self._embedder.name,
        )

    def _collect_batch(
        self, plan: WritePlan, extracted: Iterator[ChunkExtraction], expected: int, progress: WriteProgress
    ) -> tuple[list[EpisodeRows], FathomError | None]:
        """Returns a batch as rows, and the error that stopped extraction; rows before it are paid for and must be written."""
        start = time.perf_counter()
        batch: list[EpisodeRows] = []
        outcomes: list[EpisodeOutcome] = []
        stopped: FathomError | None = None
        progress.sending(expected)
        try:
            for chunk, extraction in extracted:
                uuid = episode_uuid(plan.collection, plan.document, chunk.id)
                if isinstance(extraction, ExtractionFailed):
                    outcomes.append(FailureOutcome(uuid, extraction.name))
                    progress.fail(chunk, extraction)
                    continue
                found = drop_uncertain(extraction, self._options.min_confidence)
                use = found.usage
                outcomes.append(ExtractionOutcome(uuid, use.tokens_in, use.tokens_out, use.cost_usd, found.left_out))
                batch.append(episode_rows(plan.collection, plan.document, chunk, found, *plan.dates))
                progress.extracted(chunk, found)
                progress.left_out.update(batch[-1].left_out)
        except FathomError as error:
            stopped = error
        finally:  # also when the run is cancelled: the calls are paid for
            if outcomes:
                self._ledger.record(outcomes)
        progress.seconds_extracting += time.perf_counter() - start
        return batch, stopped

    def _save(self, collection: str, batch: Sequence[EpisodeRows], progress: WriteProgress) -> None:
        if not batch:
            return
        start = time.perf_counter()
        progress.writing(len(batch))
        self.changes.save(collection, batch)
        self._ledger.record([WriteOutcome(rows.uuid, len(rows.entities), len(rows.facts)) for rows in batch])
        progress.seconds_writing += time.perf_counter() - start
        progress.wrote(len(batch))

    def _remove(self, collection: str, gone: Sequence[str]) -> list[str]:
        if not gone:
            return []
        touched = self.changes.remove(collection, gone)
        self._ledger.mark_removed(gone, "its chunk is no longer in the document")
        log.info(f"{len(gone)} episodes removed", sub_stage="removed", metrics={"episodes": len(gone)})
        return touched

    def _resolve(self, plan: WritePlan, pending: PendingMatches | None, progress: WriteProgress) -> None:
        """Resolves the names and facts of the episodes; the usage is recorded with the last episode."""
        if not plan.wanted:
            return
        start = time.perf_counter()
        joins = (partial(join, plan.collection) for join in (self.changes.join_names, self.changes.join_facts))
        use = self._resolver.resolve(plan.collection, plan.uuids, pending, *joins)
        if use.calls:
            self._ledger.record([ExtractionOutcome(plan.uuids[-1], use.tokens_in, use.tokens_out, use.cost_usd)])
        progress.judged(use, time.perf_counter() - start)


def open_writer(settings: Settings, instead_of_model: LanguageModel | None = None) -> DocumentWriter:
    """Returns the writer of the deployment; models and connection are opened when first used.

    Of what is extracted `instead_of_model`, everything is written, whatever its confidence.
    """
    vocabularies = read_vocabularies(settings.llm_types)
    least = 0.0 if instead_of_model else settings.min_confidence

    def rules(collection: str) -> Rules:
        return override_rules(vocabularies.get(collection, vocabularies[ANY_COLLECTION]).one_at_a_time)

    return DocumentWriter(
        open_graph(settings),
        instead_of_model or open_language_model(settings),
        open_embedder(settings),
        Ledger(open_database(settings.operational_url)),
        options=WriteOptions(rules, min_confidence=least, undoable=settings.undo_days > 0),
    )
