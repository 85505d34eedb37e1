"""Tells compounds that are written with a hyphen from words that a line's end divides, where the document does not."""

from __future__ import annotations

# First parts behind which a hyphen belongs to the word, save before these endings.
FIRST = frozenset({"self", "well", "ill", "quasi", "pseudo", "vice", "all", "cross", "half", "mid", "post"})
ENDINGS = ("ish", "less", "ness", "hood", "ing", "ed", "er", "es", "ry", "tion", "al", "ence", "ance", "pone", "pect", "pose")
# "post-war", but "posture": the second part must be so long.
MIN_LETTERS = 3
TENS = frozenset({"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"})
_ONES = "one two three four five six seven eight nine first second third fourth fifth sixth seventh eighth ninth"
ONES = frozenset(_ONES.split())
# Parts of compounds that stand before and behind a hyphen.
_MEASURES = (
    "long short high low full part real large small first second third two three four five six seven eight nine ten "
    "single double multi state open closed top bottom left right front back north south east west user data time best "
    "worst"
)
MEASURES = frozenset(_MEASURES.split())
_MEASURED = (
    "term scale class quality cost level hand handed rate end run range party year day week month hour minute speed "
    "volume lived based sized friendly driven ranking performing resolution dimensional point part page time order "
    "wide off income risk income profile tier sided spread"
)
MEASURED = frozenset(_MEASURED.split())
_LAST = "based related oriented driven specific dependent known called friendly aged sized shaped colored coloured"
LAST = frozenset(_LAST.split())
# Small words within chains such as mother-in-law and state-of-the-art.
_LINKS = "a and at by de for from in la le of on one or the to up"
LINKS = frozenset(_LINKS.split())


def is_hyphenated(first: str, second: str) -> bool:
    """Returns whether the two parts, in small letters, are written with a hyphen between them."""
    if len(first) == 1:
        return True  # e-mail, x-ray: no word is divided behind its first letter
    if first in TENS:
        return second in ONES
    if first in FIRST:
        return len(second) > MIN_LETTERS - (first in {"post", "mid", "all"}) and not second.startswith(ENDINGS)
    return (first in MEASURES and second in MEASURED) or (len(first) > 2 and second in LAST)


def is_link(first: str, second: str) -> bool:
    """Returns whether the parts go on with a chain of words, of which others stand before them with hyphens."""
    return first.casefold() in LINKS or second.casefold() in LINKS
