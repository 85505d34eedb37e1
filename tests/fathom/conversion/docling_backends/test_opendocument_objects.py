"""Objects in an OpenDocument file are read: charts with all their titles, sheets and texts within the text."""

from __future__ import annotations

import zipfile
from pathlib import Path

from tests.fathom.conversion.docling_backends.office_files import (
    ODF_NAMES,
    converted,
    notices,
    open_cell,
    open_paragraph,
    open_table,
    open_text,
    said,
)

_FRAME = '<draw:frame draw:name="Object1"><draw:object xlink:href="./Object 1"/></draw:frame>'
_CHART_NAMES = f'{ODF_NAMES} xmlns:chart="urn:oasis:names:tc:opendocument:xmlns:chart:1.0"'


def _with_object(path: Path, body: str, content: str) -> Path:
    open_text(path, body)
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    entries["Object 1/content.xml"] = (
        f"<office:document-content {_CHART_NAMES}><office:body>{content}</office:body></office:document-content>"
    ).encode()
    with zipfile.ZipFile(path, "w") as made:
        for name, entry in entries.items():
            made.writestr(name, entry)
    return path


def _title(name: str, text: str) -> str:
    return f"<chart:{name}><text:p>{text}</text:p></chart:{name}>"


def test_a_chart_says_its_subtitle_and_the_names_of_its_axes(tmp_path: Path) -> None:
    axes = "".join(
        f'<chart:axis chart:dimension="{name}">{_title("title", text)}</chart:axis>'
        for name, text in (("x", "Weekday"), ("y", "Kilotonnes"))
    )
    points = open_table(
        open_cell("") + open_cell(open_paragraph("Load")), open_cell(open_paragraph("Mon")) + open_cell(open_paragraph("41.5"))
    ).replace("<table:table>", '<table:table table:name="local-table">')
    chart = (
        f'<office:chart><chart:chart chart:class="chart:bar">{_title("title", "Tonnes by day")}{_title("subtitle", "in May")}'
        f"<chart:plot-area>{axes}</chart:plot-area>{points}</chart:chart></office:chart>"
    )
    for text in said(converted(_with_object(tmp_path / "a.odt", open_paragraph(f"Loads: {_FRAME}"), chart))):
        for part in ("Tonnes by day", "in May", "Weekday", "Kilotonnes", "Mon | 41.5"):
            assert part in text


def test_a_sheet_within_a_text_is_a_table_of_it(tmp_path: Path) -> None:
    sheet = open_table(
        open_cell(open_paragraph("Quay")) + open_cell(open_paragraph("Rate")),
        open_cell(open_paragraph("North")) + open_cell(open_paragraph("40 kr")),
    )
    path = _with_object(
        tmp_path / "a.odt",
        open_paragraph(f"Rates: {_FRAME}") + open_paragraph("After"),
        f"<office:spreadsheet>{sheet}</office:spreadsheet>",
    )
    document = converted(path)
    for text in said(document):
        at = [text.index(part) for part in ("Rates:", "North | 40 kr", "After")]
        assert at == sorted(at)
    assert notices(document) == {}


def test_a_text_that_holds_itself_is_read_once(tmp_path: Path) -> None:
    inner = f"<office:text>{open_paragraph(f'Inner words {_FRAME}')}</office:text>"
    for text in said(converted(_with_object(tmp_path / "a.odt", open_paragraph(f"Outer {_FRAME}"), inner))):
        assert text == "Outer Inner words"


def test_an_object_of_another_kind_is_named(tmp_path: Path) -> None:
    path = _with_object(tmp_path / "a.odt", open_paragraph(f"Drawn: {_FRAME}"), "<office:drawing/>")
    assert notices(converted(path)) == {"object_not_taken": 1}
