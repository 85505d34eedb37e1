"""Names and facts of a document held against those of its collection, where a model can be asked which of them are one.

Names are asked about while the last of the document is being written, since an answer takes as long as that.
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
    """Names that are asked about, and what that will have used."""

    compared: ComparedNames
    use: Future[Usage]


class Resolver:
    """What is known, asked and forgotten of which names and facts are one."""

    def __init__(self, connection: GraphConnection, ledger: Ledger, model: LanguageModel, embedder: BinarizingEmbedder) -> None:
        self._connection = connection
        self._ledger = ledger
        self._names = NameVerdictStore(ledger.engine)
        self._facts = FactVerdictStore(ledger.engine)
        self._to_forget = PruneQueue(ledger.engine)
        self._model = model
        self._signs = embedder.sign_bits

    def names(self, collection: str, keys: Collection[str], kins: Collection[str]) -> MatchVerdicts:
        """What was judged of names of these keys, of those of some kin, and of all that hang together with them."""
        return MatchVerdicts(*self._names.about(collection, keys, kins))

    def facts(self, collection: str, keys: Collection[str]) -> FactVerdictView:
        """What was judged of facts of these keys, and of all that hang together with them."""
        judged = MatchVerdicts(*self._facts.about(collection, keys))
        at = self._facts.told_at(collection, judged.keys) if judged.apart else {}
        return FactVerdictView(judged, self._facts.companies(collection, judged.keys), at, self._sayers)

    @contextmanager
    def ahead(self, collection: str, episodes: Sequence[str], batch: Sequence[EpisodeRows]) -> Iterator[PendingMatches | None]:
        """The names of these episodes and of a batch that is written inside are being asked about; None: none are new.

        What was asked is answered when it ends; nothing more is asked where the writing failed or was cancelled.
        """
        model, name = self._model, self._model.name
        if not isinstance(model, NameJudge) or not batch:
            yield None
            return
        compared = find_candidates(self._connection, self._names, collection, episodes, self._signs, batch)
        if compared is None:
            yield None
            return
        stop = threading.Event()
        pool = ThreadPoolExecutor(1, thread_name_prefix="comparing")
        asking = partial(judge_candidates, self._connection, self._names, model, collection, compared, stop, model=name)
        use = pool.submit(copy_context().run, asking)
        try:
            yield PendingMatches(compared, use)
            wait([use])
        except BaseException:  # a run that is cancelled pays for nothing more
            stop.set()
            raise
        finally:
            pool.shutdown()

    def settle(
        self,
        collection: str,
        episodes: Sequence[str],
        asking: PendingMatches | None,
        join_names: Callable[[Collection[str]], object],
        join_facts: Callable[[Collection[EntityPair]], object],
    ) -> Usage:
        """Names and facts of the episodes are in the graph as what they were judged to be; answers what that used.

        Raises GraphUnreachable, LanguageModelUnreachable, BudgetSpent; the same call again goes on from there.
        """
        use, model, joined = Usage(), self._model, set[str]()
        beside = self._connection, self._names
        done = [asking.compared] if asking else []
        if asking:
            use = asking.use.result()
            joined |= apply_matches(*beside, collection, asking.compared, join_names)
        if isinstance(model, NameJudge) and (
            more := find_candidates(*beside, collection, episodes, self._signs, but=done[0].fresh if done else ())
        ):
            use = use.and_also(judge_candidates(*beside, model, collection, more, threading.Event(), model=model.name))
            joined |= apply_matches(*beside, collection, more, join_names)
            done.append(more)
        if isinstance(model, FactJudge):
            of_facts = self._connection, self._facts, model, collection
            use = use.and_also(
                deduplicate_facts(*of_facts, episodes, join_facts, self._signs, self._sayers, joined=joined, model=model.name)
            )
        for compared in done:
            mark_compared(self._names, collection, compared)
        return use

    def rekey(self, collection: str, join_names: Callable[[Collection[str]], object]) -> None:
        """The names of the collection have the keys that names have, and so has what was judged of them.

        Raises GraphUnreachable, LeaseLost.
        """
        if upgrade_name_keys(self._connection, self._names, collection, join_names):
            self.lost(collection)  # what is known of the old keys

    def lost(self, collection: str) -> None:
        """Episodes of the collection are about to be removed: what was judged of theirs alone is to be forgotten."""
        if self._names.any(collection) or self._facts.any(collection):
            self._to_forget.add(collection)

    def forget(self, collection: str) -> None:
        """Nothing is kept of what was judged of names and facts that the collection has lost. Raises GraphUnreachable."""
        if collection in self._to_forget:
            prune_verdicts(self._connection, self._names, self._facts, collection)
            self._to_forget.discard(collection)

    def _sayers(self, episodes: Collection[str]) -> dict[str, SourceDocument]:
        """Who says what the episodes say, by marks that name nobody; one that the ledger does not know speaks for itself."""
        known = self._ledger.documents(episodes)
        return {uuid: SourceDocument(*map(_mark, known.get(uuid, (uuid, uuid)))) for uuid in episodes}


def _mark(of: str) -> str:
    return hashlib.sha256(of.encode("utf-8", "surrogatepass")).hexdigest()[:16]
