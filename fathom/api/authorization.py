"""Authorizes callers by API key, in a header or in the sign-in cookie: roles and collections."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field, SecretStr
from starlette.requests import HTTPConnection

from fathom.api.request_guards import SAFE
from fathom.api.routes.document_paths import DocumentId
from fathom.api.routes.parameters import MAX_NAME
from fathom.ids import split_document_id
from fathom.security.actor import Actor, set_actor
from fathom.security.api_keys import COOKIE, Caller, KeyRole, KeyStore, key_in_headers
from fathom.security.request_pacing import GuessLimit

router = APIRouter(tags=["access"])


def needs(role: KeyRole) -> Callable[[HTTPConnection], Awaitable[Caller]]:
    """Returns a dependency that identifies the caller and requires the role. Raises 401 and 403."""

    async def caller(connection: HTTPConnection) -> Caller:
        known = await identified(connection)
        if not known.has(role):
            raise HTTPException(403, f"This needs a key of the role {role}; yours is of the role {known.role}.")
        address = connection.client.host if connection.client else ""
        set_actor(Actor(known.name, known.key, address, getattr(connection.state, "request_id", None)))
        return known

    caller.role = role  # type: ignore[attr-defined]  # read by scripts/generate_docs.py and its test
    return caller


Reader = Annotated[Caller, Depends(needs("reader"))]
Operator = Annotated[Caller, Depends(needs("operator"))]
Admin = Annotated[Caller, Depends(needs("admin"))]


def within(caller: Caller, collection: str) -> None:
    """Raises 403 unless the caller's key is for the collection."""
    if not caller.may_see(collection):
        raise HTTPException(403, f"Your key is for the collection {caller.collection} alone.")


def within_document(caller: Caller, document: DocumentId) -> None:
    """Raises 403 unless the caller's key is for the document's collection, UnsafePath for an invalid id."""
    within(caller, split_document_id(document)[0])


def unbound(caller: Caller) -> None:
    """Raises 403 for a key of a single collection: the request concerns all."""
    if caller.collection is not None:
        raise HTTPException(403, f"Your key is for the collection {caller.collection} alone; this concerns all collections.")


class SignIn(BaseModel):
    """A key to be set as a cookie."""

    key: SecretStr = Field(max_length=MAX_NAME)


@router.post("/api/session", status_code=204)
async def sign_in(connection: HTTPConnection, given: SignIn, response: Response) -> None:
    """Sign in: sets the key as a cookie that scripts and other sites cannot read."""
    require_same_origin(connection)
    if await owner(connection, given.key.get_secret_value()) is None:
        raise _unknown()
    give_cookie(connection, response, given.key.get_secret_value())


@router.delete("/api/session", status_code=204)
async def sign_out(connection: HTTPConnection, response: Response) -> None:
    """Sign out: removes the cookie."""
    require_same_origin(connection)
    forget_cookie(response)


def give_cookie(connection: HTTPConnection, response: Response, key: str) -> None:
    """Sets the key as a cookie of the response."""
    secure = connection.url.scheme in ("https", "wss")
    response.set_cookie(COOKIE, key, httponly=True, samesite="strict", secure=secure, path="/")


def forget_cookie(response: Response) -> None:
    """Deletes the cookie by the response."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")


async def identified(connection: HTTPConnection) -> Caller:
    """Returns the caller of the key in the header or cookie. Raises 401, and 403 for a request of another site."""
    key = key_in_headers(connection.headers)
    if key is None:
        key = connection.cookies.get(COOKIE)
        changes = connection.scope["type"] == "websocket" or connection.scope["method"] not in SAFE
        if key is not None and changes:
            require_same_origin(connection)
    if key is None:
        raise HTTPException(401, "This needs a key: `Authorization: Bearer …`.", headers={"WWW-Authenticate": "Bearer"})
    known = await owner(connection, key)
    if known is None:
        raise _unknown()
    if wait := connection.app.state.pace.take(known.key):
        raise _too_often("This key asks too often; FATHOM_API_REQUESTS_PER_MINUTE is the limit.", wait)
    return known


async def owner(connection: HTTPConnection, key: str) -> Caller | None:
    """Returns the owner of the key; None for an unknown or revoked key. Raises 429 for an address that guesses too often."""
    keys: KeyStore = connection.app.state.keys
    guesses: GuessLimit = connection.app.state.guesses
    address = connection.client.host if connection.client else ""
    if wait := guesses.wait(address, key):
        raise _too_often("Too many wrong keys came from this address.", wait)
    known = await run_in_threadpool(keys.identify, key)
    guesses.seen(address, known.key if known else None)
    return known


def _too_often(why: str, wait: int) -> HTTPException:
    return HTTPException(429, f"{why} Ask again in {wait} s.", headers={"Retry-After": str(wait)})


def _unknown() -> HTTPException:
    return HTTPException(401, "This key is unknown or revoked.", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


def require_same_origin(connection: HTTPConnection) -> None:
    """Raises 403 unless the request's headers show that a page of Fathom sent it: browsers add a cookie to any page's request.

    Requests that name another page as their origin are refused earlier, by RequestGuards.
    """
    if connection.headers.get("sec-fetch-site") is None and connection.headers.get("origin") is None:
        raise HTTPException(403, "A cookie is taken only from Fathom's own pages; use a key in a header.")
