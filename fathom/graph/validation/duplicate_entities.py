"""Finds entities of a collection that may be the same: by their normalized names, and by the embeddings of their names."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from fathom.embedding.binary_vectors import binarize
from fathom.graph.read.uuid_set import short_hash
from fathom.graph.validation.collection_pages import InspectedCollection
from fathom.graph.validation.fault_classes import Fault, FaultClass
from fathom.knowledge.clustering import pair_of
from fathom.knowledge.name_resolution import mention_key
from fathom.resolution.entity_candidates import may_match, types_compatible
from fathom.resolution.near_duplicates import max_distance, near_pairs
from fathom.resolution.store.verdict_store import NameVerdictStore
from fathom.sql import batched

if TYPE_CHECKING:
    from numpy.typing import NDArray

PAIRS_AT_ONCE = 250
MAX_GROUP = 8  # entities of a name of which all pairs are compared
DETAILS = """
MATCH (n:Entity) WHERE n.uuid IN $uuids
RETURN n.uuid AS uuid, n.name AS name, n.name_key AS key, n.name_form AS form, labels(n) AS labels,
n.name_embedding AS vector
"""


@dataclass(frozen=True)
class DuplicateRules:
    """The least cosine of two names' embeddings, and the verdicts by which pairs are left out."""

    min_cosine: float
    verdicts: NameVerdictStore


class DuplicatePair(NamedTuple):
    """Two entities that may be the same, with their names and the cosine of their embeddings."""

    uuid: str
    other: str
    name: str
    other_name: str
    cosine: float | None


class _ScannedEntities:
    """The entities of a collection in little memory: uuids, hashes of normalized names, sign bits."""

    def __init__(self, collection: InspectedCollection) -> None:
        self.uuids: list[str] = []
        self.names = array("Q")
        self.with_vector = array("Q")  # places of the entities that have sign bits
        self._bits = bytearray()
        for uuids in collection.pages("Entity"):
            for row in sorted(collection.connection.read(DETAILS, uuids=uuids), key=lambda row: str(row["uuid"])):
                self.uuids.append(row["uuid"])
                self.names.append(short_hash(_full_key(row)))
                if len(row["vector"] or ()) == collection.dimension:
                    self.with_vector.append(len(self.uuids) - 1)
                    self._bits += binarize(row["vector"])

    @property
    def sign_bits(self) -> NDArray[Any]:
        """A row for each entity of `with_vector`."""
        import numpy as np

        rows = len(self.with_vector)
        return np.frombuffer(bytes(self._bits), dtype=np.uint8).reshape(rows, -1 if rows else 0)

    def pairs_of_same_name(self) -> Iterator[tuple[str, str]]:
        """Yields the pairs of entities of a normalized name; of many of a name only those with the first."""
        import numpy as np

        names = np.array(self.names, dtype=np.uint64)
        order = np.argsort(names, kind="stable")
        ranked = names[order]
        repeated = np.flatnonzero(np.diff(ranked) == 0) + 1 if len(order) else order
        for name, places in groupby((int(place) for place in repeated), key=lambda place: int(ranked[place])):
            first = int(np.searchsorted(ranked, np.uint64(name)))
            group = [self.uuids[int(order[place])] for place in (first, *places)]
            if len(group) <= MAX_GROUP:
                yield from combinations(group, 2)
            else:
                yield from ((group[0], other) for other in group[1:])

    def pairs_of_near_names(self, min_cosine: float, dimension: int) -> Iterator[tuple[str, str]]:
        """Yields pairs of entities whose sign bits are near; few of them may have a lower cosine."""
        for left, right in near_pairs(self.sign_bits, max_distance(min_cosine, dimension)):
            yield self.uuids[self.with_vector[left]], self.uuids[self.with_vector[right]]


def find_duplicate_pairs(collection: InspectedCollection, rules: DuplicateRules) -> Iterator[DuplicatePair]:
    """Yields the pairs of entities that may be the same, those of the same name first. Raises GraphUnreachable."""
    scanned = _ScannedEntities(collection)
    yield from _same_name(collection, scanned.pairs_of_same_name())
    yield from _near_names(collection, rules, scanned.pairs_of_near_names(rules.min_cosine, collection.dimension))


def find_duplicate_entities(collection: InspectedCollection, rules: DuplicateRules) -> Iterator[Fault]:
    """Yields the pairs of entities that may be the same. Raises GraphUnreachable, DatabaseUnreachable."""
    scanned = _ScannedEntities(collection)
    for pair in _same_name(collection, scanned.pairs_of_same_name()):
        detail = f"entities {pair.uuid} and {pair.other} have the same name: {pair.name!r} and {pair.other_name!r}"
        yield Fault(FaultClass.DUPLICATE_ENTITIES_BY_NAME, pair.uuid, detail, other=pair.other)
    for pair in _near_names(collection, rules, scanned.pairs_of_near_names(rules.min_cosine, collection.dimension)):
        detail = f"entities {pair.uuid} and {pair.other} have like names: {pair.name!r} and {pair.other_name!r}"
        detail += f", of the cosine {pair.cosine:.3f}"
        yield Fault(FaultClass.DUPLICATE_ENTITIES_BY_EMBEDDING, pair.uuid, detail, other=pair.other)


def _same_name(collection: InspectedCollection, pairs: Iterable[tuple[str, str]]) -> Iterator[DuplicatePair]:
    for left, right in _with_details(collection, pairs):
        if _full_key(left) == _full_key(right) and types_compatible(left["labels"], right["labels"]):
            yield DuplicatePair(left["uuid"], right["uuid"], left["name"], right["name"], None)


def _near_names(
    collection: InspectedCollection, rules: DuplicateRules, pairs: Iterable[tuple[str, str]]
) -> Iterator[DuplicatePair]:
    for batch in batched(_with_details(collection, pairs), PAIRS_AT_ONCE):
        fitting = [
            (left, right, cosine)
            for left, right in batch
            if (cosine := _cosine(left["vector"], right["vector"])) >= rules.min_cosine
            and may_match(_full_key(left), _full_key(right))
            and types_compatible(left["labels"], right["labels"])
        ]
        keys = [pair_of(_full_key(left), _full_key(right)) for left, right, _ in fitting]
        judged = rules.verdicts.of(collection.name, keys)
        for pair, (left, right, cosine) in zip(keys, fitting, strict=True):
            if judged.get(pair) is not False:
                yield DuplicatePair(left["uuid"], right["uuid"], left["name"], right["name"], cosine)


def _with_details(
    collection: InspectedCollection, pairs: Iterable[tuple[str, str]]
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Yields the rows of each pair; pairs of the same uuid, and of entities that are gone, are left out."""
    for batch in batched(pairs, PAIRS_AT_ONCE):
        uuids = sorted({uuid for pair in batch for uuid in pair})
        rows = {row["uuid"]: row for row in collection.connection.read(DETAILS, uuids=uuids)}
        for left, right in batch:
            if left != right and left in rows and right in rows:
                yield rows[left], rows[right]


def _full_key(row: Mapping[str, Any]) -> str:
    """Returns the normalized name with the form that distinguishes it; entities of other clients store neither."""
    return str(row["key"] or mention_key(row["name"] or row["uuid"], None).key) + str(row["form"] or "")


def _cosine(left: Sequence[float], right: Sequence[float]) -> float:
    import numpy as np

    a, b = np.asarray(left), np.asarray(right)
    if a.shape != b.shape or not a.any() or not b.any():
        return 0.0
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))
