"""The metric, time and labels that an address chooses, within the caller's collection."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, HTTPException, Query, Request

from fathom.api.authorization import unbound, within
from fathom.api.page.graph.collection_choice import address
from fathom.api.page.page_frame import Visitor
from fathom.api.routes.parameters import NamePath, TextParameter
from fathom.metrics.metric_definitions import METRICS, Metric
from fathom.operations.plotted_metrics import TrendQuery, TrendSpan
from fathom.security.api_keys import Caller

MAX_TIME = 4_102_444_800  # the year 2100
COLLECTION = "collection"

RangeParameter = Annotated[TrendSpan, Query(alias="range")]
UntilParameter = Annotated[float | None, Query(ge=86_400, le=MAX_TIME)]


async def chosen_trend(
    request: Request,
    caller: Visitor,
    name: NamePath,
    span: RangeParameter = "1d",
    by: TextParameter = "",
    until: UntilParameter = None,
) -> TrendQuery:
    """Returns the trend of the address; each label of the metric may be a parameter. Raises 404 and 403."""
    metric = METRICS.get(name)
    if metric is None:
        raise HTTPException(404, f"There is no metric {name}.")
    labels = _labels(request, metric, caller)
    return TrendQuery(name, span, until if until is not None else time.time(), labels, by or None)


ChosenTrend = Annotated[TrendQuery, Depends(chosen_trend)]


def trend_address(path: str, query: TrendQuery, **changed: str | None) -> str:
    """Returns the address of the trend, with the changed parameters."""
    given: Mapping[str, str | None] = {"range": query.span, "by": query.by, **query.labels, **changed}
    return address(path, **given)


def _labels(request: Request, metric: Metric, caller: Caller) -> dict[str, str]:
    if caller.collection is not None and COLLECTION not in metric.labels:
        unbound(caller)
    given = {label: request.query_params.get(label, "") for label in metric.labels}
    if collection := given.get(COLLECTION):
        within(caller, collection)
    chosen = {label: value for label, value in given.items() if value}
    return chosen | ({COLLECTION: caller.collection} if caller.collection is not None else {})
