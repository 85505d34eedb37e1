"""The words of an Office file's source are those that its reader sees: nothing that is hidden or deleted, and nothing less."""

from __future__ import annotations

from pathlib import Path

import pytest

from fathom.conversion.quality.source_words.source_reader import source_blocks
from fathom.conversion.report import DocumentKind, Inspection
from tests.fathom.conversion.made_files import archive

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
P = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
R = f'xmlns:r="{OFFICE}"'
OPENDOCUMENT = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{address}:1.0"'
    for name, address in {
        "office": "office", "text": "text", "table": "table", "style": "style", "draw": "drawing",
        "presentation": "presentation",
    }.items()
)  # fmt: skip
VISIBLE, SECRET = '<w:vanish w:val="0"/>', '<w:rStyle w:val="Secret"/>'


def words(path: Path, kind: DocumentKind) -> list[str]:
    """The texts of the file's blocks, figures left out."""
    blocks = source_blocks(path, Inspection(kind=kind, size=path.stat().st_size, encoding="utf-8"))
    assert blocks is not None
    return [" ".join(block.text.split()) for block in blocks]


def relations(**targets: str) -> str:
    inside = "".join(
        f'<Relationship Id="{name}" Type="{OFFICE}/{name.rstrip("0123456789")}" Target="{target}"/>'
        for name, target in targets.items()
    )
    return f'<Relationships xmlns="{RELATIONS}">{inside}</Relationships>'


def word_file(path: Path, body: str, styles: str = "", **parts: str) -> Path:
    named = {"footnotes": "footnotes.xml", "comments": "comments.xml", "styles": "styles.xml"}
    return archive(
        path,
        {
            "_rels/.rels": relations(officeDocument="word/document.xml"),
            "word/document.xml": f"<w:document {W}><w:body>{body}</w:body></w:document>",
            "word/_rels/document.xml.rels": relations(**named),
            "word/styles.xml": f"<w:styles {W}>{styles}</w:styles>",
            **{f"word/{name}.xml": f"<w:{name} {W}>{content}</w:{name}>" for name, content in parts.items()},
        },
    )


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        (f"<w:p>{run('Re')}{run('new', '<w:b/>')}{run('able')}</w:p>", ["Renewable"]),
        (f"<w:p>{run('shown ')}{run('hidden', '<w:vanish/>')}{run('too', VISIBLE)}</w:p>", ["shown too"]),
        (f"<w:p>{run('kept ')}<w:del>{run('gone')}</w:del><w:ins>{run('new')}</w:ins></w:p>", ["kept new"]),
        (f"<w:p><w:moveFrom>{run('from')}</w:moveFrom><w:moveTo>{run('to')}</w:moveTo></w:p>", ["to"]),
        (f"<w:p>{run('a')}<w:r><w:tab/></w:r>{run('b')}<w:r><w:br/></w:r>{run('c')}</w:p>", ["a b c"]),
        (f"<w:p>{run('x', SECRET)}{run('seen')}</w:p>", ["seen"]),
        ("<w:p><w:r><w:instrText>PAGE</w:instrText></w:r></w:p>", []),
        (
            "".join(
                f"<w:tc><w:tcPr>{said}</w:tcPr><w:p>{run(text)}</w:p></w:tc>"
                for said, text in (
                    ('<w:vMerge w:val="restart"/>', "tall"),
                    ("<w:vMerge/>", "covered"),
                    ("<w:cellDel/>", "deleted"),
                    ("", "beside"),
                )
            ),
            ["tall", "beside"],
        ),
        (
            f"<w:p><w:r><w:txbxContent><w:p>{run('box')}</w:p></w:txbxContent></w:r>{run('beside')}</w:p>",
            ["box", "beside"],
        ),
    ],
)
def test_word_paragraphs_have_what_is_shown(tmp_path: Path, body: str, texts: list[str]) -> None:
    styles = '<w:style w:type="character" w:styleId="Hid"><w:rPr><w:vanish/></w:rPr></w:style>'
    styles += '<w:style w:type="character" w:styleId="Secret"><w:basedOn w:val="Hid"/></w:style>'
    made = word_file(tmp_path / "a.docx", body, styles)
    assert words(made, DocumentKind.DOCX) == texts


def test_word_notes_that_are_referred_to_and_comments_are_blocks(tmp_path: Path) -> None:
    body = f'<w:p>{run("Tides")}<w:r><w:footnoteReference w:id="2"/></w:r></w:p>'
    notes = f'<w:footnote w:id="2"><w:p>{run("By noon.")}</w:p></w:footnote>'
    notes += f'<w:footnote w:id="3"><w:p>{run("Nowhere.")}</w:p></w:footnote>'
    comments = f'<w:comment w:id="0"><w:p>{run("Which tide?")}</w:p></w:comment>'
    made = word_file(tmp_path / "a.docx", body, footnotes=notes, comments=comments)
    assert words(made, DocumentKind.DOCX) == ["Tides", "By noon.", "Which tide?"]


def workbook(
    path: Path, rows: str, *, name: str = "Sheet1", state: str = "visible", beside: str = "", styles: str = ""
) -> Path:
    return archive(
        path,
        {
            "_rels/.rels": relations(officeDocument="xl/workbook.xml"),
            "xl/workbook.xml": f'<workbook {S} {R}><sheets><sheet name="{name}" state="{state}" r:id="worksheet1"/>'
            "</sheets></workbook>",
            "xl/_rels/workbook.xml.rels": relations(
                worksheet1="worksheets/sheet1.xml", sharedStrings="sharedStrings.xml", styles="styles.xml"
            ),
            "xl/sharedStrings.xml": f"<sst {S}><si><t>Ke</t><r><t>el</t></r></si>"
            "<si><t>Mast</t><rPh><t>masuto</t></rPh></si></sst>",
            "xl/styles.xml": f"<styleSheet {S}>{styles}</styleSheet>",
            "xl/worksheets/sheet1.xml": f"<worksheet {S}>{beside}<sheetData>{rows}</sheetData></worksheet>",
        },
    )


def test_cells_have_their_shared_inline_and_truth_values(tmp_path: Path) -> None:
    rows = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c>'
    rows += '<c r="C1" t="inlineStr"><is><t>Hull</t></is></c></row>'
    rows += '<row r="2"><c r="A2" t="b"><v>1</v></c><c r="B2" t="str"><f>A1</f><v>Keel</v></c><c r="C2"><v>12</v></c></row>'
    assert words(workbook(tmp_path / "a.xlsx", rows), DocumentKind.XLSX) == ["Keel", "Mast", "Hull", "TRUE", "Keel", "12"]


def test_numbers_in_formats_are_figures_and_plain_ones_words(tmp_path: Path) -> None:
    words_only = "&quot;yes&quot;;&quot;no&quot;"
    styles = f'<numFmts><numFmt numFmtId="164" formatCode="0.0%"/><numFmt numFmtId="165" formatCode="{words_only}"/>'
    styles += '</numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="14"/><xf numFmtId="165"/></cellXfs>'
    rows = '<row r="1"><c r="A1"><v>7</v></c><c r="B1" s="1"><v>0.075</v></c><c r="C1" s="2"><v>46027</v></c>'
    rows += '<c r="D1" s="3"><v>1</v></c><c r="E1"><v>0.30000000000000004</v></c></row>'
    made = workbook(tmp_path / "a.xlsx", rows, styles=styles)
    blocks = source_blocks(made, Inspection(kind=DocumentKind.XLSX, size=1))
    assert blocks is not None
    assert [(block.text[:5], block.is_figure) for block in blocks] == [
        ("7", False), ("0.075", True), ("46027", True), ("0.300", True),
    ]  # fmt: skip


def test_hidden_rows_columns_sheets_and_covered_cells_are_left_out(tmp_path: Path) -> None:
    cells = "".join(f'<c r="{c.upper()}{{0}}" t="inlineStr"><is><t>{c}{{0}}</t></is></c>' for c in "ab")
    row = f'<row r="{{0}}" {{1}}>{cells}</row>'
    rows = row.format(1, "") + row.format(2, 'hidden="1"')
    hidden = '<cols><col min="2" max="2" hidden="1"/></cols>'
    assert words(workbook(tmp_path / "a.xlsx", rows, beside=hidden), DocumentKind.XLSX) == ["a1"]
    assert words(workbook(tmp_path / "b.xlsx", rows, state="hidden"), DocumentKind.XLSX) == []
    merged = workbook(
        tmp_path / "c.xlsx", f'{row.format(1, "")}</sheetData><mergeCells><mergeCell ref="A1:B1"/></mergeCells><sheetData>'
    )
    assert words(merged, DocumentKind.XLSX) == ["a1"]


def test_a_sheet_that_somebody_named_is_asked_for_by_its_name(tmp_path: Path) -> None:
    row = '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>'
    made = workbook(tmp_path / "a.xlsx", row, name="Boats")
    assert words(made, DocumentKind.XLSX) == ["a", "Boats"]
    assert words(workbook(tmp_path / "b.xlsx", "", name="Boats"), DocumentKind.XLSX) == []


def slide(shapes: str, attributes: str = "") -> str:
    return f"<p:sld {P} {A} {attributes}><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:sld>"


def shape(text: str, placeholder: str = "", name: str = "") -> str:
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="1" {name}/><p:nvPr>{placeholder}</p:nvPr></p:nvSpPr>'
        f"<p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"
    )


def test_slides_that_are_shown_come_in_order_with_their_notes(tmp_path: Path) -> None:
    number = '<p:ph type="sldNum"/>'
    notes = (
        slide(shape("Say why.", '<p:ph type="body"/>') + shape("1", number))
        .replace("p:sld ", "p:notes ")
        .replace("p:sld>", "p:notes>")
    )
    made = archive(
        tmp_path / "a.pptx",
        {
            "_rels/.rels": relations(officeDocument="ppt/presentation.xml"),
            "ppt/presentation.xml": f'<p:presentation {P} {R}><p:sldIdLst><p:sldId r:id="slide2"/><p:sldId r:id="slide1"/>'
            '<p:sldId r:id="slide3"/></p:sldIdLst></p:presentation>',
            "ppt/_rels/presentation.xml.rels": relations(
                slide1="slides/slide1.xml", slide2="slides/slide2.xml", slide3="slides/slide3.xml"
            ),
            "ppt/slides/slide1.xml": slide(shape("Second") + shape("secret", name='hidden="1"') + shape("2", number)),
            "ppt/slides/slide2.xml": slide(shape("First")),
            "ppt/slides/slide3.xml": slide(shape("Unseen"), 'show="0"'),
            "ppt/slides/_rels/slide2.xml.rels": relations(notesSlide="../notesSlides/notesSlide1.xml"),
            "ppt/notesSlides/notesSlide1.xml": notes,
        },
    )
    assert words(made, DocumentKind.PPTX) == ["First", "Say why.", "Second"]


def test_opendocument_texts_have_notes_and_no_deleted_hidden_or_covered_text(tmp_path: Path) -> None:
    content = f"""<office:document-content {OPENDOCUMENT}>
    <style:style style:name="H"><style:text-properties text:display="none"/></style:style>
    <office:body><office:text><text:tracked-changes><text:p>gone</text:p></text:tracked-changes>
    <text:p>Tides<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>By noon.</text:p></text:note-body>
    </text:note><text:s/>rise<text:span text:style-name="H">secret</text:span></text:p>
    <table:table><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell>
    <table:covered-table-cell><text:p>b</text:p></table:covered-table-cell></table:table-row>
    <table:table-row table:visibility="collapse"><table:table-cell><text:p>c</text:p></table:table-cell></table:table-row>
    </table:table><text:p text:style-name="H">whole</text:p><text:section text:is-hidden="true"><text:p>part</text:p>
    </text:section><text:p>x<text:variable-set text:display="none">9</text:variable-set></text:p>
    </office:text></office:body></office:document-content>"""
    made = archive(tmp_path / "a.odt", {"content.xml": content})
    assert words(made, DocumentKind.ODT) == ["By noon.", "Tides rise", "a", "x"]


def test_what_stands_before_a_fault_is_kept_and_entities_do_not_multiply(tmp_path: Path) -> None:
    broken = word_file(tmp_path / "a.docx", f"<w:p>{run('kept')}</w:p><w:p></w:q>")
    assert words(broken, DocumentKind.DOCX) == ["kept"]
    entities = "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 50}'>" for n in range(1, 9))
    bomb = f"<!DOCTYPE d [<!ENTITY e0 'boom'>{entities}]><w:document {W}><w:p><w:r><w:t>&e8;</w:t></w:r></w:p></w:document>"
    made = archive(tmp_path / "b.docx", {"_rels/.rels": relations(officeDocument="d.xml"), "d.xml": bomb})
    assert len("".join(words(made, DocumentKind.DOCX))) < 10_000_000


def running_file(path: Path, section: str, settings: str = "", **parts: str) -> Path:
    """A Word file with one paragraph, the section's properties and headers by these names."""
    headers = {f"word/header{name}.xml": f"<w:hdr {W}>{content}</w:hdr>" for name, content in parts.items()}
    related = {f"header{number}": f"header{name}.xml" for number, name in enumerate(parts)}
    names = dict(zip(parts, related, strict=True))
    references = "".join(f'<w:headerReference w:type="{name}" r:id="{key}"/>' for name, key in names.items())
    body = f"<w:p>{run('Tides')}</w:p><w:sectPr>{references}{section}</w:sectPr>"
    return archive(
        path,
        {
            "_rels/.rels": relations(officeDocument="word/document.xml"),
            "word/document.xml": f"<w:document {W} {R}><w:body>{body}</w:body></w:document>",
            "word/_rels/document.xml.rels": relations(settings="settings.xml", **related),
            "word/settings.xml": f"<w:settings {W}>{settings}</w:settings>",
            **headers,
        },
    )


@pytest.mark.parametrize(
    ("section", "settings", "shown"),
    [
        ("", "", ["Harbour report"]),
        ("<w:titlePg/>", "", ["Harbour report", "Kelda Port"]),
        ('<w:titlePg w:val="0"/>', "<w:evenAndOddHeaders/>", ["Harbour report", "Left page"]),
    ],
)
def test_word_headers_that_pages_show_are_asked_for_once(tmp_path: Path, section: str, settings: str, shown: list[str]) -> None:
    headers = {"default": "Harbour report", "first": "Kelda Port", "even": "Left page"}
    parts = {name: f"<w:p>{run(text)}</w:p><w:p>{run('Page 3')}</w:p>" for name, text in headers.items()}
    made = running_file(tmp_path / "a.docx", section, settings, **parts)
    blocks = source_blocks(made, Inspection(kind=DocumentKind.DOCX, size=1))
    assert blocks is not None
    assert [(block.text, block.repeated) for block in blocks] == [("Tides", False), *((text, True) for text in shown)]


def test_what_a_header_asks_to_be_filled_in_is_not_asked_for(tmp_path: Path) -> None:
    prompt = "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{}</w:sdtContent></w:sdt>".format(run("[Type here]"))
    made = running_file(tmp_path / "a.docx", "", default=f"<w:p>{prompt}{run('Kelda')}</w:p>")
    assert words(made, DocumentKind.DOCX) == ["Tides", "Kelda"]


@pytest.mark.parametrize(
    "part",
    [
        "<html><body><p>Imported</p></body></html>",
        'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="b"\n\n'
        "--b\nContent-Type: text/html\n\n<p>Imported</p>\n--b--",
    ],
)
def test_parts_of_word_that_are_documents_are_asked_for(tmp_path: Path, part: str) -> None:
    made = archive(
        tmp_path / "a.docx",
        {
            "_rels/.rels": relations(officeDocument="word/document.xml"),
            "word/document.xml": f"<w:document {W}><w:body><w:p>{run('Tides')}</w:p></w:body></w:document>",
            "word/_rels/document.xml.rels": relations(aFChunk="part"),
            "word/part": part,
        },
    )
    assert words(made, DocumentKind.DOCX) == ["Tides", "Imported"]


def test_footers_of_slides_and_what_layouts_draw_are_repeated_and_their_places_are_no_text(tmp_path: Path) -> None:
    chart = 'xmlns:cx="http://schemas.microsoft.com/office/drawing/2014/chartex"'
    made = archive(
        tmp_path / "a.pptx",
        {
            "_rels/.rels": relations(officeDocument="ppt/presentation.xml"),
            "ppt/presentation.xml": f'<p:presentation {P} {R}><p:sldIdLst><p:sldId r:id="slide1"/></p:sldIdLst>'
            "</p:presentation>",
            "ppt/_rels/presentation.xml.rels": relations(slide1="slide1.xml"),
            "ppt/slide1.xml": slide(shape("Bridge") + shape("Kelda Port", '<p:ph type="ftr"/>')),
            "ppt/_rels/slide1.xml.rels": relations(slideLayout="layout.xml", chartEx="chart.xml"),
            "ppt/layout.xml": slide(shape("Click to edit", '<p:ph type="title"/>') + shape("Confidential")),
            "ppt/chart.xml": f"<cx:chartSpace {chart} {A}><cx:chartData><cx:lvl><cx:pt>Rent</cx:pt></cx:lvl></cx:chartData>"
            "<a:p><a:r><a:t>Loads</a:t></a:r></a:p></cx:chartSpace>",
        },
    )
    blocks = source_blocks(made, Inspection(kind=DocumentKind.PPTX, size=1))
    assert blocks is not None
    assert [(block.text, block.repeated, bool(block.group)) for block in blocks] == [
        ("Bridge", False, False), ("Kelda Port", True, False), ("Rent", False, False), ("Loads", False, False),
        ("Confidential", True, True),
    ]  # fmt: skip


def test_headers_of_opendocument_texts_are_asked_for_once(tmp_path: Path) -> None:
    styles = f"""<office:document-styles {OPENDOCUMENT}><office:master-styles><style:master-page style:name="Standard">
    <style:header><text:p>Harbour report</text:p></style:header>
    <style:footer><text:p>Page <text:page-number>3</text:page-number></text:p></style:footer>
    <style:header-left style:display="false"><text:p>Unseen</text:p></style:header-left></style:master-page>
    <style:master-page style:name="Other"><style:header><text:p>Unused</text:p></style:header></style:master-page>
    </office:master-styles></office:document-styles>"""
    content = (
        f"<office:document-content {OPENDOCUMENT}><office:body><text:p>Tides</text:p></office:body></office:document-content>"
    )
    made = archive(tmp_path / "a.odt", {"content.xml": content, "styles.xml": styles})
    blocks = source_blocks(made, Inspection(kind=DocumentKind.ODT, size=1))
    assert blocks is not None
    assert [(block.text, block.repeated) for block in blocks] == [("Tides", False), ("Harbour report", True)]
