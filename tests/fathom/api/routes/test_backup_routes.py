"""Backups, restores and clears over HTTP: for admins, by ids, with the confirmation that a clear needs."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from fathom import settings as settings_module
from fathom.deployment.graph_component import GraphComponent
from fathom.operations.graph.graph_imports import import_graph
from tests.fathom.api.conftest import Api, serving

pytestmark = pytest.mark.integration
CODE = {"confirm": True, "confirmation_code": "DELETE_ALL_DATA"}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The application over a home whose graph runs and holds a collection."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FATHOM_HOME", str(tmp_path_factory.mktemp("backups") / "home"))
        settings_module.settings.cache_clear()
        settings = settings_module.settings()
        part = GraphComponent(settings)
        part.start()
        people = tmp_path_factory.mktemp("graphs") / "people.json"
        edges = [{"source": "Ada Moreno", "target": "Ben Okri", "relation": "knows"}]
        people.write_text(json.dumps({"nodes": [{"id": "Ada Moreno"}, {"id": "Ben Okri"}], "edges": edges}))
        import_graph(settings, people, "one")
        with serving(settings) as made:
            yield made
        part.stop()
    settings_module.settings.cache_clear()


def test_a_backup_is_made_listed_proven_cleared_and_restored(api: Api) -> None:
    admin = api.key("admin")
    made = api.client.post("/api/neo4j/backup", json={"collection": "one"}, headers=admin)
    assert made.status_code == 201
    backup = made.json()
    assert [found["backup_id"] for found in api.client.get("/api/neo4j/backup", headers=admin).json()["backups"]] == [
        backup["backup_id"]
    ]
    proof = api.client.post("/api/neo4j/backup/prove", json={"backup_id": backup["backup_id"]}, headers=admin)
    assert proof.json()["proven"] is True
    occupied = api.client.post("/api/neo4j/restore", json={"backup_id": backup["backup_id"]}, headers=admin)
    assert (occupied.status_code, occupied.json()["title"]) == (403, "CollectionOccupied")
    cleared = api.client.request("DELETE", "/api/neo4j/clear", json={**CODE, "collection": "one"}, headers=admin)
    assert cleared.status_code == 200
    assert cleared.json()["deleted"] == {"nodes": backup["nodes"], "relationships": backup["relationships"]}
    assert cleared.json()["backup_export_id"]
    restored = api.client.post("/api/neo4j/restore", json={"backup_id": backup["backup_id"]}, headers=admin)
    assert restored.status_code == 200
    assert restored.json()["digest"] == backup["digest"]
    assert (restored.json()["model_calls"], restored.json()["embeddings_computed"]) == (0, 0)


@pytest.mark.parametrize("given", ["/etc/passwd", "../backup.fathom", "20261130T205000Z-3f9a.fathom", ""])
def test_a_restore_takes_no_path(api: Api, given: str) -> None:
    refused = api.client.post("/api/neo4j/restore", json={"backup_id": given}, headers=api.key("admin"))
    assert refused.status_code == 422


def test_an_unknown_backup_is_named(api: Api) -> None:
    wanted = {"backup_id": "20200101T000000Z-0000"}
    for path in ("restore", "backup/prove"):
        missing = api.client.post(f"/api/neo4j/{path}", json=wanted, headers=api.key("admin"))
        assert missing.json()["title"] == "BackupMissing"


@pytest.mark.parametrize("body", [{}, {"confirm": True}, {"confirmation_code": "DELETE_ALL_DATA"}, {**CODE, "confirm": False}])
def test_nothing_is_cleared_without_both_confirmations(api: Api, body: dict[str, object]) -> None:
    refused = api.client.request("DELETE", "/api/neo4j/clear", json=body, headers=api.key("admin"))
    assert refused.status_code == 403
    assert api.client.get("/api/neo4j/stats", headers=api.key("admin")).json()["nodes"]["total"] > 0


def test_it_is_for_admins_and_a_key_of_a_collection_reaches_no_other(api: Api) -> None:
    for role in ("reader", "operator"):
        for method, path in (("GET", "backup"), ("POST", "backup"), ("POST", "restore"), ("DELETE", "clear")):
            assert api.client.request(method, f"/api/neo4j/{path}", json={}, headers=api.key(role)).status_code == 403
    bound = api.key("admin", collection="two")
    for method, path, body in (
        ("GET", "backup", {}),
        ("POST", "backup", {"collection": "one"}),
        ("POST", "restore", {"backup_id": "20200101T000000Z-0000"}),
        ("DELETE", "clear", {**CODE, "collection": "one"}),
    ):
        assert api.client.request(method, f"/api/neo4j/{path}", json=body, headers=bound).status_code == 403
