"""One writer a collection, also when several processes try, and when one was frozen past its lease and woken."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from fathom.database import open_database
from fathom.embedding.embedder import Embedder
from fathom.errors import LeaseLost
from fathom.graph.reconciliation.diff import find_differences
from fathom.graph.write.document_writer import BATCH, DocumentWriter
from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.fencing import exclusive_writer
from fathom.ledger.episode_ledger import Ledger
from fathom.ledger.writer_lease import Leases
from fathom.settings import PROJECT_ROOT
from tests.fathom.graphdb.small_corpus import BRIDGE, WRITTEN_AT, ScriptedModel, WriterOf, chunks_of, digest, many_facts

pytestmark = pytest.mark.integration

CHUNKS = BATCH + 4
SECONDS = 1.0  # of a lease in these tests
Process = subprocess.Popen[str]
Start = Callable[..., Process]


@pytest.fixture
def database(tmp_path: Path) -> str:
    """The ledger that the processes share."""
    return f"sqlite:///{tmp_path / 'shared.sqlite'}"


@pytest.fixture
def start(graph: GraphConnection, database: str, collection: str) -> Iterator[Start]:
    """`start(moment="within", nth=3)` is a process at work on the document, that freezes then."""
    started: list[Process] = []

    def begin(**more: Any) -> Process:
        told = {"address": asdict(graph.address), "database": database, "chunks": CHUNKS, "document": f"{collection}/a.md"}
        told |= {"seconds": SECONDS, "moment": "never", "nth": 0}
        command = [sys.executable, str(Path(__file__).parents[2] / "ledger" / "frozen_writer.py"), json.dumps(told | more)]
        env = {**os.environ, "PYTHONPATH": str(PROJECT_ROOT)}
        one = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env, cwd=PROJECT_ROOT)
        started.append(one)
        return one

    yield begin
    for one in started:
        if one.poll() is None:
            one.kill()
        one.communicate()


@pytest.fixture
def follower(graph: GraphConnection, model: ScriptedModel, embedder: Embedder, database: str) -> DocumentWriter:
    """A writer of this process, by the same ledger and leases."""
    shared = Ledger(open_database(database))
    return DocumentWriter(graph, model, embedder, shared, Leases(shared.engine, seconds=SECONDS))


def said(process: Process) -> dict[str, Any]:
    """What the process answered at its end."""
    out, _ = process.communicate(timeout=60)
    answer: dict[str, Any] = json.loads(out.strip().splitlines()[-1])
    return answer


def until_frozen(process: Process) -> None:
    """The process has stopped itself."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T":
            return
        assert process.poll() is None, "it ended before it froze"
        time.sleep(0.02)
    raise AssertionError("it never froze")


def undisturbed(graph: GraphConnection, embedder: Embedder, document: str, tmp_path: Path) -> str:
    """The digest of the document as one writer alone writes it; the collection is empty afterwards."""
    collection = document.partition("/")[0]
    ledger = Ledger(open_database(f"sqlite:///{tmp_path / 'undisturbed.sqlite'}"))
    writer = DocumentWriter(graph, ScriptedModel(), embedder, ledger)
    writer.write(many_facts(document, CHUNKS), reference_time=WRITTEN_AT)
    found = digest(graph, collection)
    writer.write(chunks_of(document), reference_time=WRITTEN_AT)
    return found


@pytest.mark.parametrize(("moment", "nth"), [("between", 2), ("within", 3)])
def test_a_writer_frozen_past_its_lease_writes_nothing_when_woken(
    graph: GraphConnection,
    embedder: Embedder,
    start: Start,
    follower: DocumentWriter,
    database: str,
    collection: str,
    tmp_path: Path,
    moment: str,
    nth: int,
) -> None:
    document = f"{collection}/a.md"
    wanted = undisturbed(graph, embedder, document, tmp_path)
    frozen = start(moment=moment, nth=nth)
    until_frozen(frozen)
    report = follower.write(many_facts(document, CHUNKS), reference_time=WRITTEN_AT)
    assert (report.written, report.unchanged) == (CHUNKS - BATCH, BATCH)  # what was committed before it froze stays
    assert digest(graph, collection) == wanted
    os.kill(frozen.pid, signal.SIGCONT)
    assert said(frozen)["error"] == "LeaseLost"
    assert digest(graph, collection) == wanted
    rows = Ledger(open_database(database)).rows(collection=collection, state="written")
    assert find_differences(graph, collection, {row.uuid: row for row in rows}).agree


def test_a_frozen_writer_holds_up_no_other_collection(
    graph: GraphConnection, start: Start, follower: DocumentWriter, collection: str
) -> None:
    frozen = start(moment="within", nth=2, seconds=600.0)
    until_frozen(frozen)
    other = follower.write(many_facts(f"{collection}-other/a.md", CHUNKS), reference_time=WRITTEN_AT)
    assert other.written == CHUNKS
    os.kill(frozen.pid, signal.SIGCONT)
    assert said(frozen)["written"] == CHUNKS


def test_the_refusal_and_the_waiting_name_the_holder(
    graph: GraphConnection,
    ledger: Ledger,
    writer: DocumentWriter,
    start: Start,
    database: str,
    collection: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    writer.write(chunks_of(f"{collection}/a.md", BRIDGE), reference_time=WRITTEN_AT)
    frozen = start(moment="between", nth=1)
    until_frozen(frozen)
    shared = Leases(open_database(database), seconds=SECONDS)
    with caplog.at_level("INFO"), exclusive_writer(graph, shared, collection):
        assert f"process {frozen.pid} on {socket.gethostname()}" in caplog.text
    os.kill(frozen.pid, signal.SIGCONT)
    assert f"taken over by process {os.getpid()} on {socket.gethostname()}" in said(frozen)["message"]


def test_two_runs_of_one_document_at_once_write_it_once(
    graph: GraphConnection, embedder: Embedder, start: Start, collection: str, tmp_path: Path
) -> None:
    wanted = undisturbed(graph, embedder, f"{collection}/a.md", tmp_path)
    both = [said(one) for one in [start(), start()]]
    assert sorted(one["written"] for one in both) == [0, CHUNKS]
    assert digest(graph, collection) == wanted


def test_two_documents_of_one_collection_at_once_share_what_both_name(
    graph: GraphConnection, embedder: Embedder, start: Start, collection: str
) -> None:
    names = [f"{collection}/{name}.md" for name in "ab"]
    both = [said(one) for one in [start(document=name) for name in names]]
    assert [one["written"] for one in both] == [CHUNKS, CHUNKS]
    entities = graph.read("MATCH (n:Entity) WHERE n.group_id = $group RETURN n.name AS name", group=collection)
    assert len(entities) == len({row["name"] for row in entities}) == 5


def test_a_holder_that_was_killed_is_followed_at_once(start: Start, follower: DocumentWriter, collection: str) -> None:
    frozen = start(moment="between", nth=1, seconds=3600.0)
    until_frozen(frozen)
    frozen.kill()
    frozen.wait()
    began = time.monotonic()
    report = follower.write(many_facts(f"{collection}/a.md", CHUNKS), reference_time=WRITTEN_AT)
    assert report.written == CHUNKS
    assert time.monotonic() - began < 3600 / 10


def test_a_lease_that_was_taken_over_refuses_its_former_holder(
    graph: GraphConnection, ledger: Ledger, writer: DocumentWriter, writer_of: WriterOf, collection: str
) -> None:
    writer.write(chunks_of(f"{collection}/a.md", BRIDGE), reference_time=WRITTEN_AT)
    never_renewed = Leases(ledger.engine, seconds=-1.0)
    with exclusive_writer(graph, never_renewed, collection):
        with exclusive_writer(graph, Leases(ledger.engine), collection):
            graph.write(lambda tx: None)
        with pytest.raises(LeaseLost):
            graph.write(lambda tx: None)
