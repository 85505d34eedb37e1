"""Carries out decisions of people on entities and facts: stores them first, then lets the graph follow by the writer's path."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from fathom.errors import UsageWrong
from fathom.graph.read.entity_views import keys_by_name, own_key
from fathom.graph.write.collection_changes import CollectionChanges
from fathom.knowledge.assertions import FACT_COLUMNS, StoredFact, stored_facts
from fathom.knowledge.name_disambiguation import base_key
from fathom.resolution.store.decision_store import Decision, DecisionKind, DecisionStore, pairs_between

FACT = f"MATCH (:Entity)-[r:RELATES_TO {{uuid: $uuid}}]->(:Entity) RETURN {FACT_COLUMNS}"
BY_KEY = """
MATCH (n:Entity) WHERE n.name_key IN $keys AND n.group_id = $group RETURN n.uuid AS uuid
"""
MAX_NAMES = 60  # of both entities of a merge: each pair of their names is a verdict


class Curator:
    """Decides on the entities and facts of a collection; for its writer only, within `CollectionChanges.exclusive`.

    A decision that was killed before the graph followed is applied by `finish`. Methods raise UsageWrong, GraphUnreachable.
    """

    def __init__(self, changes: CollectionChanges, collection: str, by: str, reason: str = "") -> None:
        self._changes = changes
        self._connection = changes.connection
        self._store: DecisionStore = changes.resolver.decisions
        self._collection = collection
        self._by = by
        self._reason = reason

    def finish(self) -> list[Decision]:
        """Lets the graph follow decisions, and undos of decisions, that were killed before it did; returns them."""
        return [self._apply(decision) for decision in self._store.unapplied(self._collection)]

    def merge(self, left: str, right: str) -> Decision:
        """Decides that two entities are one, by all of their names."""
        return self._decide("merge", self._both(left, right))

    def keep_apart(self, left: str, right: str) -> Decision:
        """Decides that two entities are not one, by all of their names."""
        return self._decide("split", self._both(left, right))

    def _both(self, left: str, right: str) -> dict[str, Any]:
        """Returns the names of two entities, and the pairs of each name of one with each of the other."""
        if left == right:
            raise UsageWrong("They are the same entity.")
        sides = [keys_by_name(self._connection, entity) for entity in (left, right)]
        if not all(sides):
            raise UsageWrong("Texts mention one of them only by an initial, which stands for another person in each.")
        if sum(map(len, sides)) > MAX_NAMES:
            raise UsageWrong(f"The two entities have more than {MAX_NAMES} names.", hint="Split the wrong names off first.")
        keys = [{*side.values()} for side in sides]
        pairs = pairs_between(*keys) or pairs_between(keys[0] | keys[1], keys[0] | keys[1])
        if not pairs:
            raise UsageWrong("The names of the two are the same; texts distinguish them by a person's type only.")
        return {"pairs": pairs, "left": sorted(sides[0]), "right": sorted(sides[1])}

    def split(self, entity: str, names: Collection[str]) -> Decision:
        """Decides that some of an entity's names are of another entity."""
        keys = keys_by_name(self._connection, entity)
        if unknown := sorted({*names} - keys.keys()):
            known = ", ".join(sorted(keys))
            raise UsageWrong(f"No text mentions the entity as {', '.join(unknown)}.", hint=f"Its names are: {known}.")
        apart = {keys[name] for name in names}
        rest = {*keys.values()} - apart
        if not names or not rest:
            raise UsageWrong("Name some of the entity's names, not all of them, that are another's.")
        left = sorted(name for name, key in keys.items() if key in apart)
        pairs = pairs_between(apart, rest)
        return self._decide("split", {"pairs": pairs, "left": left, "right": sorted({*keys} - {*left})})

    def rename(self, entity: str, name: str, former: str) -> Decision:
        """Decides the name of an entity."""
        name = " ".join(name.split())
        if not name:
            raise UsageWrong("The new name is empty.")
        return self._decide("rename", {"keys": [own_key(self._connection, entity)], "name": name, "former": former})

    def retire(self, fact: str, *, restore: bool = False) -> Decision:
        """Decides that a fact does not hold, or with `restore` that it does after all."""
        asserted = self.fact(fact).asserted
        ends = (sorted(keys_by_name(self._connection, end).values()) for end in (asserted.source, asserted.target))
        sources, targets = ends
        overrides = self._store.overrides(self._collection)
        if (overrides.retired_at(asserted.keys, sources, targets) is None) == restore:
            raise UsageWrong("The fact is not retired." if restore else "The fact is retired already.")
        subject = {"statements": sorted(asserted.keys), "sources": sources, "targets": targets}
        subject["fact"] = [asserted.most_common_wording()]
        return self._decide("restore" if restore else "retire", subject)

    def undo(self, decision: Decision) -> Decision:
        """Takes a decision back."""
        if decision.undone_at is not None:
            raise UsageWrong(f"The decision {decision.id} was undone before.")
        self._store.undo(decision, by=self._by)
        return self._apply(decision)

    def fact(self, uuid: str) -> StoredFact:
        """Returns the stored fact."""
        found = stored_facts(self._connection.read, FACT, uuid=uuid)
        if not found:
            raise UsageWrong(f"No fact has the uuid {uuid}.")
        return found[0]

    def entities_of(self, decision: Decision) -> list[str]:
        """Returns the entities that have the names which the decision concerns."""
        return self._entities(decision.keys)

    def _decide(self, kind: DecisionKind, subject: Mapping[str, Any]) -> Decision:
        return self._apply(self._store.add(self._collection, kind, subject, by=self._by, reason=self._reason))

    def _apply(self, decision: Decision) -> Decision:
        if decision.kind in ("merge", "split"):
            self._changes.join_names(self._collection, decision.keys)
        elif decision.kind == "rename":
            self._changes.recompute_entities(self._collection, self._entities(decision.subject["keys"]))
        else:
            self._changes.recompute_dates(self._collection, self._entities(decision.subject["sources"]))
        return self._store.mark_applied(decision)

    def _entities(self, keys: Collection[str]) -> list[str]:
        """Returns the entities that may have names of these keys."""
        matches = self._changes.resolver.name_verdicts(self._collection, keys, ()).matches
        names = {*keys, *(key for pair in matches for key in pair)}
        rows = self._connection.read(BY_KEY, keys=sorted({*map(base_key, names)}), group=self._collection)
        return sorted(row["uuid"] for row in rows)
