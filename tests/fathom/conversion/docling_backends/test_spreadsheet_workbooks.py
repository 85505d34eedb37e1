"""A workbook comes through as its sheets show it, and what they hide is named."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pytest
import xlsxwriter  # type: ignore[import-untyped]
from PIL import Image

from tests.evaluation.figures import chunked
from tests.fathom.conversion.docling_backends.sheet_files import (
    converted,
    kinds_of_notices,
    rows_of,
    text_cell,
    write_workbook,
)

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_MODERN = "http://schemas.microsoft.com/office"
THREADS = f"""<ThreadedComments xmlns="{_MODERN}/spreadsheetml/2018/threadedcomments">
<threadedComment ref="A2" dT="2026-05-02T10:00:00" personId="p2" id="c2" parentId="c1"><text>Yes, twice</text></threadedComment>
<threadedComment ref="A2" dT="2026-05-01T10:00:00" personId="p1" id="c1"><text>Was it checked?</text></threadedComment>
</ThreadedComments>"""
PERSONS = f"""<personList xmlns="{_MODERN}/spreadsheetml/2018/threadedcomments">
<person displayName="Ana" id="p1"/><person displayName="Bo" id="p2"/></personList>"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.xlsx"


def sheet(*rows: str, before: str = "", after: str = "") -> str:
    """A worksheet of rows of cells."""
    numbered = "".join(
        row if row.startswith("<row") else f'<row r="{number}">{row}</row>' for number, row in enumerate(rows, 1)
    )
    return f"{before}<sheetData>{numbered}</sheetData>{after}"


def test_values_of_every_type_are_shown_as_the_sheet_shows_them(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("Kinds")
        page.write_row(0, 0, ["What", "Shown"])
        values = [("share", 0.075, "0.0%"), ("price", 1234.5, '#,##0.00 "€"'), ("plot", 7, "00000"), ("code", "00123", "@")]
        for number, (name, value, code) in enumerate(values, 1):
            page.write(number, 0, name)
            page.write(number, 1, value, book.add_format({"num_format": code}))
        page.write(5, 0, "true")
        page.write_boolean(5, 1, True)
        page.write(6, 0, "error")
        page.write_formula(6, 1, "=1/0", None, "#DIV/0!")
        page.write(7, 0, "day")
        page.write_datetime(7, 1, datetime(2026, 3, 15), book.add_format({"num_format": 14}))
    assert [row[1] for row in rows_of(converted(path))[1:]] == [
        "7.5%", "1,234.50 €", "00007", "00123", "TRUE", "#DIV/0!", "2026-03-15",
    ]  # fmt: skip


def test_workbooks_that_count_from_1904_show_the_same_day(path: Path) -> None:
    with xlsxwriter.Workbook(path, {"date_1904": True}) as book:
        page = book.add_worksheet("Days")
        page.write_row(0, 0, ["Day", "Count"])
        page.write_datetime(1, 0, datetime(2026, 3, 15), book.add_format({"num_format": "d mmm yyyy"}))
        page.write(1, 1, 4)
    assert rows_of(converted(path))[1] == ["15 Mar 2026", "4"]


def test_struck_and_raised_runs_keep_their_meaning_and_phonetic_guides_stay_out(path: Path) -> None:
    strings = (
        "<c r='A1' t='inlineStr'><is><r><t>10</t></r><r><rPr><vertAlign val='superscript'/></rPr><t>6</t></r>"
        "<r><t xml:space='preserve'> m, </t></r><r><rPr><strike/></rPr><t>900</t></r>"
        "<r><t xml:space='preserve'> 700</t></r></is></c>"
        "<c r='B1' t='inlineStr'><is><t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh></is></c>"
    )
    markdown = converted(write_workbook(path, {"S": sheet(strings)})).markdown
    assert "10^6 m, ~~900~~ 700" in markdown
    assert "東京" in markdown
    assert "トウキョウ" not in markdown


def test_escaped_characters_are_characters(path: Path) -> None:
    markdown = converted(write_workbook(path, {"S": sheet(text_cell("A1", "one_x000D_\ntwo _x005F_x000D_"))})).markdown
    assert "one" in markdown
    assert "x000D" in markdown
    assert markdown.count("x000D") == 1


def test_formulas_without_a_value_are_shown_and_named(path: Path) -> None:
    content = sheet(
        text_cell("A1", "Part") + text_cell("B1", "Sum"),
        text_cell("A2", "Rope") + '<c r="B2"><f t="shared" ref="B2:B3" si="0">C2*D2</f></c>',
        text_cell("A3", "Hook") + '<c r="B3"><f t="shared" si="0"/><v></v></c>',
        text_cell("A4", "Gone") + '<c r="B4" t="str"><f>IF(1,"","")</f><v></v></c>',
        text_cell("A5", "Newer") + '<c r="B5"><f>_xlfn.XLOOKUP(A1,A:A,B:B)</f></c>',
    )
    document = converted(write_workbook(path, {"Invoice": content}))
    assert [row[1:] for row in rows_of(document)[1:]] == [[r"=C2\*D2"], [r"=C3\*D3"], [""], ["=XLOOKUP(A1,A:A,B:B)"]]
    (notice,) = document.report.notices
    assert (notice.kind, notice.count, notice.where) == ("formula_without_value", 3, "Invoice")
    assert "B2, B3, B5" in notice.message


def test_zeros_of_a_program_that_never_calculated_are_no_values(path: Path) -> None:
    def write(values: tuple[int, int]) -> None:
        with xlsxwriter.Workbook(path) as book:
            page = book.add_worksheet("Sums")
            page.write_row(0, 0, ["Part", "Sum"])
            for row, value in enumerate(values, 1):
                page.write(row, 0, "Rope")
                page.write_formula(row, 1, f"=C{row + 1}+1", None, value)

    write((0, 0))
    assert [row[1] for row in rows_of(converted(path))] == ["Sum", "=C2+1", "=C3+1"]
    write((0, 7))
    assert [row[1] for row in rows_of(converted(path))] == ["Sum", "0", "7"]


def test_hidden_rows_columns_and_sheets_are_left_out_and_named(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("Prices")
        page.write_row(0, 0, ["Good", "Price", "Cost basis", "Stock"])
        for row, name in enumerate(["Copper", "Withdrawn", "Tin", "Folded away", "Zinc"], 1):
            page.write_row(row, 0, [name, row, row * 10, row * 100])
        page.set_row(2, 0)
        page.set_row(4, None, None, {"level": 1, "hidden": True})
        page.set_row(5, None, None, {"collapsed": True})
        page.set_column(2, 2, None, None, {"hidden": True})
        book.add_worksheet("Scratch").hide()
        book.add_worksheet("Deep").very_hidden()
        book.get_worksheet_by_name("Deep").write(0, 0, "secret")
    document = converted(path)
    assert rows_of(document) == [["Good", "Price", "Stock"], ["Copper", "1", "100"], ["Tin", "3", "300"], ["Zinc", "5", "500"]]
    assert sorted(kinds_of_notices(document)) == ["hidden_columns", "hidden_rows", "hidden_sheet", "hidden_sheet"]
    assert any("(3, 5)" in notice.message for notice in document.report.notices)
    texts = " ".join([chunk.text + " ".join(chunk.headings) for chunk in chunked(document).chunks])
    assert "Scratch" not in texts
    assert "secret" not in texts


def test_rows_that_are_hidden_unless_they_are_listed(path: Path) -> None:
    content = sheet(
        text_cell("A1", "Shown") + text_cell("B1", "Kept"),
        f'<row r="2" hidden="1">{text_cell("A2", "Hidden")}{text_cell("B2", "x")}</row>',
        f'<row r="9">{text_cell("A9", "Last")}{text_cell("B9", "y")}</row>',
        before='<sheetFormatPr defaultRowHeight="15" zeroHeight="1"/>',
    )
    assert rows_of(converted(write_workbook(path, {"S": content}))) == [["Shown", "Kept"], ["Last", "y"]]


def test_a_merged_label_is_shown_where_its_first_row_is_hidden(path: Path) -> None:
    content = sheet(
        text_cell("A1", "Farm") + text_cell("B1", "Crop"),
        f'<row r="2" hidden="1">{text_cell("A2", "North")}{text_cell("B2", "Oats")}</row>',
        text_cell("B3", "Rye"),
        after='<mergeCells><mergeCell ref="A2:A3"/></mergeCells>',
    )
    assert rows_of(converted(write_workbook(path, {"S": content})))[1] == ["North", "Rye"]


def test_values_that_their_format_hides_are_named(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("Sums")
        hiding, dash = book.add_format({"num_format": ";;;"}), book.add_format({"num_format": "0;-0;;@"})
        page.write_row(0, 0, ["Name", "Sum"])
        page.write(1, 0, "a")
        page.write(1, 1, 42, hiding)
        page.write(2, 0, "b")
        page.write(2, 1, 0, dash)
    document = converted(path)
    assert "42" not in document.markdown
    assert [(notice.kind, notice.count) for notice in document.report.notices] == [("hidden_values", 1)]


def test_notes_stand_at_their_cells_and_links_lead_on(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("Pumps")
        page.write_row(0, 0, ["Pump", "Flow"])
        page.write_url(1, 0, "https://example.org/p1", string="P-1")
        page.write(1, 1, 40)
        page.write_comment(1, 0, "Calibrated", {"author": "Ana"})
        page.write_url(2, 0, "internal:Pumps!A1", string="P-2")
        page.write(2, 1, 55)
        page.write_comment(2, 1, "Ana:\nDoubtful", {"author": "Ana"})
        page.write_url(3, 0, "mailto:ops@example.org", string="Operator")
        page.write(3, 1, 1)
        page.write_comment(9, 0, "Alone", {"author": "Bo"})
    document = converted(path)
    assert rows_of(document)[1:] == [
        ["[P-1](https://example.org/p1) [note by Ana: Calibrated]", "40"],
        ["P-2", "55 [note by Ana: Doubtful]"],
        ["[Operator](mailto:ops@example.org)", "1"],
    ]
    chunks = chunked(document).chunks
    assert {link.url for chunk in chunks for link in chunk.links} == {"https://example.org/p1", "mailto:ops@example.org"}
    text = "\n".join(chunk.text for chunk in chunks)
    assert "| P-1 [note by Ana: Calibrated] | 40 |" in text
    assert "[note by Bo: Alone]" in text


def test_threads_stand_at_their_cell_with_the_first_before_its_replies(path: Path) -> None:
    relation = (
        f'<Relationship Id="t" Type="{_MODERN}/2017/10/relationships/threadedComment" Target="../threadedComments/t9.xml"/>'
    )
    person = f'<Relationship Id="p" Type="{_MODERN}/2017/10/relationships/person" Target="persons/person.xml"/>'
    worksheet = f'<Relationship Id="r1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    parts = {
        "xl/worksheets/_rels/sheet1.xml.rels": relation,
        "xl/threadedComments/t9.xml": THREADS,
        "xl/persons/person.xml": PERSONS,
    }
    content = sheet(text_cell("A1", "Site"), text_cell("A2", "Alta"))
    write_workbook(path, {"S": content}, parts=parts)
    relate(path, worksheet + person)
    assert "Alta [note by Ana: Was it checked?] [reply by Bo: Yes, twice]" in converted(path).markdown


def test_text_boxes_and_charts_are_told(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("Pumps")
        page.write_row(0, 0, ["Pump", "Flow"])
        page.write_row(1, 0, ["P-1", 0.4])
        page.write_row(2, 0, ["P-2", 0.55])
        page.set_column(1, 1, None, book.add_format({"num_format": "0%"}))
        page.insert_textbox(20, 0, "Read twice a day")
        chart = book.add_chart({"type": "column"})
        chart.add_series({"name": "Flow", "categories": "=Pumps!$A$2:$A$3", "values": "=Pumps!$B$2:$B$3"})
        chart.set_title({"name": "Flow by pump"})
        chart.set_y_axis({"name": "of the whole"})
        page.insert_chart("D2", chart)
    markdown = converted(path).markdown
    assert "Read twice a day" in markdown
    assert markdown.index("P-2") < markdown.index("Flow by pump") < markdown.index("Read twice a day")
    assert markdown.count("| P-1 | 40% |") == 2
    assert "Flow (of the whole)" in markdown


def test_a_chart_of_hidden_data_shows_it(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("Board")
        data = book.add_worksheet("Data")
        data.write_column(0, 0, ["May", "June"])
        data.write_column(0, 1, [3, 4])
        data.hide()
        chart = book.add_chart({"type": "line"})
        chart.add_series({"categories": "=Data!$A$1:$A$2", "values": "=Data!$B$1:$B$2"})
        page.insert_chart("A1", chart)
    assert rows_of(converted(path))[-2:] == [["May", "3"], ["June", "4"]]


def test_sheets_that_show_nothing_give_nothing(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Blank page")
        book.add_worksheet("Painted").write_blank(3, 3, None, book.add_format({"bg_color": "#FF0000"}))
        book.add_worksheet("Full").write(0, 0, "text")
    document = converted(path)
    assert document.markdown == "# Full\n\ntext"
    assert "Blank page" not in str([chunk.headings for chunk in chunked(document).chunks])


def test_workbooks_of_the_strict_form_are_read(path: Path) -> None:
    write_workbook(
        path,
        {
            "S": sheet(
                text_cell("A1", "Name") + text_cell("B1", "Day"), text_cell("A2", "a") + '<c r="B2" t="d"><v>2026-03-15</v></c>'
            )
        },
    )
    strict(path)
    assert rows_of(converted(path)) == [["Name", "Day"], ["a", "2026-03-15"]]


def test_titles_are_captions_of_the_table_below(path: Path) -> None:
    content = sheet(
        text_cell("A1", "Tides"),
        text_cell("A2", "Name") + text_cell("B2", "Level"),
        text_cell("A3", "Alta") + '<c r="B3"><v>1</v></c>',
    )
    document = converted(write_workbook(path, {"S": content})).document
    (table,) = document["tables"]
    assert [document["texts"][int(ref["$ref"].rpartition("/")[2])]["text"] for ref in table["captions"]] == ["Tides"]


def relate(path: Path, relations: str) -> None:
    """Gives the workbook part other relations."""
    rewrite(
        path,
        lambda name, text: (
            f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{relations}</Relationships>'
            if name == "xl/_rels/workbook.xml.rels"
            else text
        ),
    )


def strict(path: Path) -> None:
    """Writes the parts with the namespaces of the strict form."""
    rewrite(
        path,
        lambda _, text: text.replace(
            "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main"
        ).replace(
            "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            "http://purl.oclc.org/ooxml/officeDocument/relationships",
        ),
    )


def rewrite(path: Path, change: Callable[[str, str], str]) -> None:
    """Rewrites each part of the package."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name).decode() for name in book.namelist()}
    with zipfile.ZipFile(path, "w") as book:
        for name, text in parts.items():
            book.writestr(name, change(name, text))


def test_the_target_of_a_formula_that_links_is_kept(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("Links")
        page.write_row(0, 0, ["Port", "Page"])
        page.write(1, 0, "Alta")
        page.write_formula(1, 1, '=HYPERLINK("https://a.example/x?y=1","the page")', None, "the page")
        page.write(2, 0, "Bodo")
        page.write_formula(2, 1, '=HYPERLINK("#Links!A1","up")', None, "up")
    assert rows_of(converted(path))[1:] == [["Alta", "[the page](https://a.example/x?y=1)"], ["Bodo", "up"]]


def test_lines_of_no_width_and_escaped_characters_are_not_taken_for_lost(path: Path) -> None:
    rows = sheet(
        text_cell("A1", "Port") + text_cell("B1", "Hidden words here"),
        text_cell("A2", "Alta_x000D__x0041_") + text_cell("B2", "more"),
        '<row r="3" ht="0">' + text_cell("A3", "No height at all") + "</row>",
        before='<cols><col min="2" max="2" width="0" customWidth="1"/></cols>',
    )
    assert converted(write_workbook(path, {"S": rows})).report.lost_text == []


def test_pictures_in_cells_show_their_descriptions_and_no_error(path: Path) -> None:
    pictures = [BytesIO(), BytesIO()]
    for picture, colour in zip(pictures, ("red", "blue"), strict=True):
        Image.new("RGB", (4, 4), colour).save(picture, "PNG")
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("Ports")
        page.write_row(0, 0, ["Port", "Map", "Boats"])
        page.write_row(1, 0, ["Alta", "", 7])
        page.embed_image(1, 1, "a.png", {"image_data": pictures[0], "description": "A map of Alta"})
        page.write_row(2, 0, ["Bodo", "", 8])
        page.embed_image(2, 1, "b.png", {"image_data": pictures[1], "decorative": True})
        page.write_row(3, 0, ["Vardo"])
        page.write_formula(3, 1, "=1/0", None, "#DIV/0!")
    document = converted(path)
    assert rows_of(document)[1:3] == [["Alta", "A map of Alta", "7"], ["Bodo", "", "8"]]
    assert rows_of(document)[3][:2] == ["Vardo", "#DIV/0!"]
    assert document.report.lost_text == []


def test_linked_values_show_their_name(path: Path) -> None:
    rich = "http://schemas.microsoft.com/office/spreadsheetml/2017/richdata"
    metadata = (
        f'<metadata xmlns="{_SHEETS}" xmlns:xlrd="{rich}"><metadataTypes><metadataType name="XLRICHVALUE"/></metadataTypes>'
        '<futureMetadata name="XLRICHVALUE"><bk><extLst><ext><xlrd:rvb i="1"/></ext></extLst></bk></futureMetadata>'
        '<valueMetadata><bk><rc t="1" v="0"/></bk></valueMetadata></metadata>'
    )
    keys = '<k n="_CRID" t="i"/><k n="_DisplayString" t="s"/>'
    structures = f'<rvStructures xmlns="{rich}"><s t="_linkedentity2">{keys}</s></rvStructures>'
    values = (
        f'<rvData xmlns="{rich}"><rv s="0"><v>1</v><v>Sea Ltd</v></rv><rv s="0"><v>2</v><v>Fjord AS (FJRD)</v></rv></rvData>'
    )
    parts = {
        "xl/metadata.xml": metadata,
        "xl/richData/rdrichvalue.xml": values,
        "xl/richData/rdrichvaluestructure.xml": structures,
    }
    rows = sheet(
        text_cell("A1", "Share") + text_cell("B1", "Price"),
        '<c r="A2" t="e" vm="1"><v>#VALUE!</v></c><c r="B2"><v>7</v></c>',
        '<c r="A3" t="e" vm="9"><v>#VALUE!</v></c><c r="B3"><v>8</v></c>',
    )
    document = converted(write_workbook(path, {"S": rows}, parts=parts))
    assert rows_of(document)[1:] == [["Fjord AS (FJRD)", "7"], ["#VALUE!", "8"]]
