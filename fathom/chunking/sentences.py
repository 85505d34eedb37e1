"""A text too long for one chunk, cut at the gentlest places: sentences, then lines, then words, then characters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

Span = tuple[int, int]
Cost = Callable[[str], int]

_ABBREVIATIONS = frozenset(
    """
    al approx bros ca capt cf ch co col corp dept dr ed eds eq eqs etc fig figs gen gov hon inc jr lt ltd max messrs min mr mrs
    ms mt no nos op p para pp prof ref rep rev sec sen sgt sr st tab vol vs e.g i.e u.s u.k a.m p.m ph.d jan feb mar apr jun
    jul aug sep sept oct nov dec bzw nr str z.b d.h
    """.split()  # noqa: SIM905
)
# A stop with its closing quotes and brackets, then white space; or a full-width stop, which needs none; or an empty line.
_STOP = re.compile(r"[.!?…؟۔।]+[\"'”’»)\]]*(?=\s)|[。！？｡]+[”’」』）]*|\n[ \t]*\n")
_LAST_WORD = re.compile(r"([^\s(\[\"'“‘«]+)\.$")
_BLANK = re.compile(r"\s+")
_WORD = re.compile(r"\S+")


def sentence_spans(text: str) -> list[Span]:
    """Where each sentence stands, without the white space between them."""
    return _between(text, _sentence_ends(text))


def spans_that_fit(text: str, budget: int, cost: Cost) -> list[Span]:
    """Where to cut the text so that every piece costs at most `budget`; all but white space is kept, in order.

    A sentence is cut only where it does not fit, a line only then, a word only when it alone is too long.
    """
    return list(_cut(text, (0, len(text)), budget, cost, _LADDER))


def _cut(text: str, span: Span, budget: int, cost: Cost, ladder: tuple[Callable[[str], list[Span]], ...]) -> Iterator[Span]:
    start, end = span
    piece = text[start:end]
    if not piece.strip():
        return
    if cost(piece) <= budget:
        yield _stripped(text, start, end)
        return
    if ladder:
        for low, high in ladder[0](piece):
            yield from _cut(text, (start + low, start + high), budget, cost, ladder[1:])
        return
    yield from ((start + low, start + high) for low, high in _fill(piece, budget, cost))


def _line_spans(text: str) -> list[Span]:
    return _between(text, (match.end() for match in re.finditer(r"\n", text)))


_LADDER = (sentence_spans, _line_spans)


def _fill(text: str, budget: int, cost: Cost) -> Iterator[Span]:
    """Runs of whole words that fit; a word too long for the budget is cut into characters."""
    words = [match.span() for match in _WORD.finditer(text)]
    index = 0
    while index < len(words):
        count = _words_that_fit(text, words, index, budget, cost)
        if count:
            yield words[index][0], words[index + count - 1][1]
        else:
            yield from _characters_that_fit(text, words[index], budget, cost)
        index += count or 1


def _words_that_fit(text: str, words: list[Span], index: int, budget: int, cost: Cost) -> int:
    start = words[index][0]
    return _most(len(words) - index, lambda count: cost(text[start : words[index + count - 1][1]]) <= budget)


def _characters_that_fit(text: str, word: Span, budget: int, cost: Cost) -> Iterator[Span]:
    start, end = word
    while start < end:
        taken = max(1, _longest_prefix(text[start:end], budget, cost))
        yield start, start + taken
        start += taken


def _longest_prefix(text: str, budget: int, cost: Cost) -> int:
    return _most(len(text), lambda count: cost(text[:count]) <= budget)


def _most(limit: int, fits: Callable[[int], bool]) -> int:
    """The largest number up to `limit` that fits, by doubling and then halving; 0 if not even one does."""
    if limit < 1 or not fits(1):
        return 0
    low, step = 1, 1
    while low + step <= limit and fits(low + step):
        low += step
        step *= 2
    high = min(limit, low + step - 1)
    while low < high:
        middle = (low + high + 1) // 2
        if fits(middle):
            low = middle
        else:
            high = middle - 1
    return low


def _sentence_ends(text: str) -> Iterator[int]:
    for match in _STOP.finditer(text):
        following = _BLANK.match(text, match.end())
        next_character = text[following.end() : following.end() + 1] if following else ""
        if not match.group().startswith("\n") and next_character.islower():  # "Is it?" she said.
            continue
        if match.group().startswith(".") and _is_abbreviation(text, match.start()):
            continue
        yield match.end()


def _is_abbreviation(text: str, stop: int) -> bool:
    word = _LAST_WORD.search(text, max(0, stop - 24), stop + 1)
    if word is None:
        return False
    before = word.group(1)
    # One capital is an initial ("J. Smith"); a number at the very start of a line is a list marker ("3. Cranes").
    if len(before) == 1 and before.isupper():
        return True
    if before.isdigit() and not text[text.rfind("\n", 0, word.start()) + 1 : word.start()].strip():
        return True
    return before.casefold() in _ABBREVIATIONS


def _between(text: str, ends: Iterable[int]) -> list[Span]:
    """The spans that the ends cut the text into, without the white space around them."""
    spans: list[Span] = []
    start = 0
    for end in (*ends, len(text)):
        if text[start:end].strip():
            spans.append(_stripped(text, start, end))
        start = end
    return spans


def _stripped(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    low = start + len(piece) - len(piece.lstrip())
    return low, low + len(piece.strip())
