"""Formats serial dates, times and durations by the parts of a date format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import isfinite

from fathom.conversion.docling_backends.spreadsheet.numbers.date_names import DateNames, names_of

_DAY = 86_400
_EPOCH_1900 = date(1899, 12, 30)
_EPOCH_1904 = date(1904, 1, 1)
MAX_SERIAL = 2_958_466  # the first day of the year 10000
# The eras of the Japanese calendar by their first day.
_ERAS = (
    (date(2019, 5, 1), "令和"), (date(1989, 1, 8), "平成"), (date(1926, 12, 25), "昭和"), (date(1912, 7, 30), "大正"),
    (date(1868, 1, 25), "明治"),
)  # fmt: skip
_JAPANESE, _TAIWAN = 0x411, 0x404


@dataclass(frozen=True, slots=True)
class DatePart:
    """A part of a date format: its kind and its letters."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class _Moment:
    """A decomposed serial date: `day` counts from the epoch, `ticks` are units of the last fraction shown since midnight."""

    day: int
    on: date | None
    leap_1900: bool
    seconds: int
    fraction: str


def show_date(value: float, parts: Sequence[DatePart], locale: int | None, *, epoch_1904: bool) -> str | None:
    """Formats the serial date or duration (in days) by the parts; None before the epoch or past the year 9999.

    Times are rounded to the last unit of seconds that can be shown and cut off at the last part shown, as Excel does.
    """
    elapsed = any(part.kind.startswith("elapsed") for part in parts)
    if not isfinite(value) or abs(value) >= MAX_SERIAL or (value < 0 and not elapsed):
        return None
    moment = _moment(abs(value), max((len(p.text) for p in parts if p.kind == "fraction"), default=0), epoch_1904)
    if moment is None:
        return None
    names, halved = names_of(locale), any(part.kind == "clock" for part in parts)
    shown = "".join(_shown(part, moment, names, locale, halved) for part in parts)
    return f"-{shown}" if value < 0 else shown


def serial_of(day: date, seconds: float = 0.0, *, epoch_1904: bool = False) -> float:
    """Returns a date and the seconds since its midnight as a serial date."""
    days = (day - (_EPOCH_1904 if epoch_1904 else _EPOCH_1900)).days
    if not epoch_1904 and days < 61:  # day 60 is 29 February 1900, which did not exist
        days -= 1
    return days + seconds / _DAY


def _moment(value: float, decimals: int, epoch_1904: bool) -> _Moment | None:
    unit = 10**decimals
    ticks = round(value * _DAY * unit)
    day, within = divmod(ticks, _DAY * unit)
    seconds, fraction = divmod(within, unit)
    leap = not epoch_1904 and day == 60
    try:
        if epoch_1904:
            on: date | None = _EPOCH_1904 + timedelta(days=day)
        else:
            on = _EPOCH_1900 + timedelta(days=day + (day < 60))
    except OverflowError:
        return None
    return _Moment(day, on, leap, seconds, f"{fraction:0{decimals}d}" if decimals else "")


def _shown(part: DatePart, moment: _Moment, names: DateNames, locale: int | None, halved: bool) -> str:
    kind, text, size = part.kind, part.text, len(part.text)
    if kind == "literal":
        return text
    if kind == "fraction":
        return f".{moment.fraction}"
    if kind.startswith("elapsed"):
        total = moment.day * _DAY + moment.seconds
        count = total // {"elapsed_hour": 3600, "elapsed_minute": 60, "elapsed_second": 1}[kind]
        return f"{count:0{size}d}"
    if kind in ("hour", "minute", "second", "clock"):
        return _time(kind, text, moment.seconds, halved)
    if moment.on is None:
        return ""
    return _date(kind, size, moment, moment.on, names, locale)


def _time(kind: str, text: str, seconds: int, halved: bool) -> str:
    hour, minute, second = seconds // 3600, seconds // 60 % 60, seconds % 60
    if kind == "clock":
        morning, _, evening = text.partition("/")
        return evening if hour >= 12 else morning
    count = {"hour": (hour + 11) % 12 + 1 if halved else hour, "minute": minute, "second": second}[kind]
    return f"{count:0{min(len(text), 2)}d}"


def _date(kind: str, size: int, moment: _Moment, on: date, names: DateNames, locale: int | None) -> str:
    year, month, day = on.year, on.month, on.day
    if moment.leap_1900:
        year, month, day = 1900, 2, 29
    elif moment.day == 0 and on.year == 1899:
        year, month, day = 1900, 1, 0
    if kind == "year":
        return f"{year % 100:02d}" if size <= 2 else f"{year:04d}"
    if kind == "buddhist_year":
        return f"{(year + 543) % 100:02d}" if size <= 2 else str(year + 543)
    if kind in ("era", "era_year"):
        return _era(kind, on, year, locale)
    if kind == "month":
        if size <= 2:
            return f"{month:0{size}d}"
        name = (names.short_months if size == 3 else names.months)[month - 1]
        return name[0] if size >= 5 else name
    if kind == "weekday":
        return (names.short_days if size == 3 else names.days)[_weekday(moment, on)]
    if size <= 2:
        return f"{day:0{size}d}"
    return (names.short_days if size == 3 else names.days)[_weekday(moment, on)]


def _era(kind: str, on: date, year: int, locale: int | None) -> str:
    if locale == _JAPANESE:
        first, name = next((era for era in _ERAS if on >= era[0]), _ERAS[-1])
        return name if kind == "era" else str(year - first.year + 1)
    if locale == _TAIWAN:
        return "中華民國" if kind == "era" else str(year - 1911)
    return "" if kind == "era" else str(year)


def _weekday(moment: _Moment, on: date) -> int:
    # Excel takes 1900 for a leap year, so its weekdays before March 1900 are a day behind
    return (on.weekday() - (on.year < 1904 and moment.day < 60)) % 7
