"""Names of entities and retired facts that people decided, above what the documents say.

Entities and facts are identified by keys of names and statements, not by uuids, so that a decision holds after documents are
ingested again, entities are merged or split, and in whatever order documents arrive.
"""

from __future__ import annotations

from collections.abc import Collection, Set
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property


@dataclass(frozen=True)
class NameOverride:
    """The name of the entity that has any of these keys among its names; of several, the latest decision counts."""

    keys: frozenset[str]
    name: str


@dataclass(frozen=True)
class RetiredFact:
    """A fact with any of these statements, between entities with any of these keys, that does not hold since `at`."""

    statements: frozenset[str]
    sources: frozenset[str]
    targets: frozenset[str]
    at: datetime


@dataclass(frozen=True)
class CurationOverrides:
    """The decisions on a collection, in the order in which they were made."""

    names: tuple[NameOverride, ...] = ()
    retired: tuple[RetiredFact, ...] = ()

    @cached_property
    def retired_statements(self) -> frozenset[str]:
        """The statements of all retired facts."""
        return frozenset[str]().union(*(fact.statements for fact in self.retired))

    def name_of(self, keys: Set[str]) -> str | None:
        """Returns the decided name of an entity with these keys."""
        return next((override.name for override in reversed(self.names) if override.keys & keys), None)

    def retired_at(self, statements: Collection[str], sources: Collection[str], targets: Collection[str]) -> datetime | None:
        """Returns since when a fact with these statements and keys of its ends is retired; None where it is not."""
        return next(
            (
                fact.at
                for fact in self.retired
                if not fact.statements.isdisjoint(statements)
                and not fact.sources.isdisjoint(sources)
                and not fact.targets.isdisjoint(targets)
            ),
            None,
        )


NO_OVERRIDES = CurationOverrides()
