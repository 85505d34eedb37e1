"""Stores decisions of people on entities and facts, with the verdicts on names that they give."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from fathom.knowledge.clustering import Pair
from fathom.knowledge.curation_overrides import CurationOverrides, NameOverride, RetiredFact
from fathom.resolution.store.verdict_store import PERSON_MODEL
from fathom.sql import exclusive_transaction
from fathom.tables import curation_decisions, name_verdicts

DecisionKind = Literal["merge", "split", "rename", "retire", "restore"]
d, v = curation_decisions.c, name_verdicts.c


@dataclass(frozen=True)
class Decision:
    """A decision of a person. `subject` is a JSON object by the kind, times are in seconds since 1970.

    merge, split: `pairs` of keys of names, `left` and `right` with the names; rename: `keys`, `name`, `former`; retire,
    restore: `statements`, `sources`, `targets` and the sentence `fact`.
    """

    id: str
    collection: str
    kind: DecisionKind
    subject: Mapping[str, Any]
    reason: str
    decided_by: str
    decided_at: float
    undone_by: str | None = None
    undone_at: float | None = None
    applied_at: float | None = None
    replaced: Sequence[Mapping[str, Any]] = field(default=(), compare=False)  # verdicts of the model on the pairs

    @property
    def is_match(self) -> bool:
        """Whether the pairs of a merge or split are the same."""
        return self.kind == "merge"

    @property
    def keys(self) -> set[str]:
        """The keys of all names that the decision concerns."""
        of_pairs = {key for pair in self.subject.get("pairs", ()) for key in pair}
        return of_pairs | {key for name in ("keys", "sources", "targets") for key in self.subject.get(name, ())}


class DecisionStore:
    """The decisions in the operational database; every method is a single transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, collection: str, kind: DecisionKind, subject: Mapping[str, Any], *, by: str, reason: str) -> Decision:
        """Stores a decision, with its verdicts on names in place of the model's; the graph does not follow yet."""
        made = Decision(uuid.uuid4().hex[:12], collection, kind, subject, reason, by, time.time())
        with exclusive_transaction(self._engine) as connection:
            replaced = _decide_pairs(connection, made)
            connection.execute(
                curation_decisions.insert().values(
                    id=made.id,
                    collection=collection,
                    kind=kind,
                    subject=json.dumps(subject),
                    replaced=json.dumps(replaced),
                    reason=reason,
                    decided_by=by,
                    decided_at=made.decided_at,
                )
            )
        return made

    def undo(self, decision: Decision, *, by: str) -> None:
        """Marks the decision as undone and puts back the verdicts that it replaced; the graph does not follow yet."""
        with exclusive_transaction(self._engine) as connection:
            this = (d.collection == decision.collection, d.id == decision.id)
            row = curation_decisions.update().where(*this, d.undone_at.is_(None))
            if connection.execute(row.values(undone_at=time.time(), undone_by=by, applied_at=None)).rowcount:
                _put_back(connection, decision)

    def mark_applied(self, decision: Decision) -> Decision:
        """Records that the graph follows the decision, or its undo; returns the decision as it is stored."""
        this = (d.collection == decision.collection, d.id == decision.id)
        with self._engine.begin() as connection:
            connection.execute(curation_decisions.update().where(*this).values(applied_at=time.time()))
        return self._read(*this)[0]

    def find(self, decision: str) -> list[Decision]:
        """Returns the decisions with this id: one, or one in each copy of its collection."""
        return self._read(d.id == decision)

    def of_collection(self, collection: str | None, *, limit: int | None = None) -> list[Decision]:
        """Returns the decisions of the collection, or of all, the newest first; undone ones too."""
        return self._read(*([] if collection is None else [d.collection == collection]), newest_first=True, limit=limit)

    def unapplied(self, collection: str) -> list[Decision]:
        """Returns the decisions and undos that the graph does not follow yet."""
        return self._read(d.collection == collection, d.applied_at.is_(None))

    def overrides(self, collection: str) -> CurationOverrides:
        """Returns the names and retired facts that are decided for the collection."""
        kinds = d.kind.in_(("rename", "retire", "restore"))
        found = self._read(d.collection == collection, d.undone_at.is_(None), kinds)
        names = [NameOverride(frozenset(one.subject["keys"]), one.subject["name"]) for one in found if one.kind == "rename"]
        retired: list[RetiredFact] = []
        for one in found:
            if one.kind == "rename":
                continue
            fact = _retired(one)
            retired = [former for former in retired if not _concerns(fact, former)]
            retired += [fact] if one.kind == "retire" else []
        return CurationOverrides(tuple(names), tuple(retired))

    def _read(self, *where: Any, newest_first: bool = False, limit: int | None = None) -> list[Decision]:
        order = (d.decided_at.desc(), d.id.desc()) if newest_first else (d.decided_at, d.id)
        query = sa.select(curation_decisions).where(*where).order_by(*order).limit(limit)
        with self._engine.connect() as connection:
            return [_parse(row) for row in connection.execute(query)]


def _decide_pairs(connection: Connection, made: Decision) -> list[dict[str, Any]]:
    """Sets the verdict of each pair; returns the verdicts that were there."""
    replaced: list[dict[str, Any]] = []
    for left, right in made.subject.get("pairs", ()):
        at = (v.collection == made.collection, v.left_key == left, v.right_key == right)
        row = connection.execute(sa.select(name_verdicts).where(*at)).one_or_none()
        replaced += [dict(row._mapping)] if row else []
        connection.execute(name_verdicts.delete().where(*at))
        values = {"collection": made.collection, "left_key": left, "right_key": right, "is_match": made.is_match}
        by = {"model": PERSON_MODEL, "prompt": made.id, "decided_at": made.decided_at}
        connection.execute(name_verdicts.insert().values(**values, **by))
    return replaced


def _put_back(connection: Connection, decision: Decision) -> None:
    """Puts back the verdicts that the decision replaced, where no later decision did; those of undone decisions are skipped."""
    former = {(row["left_key"], row["right_key"]): row for row in decision.replaced}
    for left, right in decision.subject.get("pairs", ()):
        at = (v.collection == decision.collection, v.left_key == left, v.right_key == right)
        if connection.execute(name_verdicts.delete().where(*at, v.prompt == decision.id)).rowcount:
            row = _in_force(connection, decision.collection, former.get((left, right)))
            if row is not None:
                connection.execute(name_verdicts.insert().values(**{**row, "collection": decision.collection}))


def _in_force(connection: Connection, collection: str, row: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Returns the row, or what the undone decisions that gave it had replaced in their turn."""
    while row is not None and row["model"] == PERSON_MODEL:
        this = (d.collection == collection, d.id == row["prompt"])
        found = connection.execute(sa.select(curation_decisions).where(*this)).one_or_none()
        if found is None or found.undone_at is None:
            return row
        pair = row["left_key"], row["right_key"]
        row = next((one for one in _parse(found).replaced if (one["left_key"], one["right_key"]) == pair), None)
    return row


def _retired(decision: Decision) -> RetiredFact:
    subject = decision.subject
    statements, sources, targets = (frozenset[str](subject[name]) for name in ("statements", "sources", "targets"))
    return RetiredFact(statements, sources, targets, datetime.fromtimestamp(decision.decided_at, UTC))


def _concerns(fact: RetiredFact, former: RetiredFact) -> bool:
    return bool(fact.statements & former.statements and fact.sources & former.sources and fact.targets & former.targets)


def _parse(row: Any) -> Decision:
    values = dict(row._mapping)
    return Decision(**{**values, "subject": json.loads(row.subject), "replaced": json.loads(row.replaced or "[]")})


def pairs_between(left: Collection[str], right: Collection[str]) -> list[Pair]:
    """Returns the pairs of each key of the left side with each of the right, the lesser key of a pair first."""
    return sorted({(min(one, other), max(one, other)) for one in left for other in right if one != other})
