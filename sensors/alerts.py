"""The sensor that evaluates the rules of alerts, and delivers the notices."""

from __future__ import annotations

import time
from functools import lru_cache
from pathlib import Path

import dagster as dg

from fathom.operations.alert_rounds import MEASURED_EVERY_S, AlertRounds
from fathom.operations.alerting import ping
from fathom.orchestration.warm_runs.instance_check import raise_if_other
from fathom.settings import settings

SECONDS_BETWEEN_LOOKS = 5
PING_EVERY_S = 60.0


@dg.sensor(
    name="alerts",
    minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Rules on checks, documents, runs, metrics, money and components: what is wrong is told once, with its cause.",
)
def alerts(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Makes a round over the rules, if something has changed or a time has come.

    The cursor holds when metrics were last looked at, and when the dead man's switch was last pinged. Nothing else is kept
    between ticks that is not in the database: after a restart, the first tick looks at everything.
    """
    raise_if_other(settings(), context.instance)
    now, rounds = time.time(), _rounds(settings().home)
    measured, pinged = _read(context.cursor)
    with_metrics = not 0 <= now - measured < MEASURED_EVERY_S
    said = "Nothing has changed."
    if with_metrics or rounds.has_news(now):
        open_incidents, sent, lines = rounds.look(metrics=with_metrics)
        measured = now if with_metrics else measured
        for line in lines:
            context.log.info(line)
        said = f"{open_incidents} incidents open, {sent} notices sent."
    if not 0 <= now - pinged < PING_EVERY_S:
        ping(settings())
        pinged = now
    context.update_cursor(f"{measured} {pinged}")
    return dg.SkipReason(said)


@lru_cache(maxsize=1)
def _rounds(home: Path) -> AlertRounds:
    """Returns the rounds of this process; ticks of a sensor do not overlap."""
    return AlertRounds(settings())


def _read(cursor: str | None) -> tuple[float, float]:
    """Returns the two times of the cursor; 0 for one that cannot be read."""
    try:
        measured, pinged = map(float, (cursor or "").split())
    except ValueError:
        return 0.0, 0.0
    return measured, pinged
