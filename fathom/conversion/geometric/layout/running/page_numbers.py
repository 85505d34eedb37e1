"""Reads page numbers: alone in a line, or at either end of a running header or footer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_WORD = r"(?:page|seite|p[áa]gina|pag\.?|pg\.?|p\.|s\.|blatt|strona|str\.|стр\.|sivu|side|sida|oldal|bladzijde|blz\.)"
_OF = r"(?:\s*(?:/|of|von|de|sur|di|av|af|van|iz|z|из|\|)\s*\d{1,4})"
_ALONE = re.compile(rf"^[-–—|~•·\s\[(]*(?P<word>{_WORD}\s*)?(?P<number>\d{{1,4}}|[ivxlc]{{1,7}}){_OF}?[-–—|~•·\s\])]*$", re.I)
_COMPOUND = re.compile(r"^(?P<part>[A-Z]|\d{1,2})\s*[-–.]\s*(?P<number>\d{1,3})$")
_CJK = re.compile(r"^第\s*(?P<number>\d{1,4})\s*[页頁](?:\s*[,，/]?\s*共\s*\d{1,4}\s*[页頁])?$")
_PHRASE = rf"{_WORD}\s*(?P<number>\d{{1,4}}){_OF}?"
_SEPARATED = rf"(?P<number>\d{{1,4}})(?P<of>{_OF})?"
_BREAK = r"\s*[|–—·•:,;/-]\s*"
_SIGN = r"(?:\s*[|•·]\s*|\s+[–—/~-]+\s+|\s*[,;]\s+)"  # not the sign in a date, a time or a serial number
_ENDS = (
    (re.compile(rf"^(?P<text>.*?\S)(?:{_BREAK}|\s+)[\[(]?{_PHRASE}[\])]?\s*$", re.I), "phrase"),
    (re.compile(rf"^[\[(]?{_PHRASE}[\])]?(?:{_BREAK}|\s+)(?P<text>\S.*)$", re.I), "phrase"),
    (re.compile(rf"^(?P<text>.*?[^\W\d].*?){_SIGN}{_SEPARATED}\s*$", re.I), "separated"),
    (re.compile(rf"^{_SEPARATED}{_SIGN}(?P<text>.*[^\W\d].*)$", re.I), "separated"),
    (re.compile(rf"^(?P<text>.*[^\W\d].*?)\s+{_SEPARATED}\s*$", re.I), "bare"),
    (re.compile(rf"^{_SEPARATED}\s+(?P<text>.*[^\W\d].*)$", re.I), "bare"),
)
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


class NumberPlacement(StrEnum):
    """How a number stands in its line: with a word like "page", separated from the rest by a sign, or by a blank only."""

    ALONE = "alone"
    PHRASE = "phrase"
    SEPARATED = "separated"
    BARE = "bare"


@dataclass(frozen=True, slots=True)
class NumberedText:
    """A line with a number at either end; `text` is the rest of it, empty where there is no other text."""

    text: str
    number: int
    placement: NumberPlacement
    named: bool = False  # it says "page", or of how many


def read_number(line: str) -> NumberedText | None:
    """Reads a number that may be the page's; None where there is none, or where it has leading zeros like a serial number."""
    line = line.strip()
    if len(line) > 200:
        return None
    alone = _ALONE.match(line) or _CJK.match(line) or _COMPOUND.match(line)
    if alone is not None:
        value = _value(alone["number"])
        named = bool(alone.groupdict().get("word")) or len(line.split()) > 2 or alone.re is _CJK
        return None if value is None else NumberedText("", value, NumberPlacement.ALONE, named)
    for pattern, placement in _ENDS:
        found = pattern.match(line)
        if found is not None and (value := _value(found["number"])) is not None:
            named = placement == "phrase" or bool(found.groupdict().get("of"))
            return NumberedText(found["text"].strip(), value, NumberPlacement(placement), named)
    return None


def _value(digits: str) -> int | None:
    if digits.isdigit():
        return int(digits) if digits == "0" or not digits.startswith("0") else None
    total = 0
    values = [_ROMAN[letter] for letter in digits.lower()]
    for index, value in enumerate(values):
        total += -value if index + 1 < len(values) and values[index + 1] > value else value
    return total if 0 < total < 200 and roman(total) == digits.lower() else None


def roman(number: int) -> str:
    """Returns the number in small Roman numerals, up to 199."""
    parts = ((100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
    said = ""
    for value, letters in parts:
        said += letters * (number // value)
        number %= value
    return said
