"""The check of backups: the newest is recent and was restored with the same digest."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from checks.outcome import CheckOutcome
from fathom.metrics.check_recording import CheckResult
from fathom.thresholds import THRESHOLDS

if TYPE_CHECKING:
    from fathom.graph.backup.backup_catalog import BackupDescription

ASSET, NAME = "graph_backup", "backup_is_recent_and_proven"
DESCRIPTION = (
    "Fails where the newest backup of all collections is older than planned, or could not be restored with its digest."
)


def backup_outcome(backups: Sequence[BackupDescription], every_hours: float, now: float | None = None) -> CheckOutcome:
    """Returns the outcome for the backups, newest first, of which those of single collections do not count."""
    newest = next((backup for backup in backups if backup.scope is None), None)
    if newest is None:
        return CheckOutcome(False, "There is no backup of all collections.", {})
    hours = ((time.time() if now is None else now) - newest.created_at) / 3600
    figures: dict[str, float | int | str | None] = {"hours": round(hours, 1), "backup": newest.backup_id}
    if newest.proof is None or not newest.proof.proven:
        detail = newest.proof.detail if newest.proof else "it was never restored"
        return CheckOutcome(False, f"The backup {newest.backup_id} is not proven: {detail}.", figures)
    if every_hours and hours > THRESHOLDS.graph_backup.max_age_in_intervals * every_hours:
        return CheckOutcome(False, f"The newest backup is {hours:.0f} hours old; one is planned each {every_hours:g}.", figures)
    return CheckOutcome(True, f"The backup {newest.backup_id} of {hours:.0f} hours ago was restored with its digest.", figures)


def result_of_backup(outcome: CheckOutcome, every_hours: float) -> CheckResult:
    """Returns the result as Fathom keeps it: the age of the newest backup against the greatest that passes, in hours."""
    hours = outcome.figures.get("hours")
    return CheckResult(
        name=NAME,
        passed=outcome.passed,
        severity="warn",
        measured=float(hours) if isinstance(hours, int | float) else None,
        threshold=THRESHOLDS.graph_backup.max_age_in_intervals * every_hours,
        detail=outcome.description,
    )
