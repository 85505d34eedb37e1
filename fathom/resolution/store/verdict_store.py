"""What was judged in pairs, one thing or two, by the language model or by what it judged of others: durable, paid for once."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine

from fathom.knowledge.context_isolation import ISOLATED, SourceDocument, SourceSet
from fathom.tables import called_one, judged_names, name_verdicts, verdict_companies

Pair = tuple[str, str]  # two keys, the lesser first

SLICE = 500  # keys a query


class VerdictStore:
    """The verdicts on keys of one kind, of every collection; every method that writes is one transaction."""

    def __init__(self, engine: Engine, of: str, verdicts: sa.Table, judged: sa.Table | None = None) -> None:
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

    def told_at(self, collection: str, keys: Collection[str]) -> dict[Pair, float]:
        """When each pair of these keys was told to be one or two."""
        v = self._verdicts.c
        found: dict[Pair, float] = {}
        with self._engine.connect() as connection:
            for some in slices(keys):
                asked = sa.select(v.one, v.other, v.at).where(v.collection == collection, v.one.in_(some))
                found |= {(one, other): at for one, other, at in connection.execute(asked)}
        return found

    def record(
        self,
        collection: str,
        verdicts: Mapping[Pair, bool],
        called: Collection[Pair] = (),
        *,
        company: SourceSet = ISOLATED,
        model: str,
        prompt: str,
    ) -> None:
        """These are the verdicts of the pairs, given in sight of the words of the company.

        What is told ALONE stands above what was told in sight of any. `called` were called one, and have no verdict yet.
        """
        now = time.time()
        mine = {"collection": collection, "of": self._of, "at": now}
        by = {"collection": collection, "model": model, "prompt": prompt, "at": now}
        rows = [{"one": one, "other": other, "same": same, **by} for (one, other), same in verdicts.items()]
        waiting = [{**mine, "one": one, "other": other} for one, other in called]
        same = [pair for pair, is_one in verdicts.items() if is_one]
        documents = json.dumps(sorted(company), ensure_ascii=False)
        beside = [{**mine, "one": one, "other": other, "documents": documents} for one, other in same] if company else []
        with self._engine.begin() as connection:
            self._insert(connection, self._verdicts, rows)
            self._insert(connection, called_one, waiting)
            self._insert(connection, verdict_companies, beside)
            self._delete(connection, called_one, collection, verdicts)
            if not company:
                self._overturn(connection, by, [pair for pair, is_one in verdicts.items() if not is_one])
                self._delete(connection, verdict_companies, collection, verdicts)

    def companies(self, collection: str, keys: Collection[str]) -> dict[Pair, list[SourceSet]]:
        """In whose sight the pairs of these keys were told to be one, of those that were not told ALONE what they are."""
        c = verdict_companies.c
        found: dict[Pair, list[SourceSet]] = defaultdict(list)
        with self._engine.connect() as connection:
            for some in slices(keys):
                either = sa.or_(c.one.in_(some), c.other.in_(some))
                asked = sa.select(c.one, c.other, c.documents).where(self._mine(verdict_companies, collection), either)
                for one, other, documents in connection.execute(asked.distinct()):
                    found[one, other].append(frozenset(SourceDocument(*member) for member in json.loads(documents)))
        return dict(found)

    def called_one(self, collection: str, pairs: Collection[Pair]) -> set[Pair]:
        """Those of the pairs that were called one in sight of others."""
        asked = sa.select(called_one.c.one, called_one.c.other).where(self._mine(called_one, collection))
        with self._engine.connect() as connection:
            return set(connection.execute(asked).tuples()) & set(pairs)

    def any(self, collection: str) -> bool:
        """Whether anything is kept of a key of the collection."""
        tables = [self._verdicts, *([] if self._judged is None else [self._judged])]
        kept = [
            *((table, table.c.collection == collection) for table in tables),
            (called_one, self._mine(called_one, collection)),
        ]
        with self._engine.connect() as connection:
            return any(connection.scalar(sa.select(table.c.at).where(mine).limit(1)) is not None for table, mine in kept)

    def keep_only(self, collection: str, keys: Collection[str]) -> None:
        """Nothing is kept of keys of the collection but of these."""
        of_pairs = [
            (self._verdicts, self._verdicts.c.collection == collection),
            *((table, self._mine(table, collection)) for table in (called_one, verdict_companies)),
        ]
        with self._engine.begin() as connection:
            there: set[str] = set()
            for table, mine in of_pairs:
                there |= {key for pair in connection.execute(sa.select(table.c.one, table.c.other).where(mine)) for key in pair}
            if self._judged is not None:
                j = self._judged.c
                there.update(connection.scalars(sa.select(j.key).where(j.collection == collection)))
            for some in slices(there - set(keys)):
                for table, mine in of_pairs:
                    connection.execute(table.delete().where(mine, sa.or_(table.c.one.in_(some), table.c.other.in_(some))))
                if self._judged is not None:
                    connection.execute(self._judged.delete().where(j.collection == collection, j.key.in_(some)))

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
        for some in slices(keys):
            either = sa.or_(v.one.in_(some), v.other.in_(some))
            rows = connection.execute(sa.select(v.one, v.other, v.same).where(v.collection == collection, either, *more))
            found += [((row.one, row.other), bool(row.same)) for row in rows]
        return found

    def _mine(self, table: sa.Table, collection: str) -> sa.ColumnElement[bool]:
        return sa.and_(table.c.collection == collection, table.c.of == self._of)

    def _delete(self, connection: Connection, table: sa.Table, collection: str, pairs: Collection[Pair]) -> None:
        if pairs:
            these = table.c.one == sa.bindparam("one_"), table.c.other == sa.bindparam("other_")
            gone = [{"one_": one, "other_": other} for one, other in pairs]
            connection.execute(table.delete().where(self._mine(table, collection), *these), gone)

    def _overturn(self, connection: Connection, by: Mapping[str, object], pairs: Sequence[Pair]) -> None:
        """Those of the pairs are two that were told to be one in sight of others."""
        if not pairs:
            return
        v, c = self._verdicts.c, verdict_companies.c
        these = v.collection == by["collection"], v.one == sa.bindparam("one_"), v.other == sa.bindparam("other_")
        beside = sa.exists().where(c.collection == v.collection, c.of == self._of, c.one == v.one, c.other == v.other)
        told = self._verdicts.update().where(*these, beside).values(same=False, **by)
        connection.execute(told, [{"one_": one, "other_": other} for one, other in pairs])

    def _insert(self, connection: Connection, table: sa.Table, rows: Sequence[Mapping[str, object]]) -> None:
        if not rows:
            return
        made: Any = (postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert)(table)
        # what was said first stands
        connection.execute(made.on_conflict_do_nothing(index_elements=list(table.primary_key)), list(rows))


@dataclass(frozen=True)
class VerdictWriter:
    """Where the answers on pairs of a collection go, with the model and prompt that gave them."""

    verdicts: VerdictStore
    collection: str
    model: str
    prompt: str

    def called_one(self, pairs: Collection[Pair]) -> set[Pair]:
        """Those of the pairs that were called one in sight of others."""
        return self.verdicts.called_one(self.collection, pairs)

    def record(self, verdicts: Mapping[Pair, bool], called: Collection[Pair] = (), company: SourceSet = ISOLATED) -> None:
        """As `Verdicts.record`."""
        self.verdicts.record(self.collection, verdicts, called, company=company, model=self.model, prompt=self.prompt)


class NameVerdictStore(VerdictStore):
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
            for some in slices(kins):
                fresh.update(connection.scalars(sa.select(c.key).where(c.collection == collection, c.kin.in_(some))))
            return self._about(connection, collection, fresh)

    def unjudged(self, collection: str, keys: Collection[str]) -> set[str]:
        """Those of the keys that were not compared yet."""
        known: set[str] = set()
        c = judged_names.c
        with self._engine.connect() as connection:
            for some in slices(keys):
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

    def copy(self, became: Mapping[str, Sequence[str]], collection: str, kin_of: Callable[[str], str | None]) -> None:
        """What is known of a key is known of each key that it became, too; what is known of that already stands.

        `kin_of` gives the key that the form of one initial has.
        """
        v, j = self._verdicts.c, judged_names.c
        with self._engine.begin() as connection:
            for some in slices(became):
                either = sa.or_(v.one.in_(some), v.other.in_(some))
                told = connection.execute(sa.select(self._verdicts).where(v.collection == collection, either)).mappings()
                pairs = [
                    {**row, "one": min(one, other), "other": max(one, other)}
                    for row in told
                    for one in became.get(row["one"], [row["one"]])
                    for other in became.get(row["other"], [row["other"]])
                    if one != other
                ]
                self._insert(connection, self._verdicts, pairs)
                known = connection.execute(sa.select(judged_names).where(j.collection == collection, j.key.in_(some)))
                names = [{**row, "key": key, "kin": kin_of(key)} for row in known.mappings() for key in became[row["key"]]]
                self._insert(connection, judged_names, names)

    def judged(self, collection: str, *, most: int) -> dict[str, bytes | None]:
        """The names of the collection that were compared, so many of the latest at most, with the signs of their vectors."""
        c = judged_names.c
        latest = sa.select(c.key, c.bits).where(c.collection == collection).order_by(c.at.desc(), c.key).limit(most)
        with self._engine.connect() as connection:
            return dict(connection.execute(latest).tuples().all())


def slices(keys: Collection[str]) -> list[list[str]]:
    """The keys in order, as many at a time as a query may name."""
    ordered = sorted(keys)
    return [ordered[start : start + SLICE] for start in range(0, len(ordered), SLICE)]
