"""Schedules waiting documents into runs: a run each while they are few, batches for a backlog, fair between collections."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

MAX_SINGLE_RUNS = (
    4  # up to so many waiting documents get a run each, with a page in Dagster; more share runs, at 1 % of the cost
)
URGENT_RUNS = 1  # extra runs in flight for documents with a priority above 0
RETRY_S = 5.0  # before the second try; three times as long before each further try (exponential backoff)
OUTAGE_FACTOR = 6  # longer wait after an outage of a component, which may have to be started by hand
_PARTS = frozenset({"PartUnreachable", "GraphUnreachable", "ConverterUnreachable", "DagsterUnreachable", "DatabaseUnreachable"})
_MODEL = frozenset({"LanguageModelUnreachable", "ProxyRefused", "CertificateRefused"})
_PARTS_OR_STORE = _PARTS | _MODEL | {"StoreFailed", "StoreFull"}


@dataclass(frozen=True, slots=True)
class Waiting:
    """An accepted document that no run works on; `attempts` counts its failed tries."""

    document: str
    collection: str
    version: str
    attempts: int
    reason: str | None
    accepted_at: float
    updated_at: float
    priority: int = 0

    @property
    def cause(self) -> str | None:
        """Why the document is processed again; None for its first run."""
        if self.attempts:
            return f"try {self.attempts + 1}, after {self.reason}" if self.reason else f"try {self.attempts + 1}"
        if self.reason:
            return f"after {self.reason}"
        return "asked for again" if self.updated_at > self.accepted_at else None

    @property
    def order(self) -> tuple[int, float, str]:
        """The sort key among waiting documents: the more urgent first, then the older."""
        return -self.priority, self.accepted_at, self.document

    def due(self, now: float) -> bool:
        """Returns whether the document may be tried now: at once the first time, after the retry delay later."""
        return abs(now - self.updated_at) >= retry_delay(self.attempts, self.reason)  # abs: the clock may be set back


@dataclass
class CollectionLoad:
    """The load of a collection: its runs in flight, and when its last run was planned."""

    in_flight: int = 0
    last: float = 0.0


@dataclass(frozen=True)
class RunBatch:
    """Documents of a collection that share a run."""

    collection: str
    documents: tuple[Waiting, ...] = field(default=())


def retry_delay(attempts: int, reason: str | None) -> float:
    """Returns the seconds to wait before the next try; 0 before the first."""
    if attempts == 0:
        return 0.0
    growth: int = 3 ** (attempts - 1)
    return RETRY_S * growth * (OUTAGE_FACTOR if reason in _PARTS_OR_STORE else 1)


def schedule_runs(
    waiting: Sequence[Waiting], served: Mapping[str, CollectionLoad], *, slots: int, batch: int, attempts: int
) -> list[RunBatch]:
    """Plans at most `slots` runs over the waiting documents, each of a single collection and priority, oldest first.

    The next run goes to the collection with the most urgent document; among equals to that with the fewest runs in
    flight, then to that served longest ago.
    """
    queues: dict[str, list[Waiting]] = {}
    for row in sorted(waiting, key=lambda row: row.order):
        queues.setdefault(row.collection, []).append(row)
    turns = {
        name: CollectionLoad(served[name].in_flight, served[name].last) if name in served else CollectionLoad()
        for name in queues
    }
    few = len(waiting) <= MAX_SINGLE_RUNS
    chosen: list[RunBatch] = []
    while queues and len(chosen) < slots:
        name = min(queues, key=lambda name: _turn(queues[name][0], turns[name]))
        head = queues[name][0]
        limit = 1 if few else batch_size(head.attempts, batch, attempts)
        taken = [row for row in queues[name] if (row.attempts, row.priority) == (head.attempts, head.priority)][:limit]
        gone = {row.document for row in taken}
        queues[name] = [row for row in queues[name] if row.document not in gone]
        if not queues[name]:
            del queues[name]
        turns[name].in_flight += 1
        chosen.append(RunBatch(name, tuple(taken)))
    return chosen


def _turn(head: Waiting, served: CollectionLoad) -> tuple[int, int, float, float, str]:
    return -head.priority, served.in_flight, served.last, head.accepted_at, head.collection


def batch_size(tried: int, batch: int, attempts: int) -> int:
    """Returns the maximum batch size after `tried` tries: it shrinks with each, and the last try has a run of its own.

    So a document that crashes its run affects fewer others each time, and fails none of them for good.
    """
    if tried and tried >= attempts - 1:
        return 1
    shrinking: int = 10**tried
    return max(1, batch // shrinking)


def run_key(documents: Iterable[Waiting]) -> str:
    """Returns the key of a run: `document@version` for a single document, a hash for several; `#n` after n failed tries."""
    keys = [f"{row.document}@{row.version}" + (f"#{row.attempts}" if row.attempts else "") for row in documents]
    if len(keys) == 1:
        return keys[0]
    return "batch@" + hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()


def next_run_key(key: str) -> str:
    """Returns the next key for the same work after a run used this key: a document may return to an earlier version."""
    head, mark, number = key.rpartition("#")
    return f"{head}#{int(number) + 1}" if mark and number.isdigit() else f"{key}#1"
