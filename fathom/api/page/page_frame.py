"""Responses of pages: their routes, safe headers, error pages and assets."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, ClassVar
from urllib.parse import quote

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute

from fathom.api.authorization import identified
from fathom.api.page.page_addresses import MEDIA_TYPES, assets, assets_digest
from fathom.api.page.page_templates import View, render
from fathom.api.problems import retry_after, status_of_error
from fathom.api.routes.parameters import NamePath
from fathom.errors import FathomError
from fathom.orchestration.dagster_pages.guard import FROM_FATHOM
from fathom.security.api_keys import Caller
from fathom.settings import Settings

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",  # with no-referrer a browser hides that a form is ours
    "Cross-Origin-Opener-Policy": "same-origin",
}


class SignInNeeded(Exception):
    """The request has no valid sign-in."""


async def visitor(request: Request) -> Caller:
    """Returns the signed-in caller. Raises SignInNeeded."""
    try:
        return await identified(request)
    except HTTPException as error:
        if error.status_code == HTTPStatus.UNAUTHORIZED:
            raise SignInNeeded from error
        raise


Visitor = Annotated[Caller, Depends(visitor)]


@dataclass(frozen=True)
class ErrorPage:
    """An error in a sentence."""

    template: ClassVar[str] = "error.html"
    title: str
    sentence: str


@dataclass(frozen=True)
class RefreshPage:
    """Leads the browser to an address with a name; without an address to the requested page again."""

    template: ClassVar[str] = "refresh.html"
    address: str | None = None
    name: str = ""


class PageRoute(APIRoute):
    """A route that shows errors as pages."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Returns the handler, wrapped to return error pages."""
        handler = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handler(request)
            except SignInNeeded:
                return _to_sign_in(request)
            except HTTPException as error:
                return error_page(HTTPStatus(error.status_code), str(error.detail))
            except FathomError as error:
                return error_page(status_of_error(error), f"{error.message} {error.what_to_do}".strip())

        return handled


def page_router() -> APIRouter:
    """Returns a router for pages, which the API's description omits."""
    return APIRouter(include_in_schema=False, route_class=PageRoute, default_response_class=HTMLResponse)


router = page_router()


@router.get("/assets/{digest}/{name}")
async def asset(digest: NamePath, name: NamePath) -> Response:
    """Returns a style sheet or script; its address contains its digest, so browsers may cache it."""
    known = assets()
    if name not in known or digest != assets_digest():
        raise HTTPException(404, "There is no such file.")
    headers = {**HEADERS, "Cache-Control": "private, max-age=31536000, immutable"}
    return Response(known[name], media_type=MEDIA_TYPES[Path(name).suffix], headers=headers)


def html_response(view: View, caller: Caller | None = None, status: int = 200) -> HTMLResponse:
    """Returns a page or a part of a page; the script puts parts in place of elements with the same ids."""
    return HTMLResponse(render(view, caller), status, headers=HEADERS)


def error_page(status: HTTPStatus, sentence: str) -> HTMLResponse:
    """Returns a page that shows the error."""
    answer = html_response(ErrorPage(status.phrase, sentence), status=status)
    answer.headers.update(retry_after(status))
    return answer


@router.get(f"{FROM_FATHOM}/{{path:path}}")
async def to_dagster(request: Request) -> Response:
    """Leads to Dagster by an HTML page; browsers block a redirect of a form, such as the sign-in, to another origin."""
    settings: Settings = request.app.state.settings
    path = request.scope.get("raw_path", b"").decode("ascii", "replace").removeprefix(FROM_FATHOM) or "/"
    there = str(request.url.replace(port=settings.dagster_port, path=path))
    return html_response(RefreshPage(there, "Dagster"))


def _to_sign_in(request: Request) -> Response:
    if request.headers.get("sec-fetch-site") == "cross-site":
        # browsers omit a strict cookie after a link from another site; a second request from this page has it
        return html_response(RefreshPage())
    raw = request.scope.get("raw_path", b"/").decode("ascii", "replace")
    if raw.startswith("/page/"):
        return Response(status_code=401, headers=HEADERS)
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/sign-in?to={quote(raw + query, safe='')}", 303, headers=HEADERS)
