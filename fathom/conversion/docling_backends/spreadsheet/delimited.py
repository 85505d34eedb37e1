"""Detects the dialect of a delimited text from a whole sample, not its first line."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

DELIMITERS = (",", ";", "\t", "|")
# Tried only if no common delimiter splits the lines evenly: delimiters of exports whose texts contain all others.
SELDOM_DELIMITERS = ("^", "~", "¦", "§")
# Enough rows to detect their common form; a file may have a million rows.
SAMPLE_CHARACTERS = 200_000
SAMPLE_ROWS = 400
MAX_TITLES = 20  # lines allowed above a table
MAX_CELL_CHARACTERS = 10_000_000  # of a quoted cell; csv's own bound is 131,072
_DECLARED = re.compile(r"\A\ufeff?\"?sep=(.)\"?[ \t]*(?:\r\n|\r|\n|\Z)", re.I)
_ENTITY = re.compile(r"&#?\w{1,10};")
_ADDRESS = re.compile(r"[a-z]+://\S+", re.I)


@dataclass(frozen=True, slots=True)
class Dialect:
    """The delimiter and quoting of cells; the delimiter of a single-column text is a character that no text has."""

    delimiter: str = "\x1e"
    escape: str | None = None  # the character before a quote or delimiter that is part of a cell
    quote: str = '"'
    skips_blanks: bool = False  # between a delimiter and a quote

    def rows(self, lines: Iterable[str]) -> Iterator[list[str]]:
        """Yields the rows of the text, cell by cell. A quote that is never closed ends with the text."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote,
            doublequote=True,
            escapechar=self.escape,
            skipinitialspace=self.skips_blanks,
            strict=False,
        )


def dialect_of(text: str) -> Dialect | None:
    """Returns the dialect of the text; None if no delimiter splits its lines evenly."""
    sample = text[:SAMPLE_CHARACTERS]
    if len(text) > len(sample):
        sample = sample[: sample.rfind("\n") + 1] or sample  # the last line may be cut
    escape = "\\" if re.search(r'\\["]', sample) and '""' not in sample.replace('\\"', "") else None
    best, most = None, 0.0
    for delimiter in DELIMITERS:
        if delimiter not in sample:
            continue
        for escaped in {escape, "\\" if f"\\{delimiter}" in sample else escape}:
            dialect = Dialect(delimiter, escaped, _quote(sample, delimiter), _has_blanks_before_quotes(sample, delimiter))
            score = _score(dialect, sample)
            if score > most + 1e-9:
                best, most = dialect, score
    return best if best is not None else _seldom_dialect(sample)


def _quote(sample: str, delimiter: str) -> str:
    """Returns the single quotation mark if it encloses many cells and the double quotation mark none."""
    if '"' in sample or "'" not in sample:
        return '"'
    ends = re.compile(rf"(?:^|{re.escape(delimiter)})'[^'\n]*(?:''[^'\n]*)*'(?={re.escape(delimiter)}|$)", re.M)
    return "'" if len(ends.findall(sample)) > sample.count("\n") else '"'


def _has_blanks_before_quotes(sample: str, delimiter: str) -> bool:
    mark = re.escape(delimiter)
    return delimiter != "\t" and re.search(rf'{mark} +"[^"\n]*"[ \t]*(?:{mark}|$)', sample, re.M) is not None


def _seldom_dialect(sample: str) -> Dialect | None:
    """Returns the dialect whose delimiter occurs equally often in each of several lines."""
    lines = [line for line in sample.splitlines()[:SAMPLE_ROWS] if line.strip()]
    for delimiter in SELDOM_DELIMITERS:
        counts = {line.count(delimiter) for line in lines}
        if len(lines) > 1 and len(counts) == 1 and counts != {0}:
            return Dialect(delimiter)
    return None


def declared_dialect(text: str) -> tuple[Dialect | None, str]:
    """Returns the delimiter that a first line `sep=;` declares to Excel, and the text without that line."""
    found = _DECLARED.match(text)
    return (Dialect(found.group(1)), text[found.end() :]) if found is not None else (None, text)


def lines_of(text: str) -> Iterator[str]:
    """Yields the lines of a text with their ends; NUL characters, which csv does not take, are omitted."""
    start = 0
    text = text.replace("\0", "") if "\0" in text else text
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


def _score(dialect: Dialect, sample: str) -> float:
    """Scores a delimiter: uniform rows of several cells count for it, torn cells and other delimiters in them against it."""
    widths: Counter[int] = Counter()
    cells = foreign = torn = titles = 0
    # commas occur in numbers and sentences, and a delimiter before a blank belongs to a sentence
    others = re.compile(rf"[{''.join({';', '|', chr(9)} - {dialect.delimiter})}](?! )")
    for number, row in enumerate(_rows(dialect, sample)):
        if number >= SAMPLE_ROWS:
            break
        filled = _trim(row)
        if not filled:
            continue
        if len(filled) == 1 and not widths and number < MAX_TITLES:
            titles += 1
            continue
        widths[len(filled)] += 1
        cells += len(filled)
        plain = [_ADDRESS.sub("", _ENTITY.sub("", cell)) if "&" in cell or ":" in cell else cell for cell in filled]
        foreign += sum(bool(others.search(cell)) for cell in plain if "\n" not in cell)
        torn += sum(_is_torn(before, cell, dialect.delimiter) for before, cell in pairwise(plain))
    wide = sum(count for width, count in widths.items() if width > 1)
    rows = sum(widths.values()) + (titles if titles > wide else 0)
    if 2 * wide < rows or not wide:  # lines of prose, some with a comma
        return 0.0
    width, count = max(((w, c) for w, c in widths.items() if w > 1), key=lambda item: (item[1], item[0]))
    near = sum(c for w, c in widths.items() if w > 1 and abs(w - width) <= 1)
    alike = 0.6 * count / rows + 0.4 * near / rows
    share = wide / rows
    clean = (1 - foreign / cells) ** 2 * (1 - 0.5 * torn / cells)
    return alike * share * clean * (1 - 0.3 / width) * (1 - 0.5**wide)  # more rows give more confidence


def _is_torn(before: str, cell: str, delimiter: str) -> bool:
    """Returns whether a delimiter splits a sentence or, as a comma, a number."""
    if cell.startswith(" ") and delimiter in ",;":
        return True
    return delimiter == "," and before[-1:].isdigit() and len(cell) < 3 and cell.isdigit()


def _rows(dialect: Dialect, sample: str) -> Iterator[list[str]]:
    rows = dialect.rows(lines_of(sample))
    while True:
        try:
            yield next(rows)
        except (StopIteration, csv.Error):
            return


def _trim(row: list[str]) -> list[str]:
    end = len(row)
    while end and not row[end - 1].strip():
        end -= 1
    return row[:end]
