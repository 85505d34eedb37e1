"""Reads the rows of an HTML table, and distinguishes data tables from layout tables.

Docling 2.142.1 turns the content of layout tables into cells; not needed once it unwraps layout tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from fathom.conversion.docling_backends.html.unseen import NEVER

MAX_SPAN = 10_000
LONG_CELL = 300  # characters

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
# A cell with any of these elements is a piece of a page.
_PAGE_PARTS = ("article", "section", "main", "nav", "header", "footer", "aside", "hr", "figure", "fieldset", "form")
_BLOCKS = ("p", "ul", "ol", "dl", "blockquote", "pre", "div", "table")
_SAYING = ("img", "input", "select", "textarea", "svg", "math", "object", "iframe")
_SECTIONS = frozenset({"thead", "tbody", "tfoot"})
_CELLS = frozenset({"td", "th"})
_PARTS = _SECTIONS | _CELLS | {"tr", "caption", "colgroup", "col"}
_CELL_ROLES = frozenset({"cell", "gridcell", "columnheader", "rowheader"})
_CODE_LINES = frozenset({"blob-code", "hljs-ln-code", "code", "line-content", "react-code-line"})
_LINE_NUMBERS = re.compile(r"\s*\d+(?:\s+\d+)*\s*")
_NUMBER = re.compile(r"\s*\+?(\d{1,9})")


@dataclass(slots=True)
class HtmlRow:
    """The cells that begin in a row; `left` is the number of rows from it to the end of its section."""

    cells: list[etree._Element]
    section: str = "tbody"
    left: int = 1


@dataclass(slots=True)
class HtmlTable:
    """The parts of a table; `strays` are misplaced elements, shown before it."""

    rows: list[HtmlRow] = field(default_factory=list[HtmlRow])
    captions: list[etree._Element] = field(default_factory=list[etree._Element])
    strays: list[etree._Element] = field(default_factory=list[etree._Element])


def parts_of_table(table: etree._Element) -> HtmlTable:
    """Returns the table's own rows in the order in which they are shown: head, bodies, foot."""
    found = HtmlTable()
    if table.tag == "table":
        _collect(table, "tbody", found)
    else:
        _collect_by_role(table, "tbody", found)
    order = {"thead": 0, "tbody": 1, "tfoot": 2}
    found.rows.sort(key=lambda row: order[row.section])
    left = 0
    following = ""
    for row in reversed(found.rows):
        left = left + 1 if row.section == following else 1
        following, row.left = row.section, left
    return found


def _collect(element: etree._Element, section: str, found: HtmlTable) -> None:
    implied: HtmlRow | None = None
    _keep_text(element.text, "span", found)
    for child in element:
        if child.tag in _CELLS:
            if implied is None:
                implied = HtmlRow([], section)
                found.rows.append(implied)
            implied.cells.append(child)
        else:
            implied = None
            _collect_child(child, section, found)
        _keep_text(child.tail, "div" if child.tag in _PARTS else "span", found)


def _collect_child(child: etree._Element, section: str, found: HtmlTable) -> None:
    tag = child.tag
    if tag == "tr":
        found.rows.append(HtmlRow(list(_cells(child, found)), section))
    elif tag in _SECTIONS:
        _collect(child, tag, found)
    elif tag == "caption":
        found.captions.append(child)
    elif tag in NEVER or tag in ("colgroup", "col"):
        return
    elif next(child.iter("tr"), None) is not None and tag != "table":
        _collect(child, section, found)
    else:
        found.strays.append(child)


def _cells(row: etree._Element, found: HtmlTable) -> Iterator[etree._Element]:
    _keep_text(row.text, "div", found)
    for child in row:
        if child.tag in _CELLS:
            yield child
        elif child.tag not in NEVER:
            if next(child.iter("td", "th"), None) is not None and child.tag != "table":
                yield from _cells(child, found)
            else:
                found.strays.append(child)
        _keep_text(child.tail, "div" if child.tag in _PARTS else "span", found)


def _keep_text(text: str | None, tag: str, found: HtmlTable) -> None:
    """Keeps text between the parts of the table as an element of its own."""
    if text and not text.isspace():
        stray = etree.Element(tag)
        stray.text = text
        found.strays.append(stray)


def _collect_by_role(element: etree._Element, section: str, found: HtmlTable) -> None:
    for child in element:
        role = child.get("role")
        if role == "row":
            cells = [cell for cell in child.iter(etree.Element) if cell.get("role") in _CELL_ROLES]
            found.rows.append(HtmlRow(cells or [inner for inner in child if inner.tag not in NEVER], section))
        elif role == "caption":
            found.captions.append(child)
        elif child.tag not in NEVER:
            rows, captions, strays = len(found.rows), len(found.captions), len(found.strays)
            _collect_by_role(child, section, found)
            if (rows, captions) == (len(found.rows), len(found.captions)):  # it contains no part of a table
                found.strays[strays:] = [child]
        _keep_text(child.tail, "div", found)


def is_header_cell(cell: etree._Element) -> bool:
    """Returns whether the cell names a row or a column."""
    return cell.tag == "th" or cell.get("role") in ("columnheader", "rowheader")


def names_row(cell: etree._Element) -> bool:
    """Returns whether the header cell is declared to name its row."""
    return (cell.get("scope") or "").lower() in ("row", "rowgroup") or cell.get("role") == "rowheader"


def is_empty(cell: etree._Element) -> bool:
    """Returns whether the cell shows nothing readable."""
    if len(cell) == 0:
        return not (cell.text or "").strip("\u200b\u00ad\ufeff").strip()
    if next(cell.iter(*_SAYING), None) is not None:
        return False
    return not any(text.strip() for text in cell.itertext())


def span(cell: etree._Element, name: str) -> int:
    """Returns how many rows or columns the cell spans; 1 if the attribute is no number."""
    value = cell.get(name)
    matched = _NUMBER.match(value) if value else None
    return min(int(matched[1]), MAX_SPAN) if matched else 1


def header_depth(rows: list[HtmlRow]) -> int:
    """Returns how many of the first rows name the columns: those of a thead, or of header cells that name no row."""
    depth = 0
    for row in rows:
        filled = [cell for cell in row.cells if not is_empty(cell)]
        in_head = row.section == "thead"
        names = bool(filled) and all(is_header_cell(cell) and not names_row(cell) for cell in filled)
        if not (in_head or names or (depth and not filled)):
            break
        depth += 1
    return depth if depth < len(rows) else min(depth, 1)


def is_layout(table: etree._Element, parts: HtmlTable) -> bool:
    """Returns whether the table only lays out the page, by its role or because its cells are pieces of a page."""
    role = table.get("role")
    if role in ("presentation", "none"):
        return True
    if role in ("table", "grid", "treegrid") or not parts.rows:
        return False
    filled = [[cell for cell in row.cells if not is_empty(cell)] for row in parts.rows]
    cells = [cell for row in filled for cell in row]
    pieces = {cell for row in filled for cell in row if holds_piece_of_page(cell, alone=len(row) == 1)}
    if any(is_header_cell(cell) and cell not in pieces for cell in cells) or parts.captions:
        return False
    if any(row.section == "thead" for row in parts.rows) and not pieces:
        return False
    if max(len(row.cells) for row in parts.rows) == 1 or len(cells) <= 1:
        return True
    if any(next(cell.iter(*HEADINGS), None) is not None for cell in pieces):
        return True
    return not _has_border(table) and len(pieces) * 4 >= len(cells)


def _has_border(table: etree._Element) -> bool:
    """Returns whether the table draws its grid, which layout tables do not."""
    border = (table.get("border") or "").strip()
    return border.isdigit() and border != "0"


def code_listing(parts: HtmlTable) -> list[etree._Element]:
    """Returns the cells of code if the table is nothing but code with the numbers of its lines beside it, else nothing."""
    if parts.captions or parts.strays or not parts.rows:
        return []
    code: list[etree._Element] = []
    for row in parts.rows:
        cells = [cell for cell in row.cells if not is_empty(cell)]
        if len(cells) > 1 and _LINE_NUMBERS.fullmatch("".join(cells[0].itertext())):
            cells = cells[1:]
        if len(row.cells) < 2 or len(cells) > 1 or any(is_header_cell(cell) for cell in cells):
            return []
        code += cells or row.cells[-1:]
    if len(parts.rows) == 1:
        written = "".join(code[0].itertext()).strip().count("\n") + 1
        numbers = len("".join(parts.rows[0].cells[0].itertext()).split())
        return code if numbers == written > 1 and next(code[0].iter("pre"), None) is not None else []
    return code if all(set((cell.get("class") or "").split()) & _CODE_LINES for cell in code) else []


def holds_piece_of_page(cell: etree._Element, *, alone: bool) -> bool:
    """Returns whether the cell holds page content: a section, a heading with its text, a table, long text.

    `alone`: no other cell of its row shows anything.
    """
    if len(cell) == 0:
        return False
    if next(cell.iter(*_PAGE_PARTS), None) is not None or next(cell.iter("table"), None) is not None:
        return True
    heading = next(cell.iter(*HEADINGS), None)
    if heading is not None:
        return alone or _is_longer(cell, sum(len(text.strip()) for text in heading.itertext()))
    return sum(1 for child in cell if child.tag in _BLOCKS) >= 3 and _is_longer(cell, LONG_CELL)


def _is_longer(cell: etree._Element, most: int) -> bool:
    """Returns whether the cell has more than `most` characters; stops counting there, since cells nest."""
    length = 0
    for text in cell.itertext():
        length += len(text.strip())
        if length > most:
            return True
    return False


def holds_blocks(cell: etree._Element) -> bool:
    """Returns whether the cell of a layout table is more than a line."""
    return len(cell) > 0 and (
        holds_piece_of_page(cell, alone=True) or next(cell.iter("ul", "ol", "dl", "pre", "blockquote"), None) is not None
    )
