"""A graph from a file is a source like any document: with vectors, verified, removed, undone, imported again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr

from fathom.database import open_database
from fathom.deployment.graph_component import GraphComponent
from fathom.errors import GraphFileInvalid
from fathom.graph.content.graph_digest import GraphDigest, digest_of
from fathom.graph.content.graph_records import Selection
from fathom.graph.content.record_reader import RecordReader
from fathom.graph.imports.collection_restore import CollectionRestore
from fathom.graph.reconciliation.diff import find_differences
from fathom.graph.write.clearing import clear_collection
from fathom.graphdb.connection import open_graph
from fathom.ledger.episode_ledger import Ledger
from fathom.operations.graph.graph_exports import export_to
from fathom.operations.graph.graph_imports import import_graph
from fathom.operations.graph.undo_writes import UndoTarget, undo_writes
from fathom.operations.remove import remove
from fathom.security.audit_log import AuditFilter, list_lines
from fathom.settings import Settings
from fathom.uploads.intake import open_intake
from fathom.uploads.upload import UploadState
from scripts.neo4j_server import Neo4jServer

pytestmark = pytest.mark.integration

NODES = """id,name,type,summary,city
ada,Ada Moreno,Person,Engineer of bridges,Plymouth
tamar,Tamar Bridge,Bridge,"Crosses a river,
and is old",
works,Moreno Works,Organization,,
alone,Lonely Island,Place,,
"""
EDGES = """source,target,relation,fact,valid_at,invalid_at
ada,tamar,designed,Ada Moreno designed the Tamar Bridge.,1961,
ada,works,worksAt,,1998-03-01,2011-12
works,tamar,owns,Moreno Works owns the Tamar Bridge.,2001-02-03T04:05:06+01:00,
"""


@pytest.fixture(scope="module", params=["embedded", "neo4j"])
def settings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A home whose graph runs, on each server in turn."""
    home = tmp_path_factory.mktemp("i")
    if request.param == "neo4j":
        server: Neo4jServer = request.getfixturevalue("neo4j_server")
        yield Settings(home=home, graph_uri=server.uri, graph_password=SecretStr(server.password))
        return
    made = Settings(home=home, graph_uri=None)
    part = GraphComponent(made)
    part.start()
    yield made
    part.stop()


@pytest.fixture
def by_hand(tmp_path: Path) -> Path:
    """A folder with the graph above."""
    folder = tmp_path / "people"
    folder.mkdir()
    (folder / "nodes.csv").write_text(NODES, encoding="utf-8")
    (folder / "edges.csv").write_text(EDGES, encoding="utf-8")
    return folder


def digest(settings: Settings, collection: str) -> GraphDigest:
    """The digest of the collection, whose ledger and graph agree."""
    with closing(open_graph(settings)) as graph:
        rows = Ledger(open_database(settings.operational_url)).rows(collection=collection, state="written")
        assert find_differences(graph, collection, {row.uuid: row for row in rows}).agree
        reader = RecordReader(graph, Selection(collection=collection))
        return digest_of(reader.nodes(), reader.relationships())


def test_a_graph_made_by_hand_gets_embeddings_dates_and_a_source(settings: Settings, by_hand: Path, collection: str) -> None:
    done = import_graph(settings, by_hand, collection)
    document = f"{collection}/imports/people"
    assert (done.status, done.form, done.documents, done.nodes, done.relationships) == ("imported", "csv", [document], 4, 3)
    assert (done.entities, done.facts, done.model_calls) == (4, 3, 0)
    with closing(open_graph(settings)) as graph:
        entities = graph.read(
            "MATCH (n:Entity) WHERE n.group_id = $c RETURN n.name AS name, labels(n) AS labels, size(n.name_embedding) AS size",
            c=collection,
        )
        assert {row["name"] for row in entities} == {"Ada Moreno", "Tamar Bridge", "Moreno Works", "Lonely Island"}
        assert {"Entity", "Person"} <= {label for row in entities for label in row["labels"]}
        assert {row["size"] for row in entities} == {384}
        facts = {
            row["fact"]: row
            for row in graph.read(
                "MATCH (a:Entity)-[r:RELATES_TO]->(b:Entity) WHERE a.group_id = $c RETURN r.fact AS fact, r.name AS relation, "
                "toString(r.valid_at) AS since, toString(r.invalid_at) AS until, size(r.fact_embedding) AS size",
                c=collection,
            )
        }
        assert facts["Ada Moreno designed the Tamar Bridge."]["since"].startswith("1961-01-01T00:00")
        assert facts["Moreno Works owns the Tamar Bridge."]["since"].startswith("2001-02-03T03:05:06")
        works = facts["Ada Moreno works at Moreno Works."]
        assert (works["relation"], works["since"][:10], works["until"][:7]) == ("WORKS_AT", "1998-03-01", "2011-12")
        assert {row["size"] for row in facts.values()} == {384}
    rows = Ledger(open_database(settings.operational_url)).rows(document)
    assert {(row.model, row.cost_usd, row.state) for row in rows} == {("import", 0.0, "written")}
    upload = open_intake(settings).state_of(document)
    assert upload is not None
    assert (upload.state, upload.version) == (UploadState.DONE, None)
    assert digest(settings, collection).nodes == 4 + len(rows)
    lines = list_lines(open_database(settings.operational_url), AuditFilter(action="graph.import"), limit=1)
    assert (lines[0].collection, lines[0].account["documents"], lines[0].outcome) == (collection, [document], "done")


def test_the_same_file_again_changes_nothing_and_a_changed_one_what_changed(
    settings: Settings, by_hand: Path, collection: str
) -> None:
    import_graph(settings, by_hand, collection)
    before = digest(settings, collection)
    again = import_graph(settings, by_hand, collection)
    assert (again.status, again.episodes_written) == ("unchanged", 0)
    assert digest(settings, collection) == before
    (by_hand / "edges.csv").write_text(EDGES.replace("owns the Tamar", "sold the Tamar"), encoding="utf-8")
    changed = import_graph(settings, by_hand, collection)
    assert (changed.status, changed.episodes_written, changed.facts) == ("imported", 1, 3)


def test_an_import_is_removed_and_undone_like_a_document(settings: Settings, by_hand: Path, collection: str) -> None:
    import_graph(settings, by_hand, collection)
    document = f"{collection}/imports/people"
    report = undo_writes(settings, UndoTarget(document=document), by="a test")
    assert [one.state for one in report.documents] == ["undone"]
    assert digest(settings, collection).nodes == 0
    import_graph(settings, by_hand, collection)
    assert digest(settings, collection).nodes > 0
    receipt = remove(settings, document, by="a test")
    assert receipt is not None
    assert receipt.entities_removed == 4
    assert digest(settings, collection).nodes == 0
    assert open_intake(settings).state_of(document) is None


def test_an_export_comes_back_as_it_was(settings: Settings, by_hand: Path, collection: str, tmp_path: Path) -> None:
    import_graph(settings, by_hand, collection)
    before = digest(settings, collection)
    target = tmp_path / "graph.jsonl"
    export_to(settings, "json", Selection(collection=collection), target)
    remove(settings, f"{collection}/imports/people", by="a test", forget=True)
    assert digest(settings, collection).nodes == 0
    done = import_graph(settings, target, collection)
    assert (done.status, done.as_it_was, done.documents) == ("imported", True, [f"{collection}/imports/people"])
    assert digest(settings, collection) == before
    assert import_graph(settings, target, collection).status == "unchanged"
    assert remove(settings, f"{collection}/imports/people", by="a test", forget=True) is not None
    assert digest(settings, collection).nodes == 0


def test_a_restore_that_was_killed_begins_again(
    settings: Settings, by_hand: Path, collection: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_graph(settings, by_hand, collection)
    before = digest(settings, collection)
    target = tmp_path / "graph.jsonl"
    export_to(settings, "json", Selection(collection=collection), target)
    remove(settings, f"{collection}/imports/people", by="a test", forget=True)
    write = CollectionRestore._write

    def killed(self: CollectionRestore, export: object) -> None:
        write(self, export)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(CollectionRestore, "_write", killed)
        with pytest.raises(KeyboardInterrupt):
            import_graph(settings, target, collection)
    done = import_graph(settings, target, collection)
    assert done.status == "imported"
    assert digest(settings, collection) == before


def test_an_export_goes_into_a_collection_with_other_content_as_a_document(
    settings: Settings, by_hand: Path, collection: str, tmp_path: Path
) -> None:
    import_graph(settings, by_hand, f"{collection[:50]}-other")
    target = tmp_path / "graph.jsonl"
    export_to(settings, "json", Selection(collection=f"{collection[:50]}-other"), target)
    done = import_graph(settings, target, collection)
    assert (done.as_it_was, done.form, done.entities, done.facts) == (False, "fathom", 4, 3)
    assert digest(settings, collection).nodes > 4
    with closing(open_graph(settings)) as graph:
        clear_collection(graph, f"{collection[:50]}-other")


def test_a_damaged_file_is_refused_before_anything_is_written(settings: Settings, by_hand: Path, collection: str) -> None:
    (by_hand / "edges.csv").write_text(f"{EDGES}ada,nobody,knows,,,\nada,tamar,,,,\nada,tamar,saw,,soon,\n", encoding="utf-8")
    with pytest.raises(GraphFileInvalid) as error:
        import_graph(settings, by_hand, collection)
    assert "edges.csv line 5: there is no node 'nobody'" in error.value.message
    assert "edges.csv line 6: an edge needs a relation" in error.value.message
    assert "edges.csv line 7: Invalid isoformat string: 'soon'" in error.value.message
    assert digest(settings, collection).nodes == 0
    assert open_intake(settings).state_of(f"{collection}/imports/people") is None


def test_a_cognee_archive_becomes_entities_facts_and_texts(settings: Settings, collection: str, tmp_path: Path) -> None:
    folder = tmp_path / "cognee"
    folder.mkdir()
    files = {
        "manifest.json": [{"cogx_version": "0.1", "source_system": "cognee", "counts": {}}],
        "documents.jsonl": [{"kind": "document", "external_id": "d1", "content": "Ada Moreno designed the Tamar Bridge."}],
        "entities.jsonl": [
            {"kind": "entity", "external_id": "e1", "name": "Ada Moreno", "description": "An engineer."},
            {"kind": "entity", "external_id": "e2", "name": "Tamar Bridge"},
        ],
        "nodes.jsonl": [
            {"id": "t1", "type": "EntityType", "name": "Person"},
            {"id": "s1", "type": "TextSummary", "text": "Ada."},
        ],
        "facts.jsonl": [
            {"subject_ref": "d1", "predicate": "contains", "object_ref": "e1"},
            {"subject_ref": "e1", "predicate": "is_a", "object_ref": "t1"},
            {"subject_ref": "e1", "predicate": "designed", "object_ref": "e2", "valid_at": "1961-10-24T00:00:00Z"},
            {"subject_ref": "s1", "predicate": "made_from", "object_ref": "d1"},
        ],
    }
    for name, lines in files.items():
        (folder / name).write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    done = import_graph(settings, folder, collection)
    assert (done.form, done.entities, done.facts) == ("cognee", 2, 1)
    assert sum(done.left_out.values()) == 2
    with closing(open_graph(settings)) as graph:
        found = graph.read(
            "MATCH (a:Entity:Person)-[r:RELATES_TO]->(b) WHERE a.group_id = $c RETURN a.name AS a, r.name AS r, b.name AS b, "
            "toString(r.valid_at) AS since",
            c=collection,
        )
        assert [(row["a"], row["r"], row["b"], row["since"][:10]) for row in found] == [
            ("Ada Moreno", "DESIGNED", "Tamar Bridge", "1961-10-24")
        ]
        texts = graph.read("MATCH (p:Episodic) WHERE p.group_id = $c RETURN p.content AS content", c=collection)
        assert "Ada Moreno designed the Tamar Bridge." in {row["content"] for row in texts}
    assert digest(settings, collection).nodes == 2 + len(texts)
