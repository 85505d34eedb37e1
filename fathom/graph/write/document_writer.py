"""A document's chunks into the graph: what is gone is removed, what is new is extracted and written, the rest untouched."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

from fathom.chunking.chunk import ChunkSet
from fathom.database import open_database
from fathom.embedding.binary_vectors import BinarizingEmbedder
from fathom.embedding.embedder import Embedder, open_embedder
from fathom.errors import ExtractionFailed, FathomError
from fathom.extraction.dropped_items import LostItems, count_lost, sum_counts
from fathom.extraction.factory import open_language_model
from fathom.extraction.model import LanguageModel
from fathom.extraction.ontology import ANY_COLLECTION, read_vocabularies
from fathom.graph.read.document_totals import document_totals
from fathom.graph.reconciliation.date_upgrade import upgrade_fact_dates
from fathom.graph.reconciliation.graph_repair import Repair, repair
from fathom.graph.write.aggregates import Rules
from fathom.graph.write.attachment_links import link_attachments
from fathom.graph.write.deletion import Deletion, delete_document
from fathom.graph.write.extraction_queue import ChunkExtraction, extract_chunks
from fathom.graph.write.quarantine import MAX_TRIES, already_quarantined, quarantine_chunks
from fathom.graph.write.repeated_failure import fault_of_all
from fathom.graph.write.transaction import (
    MAX_REASSIGNMENTS,
    CollectionContext,
    join_facts,
    join_names,
    recompute_fact_dates,
    remove_episodes,
    save_episodes,
)
from fathom.graph.write.write_progress import WriteProgress
from fathom.graph.write.write_report import EpisodeProgress, EpisodeProgressCallback, WriteReport
from fathom.graphdb.connection import GraphConnection, open_graph
from fathom.graphdb.fencing import exclusive_writer
from fathom.graphdb.schema import ensure_schema
from fathom.ids import episode_uuid, split_document_id
from fathom.knowledge.confidence_filter import below_threshold, drop_uncertain, lost_below_threshold
from fathom.knowledge.fact_validity import DEFAULT_RULES, rules_with
from fathom.knowledge.records import EpisodeRows, episode_rows
from fathom.ledger.episode import EpisodeOutcome, ExtractionOutcome, FailureOutcome, WriteOutcome
from fathom.ledger.episode_ledger import Ledger, PlannedEpisode, ProducerVersions
from fathom.ledger.writer_lease import Leases
from fathom.llm.client import billed_to
from fathom.observability.structured_logging import get_logger
from fathom.resolution.resolver import PendingMatches, Resolver
from fathom.settings import Settings

BATCH = 20  # chunks written in one transaction: what a transaction costs by itself is shared, and a crash repeats little

DocumentDates = tuple[datetime, datetime | None]  # a document's reference time, and when it came where that is its own date

log = get_logger(__name__)


def _silent(progress: EpisodeProgress) -> None:
    pass


class DocumentWriter:
    """Writes documents' episodes with one language model, embedder, ledger and graph; one writer a collection at a time."""

    def __init__(
        self,
        connection: GraphConnection,
        model: LanguageModel,
        embedder: Embedder,
        ledger: Ledger,
        leases: Leases | None = None,
        one_at_a_time: Callable[[str], Rules] = lambda collection: DEFAULT_RULES,
        batch: int = BATCH,
        min_confidence: float = 0.0,
    ) -> None:
        self.connection = connection
        self._model = model
        self._embedder = BinarizingEmbedder(embedder)
        self._ledger = ledger
        self._leases = leases or Leases(ledger.engine)
        self._comparing = Resolver(connection, ledger, model, self._embedder)
        self._rules = one_at_a_time
        self._batch = batch
        self._min_confidence = min_confidence
        self._schema_is_there = False
        self._rekeyed: set[str] = set()

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
        """Every chunk is an episode in the graph or is listed as failed; facts without a date hold from `reference_time`.

        `came_at` is when the document came, where `reference_time` is its own date: then its facts without a date are before
        or after others by it. A chunk that is in the graph already is left alone. `attached_to` is the mail it came with,
        `attachments` the documents that came with it: their episodes are joined. Raises GraphUnreachable, after which the
        same call goes on where this one stopped.
        """
        collection, _ = split_document_id(chunk_set.document)
        self._ensure_schema()
        with exclusive_writer(self.connection, self._leases, collection), billed_to(chunk_set.document):
            self._rekey(collection)
            report = self._write(collection, chunk_set, (reference_time, came_at), progress)
            if attached_to is not None:
                link_attachments(self.connection, self._ledger, attached_to, [chunk_set.document])
            link_attachments(self.connection, self._ledger, chunk_set.document, attachments)
            return report

    def repair(self, collection: str) -> Repair:
        """Ledger and graph of the collection agree, as far as that goes without asking the model; `left` says where not.

        Raises GraphUnreachable, LeaseLost.
        """
        self._ensure_schema()
        with exclusive_writer(self.connection, self._leases, collection):
            self._rekey(collection)
            self._comparing.lost(collection)  # whatever the graph has lost
            done = repair(self.connection, self._ledger, collection, partial(self._take_out, collection))
            self._comparing.forget(collection)
            return done

    def erase(self, document: str) -> Deletion:
        """Nothing of the document is in the graph but what others say too. Raises GraphUnreachable, LeaseLost."""
        collection, _ = split_document_id(document)
        self._ensure_schema()
        with exclusive_writer(self.connection, self._leases, collection):
            self._rekey(collection)
            done = delete_document(self.connection, self._ledger, document, partial(self._take_out, collection))
            self._comparing.forget(collection)
            return done

    def close(self) -> None:
        """The connections to graph and language model are closed, until they are used again."""
        self.connection.close()
        if close := getattr(self._model, "close", None):
            close()

    def _write(
        self, collection: str, chunk_set: ChunkSet, dates: DocumentDates, progress: EpisodeProgressCallback
    ) -> WriteReport:
        document = chunk_set.document
        wanted = {episode_uuid(collection, document, chunk.id): chunk for chunk in chunk_set.chunks}
        before = self._ledger.states(document)
        gone = [uuid for uuid, state in before.items() if uuid not in wanted and state != "removed"]
        touched = self._remove(collection, gone)
        planned = [PlannedEpisode(uuid, chunk.id, chunk.position) for uuid, chunk in wanted.items()]
        makers = ProducerVersions(chunk_set.chunker, self._model.prompt, self._model.name, self._embedder.name)
        self._ledger.plan(document, chunk_set.version, planned, makers)
        todo = [chunk for uuid, chunk in wanted.items() if before.get(uuid) not in ("written", "quarantined")]
        tally = WriteProgress(len(todo), progress)
        left = todo
        asking: PendingMatches | None = None
        for tries in range(1, MAX_TRIES + 1):
            with closing(extract_chunks(self._model, left, self._batch)) as found:
                for start in range(0, len(left), self._batch):
                    expected = min(self._batch, len(left) - start)
                    batch, stopped = self._extracted(document, islice(found, expected), expected, dates, tally)
                    last = start + expected == len(left) and not stopped and not asking
                    began = time.perf_counter()
                    with self._comparing.ahead(collection, list(wanted), batch if last else ()) as asked:
                        tally.seconds_writing += time.perf_counter() - began
                        self._save(collection, batch, tally)
                    asking = asking or asked
                    if stopped:
                        raise stopped
            if not (left := tally.to_try_again()):
                break
            if (fault := fault_of_all(tally.failed.values(), len(wanted), tries, self._model.name)) is not None:
                raise fault
        written = len(todo) - len(tally.failed)
        if written or "written" in (before.get(uuid) for uuid in wanted):  # else it is not the chunks' own fault
            quarantine_chunks(self._ledger, collection, document, tally.failed.values())
        self._comparing.forget(collection)  # after what came, which may say the same
        self._compare(document, list(wanted), asking, tally)
        failures = [*tally.failed.values(), *already_quarantined(self._ledger, document, wanted, before)]
        languages = Counter(chunk.language for chunk in chunk_set.chunks if chunk.language)
        read: frozenset[str] | None = getattr(self._model, "languages", None)  # one that is asked reads them all
        held = document_totals(self.connection, list(wanted), touched)
        rows = [row for row in self._ledger.rows(document, state="written") if row.uuid in wanted]
        left_out = sum_counts(*(row.left_out for row in rows))
        unsure = below_threshold(left_out)
        answers_left_out = {why: count for why, count in left_out.items() if why not in unsure}
        answered = [*(LostItems(row.entities, row.facts) for row in rows), count_lost(left_out), lost_below_threshold(left_out)]
        if unsure and written:
            metrics = lost_below_threshold(left_out)._asdict()
            log.info("Entities and facts of too little confidence were left out", sub_stage="confidence", metrics=metrics)
        return WriteReport(
            document=document,
            version=chunk_set.version,
            chunks=len(chunk_set.chunks),
            written=written,
            unchanged=held.episodes - written,
            removed=len(gone),
            failures=sorted(failures, key=lambda one: one.position),
            entities=held.entities,
            facts=held.facts,
            entities_by_type=held.entities_by_type,
            languages=dict(languages.most_common()),
            unread=sum(count for code, count in languages.items() if read is not None and code not in read),
            sample_facts=held.sample_facts,
            orphans=held.orphans,
            missing_embeddings=held.missing_embeddings,
            facts_left_out=dict(tally.left_out),
            answers_left_out=answers_left_out,
            below_confidence=unsure,
            min_confidence=self._min_confidence,
            entities_answered=sum(one.entities for one in answered),
            facts_answered=sum(one.facts for one in answered),
            tokens_in=tally.tokens_in,
            tokens_out=tally.tokens_out,
            cost_usd=tally.cost_usd,
            seconds_extracting=tally.seconds_extracting,
            seconds_writing=tally.seconds_writing,
            model=self._model.name,
            prompt=self._model.prompt,
            embedder=self._embedder.name,
        )

    def _extracted(
        self, document: str, extracted: Iterator[ChunkExtraction], expected: int, dates: DocumentDates, tally: WriteProgress
    ) -> tuple[list[EpisodeRows], FathomError | None]:
        """A batch as rows, and what stopped the extractions; those that came before it are to be written: they are paid for."""
        start = time.perf_counter()
        collection, _ = split_document_id(document)
        batch: list[EpisodeRows] = []
        outcomes: list[EpisodeOutcome] = []
        stopped: FathomError | None = None
        tally.sending(expected)
        try:
            for chunk, answered in extracted:
                uuid = episode_uuid(collection, document, chunk.id)
                if isinstance(answered, ExtractionFailed):
                    outcomes.append(FailureOutcome(uuid, answered.name))
                    tally.fail(chunk, answered)
                    continue
                found = drop_uncertain(answered, self._min_confidence)
                use = found.usage
                outcomes.append(ExtractionOutcome(uuid, use.tokens_in, use.tokens_out, use.cost_usd, found.left_out))
                batch.append(episode_rows(collection, document, chunk, found, *dates))
                tally.extracted(chunk, found)
                tally.left_out.update(batch[-1].left_out)
        except FathomError as error:
            stopped = error
        finally:  # also when the run is cancelled: it is paid for
            if outcomes:
                self._ledger.record(outcomes)
        tally.seconds_extracting += time.perf_counter() - start
        return batch, stopped

    def _save(self, collection: str, batch: Sequence[EpisodeRows], tally: WriteProgress) -> None:
        if not batch:
            return
        start = time.perf_counter()
        tally.writing(len(batch))
        self._change(save_episodes, collection, batch)
        self._ledger.record([WriteOutcome(rows.uuid, len(rows.entities), len(rows.facts)) for rows in batch])
        tally.seconds_writing += time.perf_counter() - start
        tally.wrote(len(batch))

    def _remove(self, collection: str, gone: Sequence[str]) -> list[str]:
        if not gone:
            return []
        touched = self._take_out(collection, gone)
        self._ledger.mark_removed(gone, "its chunk is no longer in the document")
        log.info(f"{len(gone)} episodes removed", sub_stage="removed", metrics={"episodes": len(gone)})
        return touched

    def _take_out(self, collection: str, uuids: Sequence[str]) -> list[str]:
        self._comparing.lost(collection)
        return self._change(remove_episodes, collection, uuids)

    def _compare(self, document: str, uuids: Sequence[str], asking: PendingMatches | None, tally: WriteProgress) -> None:
        """Names and facts that are one with others are joined with them; the last of the episodes pays for asking."""
        if not uuids:
            return
        start = time.perf_counter()
        collection, _ = split_document_id(document)
        joins = (partial(self._change, change, collection) for change in (join_names, join_facts))
        use = self._comparing.settle(collection, uuids, asking, *joins)
        if use.calls:
            self._ledger.record([ExtractionOutcome(uuids[-1], use.tokens_in, use.tokens_out, use.cost_usd)])
        tally.judged(use, time.perf_counter() - start)

    def _change(
        self, change: Callable[[Any, CollectionContext, Any], list[str] | None], collection: str, what: Collection[Any]
    ) -> list[str]:
        """The change is in the graph, in as many transactions as it takes."""
        while (done := self.connection.write(lambda tx: change(tx, self._terms(collection), what))) is None:
            log.info("Names are moved to what they mean", sub_stage="names", metrics={"mentions": MAX_REASSIGNMENTS})
        return done

    def _terms(self, collection: str) -> CollectionContext:
        of_names, of_facts = partial(self._comparing.names, collection), partial(self._comparing.facts, collection)
        return CollectionContext(collection, self._rules(collection), of_names, of_facts, self._embedder)

    def _rekey(self, collection: str) -> None:
        """The collection's names have the keys and its facts the dates that they have, also where an older version wrote it."""
        if collection not in self._rekeyed:
            self._comparing.rekey(collection, partial(self._change, join_names, collection))
            upgrade_fact_dates(self.connection, collection, partial(self._change, recompute_fact_dates, collection))
            self._rekeyed.add(collection)

    def _ensure_schema(self) -> None:
        if not self._schema_is_there:
            ensure_schema(self.connection)
            self._schema_is_there = True


def open_writer(settings: Settings) -> DocumentWriter:
    """The writer of the deployment; models and connection are opened when first used."""
    vocabularies = read_vocabularies(settings.llm_types)

    def rules(collection: str) -> Rules:
        return rules_with(vocabularies.get(collection, vocabularies[ANY_COLLECTION]).one_at_a_time)

    return DocumentWriter(
        open_graph(settings),
        open_language_model(settings),
        open_embedder(settings),
        Ledger(open_database(settings.operational_url)),
        one_at_a_time=rules,
        min_confidence=settings.min_confidence,
    )
