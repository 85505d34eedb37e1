"""Money, disk, components, sensors, queue and runs: each rule fires and is resolved by what it watches."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from fathom.alerts import run_signals
from fathom.database import open_database
from fathom.orchestration.failed_runs import FailedRun
from fathom.orchestration.run_gauges import RunGauges
from fathom.tables import uploads
from tests.fathom.alerts.conftest import Watched

GAUGES: dict[str, tuple[str, float, float, dict[str, str]]] = {
    "budget_half_spent": ("budget_used_share", 0.5, 0.1, {}),
    "budget_nearly_spent": ("budget_used_share", 0.8, 0.1, {}),
    "budget_spent": ("budget_used_share", 1.0, 0.1, {}),
    "disk_low": ("disk_free_bytes", 1.9e9, 9e9, {}),
    "disk_full": ("disk_free_bytes", 1e8, 9e9, {}),
    "component_down": ("component_up", 0.0, 1.0, {"component": "converter"}),
    "sensor_dead": ("sensor_age_seconds", 15_000.0, 5.0, {"sensor": "graph_backup_due"}),
}


def told(titles: list[str], rule: str) -> list[str]:
    return [title for title in titles if title.split()[-1] == rule]


def looks(watched: Watched, count: int, step: float, before: Callable[[], object] = lambda: None) -> list[str]:
    titles: list[str] = []
    for _ in range(count):
        before()
        titles += watched.look(after=step)
    return titles


@pytest.mark.parametrize("rule", GAUGES)
def test_a_gauge_fires_its_rule_and_resolves_it(watched: Watched, rule: str) -> None:
    metric, bad, good, labels = GAUGES[rule]
    watched.now -= 3600
    opened = told(looks(watched, 3, 60, lambda: watched.measure(metric, bad, **labels)), rule)
    assert len(opened) == 1
    ended = told(looks(watched, 4, 60, lambda: watched.measure(metric, good, **labels)), rule)
    assert [title.split()[1] for title in ended] == ["resolved:"]


def test_slow_and_empty_answers_are_told(watched: Watched) -> None:
    watched.now -= 4 * 3600

    def bad() -> None:
        watched.measure("query_seconds", *[3.0] * 20)
        watched.measure("queries", *[1.0] * 20)
        watched.measure("query_empty", *[1.0] * 10)

    def good() -> None:
        watched.measure("query_seconds", *[0.1] * 200)
        watched.measure("queries", *[1.0] * 200)

    titles = looks(watched, 6, 200, bad)
    assert sorted(titles) == ["[INFO] answers_empty", "[INFO] answers_slow"]
    titles = [title for title in looks(watched, 12, 200, good) if "answers_" in title]
    assert sorted(titles) == ["[INFO] resolved: answers_empty", "[INFO] resolved: answers_slow"]


def test_documents_that_wait_while_no_run_works_are_told(watched: Watched) -> None:
    def state(to: str) -> None:
        watched.fail("c/a.pdf", "none", state=to)
        with open_database(watched.settings.operational_url).begin() as connection:
            connection.execute(uploads.update().values(accepted_at=watched.now))

    state("accepted")
    assert looks(watched, 4, 60) == []
    assert told(looks(watched, 4, 60), "run_missing") == ["[CRITICAL] run_missing"]
    state("running")
    assert told(looks(watched, 3, 60), "run_missing") == ["[CRITICAL] resolved: run_missing"]


def test_a_sensor_that_does_not_tick_is_told_unless_the_daemon_is_down(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    age = SimpleNamespace(of=900.0)
    monkeypatch.setattr(run_signals, "run_gauges", lambda *_: RunGauges(sensor_ages={"new_uploads": age.of, "alerts": 3.0}))
    assert told(looks(watched, 2, 60), "fast_sensor_dead") == ["[CRITICAL] fast_sensor_dead"]
    age.of = 2.0
    assert told(looks(watched, 3, 60), "fast_sensor_dead") == ["[CRITICAL] resolved: fast_sensor_dead"]
    watched.now += 3600
    age.of = 900.0
    down = lambda: watched.measure("component_up", 0.0, component="dagster-daemon")  # noqa: E731
    assert looks(watched, 3, 60, down) == ["[CRITICAL] component_down"]


def test_a_failed_run_of_a_job_is_told_with_its_error_and_link(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[Any] = [FailedRun("back_up_graph", "run-9", watched.now - 5, "No space left on device.", 1)]
    monkeypatch.setattr(run_signals, "failed_runs", lambda *_: iter(runs))
    assert watched.look() == ["[WARNING] run_failed"]
    message = watched.receiver.notices[0]["message"]
    assert "The run of back_up_graph failed: No space left on device." in message
    assert "/runs/run-9" in message
    runs.clear()
    assert watched.look(after=5) + watched.look(after=70) == ["[WARNING] resolved: run_failed"]


def test_a_route_that_recovers_resolves_its_incident(watched: Watched) -> None:
    watched.receiver.status = 500
    watched.fail("c/a.pdf", "DocumentDamaged")
    for _ in range(5):
        watched.look(after=60)
    assert "route_failing" in {incident.rule for incident in watched.active()}
    watched.receiver.status = 200
    looks(watched, 4, 600)
    assert {incident.rule for incident in watched.active()} == {"document_failed"}
