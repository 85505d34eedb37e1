"""Pauses accounts that an LLM provider refuses, and plans the probes that find out when they work again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from fathom.errors import AccountRefused, error_named
from fathom.settings import Settings
from fathom.tables import account_pauses
from fathom.uploads.budget_gate import budget_available_at, waits_for_budget
from fathom.uploads.scheduler import Waiting
from fathom.uploads.upload import Upload, UploadState

FIRST_PROBE_S, MAX_PROBE_S = 15.0, 900.0  # until a paused account is probed; exponential backoff
_KEPT_S = 30 * 86_400.0
_DETAIL = 500
# Names of the errors after which a document waits for its account.
ACCOUNT_ERRORS = frozenset({AccountRefused.__name__, *(error.__name__ for error in AccountRefused.__subclasses__())})


@dataclass(frozen=True)
class AccountPause:
    """The pause of an account: its error, its start, the number of failed probes, and the time of the next probe."""

    account: str
    error: str
    message: str
    since: float
    probes: int
    probe_at: float

    def as_error(self, document: str | None = None) -> AccountRefused:
        """Returns the error that paused the account, for a document."""
        error = error_named(self.error, AccountRefused)(self.message, document=document)
        error.account = self.account
        return error


def account_of(settings: Settings) -> str:
    """Returns an anonymous id of the account in the settings; another key or model gives another id."""
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
    """Pauses the account; if it is paused and this error came from a probe, the wait for the next probe doubles."""
    c = account_pauses.c
    with engine.begin() as connection:
        row = connection.execute(sa.select(account_pauses).where(c.account == account)).one_or_none()
        cause = {"error": error.name, "message": error.message[:_DETAIL]}
        if row is None:
            _add(connection, {"account": account, **cause, "since": now, "probes": 0, "probe_at": now + FIRST_PROBE_S})
        elif probed:
            wait = min(MAX_PROBE_S, FIRST_PROBE_S * 2.0 ** min(20, row.probes + 1))
            values = {**cause, "probes": row.probes + 1, "probe_at": now + wait}
            connection.execute(account_pauses.update().where(c.account == account).values(**values))


def take_probe(engine: Engine, pause: AccountPause, now: float, held_s: float) -> bool:
    """Returns whether the caller may probe the account; it is the only one for `held_s` seconds."""
    c = account_pauses.c
    mine = account_pauses.update().where(c.account == pause.account, c.probe_at == pause.probe_at)
    with engine.begin() as connection:
        return connection.execute(mine.values(probe_at=now + held_s)).rowcount == 1


def account_works(engine: Engine, account: str) -> None:
    """Ends the pause of the account."""
    with engine.begin() as connection:
        connection.execute(account_pauses.delete().where(account_pauses.c.account == account))


def probe_now(engine: Engine) -> bool:
    """Lets every paused account be probed with the next LLM call; returns whether any is paused."""
    with engine.begin() as connection:
        return connection.execute(account_pauses.update().values(probe_at=0.0)).rowcount > 0


def waits_for_account(upload: Upload) -> bool:
    """Returns whether the upload continues by itself once the account works: shown as `paused: account`."""
    return upload.state is UploadState.ACCEPTED and upload.reason in ACCOUNT_ERRORS


def paused_for(upload: Upload) -> Literal["budget", "account"] | None:
    """Returns whether the document waits for the budget or for its account; None if for neither."""
    if waits_for_budget(upload):
        return "budget"
    return "account" if waits_for_account(upload) else None


def resumes_at(engine: Engine, settings: Settings, upload: Upload, now: float) -> float | None:
    """Returns when a document that waits for the budget or an account is tried next, in seconds since 1970; None: never."""
    if not waits_for_account(upload):
        return budget_available_at(engine, settings, upload, now)
    pause = account_pause(engine, account_of(settings))
    return now if pause is None else max(now, pause.probe_at)


def with_usable_account(engine: Engine, settings: Settings, waiting: Sequence[Waiting], now: float) -> list[Waiting]:
    """Returns the documents that wait for no account; if a paused account is due for a probe, its first document too."""
    held = [row for row in waiting if row.reason in ACCOUNT_ERRORS]
    pause = account_pause(engine, account_of(settings)) if held else None
    if pause is None:
        return list(waiting)
    first = min(held, key=lambda row: row.order).document if pause.probe_at <= now else None
    return [row for row in waiting if row.reason not in ACCOUNT_ERRORS or row.document == first]


def _add(connection: Connection, values: dict[str, object]) -> None:
    connection.execute(account_pauses.delete().where(account_pauses.c.since < float(str(values["since"])) - _KEPT_S))
    try:
        with connection.begin_nested():
            connection.execute(account_pauses.insert().values(**values))
    except sa.exc.IntegrityError:
        return  # another process paused it at the same moment
