"""Validates a collection: finds the faults of all classes in ledger and graph, and counts them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.engine import Engine

from fathom.graph.read.uuid_set import UuidSet
from fathom.graph.reconciliation.diff import ARROW, Differences, find_differences
from fathom.graph.reconciliation.written_episodes import written_episodes
from fathom.graph.validation.collection_pages import InspectedCollection
from fathom.graph.validation.duplicate_entities import DuplicateRules, find_duplicate_entities
from fathom.graph.validation.entity_faults import find_entity_faults
from fathom.graph.validation.episode_faults import find_episode_faults
from fathom.graph.validation.fact_faults import find_fact_faults
from fathom.graph.validation.fault_classes import MEANINGS, Fault, FaultClass
from fathom.graphdb.fencing import LABEL, lease_node
from fathom.resolution.store.verdict_store import NameVerdictStore
from fathom.thresholds import THRESHOLDS

MAX_EXAMPLES = 20  # of a class
WRITES = f"MATCH (f:{LABEL} {{uuid: $uuid}}) RETURN f.writes AS writes"

# Of the differences of ledger and graph: the class of each, and how an example is said.
_DIFFERENCES: dict[str, tuple[FaultClass, str]] = {
    "unknown": (FaultClass.EPISODE_WITHOUT_LEDGER_ROW, "episode {} is in the graph, and not written in the ledger"),
    "missing": (FaultClass.LEDGER_ROW_WITHOUT_EPISODE, "episode {} is written in the ledger, and not in the graph"),
    "partial": (FaultClass.INCOMPLETE_EPISODE, "episode {} lacks mentions or facts"),
    "elsewhere": (FaultClass.EPISODE_OF_OTHER_DOCUMENT, "episode {} is of another document in the ledger"),
    "doubled": (FaultClass.DOUBLED_UUID, "{} is there more than once"),
    "doubled_mentions": (FaultClass.DOUBLED_MENTION, "{} is there more than once"),
    "orphans": (FaultClass.ORPHAN_ENTITY, "no episode mentions entity {}"),
    "ungrounded": (FaultClass.UNGROUNDED_FACT, "no episode asserts fact {}"),
    "stale": (FaultClass.FACT_NAMES_MISSING_EPISODE, "fact {} names an episode that is missing"),
}


class FaultExample(BaseModel):
    """A fault of a class: the uuid of the record that has it, and a sentence about it."""

    model_config = ConfigDict(frozen=True)

    uuid: str
    collection: str
    detail: str
    other: str | None = Field(None, description="uuid of the second record of a pair")


class FaultCount(BaseModel):
    """The faults of a class."""

    model_config = ConfigDict(frozen=True, serialize_by_alias=True)

    name: FaultClass = Field(serialization_alias="class")
    meaning: str
    count: int
    examples: list[FaultExample] = Field(description=f"at most {MAX_EXAMPLES}")
    repair: str | None = Field(description="action of a repair; null where a person decides")
    ask: str | None = Field(description="command by which a person decides")


class GraphValidation(BaseModel):
    """The faults of collections by class; every class is listed, also with no fault."""

    model_config = ConfigDict(frozen=True)

    healthy: bool
    collections: list[str]
    classes: list[FaultCount]
    written_meanwhile: list[str] = Field(description="collections written to meanwhile: their faults may be of these writes")

    def found(self) -> list[FaultCount]:
        """Returns the classes with faults."""
        return [found for found in self.classes if found.count]


class FaultTally:
    """Counts faults by class and keeps the first examples of each."""

    def __init__(self) -> None:
        self._collections: list[str] = []
        self._written: list[str] = []
        self._counts: Counter[FaultClass] = Counter()
        self._examples: dict[FaultClass, list[FaultExample]] = defaultdict(list)

    def add(self, collection: InspectedCollection, engine: Engine) -> set[FaultClass]:
        """Finds and counts the faults of a collection; returns their classes. Raises GraphUnreachable, DatabaseUnreachable."""
        self._collections.append(collection.name)
        before = _writes(collection)
        kinds: set[FaultClass] = set()
        for fault in find_faults(collection, engine):
            kinds.add(fault.kind)
            self._counts[fault.kind] += 1
            if len(self._examples[fault.kind]) < MAX_EXAMPLES:
                other = fault.other or None
                example = FaultExample(uuid=fault.uuid, collection=collection.name, detail=fault.detail, other=other)
                self._examples[fault.kind].append(example)
        if _writes(collection) != before:
            self._written.append(collection.name)
        return kinds

    def merge(self, other: FaultTally) -> None:
        """Adds the counts of other collections."""
        self._collections += other._collections
        self._written += other._written
        self._counts += other._counts
        for kind, examples in other._examples.items():
            self._examples[kind] = [*self._examples[kind], *examples][:MAX_EXAMPLES]

    def result(self) -> GraphValidation:
        """Returns the counts of all classes."""
        classes = [
            FaultCount(
                name=kind,
                meaning=about.meaning,
                count=self._counts[kind],
                examples=self._examples[kind],
                repair=about.action,
                ask=about.ask,
            )
            for kind, about in MEANINGS.items()
        ]
        return GraphValidation(
            healthy=not self._counts.total(),
            collections=self._collections,
            classes=classes,
            written_meanwhile=self._written,
        )


def find_faults(collection: InspectedCollection, engine: Engine) -> Iterator[Fault]:
    """Yields the faults of all classes; writes meanwhile may appear as faults. Raises GraphUnreachable, DatabaseUnreachable."""
    yield from find_ledger_faults(collection, engine)
    facts = UuidSet()
    yield from find_entity_faults(collection)
    yield from find_fact_faults(collection, facts)
    yield from find_episode_faults(collection, facts)
    rules = DuplicateRules(THRESHOLDS.graph_validation.min_duplicate_cosine, NameVerdictStore(engine))
    yield from find_duplicate_entities(collection, rules)


def find_ledger_faults(collection: InspectedCollection, engine: Engine) -> Iterator[Fault]:
    """Yields the differences of ledger and graph, and duplicates in the graph."""
    found: Differences = find_differences(collection.connection, collection.name, written_episodes(engine, collection.name))
    for name, (kind, sentence) in _DIFFERENCES.items():
        for what in getattr(found, name):
            uuid, _, entity = what.partition(ARROW)
            yield Fault(kind, uuid, sentence.format(what), other=entity)


def _writes(collection: InspectedCollection) -> int:
    """Returns the number of transactions that writers have committed to the collection."""
    found = collection.connection.read(WRITES, uuid=lease_node(collection.name))
    return sum(row["writes"] or 0 for row in found)
