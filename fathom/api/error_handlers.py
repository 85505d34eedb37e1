"""Exception handlers of the application: each error becomes a problem document."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError, ValidationException, WebSocketRequestValidationError
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket, WebSocketState

from fathom.api.problems import of_error, problem
from fathom.errors import DagsterUnreachable, FathomError
from fathom.observability.structured_logging import get_logger

log = get_logger(__name__)


async def on_named_error(request: Request, error: FathomError) -> Response | None:
    """Returns the problem document of a named error."""
    return _unless_open(request, of_error(request, error))


async def on_storage_away(request: Request, error: SQLAlchemyError) -> Response | None:
    """Returns a problem document for an unavailable Dagster storage, which raises errors of SQLAlchemy."""
    log.warning("Dagster's storage does not answer", metrics={"error": type(error).__name__}, path=request.scope["path"])
    return _unless_open(request, of_error(request, DagsterUnreachable("Dagster's storage does not answer.")))


async def on_http_error(request: Request, error: HTTPException) -> Response | None:
    """Returns the problem document of a protocol error: unknown address, method, missing key or role."""
    return _unless_open(request, problem(request, HTTPStatus(error.status_code), str(error.detail), headers=error.headers))


async def on_wrong_request(request: Request, error: ValidationException) -> Response | None:
    """Returns the problem document of an invalid request; names the invalid parts, never their values."""
    wrong = "; ".join(f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors())
    return _unless_open(request, problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, wrong))


ERROR_HANDLERS: dict[type[Exception], Callable[[Request, Any], Awaitable[Response | None]]] = {
    FathomError: on_named_error,
    OperationalError: on_storage_away,
    PoolTimeout: on_storage_away,
    HTTPException: on_http_error,
    RequestValidationError: on_wrong_request,
    WebSocketRequestValidationError: on_wrong_request,
}


def _unless_open(connection: HTTPConnection, answer: Response) -> Response | None:
    """Returns the response; None for an open WebSocket, which takes none."""
    opened = isinstance(connection, WebSocket) and connection.application_state is not WebSocketState.CONNECTING
    return None if opened else answer
