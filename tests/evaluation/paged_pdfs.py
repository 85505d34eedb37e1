"""PDFs set line by line: text that runs over columns and pages past notes and asides, and tables over the end of a page."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from reportlab.lib.colors import Color, black, lightgrey, whitesmoke
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from tests.evaluation.generated_pdfs import FAMILIES, NAMES, WORDS
from tests.evaluation.structure import Cells, GridWriter

Spans = tuple[str, int, int]  # a cell's text, its rows, its columns
MARGIN = 62.0


@dataclass
class PagedTable:
    """A table as it was written; `pages` is on how many it stands, `spanned` whether cells cover several rows or columns."""

    rows: Cells
    ruled: bool
    spanned: bool = False
    pages: int = 1


@dataclass
class PagedGold:
    """What the PDF says, part by part; `over` are the paragraphs that run over a column's or a page's end."""

    headings: list[str] = field(default_factory=list)
    paragraphs: list[str] = field(default_factory=list)
    over: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    asides: list[str] = field(default_factory=list)
    divided: list[str] = field(default_factory=list)
    tables: list[PagedTable] = field(default_factory=list)


class PagedWriter:
    """Writes one PDF from a seed; the same seed gives the same document."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(1000 + seed)
        self.gold = PagedGold()
        self.columns = 2 if seed % 3 == 0 else 1
        self.font, self.bold = self.random.choice(FAMILIES)
        self.size = self.random.choice([9.5, 10, 11])
        self.leading = self.size * self.random.choice([1.2, 1.3])
        self.justified = self.random.random() < 0.6
        self.dividing = self.random.random() < 0.8
        self.with_rule = self.random.random() < 0.6
        self.indent = self.random.choice([0.0, 12.0])
        self.gutter = 22.0
        self.width = (A4[0] - 2 * MARGIN - self.gutter * (self.columns - 1)) / self.columns
        self.column = self.columns
        self.notes = 0
        self.marks: list[int] = []
        self.beside: tuple[float, float] | None = None  # an aside's lower edge and its width
        self.parted = False

    def write(self, path: Path) -> PagedGold:
        """The PDF is at `path`."""
        self.canvas = Canvas(str(path), pagesize=A4, invariant=True)
        self.pages = 0
        self._next_column()
        self._heading(self._names(4), 18)
        makers = [self._aside, self._long_table, self._spanned_table]
        self.random.shuffle(makers)
        for make in [*makers, None]:
            self._heading(self._names(3), 13)
            for _ in range(self.random.randint(3, 5)):
                self._paragraph(self._text(self.random.randint(40, 130)))
            if make is not None:
                make()
        self.canvas.save()
        return self.gold

    def _text(self, count: int) -> str:
        words = self.random.choices(WORDS, k=count)
        for at in range(0, count, 14):
            words[at] = words[at].capitalize()
            words[max(0, at - 1)] += "." if at else ""
        return " ".join(words) + "."

    def _names(self, count: int) -> str:
        return " ".join(self.random.sample(NAMES, count))

    @property
    def _left(self) -> float:
        return MARGIN + self.column * (self.width + self.gutter)

    def _next_column(self) -> None:
        """The next column is free, its notes stand at its foot."""
        self.column += 1
        if self.column >= self.columns:
            if self.pages:
                self.canvas.showPage()
            self.pages += 1
            self.column = 0
            self.canvas.setFont(self.font, 8)
            self.canvas.drawCentredString(A4[0] / 2, 30, str(self.pages))
        self.y = A4[1] - MARGIN
        self.bottom = MARGIN
        self.parted = True
        self.beside = None
        self._set_notes(self.random.choice([0, 1, 1, 2]))

    def _set_notes(self, count: int) -> None:
        size = self.size - 2
        lines: list[tuple[int | None, str]] = []
        for _ in range(count):
            self.notes += 1
            text = self._text(self.random.randint(8, 24))
            self.gold.notes.append(text)
            self.marks.append(self.notes)
            for index, line in enumerate(self._broken(text, self.width - 8, size)):
                lines.append((self.notes if not index else None, line))
        y = MARGIN + len(lines) * size * 1.2
        if not lines:
            return
        self.bottom = y + 10
        if self.with_rule:
            self.canvas.line(self._left, y + 3, self._left + self.width / 3, y + 3)
        for number, line in lines:
            y -= size * 1.2
            if number is not None:
                self.canvas.setFont(self.font, size * 0.7)
                self.canvas.drawString(self._left, y + size * 0.35, str(number))
            self.canvas.setFont(self.font, size)
            self.canvas.drawString(self._left + 8, y, line)

    def _broken(self, text: str, width: float, size: float) -> list[str]:
        lines = [""]
        for word in text.split():
            longer = f"{lines[-1]} {word}".strip()
            if stringWidth(longer, self.font, size) > width:
                lines.append(word)
            else:
                lines[-1] = longer
        return lines

    def _heading(self, text: str, size: float) -> None:
        if self.y - 4 * size < self.bottom:
            self._next_column()
        self._past_aside()
        self.gold.headings.append(text)
        for line in self._broken(text, self.width * 0.8, size):
            self.y -= size * 1.25
            self.canvas.setFont(self.bold, size)
            self.canvas.drawString(self._left, self.y, line)
        self.y -= size * 0.6

    def _past_aside(self) -> None:
        if self.beside is not None:
            self.y = min(self.y, self.beside[0] - 6)
            self.beside = None

    def _paragraph(self, text: str) -> None:
        self.gold.paragraphs.append(text)
        words = text.split()
        self.parted = False
        first = True
        while words:
            if self.y - self.leading < self.bottom:
                self._next_column()
                if first:
                    self.parted = False
            self.y -= self.leading
            words = self._line(words, self.indent if first else 0.0)
            first = False
        if self.parted:
            self.gold.over.append(text)
        self.y -= 0 if self.indent else self.leading * 0.5

    def _line(self, words: list[str], indent: float) -> list[str]:
        """A line is set; the words that are left."""
        room = self.width - indent - (self.beside[1] if self.beside and self.y > self.beside[0] - self.leading else 0.0)
        if self.beside and self.y <= self.beside[0] - self.leading:
            self.beside = None
        held: list[str] = []
        used = -stringWidth(" ", self.font, self.size)
        for index, word in enumerate(words):
            wide = stringWidth(f" {word}", self.font, self.size)
            if used + wide <= room:
                held.append(word)
                used += wide
                continue
            head, tail = self._divided(word, room - used)
            rest = [tail, *words[index + 1 :]] if head else words[index:]
            self._draw(held + ([head] if head else []), indent, room, last=False)
            return rest
        self._draw(held, indent, room, last=True)
        return []

    def _divided(self, word: str, room: float) -> tuple[str, str]:
        if not self.dividing or len(word) < 7 or not word.isalpha():
            return "", word
        for at in range(len(word) - 3, 2, -1):
            if stringWidth(f" {word[:at]}-", self.font, self.size) <= room:
                self.gold.divided.append(word)
                return f"{word[:at]}-", word[at:]
        return "", word

    def _draw(self, held: list[str], indent: float, room: float, *, last: bool) -> None:
        mark = self.marks.pop(0) if self.marks and len(held) > 3 and self.random.random() < 0.3 else None
        raised = 0.0 if mark is None else stringWidth(str(mark), self.font, self.size * 0.6)
        wide = sum(stringWidth(word, self.font, self.size) for word in held) + raised
        blank = stringWidth(" ", self.font, self.size)
        if self.justified and not last and len(held) > 1:
            blank = (room - wide) / (len(held) - 1)
        x = self._left + indent
        for index, word in enumerate(held):
            self.canvas.setFont(self.font, self.size)
            self.canvas.drawString(x, self.y, word)
            x += stringWidth(word, self.font, self.size)
            if mark is not None and index == len(held) // 2:
                self.canvas.setFont(self.font, self.size * 0.6)
                self.canvas.drawString(x, self.y + self.size * 0.35, str(mark))
                x += raised
            x += blank

    def _aside(self) -> None:
        """A box beside the text, or in a narrow column between its paragraphs."""
        text, size = self._text(self.random.randint(20, 45)), self.size - 1
        self.gold.asides.append(text)
        wide = self.width if self.columns == 2 else self.width * 0.4
        lines = self._broken(text, wide - 14, size)
        high = len(lines) * size * 1.25 + 14
        if self.y - high - 8 < self.bottom:
            self._next_column()
        x, top = self._left + self.width - wide, self.y - 6
        shade = self.random.choice([lightgrey, whitesmoke, None])
        self.canvas.setFillColor(shade or Color(1, 1, 1))
        self.canvas.rect(x, top - high, wide, high, stroke=shade is None or self.random.random() < 0.5, fill=1)
        self.canvas.setFillColor(black)
        y = top - 7
        for line in lines:
            y -= size * 1.25
            self.canvas.setFont(self.font, size)
            self.canvas.drawString(x + 7, y + 2, line)
        if self.columns == 2:
            self.y = top - high - 6
            return
        self.beside = (top - high, wide + 12)
        while self.beside is not None:
            self._paragraph(self._text(self.random.randint(40, 90)))

    def _long_table(self) -> None:
        """A table that goes on over the end of a page; its header comes again there, or does not."""
        self._past_aside()
        columns = self.random.randint(2, 3 if self.columns == 2 else 5)
        kind = self.random.choice(["grid", "booktabs", "bare"])
        again = self.random.random() < 0.5
        header = [self.random.choice(WORDS[:40]).capitalize() for _ in range(columns)]
        step = self.size * 1.6
        here = int((self.y - self.bottom) / step)
        count = max(here, 4) + self.random.randint(4, 14)
        figures = [False, *(self.random.random() < 0.5 for _ in range(columns - 1))]
        rows = [[self._value(figures[c], row) for c in range(columns)] for row in range(count)]
        table = PagedTable([header, *rows], kind == "grid")
        self.gold.tables.append(table)
        if here < 4:
            self._next_column()
        self.y -= 10
        edges = [self._left + self.width * at / columns for at in range(columns + 1)]
        self._row(header, edges, step, kind, bold=True, top=True)
        for index, row in enumerate(rows):
            if self.y - step < self.bottom:
                left = self._left
                self._next_column()
                table.pages += 1
                edges = [edge + self._left - left for edge in edges]
                if again:
                    self._row(header, edges, step, kind, bold=True, top=True)
            self._row(row, edges, step, kind, bold=False, top=kind == "grid", last=index == count - 1)
        self.y -= 14

    def _value(self, figure: bool, row: int) -> str:
        return f"{self.random.randint(1, 99_999):,}" if figure else f"{self.random.choice(NAMES)} {row + 1}"

    def _row(
        self, texts: list[str], edges: list[float], step: float, kind: str, *, bold: bool, top: bool, last: bool = False
    ) -> None:
        self.y -= step
        self.canvas.setFont(self.bold if bold else self.font, self.size - 0.5)
        for text, left in zip(texts, edges, strict=False):
            self.canvas.drawString(left + 4, self.y + 0.3 * step, text)
        if kind == "grid":
            for left, right in pairwise(edges):
                self.canvas.rect(left, self.y, right - left, step, fill=0)
        elif kind == "booktabs":
            if top:
                self.canvas.line(edges[0], self.y + step, edges[-1], self.y + step)
            if top or last:
                self.canvas.line(edges[0], self.y, edges[-1], self.y)

    def _spanned_table(self) -> None:
        """Group names over several columns, and, in one with rules, names that stand for several rows."""
        self._past_aside()
        ruled = self.random.random() < 0.6
        groups, each = self.random.choice([(2, 2), (2, 1), (1, 3)] if self.columns == 2 else [(2, 2), (3, 2), (2, 3), (1, 4)])
        if each == 1:
            groups, each = 1, 2
        columns = 1 + groups * each
        names = self.random.sample(NAMES, groups)
        top: list[Spans] = [("Region", 2, 1), *((f"Group {name}", 1, each) for name in names)]
        second: list[Spans] = [(f"{self.random.choice(WORDS[:30]).capitalize()} {at + 1}", 1, 1) for at in range(groups * each)]
        rows = [top, second]
        for block in range(self.random.randint(2, 3)):
            high = self.random.randint(2, 3) if ruled else 1
            for line in range(high):
                first: list[Spans] = [(f"{self.random.choice(NAMES)} {block}", high, 1)] if not line else []
                rows.append([*first, *((str(self.random.randint(10, 9_999)), 1, 1) for _ in range(groups * each))])
        step = self.size * 1.7
        if self.y - step * (len(rows) + 2) < self.bottom:
            self._next_column()
        self.y -= 10
        writer = GridWriter()
        edges = [self._left + self.width * at / columns for at in range(columns + 1)]
        taken: set[tuple[int, int]] = set()
        start = self.y
        for number, row in enumerate(rows):
            writer.row()
            column = 0
            for text, high, wide in row:
                while (number, column) in taken:
                    column += 1
                writer.cell(text, high, wide)
                taken.update((number + down, column + right) for down in range(high) for right in range(wide))
                box = (edges[column], start - (number + high) * step, edges[column + wide], start - number * step)
                self._spanning_cell(text, box, ruled=ruled, head=number < 2, wide=wide)
                column += wide
        self.y = start - len(rows) * step - 14
        if not ruled:
            for y in (start, start - 2 * step, start - len(rows) * step):
                self.canvas.line(edges[0], y, edges[-1], y)
        self.gold.tables.append(PagedTable(writer.rows(), ruled, spanned=True))

    def _spanning_cell(self, text: str, box: tuple[float, float, float, float], *, ruled: bool, head: bool, wide: int) -> None:
        left, low, right, high = box
        self.canvas.setFont(self.bold if head else self.font, self.size - 1)
        y = (low + high) / 2 - self.size * 0.3
        if wide > 1:
            self.canvas.drawCentredString((left + right) / 2, y, text)
            if not ruled:
                self.canvas.line(left + 4, low, right - 4, low)
        else:
            self.canvas.drawString(left + 4, y, text)
        if ruled:
            self.canvas.rect(left, low, right - left, high - low, fill=0)
