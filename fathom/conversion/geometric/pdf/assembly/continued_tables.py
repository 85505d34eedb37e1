"""Joins a table that goes on over the end of a page, or of a column: its header stands once, above all its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docling_core.types.doc.document import DoclingDocument, TableItem

# Items that may stand between the parts of a table.
_BETWEEN = frozenset({"page_header", "page_footer", "footnote"})
# Columns are the same if their edges differ by no more than this share of the table's width.
_ALIKE = 0.03
# A column ends so far down its page, as a share of the page's height.
_LOW = 0.6
_MAX_COLUMNS = 60


def join_continued_tables(document: DoclingDocument) -> None:
    """Gives each table the rows of its continuation at the head of the next page or column, with nothing else between.

    A header that comes again is not repeated. The boxes of all parts are kept.
    """
    joined: list[TableItem] = []
    last: Any = None
    for item, _ in document.iterate_items():
        if _label(item) in _BETWEEN:
            continue
        if _label(item) == "table" and _label(last) == "table" and _goes_on(last, item, document):
            _append(last, item)
            joined.append(item)
            continue
        last = item
    if joined:
        document.delete_items(node_items=joined)


def _label(item: Any) -> str:
    label = getattr(item, "label", "")
    return str(getattr(label, "value", label))


def _goes_on(first: Any, second: Any, document: DoclingDocument) -> bool:
    if not first.prov or len(second.prov) != 1 or second.captions or not 0 < first.data.num_cols <= _MAX_COLUMNS:
        return False
    if first.data.num_cols != second.data.num_cols or not first.data.table_cells or not second.data.table_cells:
        return False
    above, below = first.prov[-1], second.prov[0]
    height, next_height = document.pages[above.page_no].size.height, document.pages[below.page_no].size.height
    end, begin = above.bbox.to_top_left_origin(height), below.bbox.to_top_left_origin(next_height)
    if below.page_no == above.page_no:
        if begin.l < end.r or begin.t > end.b or end.b < _LOW * height:  # in the next column
            return False
    elif below.page_no != above.page_no + 1 or end.b < 0.5 * height or begin.t > 0.4 * next_height:
        return False
    if abs((end.r - end.l) - (begin.r - begin.l)) > 0.25 * max(end.r - end.l, begin.r - begin.l):
        return False
    same_header = _header(first) and _texts(first, 0) == _texts(second, 0)
    return bool(same_header or _columns_alike(first, second, end.l, begin.l, end.r - end.l))


def _columns_alike(first: Any, second: Any, left: float, next_left: float, width: float) -> bool:
    """Returns whether the columns stand in the same places, by the left, middle or right of a column's cells."""
    found = [_places(first, left), _places(second, next_left)]
    for column in range(first.data.num_cols):
        a, b = found[0].get(column), found[1].get(column)
        if a and b and min(abs(x - y) for x, y in zip(a, b, strict=True)) > _ALIKE * width:
            return False
    return True


def _places(table: Any, left: float) -> dict[int, tuple[float, float, float]]:
    """Returns, for each column, its least left edge, its middle and its largest right edge, from the table's left."""
    boxes: dict[int, list[Any]] = {}
    for cell in table.data.table_cells:
        if cell.bbox is not None and cell.text and cell.col_span == 1:
            boxes.setdefault(cell.start_col_offset_idx, []).append(cell.bbox)
    return {
        column: (
            min(box.l for box in held) - left,
            (min(box.l for box in held) + max(box.r for box in held)) / 2 - left,
            max(box.r for box in held) - left,
        )
        for column, held in boxes.items()
    }


def _header(table: Any) -> bool:
    return any(cell.column_header for cell in table.data.table_cells)


def _texts(table: Any, row: int) -> list[tuple[int, str]]:
    cells = [cell for cell in table.data.table_cells if cell.start_row_offset_idx == row]
    return sorted((cell.start_col_offset_idx, cell.text) for cell in cells if cell.text)


def _append(first: Any, second: Any) -> None:
    """Appends the rows of `second`, without a header that is the same, to those of `first`."""
    skipped = 0
    while skipped < min(3, second.data.num_rows - 1, first.data.num_rows) and _texts(second, skipped) == _texts(first, skipped):
        skipped += 1
    offset = first.data.num_rows - skipped
    # without its own header, the row taken for a header is a row like the others
    for cell in second.data.table_cells:
        if cell.start_row_offset_idx < skipped:
            continue
        cell.column_header = False
        cell.start_row_offset_idx += offset
        cell.end_row_offset_idx += offset
        first.data.table_cells.append(cell)
    first.data.num_rows = offset + second.data.num_rows
    first.prov += second.prov
    first.footnotes += second.footnotes
