"""Delivers queued notices by their routes: at least once, retried with backoff, never blocking the work."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from fathom.alert_settings import AlertRoute
from fathom.database import open_database
from fathom.errors import SettingsInvalid
from fathom.observability.structured_logging import get_logger
from fathom.settings import Settings
from fathom.tables import alert_notices

AT_ONCE = 4
MAX_A_PASS = 40
CLAIMED_S = 60.0  # a notice that a killed process was sending is sent again after so long
FIRST_RETRY_S, MAX_RETRY_S = 5.0, 600.0
GIVE_UP_S = 86_400.0
TIMEOUT_S = 4  # to connect, and to answer
TYPES = {"info": "info", "warning": "warning", "critical": "failure"}
REFUSED = "the receiver refused it or did not answer"
UNKNOWN = "the route is no longer in the settings"

n = alert_notices.c
log = get_logger(__name__)


@dataclass(frozen=True)
class DeliveryReport:
    """Counts what a pass sent, and what failed."""

    sent: int = 0
    failed: int = 0


def deliver_notices(settings: Settings, now: float | None = None) -> DeliveryReport:
    """Sends the notices that are due, a bounded number, several at a time. Raises DatabaseUnreachable."""
    engine = open_database(settings.operational_url)
    now = time.time() if now is None else now
    claimed = _claim(engine, now)
    if not claimed:
        return DeliveryReport()
    with ThreadPoolExecutor(min(AT_ONCE, len(claimed)), thread_name_prefix="notices") as pool:
        errors = list(pool.map(lambda row: _send(settings, row), claimed))
    with engine.begin() as connection:
        for row, error in zip(claimed, errors, strict=True):
            connection.execute(alert_notices.update().where(n.key == row.key).values(**_outcome(row, error, now)))
    failed = sum(error is not None for error in errors)
    return DeliveryReport(len(errors) - failed, failed)


def send_to(route: AlertRoute, title: str, body: str, severity: str) -> str | None:
    """Sends a message to the route; returns why it failed, None if it did not."""
    receiver = open_receiver(route)
    if receiver is None:
        return "its url names no receiver that apprise knows"
    try:
        taken = receiver.notify(title=title, body=body, notify_type=TYPES[severity])
    except Exception as error:  # noqa: BLE001  of any of apprise's hundred receivers
        return f"it failed with {type(error).__name__}"
    return None if taken else REFUSED


def open_receiver(route: AlertRoute) -> Any | None:
    """Returns apprise's receiver of the route, with bounds on its time; None for a url that it does not know."""
    import apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its messages hold urls, which hold secrets
    url = route.url.get_secret_value()
    if "rto=" not in url:
        url += f"{'&' if '?' in url else '?'}rto={TIMEOUT_S}&cto={TIMEOUT_S}"
    return apprise.Apprise.instantiate(url, suppress_exceptions=True)


def require_receivers(settings: Settings) -> None:
    """Raises SettingsInvalid for a route whose url apprise does not know, or that lacks credentials."""
    for name, route in settings.alerts.routes.items():
        if open_receiver(route) is None:
            hint = "Its form is in apprise's documentation of the service; json://HOST/PATH posts JSON anywhere."
            raise SettingsInvalid(f"[alerts.routes.{name}]: the url names no receiver, or lacks what it needs.", hint=hint)


def retry_after(attempts: int) -> float:
    """Returns the seconds until the next try: doubled each time, within bounds."""
    return float(min(MAX_RETRY_S, FIRST_RETRY_S * 2 ** max(0, attempts - 1)))


def _claim(engine: Engine, now: float) -> Sequence[Any]:
    """Returns the notices that are due, which no other process sends meanwhile."""
    waiting = sa.and_(n.sent_at.is_(None), n.given_up_at.is_(None), n.next_at <= now)
    claimed = []
    with engine.connect() as connection:
        rows = connection.execute(sa.select(alert_notices).where(waiting).order_by(n.created_at).limit(MAX_A_PASS)).all()
    for row in rows:
        claim = alert_notices.update().where(n.key == row.key, n.next_at == row.next_at, n.sent_at.is_(None))
        with engine.begin() as connection:
            if connection.execute(claim.values(next_at=now + CLAIMED_S, attempts=row.attempts + 1)).rowcount:
                claimed.append(row)
    return claimed


def _send(settings: Settings, row: Any) -> str | None:
    route = settings.alerts.routes.get(row.route)
    return UNKNOWN if route is None else send_to(route, row.title, f"{row.body}\nNotice {row.key}", row.severity)


def _outcome(row: Any, error: str | None, now: float) -> dict[str, Any]:
    if error is None:
        return {"sent_at": now, "error": None}
    attempts = row.attempts + 1
    over = error == UNKNOWN or now - row.created_at > GIVE_UP_S
    log.warning("A notice was not delivered", metrics={"route": row.route, "attempts": attempts, "error": error})
    return {"error": error, "next_at": now + retry_after(attempts), "given_up_at": now if over else None}
