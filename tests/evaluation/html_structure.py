"""Headings and tables of an HTML page as its own markup says them, read with Python's parser."""

from __future__ import annotations

from html.parser import HTMLParser

from tests.evaluation.structure import GridWriter, Structure

HEADINGS = {f"h{level}": level for level in range(1, 7)}
# What no reader of the page sees.
UNSEEN = frozenset({"script", "style", "template", "noscript", "title", "select", "textarea"})
BREAKS = frozenset({"br", "p", "div", "li", "td", "th", "tr"})


class _Reader(HTMLParser):
    """Collects the structure while the page is fed to it; a table in a table is text of its cell."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found = Structure()
        self._heading: list[str] | None = None
        self._unseen = 0
        self._depth = 0
        self._grid = GridWriter()
        self._cell: list[str] | None = None
        self._spans = (1, 1)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in UNSEEN
        if tag in HEADINGS and not self._unseen and not self._depth:
            self._heading = []
        if tag in BREAKS:
            self._say(" ")
        if tag == "table":
            self._depth += 1
            if self._depth == 1:
                self._grid = GridWriter()
        if self._depth == 1 and tag == "tr":
            self._end_cell()
            self._grid.row()
        if self._depth == 1 and tag in {"td", "th"}:
            self._end_cell()
            given = dict(attrs)
            self._spans = (_count(given.get("rowspan")), _count(given.get("colspan")))
            self._cell = []

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in UNSEEN and self._unseen > 0
        if tag in HEADINGS and self._heading is not None:
            text = " ".join("".join(self._heading).split())
            if text:
                self.found.headings.append((HEADINGS[tag], text))
            self._heading = None
        if self._depth == 1 and tag in {"td", "th", "tr", "table"}:
            self._end_cell()
        if tag == "table" and self._depth:
            self._depth -= 1
            if not self._depth and (rows := self._grid.rows()):
                self.found.tables.append(rows)

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._say(data)

    def _say(self, text: str) -> None:
        if self._heading is not None:
            self._heading.append(text)
        if self._cell is not None:
            self._cell.append(text)

    def _end_cell(self) -> None:
        if self._cell is not None:
            self._grid.cell(" ".join("".join(self._cell).split()), *self._spans)
            self._cell = None


def _count(given: str | None) -> int:
    return int(given) if given and given.isdigit() else 1


def html_structure(text: str) -> Structure:
    """What h1 to h6 and table say in the page."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.found
