"""A deployment of its own with batches of documents on their way through it, for faults to be made meanwhile."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from sqlalchemy.exc import SQLAlchemyError

from fathom.database import close_databases, open_database
from fathom.deployment.components import healthy, start_all, status_all, stop_all
from fathom.errors import FathomError
from fathom.processes.component import ComponentStatus
from fathom.processes.process import kill, processes_of_home
from fathom.settings import Settings
from fathom.uploads.listing_queries import DocumentFilter, count_by_state
from fathom.uploads.upload import UploadState

SENTENCE = "Ada Moreno designed Tamar Bridge number {} in 1901. Moreno Works was based in Plymouth."
LOOK_EVERY_S = 0.2


@dataclass(frozen=True)
class Batches:
    """A running deployment, and how its parts and its batches are doing."""

    settings: Settings

    def drop(self, collection: str, documents: int) -> None:
        """Lays so many documents into the inbox, each put there whole."""
        folder = self.settings.inbox_path / collection
        folder.mkdir(parents=True)
        for number in range(documents):
            text = f"# Letter {number}\n\n" + f"{SENTENCE.format(f'{collection} {number}')}\n\n" * 4
            (folder / f"letter {number}.md").write_text(text)

    def counts(self, collection: str) -> dict[str, int]:
        """How many documents of the collection are in which state; empty while the database cannot be read."""
        with suppress(FathomError, SQLAlchemyError):
            return dict(count_by_state(open_database(self.settings.operational_url), DocumentFilter(collection)))
        return {}

    def done(self, collection: str) -> int:
        """How many documents of the collection are in the graph."""
        return self.counts(collection).get(UploadState.DONE, 0)

    def under_way(self, collection: str) -> bool:
        """Whether a run works on documents of the collection."""
        return self.counts(collection).get(UploadState.RUNNING, 0) > 0

    def status(self, part: str) -> ComponentStatus:
        """How one part is doing."""
        return {one.name: one for one in status_all(self.settings)}[part]

    def well(self) -> bool:
        """Whether every part is healthy."""
        return healthy(status_all(self.settings))

    def children(self, part: str) -> list[psutil.Process]:
        """The processes that the part started itself and that live, the oldest first."""
        pid = self.status(part).pid
        found = psutil.Process(pid).children() if pid else []
        living = [one for one in found if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
        return sorted(living, key=psutil.Process.create_time)


@contextmanager
def running_deployment(home: Path) -> Iterator[Batches]:
    """A deployment in this home whose parts all run; no process of it is left after. Raises FathomError."""
    settings = Settings(home=home, dagster_port=free_port(), api_port=free_port(), graph_heap_mb=256, convert_workers=1)
    try:
        for started in start_all(settings):
            if started.error is not None:
                raise started.error
        yield Batches(settings)
    finally:
        stop_all(settings)
        kill(processes_of_home(home))
        close_databases()


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def seconds_until(condition: Callable[[], bool], within_s: float) -> float | None:
    """How long it took until it was so; None if it was not so in time."""
    began = time.monotonic()
    while True:
        if condition():
            return time.monotonic() - began
        if time.monotonic() - began > within_s:
            return None
        time.sleep(LOOK_EVERY_S)
