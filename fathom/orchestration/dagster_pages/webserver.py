"""Dagster's webserver behind the guard, read-only for callers without write permission."""

from __future__ import annotations

from dagster._core.workspace.context import WorkspaceProcessContext, WorkspaceRequestContext
from dagster_webserver.webserver import DagsterWebserver
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response

from fathom.orchestration.dagster_pages.guard import SignInGuard
from fathom.security.api_keys import Caller, KeyStore
from fathom.settings import Settings

POLL_MS = 2000  # poll interval of open pages, the default of Dagster's own command


class GuardedWebserver(DagsterWebserver[WorkspaceProcessContext, WorkspaceRequestContext]):
    """Dagster's pages, GraphQL and WebSockets for callers that the guard admits."""

    def __init__(self, process_context: WorkspaceProcessContext, settings: Settings, keys: KeyStore) -> None:
        self._settings = settings
        self._keys = keys
        super().__init__(process_context, live_data_poll_rate=POLL_MS)

    def build_middleware(self) -> list[Middleware]:
        """Returns the guard and Dagster's own middleware."""
        return [Middleware(SignInGuard, settings=self._settings, keys=self._keys), *super().build_middleware()]

    async def graphql_http_endpoint(self, request: Request) -> Response:
        """Accepts queries by POST only: a GET from an image's address could change data (CSRF)."""
        if request.method == "GET" and "text/html" not in request.headers.get("accept", ""):
            return PlainTextResponse("Send the query by POST.", 405, {"Allow": "POST"})
        answer: Response = await super().graphql_http_endpoint(request)
        return answer

    def _make_request_context(self, conn: HTTPConnection) -> WorkspaceRequestContext:
        """Returns the context from which Dagster reads the permissions of the request."""
        caller: Caller = conn.state.caller
        of = self._process_context
        return WorkspaceRequestContext(
            instance=of.instance,
            current_workspace=of.get_current_workspace(),
            process_context=of,
            version=of.version,
            source=conn,
            read_only=not caller.has("operator"),
        )
