"""A deployment with a route to a receiver on loopback, whose time is set by the test."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from fathom.alerts.alert_evaluation import evaluate_alerts
from fathom.alerts.incident import Incident
from fathom.alerts.incident_store import list_incidents
from fathom.alerts.notice_delivery import deliver_notices
from fathom.database import open_database
from fathom.metrics.check_recording import CheckResult, to_json
from fathom.metrics.metric_collection import collect_metrics
from fathom.metrics.metric_history import MetricHistory
from fathom.metrics.metric_sample import MetricSample
from fathom.settings import Settings
from fathom.tables import events, uploads
from tests.fathom.alerts.receiver import Receiver, receiving


@dataclass
class Watched:
    """A deployment that is watched: what happens in it, and what is told of it."""

    settings: Settings
    receiver: Receiver
    now: float = field(default_factory=time.time)

    def measure(self, name: str, *values: float, at: float | None = None, **labels: str) -> None:
        """Records values of a metric, now if no time is given."""
        when = self.now if at is None else at
        MetricHistory(open_database(self.settings.operational_url)).record(MetricSample(name, v, when, labels) for v in values)

    def fail(self, document: str, reason: str, detail: str = "It broke.", state: str = "failed") -> None:
        """A document failed."""
        row = {"document": document, "collection": document.partition("/")[0], "path": document, "size": 1, "mtime_ns": 1}
        row |= {
            "state": state,
            "stage": "docling",
            "reason": reason,
            "detail": detail,
            "updated_at": self.now,
            "run_id": "run-1",
        }
        with open_database(self.settings.operational_url).begin() as connection:
            connection.execute(uploads.delete().where(uploads.c.document == document))
            connection.execute(uploads.insert().values(**row))

    def check(self, document: str | None, name: str, *, passed: bool, severity: Any = "warn", asset: str = "documents") -> None:
        """A check was evaluated, as a run logs it."""
        result = CheckResult(name=name, passed=passed, severity=severity, measured=0.5, threshold=0.9, detail="Half is lost.")
        metrics = json.dumps({"asset": asset, "results": to_json([result])})
        row = {"event": "quality.checked", "document": document, "at": self.now, "level": 20, "message": "", "host": "h"}
        engine = open_database(self.settings.operational_url)
        with engine.begin() as connection:
            connection.execute(events.insert().values(**row, stage="quality", metrics=metrics, run="run-2"))
        collect_metrics(engine)

    def look(self, *, after: float = 0.0) -> list[str]:
        """Evaluates and delivers after some seconds; the titles of the notices that came in."""
        self.now += after
        before = len(self.receiver.notices)
        evaluate_alerts(self.settings, self.now)
        deliver_notices(self.settings, self.now)
        return self.receiver.titles[before:]

    def active(self) -> list[Incident]:
        """The open incidents."""
        return list_incidents(open_database(self.settings.operational_url), ["open"])


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    """A deployment that is watched, with a single route."""
    with receiving() as receiver:
        alerts = {"routes": {"hook": {"url": receiver.url}}}
        yield Watched(Settings(home=tmp_path / "home", graph_uri=None, alerts=alerts), receiver)
