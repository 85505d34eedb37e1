"""Recognises lines of Chinese and Japanese that run from top to bottom, as opposed to lines of a single letter each."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from fathom.conversion.geometric.layout.page_content import Word
from fathom.conversion.geometric.layout.text_lines import UNSPACED

# So many letters below one another are a line; fewer may be a narrow column's.
SHORTEST = 4


def vertical_lines(words: Sequence[Word]) -> tuple[list[Word], list[Word]]:
    """Returns (words of lines that run across, lines that run down as a word each), both in the order of the file."""
    across: list[Word] = []
    down: list[Word] = []
    run: list[Word] = []
    for word in [*words, None]:
        if word is not None and len(word.text) == 1 and UNSPACED.match(word.text) and (not run or _below(run[-1], word)):
            run.append(word)
            continue
        if len(run) >= SHORTEST:
            down.append(_line(run, len(down)))
        else:
            across += run
        run = []
        if word is not None and len(word.text) == 1 and UNSPACED.match(word.text):
            run = [word]
        elif word is not None:
            across.append(word)
    return across, down


def _below(above: Word, word: Word) -> bool:
    step = word.baseline - above.baseline
    # stops and commas stand in a corner of their square
    slack = 2.2 if any(unicodedata.category(letter.text).startswith("P") for letter in (above, word)) else 0.8
    same_column = abs((word.l + word.r) - (above.l + above.r)) < slack * word.size
    return same_column and 0.3 * word.size < step < 1.8 * word.size


def _line(run: Sequence[Word], order: int) -> Word:
    l, r = min(word.l for word in run), max(word.r for word in run)
    text = "".join(word.text for word in run)
    return Word(text, l, run[0].t, r, run[-1].b, run[0].size, run[0].font, run[0].bold, order=order, baseline=run[-1].b)
