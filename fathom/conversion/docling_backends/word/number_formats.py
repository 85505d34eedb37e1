"""Formats the counters of lists and notes in Word's number formats.

Docling 2.142.1 writes "1" for ordinals, numbers in words and the letters of many scripts; not needed once it knows them.
"""

from __future__ import annotations

from collections.abc import Callable

from docling.backend.msword_backend import _format_enum_counter

from fathom.conversion.docling_backends.office.office_notes import symbol_mark
from fathom.conversion.docling_backends.office.whole_numbers import is_counter

_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_IRREGULAR = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth"}
_IRREGULAR["twelve"] = "twelfth"
_HEBREW = (
    (400, "ת"), (300, "ש"), (200, "ר"), (100, "ק"), (90, "צ"), (80, "פ"), (70, "ע"), (60, "ס"), (50, "נ"), (40, "מ"),
    (30, "ל"), (20, "כ"), (16, "טז"), (15, "טו"), (10, "י"), (9, "ט"), (8, "ח"), (7, "ז"), (6, "ו"), (5, "ה"), (4, "ד"),
    (3, "ג"), (2, "ב"), (1, "א"),
)  # fmt: skip
# Alphabets used as counters, then doubled: а, б, …, аа, бб.
_LETTERS = {
    "russianLower": "абвгдежзиклмнопрстуфхцчшщыэюя",
    "arabicAlpha": "أبتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "arabicAbjad": "أبجدهوزحطيكلمنسعفصقرشتثخذضظغ",
    "hebrew2": "אבגדהוזחטיכלמנסעפצקרשת",
    "thaiLetters": "กขคงจฉชซฌญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรลวศษสหฬอฮ",
    "ganada": "가나다라마바사아자차카타파하",
    "chosung": "ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ",
    "aiueo": "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン",
    "iroha": "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセス",
}
_DIGITS = {"thaiNumbers": 0x0E50, "hindiNumbers": 0x0966, "decimalFullWidth": 0xFF10}
_PARENTHESES, _MAX_PARENTHESES = 0x2474, 20


def format_counter(number: int, form: str) -> str:
    """Formats a counter in a number format of Word; decimal if the format is unknown."""
    made = _FORMATS.get(form)
    if made is not None:
        return made(number)
    if not is_counter(number):
        return str(number)
    if form in _LETTERS:
        letters = _LETTERS[form]
        return letters[(number - 1) % len(letters)] * ((number - 1) // len(letters) + 1)
    if form in _DIGITS:
        return "".join(chr(_DIGITS[form] + int(digit)) for digit in str(number))
    return str(_format_enum_counter(number, form))


def _ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _in_words(number: int) -> str:
    if not 0 <= number < 100:
        return str(number)
    if number < len(_ONES):
        return _ONES[number].capitalize()
    tens, ones = divmod(number, 10)
    return f"{_TENS[tens - 2]}{f'-{_ONES[ones]}' if ones else ''}".capitalize()


def _ordinal_in_words(number: int) -> str:
    words = _in_words(number)
    if words.isdigit() or not words[0].isalpha():
        return _ordinal(number)
    before, between, last = words.lower().rpartition("-")
    ordinal = _IRREGULAR.get(last) or (f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th")
    return f"{before}{between}{ordinal}".capitalize()


def _hebrew(number: int) -> str:
    if not 0 < number < 1000:
        return str(number)
    numeral = ""
    for value, letters in _HEBREW:
        while number >= value:
            numeral += letters
            number -= value
    return numeral


def _in_parentheses(number: int) -> str:
    return chr(_PARENTHESES + number - 1) if 0 < number <= _MAX_PARENTHESES else f"({number})"


_FORMATS: dict[str, Callable[[int], str]] = {
    "none": lambda number: "",
    "bullet": lambda number: "",
    "ordinal": _ordinal,
    "cardinalText": _in_words,
    "ordinalText": _ordinal_in_words,
    "numberInDash": lambda number: f"- {number} -",
    "russianUpper": lambda number: format_counter(number, "russianLower").upper(),
    "hebrew1": _hebrew,
    "hex": lambda number: f"{number:X}",
    "chicago": lambda number: symbol_mark(number) if is_counter(number) else str(number),
    "decimalEnclosedParen": _in_parentheses,
}
