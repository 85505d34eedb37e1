"""Formats a cell's value by its number format: percent, money, thousands, dates, fractions, hidden values.

No library does this well enough: `ssf` 0.2.2 (2020) is not maintained, needs four more libraries and is slow; openpyxl only
tells whether a format is a date.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from fathom.conversion.docling_backends.spreadsheet.numbers.date_format import DatePart, show_date
from fathom.conversion.docling_backends.spreadsheet.numbers.digits import DigitPattern, general

# No program writes a longer code; its value is shown unformatted.
MAX_CODE = 1_000
MAX_REMEMBERED = 10_000  # dates per format
_TOKEN = re.compile(
    r"""
    "(?P<quoted>[^"]*)"? | \\(?P<escaped>.) | _(?P<skipped>.?) | \*(?P<fill>.?)
  | \[(?P<bracket>[^\]]*)\]
  | (?P<general>general) | (?P<clock>am/pm|a/p|上午/下午|午前/午後|오전/오후)
  | (?P<date>y+|m+|d+|h+|s+|b{2,4}|e(?![+-])|ggg|gg|aaaa|aaa)
  | (?P<exponent>e[+-]) | (?P<digit>[0#?]) | (?P<point>\.) | (?P<comma>,) | (?P<percent>%) | (?P<slash>/) | (?P<text>@)
  | (?P<literal>.)
    """,
    re.X | re.I | re.S,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*([-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)")
_COMPARED: dict[str, Callable[[float, float], bool]] = {
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
    "=": lambda value, bound: value == bound,
    "<>": lambda value, bound: value != bound,
}
_CURRENCY = re.compile(r"\$([^-\]]*)(?:-([0-9A-Fa-f]+))?")


@dataclass(frozen=True, slots=True)
class Condition:
    """The condition on values of a section."""

    sign: str
    bound: float

    def holds(self, value: float) -> bool:
        """Returns whether the condition holds for the value."""
        return _COMPARED[self.sign](value, self.bound)

    @property
    def only_negative(self) -> bool:
        """Returns whether only negative values meet the condition; the section then shows their sign itself."""
        return (self.sign == "<" and self.bound <= 0) or (self.sign == "<=" and self.bound < 0)


@dataclass(frozen=True, slots=True)
class FormatSection:
    """A section of a format code, which has up to four, separated by semicolons."""

    kind: str  # "digits", "date", "text", "general" or "literal"
    condition: Condition | None = None
    dates: tuple[DatePart, ...] = ()
    digits: DigitPattern | None = None
    before: str = ""  # of general and text sections; the whole text of a literal section
    after: str = ""
    locale: int | None = None

    def show(self, value: float, *, with_sign: bool, epoch_1904: bool) -> str:
        """Formats the number by this section."""
        sign = "-" if with_sign and value < 0 else ""
        if self.kind == "date":
            shown = show_date(value, self.dates, self.locale, epoch_1904=epoch_1904)
            return general(value) if shown is None else shown
        if self.kind == "digits" and self.digits is not None:
            return sign + self.digits.show(value)
        if self.kind == "literal":
            return sign + self.before if self.before else ""
        return sign + self.before + general(abs(value)) + self.after


class NumberFormat:
    """A parsed number format."""

    def __init__(self, sections: tuple[FormatSection, ...]) -> None:
        self._text = next((section for section in reversed(sections) if section.kind == "text"), None)
        if len(sections) > 3 or (len(sections) > 1 and sections[-1].kind == "text"):
            self._text, sections = sections[-1] if len(sections) < 4 else sections[3], sections[: min(3, len(sections) - 1)]
        self._sections = sections
        self._conditional = any(section.condition for section in sections[:2])
        self._dates: dict[tuple[float, bool], str] = {}  # cache of displayed dates: columns repeat their dates

    @property
    def is_date(self) -> bool:
        """Returns whether numbers are shown as dates, times or durations."""
        return self._sections[0].kind == "date"

    def number(self, value: float, *, epoch_1904: bool = False) -> str:
        """Formats the number; empty if the format hides it."""
        if not self.is_date:
            return self._shown(value, epoch_1904)
        key = (value, epoch_1904)
        if key not in self._dates:
            if len(self._dates) >= MAX_REMEMBERED:
                self._dates.clear()
            self._dates[key] = self._shown(value, epoch_1904)
        return self._dates[key]

    def _shown(self, value: float, epoch_1904: bool) -> str:
        index = self._section_of(value)
        section = self._sections[index]
        # without conditions, the second section is for negative numbers, and shows their sign itself
        unsigned = section.condition is not None and section.condition.only_negative if self._conditional else index > 0
        return _tidy(section.show(value, with_sign=not unsigned, epoch_1904=epoch_1904))

    def text(self, value: str) -> str:
        """Formats the text."""
        section = self._text
        if section is None or section.kind == "general":
            return value
        return _tidy(section.before + value + section.after) if section.kind == "text" else _tidy(section.before)

    def _section_of(self, value: float) -> int:
        sections = self._sections
        if not self._conditional:
            if len(sections) == 1 or value > 0:
                return 0
            if value < 0:
                return 1
            return 2 if len(sections) > 2 else 0
        first = sections[0].condition
        second = sections[1].condition if len(sections) > 1 else None
        if first is not None and first.holds(value):
            return 0
        if first is None and value > 0:
            return 0
        if second is not None and second.holds(value):
            return 1
        last = len(sections) - 1
        return min(last, 2 if second is not None or (len(sections) > 2 and value >= 0) else 1)


@lru_cache(maxsize=4096)
def number_format(code: str) -> NumberFormat:
    """Parses a format code such as `#,##0.00;[Red](#,##0.00)`; an invalid code shows values as General."""
    if len(code) > MAX_CODE:
        code = "General"
    sections = tuple(_section(part) for part in _split(code))
    return NumberFormat(sections)


def _split(code: str) -> list[str]:
    """Splits at the semicolons that are not quoted, escaped or bracketed."""
    parts, start = [], 0
    for token in _TOKEN.finditer(code):
        if token.group() == ";":
            parts.append(code[start : token.start()])
            start = token.end()
    return [*parts, code[start:]]


def _section(code: str) -> FormatSection:
    tokens, condition, locale = _tokens(code)
    kinds = {kind for kind, _ in tokens}
    if "date" in kinds or "elapsed" in kinds:
        return FormatSection("date", condition, dates=_date_parts(tokens), locale=locale)
    literal = "".join(text for kind, text in tokens if kind == "literal")
    for kind in ("general", "text"):
        if kind in kinds:
            at = next(index for index, token in enumerate(tokens) if token[0] == kind)
            before = "".join(text for kind, text in tokens[:at] if kind == "literal")
            after = "".join(text for kind, text in tokens[at + 1 :] if kind == "literal")
            return FormatSection(kind, condition, before=before, after=after)
    if "digit" in kinds:
        return FormatSection("digits", condition, digits=DigitPattern.of(tokens))
    return FormatSection("literal", condition, before=literal + "%" * sum(kind == "percent" for kind, _ in tokens))


def _tokens(code: str) -> tuple[list[tuple[str, str]], Condition | None, int | None]:
    """Returns (kind, text) of each token, the section's condition and its locale."""
    tokens: list[tuple[str, str]] = []
    condition: Condition | None = None
    locale: int | None = None
    for found in _TOKEN.finditer(code):
        kind, text = str(found.lastgroup), found.group(str(found.lastgroup))
        if kind in ("quoted", "escaped", "literal"):
            tokens.append(("literal", text))
        elif kind == "skipped":  # padding of a character's width, for alignment
            tokens.append(("literal", " "))
        elif kind == "fill":  # repeated to fill the cell; replaced by a blank between words
            if tokens and tokens[-1][1][-1:].isalnum():
                tokens.append(("literal", " "))
        elif kind == "bracket":
            if (compared := _CONDITION.fullmatch(text.strip())) is not None:
                condition = Condition(compared.group(1), float(compared.group(2)))
            elif (currency := _CURRENCY.match(text)) is not None:
                tokens.append(("literal", currency.group(1)))
                locale = int(currency.group(2)[-8:], 16) & 0xFFFF if currency.group(2) else locale
            elif re.fullmatch(r"h+|m+|s+", text, re.I):
                tokens.append(("elapsed", text.lower()))
        elif kind in ("date", "clock"):
            tokens.append((kind, text.lower() if kind == "date" else text))
        else:
            tokens.append((kind, text))
    return tokens, condition, locale


def _date_parts(tokens: list[tuple[str, str]]) -> tuple[DatePart, ...]:
    """Distinguishes minutes from months, and fractions of a second from a point."""
    parts: list[DatePart] = []
    fraction = False
    for kind, text in tokens:
        if kind == "point":
            fraction = bool(parts) and parts[-1].kind in ("second", "elapsed_second")
            parts.append(DatePart("literal", "."))
        elif kind == "digit":
            if fraction and parts[-1].kind == "fraction":
                parts[-1] = DatePart("fraction", parts[-1].text + "0")
            elif fraction and parts[-1].text == ".":
                parts[-1] = DatePart("fraction", "0")
            else:
                parts.append(DatePart("literal", text if text == "0" else ""))
        elif kind == "elapsed":
            parts.append(DatePart({"h": "elapsed_hour", "m": "elapsed_minute", "s": "elapsed_second"}[text[0]], text))
        elif kind == "date":
            parts.append(DatePart(_DATE_KINDS[text[0]], text))
        elif kind == "clock":
            parts.append(DatePart("clock", text))
        else:
            parts.append(DatePart("literal", text))
    timed = [index for index, part in enumerate(parts) if part.kind not in ("literal", "fraction", "clock")]
    for place, index in enumerate(timed):
        if parts[index].kind != "month" or len(parts[index].text) > 2:
            continue
        before = parts[timed[place - 1]].kind if place else ""
        after = parts[timed[place + 1]].kind if place + 1 < len(timed) else ""
        if before in ("hour", "elapsed_hour") or after in ("second", "elapsed_second"):
            parts[index] = DatePart("minute", parts[index].text)
    return tuple(parts)


_DATE_KINDS = {
    "y": "year", "m": "month", "d": "day", "h": "hour", "s": "second", "b": "buddhist_year", "e": "era_year", "g": "era",
    "a": "weekday",
}  # fmt: skip


def _tidy(shown: str) -> str:
    """Removes blanks that only align columns."""
    return (re.sub(r" {2,}", " ", shown) if "  " in shown else shown).strip()
