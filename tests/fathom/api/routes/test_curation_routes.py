"""Undo and decisions over HTTP: for admins, within the collections of their key, and looked at before they are made."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from benchmarks.material import chunk_set
from fathom.deployment.graph_component import GraphComponent
from fathom.graph.curation.write_recorder import on_behalf_of
from fathom.graph.write.document_writer import open_writer
from fathom.ledger.write_journal import GraphWrite, VersionDates, WriteJournal
from fathom.settings import Settings
from tests.fathom.api.conftest import Api, serving

FIRST = "Ingrid Solberg works for Northgate Engineering in Newcastle."
SECOND = "Charles Babbage worked for Cambridge University. Ingrid Solberg works for Northgate Engineering."


def test_only_an_admin_changes_anything(api: Api) -> None:
    changes = ("undo", "entities/merge", "entities/split", "entities/rename", "facts/retire", "facts/restore", "decisions/undo")
    for change in changes:
        assert api.client.post(f"/api/neo4j/{change}", json={}, headers=api.key("operator")).status_code == 403


def test_an_undo_names_one_thing_that_is_known_and_is_confirmed(api: Api) -> None:
    def undo(headers: dict[str, str], **wanted: object) -> int:
        return api.client.post("/api/neo4j/undo", json=wanted, headers=headers).status_code

    admin = api.key("admin")
    assert undo(admin, run="nobody", dry_run=True) == 404
    assert undo(admin, run="nobody", upload="nothing") == 400
    assert undo(admin, document="c/a.md") == 400  # nobody confirmed it
    assert undo(api.key("admin", "other"), document="c/a.md", confirm=True) == 403
    assert undo(admin, document="c/a.md", confirm=True) == 404


def test_an_undo_says_within_two_seconds_that_the_graph_is_away(api: Api) -> None:
    dates = VersionDates(datetime(2024, 5, 6, tzinfo=UTC))
    write = GraphWrite("w1", "c", "c/a.md", "1", dates, planned=())
    WriteJournal(api.intake.engine).begin(write, [], "run-1")
    began = time.monotonic()
    answer = api.client.post("/api/neo4j/undo", json={"run": "run-1", "confirm": True}, headers=api.key("admin"))
    assert (answer.status_code, time.monotonic() - began < 2) == (503, True)
    assert "fathom up" in answer.text


@pytest.fixture(scope="module")
def shared_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The application over a home whose graph has a document in two versions."""
    settings = Settings(home=tmp_path_factory.mktemp("curated"), graph_uri=None)
    part = GraphComponent(settings)
    part.start()
    with serving(settings) as made:
        made.accepted("c/a.md")
        writer = open_writer(settings)
        for run, text in (("run-1", FIRST), ("run-2", SECOND)):
            with on_behalf_of(run):
                writer.write(chunk_set("c/a.md", [text], run), reference_time=datetime(2024, 5, 6, tzinfo=UTC))
        writer.close()
        yield made
    part.stop()


@pytest.mark.integration
def test_what_is_decided_is_shown_listed_and_taken_back(shared_api: Api) -> None:
    api, admin = shared_api, shared_api.key("admin")

    def ask(path: str, **given: object) -> dict[str, object]:
        answer = (
            api.client.post(f"/api/neo4j/{path}", json=given, headers=admin)
            if given
            else api.client.get(f"/api/neo4j/{path}", headers=admin)
        )
        assert answer.status_code == 200, answer.text
        found: dict[str, object] = answer.json()
        return found

    at = "at?at=2025-01-01T00:00:00Z&collection=c"
    held = ask(at)
    facts = {fact["fact"]: fact["uuid"] for fact in held["facts"]}  # type: ignore[attr-defined]
    entities = {entity["name"]: entity["uuid"] for entity in held["entities"]}  # type: ignore[attr-defined]
    view = ask(f"entities/{entities['Ingrid Solberg']}")
    assert (view["documents"], view["names"]) == (["c/a.md"], {"Ingrid Solberg": 1})
    retired = ask("facts/retire", fact=facts["Ingrid Solberg works for Northgate Engineering."], reason="a joke")
    renamed = ask("entities/rename", entity=entities["Ingrid Solberg"], name="Ingrid M. Solberg")
    assert ask(at)["facts_total"] == held["facts_total"] - 1  # type: ignore[operator]
    assert ask(f"entities/{entities['Ingrid Solberg']}")["name"] == "Ingrid M. Solberg"
    listed = ask("decisions?collection=c")["decisions"]
    assert [(one["kind"], one["reason"], one["applied"]) for one in listed] == [  # type: ignore[attr-defined]
        ("rename", "", True),
        ("retire", "a joke", True),
    ]
    for made in (retired, renamed):
        ask("decisions/undo", decision=made["decision"]["id"])  # type: ignore[index]
    assert ask(at) == held
    refused = api.client.post("/api/neo4j/facts/restore", json={"fact": next(iter(facts.values()))}, headers=admin)
    assert refused.status_code == 409
    assert ask("duplicates?collection=c")["pairs"] == []


@pytest.mark.integration
def test_a_run_is_undone(shared_api: Api) -> None:
    admin = shared_api.key("admin")
    planned = shared_api.client.post("/api/neo4j/undo", json={"run": "run-2", "dry_run": True}, headers=admin).json()
    assert [(one["state"], one["version"]) for one in planned["documents"]] == [("planned", "run-1")]
    done = shared_api.client.post("/api/neo4j/undo", json={"run": "run-2", "confirm": True}, headers=admin).json()
    assert [(one["state"], one["version"]) for one in done["documents"]] == [("undone", "run-1")]
    held = shared_api.client.get("/api/neo4j/at?at=2025-01-01T00:00:00Z&collection=c", headers=admin).json()
    assert {fact["fact"] for fact in held["facts"]} == {FIRST}
    at_first = shared_api.client.get("/api/neo4j/at?at=2024-01-01T00:00:00Z&collection=c&recorded=true", headers=admin).json()
    assert at_first["facts"] == []
