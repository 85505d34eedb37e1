"""Headings and tables of an HTML page as its own markup says them, read with Python's parser.

What counts is decided by the markup alone, by the rules of the HTML standard and of WAI:

- A heading is an h1 to h6 that stands in no navigation (`nav`, `role="navigation"`) and in no cell of data. What stands in
  navigation leads about pages and is no text of this one (HTML, 4.3.4).
- A table in navigation is none either. A table lays out the page, and is no table, if it says so (`role` presentation or
  none), or if it has a mark of layout (border, cellspacing or cellpadding of 0), none of data (caption, thead, th, scope,
  headers, a border) and nothing that a row or column could relate: one row or one column that says something (HTML, 4.9.1;
  WAI, layout tables). What stands in it counts as if it stood outside.
- A cell says its text and the alternative texts of its pictures, which stand for them (HTML, 4.8.4.4). A table in a cell of
  data is text of the cell and a table of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from tests.evaluation.structure import Cells, GridWriter, Structure

HEADINGS = {f"h{level}": level for level in range(1, 7)}
# What no reader of the page sees.
UNSEEN = frozenset({"script", "style", "template", "noscript", "title", "select", "textarea"})
BREAKS = frozenset({"br", "p", "div", "li", "td", "th", "tr", "table"})
LAYOUT_ROLES = frozenset({"presentation", "none"})
DATA_MARKS = frozenset({"caption", "thead", "th"})

Attributes = dict[str, str | None]


@dataclass
class _Table:
    """A table that is open: its grid, its open cell, and what its markup says of its use."""

    is_said_layout: bool
    has_layout_mark: bool
    has_data_mark: bool
    grid: GridWriter = field(default_factory=GridWriter)
    cell: list[str] | None = None
    spans: tuple[int, int] = (1, 1)

    def end_cell(self) -> None:
        """Places the open cell."""
        if self.cell is not None:
            self.grid.cell(" ".join("".join(self.cell).split()), *self.spans)
            self.cell = None

    def is_layout(self) -> bool:
        """Tells whether the table, which is at its end, only lays out the page."""
        if self.is_said_layout or self.has_data_mark or not self.has_layout_mark:
            return self.is_said_layout
        rows = self.grid.rows()
        filled_rows = sum(any(row) for row in rows)
        filled_columns = sum(any(column) for column in zip(*rows, strict=True)) if rows else 0
        return min(filled_rows, filled_columns) <= 1


class _Reader(HTMLParser):
    """Collects the structure while the page is fed to it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._headings: list[tuple[int, str, tuple[_Table, ...]]] = []
        self._found: list[Cells] = []
        self._data: set[int] = set()
        self._heading: list[str] | None = None
        self._unseen = 0
        self._open: list[_Table] = []
        self._navigation: tuple[str, int] | None = None  # the element's name and how many of it are open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Opens an element."""
        given = dict(attrs)
        self._unseen += tag in UNSEEN
        if self._navigation is not None:
            name, depth = self._navigation
            self._navigation = (name, depth + (tag == name))
        elif tag == "nav" or (given.get("role") or "").lower() == "navigation":
            self._navigation = (tag, 1)
        if tag in HEADINGS and not self._unseen and self._navigation is None:
            self._heading = []
        if tag in BREAKS:
            self._say(" ")
        if tag == "img" and not self._unseen:
            self._say(f" {given.get('alt') or ''} ")
        if tag == "table":
            self._open.append(_table(given))
        elif self._open:
            self._part_of_table(self._open[-1], tag, given)

    def _part_of_table(self, table: _Table, tag: str, given: Attributes) -> None:
        table.has_data_mark |= tag in DATA_MARKS or "scope" in given or (tag == "td" and "headers" in given)
        if tag in ("tr", "td", "th"):
            table.end_cell()
        if tag == "tr":
            table.grid.row()
        elif tag in ("td", "th"):
            table.spans = (_count(given.get("rowspan")), _count(given.get("colspan")))
            table.cell = []

    def handle_endtag(self, tag: str) -> None:
        """Closes an element."""
        self._unseen -= tag in UNSEEN and self._unseen > 0
        if tag in HEADINGS and self._heading is not None:
            if text := " ".join("".join(self._heading).split()):
                self._headings.append((HEADINGS[tag], text, tuple(self._open)))
            self._heading = None
        if self._open and tag in {"td", "th", "tr", "table"}:
            self._open[-1].end_cell()
        if self._open and tag == "table":
            self._end_table(self._open.pop())
        if self._navigation is not None:
            name, depth = self._navigation
            depth -= tag == name
            self._navigation = (name, depth) if depth else None

    def _end_table(self, table: _Table) -> None:
        self._say(" ")
        if self._navigation is not None or table.is_layout():
            return
        self._data.add(id(table))
        if rows := table.grid.rows():
            self._found.append(rows)

    def handle_data(self, data: str) -> None:
        """Adds text."""
        if not self._unseen:
            self._say(data)

    def _say(self, text: str) -> None:
        if self._heading is not None:
            self._heading.append(text)
        for table in self._open:
            if table.cell is not None:
                table.cell.append(text)

    def structure(self) -> Structure:
        """Returns what was found; tables that the page never ends are tables of data."""
        self._data.update(id(table) for table in self._open)
        headings = [
            (level, text) for level, text, within in self._headings if not any(id(table) in self._data for table in within)
        ]
        return Structure(headings, self._found)


def _table(given: Attributes) -> _Table:
    border = (given.get("border") or "").strip()
    marks = (given.get(name) for name in ("border", "cellspacing", "cellpadding"))
    return _Table(
        is_said_layout=(given.get("role") or "").lower() in LAYOUT_ROLES,
        has_layout_mark=any((mark or "").strip() == "0" for mark in marks),
        has_data_mark="border" in given and border != "0",
    )


def _count(given: str | None) -> int:
    return int(given) if given and given.isdigit() else 1


def html_structure(text: str) -> Structure:
    """Returns what the headings and tables of the page say."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.structure()
