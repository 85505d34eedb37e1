"""Docling's CSV backend with detection of the delimiter, the header row and the lines around a table."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from docling.backend.csv_backend import CsvDocumentBackend
from docling_core.types.doc import DocItemLabel, DoclingDocument, DocumentOrigin, TableData

from fathom.conversion.docling_backends.spreadsheet.block import CellBlock
from fathom.conversion.docling_backends.spreadsheet.delimited import (
    MAX_CELL_CHARACTERS,
    MAX_TITLES,
    Dialect,
    declared_dialect,
    dialect_of,
    lines_of,
)
from fathom.conversion.docling_backends.spreadsheet.plain_cells import plain_cell
from fathom.conversion.docling_backends.spreadsheet.sheet import CellKind, SheetCell
from fathom.conversion.docling_backends.spreadsheet.sheet_headers import has_header, is_header_like
from fathom.conversion.report import Notice

MAX_GRID = 900_000  # docling refuses a table of more than a million cells, empty cells counted
MAX_PARTS = 500  # tables of a text
MAX_HEADINGS = 3  # lines above a table that is not the first
_SAMPLED = 200
_NUMBER = re.compile(r"[-+(]?\s*[$€£¥]?\s*\d[\d., '\u00a0\u202f]*\s*[%€$£]?\)?|[-+]?\d+(?:[.,]\d+)?[eE][-+]?\d+")
_DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[T ].*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}(?: .*)?"
    r"|\d{1,2}:\d{2}(?::\d{2})?(?: ?[AaPp][Mm])?"
)


@dataclass(slots=True)
class DelimitedText:
    """A delimited text: the lines above its table, the rows, how many of them are headers, and the lines below."""

    titles: list[str] = field(default_factory=list[str])
    rows: list[list[str]] = field(default_factory=list[list[str]])
    depth: int = 0
    remarks: list[str] = field(default_factory=list[str])


class CsvBackend(CsvDocumentBackend):
    """CsvDocumentBackend with its own reader of rows.

    Docling 2.142.1 sniffs the delimiter from the first line, takes that line for the header, fails on a stray quote and warns
    of ragged rows; not needed once it examines a whole sample.
    """

    notices: list[Notice] = []  # noqa: RUF012  # nothing is omitted of a delimited text

    def convert(self) -> DoclingDocument:
        """Writes the lines above the table, the table and the lines below it."""
        origin = DocumentOrigin(filename=self.file.name or "file.csv", mimetype="text/csv", binary_hash=self.document_hash)
        doc = DoclingDocument(name=self.file.stem or "file.csv", origin=origin)
        for part in delimited_parts(self.content.getvalue()):
            _write(part, doc)
        return doc


def _write(text: DelimitedText, doc: DoclingDocument) -> None:
    titles = [doc.add_text(label=DocItemLabel.CAPTION if text.rows else DocItemLabel.TEXT, text=line) for line in text.titles]
    if text.rows:
        width = max(map(len, text.rows))
        step = max(1, MAX_GRID // width - text.depth)
        header, body = text.rows[: text.depth], text.rows[text.depth :]
        for start in range(0, max(1, len(body)), step):
            table = doc.add_table(data=_table([*header, *body[start : start + step]], text.depth, width))
            table.captions.extend(item.get_ref() for item in (titles if start == 0 else []))
    for line in text.remarks:
        doc.add_text(label=DocItemLabel.TEXT, text=line)


def delimited_parts(text: str) -> list[DelimitedText]:
    """Reads a delimited text, in parts if it has several tables; all cells are kept, also of ragged rows."""
    declared, text = declared_dialect(text.lstrip("\ufeff"))
    dialect = declared or dialect_of(text) or Dialect()
    limit = csv.field_size_limit(MAX_CELL_CHARACTERS)
    try:
        rows = list(dialect.rows(lines_of(text)))
    finally:
        csv.field_size_limit(limit)
    return [_read_part(part) for part in _parts(rows)]


def _read_part(rows: Sequence[list[str]]) -> DelimitedText:
    found = DelimitedText()
    start, end = _table_rows(rows)
    found.titles = [_line(row) for row in rows[:start] if _filled(row)]
    found.remarks = [_line(row) for row in rows[end:] if _filled(row)]
    found.rows = [row for row in rows[start:end] if row]
    found.depth = int(len(found.rows) > 1 and has_header(_sample(found.rows)))
    return found


def _parts(rows: list[list[str]]) -> list[list[list[str]]]:
    """Splits the rows at empty lines behind which another table begins: column names, optionally below a title."""
    parts: list[list[list[str]]] = [[]]
    width = 0  # of the part's widest row
    after_gap = False
    for number, row in enumerate(rows):
        if after_gap and width > 1 and len(parts) < MAX_PARTS and _filled(row) and _begins_table(rows, number, width):
            parts.append([])
            width = 0
        after_gap = not _filled(row)
        parts[-1].append(row)
        width = max(width, len(_filled(row)))
    return parts


def _begins_table(rows: Sequence[list[str]], start: int, width: int) -> bool:
    """Returns whether column names follow, or a title and column names; `width` is that of the previous table.

    Name-value fields above a table are no table of their own.
    """
    first = start
    while first < len(rows) and first - start < MAX_HEADINGS and len(_filled(rows[first])) == 1:
        first += 1
    names = _filled(rows[first]) if first < len(rows) else []
    if len(names) < 2 or (first == start and width < 3):
        return False
    end = first
    while end < len(rows) and end - first < _SAMPLED and _filled(rows[end]):
        end += 1
    return is_header_like(_sample(rows[first:end]))


def _table_rows(rows: Sequence[list[str]]) -> tuple[int, int]:
    """Returns the first and last row of the table, without single-cell lines above its header or behind an empty line."""
    widths = Counter(len(row) for row in rows if len(_filled(row)) > 1)
    if not widths:
        return 0, len(rows)
    start = 0
    while start < len(rows) and start < MAX_TITLES and len(_filled(rows[start])) < 2:
        start += 1
    if start == MAX_TITLES or start == len(rows):
        start = 0
    else:
        width = max(widths, key=lambda width: (widths[width], width))
        start = _behind_fields(rows, start, width)
        # a title with a delimiter in it
        if len(_filled(rows[start])) < width <= len(rows[min(start + 1, len(rows) - 1)]) and is_header_like(
            _sample(rows[start + 1 : start + _SAMPLED])
        ):
            start += 1
    end = len(rows)
    while end > start and len(_filled(rows[end - 1])) < 2:
        end -= 1
    # without an empty line between, a last line of a single cell is a ragged row
    if end < len(rows) and any(_filled(row) for row in rows[end:]) and _filled(rows[end]):
        end = len(rows)
    return start, end


def _behind_fields(rows: Sequence[list[str]], start: int, width: int) -> int:
    """Skips name-value lines (`Station;Alta`) that an empty line separates from a wider table."""
    at = start
    while at < len(rows) and at - start < MAX_TITLES and len(_filled(rows[at])) == 2 and width > 2:
        at += 1
    if at > start and at < len(rows) and not _filled(rows[at]):
        while at < len(rows) and len(_filled(rows[at])) < 2:
            at += 1
        return at if at < len(rows) else start
    return start


def _filled(row: Sequence[str]) -> list[str]:
    return [cell for cell in row if cell.strip()]


def _line(row: Sequence[str]) -> str:
    if any(cell.startswith(" ") for cell in row[1:]):  # a sentence, split at its commas
        return ",".join(row).rstrip(", ")
    filled = [cell.strip() for cell in _filled(row)]
    return f"{filled[0].rstrip(':')}: {filled[1]}" if len(filled) == 2 else " ".join(filled)


def _sample(rows: Sequence[list[str]]) -> CellBlock:
    """Returns the first rows as sheet cells, whose kinds reveal a header."""
    cells = {}
    for number, row in enumerate(rows[:_SAMPLED]):
        placed = [(column, SheetCell(cell.strip(), kind_of(cell))) for column, cell in enumerate(row) if cell.strip()]
        if placed:
            cells[number] = placed
    return CellBlock(cells)  # without empty rows


def kind_of(text: str) -> CellKind:
    """Returns the kind of a text: a number, also with a decimal comma, a date or other text."""
    text = text.strip()
    if _NUMBER.fullmatch(text):
        return "number"
    return "date" if _DATE.fullmatch(text) else "text"


def _table(rows: Sequence[list[str]], depth: int, width: int) -> TableData:
    data = TableData(num_rows=len(rows), num_cols=width)
    cells = data.table_cells
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            cells.append(plain_cell(cell, (number, number + 1), (column, column + 1), column_header=number < depth))
    return data
