"""Pauses and resumes collections for a person, with a line in the audit log."""

from __future__ import annotations

import time

from fathom.database import open_database
from fathom.observability.structured_logging import emit
from fathom.security.audit_log import audited
from fathom.settings import Settings
from fathom.uploads import paused_collections
from fathom.uploads.paused_collections import Pause


def pause(settings: Settings, collection: str, *, reason: str, by: str) -> Pause:
    """Pauses a collection (`*`: all): no run starts until it is resumed; current runs finish."""
    engine = open_database(settings.operational_url)
    with audited(engine, "collections.pause", collection=collection, account={"reason": reason}):
        made = paused_collections.pause(engine, collection, reason=reason, by=by, now=time.time())
    emit("system.paused", "Paused", collection=collection, by=by)
    return made


def resume(settings: Settings, collection: str, *, by: str) -> bool:
    """Resumes a collection (`*`: ends the pause of all); returns whether it was paused."""
    engine = open_database(settings.operational_url)
    with audited(engine, "collections.resume", collection=collection) as account:
        account["was_paused"] = ended = paused_collections.resume(engine, collection)
    if ended:
        emit("system.resumed", "Resumed", collection=collection, by=by)
    return ended
