"""Applies changes to the graph of a collection, each in as many transactions as it takes, by its single writer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from fathom.embedding.binary_vectors import BinarizingEmbedder
from fathom.graph.reconciliation.date_upgrade import upgrade_fact_dates
from fathom.graph.write.aggregates import Rules
from fathom.graph.write.transaction import (
    MAX_REASSIGNMENTS,
    CollectionContext,
    join_facts,
    join_names,
    recompute_fact_dates,
    remove_episodes,
    restore_entities,
    save_episodes,
)
from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.fencing import exclusive_writer
from fathom.graphdb.schema import ensure_schema
from fathom.knowledge.fact_clusters import EntityPair
from fathom.knowledge.records import EpisodeRows
from fathom.ledger.writer_lease import Leases
from fathom.observability.structured_logging import get_logger
from fathom.resolution.resolver import Resolver

log = get_logger(__name__)

_Change = Callable[[Any, CollectionContext, Any], list[str] | None]


@dataclass(frozen=True)
class WriterAccess:
    """Access to the graph for its writer: the connection, the embedder, the leases and the rules of a collection."""

    connection: GraphConnection
    embedder: BinarizingEmbedder
    leases: Leases
    rules_of: Callable[[str], Rules]


class CollectionChanges:
    """Saves and removes episodes, and applies verdicts; all methods are for the holder of `exclusive`.

    Methods raise GraphUnreachable, and LeaseLost where another process took the collection over.
    """

    def __init__(self, parts: WriterAccess, resolver: Resolver) -> None:
        self.connection = parts.connection
        self.resolver = resolver
        self._parts = parts
        self._schema_exists = False
        self._upgraded: set[str] = set()

    @contextmanager
    def exclusive(self, collection: str) -> Iterator[None]:
        """Makes this process the collection's only writer, with the schema and the stored keys and dates of this version."""
        if not self._schema_exists:
            ensure_schema(self.connection)
            self._schema_exists = True
        with exclusive_writer(self.connection, self._parts.leases, collection):
            self._upgrade(collection)
            yield

    def save(self, collection: str, batch: Sequence[EpisodeRows]) -> None:
        """Writes the episodes with all consequences for others."""
        self._apply(save_episodes, collection, batch)

    def remove(self, collection: str, uuids: Sequence[str]) -> list[str]:
        """Removes the episodes with all consequences for others; returns the uuids of the entities they mentioned."""
        self.resolver.mark_for_pruning(collection)
        return self._apply(remove_episodes, collection, uuids)

    def join_names(self, collection: str, keys: Collection[str]) -> None:
        """Moves the mentions with names of these keys to the entities that the verdicts imply."""
        self._apply(join_names, collection, keys)

    def join_facts(self, collection: str, entity_pairs: Collection[EntityPair]) -> None:
        """Merges and splits the facts between these entities as the verdicts imply."""
        self._apply(join_facts, collection, entity_pairs)

    def recompute_entities(self, collection: str, uuids: Collection[str]) -> None:
        """Computes the values of these entities again from their mentions and facts, whatever they are now."""
        self._apply(restore_entities, collection, uuids)

    def recompute_dates(self, collection: str, sources: Collection[str]) -> None:
        """Computes the dates of the facts that start at these entities again from their assertions."""
        self._apply(recompute_fact_dates, collection, sources)

    def _apply(self, change: _Change, collection: str, items: Collection[Any]) -> list[str]:
        while (done := self.connection.write(lambda tx: change(tx, self._context(collection), items))) is None:
            log.info("Mentions reassigned", sub_stage="names", metrics={"mentions": MAX_REASSIGNMENTS})
        return done

    def _context(self, collection: str) -> CollectionContext:
        name_verdicts = partial(self.resolver.name_verdicts, collection)
        fact_verdicts = partial(self.resolver.fact_verdicts, collection)
        rules = self._parts.rules_of(collection)
        overrides = self.resolver.overrides(collection)
        return CollectionContext(collection, rules, name_verdicts, fact_verdicts, self._parts.embedder, overrides)

    def _upgrade(self, collection: str) -> None:
        """Upgrades name keys and fact dates of a collection that an older version wrote."""
        if collection not in self._upgraded:
            self.resolver.upgrade_name_keys(collection, partial(self.join_names, collection))
            upgrade_fact_dates(self.connection, collection, partial(self.recompute_dates, collection))
            self._upgraded.add(collection)
