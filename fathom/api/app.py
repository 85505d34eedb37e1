"""The HTTP application: what every request gets (an id, problem documents) and whether the parts are well."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from fathom import __version__
from fathom.control.parts import healthy, rotate_logs, status_all
from fathom.errors import (
    DocumentFailed,
    DocumentRejected,
    FathomError,
    PartUnreachable,
    Refused,
    StoreFailed,
    StoreFull,
    UsageWrong,
)
from fathom.observability.logfiles import keep_logs
from fathom.observability.logs import get_logger
from fathom.settings import Settings, settings

log = get_logger(__name__)

REQUEST_ID = "X-Request-ID"
ROTATE_EVERY_S = 600.0
_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# The most specific class first.
_STATUS_OF: tuple[tuple[type[FathomError], HTTPStatus], ...] = (
    (StoreFull, HTTPStatus.INSUFFICIENT_STORAGE),
    (StoreFailed, HTTPStatus.SERVICE_UNAVAILABLE),
    (PartUnreachable, HTTPStatus.SERVICE_UNAVAILABLE),
    (Refused, HTTPStatus.FORBIDDEN),
    (UsageWrong, HTTPStatus.BAD_REQUEST),
    (DocumentRejected, HTTPStatus.UNPROCESSABLE_ENTITY),
    (DocumentFailed, HTTPStatus.INTERNAL_SERVER_ERROR),
)


def create_app(of: Settings | None = None) -> FastAPI:
    """The application over these settings, by default those of the process, whose log it then keeps."""
    if of is None:
        of = settings()
        keep_logs(of, "api")

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        """Outputs of the parts are put aside when they grow large, as long as this process is there."""
        rotating = asyncio.create_task(_rotate_now_and_then(of))
        try:
            yield
        finally:
            rotating.cancel()

    app = FastAPI(title="Fathom", version=__version__, docs_url=None, redoc_url=None, lifespan=lifespan)

    @app.middleware("http")
    async def with_request_id(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        """Each answer names its request: by the caller's id where it is a plain one, by a new one otherwise."""
        given = request.headers.get(REQUEST_ID, "")
        request.state.request_id = given if _SAFE_ID.fullmatch(given) else uuid.uuid4().hex
        try:
            answer = await call_next(request)
        except Exception as error:
            log.exception("A request failed by a defect", metrics={"error": type(error).__name__}, path=request.url.path)
            detail = "The request failed by a defect of Fathom; its log has the trace under this request's id."
            answer = problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, detail, title="Defect")
        answer.headers[REQUEST_ID] = request.state.request_id
        return answer

    @app.exception_handler(FathomError)
    async def on_named_error(request: Request, error: FathomError) -> Response:
        """An error Fathom knows the name of, with what to do."""
        return of_error(request, error)

    @app.exception_handler(HTTPException)
    async def on_http_error(request: Request, error: HTTPException) -> Response:
        """An error of the protocol: no such address, no such method."""
        return problem(request, HTTPStatus(error.status_code), str(error.detail))

    @app.exception_handler(RequestValidationError)
    async def on_wrong_request(request: Request, error: RequestValidationError) -> Response:
        """A request whose parts are of the wrong form; says which, never with which value."""
        wrong = "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors())
        return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, wrong)

    @app.get("/health/live")
    async def live() -> dict[str, str]:
        """This process answers."""
        return {"status": "live", "version": __version__}

    @app.get("/health/ready")
    async def ready() -> Response:
        """Whether every part does its work; 503 and which do not, where one does not."""
        statuses = await run_in_threadpool(status_all, of)
        fine = healthy(statuses)
        parts = {status.name: {"state": status.state, "detail": status.detail} for status in statuses}
        content = {"status": "ready" if fine else "not ready", "parts": parts}
        return JSONResponse(content, status_code=HTTPStatus.OK if fine else HTTPStatus.SERVICE_UNAVAILABLE)

    return app


async def _rotate_now_and_then(of: Settings) -> None:
    while True:
        await run_in_threadpool(rotate_logs, of)
        await asyncio.sleep(ROTATE_EVERY_S)


def of_error(request: Request, error: FathomError) -> Response:
    """The problem document of an error Fathom knows the name of."""
    status = next((code for kind, code in _STATUS_OF if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)
    detail = f"{error.message} {error.what_to_do}".strip()
    return problem(request, status, detail, title=error.name, document=error.document)


def problem(
    request: Request, status: HTTPStatus, detail: str, *, title: str | None = None, document: str | None = None
) -> Response:
    """An RFC 9457 problem document; its `type` is the error's name below `urn:fathom:error:`, `about:blank` for plain HTTP."""
    content: dict[str, object] = {
        "type": f"urn:fathom:error:{title}" if title else "about:blank",
        "title": title or status.phrase,
        "status": int(status),
        "detail": detail,
        "instance": request.url.path,
    }
    if document is not None:
        content["document"] = document
    return JSONResponse(content, status_code=status, media_type="application/problem+json")
