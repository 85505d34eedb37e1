"""Reads data tables with their headers and spans, and layout tables as their content."""

from __future__ import annotations

from lxml import etree

from fathom.conversion.docling_backends.html.elements.code import language_of, text_of_code
from fathom.conversion.docling_backends.html.elements.table_parts import (
    HtmlRow,
    HtmlTable,
    code_listing,
    header_depth,
    holds_blocks,
    is_empty,
    is_header_cell,
    is_layout,
    names_row,
    parts_of_table,
    span,
)
from fathom.conversion.docling_backends.html.html_reader import MAX_STRUCTURES, PageReader
from fathom.conversion.docling_backends.markup.markup_blocks import Cell, Code, MarkupTable, Paragraph
from fathom.conversion.docling_backends.markup.markup_inline import PLAIN, Run


def read_table(reader: PageReader, element: etree._Element) -> None:
    """Reads a table."""
    if reader.structures >= MAX_STRUCTURES or reader.is_single_line:
        reader.container(element)
        return
    reader.end_line()
    parts = parts_of_table(element)
    for stray in parts.strays:
        reader.element(stray)
    reader.end_line()
    if code := code_listing(parts):
        _read_code(reader, code)
    elif is_layout(element, parts):
        for caption in parts.captions:
            reader.container(caption)
        _read_layout(reader, parts)
    else:
        _read_data(reader, parts)


def _read_code(reader: PageReader, cells: list[etree._Element]) -> None:
    text = "\n".join(text_of_code(cell) for cell in cells)
    if text.strip():
        reader.add(Code(text.rstrip(), next((name for cell in cells[:1] if (name := language_of(cell))), "")))


def _read_data(reader: PageReader, parts: HtmlTable) -> None:
    caption: list[Run] = []
    for element in parts.captions:
        caption += [Run(" "), *reader.single_line(element)] if caption else reader.single_line(element)
    depth = header_depth(parts.rows)
    was_in_cell, reader.in_cell = reader.in_cell, True
    reader.structures += 1
    rows = [[_cell(reader, cell, row, number < depth) for cell in row.cells] for number, row in enumerate(parts.rows)]
    reader.structures -= 1
    reader.in_cell = was_in_cell
    if any(cell.blocks for row in rows for cell in row):
        reader.blocks.append(MarkupTable(rows, caption))
    elif caption:
        reader.blocks.append(Paragraph(caption, "caption"))


def _cell(reader: PageReader, element: etree._Element, row: HtmlRow, in_header: bool) -> Cell:
    if len(element) == 0 and "style" not in element.attrib:
        text = " ".join((element.text or "").split())
        blocks = [Paragraph([Run(text)])] if text.isascii() and text else reader.inside(element)
    else:
        blocks = reader.inside(element)
    rows = span(element, "rowspan") or row.left
    names_its_row = not in_header and is_header_cell(element)
    return Cell(
        blocks=list(blocks),
        row_span=min(rows, row.left),
        column_span=max(1, span(element, "colspan")),
        column_header=in_header and not names_row(element),
        row_header=names_its_row or (in_header and names_row(element)),
    )


def _read_layout(reader: PageReader, parts: HtmlTable) -> None:
    """Reads the cells in sequence, except rows whose lines stand side by side: these are a data table."""
    run: list[HtmlRow] = []
    for row in parts.rows:
        filled = [cell for cell in row.cells if not is_empty(cell)]
        if len(filled) >= 2 and not any(holds_blocks(cell) for cell in filled):
            if run and _width(run[-1]) != _width(row):
                _read_lines(reader, run)
                run = []
            run.append(row)
            continue
        _read_lines(reader, run)
        run = []
        for cell in filled:
            reader.container(cell)
            reader.end_line()
    _read_lines(reader, run)


def _width(row: HtmlRow) -> int:
    return sum(max(1, span(cell, "colspan")) for cell in row.cells)


def _read_lines(reader: PageReader, rows: list[HtmlRow]) -> None:
    if len(rows) > 1:
        _read_data(reader, HtmlTable(rows=[HtmlRow(row.cells, left=len(rows) - number) for number, row in enumerate(rows)]))
        return
    for row in rows:
        for cell in row.cells:
            for block in reader.inside(cell):
                if isinstance(block, Paragraph):
                    for piece in block.runs:
                        reader.line.add(piece.text, piece.style)
                    reader.line.add(" ", PLAIN)
                else:
                    reader.waiting.append(block)
        reader.end_line()
