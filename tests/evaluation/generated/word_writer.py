"""Writes a generated document as a Word file: python-docx's empty one with paragraphs in raw XML."""

from __future__ import annotations

import io
from html import escape
from typing import Any

from docx import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml

from tests.evaluation.generated.content import Block, Cell, Grid, Heading, Items, Line, Paragraph, Story

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
NOTES = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
PROPERTIES = {"bold": "<w:b/>", "italic": "<w:i/>", "underline": '<w:u w:val="single"/>'}
BULLETS, NUMBERS = ("List Bullet", "List Bullet 2", "List Bullet 3"), ("List Number", "List Number 2", "List Number 3")


def word_file(story: Story) -> bytes:
    """Returns the file."""
    document = Document()
    writer = _Writer(document)
    body = document.element.body
    last = body[-1]
    for block in story:
        for element in writer.block(block):
            last.addprevious(parse_xml(element))
    if writer.notes:
        inside = "".join(
            f'<w:footnote w:id="{number}"><w:p><w:r><w:footnoteRef/></w:r>{writer.line(note)}</w:p></w:footnote>'
            for number, note in enumerate(writer.notes, 1)
        )
        blob = f'<?xml version="1.0" encoding="UTF-8"?><w:footnotes {W} {R}>{inside}</w:footnotes>'.encode()
        part = Part(PackURI("/word/footnotes.xml"), NOTES, blob, document.part.package)
        document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


class _Writer:
    def __init__(self, document: Any) -> None:
        self.notes: list[Line] = []
        self._ids = {style.name: style.style_id for style in document.styles}
        self._link = document.part.relate_to("https://example.org/a", RELATIONSHIP_TYPE.HYPERLINK, is_external=True)

    def block(self, block: Block) -> list[str]:
        """Returns the block's elements."""
        if isinstance(block, Heading):
            return [self._paragraph(block.line, self._ids[f"Heading {block.level}"])]
        if isinstance(block, Paragraph):
            return [self._paragraph(block.line, "", self._mark(block.note))]
        return self._items(block, 0) if isinstance(block, Items) else [self._grid(block)]

    def line(self, line: Line) -> str:
        """Returns the line's runs."""
        return "".join(self._run(run.text, run.mark) for run in line)

    def _mark(self, note: Line) -> str:
        if not note:
            return ""
        self.notes.append(note)
        return f'<w:r><w:footnoteReference w:id="{len(self.notes)}"/></w:r>'

    def _paragraph(self, line: Line, style: str, more: str = "") -> str:
        properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
        return f"<w:p {W} {R}>{properties}{self.line(line)}{more}</w:p>"

    def _run(self, text: str, mark: str) -> str:
        run = f'<w:r><w:rPr>{PROPERTIES.get(mark, "")}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'
        if mark == "link":
            return f'<w:hyperlink r:id="{self._link}">{run}</w:hyperlink>'
        if mark == "wrapped":
            return f'<w:proofErr w:type="spellStart"/><w:ins w:id="9" w:author="a">{run}</w:ins><w:proofErr w:type="spellEnd"/>'
        return run

    def _items(self, items: Items, depth: int) -> list[str]:
        found: list[str] = []
        for item in items.items:
            style = self._ids[(NUMBERS if items.ordered else BULLETS)[depth]]
            found.append(self._paragraph(item.line, style))
            found += self._items(item.below, depth + 1) if item.below else []
        return found

    def _grid(self, grid: Grid) -> str:
        width = sum(cell.across for cell in grid.rows[0])
        columns = '<w:gridCol w:w="1000"/>' * width
        rows = ""
        for number, row in enumerate(grid.rows):
            header = "<w:trPr><w:tblHeader/></w:trPr>" if grid.header and not number else ""
            rows += f"<w:tr>{header}{''.join(self._cell(cell) for cell in row)}</w:tr>"
        return f"<w:tbl {W} {R}><w:tblPr/><w:tblGrid>{columns}</w:tblGrid>{rows}</w:tbl>"

    def _cell(self, cell: Cell) -> str:
        below = "".join(self.block(cell.below)) if cell.below is not None else ""
        if isinstance(cell.below, Grid):
            below += f"<w:p {W}/>"  # a cell ends with a paragraph
        span = f'<w:gridSpan w:val="{cell.across}"/>' if cell.across > 1 else ""
        return f"<w:tc><w:tcPr>{span}</w:tcPr>{self._paragraph(cell.line, '')}{below}</w:tc>"
