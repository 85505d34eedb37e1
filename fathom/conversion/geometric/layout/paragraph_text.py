"""Joins the text of lines: words divided at a line's end are put together, compounds kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence

from fathom.conversion.geometric.layout.page_content import PageLine, Word
from fathom.conversion.geometric.layout.spelling.brackets import with_brackets_as_spoken
from fathom.conversion.geometric.layout.spelling.hyphenated import is_hyphenated, is_link
from fathom.conversion.geometric.layout.text_lines import UNSPACED

HYPHENS = "-\u2010\u00ad"
MAX_WORD = 200
DIVIDED_END = re.compile(rf"([^\W\d_]+)[{HYPHENS}]$")
FIRST_WORD = re.compile(r"[^\W\d_]+")
CHAIN = re.compile(rf"[^\W\d_]+[{HYPHENS}][^\W\d_]+[{HYPHENS}]$")
EDGES = re.compile(r"^[^\w]+|[^\w]+$")


def known_words(words: Iterable[Word]) -> frozenset[str]:
    """Returns the words of a document in small letters, save those that a line's end divides."""
    known = set()
    for word in words:
        text = word.text
        if text[-1] not in HYPHENS:
            known.add(EDGES.sub("", text).casefold())
    return frozenset(known)


def join_texts(lines: Sequence[PageLine], known: Collection[str]) -> str:
    """Returns the text of all lines. `known` words of the document distinguish a divided word from a compound."""
    text = ""
    for line in lines:
        text = append_text(text, line.text, known) if text else line.text
    return with_brackets_as_spoken(unicodedata.normalize("NFC", text))


def append_text(text: str, more: str, known: Collection[str] = ()) -> str:
    """Returns the text continued by `more`: a word divided between them is joined, if it is known as a word."""
    if not more:
        return text
    if text[-1:] and text[-1] in HYPHENS:
        start = max(0, len(text) - MAX_WORD)
        divided = DIVIDED_END.search(text, start)
        following = FIRST_WORD.match(more)
        if divided is not None and following is not None:
            first, second = divided.group(1), following.group()
            compound = _compound(first, second, known) or (CHAIN.search(text, start) and is_link(first, second))
            return text + more if compound else text[:-1] + more
        if text[-2:-1].isalnum() and more[0].isalnum():  # COVID-19, 1914-1918, 3-fold
            return text + more
        return f"{text} {more}"
    if UNSPACED.match(text[-1]) and UNSPACED.match(more[0]):
        return text + more
    return f"{text} {more}"


def _compound(first: str, second: str, known: Collection[str]) -> bool:
    """Returns whether the hyphen belongs to the word rather than to the line's end."""
    a, b = first.casefold(), second.casefold()
    if f"{a}-{b}" in known:
        return True
    if a + b in known:
        return False
    if (second[0].isupper() and not first.isupper()) or is_hyphenated(a, b):
        return True
    return len(a) > 2 and len(b) > 3 and a in known and b in known
