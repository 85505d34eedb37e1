"""What means another entity moves in transactions of some mentions, to the same graph as all at once, also when cut short."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fathom.database import open_database
from fathom.graph.write import transaction
from fathom.graph.write.document_writer import DocumentWriter
from fathom.graphdb.connection import GraphConnection
from fathom.ledger.episode_ledger import Ledger
from tests.fathom.graphdb.small_corpus import WriterOf, chunks_of, digest, held
from tests.fathom.resolution.test_judged_names import Judge
from tests.fathom.resolution.test_one_entity import entities

pytestmark = pytest.mark.integration

MENTIONS = 7
JUDGED = ("IBM=Organization", "International Business Machines=Organization", "International Business Machines")
INITIAL = ("J. Smith=Person", "John Smith=Person", "John Smith")
PERSON = ("Madonna=Thing", "Madonna=Person", "Madonna")


@pytest.fixture
def write(graph: GraphConnection, collection: str) -> Callable[[DocumentWriter, str, int], None]:
    def write(writer: DocumentWriter, name: str, number: int) -> None:
        text = f"{name}; Firm {number}=Organization; Harbour {number}=Location"
        writer.write(chunks_of(f"{collection}/{number}.md", text), reference_time=datetime(2024, 1, 1 + number, tzinfo=UTC))

    return write


@pytest.fixture
def writers(graph: GraphConnection, writer_of: WriterOf, tmp_path: Path) -> Iterator[Callable[[], DocumentWriter]]:
    """Writers with a ledger of their own each."""
    engines = [open_database(f"sqlite:///{tmp_path / f'{number}.sqlite'}") for number in range(3)]
    left = list(engines)
    yield lambda: writer_of(graph, by=Judge(), keeping=Ledger(left.pop()))
    for engine in engines:
        engine.dispose()


@pytest.mark.parametrize(("short", "full", "name"), [JUDGED, INITIAL, PERSON], ids=["judged", "initial", "person"])
def test_slices_leave_what_all_at_once_leaves(
    graph: GraphConnection,
    collection: str,
    writers: Callable[[], DocumentWriter],
    write: Callable[[DocumentWriter, str, int], None],
    monkeypatch: pytest.MonkeyPatch,
    short: str,
    full: str,
    name: str,
) -> None:
    def round_trip(writer: DocumentWriter) -> tuple[str, str]:
        """The digest with the full name, and without it again; nothing is left."""
        for number in range(MENTIONS):
            write(writer, short, number)
        write(writer, full, MENTIONS)
        kind = full.partition("=")[2]
        assert entities(graph, collection)[name, kind] == MENTIONS + 1
        joined = digest(graph, collection)
        writer.erase(f"{collection}/{MENTIONS}.md")
        assert entities(graph, collection)[short.partition("=")[0], short.partition("=")[2]] == MENTIONS
        parted = digest(graph, collection)
        for number in range(MENTIONS):
            writer.erase(f"{collection}/{number}.md")
        assert not any(held(graph, collection).values())
        return joined, parted

    wanted = round_trip(writers())
    monkeypatch.setattr(transaction, "MAX_REASSIGNMENTS", 2)
    assert round_trip(writers()) == wanted
    with monkeypatch.context() as patched:
        dying = _dying_after_the_first_slice(patched)
        writer = writers()
        for number in range(MENTIONS):
            write(writer, short, number)
        with pytest.raises(KeyboardInterrupt):
            write(writer, full, MENTIONS)
        parts = [count for (named, _), count in entities(graph, collection).items() if named in (name, short.partition("=")[0])]
        assert len(parts) == 2
        dying.clear()
        write(writer, full, MENTIONS)
        assert digest(graph, collection) == wanted[0]
        dying.append(1)
        with pytest.raises(KeyboardInterrupt):
            writer.erase(f"{collection}/{MENTIONS}.md")
        dying.clear()
        writer.erase(f"{collection}/{MENTIONS}.md")
        assert digest(graph, collection) == wanted[1]


def _dying_after_the_first_slice(patched: pytest.MonkeyPatch) -> list[int]:
    """While the list holds something, a transaction that moves only a slice is the last before a kill."""
    dying, write = [1], GraphConnection.write

    def cut(self: GraphConnection, work: Callable[[Any], Any]) -> Any:
        moved: list[bool] = []

        def watched(tx: Any) -> Any:
            done = work(tx)
            moved.append(done is None and work.__qualname__.startswith("CollectionChanges"))
            return done

        done = write(self, watched)
        if dying and moved[-1]:
            raise KeyboardInterrupt
        return done

    patched.setattr(GraphConnection, "write", cut)
    return dying
