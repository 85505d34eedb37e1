"""Joins wrapped lines of plain text, and keeps intentional line breaks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise

# A shorter line (an address, a verse, a name) was broken on purpose.
FULL_LINE = 50

_QUOTED = re.compile(r"(?:>[ \t]?)*")
# The beginning of a line that stands alone: a list item, a named field, a rule.
_OWN_LINE = re.compile(
    r"\s*(?:[-*+•◦▪·–—→][ \t]|[-*=_~#]{3,}|\(?(?:\d{1,3}|[A-Za-z])[.)][ \t]|[^\W\d_][\w /-]{0,24}:(?:\s|$)|\|)"
)
_ADDRESS = re.compile(r"\s*<?(?:https?|ftp|mailto)\S+\s*")
_ALIGNED = re.compile(r"\S(?: {3,}|\t+)\S")


def join_wrapped_lines(text: str) -> str:
    """Returns the paragraph with a blank for each line end that is due to the width of a page or window.

    A line goes on in the next if it is long and the next begins within a sentence. Lines that all begin like sentences
    or names, items of lists, fields, addresses of the web and aligned columns keep their ends. Quotation marks, `>`,
    are ignored and are written once before the quoted text.
    """
    if "\n" not in text:
        return text
    lines = text.split("\n")
    marks = [(_QUOTED.match(line) or [""])[0] for line in lines]
    bodies = [line[len(mark) :].rstrip() for line, mark in zip(lines, marks, strict=True)]
    apart = _stand_apart(bodies)
    width = max(map(len, bodies))
    pieces = [lines[0].rstrip()]
    for number, (before, line) in enumerate(pairwise(bodies), start=1):
        same_quote = marks[number - 1].count(">") == marks[number].count(">")
        if same_quote and not apart and _goes_on(before, line, width):
            wide = _is_wide(before[-1]) and _is_wide(line.lstrip()[0])
            pieces.append(f"{'' if wide else ' '}{line.lstrip()}")
        else:
            pieces.append(f"\n{lines[number].rstrip()}")
    return "".join(pieces)


def is_aligned(line: str) -> bool:
    """Returns whether blanks or tabs within the line align columns."""
    return _ALIGNED.search(line.strip()) is not None


def _stand_apart(lines: Sequence[str]) -> bool:
    """Returns whether each line begins like a sentence or name, as in a signature but rarely in a paragraph."""
    if any(_begins_within(line) for line in lines[1:]):
        return False
    return len(lines) > 2 or len(lines[-1]) >= FULL_LINE


def _goes_on(before: str, line: str, width: int) -> bool:
    if len(before) < FULL_LINE or not line.strip():
        return False
    if _OWN_LINE.match(line) or _ADDRESS.fullmatch(line) or _ADDRESS.fullmatch(before):
        return False
    if is_aligned(before) or is_aligned(line):
        return False
    # a word that would have fitted on the previous line begins a line on purpose
    return _begins_within(line) or len(before) + 1 + len(line.split(maxsplit=1)[0]) > width


def _begins_within(line: str) -> bool:
    """Returns whether the line begins within a sentence: with a small letter, or a letter of a script without capitals."""
    first = line.lstrip(" \t\"'“‘«([")[:1]
    return first.islower() or (bool(first) and unicodedata.category(first) == "Lo")


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in ("W", "F")
