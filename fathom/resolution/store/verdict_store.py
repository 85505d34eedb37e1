"""Stores match verdicts on pairs of keys, from the language model or inferred: durable, each paid for once."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from fathom.knowledge.clustering import Pair
from fathom.knowledge.context_isolation import ISOLATED, SourceDocument, SourceSet
from fathom.sql import batched, insert_into
from fathom.tables import compared_names, name_verdicts, tentative_matches, verdict_scopes

PERSON_MODEL = "a person"  # the model of verdicts that people decided; their prompt is the decision's id


class VerdictStore:
    """The verdicts on keys of one kind, in every collection; every method that writes is a single transaction."""

    def __init__(self, engine: Engine, kind: str, verdicts: sa.Table, compared: sa.Table | None = None) -> None:
        self._engine = engine
        self._kind = kind
        self._verdicts = verdicts
        self._compared = compared

    def closure_of(self, collection: str, keys: Collection[str]) -> tuple[frozenset[Pair], frozenset[Pair]]:
        """Returns the matches of these keys and their connected components, and the non-matches among the matched keys."""
        with self._engine.connect() as connection:
            return self._closure_of(connection, collection, set(keys))

    def of(self, collection: str, pairs: Sequence[Pair]) -> dict[Pair, bool]:
        """Returns, for each of the pairs that has a verdict, whether it is a match."""
        with self._engine.connect() as connection:
            found = self._touching(connection, collection, {left for left, _ in pairs})
        wanted = set(pairs)
        return {pair: is_match for pair, is_match in found if pair in wanted}

    def decided_at(self, collection: str, keys: Collection[str]) -> dict[Pair, float]:
        """Returns the time of the verdict on each pair of these keys, in seconds since 1970."""
        v = self._verdicts.c
        found: dict[Pair, float] = {}
        with self._engine.connect() as connection:
            for batch in slices(keys):
                query = sa.select(v.left_key, v.right_key, v.decided_at).where(
                    v.collection == collection, v.left_key.in_(batch)
                )
                found |= {(left, right): at for left, right, at in connection.execute(query)}
        return found

    def decided_between(self, collection: str, spans: Sequence[tuple[float, float]]) -> list[Pair]:
        """Returns the pairs whose verdict the model gave in one of these spans, in seconds since 1970."""
        v = self._verdicts.c
        at_these_times = sa.or_(sa.false(), *(v.decided_at.between(*span) for span in spans))
        with self._engine.connect() as connection:
            by_model = v.model != PERSON_MODEL
            query = sa.select(v.left_key, v.right_key).where(v.collection == collection, by_model, at_these_times)
            return [(left, right) for left, right in connection.execute(query)]

    def delete(self, collection: str, pairs: Collection[Pair]) -> None:
        """Deletes the verdicts of these pairs, with their scopes."""
        v = self._verdicts.c
        these = v.left_key == sa.bindparam("left"), v.right_key == sa.bindparam("right")
        if pairs:
            with self._engine.begin() as connection:
                gone = [{"left": left, "right": right} for left, right in pairs]
                connection.execute(self._verdicts.delete().where(v.collection == collection, *these), gone)
                self._delete(connection, verdict_scopes, collection, pairs)

    def record(
        self,
        collection: str,
        verdicts: Mapping[Pair, bool],
        tentative: Collection[Pair] = (),
        *,
        sources: SourceSet = ISOLATED,
        model: str,
        prompt: str,
    ) -> None:
        """Records the verdicts of pairs, given in a prompt that showed text of the `sources`.

        A verdict given in isolation overrides a scoped match. `tentative` pairs matched in a mixed prompt and await
        confirmation.
        """
        now = time.time()
        mine = {"collection": collection, "kind": self._kind, "created_at": now}
        by = {"collection": collection, "model": model, "prompt": prompt, "decided_at": now}
        rows = [{**_keys(pair), "is_match": is_match, **by} for pair, is_match in verdicts.items()]
        waiting = [{**mine, **_keys(pair)} for pair in tentative]
        matches = [pair for pair, is_match in verdicts.items() if is_match]
        documents = json.dumps(sorted(sources), ensure_ascii=False)
        scopes = [{**mine, **_keys(pair), "documents": documents} for pair in matches] if sources else []
        with self._engine.begin() as connection:
            self._insert(connection, self._verdicts, rows)
            self._insert(connection, tentative_matches, waiting)
            self._insert(connection, verdict_scopes, scopes)
            self._delete(connection, tentative_matches, collection, verdicts)
            if not sources:
                self._overturn(connection, by, [pair for pair, is_match in verdicts.items() if not is_match])
                self._delete(connection, verdict_scopes, collection, verdicts)

    def scopes(self, collection: str, keys: Collection[str]) -> dict[Pair, list[SourceSet]]:
        """Returns the source sets in whose scope pairs of these keys matched; pairs judged in isolation are absent."""
        c = verdict_scopes.c
        found: dict[Pair, list[SourceSet]] = defaultdict(list)
        with self._engine.connect() as connection:
            for batch in slices(keys):
                either = sa.or_(c.left_key.in_(batch), c.right_key.in_(batch))
                query = sa.select(c.left_key, c.right_key, c.documents).where(self._mine(verdict_scopes, collection), either)
                for left, right, documents in connection.execute(query.distinct()):
                    found[left, right].append(frozenset(SourceDocument(*member) for member in json.loads(documents)))
        return dict(found)

    def tentative_matches(self, collection: str, pairs: Collection[Pair]) -> set[Pair]:
        """Returns those of the pairs that matched in a mixed prompt and await confirmation."""
        return self.all_tentative_matches(collection) & set(pairs)

    def all_tentative_matches(self, collection: str) -> set[Pair]:
        """Returns all pairs that matched in a mixed prompt and await confirmation."""
        query = sa.select(tentative_matches.c.left_key, tentative_matches.c.right_key).where(
            self._mine(tentative_matches, collection)
        )
        with self._engine.connect() as connection:
            return set(connection.execute(query).tuples())

    def has_any(self, collection: str) -> bool:
        """Returns whether anything is stored about a key of the collection."""
        tables = [self._verdicts, *([] if self._compared is None else [self._compared])]
        stored = [
            *((table, table.c.collection == collection) for table in tables),
            (tentative_matches, self._mine(tentative_matches, collection)),
        ]
        with self._engine.connect() as connection:
            return any(
                connection.scalar(sa.select(table.c.collection).where(mine).limit(1)) is not None for table, mine in stored
            )

    def retain(self, collection: str, keys: Collection[str]) -> None:
        """Deletes everything about keys of the collection other than these, except for decisions of people."""
        by_model = self._verdicts.c.model != PERSON_MODEL
        of_pairs = [
            (self._verdicts, sa.and_(self._verdicts.c.collection == collection, by_model)),
            *((table, self._mine(table, collection)) for table in (tentative_matches, verdict_scopes)),
        ]
        with self._engine.begin() as connection:
            stored: set[str] = set()
            for table, mine in of_pairs:
                pairs = connection.execute(sa.select(table.c.left_key, table.c.right_key).where(mine))
                stored |= {key for pair in pairs for key in pair}
            if self._compared is not None:
                j = self._compared.c
                stored.update(connection.scalars(sa.select(j.key).where(j.collection == collection)))
            for batch in slices(stored - set(keys)):
                for table, mine in of_pairs:
                    connection.execute(
                        table.delete().where(mine, sa.or_(table.c.left_key.in_(batch), table.c.right_key.in_(batch)))
                    )
                if self._compared is not None:
                    connection.execute(self._compared.delete().where(j.collection == collection, j.key.in_(batch)))

    def _closure_of(self, connection: Connection, collection: str, keys: set[str]) -> tuple[frozenset[Pair], frozenset[Pair]]:
        matches: set[Pair] = set()
        known: set[str] = set()
        is_match = self._verdicts.c.is_match
        fresh = keys
        while fresh:
            known |= fresh
            found = {pair for pair, _ in self._touching(connection, collection, fresh, is_match.is_(True))}
            matches |= found
            fresh = {key for pair in found for key in pair} - known
        matched = {key for pair in matches for key in pair}
        non_matches = self._touching(connection, collection, matched, is_match.is_(False))
        return frozenset(matches), frozenset(pair for pair, _ in non_matches if matched.issuperset(pair))

    def _touching(
        self, connection: Connection, collection: str, keys: Collection[str], *more: sa.ColumnElement[bool]
    ) -> list[tuple[Pair, bool]]:
        v = self._verdicts.c
        found: list[tuple[Pair, bool]] = []
        for batch in slices(keys):
            either = sa.or_(v.left_key.in_(batch), v.right_key.in_(batch))
            rows = connection.execute(
                sa.select(v.left_key, v.right_key, v.is_match).where(v.collection == collection, either, *more)
            )
            found += [((row.left_key, row.right_key), bool(row.is_match)) for row in rows]
        return found

    def _mine(self, table: sa.Table, collection: str) -> sa.ColumnElement[bool]:
        return sa.and_(table.c.collection == collection, table.c.kind == self._kind)

    def _delete(self, connection: Connection, table: sa.Table, collection: str, pairs: Collection[Pair]) -> None:
        if pairs:
            these = table.c.left_key == sa.bindparam("left"), table.c.right_key == sa.bindparam("right")
            gone = [{"left": left, "right": right} for left, right in pairs]
            connection.execute(table.delete().where(self._mine(table, collection), *these), gone)

    def _overturn(self, connection: Connection, by: Mapping[str, object], pairs: Sequence[Pair]) -> None:
        """Turns scoped matches among the pairs into non-matches."""
        if not pairs:
            return
        v, c = self._verdicts.c, verdict_scopes.c
        these = v.collection == by["collection"], v.left_key == sa.bindparam("left"), v.right_key == sa.bindparam("right")
        scoped = sa.exists().where(
            c.collection == v.collection, c.kind == self._kind, c.left_key == v.left_key, c.right_key == v.right_key
        )
        overturned = self._verdicts.update().where(*these, scoped).values(is_match=False, **by)
        connection.execute(overturned, [{"left": left, "right": right} for left, right in pairs])

    def _insert(self, connection: Connection, table: sa.Table, rows: Sequence[Mapping[str, object]]) -> None:
        """Inserts the rows; existing rows stay, since the first verdict stands."""
        if not rows:
            return
        insert: Any = insert_into(self._engine, table)
        connection.execute(insert.on_conflict_do_nothing(index_elements=list(table.primary_key)), list(rows))


@dataclass(frozen=True)
class VerdictWriter:
    """Writes verdicts on pairs of a collection, with the model and prompt version that gave them."""

    store: VerdictStore
    collection: str
    model: str
    prompt: str

    def tentative_matches(self, pairs: Collection[Pair]) -> set[Pair]:
        """Returns the pairs that matched in a mixed prompt and await confirmation."""
        return self.store.tentative_matches(self.collection, pairs)

    def record(self, verdicts: Mapping[Pair, bool], tentative: Collection[Pair] = (), sources: SourceSet = ISOLATED) -> None:
        """Records verdicts; see `VerdictStore.record`."""
        self.store.record(self.collection, verdicts, tentative, sources=sources, model=self.model, prompt=self.prompt)


class NameVerdictStore(VerdictStore):
    """Stores the verdicts on keys of names, and the names that were compared, in SQLite or Postgres."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine, "names", name_verdicts, compared_names)

    def closure_of(
        self, collection: str, keys: Collection[str], initial_keys: Collection[str] = ()
    ) -> tuple[frozenset[Pair], frozenset[Pair]]:
        """Returns the matches of these keys and their connected components, and the non-matches among the matched keys.

        Includes the compared names with these initial keys, for which an initial may stand.
        """
        fresh = set(keys)
        c = compared_names.c
        with self._engine.connect() as connection:
            for batch in slices(initial_keys):
                fresh.update(connection.scalars(sa.select(c.key).where(c.collection == collection, c.initial_key.in_(batch))))
            return self._closure_of(connection, collection, fresh)

    def uncompared(self, collection: str, keys: Collection[str]) -> set[str]:
        """Returns the keys that were not compared yet."""
        known: set[str] = set()
        c = compared_names.c
        with self._engine.connect() as connection:
            for batch in slices(keys):
                known.update(connection.scalars(sa.select(c.key).where(c.collection == collection, c.key.in_(batch))))
        return set(keys) - known

    def mark_compared(self, collection: str, names: Mapping[str, tuple[str | None, bytes | None]]) -> None:
        """Marks keys as compared with all others that are marked, once the graph reflects their verdicts.

        Each key comes with its initial key and the sign bits of its name's vector, used to compare later names with it.
        """
        now = time.time()
        rows = [
            {"collection": collection, "key": key, "initial_key": initial, "sign_bits": bits, "compared_at": now}
            for key, (initial, bits) in sorted(names.items())
        ]
        with self._engine.begin() as connection:
            self._insert(connection, compared_names, rows)

    def copy_to_new_keys(
        self, new_keys: Mapping[str, Sequence[str]], collection: str, initial_of: Callable[[str], str | None]
    ) -> None:
        """Copies everything about each old key to its new keys; rows that exist already stay.

        `initial_of` returns the initial key of a key.
        """
        v, j = self._verdicts.c, compared_names.c
        with self._engine.begin() as connection:
            for batch in slices(new_keys):
                either = sa.or_(v.left_key.in_(batch), v.right_key.in_(batch))
                stored = connection.execute(sa.select(self._verdicts).where(v.collection == collection, either)).mappings()
                pairs = [
                    {**row, **_keys((min(left, right), max(left, right)))}
                    for row in stored
                    for left in new_keys.get(row["left_key"], [row["left_key"]])
                    for right in new_keys.get(row["right_key"], [row["right_key"]])
                    if left != right
                ]
                self._insert(connection, self._verdicts, pairs)
                known = connection.execute(sa.select(compared_names).where(j.collection == collection, j.key.in_(batch)))
                names = [
                    {**row, "key": key, "initial_key": initial_of(key)}
                    for row in known.mappings()
                    for key in new_keys[row["key"]]
                ]
                self._insert(connection, compared_names, names)

    def decided_matches(self, collection: str) -> frozenset[Pair]:
        """Returns the pairs that a person decided to match."""
        v = self._verdicts.c
        query = sa.select(v.left_key, v.right_key).where(
            v.collection == collection, v.model == PERSON_MODEL, v.is_match.is_(True)
        )
        with self._engine.connect() as connection:
            return frozenset((left, right) for left, right in connection.execute(query))

    def sign_bits_of(self, collection: str, keys: Collection[str]) -> dict[str, bytes | None]:
        """Returns the sign bits of these names' vectors, for the names that were compared."""
        c = compared_names.c
        found: dict[str, bytes | None] = {}
        with self._engine.connect() as connection:
            for batch in slices(keys):
                query = sa.select(c.key, c.sign_bits).where(c.collection == collection, c.key.in_(batch))
                found |= dict(connection.execute(query).tuples().all())
        return found

    def compared_names(self, collection: str, *, limit: int) -> dict[str, bytes | None]:
        """Returns the latest `limit` compared names of the collection, with the sign bits of their vectors."""
        c = compared_names.c
        latest = (
            sa.select(c.key, c.sign_bits).where(c.collection == collection).order_by(c.compared_at.desc(), c.key).limit(limit)
        )
        with self._engine.connect() as connection:
            return dict(connection.execute(latest).tuples().all())


def _keys(pair: Pair) -> dict[str, str]:
    """Returns the columns of a pair's keys."""
    return {"left_key": pair[0], "right_key": pair[1]}


def slices(keys: Collection[str]) -> list[list[str]]:
    """Returns the keys in order, in batches of at most MAX_VALUES."""
    ordered = sorted(keys)
    return list(batched(ordered))
