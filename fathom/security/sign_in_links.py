"""One-time sign-in links for the owner of this host, printed by `fathom up`, so that no key needs to be copied."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from contextlib import suppress

from fathom.processes.process import disk_error
from fathom.security.api_keys import admin_key
from fathom.settings import Settings

VALID_FOR_S = 15 * 60.0
_FOLDER = "sign-in"


def new_ticket(settings: Settings, now: float | None = None) -> str:
    """Creates a one-time ticket for the admin key, valid for VALID_FOR_S; the home stores its hash. Raises StoreFailed."""
    now = time.time() if now is None else now
    folder = settings.home / _FOLDER
    ticket = secrets.token_urlsafe(24)
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        for old in folder.iterdir():
            if now - old.stat().st_mtime > VALID_FOR_S:
                old.unlink(missing_ok=True)
        file = folder / _name(ticket)
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
        os.utime(file, (now, now))
    except OSError as error:
        raise disk_error(error, settings.home) from error
    return ticket


def redeem(settings: Settings, ticket: str, now: float | None = None) -> str | None:
    """Returns the admin key for a valid ticket and invalidates the ticket; None for any other."""
    now = time.time() if now is None else now
    file = settings.home / _FOLDER / _name(ticket)
    with suppress(OSError):
        made = file.stat().st_mtime
        file.unlink()  # of concurrent callers only the first succeeds
        return admin_key(settings) if 0 <= now - made + 1 <= VALID_FOR_S else None
    return None


def _name(ticket: str) -> str:
    return hashlib.sha256(ticket.encode("utf-8", "replace")).hexdigest()
