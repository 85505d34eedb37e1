"""Writes workbooks whose every cell is known as it is shown: texts, numbers in formats, merged and hidden cells."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.comments import Comment

from tests.evaluation.generated.strategies import ODD, PLAIN

# A value, its format, and what a sheet shows of it.
SHOWN: tuple[tuple[Any, str, str], ...] = (
    (7, "General", "7"),
    (-12, "General", "-12"),
    (3.5, "General", "3.5"),
    (0.075, "0.0%", "7.5%"),
    (0.5, "0%", "50%"),
    (1234.5, "#,##0.00", "1,234.50"),
    (1234.5, '"$"#,##0.00', "$1,234.50"),
    (1234567, "#,##0", "1,234,567"),
    (7, "00000", "00007"),
    (2.0, "0.00", "2.00"),
    (1250000, "0.00E+00", "1.25E+06"),
    (date(2026, 1, 5), "yyyy-mm-dd", "2026-01-05"),
    (date(2026, 1, 5), "dd/mm/yyyy", "05/01/2026"),
    (datetime(2026, 1, 5, 13, 30), "yyyy-mm-dd hh:mm", "2026-01-05 13:30"),
    (time(9, 5), "hh:mm", "09:05"),
    (True, "General", "TRUE"),
    (12, '0 "kg"', "12 kg"),
    ("007", "@", "007"),
    ("NA", "General", "NA"),
)


@dataclass(frozen=True)
class SheetCell:
    """A value in a format, what is shown of it, and a note on it where there is one."""

    value: Any
    format: str
    shown: str
    note: str = ""


@dataclass(frozen=True)
class Sheet:
    """Rows of cells from the first column on, the first of them names; which rows are hidden; is it hidden itself."""

    name: str
    rows: tuple[tuple[SheetCell, ...], ...]
    hidden_rows: frozenset[int] = frozenset()
    hidden: bool = False


Book = tuple[Sheet, ...]


def workbook(book: Book) -> bytes:
    """Returns the file."""
    made = Workbook()
    made.remove(made.worksheets[0])
    for sheet in book:
        page = made.create_sheet(sheet.name)
        for number, row in enumerate(sheet.rows, 1):
            for column, cell in enumerate(row, 1):
                target = page.cell(number, column, cell.value)
                target.number_format = cell.format
                if isinstance(cell.value, str):
                    target.data_type = "s"  # a text that begins with = or # is one all the same
                if cell.note:
                    target.comment = Comment(cell.note, "Ana")
        for number in sheet.hidden_rows:
            page.row_dimensions[number + 1].hidden = True
        page.sheet_state = "hidden" if sheet.hidden else "visible"
    bytes_made = io.BytesIO()
    made.save(bytes_made)
    return bytes_made.getvalue()


_texts = st.lists(st.sampled_from(PLAIN + ODD), min_size=1, max_size=4).map(
    lambda words: " ".join(["cell", *words])  # of a letter at least, so that no text is a number
)
_cells = st.one_of(
    st.builds(lambda text: SheetCell(text, "General", text), _texts),
    st.builds(lambda given: SheetCell(*given), st.sampled_from(SHOWN)),
    st.builds(lambda text, note: SheetCell(text, "General", text, note), _texts, _texts),
)


@st.composite
def _sheets(draw: st.DrawFn, number: int) -> Sheet:
    width, height = draw(st.integers(2, 5)), draw(st.integers(1, 6))
    names = [SheetCell(f"Name {column} {text}", "General", f"Name {column} {text}")
             for column, text in enumerate(draw(st.lists(st.sampled_from(PLAIN), min_size=width, max_size=width)))]  # fmt: skip
    rows = [tuple(names), *(tuple(draw(st.lists(_cells, min_size=width, max_size=width))) for _ in range(height))]
    hidden_rows = draw(st.frozensets(st.integers(1, height), max_size=1)) if height > 1 else frozenset()
    return Sheet(f"Boats {number}", tuple(rows), hidden_rows, hidden=bool(number) and draw(st.booleans()))


@st.composite
def books(draw: st.DrawFn) -> Book:
    """Workbooks of one to three sheets, the first of which is shown."""
    return tuple(draw(_sheets(number)) for number in range(draw(st.integers(1, 3))))
