"""What the language model judged of names in pairs, one thing or two: durable before the graph follows it, paid for once."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine

from fathom.database import judged_names, name_verdicts

if TYPE_CHECKING:
    from sqlalchemy.sql.dml import Insert

Pair = tuple[str, str]  # two keys of names, the lesser first

SLICE = 500  # keys a query
_v = name_verdicts.c


class NameVerdicts:
    """The verdicts of every collection, in SQLite or Postgres; every method that writes is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def about(
        self, collection: str, keys: Collection[str], kins: Collection[str] = ()
    ) -> tuple[frozenset[Pair], frozenset[Pair]]:
        """The pairs that are one, of these keys and all that hang together with them; and the pairs of those that are two.

        With the names of these kins, too: whom an initial may stand for.
        """
        same: set[Pair] = set()
        known: set[str] = set()
        fresh = set(keys)
        c = judged_names.c
        with self._engine.connect() as connection:
            for some in _slices(kins):
                fresh.update(connection.scalars(sa.select(c.key).where(c.collection == collection, c.kin.in_(some))))
            while fresh:
                known |= fresh
                found = {one for one, is_same in _touching(connection, collection, fresh, _v.same.is_(True)) if is_same}
                same |= found
                fresh = {key for pair in found for key in pair} - known
            joined = {key for pair in same for key in pair}
            apart = {one for one, _ in _touching(connection, collection, joined, _v.same.is_(False)) if joined.issuperset(one)}
        return frozenset(same), frozenset(apart)

    def of(self, collection: str, pairs: Sequence[Pair]) -> dict[Pair, bool]:
        """The verdict of each of these pairs that has one: whether it is one thing."""
        with self._engine.connect() as connection:
            found = _touching(connection, collection, {one for one, _ in pairs})
        wanted = set(pairs)
        return {pair: same for pair, same in found if pair in wanted}

    def record(self, collection: str, verdicts: Mapping[Pair, bool], *, model: str, prompt: str) -> None:
        """These are the verdicts of the pairs."""
        by = {"collection": collection, "model": model, "prompt": prompt, "at": time.time()}
        rows = [{"one": one, "other": other, "same": same, **by} for (one, other), same in verdicts.items()]
        self._insert(name_verdicts, rows)

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
        self._insert(judged_names, rows)

    def judged(self, collection: str, *, most: int) -> dict[str, bytes | None]:
        """The names of the collection that were compared, so many of the latest at most, with the signs of their vectors."""
        c = judged_names.c
        latest = sa.select(c.key, c.bits).where(c.collection == collection).order_by(c.at.desc(), c.key).limit(most)
        with self._engine.connect() as connection:
            return dict(connection.execute(latest).tuples().all())

    def any(self, collection: str) -> bool:
        """Whether a name of the collection was ever compared."""
        with self._engine.connect() as connection:
            first = sa.select(judged_names.c.key).where(judged_names.c.collection == collection).limit(1)
            return connection.scalar(first) is not None

    def keep_only(self, collection: str, keys: Collection[str]) -> None:
        """Nothing is kept of names of the collection but of these."""
        with self._engine.begin() as connection:
            mine = judged_names.c.collection == collection
            there = set(connection.scalars(sa.select(judged_names.c.key).where(mine)))
            pairs = connection.execute(sa.select(_v.one, _v.other).where(_v.collection == collection)).all()
            gone = (there | {key for pair in pairs for key in pair}) - set(keys)
            for some in _slices(gone):
                connection.execute(judged_names.delete().where(mine, judged_names.c.key.in_(some)))
                either = sa.or_(_v.one.in_(some), _v.other.in_(some))
                connection.execute(name_verdicts.delete().where(_v.collection == collection, either))

    def _insert(self, table: sa.Table, rows: Sequence[Mapping[str, object]]) -> None:
        if not rows:
            return
        made: Insert = (postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert)(table)
        with self._engine.begin() as connection:  # what was said first stands
            connection.execute(made.on_conflict_do_nothing(index_elements=list(table.primary_key)), list(rows))  # type: ignore[attr-defined]


def _touching(
    connection: Connection, collection: str, keys: Collection[str], *more: sa.ColumnElement[bool]
) -> list[tuple[Pair, bool]]:
    found: list[tuple[Pair, bool]] = []
    for some in _slices(keys):
        either = sa.or_(_v.one.in_(some), _v.other.in_(some))
        rows = connection.execute(sa.select(_v.one, _v.other, _v.same).where(_v.collection == collection, either, *more))
        found += [((row.one, row.other), bool(row.same)) for row in rows]
    return found


def _slices(keys: Collection[str]) -> list[list[str]]:
    ordered = sorted(keys)
    return [ordered[start : start + SLICE] for start in range(0, len(ordered), SLICE)]
