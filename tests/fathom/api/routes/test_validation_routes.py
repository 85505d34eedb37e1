"""Validations over HTTP: one at a time, of collections that are there, and 503 with a remedy while the graph is away."""

from __future__ import annotations

import pytest

from fathom.api.routes.graph import validation_routes
from tests.fathom.api.conftest import Api

CALLS = (("GET", "validate"), ("POST", "validate"), ("POST", "repair"))


@pytest.mark.parametrize(("method", "word"), CALLS)
def test_a_second_one_is_told_to_come_again_and_the_next_is_taken(api: Api, method: str, word: str) -> None:
    body = {"json": {}} if method == "POST" else {}
    admin = api.key("admin")
    with validation_routes._at_work:
        busy = api.client.request(method, f"/api/neo4j/{word}", headers=admin, **body)
    assert (busy.status_code, "runs already" in busy.json()["detail"]) == (503, True)
    assert "Retry-After" in busy.headers
    away = api.client.request(method, f"/api/neo4j/{word}", headers=admin, **body)
    assert (away.status_code, away.json()["title"]) == (503, "GraphUnreachable")


def test_unknown_fields_and_names_that_no_collection_has_are_refused(api: Api) -> None:
    admin = api.key("admin")
    assert api.client.post("/api/neo4j/repair", json={"force": True}, headers=admin).status_code == 422
    assert api.client.get("/api/neo4j/validate", params={"collection": "x" * 65}, headers=admin).status_code == 422
