"""Dates that a sentence names: from when its fact holds, and until when."""

from __future__ import annotations

import re
from datetime import UTC, datetime

MONTHS = {
    name: number
    for number, name in enumerate(
        [
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ],
        start=1,
    )
}
_MONTH = "|".join(MONTHS)
_YEAR = r"1\d{3}|20\d{2}"
_WHEN = rf"(?:(?:\d{{1,2}}(?:st|nd|rd|th)?\s+)?(?:{_MONTH})(?:\s+\d{{1,2}}(?:st|nd|rd|th)?,)?,?\s+)?(?:{_YEAR})"
_RANGE = re.compile(
    rf"\b(?:from|between)\s+(?P<a>{_WHEN})\s+(?:to|until|till|through|and)\s+(?P<b>{_WHEN})\b"
    rf"|\((?P<c>{_WHEN})\s?[-–—]\s?(?P<d>{_WHEN})\)|\bfrom\s+(?P<e>{_YEAR})\s?[-–—]\s?(?P<f>{_YEAR})\b",
    re.IGNORECASE,
)
_OPEN = re.compile(rf"\(?\b(?:from\s+)?(?P<a>{_WHEN})\s?(?:[-–—]|to(?:\sthe)?)\s?(?:present|today|now)\b", re.IGNORECASE)
_DATE = re.compile(
    rf"\b(?:(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\s+(?P<m1>{_MONTH}),?\s+(?P<y1>\d{{4}})"
    rf"|(?P<m2>{_MONTH})\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?,\s*(?P<y2>\d{{4}})"
    rf"|(?P<y3>\d{{4}})-(?P<n3>\d{{2}})-(?P<d3>\d{{2}})"
    rf"|(?P<m4>{_MONTH})\s+(?P<y4>\d{{4}})"
    rf"|(?:in|since|from|until|till|after|before|during|of)\s+(?P<y5>{_YEAR})\b)",
    re.IGNORECASE,
)
_UNTIL = re.compile(r"\b(?:until|till|before|ended on|ended in|up to|through)\s+(?:the\s+)?$", re.IGNORECASE)
_ENDING = ("until", "till", "before")


def validity(sentence: str) -> tuple[datetime | None, datetime | None]:
    """From when and until when, as the sentence says it; at midnight UTC of the first day named, None where it says nothing."""
    if whole := _RANGE.search(sentence):
        first, last = (_day_of(said) for said in whole.groups() if said)
        if first is not None:
            return first, last if last is not None and last >= first else None
    if still := _OPEN.search(sentence):
        return _day_of(still["a"]), None
    begins: datetime | None = None
    ends: datetime | None = None
    for match in _DATE.finditer(sentence):
        day = _day(match)
        if day is None:
            continue
        if _UNTIL.search(sentence[: match.start()]) or match.group().lower().startswith(_ENDING):
            ends = ends or day
        else:
            begins = begins or day
    if begins and ends and ends < begins:
        return begins, None
    return begins, ends


def _day_of(said: str) -> datetime | None:
    match = _DATE.search(said if not said.isdigit() else f"in {said}")
    return _day(match) if match else None


def _day(match: re.Match[str]) -> datetime | None:
    found = match.groupdict()
    year = next(int(found[key]) for key in ("y1", "y2", "y3", "y4", "y5") if found[key])
    named = next((found[key] for key in ("m1", "m2", "m4") if found[key]), None)
    month = MONTHS[named.lower()] if named else int(found["n3"] or 1)
    day = int(next((found[key] for key in ("d1", "d2", "d3") if found[key]), None) or 1)
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None
