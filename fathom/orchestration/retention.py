"""Keeps Dagster's storage small: what old runs said goes, the last materialization and checks of each document stay.

Of a run that made what a document has now, its row, those events and its course stay, so that links lead somewhere; of
any other old run nothing does. A run whose document failed stays whole until the document is done or removed.
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
MAX_RUNS = 500  # looked at in one pass
MAX_PASS_S = 20.0  # a tick of a sensor may take 60
SKIPPED_TICKS_S = 2 * 3600.0  # a sensor that finds nothing to do every five seconds says so this long
MAX_FREED_PAGES = 5000  # given back to the disk in one pass, of each file
MAX_WASTE, MIN_COMPACTED = 0.3, 1_000_000  # of a database's pages, and bytes of one that is worth it
BUSY_S = 2.0
FILES = ("history/runs.db", "history/runs/index.db", "schedules/schedules.db")


@dataclass
class RetentionReport:
    """Counts the work of one pass; `cursor` is where the next one goes on, in seconds since 1970, and 0 after the last run."""

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
    """Looks at the next runs older than `dagster_days`, and deletes of them what nobody needs any more.

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
        done.freed_bytes += give_back(file)
    return done


def _tidy_runs(settings: Settings, instance: dg.DagsterInstance, done: RetentionReport, cursor: float, now: float) -> None:
    import dagster as dg

    from fathom.orchestration.event_thinning import EventThinning

    log = instance.event_log_storage
    if not isinstance(log, EventThinning):  # a storage that somebody else looks after
        return
    over = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    old = dg.RunsFilter(
        statuses=over,
        updated_after=datetime.fromtimestamp(cursor, UTC) if cursor else None,
        updated_before=datetime.fromtimestamp(now - settings.dagster_days * DAY_S, UTC),
    )
    records = instance.get_run_records(old, limit=MAX_RUNS, order_by="update_timestamp", ascending=True)
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
    if len(records) < MAX_RUNS:
        done.cursor = 0.0


def _needed(settings: Settings, runs: Sequence[str]) -> set[str]:
    """The runs that have a document in hand, or that tell why it failed."""
    over = (UploadState.DONE, UploadState.REJECTED, UploadState.REFUSED)
    query = sa.select(uploads.c.run_id).where(uploads.c.state.not_in(over), uploads.c.run_id.is_not(None))
    with open_database(settings.operational_url).connect() as connection:
        return set(connection.execute(query).scalars()) & set(runs)


def _delete_run(instance: dg.DagsterInstance, run: str) -> None:
    from dagster._core.storage.runs.schema import RunTagsTable
    from dagster._core.storage.runs.sql_run_storage import SqlRunStorage

    instance.delete_run(run)
    storage = instance.run_storage
    if isinstance(storage, SqlRunStorage):  # SQLite does not cascade unless it is told to
        with storage.connect() as connection:
            connection.execute(RunTagsTable.delete().where(RunTagsTable.c.run_id == run))
    instance.compute_log_manager.delete_logs(prefix=[run])


def _purge_ticks(instance: dg.DagsterInstance, now: float) -> None:
    """Dagster keeps by whole days what a sensor says that finds nothing, 17,000 times a day."""
    from dagster._core.scheduler.instigation import TickStatus

    for state in instance.all_instigator_state():
        before = now - SKIPPED_TICKS_S
        instance.purge_ticks(state.instigator_origin_id, state.selector_id, before, [TickStatus.SKIPPED])


def _delete_old_files(folder: Path, before: float) -> int:
    """How many files of the folder were older and are gone, with the folders that they leave empty."""
    gone = 0
    for path in sorted(folder.rglob("*"), reverse=True) if folder.is_dir() else ():
        with suppress(OSError):
            if path.is_dir():
                path.rmdir()
            elif path.stat().st_mtime < before:
                path.unlink()
                gone += 1
    return gone


def give_back(file: Path, most_pages: int = MAX_FREED_PAGES) -> int:
    """How many bytes the database gave back to the disk of what was deleted from it; 0 while others keep it locked."""
    if not file.exists():
        return 0
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(file, timeout=BUSY_S, isolation_level=None)) as connection:
        before = file.stat().st_size
        connection.executescript(f"PRAGMA incremental_vacuum({most_pages:d})")  # alone it is stepped to its end
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return max(0, before - file.stat().st_size)
    return 0


def compact(file: Path, most_waste: float = MAX_WASTE) -> int:
    """How many bytes the database is smaller, written anew because more of its pages than that share was empty room.

    What is deleted here and there leaves no whole page to give back. Its readers go on meanwhile, its writers wait.
    """
    if not file.exists():
        return 0
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(file, timeout=BUSY_S, isolation_level=None)) as connection:
        whole, unused = connection.execute("SELECT sum(pgsize), sum(unused) FROM dbstat").fetchone()
        if whole < MIN_COMPACTED or unused < most_waste * whole:
            return 0
        before = file.stat().st_size
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return max(0, before - file.stat().st_size)
    return 0


def let_shrink(file: Path) -> bool:
    """Whether the database was made so that `give_back` works, which takes writing it anew, once."""
    if not file.exists():
        return False
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(file, timeout=BUSY_S, isolation_level=None)) as connection:
        if connection.execute("PRAGMA auto_vacuum").fetchone() == (2,):
            return False
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        connection.execute("VACUUM")
        return True
    return False
