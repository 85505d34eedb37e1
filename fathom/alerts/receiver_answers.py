"""Observes the HTTP answers that receivers give, of which apprise only tells whether they were good."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

MAX_RETRY_AFTER_S = 3600.0


@dataclass
class ReceiverAnswer:
    """The last HTTP answer of a receiver: its status, and the seconds for which it asked to be left alone."""

    status: int | None = None
    retry_after_s: float = 0.0


_watched = threading.local()


@contextmanager
def observed_answer() -> Iterator[ReceiverAnswer]:
    """Collects the last answer that this thread gets through `requests`, which is what apprise sends with."""
    _observe_requests()
    answer = ReceiverAnswer()
    _watched.answer = answer
    try:
        yield answer
    finally:
        del _watched.answer


def retry_after_of(headers: Mapping[str, str], now: float | None = None) -> float:
    """Returns the seconds of a Retry-After header, in either of its forms, within bounds; 0 without a valid one."""
    text = (headers.get("Retry-After") or "").strip()
    if text.isascii() and text.isdigit():
        return min(MAX_RETRY_AFTER_S, float(text[:9]))
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return min(MAX_RETRY_AFTER_S, max(0.0, when.timestamp() - (time.time() if now is None else now)))


@cache
def _observe_requests() -> None:
    """Wraps the method of `requests` that every request passes, once; its plugins offer no other place."""
    import requests

    send = requests.Session.send

    def observed(session: requests.Session, *args: Any, **kwargs: Any) -> requests.Response:
        response = send(session, *args, **kwargs)
        answer: ReceiverAnswer | None = getattr(_watched, "answer", None)
        if answer is not None:
            answer.status, answer.retry_after_s = response.status_code, retry_after_of(response.headers)
        return response

    requests.Session.send = observed  # type: ignore[method-assign,assignment]
