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

from fathom.embedding.binary_vectors import BinarizingEmbedder
from fathom.extraction.model import FactJudge, LanguageModel, NameJudge, Usage
from fathom.graphdb.connection import GraphConnection
from fathom.knowledge.clustering import MatchVerdicts, Pair
from fathom.knowledge.context_isolation import SourceDocument
from fathom.knowledge.curation_overrides import CurationOverrides
from fathom.knowledge.fact_clusters import EntityPair, FactVerdictView
from fathom.knowledge.records import EpisodeRows
from fathom.ledger.episode_ledger import Ledger
from fathom.resolution.entity_matching import (
    ComparedNames,
    NameMatching,
    apply_matches,
    find_candidates,
    judge_candidates,
    mark_compared,
)
from fathom.resolution.fact_matching import FactMatching, deduplicate_facts
from fathom.resolution.name_key_upgrade import upgrade_name_keys
from fathom.resolution.store.decision_store import DecisionStore
from fathom.resolution.store.fact_verdict_store import FactVerdictStore
from fathom.resolution.store.prune_queue import PruneQueue
from fathom.resolution.store.verdict_store import NameVerdictStore
from fathom.resolution.verdict_pruning import prune_verdicts
from fathom.resolution.verdict_support import TimeSpan, drop_unsupported


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
        self.decisions = DecisionStore(ledger.engine)
        self._prune_queue = PruneQueue(ledger.engine)
        self._model = model
        self._sign_bits = embedder.sign_bits

    def name_verdicts(self, collection: str, keys: Collection[str], initial_keys: Collection[str]) -> MatchVerdicts:
        """Returns the verdicts on names of these keys and initial keys, and on their connected components."""
        matches, non_matches = self._names.closure_of(collection, keys, initial_keys)
        decided = self._names.decided_matches(collection) & matches if matches else frozenset[Pair]()
        return MatchVerdicts(matches, non_matches, decided)

    def overrides(self, collection: str) -> CurationOverrides:
        """Returns the names and retired facts that people decided."""
        return self.decisions.overrides(collection)

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
        matching = self._name_matching(collection) if batch else None
        compared = find_candidates(matching, episodes, batch) if matching else None
        if matching is None or compared is None:
            yield None
            return
        stop = threading.Event()
        pool = ThreadPoolExecutor(1, thread_name_prefix="comparing")
        use = pool.submit(copy_context().run, judge_candidates, matching, compared, stop)
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
        use, joined = Usage(), set[str]()
        done: list[ComparedNames] = []
        names, facts = self._name_matching(collection), self._fact_matching(collection)
        if names and pending:
            use = pending.use.result()
            joined |= apply_matches(names, pending.compared, join_names)
            done.append(pending.compared)
        if names and (more := find_candidates(names, episodes, skip=done[0].fresh if done else ())):
            use = use.and_also(judge_candidates(names, more, threading.Event()))
            joined |= apply_matches(names, more, join_names)
            done.append(more)
        if facts:
            use = use.and_also(deduplicate_facts(facts, episodes, join_facts, joined=joined))
        if names:
            for compared in done:
                mark_compared(names, compared)
        return use

    def upgrade_name_keys(self, collection: str, join_names: Callable[[Collection[str]], object]) -> None:
        """Upgrades the collection's names and their verdicts to current name keys. Raises GraphUnreachable, LeaseLost."""
        if upgrade_name_keys(self._connection, self._names, collection, join_names):
            self.mark_for_pruning(collection)  # the verdicts on old keys

    def mark_for_pruning(self, collection: str) -> None:
        """Queues the collection for pruning; to be called before episodes are removed."""
        if self._names.has_any(collection) or self._facts.has_any(collection):
            self._prune_queue.add(collection)

    def drop_unsupported(self, collection: str, spans: Sequence[TimeSpan]) -> set[str]:
        """Deletes verdicts of these times that only removed names called for; returns the keys of names to join again."""
        return drop_unsupported(self._names, collection, spans)

    def prune(self, collection: str) -> None:
        """Deletes verdicts on names and facts that a queued collection has lost. Raises GraphUnreachable."""
        if collection in self._prune_queue:
            prune_verdicts(self._connection, self._names, self._facts, collection)
            self._prune_queue.discard(collection)

    def _name_matching(self, collection: str) -> NameMatching | None:
        """Returns the matching of the collection's names; None where the model cannot judge names."""
        if not isinstance(self._model, NameJudge):
            return None
        return NameMatching(self._connection, self._names, collection, self._model, self._sign_bits)

    def _fact_matching(self, collection: str) -> FactMatching | None:
        """Returns the matching of the collection's facts; None where the model cannot judge facts."""
        if not isinstance(self._model, FactJudge):
            return None
        return FactMatching(self._connection, self._facts, collection, self._model, self._sign_bits, self._sources_of)

    def _sources_of(self, episodes: Collection[str]) -> dict[str, SourceDocument]:
        """Returns the source document of each episode, as hashes; an episode unknown to the ledger is its own source."""
        known = self._ledger.documents(episodes)
        return {uuid: SourceDocument(*map(_hash, known.get(uuid, (uuid, uuid)))) for uuid in episodes}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
