"""Stores verdicts on statements of facts and on relation names, and which statements were compared between which entities."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from fathom.knowledge.clustering import Pair
from fathom.resolution.store.verdict_store import VerdictStore, slices
from fathom.tables import compared_facts, fact_verdicts, relation_verdicts

# The key of a statement, the time since which it holds if stated, and the uuids of its source and target.
ComparedStatement = tuple[str, datetime | None, str, str]


class FactVerdictStore(VerdictStore):
    """Stores the verdicts on statement keys, and in `relations` those on relation names, in SQLite or Postgres."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine, "facts", fact_verdicts)
        self.relations = VerdictStore(engine, "relations", relation_verdicts)

    def has_any(self, collection: str) -> bool:
        """Returns whether anything is stored about a statement or relation of the collection."""
        with self._engine.connect() as connection:
            mine = compared_facts.c.collection == collection
            compared = connection.scalar(sa.select(compared_facts.c.key).where(mine).limit(1)) is not None
        return compared or super().has_any(collection) or self.relations.has_any(collection)

    def uncompared(self, collection: str, statements: Collection[ComparedStatement]) -> set[ComparedStatement]:
        """Returns the statements that were not compared yet."""
        known: set[tuple[str, str, str]] = set()
        c = compared_facts.c
        with self._engine.connect() as connection:
            for batch in slices({_mark(statement) for statement in statements}):
                query = sa.select(c.key, c.source, c.target).where(c.collection == collection, c.key.in_(batch))
                known.update(connection.execute(query).tuples())
        return {statement for statement in statements if (_mark(statement), *statement[2:]) not in known}

    def mark_compared(self, collection: str, statements: Collection[ComparedStatement]) -> None:
        """Marks the statements as compared, once the graph reflects their verdicts."""
        now = time.time()
        rows = [
            {
                "collection": collection,
                "key": _mark(statement),
                "source": statement[2],
                "target": statement[3],
                "compared_at": now,
            }
            for statement in statements
        ]
        with self._engine.begin() as connection:
            self._insert(connection, compared_facts, rows)

    def mark_uncompared(self, collection: str, statements: Collection[ComparedStatement]) -> None:
        """Marks the statements to be compared again."""
        if statements:
            with self._engine.begin() as connection:
                _delete_compared(connection, collection, {(_mark(statement), *statement[2:]) for statement in statements})

    def entity_pairs_of(self, collection: str, pairs: Collection[Pair]) -> set[tuple[str, str]]:
        """Returns the entity pairs between which both statements of a pair were compared."""
        c = compared_facts.c
        ends: dict[str, set[tuple[str, str]]] = defaultdict(set)
        with self._engine.connect() as connection:
            for batch in slices({key for pair in pairs for key in pair}):
                # a letter sorts after all digits in any collation, also in collations that ignore blanks
                marks = sa.or_(*(sa.and_(c.collection == collection, c.key.between(key, f"{key} z")) for key in batch))
                for mark, source, target in connection.execute(sa.select(c.key, c.source, c.target).where(marks)):
                    ends[mark.partition(" ")[0]].add((source, target))
        return {shared for left, right in pairs for shared in ends[left] & ends[right]}

    def retain(self, collection: str, keys: Collection[str], statements: Collection[ComparedStatement] = ()) -> None:
        """Deletes everything about statement keys other than these, and the marks of statements other than these."""
        super().retain(collection, keys)
        kept = {(_mark(statement), *statement[2:]) for statement in statements}
        c = compared_facts.c
        with self._engine.begin() as connection:
            stored = connection.execute(sa.select(c.key, c.source, c.target).where(c.collection == collection)).tuples().all()
            _delete_compared(connection, collection, {*stored} - kept)


def _delete_compared(connection: Connection, collection: str, marks: Collection[tuple[str, str, str]]) -> None:
    c = compared_facts.c
    these = c.key == sa.bindparam("key_"), c.source == sa.bindparam("source_"), c.target == sa.bindparam("target_")
    if marks:
        gone = [{"key_": mark, "source_": source, "target_": target} for mark, source, target in marks]
        connection.execute(compared_facts.delete().where(c.collection == collection, *these), gone)


def _mark(statement: ComparedStatement) -> str:
    """Returns the stored mark of a compared statement: its key, and the start of its validity if stated."""
    key, since, _, _ = statement
    return f"{key} {since.astimezone(UTC).isoformat()}" if since else key
