"""What goes wrong is told once with its cause; receivers that hang or refuse lose nothing, and a kill sends nothing anew."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from fathom.alerts import alert_evaluation, notice_delivery
from fathom.alerts.alert_evaluation import evaluate_alerts
from fathom.alerts.incident_store import Silence, add_silence
from fathom.alerts.notice_delivery import deliver_notices, retry_after
from fathom.database import open_database
from fathom.settings import Settings
from fathom.tables import alert_notices
from tests.fathom.alerts.conftest import Watched


def with_alerts(watched: Watched, **alerts: Any) -> None:
    routes = {"hook": {"url": watched.receiver.url}}
    watched.settings = Settings(home=watched.settings.home, graph_uri=None, alerts={"routes": routes, **alerts})


def test_a_thousand_failures_of_three_causes_are_three_notices(watched: Watched) -> None:
    reasons = ("DocumentDamaged", "ConversionFailed", "LanguageModelUnreachable")
    for number in range(1000):
        watched.fail(f"c/{number}.pdf", reasons[number % 3], f"It broke: {reasons[number % 3]}.")
    titles = watched.look()
    assert titles == ["[WARNING] document_failed"] * 3
    assert watched.look(after=5) == watched.look(after=600) == []
    counts = {incident.key: incident.count for incident in watched.active()}
    assert counts == {"docling.DocumentDamaged": 334, "docling.ConversionFailed": 333, "docling.LanguageModelUnreachable": 333}


def test_a_notice_has_the_cause_the_document_and_both_links(watched: Watched) -> None:
    watched.fail("c/a b.pdf", "DocumentDamaged", "The file ends in the middle of page 3.")
    watched.look()
    (notice,) = watched.receiver.notices
    for part in (
        "c/a b.pdf failed in docling",
        "The file ends in the middle of page 3.",
        "/documents/c%2Fa%20b.pdf",
        "/runs/run-1",
    ):
        assert part in notice["message"]
    assert notice["type"] == "warning"


def test_a_failed_check_is_told_and_resolved_when_it_passes_again(watched: Watched) -> None:
    watched.check("c/a.pdf", "conversion_keeps_text", passed=False)
    watched.check("c/a.pdf", "document_has_text", passed=False, severity="block")
    assert sorted(watched.look()) == ["[CRITICAL] check_failed", "[WARNING] check_failed"]
    watched.check("c/a.pdf", "conversion_keeps_text", passed=True)
    assert watched.look(after=10) == []
    assert watched.look(after=70) == ["[WARNING] resolved: check_failed"]


@pytest.mark.parametrize(
    ("asset", "rule"), [("graph_backup", "backup_unproven"), ("collection_drift", "drift"), ("quality_metrics", "anomaly")]
)
def test_checks_of_backups_drift_and_metrics_have_rules_of_their_own(watched: Watched, asset: str, rule: str) -> None:
    watched.check(None, "some_check", passed=False, asset=asset)
    assert [title.split("] ")[1] for title in watched.look()] == [rule]


def test_a_graph_that_is_down_silences_what_follows_from_it(watched: Watched) -> None:
    watched.measure("component_up", 0, component="graph")
    watched.fail("c/a.pdf", "GraphUnreachable")
    titles = watched.look()
    for _ in range(3):
        watched.measure("component_up", 0, component="graph")
        titles += watched.look(after=30)
    assert titles == ["[CRITICAL] component_down"]
    for seconds in (30, 90):
        watched.measure("component_up", 1, component="graph")
        titles += watched.look(after=seconds)
    # it is still failed, and nothing explains it any more
    assert sorted(titles[1:]) == ["[CRITICAL] resolved: component_down", "[WARNING] document_failed"]


def test_a_silence_holds_the_notice_back_until_its_end(watched: Watched) -> None:
    silence = Silence("s1", "document_*", "known", "ada", watched.now, watched.now + 600, {"collection": "c"})
    add_silence(open_database(watched.settings.operational_url), silence)
    watched.fail("c/a.pdf", "DocumentDamaged")
    assert watched.look() == []
    assert [incident.rule for incident in watched.active()] == ["document_failed"]
    watched.fail("other/b.pdf", "ConversionFailed")
    assert watched.look(after=5) == ["[WARNING] document_failed"]
    assert watched.look(after=600) == ["[WARNING] document_failed"]


def test_a_maintenance_window_announces_its_begin_and_end_once(watched: Watched) -> None:
    window = {"begin": datetime.fromtimestamp(watched.now - 10, UTC), "end": datetime.fromtimestamp(watched.now + 600, UTC)}
    with_alerts(watched, maintenance=[{**window, "reason": "new disk", "rule": "*"}])
    watched.fail("c/a.pdf", "DocumentDamaged")
    assert watched.look() == ["[INFO] maintenance began: new disk"]
    assert watched.look(after=60) == []
    assert sorted(watched.look(after=600)) == ["[INFO] maintenance ended: new disk", "[WARNING] document_failed"]
    assert watched.look(after=60) == []


def test_routes_take_their_severities_and_labels(watched: Watched) -> None:
    routes = {"hook": {"url": watched.receiver.url, "severities": ["critical"], "labels": {"collection": "c"}}}
    with_alerts(watched, routes=routes)
    watched.check("c/a.pdf", "warned", passed=False)
    watched.check("other/a.pdf", "blocked", passed=False, severity="block")
    assert watched.look() == []
    watched.check("c/b.pdf", "blocked_too", passed=False, severity="block")
    assert watched.look(after=5) == ["[CRITICAL] check_failed"]


@pytest.mark.parametrize("status", [500, 429, 404])
def test_a_receiver_that_refuses_gets_it_later_with_backoff(watched: Watched, status: int) -> None:
    watched.receiver.status = status
    watched.fail("c/a.pdf", "DocumentDamaged")
    assert watched.look() == watched.look(after=1) == watched.look(after=5) == []
    watched.receiver.status = 200
    assert watched.look(after=retry_after(3)) == ["[WARNING] document_failed"]
    assert watched.look(after=600) == []


def test_a_dead_receiver_is_told_to_the_others(watched: Watched) -> None:
    dead = {"url": "json://127.0.0.1:9/closed"}
    with_alerts(watched, routes={"hook": {"url": watched.receiver.url}, "dead": dead})
    watched.fail("c/a.pdf", "DocumentDamaged")
    titles: list[str] = []
    for _ in range(4):
        titles += watched.look(after=60)
    assert titles == ["[WARNING] document_failed", "[CRITICAL] route_failing"]
    assert "The route dead did not take 1 notices" in watched.receiver.notices[-1]["message"]


def test_a_receiver_that_hangs_is_given_up_in_time_and_asked_again(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notice_delivery, "TIMEOUT_S", 1)
    watched.receiver.hangs_s, watched.receiver.status = 3.0, 500
    watched.fail("c/a.pdf", "DocumentDamaged")
    began = time.monotonic()
    assert watched.look() == []
    assert time.monotonic() - began < 2.8
    watched.receiver.hangs_s, watched.receiver.status = 0.0, 200
    assert watched.look(after=retry_after(1)) == ["[WARNING] document_failed"]


def test_a_kill_between_sending_and_recording_sends_the_same_key_again(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched.fail("c/a.pdf", "DocumentDamaged")
    evaluate_alerts(watched.settings, watched.now)
    with monkeypatch.context() as patched:

        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        patched.setattr(notice_delivery, "_outcome", killed)
        with pytest.raises(KeyboardInterrupt):
            deliver_notices(watched.settings, watched.now)
    assert deliver_notices(watched.settings, watched.now + 1).sent == 0  # another process may still be sending it
    assert deliver_notices(watched.settings, watched.now + notice_delivery.CLAIMED_S + 1).sent == 1
    keys = [notice["message"].rpartition("Notice ")[2] for notice in watched.receiver.notices]
    assert len(keys) == 2
    assert len(set(keys)) == 1


def test_a_kill_within_a_look_changes_nothing(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    watched.fail("c/a.pdf", "DocumentDamaged")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(alert_evaluation, "forget_old", killed)
        with pytest.raises(KeyboardInterrupt):
            watched.look()
    assert watched.active() == []
    assert watched.look() == ["[WARNING] document_failed"]


def test_two_evaluators_at_once_tell_once(watched: Watched) -> None:
    watched.fail("c/a.pdf", "DocumentDamaged")
    for _ in range(3):
        evaluate_alerts(watched.settings, watched.now)
    assert deliver_notices(watched.settings, watched.now).sent == 1
    assert deliver_notices(watched.settings, watched.now).sent == 0


def test_a_source_that_fails_neither_opens_nor_ends_anything(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    watched.fail("c/a.pdf", "DocumentDamaged")
    watched.look()

    def away(_: object) -> Any:
        raise OSError

    with monkeypatch.context() as patched:
        patched.setitem(alert_evaluation.FINDERS, "failed_documents", away)  # type: ignore[arg-type]
        assert watched.look(after=600) == []
    assert [incident.rule for incident in watched.active()] == ["document_failed"]


def test_more_causes_than_can_be_told_are_one_notice(watched: Watched) -> None:
    for number in range(60):
        watched.fail(f"c/{number}.pdf", f"Reason{number}")
    assert watched.look() == ["[WARNING] document_failed"]
    assert "60 at once" in watched.receiver.notices[0]["message"]


def test_the_log_has_a_line_for_each_step(watched: Watched) -> None:
    watched.check("c/a.pdf", "keeps_text", passed=False)
    watched.look()
    watched.check("c/a.pdf", "keeps_text", passed=True)
    watched.look(after=10)
    watched.look(after=70)
    lines = [json.loads(line) for line in (watched.settings.logs_path / "alerts.jsonl").read_text().splitlines()]
    assert [(line["event"], line["rule"], line["id"]) for line in lines] == [
        ("opened", "check_failed", lines[0]["id"]),
        ("resolved", "check_failed", lines[0]["id"]),
    ]


def test_a_stale_collection_and_a_run_that_says_nothing_are_told(watched: Watched, tmp_path: Path) -> None:
    with_alerts(watched, stale_hours={"c": 2})
    watched.fail("c/a.pdf", "none", state="done")
    watched.fail("c/b.pdf", "none", state="running")
    assert watched.look() == []
    titles = watched.look(after=3 * 3600) + watched.look(after=70)
    assert sorted(title.split("] ")[1] for title in titles) == ["collection_stale", "run_stuck"]


def test_a_notice_of_a_route_that_is_gone_is_given_up(watched: Watched) -> None:
    watched.fail("c/a.pdf", "DocumentDamaged")
    evaluate_alerts(watched.settings, watched.now)
    with_alerts(watched, routes={})
    assert replace(deliver_notices(watched.settings, watched.now)).failed == 1
    with open_database(watched.settings.operational_url).connect() as connection:
        row = connection.execute(sa.select(alert_notices)).one()
    assert (row.given_up_at, row.error) == (watched.now, notice_delivery.UNKNOWN)
