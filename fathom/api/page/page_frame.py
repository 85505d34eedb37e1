"""The frame of every page: head, navigation bar, safe headers, error pages."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute

from fathom.api.authorization import identified
from fathom.api.page.html_markup import Child, Markup, join, tag
from fathom.api.problems import retry_after, status_of_error
from fathom.api.routes.parameters import NamePath
from fathom.errors import FathomError
from fathom.orchestration.dagster_pages.guard import FROM_FATHOM
from fathom.security.api_keys import Caller
from fathom.settings import Settings

ASSETS = Path(__file__).parent.parent / "assets"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
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
    known = _assets()
    if name not in known or digest != _digest():
        raise HTTPException(404, "There is no such file.")
    headers = {**HEADERS, "Cache-Control": "private, max-age=31536000, immutable"}
    return Response(known[name], media_type=_TYPES[Path(name).suffix], headers=headers)


def page(
    title: str, *content: Child, caller: Caller | None = None, settings: Settings | None = None, script: str | None = None
) -> HTMLResponse:
    """Returns a complete page; `script` names an asset."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("title", f"{title} · Fathom"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("link", rel="icon", href=address("fathom.svg"), type="image/svg+xml"),
        tag("link", rel="stylesheet", href=address("fathom.css")),
        tag("script", type="module", src=address(script)) if script else None,
    )
    whole = tag("html", head, tag("body", _bar(caller, settings), tag("main", *content, id="main")), lang="en")
    return HTMLResponse(f"<!doctype html>{whole}", headers=HEADERS)


def parts(*content: Child) -> HTMLResponse:
    """Returns parts of a page, which the script puts in place of elements with the same ids."""
    return HTMLResponse(join(*content), headers=HEADERS)


def error_page(status: HTTPStatus, sentence: str) -> HTMLResponse:
    """Returns a page that shows the error."""
    answer = page(
        status.phrase,
        tag("h1", status.phrase),
        tag("p", sentence, class_="problem"),
        tag("p", tag("a", "All documents", href="/")),
    )
    answer.status_code = status
    answer.headers.update(retry_after(status))
    return answer


def address(name: str) -> str:
    """Returns the address of an asset."""
    return f"/assets/{_digest()}/{name}"


def dagster(path: str = "/") -> str:
    """Returns an address that leads to a page of Dagster, on the host name that the browser uses."""
    return f"{FROM_FATHOM}{path}"


@router.get(f"{FROM_FATHOM}/{{path:path}}")
async def to_dagster(request: Request) -> Response:
    """Leads to Dagster by an HTML page; browsers block a redirect of a form, such as the sign-in, to another origin."""
    settings: Settings = request.app.state.settings
    path = request.scope.get("raw_path", b"").decode("ascii", "replace").removeprefix(FROM_FATHOM) or "/"
    there = str(request.url.replace(port=settings.dagster_port, path=path))
    on = tag("meta", http_equiv="refresh", content=f"0; url={there}")
    whole = tag("html", tag("head", on, tag("title", "Dagster")), tag("body", tag("a", "Dagster", href=there)), lang="en")
    return HTMLResponse(f"<!doctype html>{whole}", headers=HEADERS)


def _bar(caller: Caller | None, settings: Settings | None) -> Markup:
    links: list[Child] = []
    if caller and settings:
        links = [
            tag("a", "Documents", href="/"),
            tag("a", "API", href="/docs"),
            tag("a", "Dagster", href=dagster(), rel="noopener", target="_blank"),
        ]
    who: Child = None
    if caller:
        bound = f" of {caller.collection}" if caller.collection else ""
        out = tag("form", tag("button", "Sign out", class_="quiet"), method="post", action="/sign-out")
        who = tag("div", tag("span", f"{caller.role}{bound}", title=f"Signed in as {caller.name}"), out, class_="who")
    return join(
        tag("a", "Skip to the content", href="#main", class_="skip"),
        tag("header", tag("a", "Fathom", href="/", class_="mark"), tag("nav", *links, aria_label="Fathom"), who, class_="bar"),
    )


def _to_sign_in(request: Request) -> Response:
    if request.headers.get("sec-fetch-site") == "cross-site":
        # browsers omit a strict cookie after a link from another site; a second request from this page has it
        again = tag("html", tag("head", tag("meta", http_equiv="refresh", content="0")), tag("body"), lang="en")
        return HTMLResponse(f"<!doctype html>{again}", headers=HEADERS)
    raw = request.scope.get("raw_path", b"/").decode("ascii", "replace")
    if raw.startswith("/page/"):
        return Response(status_code=401, headers=HEADERS)
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/sign-in?to={quote(raw + query, safe='')}", 303, headers=HEADERS)


@cache
def _assets() -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(ASSETS.iterdir()) if file.suffix in _TYPES}


@cache
def _digest() -> str:
    return hashlib.sha256(b"\0".join(_assets().values())).hexdigest()[:16]
