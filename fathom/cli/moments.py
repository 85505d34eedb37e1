"""Reads times that people type: `10m`, `2h`, `1d` ago, or a date."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def read_moment(text: str | None) -> datetime | None:
    """Returns the time in UTC; None for None. Raises UsageWrong."""
    from fathom.errors import UsageWrong

    if text is None:
        return None
    if text[:-1].isdigit() and text[-1] in _UNITS:
        return datetime.now(UTC) - timedelta(seconds=int(text[:-1]) * _UNITS[text[-1]])
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageWrong(f"{text} is no time.", hint="Write 10m, 2h, 1d, or 2026-01-31T12:00.") from error
    return when.astimezone(UTC)
