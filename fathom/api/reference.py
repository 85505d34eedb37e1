"""Describes the routes of the application, for the page /docs and for docs/api.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from fastapi import APIRouter, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute, APIWebSocketRoute

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class RouteInWords:
    """A route: its method, path, least role (None: no key needed) and purpose."""

    method: str
    path: str
    role: str | None
    purpose: str


def routes_in_words(app: FastAPI) -> list[RouteInWords]:
    """Returns every route of the API, ordered by path."""
    found = [entry for router in _routers(app) for route in router for entry in _in_words(route)]
    return sorted(set(found), key=lambda entry: (entry.path, entry.method))


@router.get("/docs", response_class=HTMLResponse)
async def page(request: Request) -> HTMLResponse:
    """Returns the routes as a page without scripts or external assets."""
    rows = "".join(
        f"<tr><td>{escape(entry.method)}</td><td><code>{escape(entry.path)}</code></td>"
        f"<td>{escape(entry.role or 'anybody')}</td><td>{escape(entry.purpose)}</td></tr>"
        for entry in routes_in_words(request.app)
    )
    return HTMLResponse(_PAGE.format(rows=rows))


def _routers(app: FastAPI) -> Iterator[list[object]]:
    yield list(app.routes)
    for included in app.routes:
        nested = getattr(getattr(included, "original_router", None), "routes", None)
        if nested is not None:
            yield list(nested)


def _in_words(route: object) -> Iterator[RouteInWords]:
    if not isinstance(route, APIRoute | APIWebSocketRoute):
        return
    methods = sorted(route.methods or ()) if isinstance(route, APIRoute) else ["WS"]
    if isinstance(route, APIRoute) and not route.include_in_schema:
        return
    purpose = " ".join((route.endpoint.__doc__ or "").split("\n\n")[0].split())
    path = route.path.replace("{document:path}", "{id}")
    for method in methods:
        yield RouteInWords(method, path, _role(route.dependant), purpose)


def _role(dependant: Dependant) -> str | None:
    for below in dependant.dependencies:
        role = getattr(below.call, "role", None) or _role(below)
        if role is not None:
            return str(role)
    return None


_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Fathom API</title>
<meta name="viewport" content="width=device-width"><style>
:root{{color-scheme:light dark}}body{{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}}
table{{border-collapse:collapse;width:100%}}td,th{{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8884}}
</style></head><body><h1>Fathom API</h1>
<p>Send a key as <code>Authorization: Bearer …</code> or <code>X-API-Key</code>. Ids are percent-encoded in paths. Errors are
problem documents (RFC 9457). The machine-readable description is <a href="/openapi.json">openapi.json</a>.</p>
<table><thead><tr><th>method</th><th>path</th><th>least role</th><th>what it does</th></tr></thead><tbody>{rows}</tbody></table>
</body></html>"""
