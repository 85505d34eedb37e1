"""Parses whole numbers of Office and OpenDocument files, where damaged files may hold any text."""

from __future__ import annotations

# Word's maximum list counter; longer letters and Roman numerals would exhaust memory.
MAX_COUNTER = 32_767
_MAX_DIGITS = 9


def whole_number(text: str | None, default: int) -> int:
    """Returns the text as a number of at most nine digits, else the default."""
    text = (text or "").strip()
    return int(text) if text.isdecimal() and len(text) <= _MAX_DIGITS else default


def is_counter(number: int) -> bool:
    """Returns whether the number may be written in letters or Roman numerals."""
    return 0 < number <= MAX_COUNTER
