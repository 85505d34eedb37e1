"""A process that writes a document and freezes itself once, at the moment it is told; run by the tests of one writer."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

sys.path.insert(0, str(Path(__file__).parents[3]))

from fathom.database import open_database
from fathom.embedding.minilm import MiniLM
from fathom.errors import FathomError
from fathom.extraction.model import Extraction
from fathom.graph.write.document_writer import DocumentWriter
from fathom.graphdb.connection import GraphAddress, GraphConnection
from fathom.ledger.episode_ledger import Ledger
from fathom.ledger.writer_lease import Leases
from tests.fathom.graphdb.small_corpus import WRITTEN_AT, ScriptedModel, many_facts

if TYPE_CHECKING:
    from neo4j import ManagedTransaction
    from sqlalchemy import QueuePool

Result = TypeVar("Result")


class Freezing:
    """Stops this process when it is called for the nth time.

    Not while its lease is being renewed: SQLite would be locked for all others until it is woken, whoever has the lease.
    """

    def __init__(self, nth: int = 0, database: QueuePool | None = None) -> None:
        self.left = nth
        self.database = database

    def __call__(self) -> None:
        self.left -= 1
        if self.left == 0 and self.database:
            while self.database.checkedout():
                time.sleep(0.001)
            os.kill(os.getpid(), signal.SIGSTOP)


class FreezingModel(ScriptedModel):
    """Freezes before it answers, between two transactions."""

    freeze = Freezing()

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        self.freeze()
        return super().extract(texts)


class FreezingConnection(GraphConnection):
    """Freezes in the middle of a transaction, when all but its commit is done."""

    freeze = Freezing()

    def write(self, work: Callable[[ManagedTransaction], Result]) -> Result:
        def and_freeze(tx: ManagedTransaction) -> Result:
            done = work(tx)
            self.freeze()
            return done

        return super().write(and_freeze)


def main() -> None:
    told = json.loads(sys.argv[1])
    graph = FreezingConnection(GraphAddress(**told["address"]), write_seconds=told["seconds"] + 4)
    model = FreezingModel()
    ledger = Ledger(open_database(told["database"]))
    freezing = Freezing(told["nth"], cast("QueuePool", ledger.engine.pool))
    if told["moment"] == "between":
        model.freeze = freezing
    elif told["moment"] == "within":
        graph.freeze = freezing
    writer = DocumentWriter(graph, model, MiniLM(), ledger, Leases(ledger.engine, seconds=told["seconds"]))
    try:
        report = writer.write(many_facts(told["document"], told["chunks"]), reference_time=WRITTEN_AT)
        print(json.dumps({"written": report.written, "unchanged": report.unchanged, "failures": len(report.failures)}))
    except FathomError as error:
        print(json.dumps({"error": error.name, "message": error.message}))
    finally:
        writer.close()


if __name__ == "__main__":
    main()
