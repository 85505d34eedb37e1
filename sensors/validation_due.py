"""The sensor that validates the graph and looks for drift: each day on which the ledger changed, and each week."""

from __future__ import annotations

import json
import time
from typing import NamedTuple

import dagster as dg
import sqlalchemy as sa

from fathom.database import open_database
from fathom.orchestration.warm_runs.instance_check import raise_if_other
from fathom.settings import settings
from fathom.tables import episodes
from ingestion_assets.validated_graph import validate_graph_job

SECONDS_BETWEEN_LOOKS = 3600
DAY_S, WEEK_S = 86_400.0, 7 * 86_400.0


class LastValidation(NamedTuple):
    """The time of the last validation, and of the last change of the ledger before it; seconds since 1970."""

    at: float
    change: float

    def is_due(self, now: float, change: float) -> bool:
        """Returns whether the graph is to be validated again."""
        return now - self.at >= (DAY_S if change > self.change else WEEK_S)


@dg.sensor(
    name="graph_validation_due",
    job=validate_graph_job,
    minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="The graph of all collections is validated, and its newest documents are compared with the references for "
    "drift, once a day if episodes were written or removed, else once a week.",
)
def graph_validation_due(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Requests a validation when it is due; the first, a day after the sensor was first evaluated."""
    raise_if_other(settings(), context.instance)
    now = time.time()
    last = _read(context.cursor)
    with open_database(settings().operational_url).connect() as connection:
        change: float = connection.scalar(sa.select(sa.func.max(episodes.c.updated_at))) or 0.0
    if last is None:
        context.update_cursor(json.dumps(LastValidation(now, 0.0)))
        return dg.SkipReason("The first validation is in a day.")
    if not change:
        return dg.SkipReason("The ledger has no episodes.")
    if not last.is_due(now, change):
        return dg.SkipReason(f"The last validation was {(now - last.at) / 3600:.0f} hours ago.")
    context.update_cursor(json.dumps(LastValidation(now, change)))
    return dg.RunRequest(run_key=f"graph-validation-{now:.0f}")


def _read(cursor: str | None) -> LastValidation | None:
    """Returns the last validation in the sensor's cursor; None without a cursor, or for one that cannot be read."""
    try:
        return LastValidation(*map(float, json.loads(cursor or "")))
    except (ValueError, TypeError):
        return None
