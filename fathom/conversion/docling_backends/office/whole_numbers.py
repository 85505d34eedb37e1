"""Reads the whole numbers that Office and OpenDocument files hold as text; a damaged file has anything there."""

from __future__ import annotations

# No counter of a list is higher in Word; letters and Roman numerals of more would fill the memory.
MAX_COUNTER = 32_767
_MAX_DIGITS = 9


def whole_number(said: str | None, default: int) -> int:
    """Returns the number of at most nine digits that the text is, else the default."""
    said = (said or "").strip()
    return int(said) if said.isdecimal() and len(said) <= _MAX_DIGITS else default


def is_counter(number: int) -> bool:
    """Tells whether the number may be written in letters or Roman numerals."""
    return 0 < number <= MAX_COUNTER
