"""What Docling's readers of HTML, EPUB and LaTeX would lose is kept: headings in lists, a book's title, ties and dashes."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.conversion.report import ConvertedDocument

Headings = list[tuple[int, str]]
PAGE = "<html><body><h1>Harbours</h1>{}</body></html>"
RESULTS = """<ol><li><h2><a href="https://example.org/a">Walls</a></h2><p>They keep the sea out.</p>
<li><p>An advertisement</p></li><li><h2>Gates</h2><ul><li>Sluices<li>Locks</ul></li></ol>"""
CONTAINER = """<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="a.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""
PACKAGE = """<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title>{title}</dc:title></metadata><manifest>
<item id="n" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="c" href="c.xhtml" media-type="application/xhtml+xml"/></manifest>
<spine><itemref idref="n"/><itemref idref="c"/></spine></package>"""
NAVIGATION = '<nav epub:type="toc"><h1>Contents</h1><ol><li><a href="c.xhtml">The way to Walls</a></li></ol></nav>'


def converted(path: Path) -> ConvertedDocument:
    return EmbeddedEngine().convert_file(path, inspect_file(path, max_bytes=10**8, max_pages=100), version="0" * 64)


def headings(document: ConvertedDocument) -> Headings:
    """Level and text of each heading, in the order of the document; the title's level is 0."""
    texts = document.document["texts"]
    return [(one.get("level", 0), one["text"]) for one in texts if one["label"] in ("title", "section_header")]


def html(path: Path, body: str) -> ConvertedDocument:
    path.write_text(PAGE.format(body), "utf-8")
    return converted(path)


def epub(path: Path, title: str, chapters: str) -> ConvertedDocument:
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("mimetype", "application/epub+zip")
        book.writestr("META-INF/container.xml", CONTAINER)
        book.writestr("a.opf", PACKAGE.format(title=title))
        for name, body in (("nav.xhtml", NAVIGATION), ("c.xhtml", chapters)):
            book.writestr(name, f'<html xmlns="http://www.w3.org/1999/xhtml"><body>{body}</body></html>')
    return converted(path)


def latex(path: Path, body: str, preamble: str = "") -> ConvertedDocument:
    path.write_text(f"\\documentclass{{article}}\n{preamble}\n\\begin{{document}}\n{body}\n\\end{{document}}\n", "utf-8")
    return converted(path)


def test_headings_in_the_items_of_a_list_are_headings_and_other_items_stay_items(tmp_path: Path) -> None:
    found = html(tmp_path / "a.html", RESULTS)
    assert headings(found) == [(0, "Harbours"), (1, "Walls"), (1, "Gates")]
    items = [one["text"] for one in found.document["texts"] if one["label"] == "list_item"]
    assert items == ["An advertisement", "Sluices", "Locks"]
    (walls,) = [one for one in found.document["texts"] if one["text"] == "Walls"]
    assert walls["hyperlink"] == "https://example.org/a"


def test_headings_among_terms_and_their_meanings_are_headings(tmp_path: Path) -> None:
    found = html(tmp_path / "a.html", "<dl><dt><h3>Who pays?</h3></dt><dd>The owner of the boat pays.</dd></dl>")
    assert headings(found) == [(0, "Harbours"), (2, "Who pays?")]
    assert "The owner of the boat pays." in found.markdown


@pytest.mark.parametrize("around", ["<nav>{}</nav>", "<table><tr><th>A<th>B<tr><td>1<td>{}</table>"])
def test_what_leads_about_a_site_and_what_is_in_a_table_of_data_gets_no_headings(tmp_path: Path, around: str) -> None:
    assert headings(html(tmp_path / "a.html", around.format(RESULTS))) == [(0, "Harbours")]


def test_a_word_marked_up_in_part_stays_a_word_in_a_heading(tmp_path: Path) -> None:
    found = html(tmp_path / "a.html", "<h2>Sub<b>marine</b> <i>gates</i>, and <span>locks</span></h2>")
    assert headings(found)[1:] == [(1, "Submarine gates, and locks")]


def test_a_book_has_its_title_above_its_chapters_and_no_table_of_contents(tmp_path: Path) -> None:
    found = epub(tmp_path / "a.epub", "On Harbours", "<h1>Walls</h1><p>Stone.</p><h2>Gates</h2><p>Oak.</p><h1>Locks</h1>")
    assert headings(found) == [(1, "Walls"), (2, "Gates"), (1, "Locks"), (0, "On Harbours")]
    assert found.markdown.startswith("# On Harbours\n")
    assert "The way to" not in found.markdown


def test_a_book_that_begins_with_its_title_keeps_its_levels(tmp_path: Path) -> None:
    found = epub(tmp_path / "a.epub", "On Harbours", "<h1>On Harbours</h1><h2>Walls</h2><p>Stone.</p>")
    assert headings(found) == [(0, "On Harbours"), (1, "Walls")]


def test_paragraphs_and_parts_of_latex_have_headings(tmp_path: Path) -> None:
    found = latex(tmp_path / "a.tex", "\\part{Works}\n\\section{Walls}\n\\paragraph{Stone.} It lasts.\n")
    assert headings(found) == [(1, "Works"), (2, "Walls"), (5, "Stone.")]
    assert "It lasts." in found.markdown


def test_sections_of_latex_stand_below_its_chapters(tmp_path: Path) -> None:
    found = latex(tmp_path / "a.tex", "\\chapter{Works}\n\\section{Walls}\nHigh.\n\\subsection{Stone}\nHard.\n")
    assert headings(found) == [(1, "Works"), (2, "Walls"), (3, "Stone")]


def test_ties_dashes_and_quotation_marks_of_latex_stay(tmp_path: Path) -> None:
    found = latex(tmp_path / "a.tex", "Dr.~Who lived 1901--1980 --- at \\textbf{St.~Ives}, they say: ``so far''.\n")
    assert "Dr. Who lived 1901–1980 — at St. Ives, they say: “so far”." in found.markdown


def test_short_forms_of_latex_are_written_out_with_the_blank_after_them(tmp_path: Path) -> None:
    preamble = "\\usepackage{xspace}\n\\def\\boat{Ark~7\\xspace}\n\\newcommand{\\yard}{Noah's}"
    found = latex(tmp_path / "a.tex", "\\looseness=-1 The \\boat sails, and \\boat{} rests; \\yard, the \\boat.\n", preamble)
    assert "The Ark 7 sails, and Ark 7 rests; Noah's, the Ark 7." in found.markdown
    assert "=-1" not in found.markdown
