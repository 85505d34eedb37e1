"""Gives the history of a metric as a pandas DataFrame."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fathom.operations.quality_reports import MetricPoint, metric_report
from fathom.settings import Settings
from fathom.settings import settings as process_settings

if TYPE_CHECKING:
    import pandas as pd

DAY_S = 86_400.0
FIGURES = tuple(name for name in MetricPoint.model_fields if name != "at")


def metric_values(
    name: str,
    *,
    since: datetime | None = None,
    step_s: int | None = None,
    by: Sequence[str] = (),
    collection: str | None = None,
    settings: Settings | None = None,
) -> pd.DataFrame:
    """Returns a row for each span of the metric, indexed by time (UTC) and the labels in `by`.

    Args:
        name: of the metric; docs/metrics.md lists them.
        since: the first span; default: a day ago.
        step_s: seconds of a span, in whole minutes; default: the shortest that fits.
        by: labels; a series for each of their values.
        collection: only of this collection.
        settings: the settings of the deployment; by default those of the process.

    Raises:
        UsageWrong: for an unknown metric, label or step.
        DatabaseUnreachable: where the database cannot be read.
    """
    import pandas as pd

    begin = since.timestamp() if since is not None else time.time() - DAY_S
    found = metric_report(settings or process_settings(), name, begin, step_s=step_s, by=by, collection=collection)
    rows = [
        {"at": datetime.fromtimestamp(point.at, UTC), **series.labels, **{figure: getattr(point, figure) for figure in FIGURES}}
        for series in found.series
        for point in series.points
    ]
    frame = pd.DataFrame(rows, columns=["at", *by, *FIGURES])
    frame["at"] = pd.to_datetime(frame["at"], utc=True)
    return frame.astype(dict.fromkeys(FIGURES, "Float64")).set_index(["at", *by])
