"""Missing words that are not lost: written with a blank more or less, or set apart because every page repeats them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from fathom.conversion.quality.comparable_words import pieces, words_of
from fathom.conversion.quality.shown_text import ShownText
from fathom.conversion.quality.source_words.source_block import SourceBlock

# Stands for a number in a cell, whose letters depend on its format.
FIGURE = "#"
# Letters that a longer string of the surplus must share before it counts as the same word.
MIN_SHARED = 4
# Letters of a running header that may be part of a longer one.
MIN_HEADER = 8
# Lines at the top of a page among which is the header of a table that goes on.
MAX_TOP_LINES = 10
MIN_LINE_WORDS = 3
# Words beside the number of a page: Page 3 of 10.
BESIDE_NUMBERS = frozenset(
    {
        "page", "p", "pg", "pp", "of", "seite", "s", "von", "folio", "sida", "av", "från", "side", "af", "fra", "pagina",
        "página", "pág", "de", "di", "strana", "stránka", "z", "str", "стр", "страница", "из", "第", "页", "頁", "共",
    }
)  # fmt: skip
# Letters of a sign in a formula, which pages put beside each other in their own ways.
MAX_SIGN = 2
# Letters compared at most where words were separated or joined otherwise; past it they count as missing.
MAX_COMPARED = 400_000_000

DIGIT = re.compile(r"\d")
# A word with the mark of a note behind or before it.
NOTED = re.compile(r"([^\W\d_]{2,})\d{1,3}|\d{1,3}([^\W\d_]{2,})")


@dataclass(frozen=True, slots=True)
class Hit:
    """A block with missing words; the word before it and the word after it may belong to it."""

    block: SourceBlock
    words: list[str]
    before: str
    after: str


def forgive_spacing(
    hits: Sequence[Hit],
    missing: Counter[str],
    surplus: Counter[str],
    shown: Sequence[ShownText],
    *,
    by_letters: bool,
    in_lines: bool,
) -> None:
    """Takes words off `missing` that are shown with a blank more or less than the source has: CO2, 10^6, a divided word.

    They are looked for in `surplus`, the words that are shown more often than the source has them. `by_letters`: words of one
    or two letters count as shown if their letters are left over, whatever they stand beside; not those of a block that has no
    other words, unless blocks are the lines of a page (`in_lines`), where a formula may be a line.
    """
    del surplus[FIGURE]
    if not surplus:
        return
    runs = ["".join(run) for text in shown for piece in pieces(text.text) for run in _runs(words_of(piece), surplus)]
    left_over = "\n".join(runs)
    whole = {*runs, *surplus, *(noted[1] or noted[2] for word in surplus if (noted := NOTED.fullmatch(word)))}
    budget = MAX_COMPARED
    for hit in hits:
        words = [hit.before, *hit.words, hit.after]
        for first, last in spans(hit.words, missing):
            run = "".join(hit.words[first:last])
            before, after = words[first], words[last + 1]
            same = bool({run, before + run, run + after, before + run + after} & whole) or _is_noted(run, surplus)
            if not same and len(run) >= MIN_SHARED and budget > 0:
                budget -= len(left_over)
                same = run in left_over
            if same:
                missing.subtract(hit.words[first:last])
    if by_letters:
        _forgive_signs(hits, missing, surplus, in_lines=in_lines)


def forgive_set_apart(hits: Sequence[Hit], missing: Counter[str], there: Counter[str], apart: Iterable[str]) -> int:
    """Takes running headers and page numbers off `missing`; headers only where they are shown once, numbers aside.

    Returns how many words they were.
    """
    set_apart = Counter(_without_numbers(words_of(text)) for text in apart)
    everything = "\n".join(set_apart)
    taken = 0
    for hit in hits:
        words = [word for word in hit.words if missing[word] > 0]
        if not words:
            continue
        named = [word for word in hit.words if not DIGIT.search(word)]
        line = "".join(named or hit.words)
        if set_apart[line] > 0:
            set_apart[line] -= 1
        elif all(word.isdecimal() and set_apart[word] > 0 for word in words):
            set_apart.subtract(words)
            named = []
        elif len(line) < MIN_HEADER or line not in everything:
            continue
        is_page_number = not set(named) - BESIDE_NUMBERS
        if is_page_number or len(named) < 2 or all(there[word] for word in named):
            missing.subtract(words)
            taken += len(words)
    return taken


def forgive_shown_once(hits: Sequence[Hit], missing: Counter[str], there: Counter[str], source: Sequence[SourceBlock]) -> None:
    """Takes lines off `missing` that several pages have and that are shown once: headers of a table that goes on or of pages.

    Of fewer than three words, which may be a cell, only at the top of a page.
    """
    seen: Counter[str] = Counter()
    again: Counter[str] = Counter()
    page, first = "", 0
    for index, block in enumerate(source):
        if block.where != page:
            page, first = block.where, index
        text = _on_one_line(block)
        if seen[text] and (index - first < MAX_TOP_LINES or len(text.split()) >= MIN_LINE_WORDS):
            again[text] += 1
        seen[text] += 1
    for hit in hits:
        times = again.pop(_on_one_line(hit.block), 0)
        if times and all(there[word] and missing[word] >= times for word in hit.words):
            missing.subtract(dict.fromkeys(hit.words, times))


def _on_one_line(block: SourceBlock) -> str:
    return " ".join(block.text.split())


def spans(words: Sequence[str], chosen: Counter[str]) -> Iterator[tuple[int, int]]:
    """Yields (first, last + 1) of the longest runs of words that are counted in `chosen`."""
    first: int | None = None
    for index, word in enumerate(words):
        if chosen[word] > 0:
            first = index if first is None else first
        elif first is not None:
            yield first, index
            first = None
    if first is not None:
        yield first, len(words)


def _runs(words: Sequence[str], chosen: Counter[str]) -> Iterator[Sequence[str]]:
    for first, last in spans(words, chosen):
        yield words[first:last]


def _is_noted(word: str, surplus: Counter[str]) -> bool:
    noted = NOTED.fullmatch(word)
    return noted is not None and surplus[noted[1] or noted[2]] > 0


def _forgive_signs(hits: Sequence[Hit], missing: Counter[str], surplus: Counter[str], *, in_lines: bool) -> None:
    letters: Counter[str] = Counter()
    for word, count in surplus.items():
        for letter in word:
            letters[letter] += count
    for hit in hits:
        if not in_lines and all(missing[word] > 0 for word in hit.words if word != FIGURE):
            continue
        for word in hit.words:
            if missing[word] > 0 and len(word) <= MAX_SIGN and word != FIGURE and not Counter(word) - letters:
                missing[word] -= 1
                letters -= Counter(word)


def _without_numbers(words: Sequence[str]) -> str:
    """Returns the words as one string without those that have a digit; all of them where there is nothing else."""
    return "".join(word for word in words if not DIGIT.search(word)) or "".join(words)
