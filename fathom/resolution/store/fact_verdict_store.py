"""Which facts say one thing, which relations can stand for the same, and what was compared of them where and since when."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from fathom.resolution.store.verdict_store import Pair, VerdictStore, slices
from fathom.tables import compared_facts, fact_verdicts, relation_verdicts

# The key of a fact's sentence, since when it holds where that is said, and the uuids of the entities between which it is said.
ComparedStatement = tuple[str, datetime | None, str, str]


class FactVerdictStore(VerdictStore):
    """Which keys of facts' sentences say one thing, in SQLite or Postgres; and which `relations` can stand for the same."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine, "facts", fact_verdicts)
        self.relations = VerdictStore(engine, "relations", relation_verdicts)

    def any(self, collection: str) -> bool:
        """Whether anything is kept of a sentence or relation of the collection."""
        with self._engine.connect() as connection:
            mine = compared_facts.c.collection == collection
            compared = connection.scalar(sa.select(compared_facts.c.at).where(mine).limit(1)) is not None
        return compared or super().any(collection) or self.relations.any(collection)

    def unjudged(self, collection: str, sayings: Collection[ComparedStatement]) -> set[ComparedStatement]:
        """Those that were not compared yet."""
        known: set[tuple[str, str, str]] = set()
        c = compared_facts.c
        with self._engine.connect() as connection:
            for some in slices({_mark(one) for one in sayings}):
                asked = sa.select(c.key, c.source, c.target).where(c.collection == collection, c.key.in_(some))
                known.update(connection.execute(asked).tuples())
        return {one for one in sayings if (_mark(one), *one[2:]) not in known}

    def mark_judged(self, collection: str, sayings: Collection[ComparedStatement]) -> None:
        """They were compared, and the graph follows what came of it."""
        now = time.time()
        rows = [{"collection": collection, "key": _mark(one), "source": one[2], "target": one[3], "at": now} for one in sayings]
        with self._engine.begin() as connection:
            self._insert(connection, compared_facts, rows)

    def mark_unjudged(self, collection: str, sayings: Collection[ComparedStatement]) -> None:
        """They are to be compared again."""
        if sayings:
            with self._engine.begin() as connection:
                _delete_compared(connection, collection, {(_mark(one), *one[2:]) for one in sayings})

    def both_said(self, collection: str, pairs: Collection[Pair]) -> set[tuple[str, str]]:
        """The entities between which both of a pair were compared."""
        c = compared_facts.c
        ends: dict[str, set[tuple[str, str]]] = defaultdict(set)
        with self._engine.connect() as connection:
            for some in slices({key for pair in pairs for key in pair}):
                # a letter is above all digits in any collation, also in one that passes over blanks
                marks = sa.or_(*(sa.and_(c.collection == collection, c.key.between(key, f"{key} z")) for key in some))
                for mark, source, target in connection.execute(sa.select(c.key, c.source, c.target).where(marks)):
                    ends[mark.partition(" ")[0]].add((source, target))
        return {both for one, other in pairs for both in ends[one] & ends[other]}

    def keep_only(self, collection: str, keys: Collection[str], sayings: Collection[ComparedStatement] = ()) -> None:
        """Nothing is kept of what is not among these: keys of sentences, and where and since when they are said."""
        super().keep_only(collection, keys)
        kept = {(_mark(one), *one[2:]) for one in sayings}
        c = compared_facts.c
        with self._engine.begin() as connection:
            there = connection.execute(sa.select(c.key, c.source, c.target).where(c.collection == collection)).tuples().all()
            _delete_compared(connection, collection, {*there} - kept)


def _delete_compared(connection: Connection, collection: str, marks: Collection[tuple[str, str, str]]) -> None:
    c = compared_facts.c
    these = c.key == sa.bindparam("key_"), c.source == sa.bindparam("source_"), c.target == sa.bindparam("target_")
    if marks:
        gone = [{"key_": mark, "source_": source, "target_": target} for mark, source, target in marks]
        connection.execute(compared_facts.delete().where(c.collection == collection, *these), gone)


def _mark(saying: ComparedStatement) -> str:
    """How a saying is known to have been compared."""
    key, since, _, _ = saying
    return f"{key} {since.astimezone(UTC).isoformat()}" if since else key
