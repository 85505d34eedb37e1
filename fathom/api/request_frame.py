"""Gives each request an id, each response safe headers, and each defect a problem document."""

from __future__ import annotations

import re
import time
import uuid
from http import HTTPStatus

from fastapi import Request, Response
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import ClientDisconnect

from fathom.api.problems import problem
from fathom.observability.structured_logging import bound, get_logger

log = get_logger(__name__)

REQUEST_ID = "X-Request-ID"
UNWATCHED = ("/health", "/metrics")  # requested by machines
SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "Cache-Control": "no-store",
}
_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestFrame(BaseHTTPMiddleware):
    """Middleware that sets the request id, the caller's if it is well-formed, and the headers that keep browsers safe."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Passes the request on under its id, and returns the response with the headers."""
        given = request.headers.get(REQUEST_ID, "")
        if not request.scope["path"].startswith(UNWATCHED):
            request.app.state.asked_at = time.monotonic()
        request.state.request_id = given if _SAFE_ID.fullmatch(given) else uuid.uuid4().hex
        with bound(request=request.state.request_id):
            answer = await _answered(request, call_next)
        answer.headers[REQUEST_ID] = request.state.request_id
        for name, value in SAFE_HEADERS.items():
            answer.headers.setdefault(name, value)
        return answer


async def _answered(request: Request, call_next: RequestResponseEndpoint) -> Response:
    """Returns the response of the application, or the problem document of a defect or an interrupted body."""
    try:
        return await call_next(request)
    except ClientDisconnect:
        return problem(request, HTTPStatus.REQUEST_TIMEOUT, "The body of the request did not come whole.")
    except Exception as error:
        log.exception("A request failed by a defect", metrics={"error": type(error).__name__}, path=request.scope["path"])
        detail = "Internal error; the log has the traceback under this request's id."
        return problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, detail, title="Defect")
