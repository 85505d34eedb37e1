"""One measured figure, with the peer it was measured beside."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """A figure of ours and, where there is one, of a peer in the same run."""

    name: str
    value: float
    unit: str
    peer: str | None = None
    peer_value: float | None = None
    goal: str | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours over the peer's."""
        return self.value / self.peer_value if self.peer_value else None

    def as_dict(self) -> dict[str, Any]:
        """The figure as JSON keeps it."""
        return {**asdict(self), "ratio": self.ratio}


def median_seconds(work: Callable[[], object], *, runs: int = 5, warm_up: int = 1) -> float:
    """The median wall time of `work` over `runs`, after `warm_up` runs that do not count."""
    for _ in range(warm_up):
        work()
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)
