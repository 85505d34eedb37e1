"""Tells soft hyphens, which only say where a word may be divided, from hyphens that a font calls soft."""

from __future__ import annotations

import re

SOFT = "\xad"
_INNER = re.compile(r"(?<=[^\W\d_])\xad(?=[^\W\d_])")
# Soft hyphens that stand as only hyphens do: alone, by figures, before capitals.
_AS_HYPHEN = re.compile(r"(?<![^\W_])\xad|\xad(?=\d|[ \t])|\d\xad|(?<=[^\W\d_])\xad(?=[A-Z\u00c0-\u00de])")
_WORD = re.compile(r"[^\W\d_]+(?:\xad[^\W\d_]+)*")
MIN_LETTERS = 3  # letters of a half that is a word


def unseen_hyphens(said: str) -> list[int]:
    """Returns the places in a page's text of soft hyphens within a line's words, which are no part of them.

    Some fonts call their only hyphen soft: so it is where it stands as hyphens do, or between two words that the page has
    without it, too.
    """
    if _AS_HYPHEN.search(said) and "-" not in said:
        return []
    words = {found.group().casefold() for found in _WORD.finditer(said) if SOFT not in found.group()}
    places = []
    for word in _WORD.finditer(said):
        parts = word.group().split(SOFT)
        if len(parts) == 2 and all(len(part) >= MIN_LETTERS and part.casefold() in words for part in parts):
            continue
        places += [word.start() + found.start() for found in _INNER.finditer(word.group())]
    return places
