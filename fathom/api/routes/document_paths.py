"""Document ids in paths: percent-encoded they are one segment, whatever is in them; plain ones are taken too."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote, unquote

from fastapi import Path
from pydantic import AfterValidator
from starlette.types import ASGIApp, Receive, Scope, Send

# Stands for a slash that was encoded, and so belongs to an id, until the route is found; no id has it.
_ENCODED_SLASH = "\x1f"
MAX_LENGTH = 4096  # characters of an id; that of an attachment has its mail's in it


class EncodedSlashes:
    """The path that routes see tells encoded slashes, which are part of an id, from those between segments."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The request goes on with such a path."""
        raw = scope.get("raw_path")
        if scope["type"] in ("http", "websocket") and raw and b"%2f" in raw.lower():
            segments = raw.decode("ascii", "replace").split("/")
            path = "/".join(unquote(segment).replace("/", _ENCODED_SLASH) for segment in segments)
            scope = {**scope, "path": path}
        await self.app(scope, receive, send)


def encoded(document: str) -> str:
    """The document's id as a segment of a path."""
    return quote(document, safe="")


def _plain(value: str) -> str:
    return value.replace(_ENCODED_SLASH, "/")


DocumentId = Annotated[
    str,
    Path(description="The document's id, `collection/path`, percent-encoded.", max_length=MAX_LENGTH),
    AfterValidator(_plain),
]


def urls(document: str) -> dict[str, Any]:
    """Where the document's status and stream are."""
    name = encoded(document)
    return {"status_url": f"/api/upload/status/{name}", "stream_url": f"/api/upload/{name}/stream"}
