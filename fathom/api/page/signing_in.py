"""Sign-in with a key or with the link that `fathom up` prints, and sign-out; works without scripts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import Form, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from fathom.api.authorization import forget_cookie, give_cookie, owner, require_same_origin
from fathom.api.page.page_frame import HEADERS, html_response, page_router
from fathom.api.request_guards import MAX_ADDRESS
from fathom.api.routes.parameters import MAX_NAME
from fathom.security.api_keys import ADMIN_FILE
from fathom.security.sign_in_links import redeem
from fathom.settings import PROJECT_ROOT, Settings

router = page_router()


@dataclass(frozen=True)
class SignInPage:
    """The form for a key; `to` is the page that follows, `key_file` holds the admin's key."""

    template: ClassVar[str] = "sign_in.html"
    to: str
    key_file: str
    wrong: str | None = None


@router.get("/sign-in")
async def form(request: Request, to: Annotated[str, Query(max_length=MAX_ADDRESS)] = "/") -> Response:
    """Returns the sign-in form."""
    return _form(request, to, None)


@router.post("/sign-in")
async def sign_in(
    request: Request,
    key: Annotated[str, Form(max_length=MAX_NAME)] = "",
    ticket: Annotated[str, Form(max_length=MAX_NAME)] = "",
    to: Annotated[str, Form(max_length=MAX_ADDRESS)] = "/",
) -> Response:
    """Sets the cookie and redirects to the requested page."""
    require_same_origin(request)
    settings: Settings = request.app.state.settings
    given = (await run_in_threadpool(redeem, settings, ticket)) if ticket else key.strip()
    if not given or await owner(request, given) is None:
        wrong = "This link was used already, or is too old. `fathom up` prints a new one." if ticket else None
        return _form(request, to, wrong or "This key is unknown or revoked.", status=401)
    answer = RedirectResponse(_own(to), 303, headers=HEADERS)
    give_cookie(request, answer, given)
    return answer


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """Removes the cookie."""
    require_same_origin(request)
    answer = RedirectResponse("/sign-in", 303, headers=HEADERS)
    forget_cookie(answer)
    return answer


def _form(request: Request, to: str, wrong: str | None, status: int = 200) -> Response:
    home = request.app.state.settings.home
    file = home / ADMIN_FILE
    shown = file.relative_to(PROJECT_ROOT) if home.is_relative_to(PROJECT_ROOT) else f"$FATHOM_HOME/{ADMIN_FILE}"
    return html_response(SignInPage(_own(to), str(shown), wrong), status=status)


def _own(to: str) -> str:
    """Returns the address if it is local, else that of the list of documents."""
    plain = to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable()
    return to if plain and not to.startswith(("/sign-in", "/sign-out")) else "/"
