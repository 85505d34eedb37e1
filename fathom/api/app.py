"""Assembles the HTTP application: its middleware, error handlers and routes, in their order."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.middleware import Middleware

from fathom import __version__
from fathom.api import authorization, reference
from fathom.api.error_handlers import ERROR_HANDLERS
from fathom.api.lifespan import lifespan
from fathom.api.page import document_page, listing_page, page_frame, signing_in
from fathom.api.page.graph import (
    backups_page,
    clear_page,
    duplicates_page,
    entities_page,
    entity_page,
    overview_page,
    validation_page,
)
from fathom.api.page.quality import (
    alerts_page,
    components_page,
    metric_page,
    metrics_page,
    plot_pictures,
    quality_overview_page,
)
from fathom.api.request_frame import RequestFrame
from fathom.api.request_guards import RequestGuards
from fathom.api.routes import (
    alert_routes,
    audit_routes,
    collection_routes,
    document_routes,
    health_routes,
    key_routes,
    preview_routes,
    quality_routes,
    stream_routes,
    trend_routes,
    upload_routes,
)
from fathom.api.routes.document_paths import EncodedSlashes
from fathom.api.routes.graph import (
    backup_routes,
    curation_routes,
    export_routes,
    overview_routes,
    query_routes,
    undo_routes,
    validation_routes,
)
from fathom.api.short_waits import LockTimeouts
from fathom.observability.json_lines_handler import keep_logs
from fathom.settings import Settings, settings
from fathom.web_origin import host_names

# Routes with a word behind the id precede those that would read the word as a part of the id.
ROUTERS = (
    health_routes.router,
    authorization.router,
    key_routes.router,
    audit_routes.router,
    collection_routes.router,
    stream_routes.router,
    upload_routes.router,
    preview_routes.router,
    quality_routes.router,
    alert_routes.router,
    trend_routes.router,
    document_routes.router,
    query_routes.router,
    overview_routes.router,
    export_routes.router,
    backup_routes.router,
    undo_routes.router,
    curation_routes.router,
    validation_routes.router,
    reference.router,
    page_frame.router,
    signing_in.router,
    listing_page.router,
    document_page.router,
    overview_page.router,
    entities_page.router,
    entity_page.router,
    duplicates_page.router,
    backups_page.router,
    validation_page.router,
    clear_page.router,
    quality_overview_page.router,
    metrics_page.router,
    metric_page.router,
    plot_pictures.router,
    components_page.router,
    alerts_page.router,
)


def create_app(of: Settings | None = None) -> FastAPI:
    """Creates the application for the settings; without settings uses those of the process and writes its log."""
    if of is None:
        of = settings()
        keep_logs(of, "api")
    app = FastAPI(
        title="Fathom",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        middleware=[  # the first is outermost
            Middleware(LockTimeouts),
            Middleware(EncodedSlashes),
            Middleware(RequestFrame),
            Middleware(RequestGuards, allowed_hosts=host_names(of.allowed_hosts)),
        ],
    )
    app.state.settings = of
    for kind, handler in ERROR_HANDLERS.items():
        app.exception_handler(kind)(handler)
    for router in ROUTERS:
        app.include_router(router)
    return app
