"""An OpenDocument spreadsheet comes through as its sheets show it, and what they hide is named."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests.evaluation.figures import chunked
from tests.fathom.conversion.docling_backends.sheet_files import (
    converted,
    kinds_of_notices,
    ods_cell,
    ods_row,
    rows_of,
    write_ods,
)

PERCENT = 'office:value-type="percentage" office:value="0.075"'
DAY = 'office:value-type="date" office:date-value="2026-03-15T00:00:00"'
NOTE = "<office:annotation><dc:creator>Ana</dc:creator><text:p>Checked</text:p></office:annotation>"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.ods"


def table(name: str, *rows: str, attributes: str = "", columns: str = "") -> str:
    return f'<table:table table:name="{name}" {attributes}>{columns}{"".join(rows)}</table:table>'


def test_cells_are_read_as_they_are_shown(path: Path) -> None:
    rows = [
        ods_row("What", "Shown"),
        ods_row("share", ods_cell("7.50%", PERCENT)),
        ods_row("day", ods_cell("15. März 2026", DAY)),
        ods_row("plot", ods_cell("00007", 'office:value-type="float" office:value="7"')),
    ]
    document = converted(write_ods(path, table("Rates", *rows)))
    assert rows_of(document) == [["What", "Shown"], ["share", "7.50%"], ["day", "15. März 2026"], ["plot", "00007"]]
    assert document.markdown.startswith("# Rates")


def test_values_without_a_text_are_shown_by_their_type(path: Path) -> None:
    rows = [
        ods_row("What", "Shown"),
        ods_row("share", ods_cell("", PERCENT)),
        ods_row("day", ods_cell("", DAY)),
        ods_row("paid", ods_cell("", 'office:value-type="boolean" office:boolean-value="true"')),
        ods_row("sum", ods_cell("", 'table:formula="of:=[.B2]*[.C2:.C3]"')),
    ]
    document = converted(write_ods(path, table("Rates", *rows)))
    assert [row[1] for row in rows_of(document)[1:]] == ["7.5%", "2026-03-15", "TRUE", r"=B2\*C2:C3"]
    assert kinds_of_notices(document) == ["formula_without_value"]


def test_notes_stand_at_their_cells_and_links_lead_on(path: Path) -> None:
    link = '<text:a xlink:href="https://example.org/p1">P-1</text:a>'
    document = converted(write_ods(path, table("Pumps", ods_row("Pump", "Flow"), ods_row(ods_cell(link, inner=NOTE), "40"))))
    assert rows_of(document)[1] == ["[P-1](https://example.org/p1) [note by Ana: Checked]", "40"]
    assert "P-1 [note by Ana: Checked]" in "\n".join(chunk.text for chunk in chunked(document).chunks)


def test_hidden_rows_columns_and_sheets_are_left_out_and_named(path: Path) -> None:
    columns = '<table:table-column table:number-columns-repeated="2"/><table:table-column table:visibility="collapse"/>'
    hidden = '<style:style style:name="off" style:family="table"><style:table-properties table:display="false"/></style:style>'
    rows = [
        ods_row("Good", "Price", "Cost basis"),
        ods_row("Tin", "1", "2", attributes='table:visibility="filter"'),
        ods_row("Zinc", "3", "4"),
    ]
    tables = table("Prices", *rows, columns=columns) + table("Scratch", ods_row("secret"), attributes='table:style-name="off"')
    document = converted(write_ods(path, tables, hidden))
    assert rows_of(document) == [["Good", "Price"], ["Zinc", "3"]]
    assert sorted(kinds_of_notices(document)) == ["hidden_columns", "hidden_rows", "hidden_sheet"]
    assert "Scratch" not in document.markdown
    assert "secret" not in document.markdown


def test_merged_names_and_header_rows_name_the_columns(path: Path) -> None:
    spans, rows_spanned = 'table:number-columns-spanned="2"', 'table:number-rows-spanned="2"'
    covered = "<table:covered-table-cell/>"
    head = ods_row(ods_cell("Farm", rows_spanned), ods_cell("2024", spans), covered, ods_cell("2025", spans), covered)
    names = ods_row(covered, "Oats", "Rye", "Oats", "Rye")
    number = 'office:value-type="float" office:value="1"'
    body = ods_row("North", *[ods_cell(str(value), number) for value in (1, 2, 3, 4)])
    document = converted(write_ods(path, table("Harvest", head, names, body)))
    assert rows_of(document)[0] == ["Farm", "2024 Oats", "2024 Rye", "2025 Oats", "2025 Rye"]


def test_struck_and_raised_runs_keep_their_meaning(path: Path) -> None:
    up = '<style:text-properties style:text-position="super 58%"/>'
    off = '<style:text-properties style:text-line-through-style="solid"/>'
    styles = "".join(
        f'<style:style style:name="{name}" style:family="text">{properties}</style:style>'
        for name, properties in (("up", up), ("off", off))
    )
    text = '10<text:span text:style-name="up">6</text:span> m, <text:span text:style-name="off">900</text:span> 700'
    assert "10^6 m, ~~900~~ 700" in converted(write_ods(path, table("S", ods_row(text)), styles)).markdown


def test_padding_up_to_the_last_row_and_column_is_nothing(path: Path) -> None:
    rows = [
        ods_row("Name", "Sum", '<table:table-cell table:number-columns-repeated="16382"/>'),
        ods_row("a", "b"),
        ods_row('<table:table-cell table:number-columns-repeated="16384"/>', attributes='table:number-rows-repeated="1048574"'),
    ]
    assert rows_of(converted(write_ods(path, table("S", *rows)))) == [["Name", "Sum"], ["a", "b"]]


@pytest.mark.hostile
def test_repeated_cells_are_repeated_within_bounds(path: Path) -> None:
    rows = [ods_row("Name", "Sum"), ods_row("a", "b", attributes='table:number-rows-repeated="3"')]
    assert rows_of(converted(write_ods(path, table("S", *rows)))) == [["Name", "Sum"], *[["a", "b"]] * 3]
    rows = [ods_row("Name", "Sum"), ods_row("a", "b", attributes='table:number-rows-repeated="1000000"')]
    assert "repeated_cells" in kinds_of_notices(converted(write_ods(path, table("S", *rows))))


def test_text_boxes_are_told(path: Path) -> None:
    shape = "<table:shapes><draw:custom-shape><text:p>Read twice a day</text:p></draw:custom-shape></table:shapes>"
    assert "Read twice a day" in converted(write_ods(path, table("S", ods_row("Name", "Sum"), columns=shape))).markdown


def test_lists_in_cells_and_packages_without_styles_are_read(path: Path) -> None:
    items = "".join(f"<text:list-item><text:p>{name}</text:p></text:list-item>" for name in ("oats", "rye"))
    listed = f"<text:list>{items}</text:list>"
    write_ods(path, table("Crops", ods_row("Field", "Crops"), ods_row("Alta", ods_cell("", inner=listed))))
    bare = path.with_name("bare.ods")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(bare, "w") as new:
        for name in old.namelist():
            if name != "styles.xml":
                new.writestr(name, old.read(name))
    assert rows_of(converted(bare))[-1] == ["Alta", "oats rye"]


def test_a_label_of_several_rows_is_no_header(path: Path) -> None:
    top = ods_row(ods_cell("Group", 'table:number-columns-spanned="2"'), "<table:covered-table-cell/>", "Note")
    first = ods_row(ods_cell("North", 'table:number-rows-spanned="2"'), "oats", "dry")
    document = converted(write_ods(path, table("Farms", top, first, ods_row("<table:covered-table-cell/>", "rye", "wet"))))
    assert rows_of(document) == [["Group", "Group", "Note"], ["North", "oats", "dry"], ["North", "rye", "wet"]]


def test_rows_of_a_closed_group_are_named_and_not_missed(path: Path) -> None:
    closed = f'<table:table-row-group table:display="false">{ods_row("hidden words", "9")}</table:table-row-group>'
    document = converted(write_ods(path, table("Farms", ods_row("Farm", "Rows"), ods_row("North", "4"), closed)))
    assert rows_of(document) == [["Farm", "Rows"], ["North", "4"]]
    assert kinds_of_notices(document) == ["hidden_rows"]
    assert document.report.lost_text == []
