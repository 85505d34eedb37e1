"""`/api/alerts`: what is open, for whom; acknowledged, ended and silenced by operators, with a line in the audit log."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from fathom.alerts.alert_evaluation import evaluate_alerts
from fathom.database import open_database
from fathom.tables import audit_log, uploads
from tests.fathom.api.conftest import Api


@pytest.fixture
def failed(api: Api) -> Api:
    """The application after two collections had a failure of one cause, and one of them another."""
    with open_database(api.settings.operational_url).begin() as connection:
        for document, reason in (("mine/a b.pdf", "Damaged"), ("other/b.pdf", "Damaged"), ("other/c.pdf", "Locked")):
            row: dict[str, Any] = {"document": document, "collection": document.partition("/")[0], "path": document}
            row |= {"size": 1, "mtime_ns": 1, "state": "failed", "stage": "docling", "reason": reason, "run_id": "run-1"}
            row["updated_at"] = time.time()
            connection.execute(uploads.insert().values(**row, detail=f"{document} is {reason}."))
    evaluate_alerts(api.settings)
    return api


def test_the_open_incidents_have_their_cause_and_documents(failed: Api) -> None:
    found = failed.client.get("/api/alerts", headers=failed.key("reader")).json()["active"]
    assert {"id", "rule", "severity", "opened_at", "cause", "documents", "count"} <= set(found[0])
    assert {(one["rule"], one["count"], tuple(sorted(one["documents"]))) for one in found} == {
        ("document_failed", 2, ("mine/a b.pdf", "other/b.pdf")),
        ("document_failed", 1, ("other/c.pdf",)),
    }


def test_a_key_of_a_collection_sees_nothing_of_another(failed: Api) -> None:
    answer = failed.client.get("/api/alerts", headers=failed.key("reader", "mine"))
    (one,) = answer.json()["active"]
    assert one["documents"] == ["mine/a b.pdf"]
    assert one["labels"]["collection"] == "mine"
    assert len(one["links"]) == 1
    assert "other/" not in answer.text
    assert "other%2F" not in answer.text
    assert failed.client.get("/api/alerts", headers=failed.key("reader", "third")).json() == {"active": []}
    whole = failed.client.get("/api/alerts", headers=failed.key("reader", "other")).json()["active"]
    assert "other/c.pdf is Locked." in " ".join(one["cause"] for one in whole)


def test_an_operator_acknowledges_ends_and_silences(failed: Api) -> None:
    operator = failed.key("operator")
    first, second = failed.client.get("/api/alerts", headers=operator).json()["active"]
    known = failed.client.post(f"/api/alerts/{first['id']}/ack", headers=operator)
    assert (known.status_code, bool(known.json()["acknowledged_by"])) == (200, True)
    ended = failed.client.post(f"/api/alerts/{second['id']}/resolve", headers=operator)
    assert (ended.status_code, ended.json()["state"]) == (200, "resolved")
    assert [one["id"] for one in failed.client.get("/api/alerts", headers=operator).json()["active"]] == [first["id"]]
    history = failed.client.get("/api/alerts/history", headers=operator).json()
    assert {one["id"] for one in history["incidents"]} == {first["id"], second["id"]}
    ordered = {"rule": "document_*", "seconds": 60, "reason": "known", "labels": {"error": "Damaged"}}
    made = failed.client.post("/api/silences", json=ordered, headers=operator).json()
    assert failed.client.get("/api/silences", headers=operator).json()["silences"] == [made]
    assert failed.client.delete(f"/api/silences/{made['id']}", headers=operator).status_code == 204
    assert failed.client.get("/api/silences", headers=operator).json() == {"silences": []}
    for path in ("/api/alerts/nothing/ack", "/api/alerts/nothing/resolve"):
        assert failed.client.post(path, headers=operator).status_code == 404
    assert failed.client.delete("/api/silences/nothing", headers=operator).status_code == 404
    with open_database(failed.settings.operational_url).connect() as connection:
        actions = {row.action for row in connection.execute(audit_log.select())}
    assert {"alerts.ack", "alerts.resolve", "alerts.silence", "alerts.unsilence"} <= actions


def test_a_silence_without_reason_or_end_is_refused(failed: Api) -> None:
    for wrong in ({"seconds": 60}, {"rule": "x", "seconds": 0, "reason": "y"}, {"rule": "x", "seconds": 60, "reason": ""}):
        answer = failed.client.post("/api/silences", content=json.dumps(wrong), headers=failed.key("operator"))
        assert answer.status_code == 422
