"""The HTTP application: request ids, safe headers, problem documents, and background tasks."""

from __future__ import annotations

import asyncio
import re
import threading
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from http import HTTPStatus
from importlib import import_module

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError, ValidationException, WebSocketRequestValidationError
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.websockets import WebSocket, WebSocketState

from fathom import __version__
from fathom.api import authorization, reference
from fathom.api.page import document_page as document_page
from fathom.api.page import listing_page, page_frame, signing_in
from fathom.api.problems import of_error, problem
from fathom.api.request_guards import RequestGuards
from fathom.api.routes import (
    collection_routes,
    document_routes,
    health_routes,
    key_routes,
    preview_routes,
    stream_routes,
    upload_routes,
)
from fathom.api.routes.document_followers import Followers
from fathom.api.routes.document_paths import EncodedSlashes
from fathom.api.run_starter import RunStarter
from fathom.api.short_waits import LockTimeouts
from fathom.database import close_databases, open_database
from fathom.deployment.components import rotate_logs
from fathom.errors import DagsterUnreachable, FathomError
from fathom.observability.event_collector import Collector, collect_until_stopped
from fathom.observability.json_lines_handler import keep_logs
from fathom.observability.otlp import SpanExport, send_until_stopped
from fathom.observability.structured_logging import bound, get_logger
from fathom.orchestration.run_submission import open_instance
from fathom.security.api_keys import open_keys
from fathom.security.request_pacing import GuessLimit, RateLimit
from fathom.settings import Settings, settings
from fathom.status.forecast import errors, history_of
from fathom.web_origin import host_names

log = get_logger(__name__)

REQUEST_ID = "X-Request-ID"
WATCHED_FOR_S = 10.0  # after a request, another is likely
UNWATCHED = ("/health", "/metrics")  # requested by machines
ROTATE_EVERY_S = 600.0
WAIT_FOR_EVENTS_S = 2.0  # of an ending stream, for its last events
_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "Cache-Control": "no-store",
}


def create_app(of: Settings | None = None) -> FastAPI:
    """Creates the application for the settings; without settings uses those of the process and writes its log."""
    if of is None:
        of = settings()
        keep_logs(of, "api")

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        """Runs the background tasks: collects events, starts runs, watches the supervisor."""
        collector = Collector(await run_in_threadpool(open_database, of.operational_url), of.home)
        app.state.keys = open_keys(of)
        app.state.pace = RateLimit(of.api_requests_per_minute, at_once=max(10, of.api_requests_per_minute // 4))
        app.state.guesses = GuessLimit()
        app.state.closing = asyncio.Event()
        app.state.launcher = RunStarter(of)
        app.state.followers = Followers(of, partial(collector.collect, WAIT_FOR_EVENTS_S))
        app.state.asked_at = time.monotonic()
        stop = threading.Event()
        rounds = collect_until_stopped(collector, stop, watched=lambda: _watched(app))
        thread = threading.Thread(target=lambda: [None for _ in rounds], name="events", daemon=True)
        thread.start()
        threads = [thread]
        if of.otlp_endpoint is not None:
            export = SpanExport(of, open_database(of.operational_url))
            threads.append(
                threading.Thread(target=lambda: [None for _ in send_until_stopped(export, stop)], name="spans", daemon=True)
            )
            threads[-1].start()
        launcher = app.state.launcher
        works = (_rotate_now_and_then(of), launcher.run(), launcher.watch(), launcher.keep_supervisor(), _warm_up(of))
        beside = [asyncio.create_task(work) for work in works]
        try:
            yield
        finally:
            app.state.closing.set()
            app.state.followers.close()
            for task in beside:
                task.cancel()
            stop.set()
            for thread in threads:
                await run_in_threadpool(thread.join, 5.0)
            await run_in_threadpool(close_databases)

    app = FastAPI(title="Fathom", version=__version__, docs_url=None, redoc_url=None, lifespan=lifespan)
    app.state.settings = of
    app.add_middleware(RequestGuards, allowed_hosts=host_names(of.allowed_hosts))

    @app.middleware("http")
    async def with_request_id(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        """Sets the request id: the caller's if it is well-formed, else a new id."""
        given = request.headers.get(REQUEST_ID, "")
        if not request.scope["path"].startswith(UNWATCHED):
            app.state.asked_at = time.monotonic()
        request.state.request_id = given if _SAFE_ID.fullmatch(given) else uuid.uuid4().hex
        with bound(request=request.state.request_id):
            try:
                answer = await call_next(request)
            except ClientDisconnect:
                answer = problem(request, HTTPStatus.REQUEST_TIMEOUT, "The body of the request did not come whole.")
            except Exception as error:
                log.exception(
                    "A request failed by a defect", metrics={"error": type(error).__name__}, path=request.scope["path"]
                )
                detail = "Internal error; the log has the traceback under this request's id."
                answer = problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, detail, title="Defect")
        answer.headers[REQUEST_ID] = request.state.request_id
        for name, value in SAFE_HEADERS.items():
            answer.headers.setdefault(name, value)
        return answer

    @app.exception_handler(FathomError)
    async def on_named_error(request: Request, error: FathomError) -> Response | None:
        """Returns the problem document of a named error."""
        return _given(request, of_error(request, error))

    @app.exception_handler(OperationalError)
    @app.exception_handler(PoolTimeout)
    async def on_storage_away(request: Request, error: SQLAlchemyError) -> Response | None:
        """Returns a problem document for an unavailable Dagster storage, which raises errors of SQLAlchemy."""
        log.warning("Dagster's storage does not answer", metrics={"error": type(error).__name__}, path=request.scope["path"])
        return _given(request, of_error(request, DagsterUnreachable("Dagster's storage does not answer.")))

    @app.exception_handler(HTTPException)
    async def on_http_error(request: Request, error: HTTPException) -> Response | None:
        """Returns the problem document of a protocol error: unknown address, method, missing key or role."""
        return _given(request, problem(request, HTTPStatus(error.status_code), str(error.detail), headers=error.headers))

    @app.exception_handler(RequestValidationError)
    @app.exception_handler(WebSocketRequestValidationError)
    async def on_wrong_request(request: Request, error: ValidationException) -> Response | None:
        """Returns the problem document of an invalid request; names the invalid parts, never their values."""
        wrong = "; ".join(f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors())
        return _given(request, problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, wrong))

    # routes with a word behind the id precede those that would read the word as a part of the id
    for room in (
        health_routes,
        authorization,
        key_routes,
        collection_routes,
        stream_routes,
        upload_routes,
        preview_routes,
        document_routes,
        reference,
    ):
        app.include_router(room.router)
    for room in (page_frame, signing_in, listing_page, document_page):
        app.include_router(room.router)
    app.add_middleware(EncodedSlashes)
    app.add_middleware(LockTimeouts)
    return app


def _given(connection: HTTPConnection, answer: Response) -> Response | None:
    """Returns the response; None for an open WebSocket, which takes none."""
    opened = isinstance(connection, WebSocket) and connection.application_state is not WebSocketState.CONNECTING
    return None if opened else answer


def _watched(app: FastAPI) -> bool:
    """Returns whether a client follows a document or sent a request within WATCHED_FOR_S."""
    followers: Followers = app.state.followers
    return followers.anybody or bool(time.monotonic() - app.state.asked_at < WATCHED_FOR_S)


async def _rotate_now_and_then(of: Settings) -> None:
    while True:
        await run_in_threadpool(rotate_logs, of)
        await asyncio.sleep(ROTATE_EVERY_S)


async def _warm_up(of: Settings) -> None:
    """Loads modules and connections that the first requests would wait for."""
    with suppress(FathomError):
        await run_in_threadpool(lambda: errors(history_of(open_database(of.operational_url))))
    if (of.dagster_home / "dagster.yaml").exists():
        with suppress(FathomError):
            await run_in_threadpool(open_instance, of)
            await run_in_threadpool(import_module, "neo4j")
