"""Describes the routes of the application, for the page /docs and for docs/api.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute, APIWebSocketRoute

from fathom.api.page.page_templates import render

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class RouteInWords:
    """A route: its method, path, least role (None: no key needed) and purpose."""

    method: str
    path: str
    role: str | None
    purpose: str


@dataclass(frozen=True)
class ReferencePage:
    """Every route of the API."""

    template: ClassVar[str] = "reference.html"
    routes: list[RouteInWords]


def routes_in_words(app: FastAPI) -> list[RouteInWords]:
    """Returns every route of the API, ordered by path."""
    found = [entry for router in _routers(app) for route in router for entry in _in_words(route)]
    return sorted(set(found), key=lambda entry: (entry.path, entry.method))


@router.get("/docs", response_class=HTMLResponse)
async def page(request: Request) -> HTMLResponse:
    """Returns the routes as a page without scripts or external assets."""
    return HTMLResponse(render(ReferencePage(routes_in_words(request.app))))


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
