"""Books keep their chapters in order, the text before headings, their notes and marks, and chapters in any encoding."""

from __future__ import annotations

import zipfile
from pathlib import Path

from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.conversion.report import ConvertedDocument

CONTAINER = """<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="OPS/a.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""
HEAD = '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><head><title/></head>'


def book(tmp_path: Path, chapters: dict[str, str | bytes], missing: tuple[str, ...] = ()) -> ConvertedDocument:
    """The document of a book with these chapters, by their names; `missing` are named and not there."""
    path = tmp_path / "a.epub"
    names = [*chapters, *missing]
    items = "".join(f'<item id="i{n}" href="{name}" media-type="application/xhtml+xml"/>' for n, name in enumerate(names))
    spine = "".join(f'<itemref idref="i{n}"/>' for n in range(len(names)))
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>Tides</dc:title></metadata><manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("META-INF/container.xml", CONTAINER)
        archive.writestr("OPS/a.opf", package)
        for name, body in chapters.items():
            data = body if isinstance(body, bytes) else f"{HEAD}<body>{body}</body></html>".encode()
            archive.writestr(f"OPS/{name}", data)
    return EmbeddedEngine().convert_file(path, inspect_file(path, max_bytes=10**7, max_pages=100), version="0" * 64)


def test_notes_in_another_chapter_keep_their_marks(tmp_path: Path) -> None:
    found = book(
        tmp_path,
        {
            "c1.xhtml": '<h1>Flood</h1><p>Water<a epub:type="noteref" href="notes.xhtml#n1">1</a> rises.</p>',
            "c2.xhtml": '<h1>Ebb</h1><p>It falls<sup><a href="notes.xhtml#n2">1</a></sup>.</p>',
            "notes.xhtml": '<h1>Notes</h1><p id="n1">1. Salt water.</p><aside id="n2" epub:type="rearnote">Slowly.</aside>',
        },
    )
    assert found.markdown == (
        "# Tides\n\n## Flood\n\nWater[^1] rises.\n\n## Ebb\n\nIt falls[^1-2].\n\n"
        "## Notes\n\n[^1]: Salt water.\n\n[^1-2]: Slowly."
    )


def test_notes_of_a_chapter_stand_at_its_end(tmp_path: Path) -> None:
    body = '<p>A<a epub:type="noteref" href="#n">{0}</a></p><aside epub:type="footnote" id="n">Note {0}</aside><p>End {0}.</p>'
    found = book(tmp_path, {"1.xhtml": body.format(1), "2.xhtml": body.format(2)})
    assert found.markdown == "# Tides\n\nA[^1]\n\nEnd 1.\n\n[^1]: Note 1\n\nA[^2]\n\nEnd 2.\n\n[^2]: Note 2"


def test_text_before_the_heading_and_tables_of_a_chapter_stay(tmp_path: Path) -> None:
    found = book(
        tmp_path, {"1.xhtml": "<p>12 May</p><p>Ice.</p><h2>Evening</h2><table><tr><th>A</th></tr><tr><td>1</td></tr></table>"}
    )
    assert found.markdown == "# Tides\n\n12 May\n\nIce.\n\n## Evening\n\n| A |\n|-|\n| 1 |"


def test_pages_of_the_print_and_ways_about_the_book_are_no_text(tmp_path: Path) -> None:
    body = (
        '<nav epub:type="toc"><ol><li><a href="1.xhtml">The way</a></li></ol></nav>'
        '<p>Sub<span epub:type="pagebreak" id="p12" title="12">12</span>marine<a id="x"/> boats</p>'
    )
    assert book(tmp_path, {"1.xhtml": body}).markdown == "# Tides\n\nSubmarine boats"


def test_a_chapter_is_in_the_encoding_that_it_names(tmp_path: Path) -> None:
    chapter = f'<?xml version="1.0" encoding="windows-1252"?>{HEAD}<body><p>Blåbær — 5 €</p></body></html>'
    chapters = {"1.xhtml": chapter.encode("cp1252"), "2.xhtml": f"{HEAD}<body><p>Øst</p></body></html>".encode("utf-16")}
    assert book(tmp_path, dict(chapters)).markdown == "# Tides\n\nBlåbær — 5 €\n\nØst"


def test_a_chapter_that_is_no_xml_is_read_as_html_and_one_that_is_missing_is_named(tmp_path: Path) -> None:
    found = book(tmp_path, {"1.xhtml": "<p>One & two<br>three"}, missing=("gone.xhtml",))
    assert found.markdown == "# Tides\n\nOne & two  \nthree"
    assert [(notice.kind, "gone.xhtml" in notice.message) for notice in found.report.notices] == [("chapter_not_read", True)]
