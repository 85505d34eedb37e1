"""Dagster's webserver, with the guard before it, and read-only for callers who may only read."""

from __future__ import annotations

from dagster._core.workspace.context import WorkspaceProcessContext, WorkspaceRequestContext
from dagster_webserver.webserver import DagsterWebserver
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response

from fathom.orchestration.dagster_pages.guard import SignInGuard
from fathom.security.api_keys import Caller, KeyStore
from fathom.settings import Settings

POLL_MS = 2000  # how often a page that is open asks for news, as Dagster's own command has it


class GuardedWebserver(DagsterWebserver[WorkspaceProcessContext, WorkspaceRequestContext]):
    """Dagster's pages, GraphQL and WebSockets for callers that the guard lets in."""

    def __init__(self, process_context: WorkspaceProcessContext, settings: Settings, keys: KeyStore) -> None:
        self._settings = settings
        self._keys = keys
        super().__init__(process_context, live_data_poll_rate=POLL_MS)

    def build_middleware(self) -> list[Middleware]:
        """The guard, and then what Dagster has."""
        return [Middleware(SignInGuard, settings=self._settings, keys=self._keys), *super().build_middleware()]

    async def graphql_http_endpoint(self, request: Request) -> Response:
        """Answers questions by POST: one sent by GET could change something from an image's address."""
        if request.method == "GET" and "text/html" not in request.headers.get("accept", ""):
            return PlainTextResponse("Send the query by POST.", 405, {"Allow": "POST"})
        answer: Response = await super().graphql_http_endpoint(request)
        return answer

    def _make_request_context(self, conn: HTTPConnection) -> WorkspaceRequestContext:
        """Dagster asks the context of a request whether it may change something."""
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
