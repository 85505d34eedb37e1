"""The text of lines that are read as one: words divided at a line's end put together, compounds kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence

from fathom.conversion.layout.content import Line, Word
from fathom.conversion.layout.lines import UNSPACED

HYPHENS = "-\u2010\u00ad"
LONGEST_WORD = 200
DIVIDED_END = re.compile(rf"([^\W\d_]+)[{HYPHENS}]$")
FIRST_WORD = re.compile(r"[^\W\d_]+")
EDGES = re.compile(r"^[^\w]+|[^\w]+$")


def known_words(words: Iterable[Word]) -> frozenset[str]:
    """The words of a document in small letters, save those that a line's end divides."""
    known = set()
    for word in words:
        text = word.text
        if text[-1] not in HYPHENS:
            known.add(EDGES.sub("", text).casefold())
    return frozenset(known)


def join_texts(lines: Sequence[Line], known: Collection[str]) -> str:
    """One text of all lines. `known` words of the document tell a divided word from a compound."""
    text = ""
    for line in lines:
        text = appended(text, line.text, known) if text else line.text
    return unicodedata.normalize("NFC", text)


def appended(text: str, more: str, known: Collection[str] = ()) -> str:
    """The text that goes on with `more`: a word divided between them is put together, as far as it is known for one."""
    if not more:
        return text
    divided = DIVIDED_END.search(text, max(0, len(text) - LONGEST_WORD)) if text and text[-1] in HYPHENS else None
    if divided is not None:
        following = FIRST_WORD.match(more)
        if following is None:
            return text + more if more[0].isdigit() else f"{text} {more}"
        return text + more if _compound(divided.group(1), following.group(), known) else text[:-1] + more
    if UNSPACED.match(text[-1]) and UNSPACED.match(more[0]):
        return text + more
    return f"{text} {more}"


def _compound(first: str, second: str, known: Collection[str]) -> bool:
    """The hyphen belongs to the word rather than to the line's end."""
    a, b = first.casefold(), second.casefold()
    if f"{a}-{b}" in known:
        return True
    if a + b in known:
        return False
    if second[0].isupper() and not first.isupper():
        return True
    return len(a) > 2 and len(b) > 3 and a in known and b in known
