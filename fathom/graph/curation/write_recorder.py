"""Records the writes of a document's versions, and keeps the episodes and verdicts that a version replaces, for an undo."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from fathom.graph.curation.episode_archive import pack_rows, read_episodes
from fathom.graph.write.write_plan import WritePlan
from fathom.graphdb.connection import GraphConnection
from fathom.ledger.episode_ledger import Ledger
from fathom.ledger.retired_content import RetiredItem, retire
from fathom.ledger.write_journal import GraphWrite, VersionDates, WriteJournal
from fathom.resolution.entity_matching import NAMES_IN, keys_of_names
from fathom.resolution.store.verdict_archive import VerdictKeys, read_verdicts
from fathom.sql import batched

EPISODE, VERDICTS = "episode", "verdicts"  # kinds of retired content
SLICE = 200  # episodes kept in a transaction

_run: ContextVar[str | None] = ContextVar("run", default=None)


@contextmanager
def on_behalf_of(run: str) -> Iterator[None]:
    """Records the run with each write in this context."""
    before = _run.set(run)
    try:
        yield
    finally:
        _run.reset(before)


class WriteRecorder:
    """Records writes in the journal of the ledger's database; for the collection's writer only."""

    def __init__(self, connection: GraphConnection, ledger: Ledger) -> None:
        self._connection = connection
        self._ledger = ledger
        self._journal = WriteJournal(ledger.engine)

    @contextmanager
    def recording(self, plan: WritePlan) -> Iterator[None]:
        """Records the write of the body, and keeps what it will remove before the body begins.

        A write of what is there already is recorded too: once an earlier one is undone, the episodes are of this one. Raises
        GraphUnreachable, StoreFull.
        """
        dates = VersionDates(*plan.dates)
        write = GraphWrite("", plan.collection, plan.document, plan.chunk_set.version, dates, tuple(plan.episodes))
        made = self._journal.begin(write, self._ledger.rows(plan.document), _run.get())
        retire_episodes(self._connection, self._ledger, made, plan.document, plan.gone)
        yield
        self._journal.end(made, self._ledger.written(plan.document) & plan.wanted.keys())


def retire_episodes(connection: GraphConnection, ledger: Ledger, owner: str, document: str, uuids: Collection[str]) -> None:
    """Keeps the episodes of the document, and the verdicts that may be pruned without them, as retired by the owner."""
    collection = document.partition("/")[0]
    for batch in batched(sorted(uuids), SLICE):
        rows = read_episodes(connection, batch)
        statements = {assertion.key for found in rows.values() for assertion in found.facts.values()}
        relations = {relation for found in rows.values() for _, relation, _, _ in found.facts}
        names = keys_of_names(connection.read(NAMES_IN, uuids=batch))
        keys = VerdictKeys(frozenset(names), frozenset(statements), frozenset(relations))
        verdicts = read_verdicts(ledger.engine, collection, keys)
        kept = [RetiredItem(owner, EPISODE, uuid, document, pack_rows(found)) for uuid, found in rows.items()]
        kept += [RetiredItem(owner, VERDICTS, batch[0], document, verdicts)] if verdicts else []
        retire(ledger.engine, kept)


def retired_uuids(items: Sequence[RetiredItem]) -> set[str]:
    """Returns the uuids of the episodes among the items."""
    return {item.key for item in items if item.kind == EPISODE}
