"""What the language model judged in pairs, one thing or two: durable before the graph follows it, paid for once."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine

from fathom.database import called_one, compared_facts, fact_verdicts, judged_names, name_verdicts, to_forget

if TYPE_CHECKING:
    from sqlalchemy.sql.dml import Insert

Pair = tuple[str, str]  # two keys, the lesser first
Saying = tuple[str, str, str]  # the key of a fact's sentence, and the uuids of the two entities between which it is said

SLICE = 500  # keys a query


class Verdicts:
    """The verdicts on keys of one kind, of every collection; every method that writes is one transaction."""

    def __init__(self, engine: Engine, of: str, verdicts: sa.Table, judged: sa.Table) -> None:
        self._engine = engine
        self._of = of
        self._verdicts = verdicts
        self._judged = judged

    def about(self, collection: str, keys: Collection[str]) -> tuple[frozenset[Pair], frozenset[Pair]]:
        """The pairs that are one, of these keys and all that hang together with them; and the pairs of those that are two."""
        with self._engine.connect() as connection:
            return self._about(connection, collection, set(keys))

    def of(self, collection: str, pairs: Sequence[Pair]) -> dict[Pair, bool]:
        """The verdict of each of these pairs that has one: whether it is one thing."""
        with self._engine.connect() as connection:
            found = self._touching(connection, collection, {one for one, _ in pairs})
        wanted = set(pairs)
        return {pair: same for pair, same in found if pair in wanted}

    def record(
        self, collection: str, verdicts: Mapping[Pair, bool], called: Collection[Pair] = (), *, model: str, prompt: str
    ) -> None:
        """These are the verdicts of the pairs; `called` were called one in sight of others, and have none yet."""
        now = time.time()
        by = {"collection": collection, "model": model, "prompt": prompt, "at": now}
        rows = [{"one": one, "other": other, "same": same, **by} for (one, other), same in verdicts.items()]
        waiting = [{"collection": collection, "of": self._of, "one": one, "other": other, "at": now} for one, other in called]
        with self._engine.begin() as connection:
            self._insert(connection, self._verdicts, rows)
            self._insert(connection, called_one, waiting)
            if verdicts:
                c = called_one.c
                these = self._called(collection), c.one == sa.bindparam("one_"), c.other == sa.bindparam("other_")
                told = [{"one_": one, "other_": other} for one, other in verdicts]
                connection.execute(called_one.delete().where(*these), told)

    def called_one(self, collection: str, pairs: Collection[Pair]) -> set[Pair]:
        """Those of the pairs that were called one in sight of others."""
        asked = sa.select(called_one.c.one, called_one.c.other).where(self._called(collection))
        with self._engine.connect() as connection:
            return set(connection.execute(asked).tuples()) & set(pairs)

    def any(self, collection: str) -> bool:
        """Whether anything is kept of a key of the collection."""
        with self._engine.connect() as connection:
            return any(
                connection.scalar(sa.select(table.c.at).where(mine).limit(1)) is not None
                for table, mine in (
                    (self._judged, self._judged.c.collection == collection),
                    (self._verdicts, self._verdicts.c.collection == collection),
                    (called_one, self._called(collection)),
                )
            )

    def keep_only(self, collection: str, keys: Collection[str]) -> None:
        """Nothing is kept of keys of the collection but of these."""
        v, judged = self._verdicts.c, self._judged
        with self._engine.begin() as connection:
            mine = judged.c.collection == collection
            there = set(connection.scalars(sa.select(judged.c.key).where(mine)))
            c = called_one.c
            pairs = connection.execute(sa.select(v.one, v.other).where(v.collection == collection)).all()
            waiting = connection.execute(sa.select(c.one, c.other).where(self._called(collection))).all()
            gone = (there | {key for pair in (*pairs, *waiting) for key in pair}) - set(keys)
            for some in _slices(gone):
                connection.execute(judged.delete().where(mine, judged.c.key.in_(some)))
                either = sa.or_(v.one.in_(some), v.other.in_(some))
                connection.execute(self._verdicts.delete().where(v.collection == collection, either))
                either = sa.or_(c.one.in_(some), c.other.in_(some))
                connection.execute(called_one.delete().where(self._called(collection), either))

    def _about(self, connection: Connection, collection: str, keys: set[str]) -> tuple[frozenset[Pair], frozenset[Pair]]:
        same: set[Pair] = set()
        known: set[str] = set()
        is_one = self._verdicts.c.same
        fresh = keys
        while fresh:
            known |= fresh
            found = {one for one, _ in self._touching(connection, collection, fresh, is_one.is_(True))}
            same |= found
            fresh = {key for pair in found for key in pair} - known
        joined = {key for pair in same for key in pair}
        told = self._touching(connection, collection, joined, is_one.is_(False))
        return frozenset(same), frozenset(one for one, _ in told if joined.issuperset(one))

    def _touching(
        self, connection: Connection, collection: str, keys: Collection[str], *more: sa.ColumnElement[bool]
    ) -> list[tuple[Pair, bool]]:
        v = self._verdicts.c
        found: list[tuple[Pair, bool]] = []
        for some in _slices(keys):
            either = sa.or_(v.one.in_(some), v.other.in_(some))
            rows = connection.execute(sa.select(v.one, v.other, v.same).where(v.collection == collection, either, *more))
            found += [((row.one, row.other), bool(row.same)) for row in rows]
        return found

    def _called(self, collection: str) -> sa.ColumnElement[bool]:
        return sa.and_(called_one.c.collection == collection, called_one.c.of == self._of)

    def _insert(self, connection: Connection, table: sa.Table, rows: Sequence[Mapping[str, object]]) -> None:
        if not rows:
            return
        made: Insert = (postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert)(table)
        # what was said first stands
        connection.execute(made.on_conflict_do_nothing(index_elements=list(table.primary_key)), list(rows))  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Sheet:
    """Where the answers on pairs of a collection go, with the model and prompt that gave them."""

    verdicts: Verdicts
    collection: str
    model: str
    prompt: str

    def called_one(self, pairs: Collection[Pair]) -> set[Pair]:
        """Those of the pairs that were called one in sight of others."""
        return self.verdicts.called_one(self.collection, pairs)

    def record(self, verdicts: Mapping[Pair, bool], called: Collection[Pair] = ()) -> None:
        """As `Verdicts.record`."""
        self.verdicts.record(self.collection, verdicts, called, model=self.model, prompt=self.prompt)


class NameVerdicts(Verdicts):
    """Which keys of names are one thing, in SQLite or Postgres."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine, "names", name_verdicts, judged_names)

    def about(
        self, collection: str, keys: Collection[str], kins: Collection[str] = ()
    ) -> tuple[frozenset[Pair], frozenset[Pair]]:
        """The pairs that are one, of these keys and all that hang together with them; and the pairs of those that are two.

        With the names of these kins, too: whom an initial may stand for.
        """
        fresh = set(keys)
        c = judged_names.c
        with self._engine.connect() as connection:
            for some in _slices(kins):
                fresh.update(connection.scalars(sa.select(c.key).where(c.collection == collection, c.kin.in_(some))))
            return self._about(connection, collection, fresh)

    def unjudged(self, collection: str, keys: Collection[str]) -> set[str]:
        """Those of the keys that were not compared yet."""
        known: set[str] = set()
        c = judged_names.c
        with self._engine.connect() as connection:
            for some in _slices(keys):
                known.update(connection.scalars(sa.select(c.key).where(c.collection == collection, c.key.in_(some))))
        return set(keys) - known

    def mark_judged(self, collection: str, names: Mapping[str, tuple[str | None, bytes | None]]) -> None:
        """The keys were compared with all others that were, and the graph follows what came of it.

        Each comes with its kin and the signs of its name's vector, by which later ones are compared with it.
        """
        now = time.time()
        rows = [
            {"collection": collection, "key": key, "kin": kin, "bits": bits, "at": now}
            for key, (kin, bits) in sorted(names.items())
        ]
        with self._engine.begin() as connection:
            self._insert(connection, judged_names, rows)

    def judged(self, collection: str, *, most: int) -> dict[str, bytes | None]:
        """The names of the collection that were compared, so many of the latest at most, with the signs of their vectors."""
        c = judged_names.c
        latest = sa.select(c.key, c.bits).where(c.collection == collection).order_by(c.at.desc(), c.key).limit(most)
        with self._engine.connect() as connection:
            return dict(connection.execute(latest).tuples().all())


class FactVerdicts(Verdicts):
    """Which keys of facts' sentences say one thing, in SQLite or Postgres."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine, "facts", fact_verdicts, compared_facts)

    def unjudged(self, collection: str, sayings: Collection[Saying]) -> set[Saying]:
        """Those that were not compared yet."""
        known: set[Saying] = set()
        c = compared_facts.c
        with self._engine.connect() as connection:
            for some in _slices({key for key, _, _ in sayings}):
                asked = sa.select(c.key, c.source, c.target).where(c.collection == collection, c.key.in_(some))
                known.update(connection.execute(asked).tuples())
        return set(sayings) - known

    def mark_judged(self, collection: str, sayings: Collection[Saying]) -> None:
        """They were compared, and the graph follows what came of it."""
        now = time.time()
        rows = [
            {"collection": collection, "key": key, "source": source, "target": target, "at": now}
            for key, source, target in sorted(sayings)
        ]
        with self._engine.begin() as connection:
            self._insert(connection, compared_facts, rows)


class ToForget:
    """Collections that lost episodes since what was judged in them was last forgotten."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, collection: str) -> None:
        """It is one of them."""
        if collection not in self:
            with self._engine.begin() as connection:
                connection.execute(to_forget.insert().values(collection=collection, at=time.time()))

    def discard(self, collection: str) -> None:
        """It is none of them."""
        with self._engine.begin() as connection:
            connection.execute(to_forget.delete().where(to_forget.c.collection == collection))

    def __contains__(self, collection: str) -> bool:
        with self._engine.connect() as connection:
            mine = sa.select(to_forget.c.at).where(to_forget.c.collection == collection)
            return connection.scalar(mine) is not None


def _slices(keys: Collection[str]) -> list[list[str]]:
    ordered = sorted(keys)
    return [ordered[start : start + SLICE] for start in range(0, len(ordered), SLICE)]
