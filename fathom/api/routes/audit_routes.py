"""The route that lists and verifies the audit log."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from fathom.api.authorization import Admin, unbound
from fathom.api.routes.parameters import MAX_NAME, MAX_PLACE
from fathom.database import open_database
from fathom.security.audit_chain import ChainCheck, verify_chain
from fathom.security.audit_log import AuditFilter, AuditLine, list_lines

router = APIRouter(tags=["access"])

Text = Annotated[str | None, Query(max_length=MAX_NAME)]


class AuditPage(BaseModel):
    """Lines of the audit log, the newest first."""

    lines: list[AuditLine]
    next: int | None = Field(description="`cursor` of the next page; null at the end")
    check: ChainCheck | None = Field(description="the verification of all lines, where it was asked for")


@router.get("/api/audit")
async def audit(
    request: Request,
    caller: Admin,
    since: Annotated[float | None, Query(ge=0, description="Seconds since 1970.")] = None,
    action: Text = None,
    by: Text = None,
    cursor: Annotated[int | None, Query(ge=1, le=MAX_PLACE)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    verify: bool = False,
) -> AuditPage:
    """List who did what: lines of the audit log, and with `verify` whether its chain is intact."""
    unbound(caller)
    engine = open_database(request.app.state.settings.operational_url)
    wanted = AuditFilter(since=since, action=action, by=by, before=cursor)
    lines = await run_in_threadpool(lambda: list_lines(engine, wanted, limit=limit))
    check = await run_in_threadpool(verify_chain, engine) if verify else None
    return AuditPage(lines=lines, next=lines[-1].number if len(lines) == limit else None, check=check)
