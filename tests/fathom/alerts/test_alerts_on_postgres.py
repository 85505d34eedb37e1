"""On Postgres an incident opens, is told, retried, ended by a person and forgotten as on SQLite."""

from __future__ import annotations

from pathlib import Path

import pytest

from fathom.alerts.notice_delivery import retry_after
from fathom.operations.alerting import resolve
from fathom.settings import Settings
from tests.fathom.alerts.conftest import Watched
from tests.fathom.alerts.receiver import receiving


@pytest.mark.integration
def test_an_incident_lives_on_postgres(tmp_path: Path, postgres_database: str) -> None:
    with receiving() as receiver:
        alerts = {"routes": {"hook": {"url": receiver.url}}}
        settings = Settings(home=tmp_path / "home", graph_uri=None, alerts=alerts, database_url=postgres_database)
        watched = Watched(settings, receiver)
        for number in range(30):
            watched.fail(f"c{number % 2}/{number}.pdf", f"Reason{number % 3}")
        watched.check("c0/a.pdf", "keeps_text", passed=False)
        watched.measure("disk_free_bytes", 1e8)
        receiver.status = 503
        assert watched.look() == []
        receiver.status = 200
        titles = watched.look(after=retry_after(1)) + watched.look(after=60)
        assert sorted(titles) == [
            *("[CRITICAL] disk_full", "[WARNING] check_failed", "[WARNING] disk_low"),
            *["[WARNING] document_failed"] * 3,
        ]
        check = next(one for one in watched.active() if one.rule == "check_failed")
        assert resolve(settings, check.id, by="ada").resolved_by == "ada"
        watched.check("c0/a.pdf", "keeps_text", passed=True)
        watched.measure("disk_free_bytes", 9e9)
        titles = watched.look(after=5) + watched.look(after=70)
        assert sorted(titles) == [
            *("[CRITICAL] resolved: disk_full", "[WARNING] resolved: check_failed", "[WARNING] resolved: disk_low"),
        ]
