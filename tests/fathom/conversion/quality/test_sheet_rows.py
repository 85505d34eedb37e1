"""Rows that are read by their pattern say what the XML of the sheet says."""

from __future__ import annotations

import io

import pytest

from fathom.conversion.quality.source_words.office import sheet_rows
from fathom.conversion.quality.source_words.office.sheet_rows import stream_rows
from fathom.conversion.quality.source_words.office.sheet_source import Covered, _Cells
from fathom.conversion.quality.source_words.source_block import SourceBlock
from fathom.conversion.quality.source_words.xml_events import stream

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
PREFIXED = MAIN.replace("xmlns", "xmlns:s")
HEAD = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet {MAIN} xmlns:x="urn:x">'
COLUMNS = '<cols><col min="2" max="2" hidden="1"/></cols>'
PLAIN = (
    '<row r="2" spans="1:4"><c r="A2" t="s"><v>0</v></c><c r="B2" s="1"><v>7</v></c><c r="C2"/>'
    '<c r="D2" t="str"><f>A2&amp;"x"</f><v>made</v></c></row>'
)
STRANGE = {
    "plain": PLAIN,
    "values of all types": '<row r="3"><c r="A3" t="b"><v>1</v></c><c r="B3" t="e"><v>#NA</v></c><c r="C3"><v>-8</v></c></row>',
    "inline strings": '<row r="3"><c r="A3" t="inlineStr"><is><t xml:space="preserve"> tide </t></is></c></row>',
    "runs in an inline string": '<row r="3"><c r="A3" t="inlineStr"><is><r><t>ti</t></r><r><t>de</t></r></is></c></row>',
    "entities": '<row r="3"><c r="A3" t="str"><v>Sand &amp; Sons &#233;</v></c></row>',
    "single quotes": "<row r='3'><c r='A3' t='str'><v>quoted</v></c></row>",
    "no references": '<row><c t="str"><v>first</v></c><c t="str"><v>second</v></c></row>',
    "references of cells alone": '<row><c r="A3" t="str"><v>first</v></c></row><row><c r="A4" t="str"><v>second</v></c></row>',
    "a hidden row": '<row r="3" hidden="1"><c r="A3" t="str"><v>hidden</v></c></row>',
    "a row without height": '<row r="4" ht="0"><c r="A4" t="str"><v>low</v></c></row>',
    "empty rows": '<row r="3" ht="20"/>\n <row r="4"><c r="A4" t="str"><v>after</v></c></row><row r="5"></row>',
    "a comment with a row": f"<!-- {PLAIN} {PLAIN} -->" + PLAIN.replace("made", "real"),
    "a comment over rows": f"<!-- {PLAIN}\n" + PLAIN + "-->" + PLAIN.replace("made", "real"),
    "character data": '<row r="3"><c r="A3" t="str"><v><![CDATA[<c r="B3"><v>no cell</v></c></row>]]></v></c></row>' + PLAIN,
    "more than the value": '<row r="3"><c r="A3" t="str"><v>said</v><extLst><ext uri="u"/></extLst></c></row>',
    "elements of others": '<row r="3"><x:c r="A3"><x:v>foreign</x:v></x:c><c r="B3" t="str" cm="1"><v>ours</v></c></row>',
    "furigana": '<row r="3"><c r="A3" t="inlineStr"><is><t>\u6771</t><rPh sb="0" eb="1"><t>\u3072</t></rPh></is></c></row>',
    "cut off": '<row r="3"><c r="A3" t="str"><v>there</v></c></row><row r="4"><c r="A4" t="str"><v>cut',
    "broken": '<row r="3"><c r="A3" t="str"><v>there</v></c></row><row r="4"><c r="A4"></row>' + PLAIN,
}


def cells() -> _Cells:
    return _Cells("sheet a", ["shared"], ["plain", "figure"], Covered([(1, 9, 2, 9)]))


def both(data: bytes) -> tuple[list[SourceBlock], list[SourceBlock]]:
    """The blocks of the sheet read by rows, and as XML."""
    return list(stream_rows(io.BytesIO(data), cells())), list(stream(io.BytesIO(data), cells()))


@pytest.mark.parametrize("rows", STRANGE.values(), ids=STRANGE.keys())
def test_strange_rows_are_read_as_their_xml_between_plain_ones(rows: str) -> None:
    for before in ("", COLUMNS):
        end = "" if "cut" in rows else "</sheetData><mergeCells/></worksheet>"
        by_rows, as_xml = both(f"{HEAD}{before}<sheetData>{PLAIN}{rows}{PLAIN}{end}".encode())
        assert by_rows == as_xml
        assert by_rows


@pytest.mark.parametrize(
    "sheet",
    [
        f"<s:worksheet {PREFIXED}><s:sheetData><s:row><s:c><s:v>1</s:v></s:c></s:row></s:sheetData></s:worksheet>",
        f"<!DOCTYPE a [<!ENTITY e 'seen'>]><worksheet {MAIN}><sheetData>{PLAIN.replace('made', '&e;')}</sheetData></worksheet>",
        f"<worksheet {MAIN}><sheetData/></worksheet>",
        f"<worksheet {MAIN}><sheetData xml:space='default'>{PLAIN}</sheetData></worksheet>",
        f"<worksheet xmlns='urn:other'><sheetData>{PLAIN}</sheetData></worksheet>",
        "",
    ],
)
def test_sheets_that_are_written_otherwise_are_read_as_xml(sheet: str) -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        by_rows, as_xml = both(sheet.encode(encoding))
        assert by_rows == as_xml


def test_letters_of_another_encoding_are_not_taken_for_utf_8() -> None:
    sheet = f'<?xml version="1.0" encoding="ISO-8859-1"?><worksheet {MAIN}><sheetData>{PLAIN}</sheetData></worksheet>'
    by_rows, as_xml = both(sheet.replace("made", "S\u00e3o").encode("iso-8859-1"))
    assert by_rows == as_xml
    assert by_rows[-1].text == "S\u00e3o"


def test_a_row_without_an_end_is_held_within_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_rows, "MAX_ROW_BYTES", 1_000)
    monkeypatch.setattr(sheet_rows, "PIECE_BYTES", 500)
    wide = "".join(f'<c r="A{number}" t="str"><v>tide</v></c>' for number in range(2_000))
    by_rows, as_xml = both(f'{HEAD}<sheetData>{PLAIN}<row r="3">{wide}</row>{PLAIN}</sheetData></worksheet>'.encode())
    assert by_rows == as_xml
    assert len(by_rows) > 2_000


def test_plain_rows_are_read_by_their_pattern() -> None:
    class Rows(_Cells):
        def row(self, attributes: object, cells: object) -> None:
            taken.append(cells)

    taken: list[object] = []
    data = f"{HEAD}<sheetData>{PLAIN * 3}</sheetData></worksheet>".encode()
    list(stream_rows(io.BytesIO(data), Rows("sheet a", [], [], Covered([]))))
    assert (
        taken == [[("A", "", "s", "0", ""), ("B", "1", "", "7", ""), ("C", "", "", "", ""), ("D", "", "str", "made", "")]] * 3
    )
