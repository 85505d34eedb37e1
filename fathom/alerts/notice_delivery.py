"""Delivers queued notices by their routes: at least once, retried with backoff, never blocking the work.

A route is served by a thread of its own, which records each notice as soon as its receiver took it. After a failure the route
rests, so that a receiver that hangs delays neither the other routes nor the caller, who waits PASS_S at most.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from fathom.alert_settings import AlertRoute
from fathom.alerts.receiver_answers import observed_answer
from fathom.database import open_database
from fathom.errors import SettingsInvalid
from fathom.observability.structured_logging import get_logger
from fathom.settings import Settings
from fathom.tables import alert_notices

PASS_S = 3.0  # for which a pass waits; what is still being sent then goes on
ROUTES_AT_ONCE = 8
MAX_OF_ROUTE = 10  # notices of a route in a pass
MAX_DUE = 1000
CLAIMED_S = 60.0  # a notice that a killed process was sending is sent again after so long
FIRST_RETRY_S, MAX_RETRY_S = 5.0, 600.0
GIVE_UP_S = 86_400.0
TIMEOUT_S = 4  # to connect, and to answer
TYPES = {"info": "info", "warning": "warning", "critical": "failure"}
REFUSED = "the receiver refused it or did not answer"
UNKNOWN = "the route is no longer in the settings"

n = alert_notices.c
log = get_logger(__name__)

_serving: dict[tuple[str, str], float] = {}  # when a thread of this process began to serve a route of a database
_serving_lock = threading.Lock()


@dataclass(frozen=True)
class DeliveryReport:
    """Counts what a pass sent, what failed, and the routes that are still being served."""

    sent: int = 0
    failed: int = 0
    serving: int = 0


@dataclass(frozen=True)
class SendOutcome:
    """The outcome of sending: why it failed, None if it did not; seconds for which the receiver wants no other."""

    error: str | None = None
    rests_s: float = 0.0


def deliver_notices(settings: Settings, now: float | None = None) -> DeliveryReport:
    """Sends the notices that are due, a bounded number of each route. Raises DatabaseUnreachable."""
    engine = open_database(settings.operational_url)
    now = time.time() if now is None else now
    due = _due(engine, now)
    if not due:
        return DeliveryReport()
    pool = ThreadPoolExecutor(min(ROUTES_AT_ONCE, len(due)), thread_name_prefix="notices")
    jobs: list[Future[tuple[int, int]]] = []
    for route, rows in due.items():
        if _begin_serving(engine, route):
            jobs.append(pool.submit(_serve, settings, engine, route, rows, now))
    done, unfinished = wait(jobs, PASS_S)
    pool.shutdown(wait=False)
    counts = [job.result() for job in done]
    return DeliveryReport(sum(sent for sent, _ in counts), sum(failed for _, failed in counts), len(unfinished))


def next_due_at(engine: Engine) -> float | None:
    """Returns when the next notice is due, in seconds since 1970; None if none waits."""
    with engine.connect() as connection:
        due: float | None = connection.scalar(
            sa.select(sa.func.min(n.next_at)).where(n.sent_at.is_(None), n.given_up_at.is_(None))
        )
        return due


def send_to(route: AlertRoute, title: str, body: str, severity: str) -> SendOutcome:
    """Sends a message to the route."""
    receiver = open_receiver(route)
    if receiver is None:
        return SendOutcome("its url names no receiver that apprise knows")
    with observed_answer() as answer:
        try:
            taken = receiver.notify(title=title, body=body, notify_type=TYPES[severity])
        except Exception as error:  # noqa: BLE001  of any of apprise's hundred receivers
            return SendOutcome(f"it failed with {type(error).__name__}")
    if taken:
        return SendOutcome()
    return SendOutcome(f"the receiver answered {answer.status}" if answer.status else REFUSED, answer.retry_after_s)


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


def _due(engine: Engine, now: float) -> Mapping[str, Sequence[Any]]:
    """Returns the notices that are due by route; those that were tried least come first, so that none blocks the others."""
    waiting = sa.and_(n.sent_at.is_(None), n.given_up_at.is_(None), n.next_at <= now)
    query = sa.select(alert_notices).where(waiting).order_by(n.attempts, n.created_at).limit(MAX_DUE)
    by_route: dict[str, list[Any]] = defaultdict(list)
    with engine.connect() as connection:
        for row in connection.execute(query):
            if len(by_route[row.route]) < MAX_OF_ROUTE:
                by_route[row.route].append(row)
    return by_route


def _begin_serving(engine: Engine, route: str) -> bool:
    """Returns whether no other thread of this process serves the route; one that hangs counts as gone after CLAIMED_S."""
    name, now = (str(engine.url), route), time.monotonic()
    with _serving_lock:
        if now - _serving.get(name, -CLAIMED_S) < CLAIMED_S:
            return False
        _serving[name] = now
        return True


def _serve(settings: Settings, engine: Engine, route: str, rows: Sequence[Any], now: float) -> tuple[int, int]:
    """Sends notices of a route until one fails; returns the numbers of sent and failed ones."""
    sent = failed = 0
    try:
        for row in rows:
            if not _claim(engine, row, now):
                continue
            outcome = _send(settings, row)
            changed = _changed(row, outcome, now)
            with engine.begin() as connection:
                connection.execute(alert_notices.update().where(n.key == row.key).values(**changed))
            sent, failed = sent + (outcome.error is None), failed + (outcome.error is not None)
            if outcome.error not in (None, UNKNOWN):
                _rest(engine, route, now, changed["next_at"])
                break
        return sent, failed
    finally:
        with _serving_lock:
            _serving.pop((str(engine.url), route), None)


def _claim(engine: Engine, row: Any, now: float) -> bool:
    """Returns whether the notice is this process's to send; no other sends it within CLAIMED_S."""
    claim = alert_notices.update().where(n.key == row.key, n.next_at == row.next_at, n.sent_at.is_(None))
    with engine.begin() as connection:
        return bool(connection.execute(claim.values(next_at=now + CLAIMED_S, attempts=row.attempts + 1)).rowcount)


def _rest(engine: Engine, route: str, now: float, until: float) -> None:
    """Postpones the other notices of the route that are due, without counting that as a try of theirs."""
    due = sa.and_(n.route == route, n.sent_at.is_(None), n.given_up_at.is_(None), n.next_at <= now)
    with engine.begin() as connection:
        connection.execute(alert_notices.update().where(due).values(next_at=until))


def _send(settings: Settings, row: Any) -> SendOutcome:
    route = settings.alerts.routes.get(row.route)
    return SendOutcome(UNKNOWN) if route is None else send_to(route, row.title, f"{row.body}\nNotice {row.key}", row.severity)


def _changed(row: Any, outcome: SendOutcome, now: float) -> dict[str, Any]:
    """Returns the changed columns of a notice that was sent, or failed."""
    if outcome.error is None:
        return {"sent_at": now, "error": None}
    attempts = row.attempts + 1
    over = outcome.error == UNKNOWN or now - row.created_at > GIVE_UP_S
    log.warning("A notice was not delivered", metrics={"route": row.route, "attempts": attempts, "error": outcome.error})
    next_at = now + max(retry_after(attempts), outcome.rests_s)
    return {"error": outcome.error, "next_at": next_at, "given_up_at": now if over else None}
