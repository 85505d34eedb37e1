"""After a crash of the writer, its ledger or the server, the same write again ends where an undisturbed one would have."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from fathom.database import open_database
from fathom.deployment.graph_component import GraphComponent
from fathom.embedding.embedder import Embedder
from fathom.errors import GraphUnreachable
from fathom.graph.write.document_writer import DocumentWriter
from fathom.graph.write.write_report import EpisodeProgress
from fathom.graphdb.connection import GraphConnection, open_graph
from fathom.ledger.episode import EpisodeOutcome, WriteOutcome
from fathom.ledger.episode_ledger import Ledger
from fathom.settings import Settings
from tests.fathom.graphdb.small_corpus import (
    BRIDGE,
    FIRM,
    RIVER,
    WRITTEN_AT,
    ScriptedModel,
    WriterOf,
    chunks_of,
    counts,
    digest,
    found_by_words,
    many_facts,
)

pytestmark = pytest.mark.integration


class Crash(Exception):
    """The process ends here."""


class CrashingLedger(Ledger):
    """Its process ends once, when it is about to keep that episodes were written."""

    crashes = 1

    def record(self, outcomes: Sequence[EpisodeOutcome]) -> list[str]:
        if self.crashes and any(isinstance(one, WriteOutcome) for one in outcomes):
            self.crashes -= 1
            raise Crash
        return super().record(outcomes)


class WatchedEmbedder:
    """The real embedder, which calls `first` once, in the middle of the graph's transaction."""

    def __init__(self, embedder: Embedder, first: Callable[[], None]) -> None:
        self.name, self.dimension = embedder.name, embedder.dimension
        self._embedder, self._first = embedder, [first]

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        if self._first:
            self._first.pop()()
        return self._embedder.embed(texts)


def test_a_crash_between_the_graphs_commit_and_the_ledgers_mark_doubles_nothing(
    graph: GraphConnection, writer_of: WriterOf, collection: str, tmp_path: Path
) -> None:
    chunk_set = chunks_of(f"{collection}/a.md", BRIDGE, FIRM, RIVER)
    engine = open_database(f"sqlite:///{tmp_path / 'crashing.sqlite'}")
    writer = writer_of(graph, keeping=CrashingLedger(engine))
    with pytest.raises(Crash):
        writer.write(chunk_set, reference_time=WRITTEN_AT)
    before = digest(graph, collection)
    assert counts(graph, collection)["Episodic"] == 3
    assert Ledger(engine).written(chunk_set.document) == set()
    report = writer.write(chunk_set, reference_time=WRITTEN_AT)
    assert digest(graph, collection) == before
    assert (report.written, report.facts) == (3, 3)
    assert len(Ledger(engine).written(chunk_set.document)) == 3
    engine.dispose()


def test_a_ledger_that_was_lost_doubles_nothing(
    graph: GraphConnection, writer: DocumentWriter, writer_of: WriterOf, collection: str, tmp_path: Path
) -> None:
    chunk_set = chunks_of(f"{collection}/a.md", BRIDGE, FIRM, RIVER)
    writer.write(chunk_set, reference_time=WRITTEN_AT)
    before = digest(graph, collection)
    engine = open_database(f"sqlite:///{tmp_path / 'new.sqlite'}")
    writer_of(graph, keeping=Ledger(engine)).write(chunk_set, reference_time=WRITTEN_AT)
    engine.dispose()
    assert digest(graph, collection) == before


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[tuple[GraphComponent, Settings]]:
    """An embedded server that the test may kill."""
    settings = Settings(home=tmp_path / "own", graph_uri=None)
    part = GraphComponent(settings)
    part.start()
    yield part, settings
    part.stop()


@pytest.mark.parametrize("moment", ["in a transaction", "0 ms after a batch", "40 ms after a batch", "150 ms after a batch"])
def test_a_server_killed_in_mid_write_ends_as_an_undisturbed_one(
    own_server: tuple[GraphComponent, Settings],
    embedded_graph: GraphConnection,
    embedder: Embedder,
    ledger: Ledger,
    tmp_path: Path,
    moment: str,
) -> None:
    part, settings = own_server
    collection = "killed-" + moment.split()[0]
    chunk_set = many_facts(f"{collection}/a.md", 48)
    connection = open_graph(settings)
    killers: list[threading.Timer] = []

    def kill() -> None:
        pid = part.status().pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

    def kill_after_a_batch(told: EpisodeProgress) -> None:
        if told.phase == "written" and not killers and moment[0].isdigit():
            killers.append(threading.Timer(int(moment.split()[0]) / 1000, kill))
            killers[0].start()

    watched = embedder if moment[0].isdigit() else WatchedEmbedder(embedder, kill)
    writer = DocumentWriter(connection, ScriptedModel(), watched, ledger)
    with pytest.raises(GraphUnreachable):
        writer.write(chunk_set, reference_time=WRITTEN_AT, progress=kill_after_a_batch)
    for killer in killers:
        killer.join()
    part.start()
    report = writer.write(chunk_set, reference_time=WRITTEN_AT)
    assert (report.written + report.unchanged, report.failures, report.orphans) == (48, [], 0)

    engine = open_database(f"sqlite:///{tmp_path / 'undisturbed.sqlite'}")
    undisturbed = DocumentWriter(embedded_graph, ScriptedModel(), embedder, Ledger(engine))
    undisturbed.write(chunk_set, reference_time=WRITTEN_AT)
    engine.dispose()
    assert counts(connection, collection) == counts(embedded_graph, collection)
    assert digest(connection, collection) == digest(embedded_graph, collection)
    found = {name: found_by_words(connection, name, collection) for name in ("episode_content", "node_name_and_summary")}
    assert {name: len(uuids) for name, uuids in found.items()} == {"episode_content": 48, "node_name_and_summary": 5}
    assert found == {name: found_by_words(embedded_graph, name, collection) for name in found}
    connection.close()


@pytest.mark.parametrize("external", [False, True], ids=["embedded", "external"])
def test_a_graph_that_is_away_is_said_quickly_with_what_to_do(tmp_path: Path, writer_of: WriterOf, external: bool) -> None:
    uri = "bolt://127.0.0.1:1" if external else None
    connection = open_graph(Settings(home=tmp_path / "away", graph_uri=uri))
    began = time.monotonic()
    with pytest.raises(GraphUnreachable) as raised:
        writer_of(connection).write(chunks_of("away/a.md", BRIDGE), reference_time=WRITTEN_AT)
    assert time.monotonic() - began < 15
    assert "fathom up" in raised.value.what_to_do
    connection.close()
