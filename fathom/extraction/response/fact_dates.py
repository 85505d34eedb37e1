"""Parses the dates of a fact: when it begins and ends to hold, and their wording where a timestamp is less exact.

Begin and end are both the first moment of the stated date: a fact of 2011 begins where its predecessor ended. If the end may
precede the begin, as in `3 May 2021 to 2021`, it is the last possible day.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime

from fathom.calendar.spans import MAX_LENGTH, DateSpan, normalize_date, period_of, span_of
from fathom.calendar.words import NOTHING_SAID

UNREAD = "date that could not be read"
END_FIRST = "end before its beginning"

# Sentinel dates for `unknown` and `open`.
_NO_DAY = re.compile(
    r"^\+?(?:0000|0001|9999|\d{5,}(?=-))(?:-|$)|^1900-0?1-0?0|^0?1[/.]0?1[/.]0001|^(?:12[/.]31|31[/.]12)[/.]9999|^9999(?:1231|9999)$"
)


@dataclass(frozen=True)
class FactDates:
    """Begin and end of a fact; the wording of each where its timestamp is missing or less exact; the faults found.

    A wording without a timestamp is of a date that could not be parsed.
    """

    valid_at: datetime | None = None
    invalid_at: datetime | None = None
    valid_at_said: str | None = None
    invalid_at_said: str | None = None
    faults: tuple[str, ...] = ()


def first_moment(value: object) -> datetime | None:
    """Returns the first moment of a date in an answer; None if it is no date, or means `unknown` or `open`."""
    words = _words(value)
    span = span_of(words) if words else None
    return span.begins if span else None


def fact_dates(begins: object, ends: object) -> FactDates:
    """Returns the dates of a fact from its begin and end as written; a period may stand in either."""
    since, until = _words(begins), _words(ends)
    if since and span_of(since) is None and (both := period_of(since)):
        since, until = both[0], until or both[1]
    elif until and not since and span_of(until) is None and (both := period_of(until)):
        since, until = both
    first = span_of(since) if since else None
    last = span_of(until) if until else None
    faults = (UNREAD,) * ((bool(since) and first is None) + (bool(until) and last is None))
    valid_at = first.begins if first else None
    invalid_at = end_after(last, valid_at) if last else None
    if last and invalid_at is None:
        faults += (END_FIRST,)
    return FactDates(
        valid_at,
        invalid_at,
        since if since and not (first and first.exact) else None,
        until if until and not (last and last.exact and invalid_at) else None,
        faults,
    )


def end_after(span: DateSpan, begins: datetime | None) -> datetime | None:
    """Returns the end for a fact that begins then: the date's first moment, or its last day; None if all of it is earlier."""
    if begins is None or span.begins >= begins:
        return span.begins
    return max(span.ends, begins) if span.ends.date() >= begins.date() else None


def _words(value: object) -> str | None:
    """Returns the wording of a date; None if it says that there is none."""
    if isinstance(value, dict):
        value = _parts(value)
    if isinstance(value, list) and 0 < len(value) <= 2 and all(isinstance(part, str | int) for part in value):
        value = " to ".join(map(str, value))
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if value is None or isinstance(value, bool):
        return None
    text = " ".join((value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)).split())
    small = normalize_date(text)
    if small in NOTHING_SAID or text in NOTHING_SAID or _NO_DAY.search(small):
        return None
    return text if len(text) <= MAX_LENGTH else text[: MAX_LENGTH - 1] + "…"


def _parts(value: dict[str, object]) -> object:
    """Returns an object of year, month and day, or with a single member, as a date."""
    if len(value) == 1:
        return next(iter(value.values()))
    parts = [value.get(name) for name in ("year", "month", "day")]
    if not all(isinstance(part, int) for part in parts if part is not None) or parts[0] is None:
        return value
    return "-".join(f"{part:0{4 if not at else 2}d}" for at, part in enumerate(parts) if isinstance(part, int))
