"""Parses a date into the days it may mean: the whole year for `2011`, the middle third of a decade for `mid-1990s`."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from fathom.calendar.words import (
    ABOUT,
    LEADING,
    MONTHS,
    NUMERALS,
    OF_BEFORE_CHRIST,
    OF_ERA,
    SEASONS,
    THIRDS,
)

MAX_LENGTH = 60  # characters of a date
_EARLIEST, _LATEST = 2, 9998  # years; many programs use others for `unknown` and `open`


@dataclass(frozen=True)
class DateSpan:
    """The days that a date may mean, from the first to the last; `at` is the exact time if the date has a time of day."""

    first: date
    last: date
    at: datetime | None = None
    about: bool = False

    @property
    def exact(self) -> bool:
        """Whether the date means a single day or time."""
        return self.first == self.last and not self.about

    @property
    def begins(self) -> datetime:
        """Midnight UTC of the first day, or the exact time."""
        return self.at or _midnight(self.first)

    @property
    def ends(self) -> datetime:
        """Midnight UTC of the last day, or the exact time."""
        return self.at or _midnight(self.last)


def span_of(date_text: str) -> DateSpan | None:
    """Returns the days that a date means; None if the text is no date, a date BC, or out of the calendar's bounds.

    An ambiguous date such as 05/04/2021 (day or month first) means the span from the earlier to the later reading.
    """
    text = normalize_date(date_text)
    if not text or len(text) > MAX_LENGTH or OF_BEFORE_CHRIST.search(text):
        return None
    return _read(text)


def period_of(period: str) -> tuple[str, str] | None:
    """Returns the two dates of a period such as `1998/2011` or `May 2010 to June 2011`, as written; None for other texts."""
    text = normalize_date(period)
    found = next((match for form in _PERIODS if (match := form.fullmatch(text))), None) if len(text) <= 2 * MAX_LENGTH else None
    if found is None:
        return None
    first, last = found["first"].strip(), found["last"].strip()
    if re.fullmatch(r"\d{2}", last) and re.fullmatch(r"\d{4}", first):  # 1998/99 and 2021-05
        return (first, first[:2] + last) if int(last) > max(12, int(first[2:])) else None
    if re.fullmatch(r"\d{4}", last) and re.fullmatch(r"\d{1,2}", first):  # 05/2011
        return None
    if (span := span_of(last)) is None or span_of(first) is None:
        year = re.search(r"\b\d{4}$", last)
        if span is None or year is None or span_of(f"{first} {year.group()}") is None:
            return None
        return f"{first} {year.group()}", last  # May to June 2011
    return first, last


def normalize_date(date_text: str) -> str:
    """Normalizes a date: lower case, a single line, ASCII digits, hyphens and apostrophes, no accents."""
    text = unicodedata.normalize("NFKD", date_text[: 4 * MAX_LENGTH]).translate(_SIGNS)
    text = "".join(char for char in text if not unicodedata.combining(char) and unicodedata.category(char) != "Cf")
    digits = "".join(str(unicodedata.digit(char)) if char.isdigit() else char for char in text)
    return unicodedata.normalize("NFC", " ".join(digits.casefold().split())).strip(" ,;[](){}\"'")


_SIGNS = str.maketrans(dict.fromkeys("‐‑‒–—−", "-") | dict.fromkeys("’‘ʼ`", "'"))
_PERIODS = tuple(
    re.compile(rf"(?:from|between|von|zwischen|de|entre)?\s*(?P<first>.+?)\s*(?:{between})\s*(?P<last>.+)")
    for between in (r"\s(?:to|until|till|through|and|bis|und|a|au|et)\s|\s-{1,2}\s|--", r"(?<=\d)/(?=\d)", r"(?<=\d{4})-(?=\d)")
)


def _read(text: str) -> DateSpan | None:
    about = False
    while True:
        shorter = ABOUT.sub("", text, count=1).strip()
        about = about or shorter != text
        shorter = LEADING.sub("", shorter, count=1).strip()
        if shorter != (of_era := OF_ERA.sub("", shorter).strip()):
            shorter = of_era.zfill(4) if re.fullmatch(r"\d{1,3}", of_era) else of_era
        if shorter == text:
            break
        text = shorter
    found = _first(_FORMS, text)
    if found is None or not _EARLIEST <= found.first.year <= found.last.year <= _LATEST:
        return None
    return DateSpan(found.first, found.last, found.at, about=True) if about else found


def _first(forms: Sequence[Callable[[str], DateSpan | None]], text: str) -> DateSpan | None:
    for read in forms:
        with suppress(ValueError, OverflowError):  # the form matches, but the day does not exist
            if (span := read(text)) is not None:
                return span
    return None


def _iso(text: str) -> DateSpan | None:
    if found := re.fullmatch(r"(\d{4})(?:([-/.])(\d{1,2})(?:\2(\d{1,2}))?)?", text):
        return _days(int(found[1]), int(found[3] or 0), int(found[4] or 0))
    if found := re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text):
        return _days(*map(int, found.groups()))
    if re.fullmatch(r"\d{3}", text):
        return _days(int(text), 0, 0)
    return None


def _moment(text: str) -> DateSpan | None:
    if not re.match(r"\d{4}-?(?:\d{2}|w)", text):
        return None
    found = datetime.fromisoformat(text.upper().replace(" UTC", "Z"))
    at = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    return DateSpan(at.date(), at.date(), at)


def _quarter(text: str) -> DateSpan | None:
    found = re.fullmatch(r"(?P<year>\d{4})[\s/-]*[qt](?P<n>[1-4])", text) or re.fullmatch(
        r"(?:[qt](?P<n>[1-4])|(?P<word>[1-4]|first|second|third|fourth|i|ii|iii|iv)(?:st|nd|rd|th|er|eme|\.)?"
        r" (?:quarter|quartal|trimestre|trimester))[\s,/'-]*(?:of |des jahres |de |du )?(?P<year>\d{4})",
        text,
    )
    if found is None:
        return None
    number = found.groupdict().get("word") or found["n"]
    return _months(int(found["year"]), 3 * (NUMERALS.get(number) or int(number)) - 2, 3)


def _half(text: str) -> DateSpan | None:
    found = re.fullmatch(r"(?P<year>\d{4})[\s/-]*h(?P<n>[12])", text) or re.fullmatch(
        r"(?:h(?P<n>[12])|(?P<word>[12]|first|second)(?:st|nd|\.)? (?:half|halbjahr))[\s,/-]*(?:of )?(?P<year>\d{4})", text
    )
    if found is None:
        return None
    number = found.groupdict().get("word") or found["n"]
    return _months(int(found["year"]), 6 * (NUMERALS.get(number) or int(number)) - 5, 6)


def _extended(text: str) -> DateSpan | None:
    """Parses years of extended ISO 8601 whose last digits are unspecified."""
    if len(text) != 4 or not (found := re.fullmatch(r"(\d{2,3})[xu]{1,2}", text)):
        return None
    count = 10 ** (4 - len(found[1]))
    return _years(int(found[1]) * count, count)


def _by_name(text: str) -> DateSpan | None:
    """Parses a month name with a day or a year on either side."""
    words = [word for word in re.split(r"[\s,/]+|(?<=\d)\.|(?<=[a-z])\.|(?<=[a-z\d])-(?=[a-z\d])", text) if word not in _SMALL]
    numbers: list[str] = []
    month = 0
    for word in words:
        if found := re.fullmatch(r"(\d{1,4})(?:st|nd|rd|th|er|e|o|a)?", word):
            numbers.append(found[1])
        elif month == 0 and (month := MONTHS.get(word, 0)):
            continue
        else:
            return None
    years = [number for number in numbers if len(number) >= 3]
    days = [number for number in numbers if len(number) < 3]
    if not month or len(years) != 1 or len(days) > 1:
        return None
    return _days(int(years[0]), month, int(days[0]) if days else 0)


def _by_numbers(text: str) -> DateSpan | None:
    """Parses day, month, year in this order or with the month first."""
    if found := re.fullmatch(r"(\d{1,2})[/.-](\d{4})", text):
        return _days(int(found[2]), int(found[1]), 0)
    if not (found := re.fullmatch(r"(\d{1,2})(\.|/|-|\. )(\d{1,2})\2(\d{4})", text)):
        return None
    first, sign, second, year = int(found[1]), found[2], int(found[3]), int(found[4])
    if sign.startswith(".") or first > 12 or first == second:
        return _days(year, second, first)
    if second > 12:
        return _days(year, first, second)
    either = sorted((date(year, second, first), date(year, first, second)))
    return DateSpan(either[0], either[1])


def _season(text: str) -> DateSpan | None:
    found = re.fullmatch(r"(?P<name>[a-z]+)(?: of| de l'| de)?,? (?P<year>\d{4})(?:/\d{2,4})?", text)
    if found is None or found["name"] not in SEASONS:
        return None
    return _months(int(found["year"]), SEASONS[found["name"]], 3)


def _decade(text: str) -> DateSpan | None:
    found = re.fullmatch(r"(?:annees |die |der )?(?P<year>\d{3}0)(?:'?s|-?er)(?: jahren?)?|annees (?P<other>\d{3}0)", text)
    if found is None:
        return None
    year = int(found["year"] or found["other"])
    return _years(year, 100 if year % 100 == 0 and found["year"] else 10)


def _century(text: str) -> DateSpan | None:
    found = re.fullmatch(
        r"(?P<n>\d{1,2})(?:st|nd|rd|th|\.|e|eme)? ?-?(?:century|c\.|cent\.?|jahrhunderts?|jh\.?|siecle)", text
    ) or re.fullmatch(r"(?P<roman>[xvi]{1,5})(?:e|eme)? siecle", text)
    if found is None:
        return None
    number = _roman(found["roman"]) if found.groupdict().get("roman") else int(found["n"])
    return _years(100 * number - 99, 100) if number else None


def _other_years(text: str) -> DateSpan | None:
    """Parses fiscal years and school years by their name."""
    if found := re.fullmatch(r"(?:fy|fiscal(?: year)?|gj)[\s-]?(\d{4})", text):
        return _years(int(found[1]), 1)
    if found := re.fullmatch(r"(\d{4})/(\d{2})", text):
        first, last = int(found[1]), int(found[2])
        return _years(first, 2) if last == (first + 1) % 100 else None
    return None


def _east_asian(text: str) -> DateSpan | None:
    found = re.fullmatch(
        r"(\d{4})\s?[年년]\s?(?:(\d{1,2})\s?[月월]\s?(?:(\d{1,2})\s?[日号일])?)?", unicodedata.normalize("NFC", text)
    )
    return _days(int(found[1]), int(found[2] or 0), int(found[3] or 0)) if found else None


def _part(text: str) -> DateSpan | None:
    """Parses a third of a span: early 2018, mid-1990s, late May 2011."""
    name = next((third for third in sorted(THIRDS, key=len, reverse=True) if re.match(rf"{third}[\s-]", text)), None)
    if name is None:
        return None
    rest = re.sub(r"^(?:the|of|der|des|de|du) ", "", text[len(name) + 1 :].strip())
    whole = _first(_WHOLE, rest)
    if whole is None or whole.first == whole.last:
        return None
    days, months = (whole.last - whole.first).days + 1, _months_in(whole)
    if months < 3:
        third = days // 3
        first = whole.first + timedelta(days=THIRDS[name] * third)
        return DateSpan(first, whole.last if THIRDS[name] == 2 else first + timedelta(days=third - 1))
    if months <= 12:
        return _months(whole.first.year, whole.first.month + THIRDS[name] * (months // 3), months // 3)
    years = months // 12
    first_year = whole.first.year + (0, years // 3, years - years // 3)[THIRDS[name]]
    last_year = whole.first.year + (years // 3, years - years // 3, years)[THIRDS[name]] - 1
    return _years(first_year, last_year - first_year + 1)


def _mailed(text: str) -> DateSpan | None:
    """Parses a day with a time of day after it, as in headers of mails and web pages."""
    found = re.fullmatch(
        r"(.{6,}?)[\s,]+(?:at )?\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?\s?(?:[ap]\.?m\.?)?(?:\s?[a-z+-][\w:+-]*)?(?: \(\w+\))?", text
    )
    return _first(_WHOLE, LEADING.sub("", found[1])) if found else None


_SMALL = frozenset(("", "of", "de", "del", "the", "di", "year", "den"))
_WHOLE: tuple[Callable[[str], DateSpan | None], ...] = (
    *(_iso, _quarter, _half, _extended, _by_name, _by_numbers, _season, _decade, _century, _other_years, _east_asian),
)
_FORMS: tuple[Callable[[str], DateSpan | None], ...] = (*_WHOLE, _part, _mailed, _moment)


def _days(year: int, month: int, day: int) -> DateSpan | None:
    """Returns the day; the month if the day is 0, the year if both are. Raises ValueError for a day that does not exist."""
    if not month:
        return _years(year, 1) if not day else None
    if not day:
        return _months(year, month, 1)
    found = date(year, month, day)
    return DateSpan(found, found)


def _months(year: int, month: int, count: int) -> DateSpan:
    last = year * 12 + month - 1 + count - 1
    ends = last // 12, last % 12 + 1
    return DateSpan(date(year, month, 1), date(*ends, monthrange(*ends)[1]))


def _years(year: int, count: int) -> DateSpan:
    return DateSpan(date(year, 1, 1), date(year + count - 1, 12, 31))


def _months_in(span: DateSpan) -> int:
    return (span.last.year - span.first.year) * 12 + span.last.month - span.first.month + 1


def _roman(numeral: str) -> int:
    values = [{"i": 1, "v": 5, "x": 10}[digit] for digit in numeral]
    return sum(-value if value < max(values[at + 1 :], default=0) else value for at, value in enumerate(values))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
