"""Reads the dates of a fact in an answer: from when it holds and until when, and the words where moments say less than these.

A beginning is the first moment of what its date may mean, and so is an end: what follows in 2011 begins where what went
before it ended. An end that may mean a time before the beginning, as in `3 May 2021 to 2021`, is the last day that it may mean.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime

from fathom.calendar.spans import LONGEST, Span, period_of, plain, span_of
from fathom.calendar.words import NOTHING_SAID

UNREAD = "date that could not be read"
END_FIRST = "end before its beginning"

# Days that programs write for `unknown` and `open`.
_NO_DAY = re.compile(
    r"^\+?(?:0000|0001|9999|\d{5,}(?=-))(?:-|$)|^1900-0?1-0?0|^0?1[/.]0?1[/.]0001|^(?:12[/.]31|31[/.]12)[/.]9999|^9999(?:1231|9999)$"
)


@dataclass(frozen=True)
class Dates:
    """From when and until when a fact holds; the words of each where its moment is none or says less; what went wrong.

    Words without a moment are of a date that could not be read.
    """

    valid_at: datetime | None = None
    invalid_at: datetime | None = None
    valid_at_said: str | None = None
    invalid_at_said: str | None = None
    faults: tuple[str, ...] = ()


def moment(said: object) -> datetime | None:
    """Returns the first moment of what a date of an answer may mean; None where it is none, or means `unknown` or `open`."""
    words = _words(said)
    span = span_of(words) if words else None
    return span.begins if span else None


def dates(begins: object, ends: object) -> Dates:
    """Returns the dates of a fact by what an answer gives as its beginning and its end; a period may stand in either."""
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
    return Dates(
        valid_at,
        invalid_at,
        since if since and not (first and first.exact) else None,
        until if until and not (last and last.exact and invalid_at) else None,
        faults,
    )


def end_after(span: Span, begins: datetime | None) -> datetime | None:
    """Returns the end that a date gives to what begins then: its first moment, or its last day; None where all is before."""
    if begins is None or span.begins >= begins:
        return span.begins
    return max(span.ends, begins) if span.ends.date() >= begins.date() else None


def _words(said: object) -> str | None:
    """Returns the words of a date; None where it says that there is none."""
    if isinstance(said, dict):
        said = _parts(said)
    if isinstance(said, list) and 0 < len(said) <= 2 and all(isinstance(one, str | int) for one in said):
        said = " to ".join(map(str, said))
    if isinstance(said, float) and said.is_integer():
        said = int(said)
    if said is None or isinstance(said, bool):
        return None
    text = " ".join((said if isinstance(said, str) else json.dumps(said, ensure_ascii=False, default=str)).split())
    small = plain(text)
    if small in NOTHING_SAID or text in NOTHING_SAID or _NO_DAY.search(small):
        return None
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _parts(said: dict[str, object]) -> object:
    """Returns what an object gives as year, month and day, or under one name, as a date."""
    if len(said) == 1:
        return next(iter(said.values()))
    parts = [said.get(name) for name in ("year", "month", "day")]
    if not all(isinstance(one, int) for one in parts if one is not None) or parts[0] is None:
        return said
    return "-".join(f"{one:0{4 if not at else 2}d}" for at, one in enumerate(parts) if isinstance(one, int))
