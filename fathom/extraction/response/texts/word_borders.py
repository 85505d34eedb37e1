"""Tells whether a match in a text is a whole word, by the rules of its script."""

from __future__ import annotations

import re

_WITHOUT_GAPS = re.compile(  # Thai to Khmer, kana, Han
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    r"\U00020000-\U0003ffff]"
)
_KATAKANA = re.compile(r"[\u30a1-\u30fa\u30fc-\u30fe\u31f0-\u31ff]")
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_PARTICLES = re.compile(
    r"(?:은|는|이|가|을|를|의|에|와|과|도|로|만|랑|씨|님|측|군|양|란|인|라|등|들|으로|에서|에게|께서|부터|까지|처럼|보다|한테|조차|마저|"
    r"이다|이며|이고|였다|이었다|에는|에도|에서는|에서도|에게는|와의|과의|으로서|로서|으로부터|로부터|이라는|라는)(?![\uac00-\ud7a3])"
)
_ARABIC, _HEBREW = re.compile(r"[\u0621-\u064a\u0671-\u06d3]"), re.compile(r"[\u05d0-\u05ea]")
_ARABIC_BEFORE = re.compile(r"[وف]?[بكلس]?(?:ال)?")
_HEBREW_BEFORE = re.compile(r"[והבכלמש]{1,3}")
# Scripts in which a name may be part of a longer run of letters.
JOINED_SCRIPTS = re.compile(
    r"[\u0590-\u06ff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u31f0-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]"
)
_MAX_BEFORE = 5  # letters of particles attached before a name


def stands_alone(text: str, start: int, end: int) -> bool:
    """Returns whether no word or number continues before `start` or after `end`.

    Scripts without spaces between words have no such border; in Arabic, Hebrew and Korean, particles may be attached to a name.
    """
    return _begins(text, start) and _ends(text, end)


def _begins(text: str, start: int) -> bool:
    before, first = text[start - 1 : start] if start else "", text[start]
    if not before:
        return True
    if first.isdigit() and before in ".," and text[start - 2 : start - 1].isdigit() and start > 1:
        return False
    if not _joined(before, first):
        return True
    for script, allowed in ((_ARABIC, _ARABIC_BEFORE), (_HEBREW, _HEBREW_BEFORE)):
        if script.match(first):
            low = start
            while low and start - low <= _MAX_BEFORE and script.match(text[low - 1]):
                low -= 1
            return bool(allowed.fullmatch(text[low:start]))
    return False


def _ends(text: str, end: int) -> bool:
    last, after = text[end - 1], text[end : end + 1]
    if not after:
        return True
    if last.isdigit() and after in ".," and text[end + 1 : end + 2].isdigit():
        return False
    if not _joined(last, after):
        return True
    return bool(_HANGUL.match(last) and _PARTICLES.match(text, end))


def _joined(first: str, second: str) -> bool:
    """Returns whether two neighbouring characters belong to the same word."""
    if not (_in_word(first) and _in_word(second)):
        return False
    if _WITHOUT_GAPS.match(first) or _WITHOUT_GAPS.match(second):
        return bool(_KATAKANA.match(first) and _KATAKANA.match(second))
    return bool(_HANGUL.match(first)) == bool(_HANGUL.match(second))


def _in_word(sign: str) -> bool:
    return sign.isalnum() or sign == "_"
