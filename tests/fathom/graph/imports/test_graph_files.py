"""Files with a graph are recognized and checked; what is wrong is told with its line."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from fathom.errors import GraphFileInvalid, UsageWrong
from fathom.graph.imports.exported_lines import ExportedLines
from fathom.graph.imports.graph_files import read_graph_file
from fathom.graph.imports.import_passages import passages_of
from fathom.graph.imports.imported_graph import ImportedGraph, imported_date, relation_name

HEADER = {"type": "graph", "format": "fathom-graph", "version": 1, "filters": {"collection": "c"}}
NODE = {"type": "node", "id": "1", "labels": ["Entity"], "properties": {"uuid": "u", "group_id": "c", "name": "Ada"}}
EDGE = {"type": "relationship", "id": "1", "label": "KNOWS", "start": "1", "end": "1", "properties": {}}
END = {"type": "end", "nodes": 1, "relationships": 1}


def wrong(path: Path) -> str:
    with pytest.raises(GraphFileInvalid) as error:
        read_graph_file(path)
    return error.value.message


def written(path: Path, *lines: Any) -> Path:
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return path


def graph_of(path: Path) -> ImportedGraph:
    found = read_graph_file(path)
    assert isinstance(found, ImportedGraph)
    return found


def test_json_with_the_names_of_other_tools(tmp_path: Path) -> None:
    node_link = {"directed": True, "nodes": [{"id": "Ada"}, {"id": 2, "name": "Bridge"}], "links": []}
    node_link["links"] = [{"source": "Ada", "target": 2, "key": 0, "relation": "designed"}]
    graph = graph_of(written(tmp_path / "a.json", node_link))
    assert [(edge.source, edge.relation, edge.target, edge.fact) for edge in graph.edges] == [
        ("Ada", "DESIGNED", "2", "Ada designed Bridge.")
    ]
    custom = {
        "entities": [{"entity_name": "Ada", "entity_type": "Person", "description": "An engineer."}, {"entity_name": "Bridge"}],
        "relationships": [{"src_id": "Ada", "tgt_id": "Bridge", "keywords": "design", "description": "Ada designed it."}],
    }
    graph = graph_of(written(tmp_path / "b.json", custom))
    assert (graph.nodes["Ada"].type, graph.nodes["Ada"].text) == ("Person", "An engineer.")
    assert (graph.edges[0].relation, graph.edges[0].fact) == ("DESIGN", "Ada designed it.")


def test_csv_in_a_zip_and_beside_each_other(tmp_path: Path) -> None:
    files = {"nodes.csv": "\ufeffid,name\n1,Ada\n2,Bridge\n", "edges.csv": "source,target,relation\n1,2,made\n"}
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name, text in files.items():
            archive.writestr(f"inside/{name}", text)
            (tmp_path / name).write_text(text, encoding="utf-8")
    for path in (tmp_path / "a.zip", tmp_path, tmp_path / "nodes.csv"):
        graph = graph_of(path)
        assert (graph.form, len(graph.nodes), len(graph.edges)) == ("csv", 2, 1)


@pytest.mark.parametrize(
    ("nodes", "problem"),
    [
        ("id,name\n1,Ada\n1,Bea\n", "nodes.csv line 3: the id '1' is that of the node at nodes.csv line 2"),
        ("id,name\n1,Ada,x\n", "nodes.csv line 2: there are 3 columns, and 2 in the header"),
        ('id,name\n1,"Ada\n', "nodes.csv line 2: unexpected end of data"),
        ("id,id\n1,2\n", "nodes.csv line 1: the header names no columns, or one twice"),
        ("id,name\n,\n", "nodes.csv line 2: a node needs a name"),
        ("", "nodes.csv line 1: the header names no columns, or one twice"),
        ("id,name\n", "nodes: there are none"),
    ],
)
def test_a_wrong_line_of_csv_is_told(tmp_path: Path, nodes: str, problem: str) -> None:
    (tmp_path / "nodes.csv").write_text(nodes, encoding="utf-8")
    message = wrong(tmp_path)
    assert problem in message
    assert "nothing was changed" in message


def test_text_that_is_not_utf_8_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "nodes.csv").write_bytes(b"id,name\n1,Ada\n2,Caf\xe9\n")
    assert wrong(tmp_path) == "nodes.csv line 3 is not UTF-8."


def test_wrong_json_is_told_with_its_line(tmp_path: Path) -> None:
    assert "a.json line 2 is not JSON" in wrong(written(tmp_path / "a.json", "{", '"nodes" []}'))
    text = '{\n"nodes": [{"name": "Ada"},\n 7,\n\n {"id": "x"}],\n"edges": [{"source": "Ada"}]}'
    message = wrong(written(tmp_path / "b.json", text))
    assert "line 3, nodes[1]: it is not an object" in message
    assert "not an object with" in wrong(written(tmp_path / "c.json", "[]"))


def test_an_export_is_read_through_before_it_is_used(tmp_path: Path) -> None:
    found = read_graph_file(written(tmp_path / "a.jsonl", HEADER, NODE, EDGE, END))
    assert isinstance(found, ExportedLines)
    assert (found.nodes, found.relationships, found.is_whole_collection("c")) == (1, 1, True)
    assert not found.is_whole_collection("d")


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ((HEADER, NODE, EDGE), "the file was cut"),
        ((HEADER, NODE, END), "it should have 1 nodes and 1 relationships"),
        ((HEADER, EDGE, NODE, END), "line 2: there is no node '1' before it"),
        ((HEADER, NODE, NODE, EDGE, END), "line 3: the id '1' is that of another node"),
        ((HEADER, NODE, '{"type": "node"', EDGE, END), "line 3: it is not JSON"),
        ((HEADER, {"type": "node", "id": "1", "labels": []}, END), "line 2: it has no 'properties'"),
        ((HEADER, {**NODE, "properties": {"at": {"$datetime": "soon"}}}, END), "line 2: "),
        ((HEADER, {**NODE, "type": "knot"}, END), "line 2: the type 'knot' is unknown"),
        (({**HEADER, "version": 2}, END), "version 2 of the format"),
        ((HEADER, NODE, EDGE, END, NODE), "line 5: it is behind the end"),
    ],
)
def test_a_damaged_export_is_refused_by_line(tmp_path: Path, lines: tuple[Any, ...], problem: str) -> None:
    assert problem in wrong(written(tmp_path / "a.jsonl", *lines))


def test_a_cognee_archive_in_a_tar_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    def archive(version: str) -> Path:
        path = tmp_path / f"{version}.cogx.tar.gz"
        with tarfile.open(path, "w:gz") as tar:
            for name, text in {
                "manifest.json": json.dumps({"cogx_version": version}),
                "entities.jsonl": '{"name": "Ada"}\n',
            }.items():
                member = tarfile.TarInfo(name)
                member.size = len(text)
                tar.addfile(member, io.BytesIO(text.encode()))
        return path

    assert list(graph_of(archive("0.2")).nodes) == ["Ada"]
    assert "version 1.0" in wrong(archive("1.0"))


def test_a_file_of_no_known_form_is_refused(tmp_path: Path) -> None:
    assert "no form of a graph that is known" in wrong(written(tmp_path / "a.txt", "hello"))
    with pytest.raises(UsageWrong):
        read_graph_file(tmp_path / "none")


def test_a_node_that_edges_name_needs_no_passage_of_its_own(tmp_path: Path) -> None:
    nodes = [{"id": "a", "name": "Ada"}, {"id": "b", "name": "Bridge"}, {"id": "c", "name": "Cut", "summary": "A canal."}]
    edges = [{"source": "a", "target": "b", "relation": "made"}] * 60
    texts = [
        passage.text.splitlines()
        for passage in passages_of(graph_of(written(tmp_path / "a.json", {"nodes": nodes, "edges": edges})))
    ]
    assert [(lines[0], len(lines)) for lines in texts] == [("Ada", 51), ("Ada", 11), ("Cut: A canal.", 1)]


@pytest.mark.parametrize(
    ("text", "name"),
    [("worksAt", "WORKS_AT"), ("works at", "WORKS_AT"), ("WORKS_AT", "WORKS_AT"), ("a-b!", "A_B"), ("写", "写")],
)
def test_relations_have_the_names_that_facts_have(text: str, name: str) -> None:
    assert relation_name(text) == name


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("1998", "1998-01-01"),
        ("1998-03", "1998-03-01"),
        ("1998-03-04T23:30:00-01:00", "1998-03-05"),
        (1609459200, "2021-01-01"),
    ],
)
def test_dates_are_read_as_people_write_them(value: Any, day: str) -> None:
    found = imported_date(value)
    assert found.at is not None
    assert found.at.date().isoformat() == day
