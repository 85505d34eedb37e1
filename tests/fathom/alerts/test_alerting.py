"""What goes wrong is told once with its cause, by the routes that take it; silences and other incidents hold it back."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fathom.alerts import alert_evaluation
from fathom.alerts.alert_evaluation import evaluate_alerts
from fathom.alerts.incident_store import Silence, add_silence
from fathom.alerts.notice_delivery import deliver_notices
from fathom.database import ChangeWatch, open_database
from fathom.settings import Settings
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
    ("asset", "check", "rule"),
    [
        ("graph_backup", "backup_is_recent_and_proven", "backup_unproven"),
        ("collection_drift", "entity_types_as_before", "drift"),
        ("quality_metrics", "no_anomaly_of_model_cost", "anomaly"),
        ("quality_metrics", "deployment_is_healthy", "deployment_unhealthy"),
    ],
)
def test_checks_of_backups_drift_and_metrics_have_rules_of_their_own(
    watched: Watched, asset: str, check: str, rule: str
) -> None:
    watched.check(None, check, passed=False, asset=asset)
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


def test_failures_of_a_cause_in_several_collections_are_one_notice_to_the_routes_of_each(watched: Watched) -> None:
    routes = {"hook": {"url": watched.receiver.url, "labels": {"collection": "other"}}}
    with_alerts(watched, routes=routes)
    watched.fail("c/a.pdf", "DocumentDamaged")
    assert watched.look() == []
    watched.fail("other/a.pdf", "DocumentDamaged")
    watched.now += 901
    watched.fail("third/a.pdf", "DocumentDamaged")
    assert watched.look() == ["[WARNING] still: document_failed"]
    (incident,) = watched.active()
    assert incident.labels["collection"] == "c,other,third"


def test_a_check_is_as_severe_as_its_worst_failure(watched: Watched) -> None:
    watched.check("c/a.pdf", "keeps_text", passed=False, severity="block")
    watched.check("c/b.pdf", "keeps_text", passed=False, severity="inform")
    assert watched.look() == ["[CRITICAL] check_failed"]


def test_what_is_known_is_not_ended_by_too_many_new_causes(watched: Watched) -> None:
    watched.fail("c/known.pdf", "Known")
    assert watched.look() == ["[WARNING] document_failed"]
    for number in range(60):
        watched.fail(f"c/{number}.pdf", f"Reason{number}")
    assert watched.look(after=5) == ["[WARNING] document_failed"]
    assert watched.look(after=300) == []
    assert {incident.key: incident.count for incident in watched.active()} == {"docling.Known": 1, "many": 60}
    for number in range(20):  # fewer than are too many: they still are the same incident
        watched.fail(f"c/{number}.pdf", "none", state="done")
    assert watched.look(after=300) == []
    assert {incident.key: incident.count for incident in watched.active()} == {"docling.Known": 1, "many": 40}


def test_an_incident_of_a_rule_that_was_switched_off_ends(watched: Watched) -> None:
    watched.fail("c/a.pdf", "DocumentDamaged")
    assert watched.look() == ["[WARNING] document_failed"]
    with_alerts(watched, rules={"document_failed": {"enabled": False}})
    assert watched.look(after=5) == ["[WARNING] resolved: document_failed"]
    assert watched.active() == []


def test_documents_that_say_nothing_in_a_stage_are_one_incident(watched: Watched) -> None:
    for number in range(30):
        watched.fail(f"c/{number}.pdf", "none", state="running")
    assert watched.look(after=700) == ["[CRITICAL] run_stuck"]
    (incident,) = watched.active()
    assert (incident.count, len(incident.documents)) == (30, 20)


def test_a_look_that_finds_the_same_writes_nothing(watched: Watched) -> None:
    watched.fail("c/a.pdf", "DocumentDamaged")
    watched.look()
    changes = ChangeWatch(watched.settings.operational_url)
    changes.changed()
    for seconds in (5, 10, 20):
        watched.look(after=seconds)
        assert not changes.changed()
    watched.look(after=60)
    assert changes.changed()


def test_a_component_that_nobody_measures_any_more_does_not_count_as_recovered(watched: Watched) -> None:
    watched.measure("component_up", 0, component="graph")
    titles = watched.look()
    watched.measure("component_up", 0, component="graph")
    assert titles + watched.look(after=80) == ["[CRITICAL] component_down"]
    assert watched.look(after=400) + watched.look(after=400) == []
    watched.measure("component_up", 1, component="graph")
    assert watched.look() + watched.look(after=70) == ["[CRITICAL] resolved: component_down"]


def test_what_becomes_worse_in_a_silence_is_told_after_it_and_an_end_at_once(watched: Watched) -> None:
    watched.check("c/a.pdf", "keeps_text", passed=False)
    watched.fail("c/b.pdf", "DocumentDamaged")
    assert len(watched.look()) == 2
    quiet = Silence("s1", "*", "known", "ada", watched.now, watched.now + 3000, {})
    add_silence(open_database(watched.settings.operational_url), quiet)
    watched.check("c/c.pdf", "keeps_text", passed=False, severity="block")
    watched.fail("c/b.pdf", "none", state="done")
    assert watched.look(after=1000) == []
    assert watched.look(after=70) == ["[WARNING] resolved: document_failed"]
    assert watched.look(after=2000) == ["[CRITICAL] escalated: check_failed"]


def test_what_opens_and_ends_in_a_silence_is_in_the_log(watched: Watched) -> None:
    quiet = Silence("s1", "*", "known", "ada", watched.now, watched.now + 3000, {})
    add_silence(open_database(watched.settings.operational_url), quiet)
    watched.fail("c/a.pdf", "DocumentDamaged")
    watched.look()
    watched.fail("c/a.pdf", "none", state="done")
    assert watched.look(after=5) == watched.look(after=70) == []
    lines = [json.loads(line) for line in (watched.settings.logs_path / "alerts.jsonl").read_text().splitlines()]
    assert [(line["event"], line["silenced"]) for line in lines] == [("opened", True), ("resolved", True)]
