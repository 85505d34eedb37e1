"""Small files that ask for endless work or memory are refused by name, or read for what they say, in a moment."""

from __future__ import annotations

import struct
import time
import zipfile
import zlib
from pathlib import Path

import made_files as made
import pytest

from fathom.conversion.inspection.archives import inspect_archive
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.conversion.kinds.xml_faults import MAX_EXPANDED_CHARACTERS, name_xml_fault, refuse_multiplying_entities
from fathom.conversion.report import DocumentKind
from fathom.errors import ArchiveBomb, DocumentDamaged, DocumentTooLarge, NestedTooDeep
from tests.fathom.conversion.docling_backends.office_files import ODF_NAMES, paragraph, word
from tests.fathom.conversion.docling_backends.sheet_files import converted, text_cell, write_ods, write_workbook

_TENFOLD = [f'<!ENTITY lol{n} "{f"&lol{n - 1};" * 10}">' for n in range(1, 10)]
LAUGHS = f'<!DOCTYPE lolz [<!ENTITY lol0 "lol">{"".join(_TENFOLD)}]>'
BACKWARDS = f'<!DOCTYPE lolz [{"".join(reversed(_TENFOLD))}<!ENTITY lol0 "lol">]>'
QUADRATIC = f'<!DOCTYPE d [<!ENTITY lol9 "{"text " * 10_000}">]>'
OPENDOCUMENT = "application/vnd.oasis.opendocument."
MAIN_PARTS = {
    "docx": ("word/document.xml", {"[Content_Types].xml": f'<Override ContentType="{made.WORD_MAIN}"/>'}),
    "xlsx": ("xl/workbook.xml", {"[Content_Types].xml": f'<Override ContentType="{made.SHEETS_MAIN}"/>'}),
    "pptx": ("ppt/slides/slide1.xml", {"[Content_Types].xml": f'<Override ContentType="{made.SLIDES_MAIN}"/>'}),
    "odt": ("content.xml", {"mimetype": OPENDOCUMENT + "text"}),
    "ods": ("content.xml", {"mimetype": OPENDOCUMENT + "spreadsheet"}),
    "epub": ("text/chapter.xhtml", {"mimetype": "application/epub+zip", "META-INF/container.xml": "<container/>"}),
}


def inspected(path: Path) -> DocumentKind:
    return inspect_file(path, max_bytes=10**9, max_pages=100).kind


@pytest.mark.parametrize("suffix", MAIN_PARTS)
@pytest.mark.parametrize("declared", [LAUGHS, BACKWARDS, QUADRATIC], ids=["laughs", "backwards", "quadratic"])
def test_entities_that_multiply_are_a_bomb_in_every_archive(tmp_path: Path, suffix: str, declared: str) -> None:
    name, parts = MAIN_PARTS[suffix]
    content = f'<?xml version="1.0"?>{declared}<d>{"&lol9;" * 1_000}</d>'
    for encoding in ("utf-8", "utf-16"):
        path = made.archive(tmp_path / f"a-{encoding}.{suffix}", {**parts, name: content.encode(encoding)})
        with pytest.raises(ArchiveBomb, match="entities expand"):
            inspect_archive(path)


@pytest.mark.parametrize("name", ["a.xml", "a.svg", "a.rss", "a.xhtml", "a.nxml"])
@pytest.mark.parametrize("root", ["article", "rss", "svg", "html", "lolz"])
def test_entities_that_multiply_are_a_bomb_in_every_text(tmp_path: Path, name: str, root: str) -> None:
    (tmp_path / name).write_text(f"{LAUGHS.replace('lolz [', f'{root} [')}<{root}><body>&lol9;</body></{root}>")
    with pytest.raises(ArchiveBomb, match="entities expand"):
        inspected(tmp_path / name)


def test_an_entity_that_stands_for_itself_is_a_bomb_and_one_that_abbreviates_is_not() -> None:
    refuse_multiplying_entities('<!DOCTYPE d [<!ENTITY a "Company"><!ENTITY b "&a; Ltd">]><d>' + "&b;" * 1_000)
    with pytest.raises(ArchiveBomb, match="for itself"):
        refuse_multiplying_entities('<!ENTITY a "&b;"><!ENTITY b "&a;">')
    with pytest.raises(ArchiveBomb):
        refuse_multiplying_entities(f'<!ENTITY a "{"x" * (MAX_EXPANDED_CHARACTERS + 1)}">')


def test_a_chain_of_many_entities_is_measured_in_no_time() -> None:
    chain = "".join(f'<!ENTITY e{n} "&e{n + 1};&e{n + 1}x;">' for n in range(5_000))
    began = time.process_time()
    refuse_multiplying_entities(f'<!DOCTYPE d [{chain}<!ENTITY e5000 "end">]><d>&e0;</d>')
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("Maximum entity amplification factor exceeded, see xmlCtxtSetMaxAmplification., line 1", ArchiveBomb),
        ("Detected an entity reference loop, line 1, column 7", ArchiveBomb),
        ("Excessive depth in document: 256 use XML_PARSE_HUGE option, line 1", NestedTooDeep),
        ("odfdo detected a breach of security. High compression ratio (317.9:1) detected in content.xml.", ArchiveBomb),
        ("Entity 'x' not defined, line 1, column 413", DocumentDamaged),
    ],
)
def test_what_a_reader_of_xml_says_has_a_name(message: str, error: type[Exception]) -> None:
    assert type(name_xml_fault(["could not load", message])) is error


def test_declarations_of_a_chapter_are_no_text_and_stand_for_what_they_say(tmp_path: Path) -> None:
    declared = '<!DOCTYPE html [<!ENTITY co "Harbour &amp; Sons"><!ENTITY nbsp "&#160;">]>'
    chapter = f"{declared}<html><body><p>At &co;&nbsp;today</p></body></html>"
    package = '<package><manifest><item id="a" href="a.xhtml"/></manifest><spine><itemref idref="a"/></spine></package>'
    parts = {"mimetype": "application/epub+zip", "META-INF/container.xml": "<container/>", "b.opf": package, "a.xhtml": chapter}
    assert converted(made.archive(tmp_path / "a.epub", parts)).markdown == "At Harbour & Sons today"


def test_a_part_that_is_larger_than_the_archive_says_is_a_bomb(tmp_path: Path) -> None:
    honest = made.office(tmp_path / "a.docx", made.WORD_MAIN, {"word/document.xml": b" " * 40_000_000})
    with zipfile.ZipFile(honest) as archive:
        size = archive.getinfo("word/document.xml").file_size
    lying = tmp_path / "b.docx"
    lying.write_bytes(honest.read_bytes().replace(struct.pack("<L", size), struct.pack("<L", 60_000)))
    with pytest.raises(ArchiveBomb, match="larger than the archive says"):
        inspect_archive(lying)


def test_an_honest_archive_of_a_hundred_megabytes_is_opened(tmp_path: Path) -> None:
    large = b"".join(b"%09d " % number for number in range(4_000_000))
    path = made.office(tmp_path / "a.docx", made.WORD_MAIN, {"word/document.xml": large, "word/media/a.bin": large})
    assert inspect_archive(path)[0] is DocumentKind.DOCX


def test_cells_at_opposite_corners_of_a_sheet_are_both_read(tmp_path: Path) -> None:
    rows = f'<row r="1">{text_cell("A1", "near")}</row><row r="1048576">{text_cell("XFD1048576", "far")}</row>'
    began = time.process_time()
    book = converted(write_workbook(tmp_path / "a.xlsx", {"S": f"<sheetData>{rows}</sheetData>"}))
    repeated = (
        '<table:table-row table:number-rows-repeated="1048575"><table:table-cell table:number-columns-repeated="16384"/>'
        '</table:table-row><table:table-row><table:table-cell table:number-columns-repeated="16383"/>'
        "<table:table-cell><text:p>far</text:p></table:table-cell></table:table-row>"
    )
    sheet = converted(write_ods(tmp_path / "a.ods", f'<table:table table:name="S">{repeated}</table:table>'))
    assert (book.markdown, sheet.markdown) == ("# S\n\nnear\n\nfar", "# S\n\nfar")
    assert time.process_time() - began < 5


def test_blanks_that_a_sheet_counts_in_millions_stay_few(tmp_path: Path) -> None:
    blanks = '<text:s text:c="99999999"/>' * 100
    row = f"<table:table-row><table:table-cell><text:p>a{blanks}b</text:p></table:table-cell></table:table-row>"
    sheet = converted(write_ods(tmp_path / "a.ods", f'<table:table table:name="S">{row * 200}</table:table>'))
    assert sheet.report.words == 400
    assert len(str(sheet.document)) < 20_000_000


def text_document(path: Path, body: str) -> Path:
    inner = f"<office:body><office:text>{body}</office:text></office:body>"
    content = f"<office:document-content {ODF_NAMES}>{inner}</office:document-content>"
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry '
        f'manifest:full-path="/" manifest:media-type="{OPENDOCUMENT}text"/></manifest:manifest>'
    )
    styles = f"<office:document-styles {ODF_NAMES}/>"
    parts = {"mimetype": OPENDOCUMENT + "text", "META-INF/manifest.xml": manifest, "styles.xml": styles, "content.xml": content}
    return made.archive(path, parts)


def test_repeated_cells_of_an_opendocument_text_stand_a_bounded_number_of_times(tmp_path: Path) -> None:
    cell = '<table:table-cell table:number-columns-repeated="1000000"><text:p>x</text:p></table:table-cell>'
    table = f'<table:table><table:table-row table:number-rows-repeated="1000000">{cell}</table:table-row></table:table>'
    made_of_it = converted(text_document(tmp_path / "a.odt", f"<text:p>first</text:p>{table * 20}<text:p>last</text:p>"))
    assert 1_000 < made_of_it.report.words < 60_000
    assert made_of_it.markdown.endswith("last")
    assert [notice.kind for notice in made_of_it.report.notices] == ["repeated_cells"]


def test_a_row_that_leaves_a_million_columns_free_keeps_its_cells(tmp_path: Path) -> None:
    before = '<w:trPr><w:gridBefore w:val="1000000"/><w:gridAfter w:val="1000000"/></w:trPr>'
    rows = "".join(f"<w:tr>{before}<w:tc>{paragraph(f'cell {number}')}</w:tc></w:tr>" for number in range(50))
    body = f"<w:tbl><w:tblPr/><w:tblGrid><w:gridCol/></w:tblGrid>{rows}</w:tbl>"
    assert "cell 49" in converted(word(tmp_path / "a.docx", body)).markdown


@pytest.mark.parametrize("kind", ["multipart/mixed; boundary=b{0}", "message/rfc822"])
def test_a_mail_of_parts_within_parts_without_end_is_nested_too_deep(tmp_path: Path, kind: str) -> None:
    mail = "Content-Type: text/plain\n\nhello"
    for number in range(1_000):
        inner = f"--b{number}\n{mail}\n--b{number}--\n" if "multipart" in kind else mail
        mail = f"Subject: s\nMIME-Version: 1.0\nContent-Type: {kind.format(number)}\n\n{inner}"
    (tmp_path / "a.eml").write_text(f"From: a@b.c\nTo: d@e.f\n{mail}")
    with pytest.raises(NestedTooDeep):
        converted(tmp_path / "a.eml")


@pytest.mark.parametrize("element", ["<text:section>", "<text:list><text:list-item>"])
def test_elements_without_end_in_one_another_are_nested_too_deep(tmp_path: Path, element: str) -> None:
    ends = "".join(f"</{name.rstrip('>')}>" for name in reversed(element.split("<")[1:]))
    with pytest.raises(NestedTooDeep):
        converted(text_document(tmp_path / "a.odt", element * 5_000 + "<text:p>deep</text:p>" + ends * 5_000))


def test_a_small_text_that_shrinks_well_is_read(tmp_path: Path) -> None:
    path = text_document(tmp_path / "a.odt", "<text:p>The same line again.</text:p>" * 5_000)
    assert len(path.read_bytes()) * 30 < 5_000 * 37
    assert converted(path).report.words == 20_000


def test_forty_thousand_rows_that_are_much_alike_are_no_bomb(tmp_path: Path) -> None:
    rows = "".join(f'<row r="{n}">{text_cell(f"A{n}", "Sydney")}<c r="B{n}"><v>{n}</v></c></row>' for n in range(1, 40_001))
    path = write_workbook(tmp_path / "a.xlsx", {"S": f"<sheetData>{rows}</sheetData>"})
    assert inspect_archive(path)[0] is DocumentKind.XLSX


def test_millions_of_empty_paragraphs_are_a_bomb(tmp_path: Path) -> None:
    with pytest.raises(ArchiveBomb, match="times its size"):
        inspected(word(tmp_path / "a.docx", "<w:p/>" * 3_000_000))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def drawn(path: Path, width: int, height: int, *more: bytes) -> Path:
    """A PNG that declares this size and holds a few rows."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    parts = [chunk(b"IHDR", header), *more, chunk(b"IDAT", zlib.compress(bytes(10_000))), chunk(b"IEND", b"")]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    return path


@pytest.mark.parametrize(("width", "height"), [(50_000, 50_000), (13_400, 13_300), (2**31 - 1, 2**31 - 1)])
def test_pictures_of_more_pixels_than_are_read_are_too_large(tmp_path: Path, width: int, height: int) -> None:
    with pytest.raises(DocumentTooLarge, match="pixels"):
        inspected(drawn(tmp_path / "a.png", width, height))


def test_a_text_that_unpacks_without_end_within_a_picture_is_a_bomb(tmp_path: Path) -> None:
    text = chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(100_000_000), 9))
    with pytest.raises(ArchiveBomb, match="text within the picture"):
        inspected(drawn(tmp_path / "a.png", 10, 10, text))
