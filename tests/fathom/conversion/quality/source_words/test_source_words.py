"""The words of a file's source are those that its reader sees: nothing that is hidden or deleted, and nothing less."""

from __future__ import annotations

import json
from email.message import EmailMessage
from pathlib import Path

import pytest

from fathom.conversion.quality.source_words.source_reader import source_blocks
from fathom.conversion.report import DocumentKind, Inspection
from tests.fathom.conversion.made_files import archive


def words(path: Path, kind: DocumentKind) -> list[str]:
    """The texts of the file's blocks, figures left out."""
    blocks = source_blocks(path, Inspection(kind=kind, size=path.stat().st_size, encoding="utf-8"))
    assert blocks is not None
    return [" ".join(block.text.split()) for block in blocks]


@pytest.mark.parametrize(
    ("page", "texts"),
    [
        ("<p>H<sub>2</sub>O <b>is</b> wet</p><p>Ice</p>", ["H2O is wet", "Ice"]),
        ("<table><tr><td>a<td>b</table>", ["a", "b"]),
        ("lead<h1>Head</h1>tail", ["lead", "Head", "tail"]),
        ("<p hidden>no</p><p style='display: none'>no</p><script>no</script><p>yes</p>", ["yes"]),
        ("one<br>two", ["one two"]),
    ],
)
def test_pages_have_what_is_shown(tmp_path: Path, page: str, texts: list[str]) -> None:
    (tmp_path / "a.html").write_text(f"<html><head><title>T</title></head><body>{page}</body></html>", "utf-8")
    assert words(tmp_path / "a.html", DocumentKind.HTML) == texts


def test_menus_of_a_page_may_be_left_out_and_its_text_may_not(tmp_path: Path) -> None:
    page = '<nav><a href="/">Home</a></nav><p>See <a href="/a">the long report of tides</a> for all of it.</p>'
    page += '<ul><li><a href="/b">Boats</a></li><li><a href="/c">Nets</a></li></ul>'
    (tmp_path / "a.html").write_text(page, "utf-8")
    blocks = source_blocks(tmp_path / "a.html", Inspection(kind=DocumentKind.HTML, size=1, encoding="utf-8"))
    assert blocks is not None
    assert [block.text for block in blocks if not block.group] == ["See the long report of tides for all of it."]


def test_of_a_mail_the_richest_text_is_asked_for_with_its_subject_people_and_invitation(tmp_path: Path) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["From"] = "Größe", "Ana <ana@example.org>"
    mail.set_content("Your program shows no HTML.")
    mail.add_alternative("<p>Nine <b>boats</b></p>", subtype="html")
    mail.add_alternative("BEGIN:VEVENT\nSUMMARY:Launch\nLOCATION:Quay 4\nEND:VEVENT", subtype="calendar")
    mail.add_attachment("left out", filename="a.txt")
    (tmp_path / "a.eml").write_bytes(bytes(mail))
    found = words(tmp_path / "a.eml", DocumentKind.EMAIL)
    assert found == ["Größe", "Ana <ana@example.org>", "a.txt", "Nine boats", "Launch", "Quay 4"]


@pytest.mark.parametrize(
    ("kind", "text", "texts"),
    [
        (DocumentKind.MARKDOWN, "# Ti**d**es\n\n1. see [it](http://x.org/a_(b)) <!-- no\nno -->", ["# Tides", "see [it]"]),
        (DocumentKind.MARKDOWN, "| a | b |\n|---|---|\n| 1 | 2 |", ["a", "b", "---", "---", "1", "2"]),
        (DocumentKind.MARKDOWN, "---\nk: x\n---\ntext[^1]\n\n[^1]: note\n[r]: x.org", ["k: x", "text[^1]", "[^1]: note"]),
        (DocumentKind.MARKDOWN, "```py\n# [a](b)\n```", ["# [a](b)"]),
        (DocumentKind.CSV, 'Boat;Keel\n"Ana, Bo";2', ["Boat", "Keel", '"Ana', 'Bo"', "2"]),
        (DocumentKind.ASCIIDOC, ":port: 80\n== Tides\n2+|a |b\nlink:http://x.org[report]", ["== Tides", "a", "b", "report"]),
        (DocumentKind.TEXT, "one\n\n two", ["one", "two"]),
        (DocumentKind.JATS, "<article><front><article-meta><title-group><article-title>Tides of H<sub>2</sub>O</article-title>"
         "</title-group><article-id>no</article-id></article-meta></front><body><p>Rise</p></body></article>",
         ["Tides of H2O", "Rise"]),
        (DocumentKind.SUBTITLES, "WEBVTT\n\n1\n00:01.000 --> 00:02.000\n<v Ruth>Tides &amp; boats", ["Tides & boats"]),
        (DocumentKind.NOTEBOOK, '{"cells": [{"cell_type": "markdown", "source": ["# Tides"]}, {"cell_type": "code", '
         '"source": "x", "outputs": [{"output_type": "stream", "text": ["12\\r13"]}]}]}', ["# Tides", "x", "13"]),
        (DocumentKind.LATEX, "\\documentclass{article}\\begin{document}% no\n\\section{Tides} rise $x^2$ \\cite{a}\n"
         "\\begin{tabular}{l@{}r}\na & b \\\\\n\\end{tabular}\\end{document}", ["Tides rise $x^2$ a", "a", "b"]),
        (DocumentKind.LATEX, "\\newcommand{\\boat}[2][no]{#2 sails #1}\\title{T\\'{e}l\\thanks{Bo}}\\begin{document}\n"
         "\\boat[now]{Ana} \\verb|a_b| \\multicolumn{2}{c}{Both}\\vspace{1cm} $\\alpha$\n\\end{document}",
         ["Tél", "Bo", "Ana sails now a_b Both $α$"]),
        (DocumentKind.JATS, "<article><front><article-meta><article-id pub-id-type='doi'>10.1/x</article-id><contrib-group>"
         "<contrib><name><surname>Lie</surname><given-names>Bo</given-names></name><xref ref-type='aff' rid='a'>1</xref>"
         "</contrib></contrib-group></article-meta></front><body><p>At 10<sup>3</sup> <inline-formula><alternatives>"
         "<tex-math>\\alpha x</tex-math><graphic/></alternatives></inline-formula></p><table-wrap><alternatives><graphic/>"
         "<table><tr><td>Alta</td></tr></table></alternatives></table-wrap></body><back><ref-list><ref><label>1</label>"
         "<mixed-citation>Old tides</mixed-citation></ref></ref-list></back><response><body><p>We reply</p></body></response>"
         "</article>", ["10.1/x", "Lie Bo", "At 10^3 α x", "Alta", "Old tides", "We reply"]),
        (DocumentKind.NOTEBOOK, '{"worksheets": [{"cells": [{"cell_type": "code", "input": ["x"], "outputs": [{"output_type": '
         '"pyerr", "ename": "ValueError", "evalue": "no tide", "traceback": []}, {"output_type": "pyout", "text": ["7"]}]}]}]}',
         ["x", "ValueError: no tide", "7"]),
    ],
)  # fmt: skip
def test_texts_have_their_words_without_marks(tmp_path: Path, kind: DocumentKind, text: str, texts: list[str]) -> None:
    (tmp_path / "a").write_text(text, "utf-8")
    assert words(tmp_path / "a", kind) == texts


def test_a_book_has_the_documents_of_its_spine_and_its_title(tmp_path: Path) -> None:
    package = """<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>
    <dc:title>Of tides</dc:title></metadata><manifest><item id="b" href="b.xhtml" media-type="application/xhtml+xml"/>
    <item id="a" href="a.xhtml" media-type="application/xhtml+xml"/>
    <item id="n" href="n.xhtml" properties="nav" media-type="application/xhtml+xml"/></manifest>
    <spine><itemref idref="n"/><itemref idref="b"/><itemref idref="a"/></spine></package>"""
    container = '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    container += '<rootfile full-path="c/b.opf"/></rootfiles></container>'
    pages = {f"c/{name}.xhtml": f"<html><body><p>page {name}</p></body></html>" for name in "abn"}
    made = archive(tmp_path / "a.epub", {"META-INF/container.xml": container, "c/b.opf": package, **pages})
    assert words(made, DocumentKind.EPUB) == ["page b", "page a", "Of tides"]


def test_of_a_page_only_what_is_within_its_crop_box_counts(tmp_path: Path) -> None:
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=(300, 300))
    canvas.setCropBox((0, 100, 300, 300))
    canvas.drawString(20, 200, "Within the page")
    canvas.drawString(20, 50, "Below it")
    canvas.save()
    assert words(tmp_path / "a.pdf", DocumentKind.PDF) == ["Within the page"]


def test_pages_read_by_ocr_and_pictures_have_no_words_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    assert source_blocks(tmp_path / "a.png", Inspection(kind=DocumentKind.IMAGE, size=1)) is None


@pytest.mark.parametrize("kind", [kind for kind in DocumentKind if kind is not DocumentKind.IMAGE])
@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"\x00\xff" * 500, b"<a>" * 5_000, b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;"]
)
def test_a_broken_file_has_the_words_that_can_be_read_and_raises_nothing(
    tmp_path: Path, kind: DocumentKind, content: bytes
) -> None:
    (tmp_path / "a").write_bytes(content)
    assert source_blocks(tmp_path / "a", Inspection(kind=kind, size=len(content), encoding="utf-8")) is not None


@pytest.mark.parametrize(
    "text",
    [
        "\\begin{longtable}{l}Head\\endfirsthead Again\\endhead Foot\\endfoot\\endlastfoot Row\\end{longtable}",
        "\\newif\\ifdraft\\ifdraft Again\\else Other\\fi Head Row",
        "\\keys_set:nn\\ExplSyntaxOn Again \\ExplSyntaxOff Head Row",
    ],
)
def test_what_latex_repeats_or_decides_is_not_asked_for(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.tex").write_text(f"\\begin{{document}}{text}\\end{{document}}", "utf-8")
    found = " ".join(words(tmp_path / "a.tex", DocumentKind.LATEX))
    assert ("Head" in found, "Row" in found, "Again" in found, "Foot" in found) == (True, True, False, False)


def test_what_asciidoc_decides_or_marks_is_not_asked_for(tmp_path: Path) -> None:
    text = (
        "ifndef::a[]\nNot shown\nendif::[]\n3*|rep\n[.line-through]#gone# footnote:[see http://a.example[the page].] (((no)))"
    )
    (tmp_path / "a.adoc").write_text(text, "utf-8")
    assert words(tmp_path / "a.adoc", DocumentKind.ASCIIDOC) == ["rep", "#gone# see the page."]


def test_pictures_and_quotations_of_asciidoc_are_asked_for_with_their_words(tmp_path: Path) -> None:
    text = 'image::a.png[The pier,300,title="At dawn"]\n\n[quote, Ana Lie, The Book]\nCalm.\n'
    (tmp_path / "a.adoc").write_text(text, "utf-8")
    assert words(tmp_path / "a.adoc", DocumentKind.ASCIIDOC) == ["The pier", '"At dawn"', "Ana Lie", "The Book", "Calm."]


def test_who_a_letter_or_a_curriculum_is_of_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.tex").write_text(
        "\\documentclass{moderncv}\\name{Ana}{Lie}\\begin{document}\\cvitem{Skill}{Knots}\\end{document}"
    )
    assert words(tmp_path / "a.tex", DocumentKind.LATEX) == ["Ana", "Lie", "Skill Knots"]
    (tmp_path / "b.tex").write_text(
        "\\documentclass{letter}\\signature{Ana Lie}\\begin{document}\\closing{Yours}\\end{document}"
    )
    assert words(tmp_path / "b.tex", DocumentKind.LATEX) == ["Ana Lie", "Yours"]


def test_pages_and_markdown_that_notebooks_show_are_asked_for(tmp_path: Path) -> None:
    shown = [{"text/html": "<p>Nine boats</p>", "text/plain": "<HTML object>"}, {"text/markdown": "**At** sea"}]
    outputs = [{"output_type": "display_data", "data": data} for data in shown]
    cells = [{"cell_type": "code", "source": "x", "outputs": outputs}]
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": cells}), "utf-8")
    assert words(tmp_path / "a.ipynb", DocumentKind.NOTEBOOK) == ["x", "Nine boats", "At sea"]


@pytest.mark.parametrize(
    ("page", "texts"),
    [
        ("<p><span style='mso-list:Ignore'>1.<i>&nbsp;</i></span>First</p>", ["First"]),
        (
            "<p>Tides</p></body></html><p>Printed in Bergen</p><html><body><h2>Annex</h2>",
            ["Tides", "Printed in Bergen", "Annex"],
        ),
        ("<h2>Boats<span class='mw-editsection'>[<a href='/e'>edit</a>]</span></h2>", ["Boats"]),
        (r"<p>Energy <img alt='{\displaystyle E=mc}'></p>", ["Energy { E=mc}"]),
    ],
)
def test_pages_of_word_and_wikis_are_asked_for_what_they_say(tmp_path: Path, page: str, texts: list[str]) -> None:
    (tmp_path / "a.html").write_text(f"<html><body>{page}</body></html>", "utf-8")
    blocks = source_blocks(tmp_path / "a.html", Inspection(kind=DocumentKind.HTML, size=1, encoding="utf-8"))
    assert blocks is not None
    assert [" ".join(block.text.split()) for block in blocks if not block.group] == texts


def test_all_people_of_a_mail_and_headers_in_bare_letters_are_asked_for(tmp_path: Path) -> None:
    mail = "Subject: Gr\xfc\xdfe\nSubject: Second\nTo: a@example.org\nTo: b@example.org\nBcc: c@example.org\n\nBody\n"
    (tmp_path / "a.eml").write_bytes(mail.encode("latin-1"))
    found = words(tmp_path / "a.eml", DocumentKind.EMAIL)
    assert found == ["Grüße", "a@example.org", "b@example.org", "c@example.org", "Body"]


@pytest.mark.parametrize(
    ("spine", "texts"),
    [('<itemref idref="b"/><itemref idref="a" linear="no"/>', ["page b", "page a"]), ("", ["page a", "page b"])],
)
def test_chapters_beside_the_spine_and_without_one_are_asked_for(tmp_path: Path, spine: str, texts: list[str]) -> None:
    items = "".join(f'<item id="{name}" href="{name}.xhtml" media-type="application/xhtml+xml"/>' for name in ("toc", "a", "b"))
    package = f'<package xmlns="http://www.idpf.org/2007/opf"><manifest>{items}</manifest><spine>{spine}</spine></package>'
    container = '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    container += '<rootfile full-path="b.opf"/></rootfiles></container>'
    pages = {f"{name}.xhtml": f"<html><body><p>page {name}</p></body></html>" for name in ("toc", "a", "b")}
    made = archive(tmp_path / "a.epub", {"META-INF/container.xml": container, "b.opf": package, **pages})
    assert words(made, DocumentKind.EPUB) == texts


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        (":::warning", []),
        (":::", []),
        ("::: note Ebb and flow :::", ["Ebb and flow"]),
        (":::{admonition} Slack water", ["Slack water"]),
        ('::: {.callout-note title="Calm"}', ["Calm"]),
        ('::: {.wide title="no"}', []),
        ('!!! note "Titled"', ["Titled"]),
    ],
)
def test_of_a_container_of_markdown_its_title_is_asked_for(tmp_path: Path, line: str, texts: list[str]) -> None:
    (tmp_path / "a.md").write_text(f"{line}\n", "utf-8")
    assert words(tmp_path / "a.md", DocumentKind.MARKDOWN) == texts
