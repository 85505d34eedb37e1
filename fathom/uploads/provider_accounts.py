"""Accounts at providers of language models that do not let them answer: who waits for them, and when they are tried again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from fathom import errors
from fathom.errors import AccountRefused
from fathom.settings import Settings
from fathom.tables import account_pauses
from fathom.uploads.budget_gate import money_again_at, waits_for_money
from fathom.uploads.scheduler import Waiting
from fathom.uploads.upload import Upload, UploadState

FIRST_PROBE_S, LONGEST_PROBE_S = 15.0, 900.0  # until a paused account is tried again; each time twice as long
_KEPT_S = 30 * 86_400.0
_DETAIL = 500
# The names of the errors for which a document waits.
ACCOUNT_ERRORS = frozenset({AccountRefused.__name__, *(one.__name__ for one in AccountRefused.__subclasses__())})


@dataclass(frozen=True)
class AccountPause:
    """Why an account is paused, since when, how often it was tried in vain, and when it is tried next."""

    account: str
    error: str
    message: str
    since: float
    probes: int
    probe_at: float

    def as_error(self, document: str | None = None) -> AccountRefused:
        """Returns the error that paused it, for a document."""
        kind = getattr(errors, self.error, AccountRefused)
        error: AccountRefused = kind(self.message, document=document)
        error.account = self.account
        return error


def account_of(settings: Settings) -> str:
    """Returns a mark of the account that the settings use, which names nobody: of another key or model it is another."""
    secret = settings.anthropic_api_key if settings.llm == "anthropic" else settings.openai_api_key
    key = secret.get_secret_value() if secret else ""
    parts = "\n".join((settings.llm, settings.llm_base_url or "", settings.llm_model or "", key))
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def account_pause(engine: Engine, account: str) -> AccountPause | None:
    """Returns the pause of the account; None where it is not paused."""
    with engine.begin() as connection:
        row = connection.execute(sa.select(account_pauses).where(account_pauses.c.account == account)).one_or_none()
    return None if row is None else AccountPause(*row)


def pause_account(engine: Engine, account: str, error: AccountRefused, now: float, *, probed: bool = False) -> None:
    """The account is paused; where it was, and this was a try of it, the next is twice as far away."""
    c = account_pauses.c
    with engine.begin() as connection:
        row = connection.execute(sa.select(account_pauses).where(c.account == account)).one_or_none()
        said = {"error": error.name, "message": error.message[:_DETAIL]}
        if row is None:
            _add(connection, {"account": account, **said, "since": now, "probes": 0, "probe_at": now + FIRST_PROBE_S})
        elif probed:
            wait = min(LONGEST_PROBE_S, FIRST_PROBE_S * 2.0 ** min(20, row.probes + 1))
            values = {**said, "probes": row.probes + 1, "probe_at": now + wait}
            connection.execute(account_pauses.update().where(c.account == account).values(**values))


def take_probe(engine: Engine, pause: AccountPause, now: float, held_s: float) -> bool:
    """Returns whether the caller is the one who tries the account now; nobody else does for `held_s` seconds."""
    c = account_pauses.c
    mine = account_pauses.update().where(c.account == pause.account, c.probe_at == pause.probe_at)
    with engine.begin() as connection:
        return connection.execute(mine.values(probe_at=now + held_s)).rowcount == 1


def account_works(engine: Engine, account: str) -> None:
    """The account is not paused."""
    with engine.begin() as connection:
        connection.execute(account_pauses.delete().where(account_pauses.c.account == account))


def probe_now(engine: Engine) -> bool:
    """Every paused account is tried with the next question; returns whether any is paused."""
    with engine.begin() as connection:
        return connection.execute(account_pauses.update().values(probe_at=0.0)).rowcount > 0


def waits_for_account(upload: Upload) -> bool:
    """Returns whether it goes on by itself when the account works: shown as `paused: account`."""
    return upload.state is UploadState.ACCEPTED and upload.reason in ACCOUNT_ERRORS


def paused_for(upload: Upload) -> Literal["budget", "account"] | None:
    """Returns what the document waits for, to go on by itself: money, or its account; None where it waits for neither."""
    if waits_for_money(upload):
        return "budget"
    return "account" if waits_for_account(upload) else None


def again_at(engine: Engine, settings: Settings, upload: Upload, now: float) -> float | None:
    """Returns when a document that waits for money or an account goes on, or tries to, in seconds since 1970; None: never."""
    if not waits_for_account(upload):
        return money_again_at(engine, settings, upload, now)
    pause = account_pause(engine, account_of(settings))
    return now if pause is None else max(now, pause.probe_at)


def with_account(engine: Engine, settings: Settings, waiting: Sequence[Waiting], now: float) -> list[Waiting]:
    """Returns those that do not wait for an account, or whose account works; one of them where it is to be tried again."""
    held = [one for one in waiting if one.reason in ACCOUNT_ERRORS]
    pause = account_pause(engine, account_of(settings)) if held else None
    if pause is None:
        return list(waiting)
    first = min(held, key=lambda one: one.order).document if pause.probe_at <= now else None
    return [one for one in waiting if one.reason not in ACCOUNT_ERRORS or one.document == first]


def _add(connection: Connection, values: dict[str, object]) -> None:
    connection.execute(account_pauses.delete().where(account_pauses.c.since < float(str(values["since"])) - _KEPT_S))
    try:
        with connection.begin_nested():
            connection.execute(account_pauses.insert().values(**values))
    except sa.exc.IntegrityError:
        return  # another process found it out at the same moment
