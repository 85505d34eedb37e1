"""A backup is requested when one is due, and its check when a requested one did not come; the check says why it is red."""

from __future__ import annotations

import time
from typing import Any

import dagster as dg
import pytest

from checks.backup_proof import backup_outcome
from fathom.graph.backup.backup_catalog import BackupDescription, BackupProof
from fathom.operations.graph.graph_backups import open_catalog
from fathom.settings import Settings
from sensors.backup_due import graph_backup_due

DAY_S = 86_400.0


def backup(age_s: float, *, scope: str | None = None, proven: bool | None = True) -> BackupDescription:
    """A backup of so many seconds ago."""
    proof = None if proven is None else BackupProof(at=0, proven=proven, detail="another digest", seconds=1)
    made_at = time.time() - age_s
    figures: dict[str, Any] = {"size_bytes": 1, "sha256": "", "collections": [], "nodes": 1, "relationships": 0, "digest": ""}
    return BackupDescription(
        backup_id=f"b{made_at:.0f}", path="", created_at=made_at, encrypted=False, scope=scope, proof=proof, **figures
    )


def tick(instance: dg.DagsterInstance, cursor: str | None) -> tuple[list[str], str | None]:
    """The names of the requested jobs, and the cursor afterwards."""
    with dg.build_sensor_context(instance=instance, cursor=cursor) as context:
        data = graph_backup_due.evaluate_tick(context)
    return [str(request.job_name) for request in data.run_requests or ()], data.cursor


@pytest.fixture
def instance(home_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> dg.DagsterInstance:
    """An instance that the sensor takes for the home's."""
    monkeypatch.setattr("sensors.backup_due.raise_if_other", lambda settings, instance: None)
    return dg.DagsterInstance.ephemeral()


def test_backups_are_requested_when_due_and_checked_when_missing(instance: dg.DagsterInstance, home_settings: Settings) -> None:
    jobs, cursor = tick(instance, None)
    assert jobs == []
    assert cursor is not None
    assert tick(instance, cursor)[0] == []
    assert tick(instance, str(time.time() - 2 * DAY_S))[0] == ["back_up_graph"]
    assert tick(instance, str(time.time() - DAY_S / 2))[0] == ["check_backups"]
    open_catalog(home_settings).describe(backup(3600))
    assert tick(instance, str(time.time() - 2 * DAY_S))[0] == []
    open_catalog(home_settings).describe(backup(60, scope="one"))
    assert tick(instance, str(time.time() - DAY_S / 2))[0] == []


@pytest.mark.parametrize(
    ("backups", "passed", "words"),
    [
        ([], False, "no backup of all"),
        ([backup(60, scope="one")], False, "no backup of all"),
        ([backup(60)], True, "was restored with its digest"),
        ([backup(60, proven=None)], False, "never restored"),
        ([backup(60, proven=False), backup(DAY_S)], False, "another digest"),
        ([backup(1.9 * DAY_S)], True, "was restored"),
        ([backup(2.1 * DAY_S)], False, "hours old"),
    ],
)
def test_the_check_is_red_for_a_missing_old_or_unproven_backup(
    backups: list[BackupDescription], passed: bool, words: str
) -> None:
    outcome = backup_outcome(backups, every_hours=24)
    assert outcome.passed is passed
    assert words in outcome.description
