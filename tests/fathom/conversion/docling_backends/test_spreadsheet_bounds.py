"""Sheets of any size are read in time and memory that grow with what they show."""

from __future__ import annotations

import time
from io import BytesIO
from pathlib import Path

import pytest

from fathom.conversion.docling_backends.spreadsheet.csv_backend import delimited_parts
from fathom.conversion.docling_backends.spreadsheet.regions import find_regions
from fathom.conversion.docling_backends.spreadsheet.sheet import SheetCell, ShownSheet, column_name
from fathom.conversion.docling_backends.spreadsheet.sheet_writer import MAX_EMPTY, MAX_EMPTY_TABLE
from fathom.conversion.docling_backends.spreadsheet.xlsx.xlsx_package import WorkbookPackage
from fathom.conversion.docling_backends.spreadsheet.xlsx.xlsx_reader import WorkbookReader
from tests.fathom.conversion.docling_backends.sheet_files import converted, rows_of, text_cell, write_workbook

pytestmark = pytest.mark.hostile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.xlsx"


def numbers(row: int, columns: range) -> str:
    return "".join(f'<c r="{column_name(column)}{row}"><v>{column}</v></c>' for column in columns)


def test_of_a_million_declared_and_empty_cells_none_is_kept(path: Path) -> None:
    cells = '<c s="1"/>' * 100
    empty = "".join(f'<row r="{row}">{cells}</row>' for row in range(1, 10_001))
    last = text_cell("C1048576", "end")
    write_workbook(path, {"S": f'<sheetData>{empty}<row r="1048576">{last}</row></sheetData>'})
    reader = WorkbookReader.opened(WorkbookPackage(BytesIO(path.read_bytes())))
    assert reader is not None
    sheet = reader.sheet("S")
    assert sheet is not None
    assert {row: [cell.text for cell in cells.values()] for row, cells in sheet.cells.items()} == {1_048_575: ["end"]}


def test_a_header_of_all_columns_over_rows_of_few_cells_makes_no_rectangle_of_both(path: Path) -> None:
    head = "".join(text_cell(f"{column_name(column)}1", f"name {column}") for column in range(1_000))
    rows = "".join(f'<row r="{row}">{numbers(row, range(3))}</row>' for row in range(2, 1_002))
    document = converted(write_workbook(path, {"S": f'<sheetData><row r="1">{head}</row>{rows}</sheetData>'}))
    data = [table["data"] for table in document.document["tables"]]
    assert sum(table["num_rows"] * table["num_cols"] for table in data) < 200_000
    assert "name 999" in document.markdown
    assert rows_of(document)[-1] == ["0", "1", "2"]


def test_all_columns_that_a_sheet_can_have_are_read(path: Path) -> None:
    rows = "".join(f'<row r="{row}">{numbers(row, range(16_384))}</row>' for row in (1, 2))
    assert len(rows_of(converted(write_workbook(path, {"S": f"<sheetData>{rows}</sheetData>"})))[-1]) == 16_384


def test_cells_along_the_diagonal_make_no_square(path: Path) -> None:
    rows = "".join(f'<row r="{row}">{numbers(row, range(row, row + 2))}</row>' for row in range(1, 1_501))
    data = [
        table["data"] for table in converted(write_workbook(path, {"S": f"<sheetData>{rows}</sheetData>"})).document["tables"]
    ]
    assert sum(len(table["table_cells"]) for table in data) == 3_000
    assert sum(table["num_rows"] * table["num_cols"] for table in data) <= 2 * MAX_EMPTY * 3_000 + MAX_EMPTY_TABLE


@pytest.mark.timeout(60)
def test_merged_ranges_over_the_whole_sheet_take_no_time(path: Path) -> None:
    rows = "".join(f'<row r="{row}">{numbers(row, range(20))}</row>' for row in range(1, 501))
    merges = '<mergeCell ref="A1:XFD1048576"/>' * 5_000
    made = converted(write_workbook(path, {"S": f"<sheetData>{rows}</sheetData><mergeCells>{merges}</mergeCells>"}))
    assert made.markdown == "# S\n\n0"  # the merged cell shows its first value, as in the program


@pytest.mark.parametrize("step", [1, 2, 3], ids=["adjacent", "every second", "every third"])
def test_finding_tables_grows_with_the_rows_and_not_with_their_square(step: int) -> None:
    def seconds(count: int) -> float:
        sheet = ShownSheet("S")
        for row in range(count):
            sheet.cells[row * step] = {
                0: SheetCell(f"name {row}"),
                1: SheetCell(f"place {row}"),
                3: SheetCell(str(row), "number"),
            }
        started = time.process_time()
        find_regions(sheet)
        return time.process_time() - started

    seconds(500)
    assert seconds(20_000) < 10 * max(seconds(5_000), 0.05)


def test_names_and_numbers_that_are_none_are_texts(path: Path) -> None:
    cells = '<c r="A1"><v>1e999</v></c><c r="B1"><v>12x</v></c><c r="C1" t="s"><v>99</v></c><c r="ZZZZ1"><v>3</v></c>'
    cells += f'<c r="D1" t="d"><v>2026-13-01</v></c><c r="E1"><v>{"9" * 5000}</v></c>'
    markdown = converted(write_workbook(path, {"S": f'<sheetData><row r="x">{cells}</row></sheetData>'})).markdown
    assert "12x" in markdown
    assert "2026-13-01" in markdown


def test_a_delimited_text_of_many_rows_is_read_whole() -> None:
    (found,) = delimited_parts("id;name;sum\n" + "".join(f"{row};name {row};{row},50\n" for row in range(50_000)))
    assert (len(found.rows), found.rows[-1]) == (50_001, ["49999", "name 49999", "49999,50"])
