"""Writes raised and lowered figures: CO2 and m2 as the eye sees them, 10^3 and 12^a where plain figures would mislead."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from fathom.conversion.geometric.layout.page_content import Word

# Raised and lowered text is so large, in the size of the text it belongs to; its baseline is so far off, in ems.
MAX_SIZE, MIN_SIZE = 0.88, 0.42
RAISED, LOWERED = 0.12, 0.06
# Figures as large as the text are raised or lowered if they stand so far off, in ems.
LIKE, SHIFTED, MAX_RAISE = 1.02, 0.2, 0.6
# It stands so close to the text, in ems, and its middle so far above or below it at most.
MIN_GAP, MAX_GAP = -0.5, 0.25
BEYOND = 0.4
DESCENT = 0.22  # of a font below its baseline, ems
ORDINALS = frozenset({"st", "nd", "rd", "th", "er", "ère", "re", "nde", "e", "ème", "eme", "me", "ste", "de"})
UNITS = frozenset({"cm", "dm", "ft", "ha", "hm", "km", "mm", "nm", "yd", "mol", "rad", "dag"})
LETTERS_AT_END = re.compile(r"[^\W\d_]+$")
FRACTION = re.compile(r"\d+\s?[/\u2044]")
LETTER_RUN = 4


def script_of(word: Word, base: Word) -> int:
    """Returns 1 if the word is raised beside text of the size of `base`, -1 if it is lowered, else 0."""
    size = base.size
    if not MIN_SIZE * size <= word.size <= LIKE * size:
        return 0
    up = (base.b - DESCENT * size) - (word.b - DESCENT * word.size)
    if word.size > MAX_SIZE * size and not (SHIFTED * size < abs(up) < MAX_RAISE * size and word.text[-1:].isdigit()):
        return 0
    return 1 if up > RAISED * size else -1 if up < -LOWERED * size else 0


def touches(word: Word, last: Word, base: Word) -> bool:
    """Returns whether the raised or lowered word stands right behind `last`, and no higher or lower than such words do."""
    size = base.size
    middle = (word.t + word.b) / 2
    return (
        MIN_GAP * size < word.l - last.r < MAX_GAP * size
        and base.t - BEYOND * size < middle < base.b + BEYOND * size
        and script_of(word, base) != 0
    )


def joined(said: str, text: str, script: int) -> str:
    """Returns the text of a raised (1) or lowered (-1) word as it is written behind `said`."""
    last = said[-1:]
    if FRACTION.match(text):
        return f" {text}"
    digits = text.lstrip("+-−–")[:1].isdigit()
    if script < 0:
        return f"_{text}" if last.isdigit() and digits else text
    if not digits and not text[:1].isalpha():
        return text
    if last.isdigit():
        return text if text.lower() in ORDINALS else f"^{text}"
    run = LETTERS_AT_END.search(said)
    if run is None:
        return f"^{text}"
    letters = run.group()
    if digits:
        return f"^{text}" if text[0].isdigit() and _is_word(letters) else text
    return text if letters[-1].isupper() or text.lower() in ORDINALS else f"^{text}"


def _is_word(letters: str) -> bool:
    """Returns whether the letters are a word: no unit or element, whose power or number is part of it."""
    if letters.lower() in UNITS:
        return False
    return len(letters) > 2 or (len(letters) == 2 and letters.islower())


def letter_spaced(words: Sequence[Word]) -> set[int]:
    """Returns the places in a line of words that have no blank before them, for their letters are only set wide apart."""
    close: set[int] = set()
    start = 0
    for end in range(len(words) + 1):
        if end < len(words) and len(words[end].text) == 1 and words[end].text.isalpha():
            continue
        if end - start >= LETTER_RUN:
            close |= _closed_up(words, start, end)
        start = end + 1
    return close


def _closed_up(words: Sequence[Word], start: int, end: int) -> set[int]:
    run = words[start:end]
    gaps = [max(b.l - a.r, a.l - b.r) for a, b in pairwise(run)]
    alphabet = sum(ord(b.text.lower()) - ord(a.text.lower()) == 1 for a, b in pairwise(run))
    if len(run) == LETTER_RUN and run[0].text.islower():
        return set()
    if min(gaps) <= 0 or alphabet > len(run) // 2 or len({word.text for word in run}) == 1:
        return set()
    least = min(gaps)
    close = {start + index + 1 for index, gap in enumerate(gaps) if gap < 1.5 * least + 0.05 * run[0].size}
    return close if len(close) >= 0.6 * len(gaps) else set()
