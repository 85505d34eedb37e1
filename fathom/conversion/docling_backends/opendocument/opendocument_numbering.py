"""Counts list items and headings of an OpenDocument file, and formats the displayed numbers.

Docling 2.142.1 counts each list separately and shows the last level only; not needed once it follows continued lists and
`text:display-levels`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from docling.backend.msword_backend import _int_to_letter_marker, _int_to_roman_marker

from fathom.conversion.docling_backends.office.whole_numbers import is_counter
from fathom.conversion.docling_backends.opendocument.opendocument_markup import STYLE, TEXT, number_of

MAX_LEVELS = 10
_FORMS: dict[str, Callable[[int], str]] = {
    "1": str,
    "a": lambda number: _int_to_letter_marker(number),
    "A": lambda number: str(_int_to_letter_marker(number)).upper(),
    "i": lambda number: str(_int_to_roman_marker(number)).lower(),
    "I": lambda number: _int_to_roman_marker(number),
}


class Levels:
    """The levels of a list style or of the outline, and their counters."""

    def __init__(self, style: Any | None) -> None:
        levels = [level for level in style if isinstance(level.tag, str)] if style is not None else []
        self._levels = {number_of(level, f"{TEXT}level"): level for level in levels}
        self._counters: list[int | None] = [None] * (MAX_LEVELS + 1)

    def is_numbered(self, level: int) -> bool:
        """Returns whether the level shows numbers."""
        of = self._levels.get(level)
        return of is not None and of.tag in (f"{TEXT}list-level-style-number", f"{TEXT}outline-level-style") and bool(_form(of))

    def is_plain(self, level: int) -> bool:
        """Returns whether the level shows neither a number nor a bullet."""
        of = self._levels.get(level)
        return of is not None and of.tag == f"{TEXT}list-level-style-number" and not _form(of) and not self._around(of)

    @staticmethod
    def _around(level: Any) -> str:
        return f"{level.get(f'{STYLE}num-prefix', '')}{level.get(f'{STYLE}num-suffix', '')}".strip()

    def restart(self, level: int = 1) -> None:
        """Resets the counters from this level on."""
        self._counters[level:] = [None] * (MAX_LEVELS + 1 - level)

    def count(self, level: int, start: int | None = None) -> str:
        """Advances the level, resets deeper levels, and returns the displayed number; empty if none is displayed.

        `start` is the number that the item itself sets.
        """
        level = min(max(1, level), MAX_LEVELS)
        counter = self._counters[level]
        if start is None:
            start = self._first(level) if counter is None else counter + 1
        self._counters[level] = start
        self.restart(level + 1)
        of = self._levels.get(level)
        if of is None or not self.is_numbered(level):
            return ""
        first = max(1, level - number_of(of, f"{TEXT}display-levels") + 1)
        shown = ".".join(filter(None, (self._shown(at) for at in range(first, level + 1))))
        return f"{of.get(f'{STYLE}num-prefix', '')}{shown}{of.get(f'{STYLE}num-suffix', '')}".strip()

    def _first(self, level: int) -> int:
        of = self._levels.get(level)
        return 1 if of is None else number_of(of, f"{TEXT}start-value", least=0)

    def _shown(self, level: int) -> str:
        of = self._levels.get(level)
        if of is None:
            return ""
        counter = self._counters[level]
        if counter is None:
            counter = self._counters[level] = self._first(level)
        form = _FORMS.get(_form(of)[:1])
        if not _form(of):
            return ""
        return form(counter) if form is not None and is_counter(counter) else str(counter)


def _form(level: Any) -> str:
    return str(level.get(f"{STYLE}num-format", ""))
