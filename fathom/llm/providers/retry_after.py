"""Parses a server's retry-after: from headers, as seconds or a date, or from its message."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_RESETS = ("x-ratelimit-reset-{}", "anthropic-ratelimit-{}-reset", "ratelimit-reset-{}")
_REMAINS = ("x-ratelimit-remaining-{}", "anthropic-ratelimit-{}-remaining", "ratelimit-remaining-{}")
_KINDS = ("tokens", "requests", "input-tokens", "output-tokens")
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")
_IN_WORDS = re.compile(
    r"(?:try again in|retry in|retry after|retry_after|retrydelay|wait|available in)\D{0,12}?"
    r"((?:\d+h)?(?:\d+m(?!s))?\d+(?:\.\d+)?(?:ms|s\b| ?sec| ?min)?)"
)
_EPOCH = 1_000_000_000.0  # a larger number of seconds is a timestamp


def seconds_to_wait(headers: Mapping[str, str], words: str, *, throttled: bool) -> float | None:
    """Returns the seconds a server asks to wait, from its first header or phrase that gives them; None otherwise.

    Args:
        headers: of the response, by lower-case name.
        words: of its error, in lower case.
        throttled: whether it is a rate-limit error; only then its rate-limit headers are read.
    """
    now = _server_time(headers)
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        if (found := _seconds(headers.get(name), now)) is not None:
            return found / unit
    if not throttled:
        return _said_in(words)
    spent = [kind for kind in _KINDS if any(_is_zero(headers.get(name.format(kind))) for name in _REMAINS)]
    resets = [
        seconds
        for kind in spent or _KINDS
        for name in _RESETS
        if (seconds := _seconds(headers.get(name.format(kind)), now)) is not None
    ]
    resets = [seconds for seconds in resets if seconds > 0]
    if resets:
        return max(resets) if spent else min(resets)
    return _said_in(words)


def _said_in(words: str) -> float | None:
    match = _IN_WORDS.search(words)
    if match is None:
        return None
    words = match[1]
    if words.endswith("min"):
        number = _number(words.removesuffix("min"))
        return None if number is None else 60 * number
    return _seconds(words.replace(" ", "").replace("sec", "s"), 0.0)


def _seconds(value: str | None, now: float) -> float | None:
    """Returns the seconds of a header: a number, a duration (`6m0s`, `20ms`), a date or a timestamp; never negative."""
    value = (value or "").strip()
    if not value or len(value) > 64:
        return None
    number = _number(value)
    if number is not None:
        number = number / 1000 if number > 1000 * _EPOCH else number
        return max(0.0, number - now) if number > _EPOCH else number
    if (match := _DURATION.fullmatch(value)) and any(match.groups()):
        days, hours, minutes, seconds, milliseconds = (float(part or 0) for part in match.groups())
        return 86_400 * days + 3600 * hours + 60 * minutes + seconds + milliseconds / 1000
    moment = _moment(value)
    return None if moment is None else max(0.0, moment - now)


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None


def _moment(value: str) -> float | None:
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        try:
            found = parsedate_to_datetime(value)
        except (ValueError, IndexError):
            return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _server_time(headers: Mapping[str, str]) -> float:
    """Returns the server's time from its date header, else the local time."""
    return _moment(headers.get("date", "")) or time.time()


def _is_zero(value: str | None) -> bool:
    return value is not None and _number(value.strip()) == 0
