"""A collection that was written when keys of names depended on case has the keys of today at its next write, at no price."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from fathom.chunking.chunk import ChunkSet
from fathom.graph.reconciliation.diff import find_differences
from fathom.graph.write.document_writer import DocumentWriter
from fathom.graphdb.connection import GraphConnection
from fathom.graphdb.fencing import lease_node
from fathom.knowledge import legacy_name_keys, name_resolution
from fathom.knowledge.name_normalization import NameParts, normalize_name
from fathom.ledger.episode_ledger import Ledger
from fathom.resolution.name_key_upgrade import VERSION
from fathom.resolution.store.verdict_store import NameVerdictStore
from tests.fathom.graphdb.small_corpus import WriterOf, chunks_of, digest, held
from tests.fathom.resolution.test_judged_names import Judge
from tests.fathom.resolution.test_one_entity import Lister, entities

DOCUMENTS = (
    ("Kelmouth se=Organization; Dr. Oetker KG=Organization; Ada=Person",),
    ("Kelmouth=Organization; Dr. Oetker=Organization; Ada=Person",),
    ("Αθήνα=Location; 株式会社トヨタ=Organization; .NET=Product",),
    ("ΑΘΗΝΑ=Location; トヨタ=Organization; Net=Product",),
    ("Shell plc=Organization; Ada=Person", "Shell Ltd=Organization; Bo=Person"),
)
VERSION_OF = "MATCH (f:WriterLease {uuid: $uuid}) RETURN f.name_keys AS version"


def files_of(collection: str) -> list[tuple[ChunkSet, datetime]]:
    return [
        (chunks_of(f"{collection}/{number}.md", *texts), datetime(2024, 3, 1 + number, tzinfo=UTC))
        for number, texts in enumerate(DOCUMENTS)
    ]


@contextmanager
def first_version(graph: GraphConnection, collection: str) -> Iterator[None]:
    """What is written inside has the keys of the first version, and nothing says which they are."""

    def parts(name: str) -> NameParts:
        key = legacy_name_keys._key(" ".join(name.lower().split()))
        return NameParts(key, key, "")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(name_resolution, "name_parts", parts)
        yield
    unmark = "MATCH (f:WriterLease {uuid: $uuid}) REMOVE f.name_keys"
    graph.write(lambda tx: tx.run(unmark, uuid=lease_node(collection)).consume())


def keys(graph: GraphConnection, collection: str) -> dict[str, str]:
    return {row["name"]: row["name_key"] for row in held(graph, collection)["Entity"]}


@pytest.mark.integration
@pytest.mark.parametrize("begun_by", ["write", "repair", "erase"])
def test_names_move_to_the_entities_of_their_keys(
    graph: GraphConnection, writer_of: WriterOf, ledger: Ledger, collection: str, begun_by: str
) -> None:
    files = files_of(collection)
    with first_version(graph, collection):
        writer = writer_of(graph, by=Lister())
        for chunk_set, day in files:
            writer.write(chunk_set, reference_time=day)
    old = keys(graph, collection)
    assert any(key != normalize_name(name) for name, key in old.items())
    assert graph.read(VERSION_OF, uuid=lease_node(collection)) == [{"version": None}]
    writer = writer_of(graph, by=Lister())
    begin: dict[str, Callable[[], object]] = {
        "write": lambda: writer.write(files[0][0], reference_time=files[0][1]),
        "repair": lambda: writer.repair(collection),
        "erase": lambda: writer.erase(f"{collection}/nothing.md"),
    }
    begin[begun_by]()
    assert graph.read(VERSION_OF, uuid=lease_node(collection)) == [{"version": VERSION}]
    assert all(key == normalize_name(name) for name, key in keys(graph, collection).items())
    assert {name for name, _ in entities(graph, collection)} > {"Shell plc", "Shell Ltd", ".NET", "Net"}
    written = {row.uuid: row for row in ledger.rows(collection=collection, state="written")}
    assert find_differences(graph, collection, written).agree
    moved = digest(graph, collection)
    for chunk_set, day in files:
        writer.write(chunks_of(chunk_set.document), reference_time=day)
    assert not any(held(graph, collection).values())
    for chunk_set, day in files:
        writer.write(chunk_set, reference_time=day)
    assert digest(graph, collection) == moved


@pytest.mark.integration
def test_what_was_judged_is_known_under_the_keys_of_today_and_asked_about_no_more(
    graph: GraphConnection, writer_of: WriterOf, ledger: Ledger, collection: str
) -> None:
    texts = ("Dr. Oetker KG=Organization; Ada=Person", "Dr. August Oetker KG=Organization; Bo=Person")
    files = [
        (chunks_of(f"{collection}/{number}.md", text), datetime(2024, 3, 1, tzinfo=UTC)) for number, text in enumerate(texts)
    ]
    judge = Judge()
    judge.one = {normalize_name("Dr. Oetker KG"), normalize_name("Dr. August Oetker KG")}
    with first_version(graph, collection):
        writer = writer_of(graph, by=judge)
        for chunk_set, day in files:
            writer.write(chunk_set, reference_time=day)
    before = entities(graph, collection)
    assert sorted(before.values()) == [1, 1, 2]
    asked = len(judge.asked)
    assert asked
    again = writer_of(graph, by=judge)
    for chunk_set, day in files:
        again.write(chunk_set, reference_time=day)
    assert sorted(entities(graph, collection).values()) == [1, 1, 2]
    assert len(judge.asked) == asked
    same, _ = NameVerdictStore(ledger.engine).closure_of(collection, judge.one)
    assert same == {tuple(sorted(judge.one))}


@pytest.mark.integration
def test_a_move_that_was_cut_short_goes_on(
    graph: GraphConnection, writer_of: WriterOf, collection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = files_of(collection)
    with first_version(graph, collection):
        writer = writer_of(graph, by=Lister())
        for chunk_set, day in files:
            writer.write(chunk_set, reference_time=day)
    monkeypatch.setattr("fathom.resolution.name_key_upgrade.ENTITIES_PER_STEP", 1)
    writer = writer_of(graph, by=Lister())
    change, moves = writer.changes._apply, iter(range(3))

    def killed(*args: object) -> list[str]:
        if next(moves, None) is None:
            raise KeyboardInterrupt
        return change(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(writer.changes, "_apply", killed)
    with pytest.raises(KeyboardInterrupt):
        writer.repair(collection)
    assert graph.read(VERSION_OF, uuid=lease_node(collection)) == [{"version": None}]
    assert DocumentWriter.repair(writer_of(graph, by=Lister()), collection).nothing_to_do
    assert all(key == normalize_name(name) for name, key in keys(graph, collection).items())
    assert graph.read(VERSION_OF, uuid=lease_node(collection)) == [{"version": VERSION}]
