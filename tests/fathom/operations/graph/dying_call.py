"""Calls an operation of the graph in a process that kills itself at its nth point: HOME COLLECTION OPERATION NTH.

A point is before and after each read and each transaction, before each commit, and before a file gets its name. Without a kill
(NTH is 0) the process prints the number of points that it passed.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fathom.graph.content.graph_records import Selection
from fathom.graphdb.connection import GraphConnection
from fathom.operations.graph.clear_graph import CONFIRMATION_CODE, clear
from fathom.operations.graph.curate import Decider, merge_entities, show_entities
from fathom.operations.graph.graph_exports import export_to
from fathom.operations.graph.graph_validation import repair_graph
from fathom.settings import Settings

MERGED = ("London", "Cambridge University")


def merge(settings: Settings, collection: str) -> None:
    """Merges two entities."""
    left, right = show_entities(settings, MERGED, collection)
    merge_entities(settings, left, right, Decider("a test"))


def export(settings: Settings, collection: str) -> None:
    """Exports the collection to a file beside the home."""
    export_to(settings, "json", Selection(collection=collection), export_path(settings, collection))


def export_path(settings: Settings, collection: str) -> Path:
    """The file of the export."""
    return settings.home.parent / f"{collection}.jsonl"


OPERATIONS: dict[str, Callable[[Settings, str], object]] = {
    "clear": lambda settings, name: clear(settings, name, confirmation_code=CONFIRMATION_CODE, backup_first=False),
    "merge": merge,
    "repair": lambda settings, name: repair_graph(settings, name),
    "export": export,
}


class Points:
    """Counts the points of this process, which ends at the nth."""

    def __init__(self, nth: int) -> None:
        self.nth = nth
        self.passed = 0

    def point(self) -> None:
        """A moment at which a process may die."""
        self.passed += 1
        if self.passed == self.nth:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """Returns the call with a point before and after it."""

        def pointed(*of: Any, **options: Any) -> Any:
            self.point()
            done = call(*of, **options)
            self.point()
            return done

        return pointed

    def committing(self, write: Callable[..., Any]) -> Callable[..., Any]:
        """Returns the write with a point before its commit too."""

        def pointed(connection: GraphConnection, work: Callable[[Any], Any]) -> Any:
            def in_transaction(tx: Any) -> Any:
                done = work(tx)
                self.point()
                return done

            return write(connection, in_transaction)

        return self.around(pointed)


def main(home: str, collection: str, operation: str, nth: str) -> None:
    """Calls the operation."""
    points = Points(int(nth))
    GraphConnection.read = points.around(GraphConnection.read)  # type: ignore[method-assign]
    GraphConnection.stream = points.around(GraphConnection.stream)  # type: ignore[method-assign]
    GraphConnection.write = points.committing(GraphConnection.write)  # type: ignore[method-assign]
    os.replace = points.around(os.replace)
    OPERATIONS[operation](Settings(home=Path(home), graph_uri=None), collection)
    print(points.passed)


if __name__ == "__main__":
    main(*sys.argv[1:])
