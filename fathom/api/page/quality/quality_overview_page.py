"""The page `/quality`: whether all is well, what to do about it, and which documents failed which checks."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool

from fathom.api.page.figures_in_words import instant
from fathom.api.page.graph.collection_choice import ChosenCollection
from fathom.api.page.page_frame import Visitor, html_response, page_router
from fathom.api.page.quality.quality_overview_view import (
    KEY_METRICS,
    QualityOverview,
    check_line,
    checks_said,
    failed_subjects,
    key_metric,
    open_alerts,
    score_gauge,
)
from fathom.database import open_database
from fathom.operations.alerting import active_alerts
from fathom.operations.deployment_health import deployment_health
from fathom.operations.plotted_metrics import TrendQuery, metrics_of, plotted_metric
from fathom.operations.quality_reports import quality_report
from fathom.settings import Settings

MAX_FAILED = 500  # results that are read
router = page_router()


@router.get("/quality")
async def overview(request: Request, caller: Visitor, collection: ChosenCollection) -> Response:
    """Returns the page; the health concerns all collections, so a key of a single one does not see it."""
    settings: Settings = request.app.state.settings
    fixed = caller.collection is not None
    return html_response(await run_in_threadpool(lambda: quality_overview(settings, collection, fixed=fixed)), caller)


def quality_overview(settings: Settings, collection: str | None, *, fixed: bool) -> QualityOverview:
    """Returns the page, of a collection where given. Raises DatabaseUnreachable."""
    report = quality_report(settings, collection=collection, failed=True, limit=MAX_FAILED)
    engine, now = open_database(settings.operational_url), time.time()
    at, labels = datetime.fromtimestamp(now, UTC), {"collection": collection} if collection else {}
    names = [metric.name for metric in metrics_of(collection)]
    trends = [plotted_metric(engine, TrendQuery(name, "1d", now, labels)) for name in KEY_METRICS if name in names]
    shown = [key_metric(trend, collection) for trend in trends]
    failed, more = failed_subjects(report, at)
    return QualityOverview(
        collection=collection,
        fixed=fixed,
        as_of=instant(at),
        gauge=None if collection else score_gauge(deployment_health(settings), at),
        alerts=None if collection else open_alerts(active_alerts(settings), at),
        key_metrics=[one for one in shown if one is not None],
        failing=[check_line(one) for one in sorted(report.summary, key=lambda one: -one.failed) if one.failed],
        passing=[check_line(one) for one in report.summary if not one.failed],
        checks_said=checks_said(report.summary),
        failed=failed,
        more_failed=more,
    )
