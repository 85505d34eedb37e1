"""Entity resolution: matches the names and facts of a document with those of its collection, if a model can judge pairs.

Names are judged while the last batch of the document is written, since both take about as long.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial

from fathom.embedding.binary_vectors import BinarizingEmbedder
from fathom.extraction.model import FactJudge, LanguageModel, NameJudge, Usage
from fathom.graphdb.connection import GraphConnection
from fathom.knowledge.clustering import MatchVerdicts
from fathom.knowledge.context_isolation import SourceDocument
from fathom.knowledge.fact_clusters import EntityPair, FactVerdictView
from fathom.knowledge.records import EpisodeRows
from fathom.ledger.episode_ledger import Ledger
from fathom.resolution.entity_matching import ComparedNames, apply_matches, find_candidates, judge_candidates, mark_compared
from fathom.resolution.fact_matching import deduplicate_facts
from fathom.resolution.name_key_upgrade import upgrade_name_keys
from fathom.resolution.store.fact_verdict_store import FactVerdictStore
from fathom.resolution.store.prune_queue import PruneQueue
from fathom.resolution.store.verdict_store import NameVerdictStore
from fathom.resolution.verdict_pruning import prune_verdicts


@dataclass(frozen=True)
class PendingMatches:
    """Names whose candidate pairs are being judged, and the LLM usage of that when it is done."""

    compared: ComparedNames
    use: Future[Usage]


class Resolver:
    """Finds, judges and applies matches of names and facts, and prunes verdicts that no longer matter."""

    def __init__(self, connection: GraphConnection, ledger: Ledger, model: LanguageModel, embedder: BinarizingEmbedder) -> None:
        self._connection = connection
        self._ledger = ledger
        self._names = NameVerdictStore(ledger.engine)
        self._facts = FactVerdictStore(ledger.engine)
        self._prune_queue = PruneQueue(ledger.engine)
        self._model = model
        self._sign_bits = embedder.sign_bits

    def name_verdicts(self, collection: str, keys: Collection[str], initialisms: Collection[str]) -> MatchVerdicts:
        """Returns the verdicts on names of these keys and initialisms, and on their connected components."""
        return MatchVerdicts(*self._names.closure_of(collection, keys, initialisms))

    def fact_verdicts(self, collection: str, keys: Collection[str]) -> FactVerdictView:
        """Returns the verdicts on statements of these keys, and on their connected components."""
        verdicts = MatchVerdicts(*self._facts.closure_of(collection, keys))
        matched = verdicts.matched_keys
        decided_at = self._facts.decided_at(collection, matched) if verdicts.non_matches else {}
        return FactVerdictView(verdicts, self._facts.scopes(collection, matched), decided_at, self._sources_of)

    @contextmanager
    def judge_during_write(
        self, collection: str, episodes: Sequence[str], batch: Sequence[EpisodeRows]
    ) -> Iterator[PendingMatches | None]:
        """Judges the names of these episodes, and of a batch that the caller writes inside, in a thread.

        Yields None when no name is new. Leaving the context waits for the requests; when the writing fails or is cancelled,
        no further request is made.
        """
        model, name = self._model, self._model.name
        if not isinstance(model, NameJudge) or not batch:
            yield None
            return
        compared = find_candidates(self._connection, self._names, collection, episodes, self._sign_bits, batch)
        if compared is None:
            yield None
            return
        stop = threading.Event()
        pool = ThreadPoolExecutor(1, thread_name_prefix="comparing")
        judging = partial(judge_candidates, self._connection, self._names, model, collection, compared, stop, model=name)
        use = pool.submit(copy_context().run, judging)
        try:
            yield PendingMatches(compared, use)
            wait([use])
        except BaseException:  # a cancelled run pays for nothing more
            stop.set()
            raise
        finally:
            pool.shutdown()

    def resolve(
        self,
        collection: str,
        episodes: Sequence[str],
        pending: PendingMatches | None,
        join_names: Callable[[Collection[str]], object],
        join_facts: Callable[[Collection[EntityPair]], object],
    ) -> Usage:
        """Merges the entities and facts of the episodes that match others, and returns the LLM usage.

        `join_names` and `join_facts` apply the verdicts on names of some keys, and on facts between some entities, to the
        graph. Raises GraphUnreachable, LanguageModelUnreachable, BudgetSpent; the same call again continues from there.
        """
        use, model, joined = Usage(), self._model, set[str]()
        names = self._connection, self._names
        done = [pending.compared] if pending else []
        if pending:
            use = pending.use.result()
            joined |= apply_matches(*names, collection, pending.compared, join_names)
        if isinstance(model, NameJudge) and (
            more := find_candidates(*names, collection, episodes, self._sign_bits, skip=done[0].fresh if done else ())
        ):
            use = use.and_also(judge_candidates(*names, model, collection, more, threading.Event(), model=model.name))
            joined |= apply_matches(*names, collection, more, join_names)
            done.append(more)
        if isinstance(model, FactJudge):
            facts = self._connection, self._facts, model, collection, episodes, join_facts
            fact_use = deduplicate_facts(*facts, self._sign_bits, self._sources_of, joined=joined, model=model.name)
            use = use.and_also(fact_use)
        for compared in done:
            mark_compared(self._names, collection, compared)
        return use

    def upgrade_name_keys(self, collection: str, join_names: Callable[[Collection[str]], object]) -> None:
        """Upgrades the collection's names and their verdicts to current name keys. Raises GraphUnreachable, LeaseLost."""
        if upgrade_name_keys(self._connection, self._names, collection, join_names):
            self.mark_for_pruning(collection)  # the verdicts on old keys

    def mark_for_pruning(self, collection: str) -> None:
        """Queues the collection for pruning; to be called before episodes are removed."""
        if self._names.has_any(collection) or self._facts.has_any(collection):
            self._prune_queue.add(collection)

    def prune(self, collection: str) -> None:
        """Deletes verdicts on names and facts that a queued collection has lost. Raises GraphUnreachable."""
        if collection in self._prune_queue:
            prune_verdicts(self._connection, self._names, self._facts, collection)
            self._prune_queue.discard(collection)

    def _sources_of(self, episodes: Collection[str]) -> dict[str, SourceDocument]:
        """Returns the source document of each episode, as hashes; an episode unknown to the ledger is its own source."""
        known = self._ledger.documents(episodes)
        return {uuid: SourceDocument(*map(_hash, known.get(uuid, (uuid, uuid)))) for uuid in episodes}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
