"""Splits a text too long for a chunk at the gentlest places: sentences, then lines, then words, then characters."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

TextSpan = tuple[int, int]
Cost = Callable[[str], int]

_ABBREVIATIONS = frozenset(
    """
    al approx bros ca capt cf ch co col corp dept dr ed eds eq eqs etc fig figs gen gov hon inc jr lt ltd max messrs min mr mrs
    ms mt no nos op p para pp prof ref rep rev sec sen sgt sr st tab vol vs e.g i.e u.s u.k a.m p.m ph.d jan feb mar apr jun
    jul aug sep sept oct nov dec bzw nr str z.b d.h
    """.split()  # noqa: SIM905
)
# A stop with its closing quotes and brackets, then white space; or a full-width stop, which needs none; or an empty line.
# A run of stops is tried from its first only: a megabyte of dots would cost its square.
_STOP = re.compile(r"(?<![.!?…؟۔।])[.!?…؟۔।]++[\"'”’»)\]]*+(?=\s)|[。！？｡]+[”’」』）]*|\n[ \t]*\n")
MAX_INDENT = 64
_LAST_WORD = re.compile(r"([^\s(\[\"'“‘«]+)\.$")
_BLANK = re.compile(r"\s+")
_WORD = re.compile(r"\S+")


def sentence_spans(text: str) -> list[TextSpan]:
    """Returns where each sentence stands, without the white space between them."""
    return _between(text, _sentence_ends(text))


def spans_that_fit(text: str, budget: int, cost: Cost) -> list[TextSpan]:
    """Returns where to cut the text so that every piece costs at most `budget`; all but white space is kept, in order.

    A sentence is cut only where it does not fit, a line only then, a word only when it alone is too long.
    """
    return list(_cut(text, (0, len(text)), budget, cost, _LADDER))


def _cut(
    text: str, span: TextSpan, budget: int, cost: Cost, ladder: tuple[Callable[[str], list[TextSpan]], ...]
) -> Iterator[TextSpan]:
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


def _line_spans(text: str) -> list[TextSpan]:
    return _between(text, (match.end() for match in re.finditer(r"\n", text)))


_LADDER = (sentence_spans, _line_spans)


def _fill(text: str, budget: int, cost: Cost) -> Iterator[TextSpan]:
    """Yields runs of whole words that fit; a word too long for the budget is cut into characters.

    Words are looked at as they are needed, at most `budget` at a time, since each costs 1 or more: a line of 60 MB has ten
    million.
    """
    found = _WORD.finditer(text)
    words: deque[TextSpan] = deque()
    near = 1
    while True:
        words.extend(match.span() for match in islice(found, max(1, budget) - len(words)))
        if not words:
            return
        count = _words_that_fit(text, words, near, cost, budget)
        near = count or near
        if count:
            yield words[0][0], words[count - 1][1]
        else:
            yield from _characters_that_fit(text, words[0], budget, cost)
        for _ in range(count or 1):
            words.popleft()


def _words_that_fit(text: str, words: Sequence[TextSpan], near: int, cost: Cost, budget: int) -> int:
    start = words[0][0]
    return _largest_fitting(len(words), lambda count: cost(text[start : words[count - 1][1]]) <= budget, near)


def _characters_that_fit(text: str, word: TextSpan, budget: int, cost: Cost) -> Iterator[TextSpan]:
    start, end = word
    taken = 1
    while start < end:
        taken = max(1, _longest_prefix(text, (start, end), taken, budget, cost))
        yield start, start + taken
        start += taken


def _longest_prefix(text: str, span: TextSpan, near: int, budget: int, cost: Cost) -> int:
    start, end = span
    return _largest_fitting(end - start, lambda count: cost(text[start : start + count]) <= budget, near)


def _largest_fitting(limit: int, fits: Callable[[int], bool], near: int = 1) -> int:
    """Returns the largest number up to `limit` that fits, or 0 if not even 1 does.

    The search starts from `near`, doubles its steps until the answer lies between two of them, then halves: pieces of a text
    are about as long as the piece before, so that a few tries are enough.
    """
    if limit < 1:
        return 0
    low, high, step = 0, limit + 1, 1  # low fits, high does not
    at = max(1, min(near, limit))
    while high - low > 1:
        if fits(at):
            low, at = at, at + step
        else:
            high, at = at, at - step
        step *= 2
        if not low < at < high:
            at = (low + high) // 2
            step = 1 if low == 0 or high == limit + 1 else step
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
    # A single capital is an initial ("J. Smith"); a number at the very start of a line is a list marker ("3. Cranes").
    if len(before) == 1 and before.isupper():
        return True
    if before.isdigit() and _begins_line(text, word.start()):
        return True
    return before.casefold() in _ABBREVIATIONS


def _begins_line(text: str, at: int) -> bool:
    """Returns whether only a few blanks stand between the line's start and this place."""
    before = text[max(0, at - MAX_INDENT) : at].rpartition("\n")
    return not before[2].strip() and (bool(before[1]) or at <= MAX_INDENT)


def _between(text: str, ends: Iterable[int]) -> list[TextSpan]:
    """Returns the spans that the ends cut the text into, without the white space around them."""
    spans: list[TextSpan] = []
    start = 0
    for end in (*ends, len(text)):
        if text[start:end].strip():
            spans.append(_stripped(text, start, end))
        start = end
    return spans


def _stripped(text: str, start: int, end: int) -> TextSpan:
    piece = text[start:end]
    low = start + len(piece) - len(piece.lstrip())
    return low, low + len(piece.strip())
