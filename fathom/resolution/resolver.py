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

from fathom.embedding.binary_vectors import SigningEmbedder
from fathom.extraction.model import FactJudge, LanguageModel, NameJudge, Usage
from fathom.graphdb.connection import GraphConnection
from fathom.knowledge.clustering import Judged
from fathom.knowledge.context_isolation import Sayer
from fathom.knowledge.fact_clusters import Ends, JudgedFacts
from fathom.knowledge.records import EpisodeRows
from fathom.ledger.episode_ledger import Ledger
from fathom.resolution.entity_matching import Compared, ask, compare, settle, settled
from fathom.resolution.fact_matching import restate
from fathom.resolution.name_key_upgrade import rekey
from fathom.resolution.store.fact_verdict_store import FactVerdicts
from fathom.resolution.store.prune_queue import ToForget
from fathom.resolution.store.verdict_store import NameVerdicts
from fathom.resolution.verdict_pruning import forget


@dataclass(frozen=True)
class Asking:
    """Names that are asked about, and what that will have used."""

    compared: Compared
    use: Future[Usage]


class Comparing:
    """What is known, asked and forgotten of which names and facts are one."""

    def __init__(self, connection: GraphConnection, ledger: Ledger, model: LanguageModel, embedder: SigningEmbedder) -> None:
        self._connection = connection
        self._ledger = ledger
        self._names = NameVerdicts(ledger.engine)
        self._facts = FactVerdicts(ledger.engine)
        self._to_forget = ToForget(ledger.engine)
        self._model = model
        self._signs = embedder.signs

    def names(self, collection: str, keys: Collection[str], kins: Collection[str]) -> Judged:
        """What was judged of names of these keys, of those of some kin, and of all that hang together with them."""
        return Judged(*self._names.about(collection, keys, kins))

    def facts(self, collection: str, keys: Collection[str]) -> JudgedFacts:
        """What was judged of facts of these keys, and of all that hang together with them."""
        judged = Judged(*self._facts.about(collection, keys))
        at = self._facts.told_at(collection, judged.keys) if judged.apart else {}
        return JudgedFacts(judged, self._facts.companies(collection, judged.keys), at, self._sayers)

    @contextmanager
    def ahead(self, collection: str, episodes: Sequence[str], batch: Sequence[EpisodeRows]) -> Iterator[Asking | None]:
        """The names of these episodes and of a batch that is written inside are being asked about; None: none are new.

        What was asked is answered when it ends; nothing more is asked where the writing failed or was cancelled.
        """
        model, name = self._model, self._model.name
        if not isinstance(model, NameJudge) or not batch:
            yield None
            return
        compared = compare(self._connection, self._names, collection, episodes, self._signs, batch)
        if compared is None:
            yield None
            return
        stop = threading.Event()
        pool = ThreadPoolExecutor(1, thread_name_prefix="comparing")
        asking = partial(ask, self._connection, self._names, model, collection, compared, stop, model=name)
        use = pool.submit(copy_context().run, asking)
        try:
            yield Asking(compared, use)
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
        asking: Asking | None,
        join_names: Callable[[Collection[str]], object],
        join_facts: Callable[[Collection[Ends]], object],
    ) -> Usage:
        """Names and facts of the episodes are in the graph as what they were judged to be; answers what that used.

        Raises GraphUnreachable, LanguageModelUnreachable, BudgetSpent; the same call again goes on from there.
        """
        use, model, joined = Usage(), self._model, set[str]()
        beside = self._connection, self._names
        done = [asking.compared] if asking else []
        if asking:
            use = asking.use.result()
            joined |= settle(*beside, collection, asking.compared, join_names)
        if isinstance(model, NameJudge) and (
            more := compare(*beside, collection, episodes, self._signs, but=done[0].fresh if done else ())
        ):
            use = use.and_also(ask(*beside, model, collection, more, threading.Event(), model=model.name))
            joined |= settle(*beside, collection, more, join_names)
            done.append(more)
        if isinstance(model, FactJudge):
            of_facts = self._connection, self._facts, model, collection
            use = use.and_also(
                restate(*of_facts, episodes, join_facts, self._signs, self._sayers, joined=joined, model=model.name)
            )
        for compared in done:
            settled(self._names, collection, compared)
        return use

    def rekey(self, collection: str, join_names: Callable[[Collection[str]], object]) -> None:
        """The names of the collection have the keys that names have, and so has what was judged of them.

        Raises GraphUnreachable, LeaseLost.
        """
        if rekey(self._connection, self._names, collection, join_names):
            self.lost(collection)  # what is known of the old keys

    def lost(self, collection: str) -> None:
        """Episodes of the collection are about to be removed: what was judged of theirs alone is to be forgotten."""
        if self._names.any(collection) or self._facts.any(collection):
            self._to_forget.add(collection)

    def forget(self, collection: str) -> None:
        """Nothing is kept of what was judged of names and facts that the collection has lost. Raises GraphUnreachable."""
        if collection in self._to_forget:
            forget(self._connection, self._names, self._facts, collection)
            self._to_forget.discard(collection)

    def _sayers(self, episodes: Collection[str]) -> dict[str, Sayer]:
        """Who says what the episodes say, by marks that name nobody; one that the ledger does not know speaks for itself."""
        known = self._ledger.documents(episodes)
        return {uuid: Sayer(*map(_mark, known.get(uuid, (uuid, uuid)))) for uuid in episodes}


def _mark(of: str) -> str:
    return hashlib.sha256(of.encode("utf-8", "surrogatepass")).hexdigest()[:16]
