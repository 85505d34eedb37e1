"""Compares what was made of a generated document with what it says: words, headings with levels, cells in their rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import Any

from markdown_it import MarkdownIt

from fathom.conversion.quality.comparable_words import words_of
from fathom.conversion.quality.shown_text import shown_texts
from fathom.conversion.report import ConvertedDocument
from fathom.conversion.structure.document_blocks import DocumentBlock, Heading, ReadDocument

NOTE = re.compile(r"(?m)^\[\^[^\]]+\]:")
BREAK = re.compile(r"(?i)<br\s*/?>")

Neighbours = Counter[tuple[str, ...]]
"""How often cells stand beside each other."""


@dataclass(frozen=True)
class Gold:
    """What must be found: texts, headings with their levels, rows of the tables' cells."""

    texts: tuple[str, ...]
    headings: tuple[tuple[int, str], ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass
class Score:
    """Of each measure, how many there are and how many were found."""

    wanted: Counter[str] = field(default_factory=Counter[str])
    found: Counter[str] = field(default_factory=Counter[str])

    def add(self, measure: str, gold: Counter[Any], made: Counter[Any]) -> None:
        """Counts what of the gold was made."""
        self.wanted[measure] += gold.total()
        self.found[measure] += (gold & made).total()

    def share(self, measure: str) -> float:
        """Returns the share that was found; 1 where there was nothing to find."""
        return self.found[measure] / self.wanted[measure] if self.wanted[measure] else 1.0

    def total(self, other: Score) -> None:
        """Adds another document's score."""
        self.wanted.update(other.wanted)
        self.found.update(other.found)

    @property
    def is_whole(self) -> bool:
        """Tells whether everything was found."""
        return self.wanted == self.found


def score(gold: Gold, made: ConvertedDocument) -> Score:
    """Returns the document's score."""
    read = ReadDocument(made.document, made.report.kind)
    parts = read.parts
    scored = Score()
    wanted = Counter(word for text in gold.texts for word in words_of(text))
    scored.add("words", wanted, Counter(word for one in shown_texts(read) for word in words_of(one.text)))
    scored.add("words of the Markdown", wanted, Counter(words_of(rendered(made.markdown))))
    heads = [(part.level, _squashed(part.text)) for part in parts if isinstance(part, Heading)]
    wanted_heads = [(level, _squashed(text)) for level, text in gold.headings]
    scored.add("headings", Counter(text for _, text in wanted_heads), Counter(text for _, text in heads))
    scored.add("headings with levels", Counter(_ranked(wanted_heads)), Counter(_ranked(heads, wanted_heads)))
    tables = [part.table for part in parts if isinstance(part, DocumentBlock) and part.table is not None]
    rows = [cells for table in tables for cells in (table.columns, *(row.cells for row in table.rows))]
    wanted_cells = _neighbours([[_words(cell) for cell in row] for row in gold.rows])
    made_rows = [[_words(cell) for cell in row] for row in rows]
    made_cells = [_neighbours(made_rows), _neighbours([_with_notes_off(row) for row in made_rows])]
    scored.add("cells", wanted_cells, max((_as_wanted(made, wanted_cells) for made in made_cells), key=Counter.total))
    return scored


def rendered(markdown: str) -> str:
    """Returns what a reader of the rendered Markdown sees."""
    texts: list[str] = []
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(NOTE.sub("", markdown)):
        if token.children is None:
            texts.append(token.content if token.type in ("fence", "code_block") else "")
            continue
        texts.append("".join(" " if BREAK.fullmatch(one.content) or "break" in one.type else _said(one.type, one.content)
                             for one in token.children))  # fmt: skip
    return "\n".join(texts)


def _said(kind: str, content: str) -> str:
    return content if kind in ("text", "code_inline") else ""


def _squashed(text: str) -> str:
    return "".join(words_of(text))


def _ranked(heads: Sequence[tuple[int, str]], among: Sequence[tuple[int, str]] | None = None) -> Iterable[tuple[int, str]]:
    """Yields the headings with their levels below the highest of them, of those whose text is `among` the others."""
    texts = {text for _, text in (heads if among is None else among)}
    kept = [(level, text) for level, text in heads if text in texts]
    top = min((level for level, _ in kept), default=0)
    return [(level - top, text) for level, text in kept]


def _words(text: str) -> str:
    return "".join(f"{word} " for word in words_of(text))


def _with_notes_off(row: Sequence[str]) -> list[str]:
    """Returns the row with each cell that begins as the cell before it as that: both may say the same, and one have a note."""
    cells = list(row)
    for place, (before, cell) in enumerate(pairwise(row)):
        if before and (cell.startswith(before) or before.startswith(cell)):
            cells[place] = cells[place + 1] = min(before, cell, key=len)
    return cells


def _as_wanted(made: Neighbours, wanted: Neighbours) -> Neighbours:
    """Returns the neighbours as they are wanted where their cells begin so: a list, a table or a note may stand behind it."""
    same = made & wanted
    left, rest = wanted - same, made - same
    for pair in sorted(left.elements(), key=lambda cells: -sum(map(len, cells))):
        of_it = (
            cells
            for cells in rest
            if len(cells) == len(pair) and all(cell.startswith(begin) for cell, begin in zip(cells, pair, strict=True))
        )
        if (found := min(of_it, key=lambda cells: sum(map(len, cells)), default=None)) is not None:
            rest = rest - Counter([found])
            same[pair] += 1
    return same


def _neighbours(rows: Iterable[Sequence[str]]) -> Neighbours:
    """Counts the pairs of cells beside each other, empty ones and repetitions left out."""
    counted: Neighbours = Counter()
    for row in rows:
        cells = [cell for cell, _ in groupby(cell for cell in row if cell)]
        counted.update(pairwise(cells) if len(cells) > 1 else [tuple(cells)] if cells else [])
    return counted
