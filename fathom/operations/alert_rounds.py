"""Repeats looks at the rules of alerts, and skips those that could find nothing new."""

from __future__ import annotations

import time

from fathom.alerts.notice_delivery import next_due_at
from fathom.database import ChangeWatch, open_database
from fathom.operations.alerting import watch_over
from fathom.settings import Settings

MEASURED_EVERY_S = 30.0  # rules on metrics, runs and sensors look at minutes; those on checks and documents at each change
TIMED_EVERY_S = 5.0  # while an incident waits for its time


class AlertRounds:
    """The rounds of a process. Not safe for concurrent threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._changes = ChangeWatch(settings.operational_url)
        self._due_at: float | None = None  # of an incident that waits, or a notice to retry

    def is_due(self, now: float) -> bool:
        """Returns whether an incident that waits, or a notice to retry, has come to its time; reads nothing."""
        return self._due_at is not None and now >= self._due_at

    def has_news(self, now: float) -> bool:
        """Returns whether a round could find something: the database has changed, or a time has come; some 20 µs in SQLite."""
        return self._changes.changed() or self.is_due(now)

    def look(self, *, metrics: bool) -> tuple[int, int, list[str]]:
        """Makes a round; returns the open incidents, the notices that were sent, and a line for each step of an incident.

        Raises SettingsInvalid, DatabaseUnreachable; the next round is due at once then.
        """
        self._due_at = 0.0
        report, delivered = watch_over(self._settings, metrics=metrics)
        now = time.time()
        times = [now + TIMED_EVERY_S] if report.waiting else []
        retried = next_due_at(open_database(self._settings.operational_url))
        self._due_at = min([*times, *([max(retried, now + 1.0)] if retried is not None else [])], default=None)
        lines = [f"{kind}: {one.severity}: {one.rule}: {one.cause}" for one, kind in report.notices]
        return report.open, delivered.sent, lines
