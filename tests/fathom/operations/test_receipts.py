"""A removed document leaves nothing, its receipt says so and what stays and why, and can be checked at any later time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from benchmarks.material import chunk_set
from fathom.deployment.graph_component import GraphComponent
from fathom.errors import UsageWrong
from fathom.graph.reconciliation.diff import find_differences
from fathom.graph.write.document_writer import open_writer
from fathom.graphdb.connection import open_graph
from fathom.ledger.episode_ledger import Ledger
from fathom.operations.removal_receipt import Receipt
from fathom.operations.removal_verification import verify
from fathom.operations.remove import remove
from fathom.quality.drift.document_profile import DocumentProfile
from fathom.quality.drift.reference_store import DriftReferences
from fathom.settings import Settings
from fathom.uploads.intake import Intake, open_intake
from scripts.neo4j_server import Neo4jMissing, Neo4jServer
from tests.conftest import RequireOrSkip

pytestmark = pytest.mark.integration

ONLY = "Ingrid Solberg works for Northgate Engineering in Newcastle."
BOTH = "Ada Lovelace met Charles Babbage in London."
OTHER = "Charles Babbage lived in London. Charles Babbage worked for Cambridge University."


@pytest.fixture(scope="module", params=["embedded", "neo4j"])
def settings(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, require_or_skip: RequireOrSkip
) -> Iterator[Settings]:
    """Settings of a home whose graph runs, on each server in turn."""
    home = tmp_path_factory.mktemp("r")
    server = Neo4jServer(tmp_path_factory.mktemp("neo4j")) if request.param == "neo4j" else None
    try:
        if server is not None:
            server.start()
    except Neo4jMissing as error:
        require_or_skip("neo4j", str(error))
    settings = (
        Settings(home=home, graph_uri=server.uri, graph_password=SecretStr(server.password))
        if server is not None
        else Settings(home=home, graph_uri=None)
    )
    part = GraphComponent(settings)
    part.start()
    yield settings
    part.stop()
    if server is not None:
        server.stop()


@pytest.fixture
def intake(settings: Settings) -> Intake:
    """Its intake."""
    return open_intake(settings)


@pytest.fixture
def collection(request: pytest.FixtureRequest) -> str:
    """A collection that no other test uses."""
    return f"c{abs(hash(request.node.name)) % 10**8}"


def written(settings: Settings, document: str, *texts: str) -> str:
    """The file is in the inbox, accepted, and its chunks are in the graph; answers the document's id."""
    file = settings.inbox_path / document
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n\n".join(texts))
    intake = open_intake(settings)
    while (row := intake.state_of(document)) is None:
        intake.look()
    assert row.version is not None
    intake.mark_running(document, row.version, run_id="by-hand")
    writer = open_writer(settings)
    writer.write(chunk_set(document, texts, row.version), reference_time=datetime(2024, 5, 6, tzinfo=UTC))
    writer.close()
    intake.mark_done(document, row.version, run_id="by-hand")
    return document


def removed(settings: Settings, document: str) -> Receipt:
    """The receipt of removing it for good."""
    receipt = remove(settings, document, by="a test", forget=True)
    assert receipt is not None
    return receipt


def test_what_only_it_said_goes_and_what_others_say_stays_with_the_reason(settings: Settings, collection: str) -> None:
    other = written(settings, f"{collection}/other.md", OTHER)
    document = written(settings, f"{collection}/gone.md", ONLY, BOTH)
    receipt = removed(settings, document)
    assert (receipt.episodes_removed, len(receipt.bytes_removed), receipt.file_removed) == (2, 1, True)
    assert receipt.facts_removed > 0
    assert receipt.entities_removed > 0
    assert receipt.graph.digest_before != receipt.graph.digest_after
    assert {one.why for one in receipt.graph.kept if one.kind == "entity"} == {f"named by {other}"}
    graph = open_graph(settings)
    names = graph.read("MATCH (n:Entity) WHERE n.group_id = $group RETURN n.name AS name", group=collection)
    assert "Ingrid Solberg" not in {row["name"] for row in names}
    assert "Charles Babbage" in {row["name"] for row in names}
    rows = Ledger(open_intake(settings).engine).rows(collection=collection, state="written")
    assert find_differences(graph, collection, {row.uuid: row for row in rows}).agree
    graph.close()
    found = verify(settings, receipt.id)
    assert (found.holds, found.differences, found.explained) == (True, [], [])
    assert "Solberg" not in receipt.model_dump_json()


def test_bytes_that_another_document_has_too_stay(settings: Settings, intake: Intake, collection: str) -> None:
    first = written(settings, f"{collection}/first.md", BOTH)
    second = written(settings, f"{collection}/second.md", BOTH)
    row = intake.state_of(first)
    assert row is not None
    assert row.version is not None
    receipt = removed(settings, first)
    assert receipt.bytes_removed == []
    assert [one.why for one in receipt.graph.kept if one.kind == "bytes"] == [f"{second} has the same bytes"]
    assert intake.store.has(row.version)
    assert verify(settings, receipt.id).holds
    assert removed(settings, second).bytes_removed == [row.version]
    assert not intake.store.has(row.version)
    later = verify(settings, receipt.id)
    assert (later.holds, later.explained) == (True, [f"{second} was written or removed since"])


def test_a_receipt_in_a_file_is_verified_and_a_changed_one_is_told(settings: Settings, collection: str, tmp_path: Path) -> None:
    receipt = removed(settings, written(settings, f"{collection}/gone.md", ONLY))
    file = tmp_path / "receipt.json"
    file.write_text(receipt.model_dump_json())
    assert verify(settings, str(file)).holds
    file.write_text(json.dumps({**receipt.model_dump(mode="json"), "episodes_removed": 0}))
    assert verify(settings, str(file)).differences == ["the file is not what the audit log has under its id"]
    with pytest.raises(UsageWrong, match="no receipt"):
        verify(settings, "0123456789ab")


def test_what_changed_since_is_explained_by_the_ledger(settings: Settings, collection: str) -> None:
    receipt = removed(settings, written(settings, f"{collection}/gone.md", ONLY, BOTH))
    later = written(settings, f"{collection}/later.md", ONLY)  # says again what had gone
    found = verify(settings, receipt.id)
    assert (found.holds, found.explained) == (True, [f"{later} was written or removed since"])
    assert found.digest_now != found.digest_after


def test_what_came_back_or_changed_by_other_hands_is_a_difference(settings: Settings, collection: str) -> None:
    other = written(settings, f"{collection}/other.md", OTHER)
    receipt = removed(settings, written(settings, f"{collection}/gone.md", ONLY))
    graph = open_graph(settings)

    def by_hand(cypher: str) -> list[str]:
        graph.write(lambda tx: tx.run(cypher, group=collection, uuid=receipt.graph.episodes[0]).consume())
        return verify(settings, receipt.id).differences

    back = by_hand("CREATE (:Episodic {uuid: $uuid, group_id: $group, source_description: 'x', name: 'x'})")
    assert back[0] == f"episode {receipt.graph.episodes[0]} is in the graph"
    assert by_hand("MATCH (p:Episodic {uuid: $uuid}) DETACH DELETE p") == []
    changed = by_hand("MATCH (n:Entity) WHERE n.group_id = $group SET n.summary = 'It was Ingrid Solberg.'")
    assert changed == ["entities or facts are not as they were, and the ledger knows of no change"]
    lost = by_hand("MATCH (p:Episodic) WHERE p.group_id = $group DETACH DELETE p")
    assert f"{other} is not in the graph as it was, and the ledger knows of no change" in lost
    graph.close()


def test_a_document_that_was_ingested_again_is_back(settings: Settings, collection: str) -> None:
    document = written(settings, f"{collection}/gone.md", ONLY)
    receipt = removed(settings, document)
    written(settings, document, ONLY)
    found = verify(settings, receipt.id)
    assert not found.holds
    assert f"{document} is a document again, done" in found.differences
    assert "1 of its episodes are in the ledger, written" in found.differences
    assert any(line.endswith("is in the graph") for line in found.differences)


def test_what_was_rejected_unread_is_removed_while_the_graph_is_away(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, graph_uri=None)
    (settings.inbox_path / "c").mkdir(parents=True)
    (settings.inbox_path / "c" / "empty.pdf").write_bytes(b"")
    intake = open_intake(settings)
    while intake.state_of("c/empty.pdf") is None:
        intake.look()
    receipt = removed(settings, "c/empty.pdf")
    assert (receipt.episodes_removed, receipt.graph.digest_after) == (0, "")
    assert intake.state_of("c/empty.pdf") is None


def test_a_removed_document_is_in_no_reference_of_drift(settings: Settings, intake: Intake, collection: str) -> None:
    stays, goes = (written(settings, f"{collection}/{name}.md", BOTH) for name in ("stays", "goes"))
    references = DriftReferences(intake.engine)
    profiles = [DocumentProfile(stays), DocumentProfile(goes)]
    references.choose(collection, profiles, until=1.0, reason="Both.", by="a test")
    removed(settings, goes)
    assert [profile.document for profile in references.profiles(collection)] == [stays]
