"""Guards Dagster's pages: checks the Host header, the origin and the key of each request."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from fathom.errors import FathomError, HostRefused, OriginRefused
from fathom.security.api_keys import COOKIE, Caller, KeyStore, key_in_headers
from fathom.security.request_pacing import GuessLimit
from fathom.settings import Settings
from fathom.waits import bounded_waits
from fathom.web_origin import host_allowed, host_names, origin_allowed

OPEN_PATH = "/server_info"  # returns versions only: health checks need no key
FROM_FATHOM = "/dagster"  # below this path the API redirects to Dagster's pages
MAX_WAIT_S = 1.5  # for a locked database
DATABASE_RETRY_S = 5
# A reload from the same site makes the browser send the cookie that it withholds from cross-site requests.
_AGAIN = '<!doctype html><html lang="en"><head><meta http-equiv="refresh" content="0"><title>Dagster</title></head></html>'


@dataclass(eq=False)
class Refusal(Exception):
    """The request is refused, with this status and reason."""

    status: HTTPStatus
    why: str
    headers: dict[str, str] = field(default_factory=dict)


class SignInGuard:
    """Middleware that passes on requests of allowed callers, with the caller in the state, and refuses others unread."""

    def __init__(self, app: ASGIApp, settings: Settings, keys: KeyStore) -> None:
        self._app = app
        self._settings = settings
        self._keys = keys
        self._allowed = host_names(settings.allowed_hosts)
        self._guesses = GuessLimit()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, or opens one WebSocket."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        try:
            self._require_own_pages(connection)
            if connection.url.path != OPEN_PATH:
                scope.setdefault("state", {})["caller"] = await self._caller(connection)
        except Refusal as refusal:
            answer = self._refused(connection, refusal)
            if scope["type"] == "websocket":
                await WebSocket(scope, receive, send).send_denial_response(answer)
            else:
                await answer(scope, receive, _unframed(send))
            return
        await self._app(scope, receive, _unframed(send))

    def _require_own_pages(self, connection: HTTPConnection) -> None:
        """Raises Refusal for another host name, and for requests from pages of another origin."""
        hosts = connection.headers.getlist("host")
        if not host_allowed(hosts, self._allowed):
            raise _refusal(HTTPStatus.BAD_REQUEST, HostRefused("Dagster's pages do not answer for this host name."))
        if _is_navigation(connection):
            return
        origins: list[str | None] = [*connection.headers.getlist("origin")] or [None]
        sites: list[str | None] = [*connection.headers.getlist("sec-fetch-site")] or [None]
        if not all(origin_allowed(hosts[0], origin, site) for origin in origins for site in sites):
            raise _refusal(HTTPStatus.FORBIDDEN, OriginRefused("Another site's page sent this request."))

    async def _caller(self, connection: HTTPConnection) -> Caller:
        """Returns the caller by the key in a header or in the sign-in cookie. Raises Refusal."""
        headers = connection.headers
        key = key_in_headers(headers)
        if key is None and (key := connection.cookies.get(COOKIE)) is not None:
            changes = connection.scope["type"] == "websocket" or connection.scope["method"] not in ("GET", "HEAD")
            if changes and headers.get("origin") is None and headers.get("sec-fetch-site") is None:
                raise _refusal(HTTPStatus.FORBIDDEN, OriginRefused("Nothing says which page sent this request."))
        if key is None:
            raise Refusal(HTTPStatus.UNAUTHORIZED, "Dagster's pages need a key: sign in to Fathom, or send it in a header.")
        address = connection.client.host if connection.client else ""
        if wait := self._guesses.wait(address, key):
            why = f"Too many wrong keys came from this address. Ask again in {wait} s."
            raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, why, {"Retry-After": str(wait)})
        try:
            with bounded_waits(MAX_WAIT_S):
                known = await run_in_threadpool(self._keys.identify, key)
        except FathomError as error:
            refusal = _refusal(HTTPStatus.SERVICE_UNAVAILABLE, error)
            raise Refusal(refusal.status, refusal.why, {"Retry-After": str(DATABASE_RETRY_S)}) from error
        self._guesses.seen(address, known.key if known else None)
        if known is None:
            raise Refusal(HTTPStatus.UNAUTHORIZED, "This key is unknown or revoked.")
        if known.collection is not None:
            why = f"Your key is for the collection {known.collection} alone; Dagster's pages show every one."
            raise Refusal(HTTPStatus.FORBIDDEN, why)
        return known

    def _refused(self, connection: HTTPConnection, refusal: Refusal) -> Response:
        headers = {**refusal.headers, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        if refusal.status is HTTPStatus.UNAUTHORIZED and _is_page(connection):
            if connection.headers.get("sec-fetch-site") == "cross-site":
                return HTMLResponse(_AGAIN, headers=headers)
            return RedirectResponse(self._sign_in(connection), HTTPStatus.SEE_OTHER, headers=headers)
        if refusal.status is HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = "Bearer"
        body = {"title": refusal.status.phrase, "status": refusal.status, "detail": refusal.why}
        return Response(json.dumps(body), refusal.status, headers, "application/problem+json")

    def _sign_in(self, connection: HTTPConnection) -> str:
        """Returns the URL of Fathom's sign-in on the same host, which redirects back to this page."""
        path = connection.scope.get("raw_path", b"/").decode("ascii", "replace")
        query = f"?{connection.url.query}" if connection.url.query else ""
        to = quote(f"{FROM_FATHOM}{path}{query}", safe="")
        return str(connection.url.replace(port=self._settings.api_port, path="/sign-in", query=f"to={to}"))


def _refusal(status: HTTPStatus, error: FathomError) -> Refusal:
    return Refusal(status, f"{error.message} {error.what_to_do}".strip())


def _is_page(connection: HTTPConnection) -> bool:
    """Returns whether a browser requests a page."""
    scope = connection.scope
    return scope["type"] == "http" and scope["method"] == "GET" and "text/html" in connection.headers.get("accept", "")


def _is_navigation(connection: HTTPConnection) -> bool:
    """Returns whether the request follows a link, from any site: the linking page cannot read the response."""
    headers = connection.headers
    whole = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return whole and _is_page(connection)


def _unframed(send: Send) -> Send:
    """Forbids frames in responses, against clickjacking."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["X-Frame-Options"] = "DENY"
        await send(message)

    return sent
