"""The tables of a sheet are found by what its cells have in common, and their headers by evidence."""

from __future__ import annotations

from collections.abc import Sequence

from fathom.conversion.docling_backends.spreadsheet.regions import Region, find_regions
from fathom.conversion.docling_backends.spreadsheet.sheet import Area, CellLook, GridLines, SheetCell, ShownSheet

Value = str | int | float | None
BOLD = CellLook(bold=True)


def sheet_of(rows: Sequence[Sequence[Value]], *, bold: Sequence[int] = ()) -> ShownSheet:
    """A sheet of texts and numbers; the rows of `bold` are bold."""
    sheet = ShownSheet("Test")
    for number, row in enumerate(rows):
        cells = {
            column: SheetCell(
                str(value),
                "text" if isinstance(value, str) else "number",
                BOLD if number in bold else CellLook(),
            )
            for column, value in enumerate(row)
            if value is not None
        }
        if cells:
            sheet.cells[number] = cells
    return sheet


def outline(sheet: ShownSheet) -> list[tuple[str, int, list[list[str]]]]:
    """Kind, header rows and texts of each region."""

    def texts(region: Region) -> list[list[str]]:
        return [region.block.row_texts(row) for row in region.block.rows]

    return [("table" if region.is_table else "text", region.depth, texts(region)) for region in find_regions(sheet)]


def tables(sheet: ShownSheet) -> list[list[list[str]]]:
    return [rows for kind, _, rows in outline(sheet) if kind == "table"]


def depths(sheet: ShownSheet) -> list[int]:
    return [depth for kind, depth, _ in outline(sheet) if kind == "table"]


def test_an_empty_column_between_labels_and_values_does_not_cut_a_table() -> None:
    sheet = sheet_of([["Task", None, "Owner", "Status"], ["Survey", None, "Ana", "Done"], ["Blast", None, "Bo", "Open"]])
    assert tables(sheet) == [[["Task", "Owner", "Status"], ["Survey", "Ana", "Done"], ["Blast", "Bo", "Open"]]]


def test_several_spacer_columns_do_not_cut_a_table() -> None:
    sheet = sheet_of([["Region", None, 2023, None, 2024], ["North", None, 1, None, 2], ["South", None, 3, None, 4]])
    assert tables(sheet) == [[["Region", "2023", "2024"], ["North", "1", "2"], ["South", "3", "4"]]]
    assert depths(sheet) == [1]


def test_a_spacer_before_values_without_labels_of_their_own_does_not_cut() -> None:
    sheet = sheet_of([["Name", "Unit", None, "Low", "High"], ["A", "m", None, 1, 2], ["B", "m", None, 3, 4]])
    assert len(tables(sheet)) == 1


def test_tables_side_by_side_stay_two() -> None:
    sheet = sheet_of([["Fruit", "Kilos", None, "City", "People"], ["Apple", 3, None, "Oslo", 7], ["Pear", 4, None, "Porto", 2]])
    assert tables(sheet) == [
        [["Fruit", "Kilos"], ["Apple", "3"], ["Pear", "4"]],
        [["City", "People"], ["Oslo", "7"], ["Porto", "2"]],
    ]


def test_tables_side_by_side_with_the_same_names_stay_two() -> None:
    sheet = sheet_of([["Day", "Level", None, "Day", "Level"], [1, 2, None, 3, 4], [5, 6, None, 7, 8]])
    assert len(tables(sheet)) == 2


def test_tables_far_from_each_other_stay_two() -> None:
    assert len(tables(sheet_of([["A", None, None, None, "B"], [1, None, None, None, 2], [3, None, None, None, 4]]))) == 2


def test_an_empty_row_before_more_of_the_same_does_not_cut() -> None:
    sheet = sheet_of([["Item", "Sold"], ["a", 1], ["b", 2], [], ["c", 3], ["d", 4], [], ["Total", 10]])
    assert tables(sheet) == [[["Item", "Sold"], ["a", "1"], ["b", "2"], ["c", "3"], ["d", "4"], ["Total", "10"]]]


def test_an_empty_row_below_a_header_does_not_cut() -> None:
    assert len(tables(sheet_of([["Item", "Sold"], [], ["a", 1], ["b", 2]]))) == 1


def test_an_empty_row_between_texts_does_not_cut_where_only_the_first_part_has_a_header() -> None:
    rows: list[list[Value]] = [["Name", "Place"], ["Ana", "Porto"], ["Bo", "Alta"], [], ["Cy", "Bodo"], ["Di", "Rome"]]
    assert len(tables(sheet_of(rows, bold=[0]))) == 1
    assert len(tables(sheet_of(rows, bold=[0, 4]))) == 2


def test_tables_below_each_other_with_headers_of_their_own_stay_apart_and_remarks_are_texts() -> None:
    sheet = sheet_of([
        ["Station", "Rain"], ["Alta", 12], ["Bodo", 30], [], ["Remark: reset in May"], [],
        ["Station", "Wind", "Gust"], ["Alta", 4, 9], ["Bodo", 7],
    ])  # fmt: skip
    assert [(kind, len(rows)) for kind, _, rows in outline(sheet)] == [("table", 3), ("text", 1), ("table", 3)]


def test_a_table_repeated_with_its_header_is_another_table() -> None:
    assert len(tables(sheet_of([["Item", "Sold"], ["a", 1], [], ["Item", "Sold"], ["b", 2]]))) == 2


def test_groups_of_rows_below_their_names_are_one_table() -> None:
    sheet = sheet_of([["Item", "Sold"], ["North"], ["a", 1], ["b", 2], [], ["South"], ["c", 3], ["d", 4]], bold=[0, 1, 5])
    assert len(tables(sheet)) == 1


def test_titles_above_a_table_are_texts() -> None:
    sheet = sheet_of([["QUARRY PLAN"], ["of 2026"], ["Task", "Days"], ["Survey", 3]])
    assert outline(sheet) == [
        ("text", 0, [["QUARRY PLAN"], ["of 2026"]]),
        ("table", 1, [["Task", "Days"], ["Survey", "3"]]),
    ]


def test_hidden_columns_are_no_gap() -> None:
    sheet = sheet_of([["Name", "Place", None, None, "City", "Land"], ["a", "b", None, None, "c", "d"]])
    sheet.column_lines = GridLines([2, 3])
    assert len(tables(sheet)) == 1


def test_tables_that_the_file_names_are_tables_of_their_own() -> None:
    sheet = sheet_of([["K", "V"], ["a", 1], ["b", 2], ["next", 9], ["more", 8]])
    sheet.tables = (Area(0, 0, 2, 1),)
    assert tables(sheet) == [[["K", "V"], ["a", "1"], ["b", "2"]], [["next", "9"], ["more", "8"]]]


def test_a_filter_holds_its_rows_together_and_names_the_header() -> None:
    rows: list[list[Value]] = [["Name", "Place"], ["Ana", "Porto"], [], ["Cy", "Bodo"]]
    assert len(tables(sheet_of(rows))) == 2
    sheet = sheet_of(rows)
    sheet.filters = (Area(0, 0, 3, 1),)
    assert (len(tables(sheet)), depths(sheet)) == (1, [1])


def test_merged_names_above_names_are_header_rows() -> None:
    sheet = sheet_of([["Farm", "2024", None, "2025"], [None, "Oats", "Rye", "Oats", "Rye"], ["North", 1, 2, 3, 4]])
    sheet.cells[0][0].rows = 2
    sheet.cells[0][1].columns = sheet.cells[0][3].columns = 2
    assert depths(sheet) == [2]


def test_names_over_groups_of_columns_cover_them_without_being_merged() -> None:
    sheet = sheet_of([[None, "2024", None, "2025"], ["Farm", "Oats", "Rye", "Oats", "Rye"], ["N", 1, 2, 3, 4]])
    assert depths(sheet) == [2]
    assert [cell.columns for cell in sheet.cells[0].values()] == [2, 2]


def test_units_below_names_belong_to_the_header() -> None:
    assert depths(sheet_of([["Station", "Depth"], [None, "(m)"], ["A", 1], ["B", 2]])) == [2]


def test_bold_rows_at_the_top_are_the_header() -> None:
    rows: list[list[Value]] = [["Site", "Rain"], ["code", "mm"], ["a", "wet"], ["b", "dry"]]
    assert depths(sheet_of(rows, bold=[0, 1])) == [2]
    assert depths(sheet_of(rows)) == [1]


def test_frozen_rows_are_the_header() -> None:
    sheet = sheet_of([["A", "B"], ["a1", "b1"], ["x", "y"], ["z", "w"]])
    sheet.header_rows = frozenset({0, 1})
    assert depths(sheet) == [2]


def test_a_table_that_begins_with_data_has_no_header() -> None:
    assert depths(sheet_of([["x", 1, 2.5], ["y", 2, 3.5]])) == [0]


def test_years_and_counted_weeks_are_names_of_columns() -> None:
    assert depths(sheet_of([["Region", 2023, 2024], ["North", 1, 2]])) == [1]
    assert depths(sheet_of([["Item", 1, 2, 3, 4], ["a", 5, 6, 7, 8]])) == [1]


def test_a_form_of_labels_and_values_has_no_header() -> None:
    assert depths(sheet_of([["Client:", "Ana"], ["Total:", 12], ["Paid:", "yes"]])) == [0]


def test_lines_below_each_other_are_texts_and_lists_of_values_are_tables() -> None:
    assert [kind for kind, _, _ in outline(sheet_of([["First line"], ["Second line"]]))] == ["text"]
    assert [kind for kind, _, _ in outline(sheet_of([["Depth"], [3], [4]]))] == ["table"]


def test_sums_below_one_part_of_a_table_do_not_cut_it_at_its_empty_column() -> None:
    rows: list[list[Value]] = [
        ["Pos", "Text", None, "Qty", "Price", "Sum"],
        [1, "Rope", None, 2, 5, 10],
        [2, "Net", None, 1, 7, 7],
        [None],
        [None, None, None, None, "Total", 17],
    ]
    assert [row[0] for row in tables(sheet_of(rows))[0]] == ["Pos", "1", "2", "Total"]
    apart: list[list[Value]] = [
        ["Fish", "Tonnes", None, "No", "Boat", "Length"],
        ["Cod", 3, None, 1, "Ruth", 9],
        ["Rye", 4, None, 2, "Alta", 8],
        [None, None, None, 3, "Per", 7],
    ]
    assert len(tables(sheet_of(apart))) == 2
