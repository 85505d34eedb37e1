"""Judges the drift of a collection: its newest documents against the documents of its reference."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from fathom.database import open_database
from fathom.errors import UsageWrong
from fathom.graphdb.connection import open_graph
from fathom.ids import collection_name
from fathom.quality.drift.document_profile import DocumentProfile
from fathom.quality.drift.drift_result import DriftResult, Look
from fathom.quality.drift.look_budget import DAY_S, look_level
from fathom.quality.drift.profile_reader import (
    CHUNKS,
    EMBEDDINGS,
    ENTITIES_A_CHUNK,
    ENTITY_TYPES,
    FACTS_A_CHUNK,
    FILE_TYPES,
    LANGUAGES,
    RELATIONS,
    read_profiles,
    written_documents,
)
from fathom.quality.drift.random_splits import Floats
from fathom.quality.drift.reference_store import DriftReference, DriftReferences
from fathom.quality.drift.sample_comparison import compare_categories, compare_embeddings, compare_values
from fathom.settings import Settings
from fathom.threshold_overrides import current_thresholds, thresholds_of, using_thresholds

MAX_DOCUMENTS = 100  # of each part: more take longer and find only smaller differences
CATEGORIES = (FILE_TYPES, LANGUAGES, ENTITY_TYPES, RELATIONS)
VALUES = (CHUNKS, ENTITIES_A_CHUNK, FACTS_A_CHUNK)
DRIFT_METRICS = (*CATEGORIES, *VALUES, EMBEDDINGS)
FIRST_REASON = "the first documents of the collection"
AUTOMATIC = "fathom"
ReadProfiles = Callable[[Settings, Sequence[str]], list[DocumentProfile]]


@dataclass(frozen=True)
class CollectionDrift:
    """The drift of a collection.

    Args:
        collection: the collection.
        reference: what it was compared with; None before there are enough documents.
        results: of each metric and method, of this look or the last.
        looked: whether this was a look of its own; it is none soon after the last, and without new documents.
        detail: why there is no reference or no look.
    """

    collection: str
    reference: DriftReference | None
    results: tuple[DriftResult, ...]
    looked: bool
    detail: str = ""

    @property
    def drifted(self) -> tuple[DriftResult, ...]:
        """The results that show drift."""
        return tuple(result for result in self.results if result.drifted)


def profiles_of(settings: Settings, documents: Sequence[str]) -> list[DocumentProfile]:
    """Returns the profiles of the documents from the deployment's ledger and graph. Raises GraphUnreachable."""
    with closing(open_graph(settings)) as connection:
        return read_profiles(connection, open_database(settings.operational_url), documents)


def collection_drift(
    settings: Settings, collection: str, *, now: float | None = None, read: ReadProfiles = profiles_of
) -> CollectionDrift:
    """Returns the drift of the collection's newest documents; the first call with enough documents chooses the reference.

    A call soon after the last look, or without a document since, returns the results of that look, so that callers may ask as
    often as they like. Raises GraphUnreachable, DatabaseUnreachable.
    """
    at = time.time() if now is None else now
    with using_thresholds(thresholds_of(settings.thresholds, f"{collection}/")):
        return _look(settings, collection, at, read)


def _look(settings: Settings, collection: str, at: float, read: ReadProfiles) -> CollectionDrift:
    thresholds = current_thresholds().drift
    engine = open_database(settings.operational_url)
    references = DriftReferences(engine)
    reference = references.newest(collection)
    if reference is None:
        first = written_documents(engine, collection, limit=thresholds.reference_documents)
        if len(first) < thresholds.reference_documents:
            detail = f"{len(first)} documents; the first {thresholds.reference_documents} will be the reference."
            return CollectionDrift(collection, None, (), looked=False, detail=detail)
        profiles = read(settings, [one.document for one in first])
        until = first[-1].written_at
        reference = references.choose(collection, profiles, until=until, reason=FIRST_REASON, by=AUTOMATIC, first=True)
    # The first look at a reference may follow at once, with the level of a day.
    since_s = DAY_S if reference.looked_at is None else at - reference.looked_at
    level = look_level(since_s, thresholds.max_false_alarms_a_year)
    if level is None:
        return CollectionDrift(collection, reference, reference.results, looked=False, detail="The last look is recent.")
    newest = written_documents(engine, collection, after=reference.until, newest=True, limit=MAX_DOCUMENTS)
    if reference.looked_at is not None and (not newest or newest[-1].written_at <= reference.looked_at):
        return CollectionDrift(collection, reference, reference.results, looked=False, detail="No document is new.")
    if len(newest) < thresholds.min_documents:
        detail = f"{len(newest)} documents since the reference; {thresholds.min_documents} are needed."
        return CollectionDrift(collection, reference, reference.results, looked=False, detail=detail)
    current = read(settings, [one.document for one in newest])
    results = compare_profiles(references.profiles(collection), current, Look(level, reference.looks + 1, reference.version))
    looked = references.record_look(reference, results, at)
    if looked is None:  # another process looked at the same time, and its look counts
        reference = references.newest(collection) or reference
        return CollectionDrift(collection, reference, reference.results, looked=False, detail="Another look came first.")
    return CollectionDrift(collection, looked, looked.results, looked=True)


def rebase_drift(
    settings: Settings, collection: str, *, reason: str, by: str, read: ReadProfiles = profiles_of
) -> DriftReference:
    """Makes the newest documents of the collection its reference: what they are like is usual from now on.

    Raises UsageWrong without a reason or with too few documents, GraphUnreachable, DatabaseUnreachable.
    """
    engine = open_database(settings.operational_url)
    newest = written_documents(engine, collection_name(collection), newest=True, limit=MAX_DOCUMENTS)
    needed = thresholds_of(settings.thresholds, f"{collection}/").drift.min_documents
    if len(newest) < needed:
        raise UsageWrong(f"{collection} has {len(newest)} documents in the graph; a reference needs {needed}.")
    profiles = read(settings, [one.document for one in newest])
    return DriftReferences(engine).choose(collection, profiles, until=newest[-1].written_at, reason=reason, by=by)


def compare_profiles(reference: Sequence[DocumentProfile], current: Sequence[DocumentProfile], look: Look) -> list[DriftResult]:
    """Returns the results of each metric, each of which has a budget of its own."""
    results: list[DriftResult] = []
    for metric in CATEGORIES:
        counts = [[one.categories.get(metric, {}) for one in part] for part in (reference, current)]
        results.append(compare_categories(metric, counts[0], counts[1], look))
    for metric in VALUES:
        values = [[one.figures.get(metric) for one in part] for part in (reference, current)]
        results += compare_values(metric, values[0], values[1], look)
    return results + compare_embeddings(EMBEDDINGS, _vectors(reference), _vectors(current), look)


def _vectors(profiles: Sequence[DocumentProfile]) -> Floats:
    """Returns the vectors of the documents that have one of the usual dimensions, shape (documents, dimensions)."""
    found = [one.vector for one in profiles if one.vector is not None]
    sizes = [len(vector) for vector in found]
    usual = max(set(sizes), key=sizes.count) if sizes else 0
    kept = [vector for vector in found if len(vector) == usual]
    return np.array(kept, dtype=np.float64).reshape(len(kept), usual)
