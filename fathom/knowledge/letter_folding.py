"""Folds the letters of names: spellings that differ only in case or Unicode form become the same.

A name, its upper and its lower case, and each of its Unicode forms (NFC, NFD, NFKC, NFKD) fold to the same text.
"""

from __future__ import annotations

import re
import unicodedata

_PASSES = 8  # of normalising and folding case; two or three are enough for every known text

_APOSTROPHE = "'"
_APOSTROPHES = "’‘‛ʼʻʹ′`´＇՚ꞌ׳ˈ"
_QUOTES = "“”„‟″״‶"
_DASHES = "‐‑‒–—―−﹘﹣－⸺⸻〜〰"
_SPELLED_ALIKE: dict[int, str] = {
    **dict.fromkeys(map(ord, _APOSTROPHES), _APOSTROPHE),
    **dict.fromkeys(map(ord, _QUOTES), '"'),
    **dict.fromkeys(map(ord, _DASHES), "-"),
    ord("ı"): "i",  # the capital of both is I
    ord("♯"): "#",
    ord("\N{MIDDLE DOT}"): "\N{KATAKANA MIDDLE DOT}",
    ord("\N{ARABIC TATWEEL}"): "",
    ord("®"): " ",
    ord("©"): " ",
}
_DOT_ABOVE_I = "i\N{COMBINING DOT ABOVE}"  # the lower case of İ
_ACUTE_ALONE = re.compile(" \N{COMBINING ACUTE ACCENT}+")  # the NFKC form of an acute accent used as an apostrophe

# Letters that are others with a mark, though Unicode does not take them apart.
_WITH_A_MARK = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ħ": "h", "ŧ": "t"})
_GREEK_MARKS = frozenset("\u0300\u0301\u0304\u0306\u0308\u0313\u0314\u0342\u0343\u0345")
_STRESS = frozenset("\u0300\u0301")
_DIAERESIS = "\N{COMBINING DIAERESIS}"


def fold_letters(name: str) -> str:
    """Returns the name in NFKC with its case folded, its quotes, dashes and digits unified and invisible signs left out.

    White space and control characters are single spaces. It can be encoded in UTF-8: half a surrogate pair becomes U+FFFD.
    """
    text = name
    for _ in range(_PASSES):
        before = text
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", text).casefold())
        text = _ACUTE_ALONE.sub(_APOSTROPHE, f" {text.lstrip()}").translate(_SPELLED_ALIKE).replace(_DOT_ABOVE_I, "i")
        text = "".join(map(_shown, text))
        if text == before:
            break
    return " ".join(text.split())


def strip_accents(word: str) -> str:
    """Returns the folded word without accents: marks on Latin and Greek letters, stress on Cyrillic letters, vowel points.

    Marks that make a letter another letter (й, が, ї) stay.
    """
    kept: list[str] = []
    base = ""
    for character in unicodedata.normalize("NFD", word):
        if not unicodedata.combining(character):
            base = character
        elif _is_accent(character, base):
            continue
        kept.append(character)
    return unicodedata.normalize("NFC", "".join(kept)).translate(_WITH_A_MARK)


def _is_accent(mark: str, base: str) -> bool:
    if not base:
        return False
    if base.isascii() or base in "łđøæœðþħŧ":
        return not base.isascii() or "a" <= base <= "z"
    if "\u0370" <= base <= "\u03ff":
        return mark in _GREEK_MARKS
    if "\u0400" <= base <= "\u04ff":
        return mark in _STRESS or (base == "е" and mark == _DIAERESIS)
    if "\u05d0" <= base <= "\u05ea":
        return "\u0591" <= mark <= "\u05c7"
    return "\u0600" <= base <= "\u06ff" and ("\u064b" <= mark <= "\u0652" or mark == "\u0670")


def _shown(character: str) -> str:
    """Returns the character, a space for a control character, an ASCII digit for a digit, nothing for an invisible sign."""
    if character.isascii():
        return character if character.isprintable() else " "
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category in ("Cc", "Zs", "Zl", "Zp"):
        return " "
    if category == "Cs":
        return "\N{REPLACEMENT CHARACTER}"
    # soft hyphens, joiners, marks of direction; selectors of how a sign is drawn
    return "" if category == "Cf" or "\ufe00" <= character <= "\ufe0f" else character
