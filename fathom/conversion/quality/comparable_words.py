"""Splits a text into words that compare equal regardless of case, width, ligatures or invisible characters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

# A letter of a script without blanks is a word of its own; else words are separated by blanks and punctuation.
UNSPACED = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\u3040-\u30ff\u0e00-\u0e7f"
ASCII_WORD = re.compile(r"[a-z0-9]+")
WORD = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+")
# pdfium spells the single glyph of lam and alef in reverse: their order is not compared.
ALEFS_LAMS = re.compile(r"[\u0622\u0623\u0625\u0627\u0644]{2,}")
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe0e\ufe0f\ufeff]")
# A text without an end is separated at blanks, so that the words of only so many characters are in memory at a time.
PIECE_CHARACTERS = 200_000


def normalised(text: str) -> str:
    """Returns the text with ligatures, widths and cases that mean the same made the same."""
    return ALEFS_LAMS.sub(_sorted, unicodedata.normalize("NFKC", text).casefold())


def words_of(text: str) -> list[str]:
    """Returns the words of the text in order."""
    if text.isascii():
        return ASCII_WORD.findall(text.lower())
    return WORD.findall(normalised(INVISIBLE.sub("", text)))


def pieces(text: str) -> Iterator[str]:
    """Yields the text in pieces of some `PIECE_CHARACTERS`, cut at a blank where there is a blank near."""
    at = 0
    while len(text) - at > PIECE_CHARACTERS:
        blank = text.find(" ", at + PIECE_CHARACTERS, at + 2 * PIECE_CHARACTERS)
        end = blank if blank >= 0 else at + 2 * PIECE_CHARACTERS
        yield text[at:end]
        at = end
    yield text[at:]


def _sorted(letters: re.Match[str]) -> str:
    return "".join(sorted(letters.group()))
