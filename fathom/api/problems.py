"""Errors as RFC 9457 problem documents, and the HTTP status of each."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import Response
from fastapi.responses import JSONResponse
from starlette.requests import HTTPConnection

from fathom.errors import (
    DocumentFailed,
    DocumentRejected,
    DocumentTooLarge,
    FathomError,
    FormTooLarge,
    HostRefused,
    PartUnreachable,
    QueryFailed,
    QueryTimedOut,
    Refused,
    StoreFailed,
    StoreFull,
    UnknownFormat,
    UnsafePath,
    UsageWrong,
)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = "5"

# The most specific class first.
_STATUS_OF: tuple[tuple[type[FathomError], HTTPStatus], ...] = (
    (StoreFull, HTTPStatus.INSUFFICIENT_STORAGE),
    (StoreFailed, HTTPStatus.SERVICE_UNAVAILABLE),
    (PartUnreachable, HTTPStatus.SERVICE_UNAVAILABLE),
    (UnsafePath, HTTPStatus.BAD_REQUEST),
    (HostRefused, HTTPStatus.BAD_REQUEST),
    (Refused, HTTPStatus.FORBIDDEN),
    (FormTooLarge, HTTPStatus(413)),
    (UsageWrong, HTTPStatus.BAD_REQUEST),
    (DocumentTooLarge, HTTPStatus(413)),
    (UnknownFormat, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    (DocumentRejected, HTTPStatus.UNPROCESSABLE_ENTITY),
    (QueryTimedOut, HTTPStatus.REQUEST_TIMEOUT),
    (QueryFailed, HTTPStatus.UNPROCESSABLE_ENTITY),
    (DocumentFailed, HTTPStatus.INTERNAL_SERVER_ERROR),
)


def status_of_error(error: FathomError) -> HTTPStatus:
    """Returns the HTTP status of the error."""
    return next((code for kind, code in _STATUS_OF if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)


def of_error(connection: HTTPConnection, error: FathomError) -> Response:
    """Returns the problem document of a named error."""
    status = status_of_error(error)
    detail = f"{error.message} {error.what_to_do}".strip()
    told = {"document": error.document, "tier": error.tier, "retryable": error.retryable and not error.final}
    members = {name: value for name, value in (*told.items(), *error.details().items()) if value is not None}
    return problem(connection, status, detail, title=error.name, members=members, headers=retry_after(status))


def retry_after(status: HTTPStatus) -> dict[str, str]:
    """Returns the Retry-After header if a retry can help, else nothing."""
    return {"Retry-After": RETRY_AFTER_S} if status is HTTPStatus.SERVICE_UNAVAILABLE else {}


def problem(
    connection: HTTPConnection,
    status: HTTPStatus,
    detail: str,
    *,
    title: str | None = None,
    members: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Returns an RFC 9457 problem document; `type` is `urn:fathom:error:NAME`, or `about:blank` for plain HTTP errors.

    `members` are further members of the document.
    """
    content = {
        **(of_status(status, detail) if title is None else _content(f"urn:fathom:error:{title}", title, status, detail)),
        "instance": connection.scope.get("raw_path", connection.scope["path"].encode()).decode("ascii", "replace"),
    }
    content |= {name: _encodable(value) if isinstance(value, str) else value for name, value in (members or {}).items()}
    return JSONResponse(content, status_code=status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def of_status(status: HTTPStatus, detail: str) -> dict[str, object]:
    """Returns the members of a problem document for a malformed request, which has no address to name."""
    return _content("about:blank", status.phrase, status, detail)


def _content(kind: str, title: str, status: HTTPStatus, detail: str) -> dict[str, object]:
    return {"type": kind, "title": title, "status": int(status), "detail": _encodable(detail)}


def _encodable(text: str) -> str:
    """Returns the text with `?` for halves of surrogate pairs, which names may contain and UTF-8 cannot encode."""
    return text.encode("utf-8", "replace").decode()
