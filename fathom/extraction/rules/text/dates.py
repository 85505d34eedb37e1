"""Reads the dates of a sentence, by language: begin and end of its fact's validity."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fathom.calendar.spans import span_of

_YEAR = r"1\d{3}|20\d{2}"


@dataclass(frozen=True, kw_only=True)
class DateWords:
    """The words of a language in dates: the names of the months from January, and alternatives of patterns.

    `begin` and `through` enclose the first day of a period, as `from` and `to`; `around` and `until` stand before a date,
    `before_day` before a day, `part` before a month or year; `still` ends a period that goes on. `shortened` has the number of
    each shortened month.
    """

    months: Sequence[str]
    ordinals: str
    begin: str
    through: str
    around: str
    until: str
    still: str
    before_day: str = ""
    part: str = "early|mid|late"
    shortened: Mapping[str, int] = field(default_factory=dict[str, int])


class DateReader:
    """Reads dates as a language writes them."""

    def __init__(self, words: DateWords) -> None:
        self._months = {name: number for number, name in enumerate(words.months, start=1)} | dict(words.shortened)
        month = "|".join(
            rf"{name}\.?" if name in words.shortened else name for name in sorted(self._months, key=len, reverse=True)
        )
        ordinals, begin, through, until = words.ordinals, words.begin, words.through, words.until
        part, still = words.part, words.still
        day = rf"\d{{1,2}}(?:{ordinals})?"
        when = rf"(?:{words.before_day})?(?:(?:{day}\s+)?(?:{month})(?:\s+{day},)?,?\s+)?(?:{_YEAR})"
        self._range = re.compile(
            rf"\b(?:{begin})\s?(?P<a>{when})\s+(?:{through})\s?(?P<b>{when})\b"
            rf"|\((?P<c>{when})\s?[-–—]\s?(?P<d>{when})\)|\b(?:{begin})\s?(?P<e>{_YEAR})\s?[-–—]\s?(?P<f>{_YEAR})\b",
            re.IGNORECASE,
        )
        self._open = re.compile(rf"\(?\b(?:(?:{begin})\s?)?(?P<a>{when})\s?(?:[-–—]|{through})\s?(?:{still})\b", re.IGNORECASE)
        self._date = re.compile(
            rf"\b(?:(?P<d1>\d{{1,2}})(?:{ordinals})?\s+(?P<m1>{month}),?\s+(?P<y1>\d{{4}})"
            rf"|(?P<m2>{month})\s+(?P<d2>\d{{1,2}})(?:{ordinals})?,\s*(?P<y2>\d{{4}})"
            rf"|(?P<y3>\d{{4}})-(?P<n3>\d{{2}})-(?P<d3>\d{{2}})"
            rf"|(?P<other>(?:{part})[\s-](?:(?:{month})\s)?(?:{_YEAR})(?:s\b)?|(?:Q[1-4]|[1-4]\. Quartal|T[1-4])\s(?:{_YEAR})"
            rf"|(?:{_YEAR})[\s-]?Q[1-4]\b|\d{{1,2}}[./]\d{{1,2}}[./](?:{_YEAR})|(?:{_YEAR})-(?:0[1-9]|1[0-2])(?![-\d])"
            rf"|(?<=\()(?:{_YEAR})(?=\))|(?:{_YEAR})s\b|\bc(?:irca|a)?\.?\s(?:{_YEAR}))(?!\.?\d)"
            rf"|(?P<m4>{month})\s+(?P<y4>\d{{4}})"
            rf"|(?:{words.around}|{until})\s?(?P<y5>{_YEAR})\b(?![-\s]?Q[1-4]|-\d))",
            re.IGNORECASE,
        )
        self._before = re.compile(rf"\b(?:{until})\s*(?:(?:the|its|his|her|le|la)\s+)?(?:[\w-]+\s+){{0,2}}$", re.IGNORECASE)
        self._begins = re.compile(rf"(?:{until})", re.IGNORECASE)

    def validity(self, sentence: str) -> tuple[datetime | None, datetime | None]:
        """Returns begin and end as stated: midnight UTC of the first day named, None where none is stated."""
        if whole := self._range.search(sentence):
            first, last = (self._day_of(wording) for wording in whole.groups() if wording)
            if first is not None:
                return first, last if last is not None and last >= first else None
        if still := self._open.search(sentence):
            return self._day_of(still["a"]), None
        begins: datetime | None = None
        ends: datetime | None = None
        for match in self._date.finditer(sentence):
            day = self._day(match)
            if day is None:
                continue
            if self._before.search(sentence[: match.start()]) or self._begins.match(match.group()):
                ends = ends or day
            else:
                begins = begins or day
        if begins and ends and ends < begins:
            return begins, None
        return begins, ends

    def _day_of(self, wording: str) -> datetime | None:
        match = self._date.search(wording)
        return self._day(match) if match else datetime(int(wording[-4:]), 1, 1, tzinfo=UTC)

    def _day(self, match: re.Match[str]) -> datetime | None:
        found = match.groupdict()
        if found["other"]:
            span = span_of(found["other"])
            return span.begins if span else None
        year = next(int(found[key]) for key in ("y1", "y2", "y3", "y4", "y5") if found[key])
        named = next((found[key] for key in ("m1", "m2", "m4") if found[key]), None)
        month = self._months[named.lower().rstrip(".")] if named else int(found["n3"] or 1)
        day = int(next((found[key] for key in ("d1", "d2", "d3") if found[key]), None) or 1)
        try:
            return datetime(year, month, day, tzinfo=UTC)
        except ValueError:
            return None


_ENGLISH_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_FRENCH_MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
_SHORT = {
    **{"jan": 1, "feb": 2, "mar": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sept": 9, "sep": 9, "oct": 10, "nov": 11},
    "dec": 12,
}
ENGLISH = DateReader(
    DateWords(
        months=_ENGLISH_MONTHS,
        ordinals="st|nd|rd|th",
        begin="from|between",
        through=r"to(?:\sthe)?|until|till|through|and",
        around="in|since|from|after|during|of",
        until=r"until(?:\s+the)?|till(?:\s+the)?|before(?:\s+the)?|ended on|ended in|up to|through",
        still="present|today|now",
        shortened=_SHORT,
    )
)
FRENCH = DateReader(
    DateWords(
        months=_FRENCH_MONTHS,
        ordinals="er",
        before_day="le ",
        begin="de|du|d['’]|entre",
        through="à|au|jusqu['’](?:en|au|à)|et",
        around="en|depuis|dès|après|de|à partir de|durant|pendant",
        until="jusqu['’](?:en|au|à)|avant|avant le",
        still="aujourd['’]hui|nos jours|présent",
        part="début|mi|fin",
    )
)
