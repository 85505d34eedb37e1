"""Chooses the ticks of a time axis: round times in UTC, so few that their words do not overlap."""

from __future__ import annotations

from datetime import UTC, datetime

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400
STEPS_S = (*(minutes * MINUTE_S for minutes in (1, 2, 5, 10, 15, 30)), *(hours * HOUR_S for hours in (1, 2, 3, 6, 12)))
STEPS_DAYS = (1, 2, 7, 14)
STEPS_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120)


def time_ticks(since: float, until: float, at_most: int) -> list[float]:
    """Returns round times from `since` to `until` in seconds since 1970; at most so many, and at least one if any is round."""
    for step in (*STEPS_S, *(days * DAY_S for days in STEPS_DAYS)):
        first = -(-since // step) * step
        count = int((until - first) // step) + 1
        if count <= at_most:
            return [first + step * number for number in range(count)]
    for months in STEPS_MONTHS:
        found = _months(since, until, months)
        if len(found) <= at_most:
            return found
    return []


def tick_words(at: float, span_s: float) -> str:
    """Returns the time of a tick: 14:30 within a day, 3 Dec within a season, Dec, and the year for January."""
    when = datetime.fromtimestamp(at, UTC)
    if at % DAY_S:
        return f"{when:%H:%M}"
    if span_s > 120 * DAY_S and when.day == 1:
        return f"{when.year}" if when.month == 1 else f"{when:%b}"
    return f"{when.day} {when:%b}"


def _months(since: float, until: float, step: int) -> list[float]:
    begin = datetime.fromtimestamp(since, UTC)
    month = begin.year * 12 + begin.month - 1
    month -= month % step
    found = []
    while (at := datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC).timestamp()) <= until:
        if at >= since:
            found.append(at)
        month += step
    return found
