"""Deletes old data from Dagster's storage; keeps the last materialization and checks of each document.

Of a run that made a current result, its row, the events of that result and its timeline stay, so that links work; other old
runs are deleted. A run whose document failed stays whole until the document is done or removed.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from fathom.database import open_database
from fathom.settings import Settings
from fathom.tables import uploads
from fathom.uploads.upload import UploadState

if TYPE_CHECKING:
    import dagster as dg

DAY_S = 86400.0
MAX_RUNS_PER_PASS = 500  # for each pass
MAX_PASS_S = 20.0  # a tick of a sensor may take 60
SKIPPED_TICKS_S = 2 * 3600.0  # retention of ticks that found nothing to do, every five seconds
MAX_FREED_PAGES = 5000  # vacuumed from each file in a pass
MAX_WASTE, MIN_COMPACTED = 0.3, 1_000_000  # share of unused space, and file size in bytes, from which a database is compacted
BUSY_S = 2.0
FILES = ("history/runs.db", "history/runs/index.db", "schedules/schedules.db")


@dataclass
class RetentionReport:
    """Counts the work of a pass; `cursor` is where the next pass continues, in seconds since 1970, and 0 after the last run."""

    cursor: float = 0.0
    looked_at: int = 0
    deleted: list[str] = field(default_factory=list[str])
    thinned: int = 0
    events: int = 0
    files: int = 0
    freed_bytes: int = 0

    @property
    def sentence(self) -> str:
        """Returns the counts as a sentence."""
        return (
            f"{self.looked_at} old runs looked at, {len(self.deleted)} deleted, {self.events} events of {self.thinned} others, "
            f"{self.files} files of ticks, {self.freed_bytes / 1024**2:.1f} MB given back to the disk."
        )


def apply_retention(
    settings: Settings, instance: dg.DagsterInstance, *, cursor: float = 0.0, now: float | None = None
) -> RetentionReport:
    """Processes the next runs older than `dagster_days`, and deletes or thins them out.

    Raises DatabaseUnreachable; errors of Dagster's own storage are not caught.
    """
    now = time.time() if now is None else now
    done = RetentionReport()
    _tidy_runs(settings, instance, done, cursor, now)
    _purge_ticks(instance, now)
    before = now - settings.dagster_days * DAY_S
    done.files = _delete_old_files(settings.dagster_home / "compute_logs", before)
    for name in FILES:
        file = settings.dagster_home / "storage" / name
        if done.looked_at and not done.cursor:
            done.freed_bytes += compact(file)
        done.freed_bytes += vacuum_free_pages(file)
    return done


def _tidy_runs(settings: Settings, instance: dg.DagsterInstance, done: RetentionReport, cursor: float, now: float) -> None:
    import dagster as dg

    from fathom.orchestration.event_thinning import EventThinning

    log = instance.event_log_storage
    if not isinstance(log, EventThinning):  # a storage that is managed elsewhere
        return
    over = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    old = dg.RunsFilter(
        statuses=over,
        updated_after=datetime.fromtimestamp(cursor, UTC) if cursor else None,
        updated_before=datetime.fromtimestamp(now - settings.dagster_days * DAY_S, UTC),
    )
    records = instance.get_run_records(old, limit=MAX_RUNS_PER_PASS, order_by="update_timestamp", ascending=True)
    checks = log.checks_on_record() if records else []
    needed, began = _needed(settings, [record.dagster_run.run_id for record in records]), time.monotonic()
    for record in records:
        if time.monotonic() - began > MAX_PASS_S:
            return
        run = record.dagster_run.run_id
        done.cursor, done.looked_at = record.update_timestamp.timestamp(), done.looked_at + 1
        if run in needed:
            continue
        made = log.last_made_by(run)
        gone = log.thin(run, made, checks)
        if made:
            done.thinned, done.events = done.thinned + bool(gone), done.events + gone
        else:
            _delete_run(instance, run)
            done.deleted.append(run)
    if len(records) < MAX_RUNS_PER_PASS:
        done.cursor = 0.0


def _needed(settings: Settings, runs: Sequence[str]) -> set[str]:
    """Returns the runs that work on a document, or that explain its failure."""
    over = (UploadState.DONE, UploadState.REJECTED, UploadState.REFUSED)
    query = sa.select(uploads.c.run_id).where(uploads.c.state.not_in(over), uploads.c.run_id.is_not(None))
    with open_database(settings.operational_url).connect() as connection:
        return set(connection.execute(query).scalars()) & set(runs)


def _delete_run(instance: dg.DagsterInstance, run: str) -> None:
    from dagster._core.storage.runs.schema import RunTagsTable
    from dagster._core.storage.runs.sql_run_storage import SqlRunStorage

    instance.delete_run(run)
    storage = instance.run_storage
    if isinstance(storage, SqlRunStorage):  # SQLite does not cascade by default
        with storage.connect() as connection:
            connection.execute(RunTagsTable.delete().where(RunTagsTable.c.run_id == run))
    instance.compute_log_manager.delete_logs(prefix=[run])


def _purge_ticks(instance: dg.DagsterInstance, now: float) -> None:
    """Deletes skipped ticks sooner than Dagster, which keeps them for whole days: there are 17,000 a day."""
    from dagster._core.scheduler.instigation import TickStatus

    for state in instance.all_instigator_state():
        before = now - SKIPPED_TICKS_S
        instance.purge_ticks(state.instigator_origin_id, state.selector_id, before, [TickStatus.SKIPPED])


def _delete_old_files(folder: Path, before: float) -> int:
    """Deletes older files of the folder, and folders left empty; returns the number of files."""
    gone = 0
    for path in sorted(folder.rglob("*"), reverse=True) if folder.is_dir() else ():
        with suppress(OSError):
            if path.is_dir():
                path.rmdir()
            elif path.stat().st_mtime < before:
                path.unlink()
                gone += 1
    return gone


def vacuum_free_pages(file: Path, max_pages: int = MAX_FREED_PAGES) -> int:
    """Returns free pages of the database to the disk by incremental vacuum; returns the bytes, 0 while it is locked."""
    if not file.exists():
        return 0
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(file, timeout=BUSY_S, isolation_level=None)) as connection:
        before = file.stat().st_size
        connection.executescript(f"PRAGMA incremental_vacuum({max_pages:d})")  # executescript steps the pragma to its end
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return max(0, before - file.stat().st_size)
    return 0


def compact(file: Path, max_waste: float = MAX_WASTE) -> int:
    """Rewrites the database by VACUUM if its share of unused space is larger; returns the bytes saved.

    Scattered deletions leave no free pages for an incremental vacuum. Readers go on meanwhile, writers wait.
    """
    if not file.exists():
        return 0
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(file, timeout=BUSY_S, isolation_level=None)) as connection:
        whole, unused = connection.execute("SELECT sum(pgsize), sum(unused) FROM dbstat").fetchone()
        if whole < MIN_COMPACTED or unused < max_waste * whole:
            return 0
        before = file.stat().st_size
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return max(0, before - file.stat().st_size)
    return 0


def enable_incremental_vacuum(file: Path) -> bool:
    """Enables incremental vacuum, which `vacuum_free_pages` needs, by a single VACUUM; returns whether it changed."""
    if not file.exists():
        return False
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(file, timeout=BUSY_S, isolation_level=None)) as connection:
        if connection.execute("PRAGMA auto_vacuum").fetchone() == (2,):
            return False
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        connection.execute("VACUUM")
        return True
    return False
