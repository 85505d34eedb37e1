"""Refuses requests before routing: of other hosts and pages, with NUL in the address, with a large body."""

from __future__ import annotations

import re
from http import HTTPStatus

from fastapi import HTTPException, Response
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from fathom.api.problems import of_error, problem
from fathom.errors import FathomError, HostRefused, OriginRefused, UsageWrong
from fathom.web_origin import host_allowed, origin_allowed

MAX_ADDRESS = 16 * 1024  # bytes of path and query, encoded as they come
MAX_BODY = 1024 * 1024  # bytes of any request but an upload
UPLOAD = "/api/upload"
WITHOUT_BODY = ("GET", "HEAD", "DELETE", "OPTIONS")
SAFE = ("GET", "HEAD", "OPTIONS")
_LENGTH = re.compile(r"[0-9]{1,15}")


class RequestGuards:
    """Middleware that refuses requests with a problem document; for `allowed_hosts` see `web_origin.host_names`."""

    def __init__(self, app: ASGIApp, allowed_hosts: frozenset[str]) -> None:
        self._app = app
        self._allowed_hosts = allowed_hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or refuses it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        answer = self._refusal(connection)
        if answer is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocket(scope, receive, send).send_denial_response(answer)
        else:
            await answer(scope, receive, send)

    def _refusal(self, connection: HTTPConnection) -> Response | None:
        try:
            require_allowed_host(connection, self._allowed_hosts)
            if connection.scope["type"] == "websocket" or connection.scope["method"] not in SAFE:
                require_own_page(connection)
            require_short_address(connection)
            require_no_nul(connection)
            if connection.scope["type"] == "http":
                require_small_body(connection)
        except FathomError as error:
            return of_error(connection, error)
        except HTTPException as error:
            return problem(connection, HTTPStatus(error.status_code), error.detail)
        return None


def require_allowed_host(connection: HTTPConnection, allowed: frozenset[str]) -> None:
    """Raises HostRefused unless the request has a single Host header with an allowed name."""
    if not host_allowed(connection.headers.getlist("host"), allowed):
        raise HostRefused("This server does not answer for that host name.")


def require_own_page(connection: HTTPConnection) -> None:
    """Raises OriginRefused for a request that a page of another site or port made a browser send."""
    given = {name: connection.headers.getlist(name) for name in ("origin", "sec-fetch-site")}
    origin, site = (values[0] if values else None for values in given.values())
    twice = any(len(values) > 1 for values in given.values())
    if twice or not origin_allowed(connection.headers.get("host", ""), origin, site):
        raise OriginRefused("A page of another site sent this request.")


def require_short_address(connection: HTTPConnection) -> None:
    """Raises HTTPException for an address longer than MAX_ADDRESS."""
    scope = connection.scope
    if len(scope.get("raw_path") or scope["path"]) + len(scope.get("query_string", b"")) > MAX_ADDRESS:
        raise HTTPException(414, f"The address of the request has more than {MAX_ADDRESS // 1024} KB.")


def require_no_nul(connection: HTTPConnection) -> None:
    """Raises UsageWrong for an address with a NUL character, which no database accepts."""
    query = connection.scope.get("query_string", b"")
    if "\0" in connection.scope["path"] or b"\0" in query or b"%00" in query:
        raise UsageWrong("The address of the request has a NUL character.")


def content_length(connection: HTTPConnection) -> int | None:
    """Returns the Content-Length in bytes, or None. Raises UsageWrong for an invalid length."""
    given = connection.headers.get("content-length")
    if given is None:
        return None
    if not _LENGTH.fullmatch(given):
        raise UsageWrong("The Content-Length is no number of bytes.")
    return int(given)


def require_small_body(connection: HTTPConnection) -> None:
    """Raises HTTPException for a body larger than MAX_BODY or of unknown length."""
    if connection.scope["path"] == UPLOAD or connection.scope["method"] in WITHOUT_BODY:
        return
    length = content_length(connection)
    if length is None and "transfer-encoding" in connection.headers:
        raise HTTPException(411, "Say how long the body is: Content-Length.")
    if length is not None and length > MAX_BODY:
        raise HTTPException(413, f"The body has more than {MAX_BODY // 1024} KB.")
