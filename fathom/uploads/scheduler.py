"""Which waiting documents go into which run: singly while they are few, in batches from a backlog, fair between collections."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

FEW = 4  # so many waiting documents get a run each, with its own page in Dagster; more share runs, at 1 % of the cost
URGENT_RUNS = 1  # so many more may be in flight for documents with a priority above 0
RETRY_S = 5.0  # before the second try; three times as long before each further one
PART_DOWN = 6  # a part that was down is given so much longer: someone has to start it
_PARTS = frozenset({"PartUnreachable", "GraphUnreachable", "ConverterUnreachable", "DagsterUnreachable", "DatabaseUnreachable"})
_MODEL = frozenset({"LanguageModelUnreachable", "ProxyRefused", "CertificateRefused"})
_PARTS_OR_STORE = _PARTS | _MODEL | {"StoreFailed", "StoreFull"}


@dataclass(frozen=True, slots=True)
class Waiting:
    """An accepted document that no run has in hand; `attempts` is how often it was tried in vain."""

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
        """Why it is worked on again; None for one that was just accepted."""
        if self.attempts:
            return f"try {self.attempts + 1}, after {self.reason}" if self.reason else f"try {self.attempts + 1}"
        if self.reason:
            return f"after {self.reason}"
        return "asked for again" if self.updated_at > self.accepted_at else None

    @property
    def order(self) -> tuple[int, float, str]:
        """Among those that wait: the more urgent first, then the older."""
        return -self.priority, self.accepted_at, self.document

    def due(self, now: float) -> bool:
        """Whether it may be tried now: at once the first time, later after failures."""
        return abs(now - self.updated_at) >= retry_delay(self.attempts, self.reason)  # abs: a clock may be set back


@dataclass
class Served:
    """How a collection was served so far: runs in flight, and when its last run was planned."""

    in_flight: int = 0
    last: float = 0.0


@dataclass(frozen=True)
class Choice:
    """Documents of one collection for one run."""

    collection: str
    documents: tuple[Waiting, ...] = field(default=())


def retry_delay(attempts: int, reason: str | None) -> float:
    """Seconds to wait before a document is tried again; none before the first try."""
    if attempts == 0:
        return 0.0
    growth: int = 3 ** (attempts - 1)
    return RETRY_S * growth * (PART_DOWN if reason in _PARTS_OR_STORE else 1)


def choose(waiting: Sequence[Waiting], served: Mapping[str, Served], *, slots: int, batch: int, attempts: int) -> list[Choice]:
    """At most `slots` runs over the waiting documents, each of one collection and priority, oldest documents first.

    The next run goes to the collection with the most urgent document; among equals to the one with the fewest runs in flight,
    then to the one served longest ago.
    """
    queues: dict[str, list[Waiting]] = {}
    for one in sorted(waiting, key=lambda one: one.order):
        queues.setdefault(one.collection, []).append(one)
    turns = {name: Served(served[name].in_flight, served[name].last) if name in served else Served() for name in queues}
    few = len(waiting) <= FEW
    chosen: list[Choice] = []
    while queues and len(chosen) < slots:
        name = min(queues, key=lambda name: _turn(queues[name][0], turns[name]))
        head = queues[name][0]
        most = 1 if few else batch_size(head.attempts, batch, attempts)
        taken = [one for one in queues[name] if (one.attempts, one.priority) == (head.attempts, head.priority)][:most]
        gone = {one.document for one in taken}
        queues[name] = [one for one in queues[name] if one.document not in gone]
        if not queues[name]:
            del queues[name]
        turns[name].in_flight += 1
        chosen.append(Choice(name, tuple(taken)))
    return chosen


def _turn(head: Waiting, served: Served) -> tuple[int, int, float, float, str]:
    return -head.priority, served.in_flight, served.last, head.accepted_at, head.collection


def batch_size(tried: int, batch: int, attempts: int) -> int:
    """Most documents of a run that were tried so often: fewer each time, and the last try is alone.

    A document that takes its whole run down with it takes fewer along each time, and none to their end.
    """
    if tried and tried >= attempts - 1:
        return 1
    shrinking: int = 10**tried
    return max(1, batch // shrinking)


def run_key(documents: Iterable[Waiting]) -> str:
    """The key of a run: `document@version` for one, a hash over them for many; `#n` where it was tried n times in vain."""
    keys = [f"{one.document}@{one.version}" + (f"#{one.attempts}" if one.attempts else "") for one in documents]
    if len(keys) == 1:
        return keys[0]
    return "batch@" + hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()


def another(key: str) -> str:
    """The next key for the same work, where a run has had this one: a document may become what it was before."""
    head, mark, number = key.rpartition("#")
    return f"{head}#{int(number) + 1}" if mark and number.isdigit() else f"{key}#1"
