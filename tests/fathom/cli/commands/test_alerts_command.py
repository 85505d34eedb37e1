"""`fathom alerts`: what is open, its history, acknowledgement and silences, and a test of a route."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from fathom import settings as settings_module
from fathom.alerts.alert_evaluation import evaluate_alerts
from fathom.database import open_database
from fathom.settings import Settings, settings
from fathom.tables import uploads
from tests.fathom.alerts.receiver import Receiver, receiving


@pytest.fixture
def receiver(home_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A receiver that is the route `hook` of the home, whose graph database has a failed document."""
    home_settings.home.mkdir(mode=0o700, exist_ok=True)
    with receiving() as served:
        monkeypatch.setenv("FATHOM_ALERTS", json.dumps({"routes": {"hook": {"url": served.url, "severities": ["critical"]}}}))
        settings_module.settings.cache_clear()
        row = {"document": "c/a.pdf", "collection": "c", "path": "c/a.pdf", "size": 1, "mtime_ns": 1, "state": "failed"}
        row |= {"stage": "docling", "reason": "DocumentDamaged", "detail": "It ends early.", "updated_at": time.time()}
        with open_database(home_settings.operational_url).begin() as connection:
            connection.execute(uploads.insert().values(**row))
        yield served
    settings_module.settings.cache_clear()


def test_nothing_is_wrong_in_a_new_home(call: Any, home_settings: Settings) -> None:
    home_settings.home.mkdir(mode=0o700, exist_ok=True)
    shown = call("alerts", "--json")
    assert (shown.code, shown.json) == (0, {"active": []})


def test_an_incident_is_listed_acknowledged_and_silenced(call: Any, receiver: Receiver) -> None:
    evaluate_alerts(settings())
    (incident,) = call("alerts", "--json").json["active"]
    assert {"id", "rule", "severity", "opened_at", "cause", "documents", "count"} <= set(incident)
    assert (incident["rule"], incident["documents"], incident["count"]) == ("document_failed", ["c/a.pdf"], 1)
    assert "It ends early." in call("alerts").out
    known = call("alerts", "ack", incident["id"], "--json")
    assert (known.code, bool(known.json["acknowledged_by"])) == (0, True)
    made = call("alerts", "silence", "document_*", "--for", "2h", "--reason", "known", "--label", "collection=c", "--json").json
    assert made["labels"] == {"collection": "c"}
    assert call("alerts", "--json").json["active"][0]["silenced"] is True
    assert [one["id"] for one in call("alerts", "silences", "--json").json["silences"]] == [made["id"]]
    assert call("alerts", "silences", "--end", made["id"], "--json").json == {"silences": []}
    history = call("alerts", "history", "--json").json
    assert [one["id"] for one in history["incidents"]] == [incident["id"]]
    assert history["mttd_s"] >= 0
    actions = [line["action"] for line in call("audit", "--json").json["lines"]]
    assert {"alerts.ack", "alerts.silence", "alerts.unsilence"} <= set(actions)


def test_an_incident_that_a_person_ends_stays_ended(call: Any, receiver: Receiver) -> None:
    evaluate_alerts(settings())
    (incident,) = call("alerts", "--json").json["active"]
    ended = call("alerts", "resolve", incident["id"], "--json").json
    assert (ended["state"], bool(ended["resolved_by"])) == ("resolved", True)
    evaluate_alerts(settings())
    assert call("alerts", "--json").json == {"active": []}
    assert call("alerts", "resolve", incident["id"]).code == 2
    assert call("alerts", "history", "--json").json["mttr_s"] >= 0
    assert "alerts.resolve" in [line["action"] for line in call("audit", "--json").json["lines"]]
    log = [json.loads(line) for line in (settings().logs_path / "alerts.jsonl").read_text().splitlines()]
    assert [line["event"] for line in log] == ["opened", "resolved"]


def test_wrong_words_are_usage(call: Any, receiver: Receiver) -> None:
    for words in (
        ("ack", "00000000"),
        ("resolve", "00000000"),
        ("silence", "x", "--for", "soon", "--reason", "y"),
        ("silence", "x", "--for", "31d", "--reason", "y"),
        ("silence", "x", "--for", "1h", "--reason", "y", "--label", "colour"),
        ("silences", "--end", "00000000"),
        ("test", "nothing"),
    ):
        assert call("alerts", *words).code == 2


def test_a_route_is_tested(call: Any, receiver: Receiver) -> None:
    assert (call("alerts", "test", "hook", "--json").json, receiver.titles) == (
        {"route": "hook", "delivered": True, "error": None},
        ["[INFO] test"],
    )
    receiver.status = 500
    refused = call("alerts", "test", "hook")
    assert refused.code == 1
    assert "not delivered" in refused.err
