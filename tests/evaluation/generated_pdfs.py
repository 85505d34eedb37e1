"""PDFs of varied looks whose headings, tables and reading order are known, because they are written here."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_LEFT
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import (
    BaseDocTemplate,
    Frame,
    KeepTogether,
    ListFlowable,
    ListItem,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

VOCABULARY = (
    "river market engine silver report harbour winter measure signal garden paper bridge mountain contract energy window "
    "teacher journey colour balance history village forest number machine science letter meeting valley railway station season "
    "product customer delivery schedule budget analysis method result chapter section figure model system network process "
    "quality the of and to in for with on by from at as into over under between through during before after about against"
)
TREES = "Alder Birch Cedar Dogwood Elm Fir Ginkgo Hazel Ivy Juniper Larch Maple Oak Pine Rowan Spruce Teak Willow Yew"
WORDS = VOCABULARY.split()
NAMES = TREES.split()
FAMILIES = (("Helvetica", "Helvetica-Bold"), ("Times-Roman", "Times-Bold"))


@dataclass
class Gold:
    """What a generated PDF says: `words` in reading order, without running headers and footers."""

    headings: list[str] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)  # of the headings; 0 is the title
    tables: list[list[list[str]]] = field(default_factory=list)
    ruled: list[bool] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    columns: int = 1
    furniture: list[str] = field(default_factory=list)


class Writer:
    """Writes one PDF from a seed; the same seed gives the same document."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.gold = Gold(columns=2 if seed % 3 == 0 else 1)
        self.font, self.bold = self.random.choice(FAMILIES)
        self.size = self.random.choice([9, 9.5, 10, 11, 12])
        self.numbered = self.random.random() < 0.5
        self.running = self.random.random() < 0.7
        self.title = self._title(5).title()
        bold_only = self.random.random() < 0.3
        self.heads = [self.size + (0.0 if bold_only else step) for step in (5, 2.5, 1.2)]
        self.body = ParagraphStyle(
            "body",
            fontName=self.font,
            fontSize=self.size,
            leading=self.size * self.random.choice([1.15, 1.2, 1.35]),
            alignment=self.random.choice([TA_JUSTIFY, TA_LEFT]),
            spaceAfter=self.random.choice([0, 4, 8]),
            firstLineIndent=0,
        )
        if self.body.spaceAfter == 0:
            self.body.firstLineIndent = 14
        self.counters = [0, 0, 0]

    def write(self, path: Path) -> Gold:
        """The PDF is at `path`."""
        page = self.random.choice([A4, LETTER])
        margin = self.random.choice([54, 64, 72])
        width, height = page[0] - 2 * margin, page[1] - 2 * margin
        gutter = self.random.choice([16, 20, 28])
        each = (width - gutter * (self.gold.columns - 1)) / self.gold.columns
        frames = [
            Frame(
                margin + i * (each + gutter), margin, each, height, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0
            )
            for i in range(self.gold.columns)
        ]
        document = BaseDocTemplate(str(path), pagesize=page, invariant=True)
        document.addPageTemplates(PageTemplate(frames=frames, onPage=partial(self._furnish, page=page, margin=margin)))
        document.build(self._story(each))
        return self.gold

    def _furnish(self, canvas: Any, document: Any, page: tuple[float, float], margin: float) -> None:
        if self.running:
            canvas.setFont(self.font, 8)
            canvas.drawString(margin, page[1] - 36, self.title)
            canvas.drawCentredString(page[0] / 2, 30, f"Page {document.page}")
            self.gold.furniture += [*self.title.split(), "Page", str(document.page)]

    def _story(self, width: float) -> list[Any]:
        style = ParagraphStyle("title", fontName=self.bold, fontSize=self.size + 9, leading=self.size + 12, spaceAfter=14)
        style.alignment = self.random.choice([TA_CENTER, TA_LEFT])
        story: list[Any] = [Paragraph(self.title, style)]
        self.gold.headings.append(self.title)
        self.gold.levels.append(0)
        self._say(self.title)
        for _ in range(self.random.randint(3, 6)):
            story += self._heading(0)
            story += self._paragraphs()
            for _ in range(self.random.randint(0, 2)):
                story += self._heading(1)
                story += self._paragraphs()
                if self.random.random() < 0.25:
                    story += self._heading(2)
                    story += self._paragraphs()
            chance = self.random.random()
            if chance < 0.45:
                story += self._table(width)
            elif chance < 0.7:
                story += self._list()
        return story

    def _heading(self, level: int) -> list[Any]:
        self.counters[level] += 1
        self.counters[level + 1 :] = [0] * (2 - level)
        text = self._title(self.random.randint(1, 5)).capitalize()
        if self.numbered:
            number = ".".join(str(max(1, n)) for n in self.counters[: level + 1])
            text = f"{number} {text}"
        style = ParagraphStyle(
            f"h{level}",
            fontName=self.bold,
            fontSize=self.heads[level],
            leading=self.heads[level] * 1.2,
            spaceBefore=12,
            spaceAfter=5,
        )
        style.keepWithNext = 1
        self.gold.headings.append(text)
        self.gold.levels.append(level + 1)
        self._say(text)
        return [Paragraph(text, style)]

    def _paragraphs(self) -> list[Any]:
        found = []
        for _ in range(self.random.randint(1, 3)):
            text = " ".join(self._sentence() for _ in range(self.random.randint(2, 6)))
            self._say(text)
            found.append(Paragraph(text, self.body))
        return found

    def _list(self) -> list[Any]:
        items = [self._sentence(self.random.randint(4, 16)) for _ in range(self.random.randint(3, 6))]
        numbered = self.random.random() < 0.4
        for index, item in enumerate(items, start=1):
            self._say(f"{index} {item}" if numbered else item)
        style = ParagraphStyle("item", parent=self.body, firstLineIndent=0, spaceAfter=1)
        kind = {"bulletType": "1", "bulletFormat": "%s."} if numbered else {"bulletType": "bullet", "start": "•"}
        flowables = [ListItem(Paragraph(item, style)) for item in items]
        return [
            ListFlowable(flowables, leftIndent=18, bulletFontSize=self.size, bulletFontName=self.font, **kind),
            Spacer(1, 6),
        ]

    def _table(self, width: float) -> list[Any]:
        columns = self.random.randint(2, 3 if self.gold.columns == 2 else 6)
        rows = self.random.randint(3, 9)
        cells = [[self._title(1).capitalize() for _ in range(columns)]]
        numeric = [False, *(self.random.random() < 0.6 for _ in range(columns - 1))]
        for _ in range(rows):
            cells.append([self._number() if numeric[c] else self._cell() for c in range(columns)])
        kind = self.random.choice(["grid", "grid", "booktabs", "bare", "bare", "striped"])
        size = self.size - self.random.choice([0, 1])
        style = [("FONT", (0, 0), (-1, -1), self.font, size), ("FONT", (0, 0), (-1, 0), self.bold, size)]
        style += [("ALIGN", (c, 0), (c, -1), "RIGHT") for c in range(columns) if numeric[c]]
        if kind == "grid":
            style.append(("GRID", (0, 0), (-1, -1), 0.5, colors.black))
        if kind == "booktabs":
            style += [("LINEABOVE", (0, 0), (-1, 0), 1, colors.black), ("LINEBELOW", (0, 0), (-1, 0), 0.5, colors.black)]
            style.append(("LINEBELOW", (0, -1), (-1, -1), 1, colors.black))
        if kind == "striped":
            style.append(("ROWBACKGROUNDS", (0, 1), (-1, -1), [colors.whitesmoke, colors.lightgrey]))
        self.gold.tables.append(cells)
        self.gold.ruled.append(kind == "grid")
        for row in cells:
            self._say(" ".join(row))
        full = self.random.random() < 0.6
        widths = [width / columns] * columns if full else None
        table = Table(cells, colWidths=widths, style=TableStyle(style))
        whole = self.random.random() < 0.9  # the others may go on over the end of a page
        return [Spacer(1, 8), KeepTogether(table) if whole else table, Spacer(1, 10)]

    def _cell(self) -> str:
        return " ".join(self.random.sample(NAMES, self.random.randint(1, 2)))

    def _number(self) -> str:
        large, small = self.random.randint(1, 99999), self.random.randint(1, 99)
        return self.random.choice([f"{large:,}", f"{self.random.random() * 100:.1f}%", f"{small}"])

    def _title(self, count: int) -> str:
        return " ".join(self.random.sample(WORDS[:52], count))

    def _sentence(self, count: int | None = None) -> str:
        words = self.random.choices(WORDS, k=count or self.random.randint(6, 18))
        return " ".join(words).capitalize() + "."

    def _say(self, text: str) -> None:
        self.gold.words += text.split()
