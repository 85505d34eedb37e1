"""Parses document ids in paths: a percent-encoded id is a single segment; plain ids are accepted, too."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote, unquote

from fastapi import Path
from pydantic import AfterValidator
from starlette.types import ASGIApp, Receive, Scope, Send

# Replaces an encoded slash, which belongs to an id, until routing is done; no id contains it.
_ENCODED_SLASH = "\x1f"
MAX_LENGTH = 4096  # characters of an id; the id of an attachment contains that of its mail


class EncodedSlashes:
    """Middleware that marks encoded slashes, which belong to an id, in the path that routes see."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on with the marked path."""
        raw = scope.get("raw_path")
        if scope["type"] in ("http", "websocket") and raw and b"%2f" in raw.lower():
            segments = raw.decode("ascii", "replace").split("/")
            path = "/".join(unquote(segment).replace("/", _ENCODED_SLASH) for segment in segments)
            scope = {**scope, "path": path}
        await self.app(scope, receive, send)


def encoded(document: str) -> str:
    """Returns the document's id as a segment of a path."""
    return quote(document, safe="")


def _plain(value: str) -> str:
    return value.replace(_ENCODED_SLASH, "/")


DocumentId = Annotated[
    str,
    Path(description="The document's id, `collection/path`, percent-encoded.", max_length=MAX_LENGTH),
    AfterValidator(_plain),
]


def urls(document: str) -> dict[str, Any]:
    """Returns the addresses of the document's status and stream."""
    name = encoded(document)
    return {"status_url": f"/api/upload/status/{name}", "stream_url": f"/api/upload/{name}/stream"}
