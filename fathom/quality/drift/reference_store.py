"""Stores the references of collections: chosen, versioned, re-based with a reason, and looked at."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from fathom.errors import UsageWrong
from fathom.quality.drift.document_profile import DocumentProfile, pack_profile, unpack_profile
from fathom.quality.drift.drift_result import DriftMethod, DriftResult
from fathom.sql import batched
from fathom.tables import drift_reference_documents, drift_references

MAX_REASON = 500  # characters
r, d = drift_references.c, drift_reference_documents.c


@dataclass(frozen=True)
class DriftReference:
    """A version of a collection's reference; times are in seconds since 1970.

    Args:
        collection: the collection.
        version: from 1; each re-base makes another.
        reason: why these documents were chosen.
        chosen_by: by whom.
        chosen_at: when.
        until: when the last document of the reference was written first; later ones are compared.
        documents: number of documents when it was chosen.
        looks: number of looks at it.
        looked_at: the last look; None before the first.
        results: of the last look.
    """

    collection: str
    version: int
    reason: str
    chosen_by: str
    chosen_at: float
    until: float
    documents: int
    looks: int = 0
    looked_at: float | None = None
    results: tuple[DriftResult, ...] = ()


class DriftReferences:
    """The references of all collections.

    Args:
        engine: the operational database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def newest(self, collection: str) -> DriftReference | None:
        """Returns the reference that the collection is compared with; None before the first."""
        return next(iter(self.history(collection)), None)

    def newest_of_all(self) -> list[DriftReference]:
        """Returns the reference of each collection that has one, by name."""
        newest = sa.select(r.collection, sa.func.max(r.version)).group_by(r.collection)
        query = sa.select(drift_references).where(sa.tuple_(r.collection, r.version).in_(newest)).order_by(r.collection)
        with self._engine.connect() as connection:
            return [_reference(row) for row in connection.execute(query)]

    def history(self, collection: str) -> list[DriftReference]:
        """Returns all versions, the newest first."""
        query = sa.select(drift_references).where(r.collection == collection).order_by(r.version.desc())
        with self._engine.connect() as connection:
            return [_reference(row) for row in connection.execute(query)]

    def profiles(self, collection: str) -> list[DocumentProfile]:
        """Returns the documents of the newest reference, without those that were removed since."""
        query = sa.select(d.document, d.profile).where(d.collection == collection).order_by(d.document)
        with self._engine.connect() as connection:
            return [unpack_profile(row.document, row.profile) for row in connection.execute(query)]

    def choose(
        self,
        collection: str,
        profiles: Sequence[DocumentProfile],
        *,
        until: float,
        reason: str,
        by: str,
        first: bool = False,
    ) -> DriftReference:
        """Makes the documents the collection's next reference and returns it. Raises UsageWrong without a reason.

        Args:
            collection: the collection.
            profiles: of its documents.
            until: when the last of them was written first, in seconds since 1970.
            reason: why these documents.
            by: who chose them.
            first: only where there is no reference yet; returns the one that another process has chosen meanwhile.
        """
        reason = reason.strip()
        if not reason or len(reason) > MAX_REASON:
            raise UsageWrong(f"A reference needs a reason of up to {MAX_REASON} characters.")
        while True:
            last = self.newest(collection)
            if first and last is not None:
                return last
            number = 1 if last is None else last.version + 1
            made = DriftReference(collection, number, reason, by, time.time(), until, len(profiles))
            with suppress(IntegrityError):  # another process has chosen this version meanwhile
                self._insert(made, profiles)
                return made

    def _insert(self, made: DriftReference, profiles: Sequence[DocumentProfile]) -> None:
        values = {name: value for name, value in asdict(made).items() if name != "results"}
        rows = [{"collection": made.collection, "document": one.document, "profile": pack_profile(one)} for one in profiles]
        with self._engine.begin() as connection:
            connection.execute(drift_references.insert().values(**values))
            connection.execute(drift_reference_documents.delete().where(d.collection == made.collection))
            for batch in batched(rows):
                connection.execute(drift_reference_documents.insert(), batch)

    def record_look(self, reference: DriftReference, results: Sequence[DriftResult], at: float) -> DriftReference | None:
        """Records a look and returns the reference after it; None where another look was recorded meanwhile."""
        looked = replace(reference, looks=reference.looks + 1, looked_at=at, results=tuple(results))
        mine = (r.collection == reference.collection, r.version == reference.version, r.looks == reference.looks)
        values = {"looks": looked.looks, "looked_at": at, "results": json.dumps([asdict(one) for one in results])}
        with self._engine.begin() as connection:
            recorded = connection.execute(drift_references.update().where(*mine).values(**values)).rowcount
        return looked if recorded else None

    def forget_document(self, document: str) -> int:
        """Deletes the document from the references; returns their number. The other documents stay the reference."""
        with self._engine.begin() as connection:
            return connection.execute(drift_reference_documents.delete().where(d.document == document)).rowcount

    def forget_collection(self, collection: str) -> None:
        """Deletes all versions of the collection."""
        with self._engine.begin() as connection:
            for table in (drift_references, drift_reference_documents):
                connection.execute(table.delete().where(table.c.collection == collection))


def _reference(row: Any) -> DriftReference:
    held = row._asdict()
    results = json.loads(held.pop("results") or "[]")
    return DriftReference(
        **held, results=tuple(DriftResult(**{**one, "method": DriftMethod(one["method"])}) for one in results)
    )
