"""Exports over HTTP and from the command line: made once, downloaded in pieces, listed, and gone when they expire."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fathom import settings as settings_module
from fathom.cli.main import main
from fathom.deployment.graph_component import GraphComponent
from fathom.graph.content.graph_records import Selection
from fathom.operations.graph import graph_exports
from fathom.operations.graph.graph_exports import GraphExport, begin_export, find_export, list_exports
from fathom.operations.graph.graph_imports import import_graph
from tests.fathom.api.conftest import Api, serving

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The application over a home whose graph runs and holds two collections."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FATHOM_HOME", str(tmp_path_factory.mktemp("exports") / "home"))
        settings_module.settings.cache_clear()
        settings = settings_module.settings()
        part = GraphComponent(settings)
        part.start()
        people = tmp_path_factory.mktemp("graphs") / "people.json"
        nodes = [{"id": name, "type": "Person"} for name in ("Ada Moreno", "Ben Okri", "Cleo Voss")]
        edges = [{"source": "Ada Moreno", "target": name, "relation": "knows"} for name in ("Ben Okri", "Cleo Voss")]
        people.write_text(json.dumps({"nodes": nodes, "edges": edges}))
        for collection in ("one", "two"):
            import_graph(settings, people, collection)
        with serving(settings) as made:
            yield made
        part.stop()
    settings_module.settings.cache_clear()


def exported(api: Api, **wanted: Any) -> dict[str, Any]:
    answer = api.client.post("/api/neo4j/export", json=wanted, headers=api.key("operator"))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def rewritten(api: Api, export_id: str, **values: Any) -> None:
    record = api.settings.home / "exports" / export_id / "export.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), **values}, default=str))


def test_an_export_is_made_and_downloaded(api: Api) -> None:
    made = exported(api, format="json", filters={"collection": "one"})
    assert made["state"] == "done"
    assert made["record_count"] == made["nodes"] + made["relationships"] == 4 + 5  # an episode, its mentions, and facts
    assert made["download_url"] == f"/api/neo4j/export/{made['export_id']}/download"
    shown = api.client.get(f"/api/neo4j/export/{made['export_id']}", headers=api.key("reader")).json()
    assert shown == made
    answer = api.client.get(made["download_url"], headers=api.key("reader"))
    assert answer.status_code == 200
    assert len(answer.content) == made["size_bytes"]
    assert hashlib.sha256(answer.content).hexdigest() == made["sha256"]
    assert f"one-{made['export_id']}.jsonl" in answer.headers["content-disposition"]
    assert json.loads(answer.text.splitlines()[0])["filters"]["collection"] == "one"


def test_a_broken_download_goes_on_where_it_stopped(api: Api) -> None:
    made = exported(api, format="csv", filters={"collection": "one", "labels": ["Entity", "Person"]})
    whole = api.client.get(made["download_url"], headers=api.key("reader"))
    assert whole.headers["content-type"] == "application/zip"
    tag = whole.headers["etag"]
    assert tag == f'"{made["sha256"]}"'
    rest = {**api.key("reader"), "Range": "bytes=10-", "If-Range": tag}
    part = api.client.get(made["download_url"], headers=rest)
    assert (part.status_code, part.content) == (206, whole.content[10:])
    assert part.headers["content-range"] == f"bytes 10-{len(whole.content) - 1}/{len(whole.content)}"
    other = api.client.get(made["download_url"], headers={**rest, "If-Range": '"another"'})
    assert (other.status_code, other.content) == (200, whole.content)
    known = api.client.get(made["download_url"], headers={**api.key("reader"), "If-None-Match": tag})
    assert (known.status_code, known.content) == (304, b"")


def test_an_export_is_for_those_who_may_see_all_of_it(api: Api) -> None:
    url = "/api/neo4j/export"
    assert api.client.post(url, json={}).status_code == 401
    assert api.client.post(url, json={}, headers=api.key("reader")).status_code == 403
    bound = api.key("operator", "one")
    assert api.client.post(url, json={"filters": {"collection": "two"}}, headers=bound).status_code == 403
    own = api.client.post(url, json={}, headers=bound).json()
    assert own["collection"] == "one"
    for path in (own["download_url"], f"{url}/{own['export_id']}"):
        assert api.client.get(path, headers=api.key("reader", "one")).status_code == 200
        assert api.client.get(path, headers=api.key("reader", "two")).status_code == 403
    everything = exported(api)
    assert api.client.get(everything["download_url"], headers=api.key("reader", "one")).status_code == 403


@pytest.mark.parametrize(
    "wanted",
    [{"format": "xls"}, {"filters": {"limit": 0}}, {"filters": {"labels": ["\0"]}}, {"more": 1}, {"filters": {"x": 1}}],
)
def test_a_wrong_request_is_refused(api: Api, wanted: dict[str, Any]) -> None:
    assert api.client.post("/api/neo4j/export", json=wanted, headers=api.key("operator")).status_code == 422


@pytest.mark.parametrize("export_id", ["0" * 16, "..%2f..%2f..", "x", "&"])
def test_an_unknown_export_is_not_found(api: Api, export_id: str) -> None:
    for path in ("", "/download"):
        assert api.client.get(f"/api/neo4j/export/{export_id}{path}", headers=api.key("reader")).status_code == 404


def test_an_expired_export_is_gone(api: Api) -> None:
    made = exported(api, filters={"collection": "one"})
    created, expires = (datetime.fromisoformat(made[name]) for name in ("created_at", "expires_at"))
    assert expires - created == timedelta(hours=24)
    rewritten(api, made["export_id"], expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert api.client.get(made["download_url"], headers=api.key("reader")).status_code == 404
    exported(api, filters={"collection": "one"})
    assert not (api.settings.home / "exports" / made["export_id"]).exists()


def test_an_export_whose_process_was_killed_is_deleted(api: Api) -> None:
    begun = begin_export(api.settings, "json", Selection())
    found = find_export(api.settings, begun.export_id)
    assert found is not None
    assert found.state == "running"
    answer = api.client.get(f"/api/neo4j/export/{begun.export_id}/download", headers=api.key("reader"))
    assert answer.status_code == 409
    record = api.settings.home / "exports" / begun.export_id / "export.json"
    os.utime(record, (time.time() - 60, time.time() - 60))
    assert begun.export_id not in {one.export_id for one in list_exports(api.settings)}
    assert not record.parent.exists()


def test_a_failed_export_says_why(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> GraphExport:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(graph_exports, "export_graph", full)
    answer = api.client.post("/api/neo4j/export", json={}, headers=api.key("operator"))
    assert answer.status_code == 507
    assert answer.json()["type"].endswith("StoreFull")


def test_the_command_line_makes_lists_and_imports_exports(api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def answered(*words: str) -> Any:
        capsys.readouterr()
        assert main(["graph", *words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    target = tmp_path / "graph.graphml"
    made = answered("export", "--format", "graphml", "--collection", "two", "--output", str(target), "--no-embeddings")
    assert (made["path"], made["size_bytes"], made["expires_at"]) == (str(target), target.stat().st_size, None)
    assert made["sha256"] == hashlib.sha256(target.read_bytes()).hexdigest()
    kept = answered("export", "--label", "Person", "--limit", "3")
    assert kept["nodes"] <= 3
    assert kept["export_id"] in {one["export_id"] for one in answered("exports")}
    assert Path(kept["path"]).is_relative_to(api.settings.home / "exports")
    people = tmp_path / "people.json"
    people.write_text(json.dumps({"nodes": [{"id": "a", "name": "Ada"}, {"id": "b", "name": "Bridge"}], "edges": []}))
    assert answered("import", str(people), "--collection", "three")["entities"] == 2
    capsys.readouterr()
    assert main(["graph", "export", "--format", "xls"]) == 2
    assert main(["graph", "export", "--at", "soon"]) == 2
    assert main(["graph", "import", str(tmp_path / "none.json")]) == 2
    people.write_text('{"nodes": [\n{"name": ""}\n]}')
    assert main(["graph", "import", str(people)]) == 1
    assert "line 2, nodes[0]: a node needs a name" in capsys.readouterr().err
