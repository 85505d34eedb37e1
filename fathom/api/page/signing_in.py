"""Sign-in with a key or with the link that `fathom up` prints, and sign-out; works without scripts."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from fathom.api.authorization import forget_cookie, give_cookie, owner, require_same_origin
from fathom.api.page.html_markup import tag
from fathom.api.page.page_frame import HEADERS, page, page_router
from fathom.api.request_guards import MAX_ADDRESS
from fathom.api.routes.parameters import MAX_NAME
from fathom.security.api_keys import ADMIN_FILE
from fathom.security.sign_in_links import redeem
from fathom.settings import PROJECT_ROOT, Settings

router = page_router()


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
    answer = page(
        "Sign in",
        tag("h1", "Sign in"),
        tag("p", wrong, class_="problem", role="alert") if wrong else None,
        tag(
            "form",
            tag("input", type="hidden", name="to", value=_own(to)),
            tag("input", type="hidden", name="ticket"),
            tag("label", "Key", for_="key"),
            tag("input", type="password", name="key", id="key", autocomplete="current-password", required=True, autofocus=True),
            tag("button", "Sign in", class_="main"),
            method="post",
            action="/sign-in",
            class_="sign-in",
            id="sign-in",
        ),
        tag(
            "p",
            "On this host, ",
            tag("code", "fathom up"),
            " prints a link that signs you in. The key itself is in a file that only its owner reads: ",
            tag("code", f"cat {shown}"),
            ". ",
            tag("code", "fathom keys create --role reader"),
            " makes one for somebody else.",
            class_="aside",
        ),
        script="sign-in.js",
    )
    answer.status_code = status
    return answer


def _own(to: str) -> str:
    """Returns the address if it is local, else that of the list of documents."""
    plain = to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable()
    return to if plain and not to.startswith(("/sign-in", "/sign-out")) else "/"
