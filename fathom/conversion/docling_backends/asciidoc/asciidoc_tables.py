"""Reads the tables of AsciiDoc: cells in any arrangement of lines, spans, repeated cells, styles, CSV and DSV."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fathom.conversion.docling_backends.asciidoc.asciidoc_lines import BlockAttributes
from fathom.conversion.docling_backends.markup.markup_blocks import Cell, Code, MarkupBlock, MarkupTable, Paragraph
from fathom.conversion.docling_backends.markup.markup_inline import InlineStyle, Run
from fathom.errors import DocumentTooLarge

MAX_CELLS = 1_000_000
MAX_COLUMNS = 1_000
_SPEC = r"(?:(\d+)(?:\.(\d+))?([+*])|\.(\d+)(\+))?(?:[<^>](?:\.[<^>])?|\.[<^>])?([adehlmsv])?"
_BEFORE_BAR = re.compile(rf"(?:^|(?<=[ \t\n])){_SPEC}$")
_COLUMN = re.compile(r"^(?:(\d+)\*)?(?:[<^>](?:\.[<^>])?|\.[<^>])?(?:\d+%?|~)?([adehlmsv])?$")
_STYLES = {"s": InlineStyle(bold=True), "e": InlineStyle(italic=True), "m": InlineStyle(code=True)}
ReadAsciidocBlocks = Callable[[list[str]], list[MarkupBlock]]
ReadRuns = Callable[[str, InlineStyle], list[Run]]


@dataclass(slots=True)
class _RawCell:
    """A cell as in the file, with the spec before its bar; `line` is its first line."""

    text: str
    line: int
    columns: int = 1
    rows: int = 1
    copies: int = 1
    style: str = ""


class TableReader:
    """Reads tables; `blocks` reads the lines of an AsciiDoc cell, `runs` the text of any other."""

    def __init__(self, blocks: ReadAsciidocBlocks, runs: ReadRuns) -> None:
        self._blocks, self._runs = blocks, runs

    def table(self, lines: list[str], delimiter: str, attributes: BlockAttributes, caption: list[Run]) -> MarkupTable:
        """Returns the table between its delimiters, such as `|===`. Raises DocumentTooLarge beyond MAX_CELLS cells."""
        form = attributes.named.get("format", {",": "csv", ":": "dsv"}.get(delimiter[0], "psv"))
        default = {"csv": ",", "tsv": "\t", "dsv": ":"}.get(form, delimiter[0] if delimiter[0] in "|!" else "|")
        separator = attributes.named.get("separator", default).replace("\\t", "\t") or default
        columns = _columns(attributes.named.get("cols", ""))
        if form in ("csv", "tsv"):
            cells = _csv_cells(lines, separator)
        elif form == "dsv":
            cells = _dsv_cells(lines, separator)
        else:
            cells = _bar_cells(lines, separator, len(columns))
        width = len(columns) or _first_line_width(cells)
        columns = columns or [""] * width
        rows = _arrange(cells, width)
        head = self._has_head(lines, rows, attributes)
        found = [[self._cell(cell, columns, at, head and number == 0) for at, cell in row] for number, row in enumerate(rows)]
        return MarkupTable(found, caption)

    def bare_table(self, lines: list[str]) -> MarkupTable:
        """Returns lines that begin with a bar, without delimiters, as a table; the first is its head."""
        return self.table(lines, "|===", BlockAttributes(options={"header"}), [])

    def _has_head(self, lines: list[str], rows: list[list[tuple[int, _RawCell]]], attributes: BlockAttributes) -> bool:
        """Returns whether the first row is the head: declared, of header cells, or followed by a blank line."""
        if "header" in attributes.options:
            return True
        if "noheader" in attributes.options or len(lines) < 2 or not lines[0] or not rows:
            return False
        if all(cell.style == "h" for _, cell in rows[0]):
            return True
        return not lines[1] and all(cell.line == 0 for _, cell in rows[0])

    def _cell(self, cell: _RawCell, columns: Sequence[str], at: int, is_head: bool) -> Cell:
        style = cell.style or (columns[at] if at < len(columns) else "")
        blocks: list[MarkupBlock]
        if is_head:
            blocks = [Paragraph(self._runs(" ".join(cell.text.split()), InlineStyle()))]
        elif style == "a":
            blocks = self._blocks(cell.text.strip("\n").split("\n"))
        elif style == "l":
            blocks = [Code(cell.text.strip("\n"))]
        else:
            parts = re.split(r"\n[ \t]*\n", cell.text.strip())
            blocks = [Paragraph(self._runs(part, _STYLES.get(style, InlineStyle()))) for part in parts if part.strip()]
        return Cell(blocks, cell.rows, cell.columns, column_header=is_head, row_header=style == "h" and not is_head)


def _columns(spec: str) -> list[str]:
    """Returns the style of each column of a spec such as `1,2a` or `3*`."""
    found: list[str] = []
    for part in re.split(r"[,;]", spec) if spec.strip() else []:
        column = _COLUMN.match(part.strip())
        times, style = (int((column[1] or "1")[:6]), column[2] or "") if column is not None else (1, "")
        found += [style] * min(times, MAX_COLUMNS)
    return found[:MAX_COLUMNS]


def _bar_cells(lines: list[str], separator: str, width: int) -> list[_RawCell]:
    """Returns the cells separated by bars; a spec before a bar belongs to the cell behind it."""
    found: list[_RawCell] = []
    bar = re.compile(rf"(?<!\\){re.escape(separator)}")
    spec: re.Match[str] | None = None
    closed = all(line.endswith(separator) for line in lines if line)
    for number, line in enumerate(lines):
        pieces = bar.split(line)
        begun = len(found)
        for index, piece in enumerate(pieces):
            text = piece.replace(f"\\{separator}", separator)
            spec_after = _BEFORE_BAR.search(piece) if index + 1 < len(pieces) else None
            if spec_after is not None and spec_after[0]:
                text = text[: len(text) - len(spec_after[0])]
            if index == 0:
                if found:
                    found[-1].text += "\n" + text
                elif text.strip():
                    found.append(_RawCell(text, number))
            else:
                found.append(_raw_cell(text, number, spec))
            spec = spec_after
        if len(found) - begun > 1 and not found[-1].text.strip() and (closed or len(found) - begun == (width or begun) + 1):
            found.pop()  # a closing bar, as in Markdown tables
        width = width or len(found)
        if len(found) > MAX_CELLS:
            raise DocumentTooLarge(f"A table in it has more than {MAX_CELLS} cells.", hint="Split the table.")
    return found


def _raw_cell(text: str, line: int, spec: re.Match[str] | None) -> _RawCell:
    cell = _RawCell(text, line)
    if spec is not None:
        first, second, sign = spec[1], spec[2], spec[3]
        if sign == "*":
            cell.copies = _number(first)
        elif sign == "+":
            cell.columns, cell.rows = _number(first), _number(second)
        elif spec[4]:
            cell.rows = _number(spec[4])
        cell.style = spec[6] or ""
    return cell


def _number(digits: str | None) -> int:
    return min(max(int((digits or "1")[:6]), 1), MAX_COLUMNS)


def _csv_cells(lines: list[str], separator: str) -> list[_RawCell]:
    found: list[_RawCell] = []
    text = [f"{line}\n" for line in lines]
    reader = csv.reader(text, delimiter=separator[:1] or ",", skipinitialspace=True)
    before = 0
    for row in reader:
        found += [_RawCell(value, before) for value in row]
        before = reader.line_num
    return found


def _dsv_cells(lines: list[str], separator: str) -> list[_RawCell]:
    parted = re.compile(rf"(?<!\\){re.escape(separator)}")
    return [
        _RawCell(piece.replace(f"\\{separator}", separator), number)
        for number, line in enumerate(lines)
        if line
        for piece in parted.split(line)
    ]


def _first_line_width(cells: list[_RawCell]) -> int:
    first = [cell for cell in cells if cell.line == cells[0].line]
    return min(sum(cell.columns * cell.copies for cell in first), MAX_COLUMNS)


def _arrange(cells: list[_RawCell], width: int) -> list[list[tuple[int, _RawCell]]]:
    """Returns the cells in rows of `width` columns, each with its column; row spans from above occupy theirs."""
    rows: list[list[tuple[int, _RawCell]]] = [[]]
    covered: dict[int, int] = {}  # column -> first row that is free in it
    column, number, count = 0, 0, 0
    for cell in cells:
        for _ in range(cell.copies):
            count += 1
            if count > MAX_CELLS:
                raise DocumentTooLarge(f"A table in it has more than {MAX_CELLS} cells.", hint="Split the table.")
            column = _free(column, number, covered, width)
            while column >= width:
                rows.append([])
                number += 1
                column = _free(0, number, covered, width)
            across = min(cell.columns, width - column)
            for index in range(column, column + across if cell.rows > 1 else column):
                covered[index] = number + cell.rows
            rows[-1].append((column, _RawCell(cell.text, cell.line, across, cell.rows, 1, cell.style)))
            column += across
    return [row for row in rows if row]


def _free(column: int, row: int, covered: dict[int, int], width: int) -> int:
    while column < width and covered.get(column, 0) > row:
        column += 1
    return column
