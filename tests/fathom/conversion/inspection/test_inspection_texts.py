"""Texts are told apart by what stands in them, in any encoding; a name decides only where the text does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.conversion.report import DocumentKind, Inspection
from fathom.errors import ArchiveBomb, DocumentRejected, UnknownFormat

GERMAN = "Die Brücke über die Mosel wurde 1932 eröffnet. Größe und Länge überraschten die Gäste.\n" * 4
RUSSIAN = "Мост через реку был открыт в 1932 году. Его длина удивила гостей города.\n" * 8
MAIL = "From: a@example.org\nTo: b@example.org\nSubject: Bridge\nDate: Mon, 1 Jan 2024 00:00:00 +0000\n\nHello.\n"


def inspect(tmp_path: Path, content: str | bytes, name: str = "upload") -> Inspection:
    path = tmp_path / "upload"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return inspect_file(path, name=name, max_bytes=10**8, max_pages=10)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("<!DOCTYPE html><html><p>x</p></html>", DocumentKind.HTML),
        ('<?xml version="1.0"?>\n<!-- note -->\n<html xmlns="x"><body/></html>', DocumentKind.HTML),
        ('<?xml version="1.0"?><article><front><article-meta/></front></article>', DocumentKind.JATS),
        ("\\documentclass{article}\n\\begin{document}x\\end{document}", DocumentKind.LATEX),
        (MAIL, DocumentKind.EMAIL),
        ("Received: from x\n by y\nFrom: a\nTo: b\nSubject: c\n\nbody", DocumentKind.EMAIL),
        ("# Bridges\n\n- steel\n- stone\n\nSee [here](x.md).\n", DocumentKind.MARKDOWN),
        ("name,year,length\nA,1932,10\nB,1940,20\n", DocumentKind.CSV),
        ("The bridge was opened in 1932.\nIt is long.\n", DocumentKind.TEXT),
    ],
)
def test_the_text_itself_says_its_kind(tmp_path: Path, content: str, kind: DocumentKind) -> None:
    assert inspect(tmp_path, content).kind is kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.md", DocumentKind.MARKDOWN),
        ("a.adoc", DocumentKind.ASCIIDOC),
        ("a.csv", DocumentKind.CSV),
        ("a.TSV", DocumentKind.CSV),
        ("a.tex", DocumentKind.LATEX),
        ("a.txt", DocumentKind.TEXT),
        ("a.html", DocumentKind.TEXT),
        ("a.eml", DocumentKind.TEXT),
        ("a.pdf", DocumentKind.TEXT),
        ("a.unheard-of", DocumentKind.TEXT),
    ],
)
def test_a_name_decides_where_the_text_does_not(tmp_path: Path, name: str, kind: DocumentKind) -> None:
    assert inspect(tmp_path, "The bridge was opened in 1932.\n", name).kind is kind


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.pdf", "a.csv"])
def test_a_name_does_not_decide_against_the_text(tmp_path: Path, name: str) -> None:
    assert inspect(tmp_path, "<html><body>x</body></html>", name).kind is DocumentKind.HTML


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        (GERMAN, "utf-8", "utf-8"),
        (GERMAN, "utf-8-sig", "utf-8-sig"),
        (GERMAN, "utf-16", "utf-16"),
        (GERMAN, "utf-16-le", "utf-16-le"),
        (GERMAN, "utf-16-be", "utf-16-be"),
        (GERMAN, "utf-32", "utf-32"),
        (GERMAN, "cp1252", "cp1252"),
        (GERMAN + "“quoted” – dashes cost 5 €", "cp1252", "cp1252"),
        (RUSSIAN, "cp1251", "cp1251"),
    ],
)
def test_an_encoding_is_found_that_gives_the_text_back(tmp_path: Path, text: str, encoding: str, expected: str) -> None:
    found = inspect(tmp_path, text.encode(encoding), "a.txt")
    assert found.encoding == expected
    assert text.encode(encoding).decode(found.encoding) == text


def test_the_late_part_of_a_long_text_counts_too(tmp_path: Path) -> None:
    late = b"plain words " * 20_000 + GERMAN.encode("cp1252") * 1000
    assert inspect(tmp_path, late, "a.txt").encoding == "cp1252"


def test_binary_junk_is_no_text_whatever_its_name(tmp_path: Path) -> None:
    junk = bytes((n * 7919) % 256 for n in range(5000))
    for name in ("a.txt", "a.md", "a.csv", "a"):
        with pytest.raises(UnknownFormat):
            inspect(tmp_path, junk, name)


def test_a_text_that_turns_into_junk_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormat):
        inspect(tmp_path, b"words and words " * 5000 + bytes(range(32)) * 1000, "a.txt")


def test_xml_of_another_kind_is_refused_by_its_root(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormat, match="us-patent-grant"):
        inspect(tmp_path, '<?xml version="1.0"?><!DOCTYPE us-patent-grant SYSTEM "a.dtd" [ ]><us-patent-grant/>')


def test_entities_that_multiply_are_a_bomb(tmp_path: Path) -> None:
    entities = '<!ENTITY a0 "lol">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    with pytest.raises(ArchiveBomb):
        inspect(tmp_path, f'<?xml version="1.0"?><!DOCTYPE article [{entities}]><article><front/>&a9;</article>')


def test_every_rejection_tells_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DocumentRejected) as caught:
        inspect(tmp_path, b"\x00\x01\x02" * 100)
    assert caught.value.what_to_do
