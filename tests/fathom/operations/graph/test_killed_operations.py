"""A process killed with -9 in a clear, merge, repair or export leaves a state that the same call finishes."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from fathom.deployment.graph_component import GraphComponent
from fathom.graph.reconciliation.diff import list_collections
from fathom.graphdb.connection import open_graph
from fathom.operations.graph.curate import list_decisions
from fathom.operations.graph.graph_validation import validate_graph
from fathom.settings import Settings
from fathom.uploads.intake import open_intake
from tests.fathom.operations.graph.dying_call import MERGED, OPERATIONS, export_path
from tests.fathom.operations.graph.ingested_documents import digest, ingested

pytestmark = pytest.mark.integration

TEXTS = {
    "a": "Ada Lovelace met Charles Babbage in London.\n\nIngrid Solberg works for Northgate Engineering in Newcastle.",
    "b": "Charles Babbage worked for Cambridge University.\n\nAda Lovelace lived in London.",
}
KILLS = 4  # of each operation, spread over its points
FAULTS = (
    "MATCH (n:Entity) WHERE n.group_id = $name SET n.name_embedding = null",
    "MATCH (e:Episodic)-[m:MENTIONS]->(n:Entity) WHERE e.group_id = $name CREATE (e)-[d:MENTIONS]->(n) SET d = properties(m)",
    "CREATE (n:Entity {uuid: 'orphan-' + $name, group_id: $name, name: 'Nobody', name_key: 'nobody'})",
)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a home whose embedded graph runs."""
    settings = Settings(home=tmp_path_factory.mktemp("killed") / "home", graph_uri=None)
    settings.home.mkdir()
    part = GraphComponent(settings)
    part.start()
    yield settings
    part.stop()


def called(settings: Settings, collection: str, operation: str, nth: int = 0) -> subprocess.CompletedProcess[str]:
    """The end of a process that called the operation, and died at a point if one is given."""
    words = [
        sys.executable,
        "-m",
        "tests.fathom.operations.graph.dying_call",
        str(settings.home),
        collection,
        operation,
        str(nth),
    ]
    return subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)


def names(settings: Settings, collection: str) -> list[str]:
    with closing(open_graph(settings)) as graph:
        rows = graph.read("MATCH (n:Entity) WHERE n.group_id = $name RETURN n.name AS name ORDER BY name", name=collection)
    return [row["name"] for row in rows]


def cleared(settings: Settings, collection: str) -> None:
    with closing(open_graph(settings)) as graph:
        assert collection not in list_collections(graph)
    assert open_intake(settings).list(collection=collection) == []
    assert not any((settings.inbox_path / collection).rglob("*.md"))


def merged(settings: Settings, collection: str) -> None:
    assert len(set(names(settings, collection)) & set(MERGED)) == 1
    assert [decision.applied for decision in list_decisions(settings, collection, 10)].count(True) >= 1
    assert validate_graph(settings, collection).healthy
    digest(settings, collection)  # ledger and graph agree


def repaired(settings: Settings, collection: str) -> None:
    assert validate_graph(settings, collection).healthy
    assert "Nobody" not in names(settings, collection)


def exported(settings: Settings, collection: str) -> None:
    found = list(settings.home.parent.glob(f"*{collection}*"))
    assert found == [export_path(settings, collection)]
    assert found[0].read_text().count("Ada Lovelace") >= 2


STATES: dict[str, Callable[[Settings, str], None]] = {
    "clear": cleared,
    "merge": merged,
    "repair": repaired,
    "export": exported,
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_same_call_finishes_it(settings: Settings, tmp_path: Path, operation: str) -> None:
    numbers = count()

    def fresh() -> str:
        collection = f"{operation}-{next(numbers)}"
        ingested(settings, tmp_path / collection, collection, "run", **TEXTS)
        if operation == "repair":
            with closing(open_graph(settings)) as graph:
                for fault in FAULTS:
                    graph.write(lambda tx, fault=fault, collection=collection: tx.run(fault, name=collection).consume())  # type: ignore[misc]
            assert not validate_graph(settings, collection).healthy
        return collection

    whole = fresh()
    undisturbed = called(settings, whole, operation)
    assert undisturbed.returncode == 0, undisturbed.stderr
    STATES[operation](settings, whole)
    points = int(undisturbed.stdout)
    assert points > KILLS
    for nth in sorted({1 + round(kill * (points - 2) / (KILLS - 1)) for kill in range(KILLS)}):
        collection = fresh()
        assert called(settings, collection, operation, nth).returncode == -signal.SIGKILL
        again = called(settings, collection, operation)
        assert again.returncode == 0 or "They are the same entity" in again.stderr, again.stderr
        STATES[operation](settings, collection)
