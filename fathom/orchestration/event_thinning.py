"""Thins out the events of old runs, for storages of Dagster's event log that use Dagster's tables."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager

import sqlalchemy as sa
from dagster import DagsterEventType
from dagster._core.events import EVENT_TYPE_TO_PIPELINE_RUN_STATUS
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, AssetEventTagsTable, SqlEventLogStorageTable

MAX_VARIABLES = 500  # of a statement
# Start and end of each step, from which Dagster draws the timeline of a run.
STEPS = (
    DagsterEventType.STEP_START,
    DagsterEventType.STEP_SUCCESS,
    DagsterEventType.STEP_FAILURE,
    DagsterEventType.STEP_SKIPPED,
)

OfRun = Sequence[tuple[sa.ColumnElement[bool], ...]]  # conditions that find the outcomes of a run's checks


class EventThinning:
    """A mixin for event storages that finds the current results of old runs and deletes their other events."""

    @abstractmethod
    def index_connection(self) -> AbstractContextManager[sa.Connection]:
        """Opens a transaction on the tables of all runs."""

    def last_made_by(self, run_id: str) -> list[int]:
        """Returns the ids of the run's materializations that no later materialization of the same partition replaced."""
        made, later = SqlEventLogStorageTable.alias(), SqlEventLogStorageTable.alias()
        kind = DagsterEventType.ASSET_MATERIALIZATION.value
        replaced = sa.exists().where(
            later.c.asset_key == made.c.asset_key,
            later.c.dagster_event_type == kind,
            later.c.partition.is_not_distinct_from(made.c.partition),
            later.c.id > made.c.id,
        )
        query = sa.select(made.c.id).where(made.c.run_id == run_id, made.c.dagster_event_type == kind, ~replaced)
        with self.index_connection() as connection:
            return list(connection.execute(query).scalars())

    def checks_on_record(self) -> list[tuple[str, str]]:
        """Returns asset and name of every check with an outcome; scans the index of outcomes."""
        query = sa.select(AssetCheckExecutionsTable.c.asset_key, AssetCheckExecutionsTable.c.check_name).distinct()
        with self.index_connection() as connection:
            return [(asset, check) for asset, check in connection.execute(query)]

    def thin(self, run_id: str, made: Sequence[int], checks: Sequence[tuple[str, str]]) -> int:
        """Deletes the run's events except its timeline, the materializations `made` and their checks; returns the number.

        `checks` are those on record: the index of outcomes needs asset and check to find the outcomes of a run.
        """
        events, outcomes = SqlEventLogStorageTable, AssetCheckExecutionsTable
        with self.index_connection() as connection:
            of_run = [
                (outcomes.c.asset_key == asset, outcomes.c.check_name == check, outcomes.c.run_id == run_id)
                for asset, check in checks
            ]
            for pair in of_run:
                of_others = sa.or_(
                    outcomes.c.materialization_event_storage_id.is_(None),
                    outcomes.c.materialization_event_storage_id.not_in(made),
                )
                connection.execute(outcomes.delete().where(*pair, of_others))
            evaluated: list[int | None] = []
            for pair in of_run:
                evaluated += connection.execute(sa.select(outcomes.c.evaluation_event_storage_id).where(*pair)).scalars()
            kept = {*made, *evaluated}
            of_course = {kind.value for kind in (*EVENT_TYPE_TO_PIPELINE_RUN_STATUS, *STEPS)} if made else set()
            rows = connection.execute(
                sa.select(events.c.id, events.c.dagster_event_type).where(events.c.run_id == run_id)
            ).all()
            gone = [number for number, kind in rows if number not in kept and kind not in of_course]
            for at in range(0, len(gone), MAX_VARIABLES):
                page = gone[at : at + MAX_VARIABLES]
                connection.execute(events.delete().where(events.c.id.in_(page)))
                connection.execute(AssetEventTagsTable.delete().where(AssetEventTagsTable.c.event_id.in_(page)))
            self.tidy_rows(connection, run_id, of_run)
        return len(gone)

    def tidy_rows(self, connection: sa.Connection, run_id: str, of_run: OfRun) -> None:
        """Hook for storages that change the remaining rows of a run."""
