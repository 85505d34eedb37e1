"""Parts of a Word file that are documents of their own are read in their place, or named."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests.fathom.conversion.docling_backends.office_files import converted, notices, paragraph, said, table, word

_PAGE = (
    "<html><body><h2>Inner head</h2><p>Inner <b>words</b> &eacute;.</p>"
    "<table><tr><th>Q</th><th>R</th></tr><tr><td>1</td><td>2</td></tr></table></body></html>"
)
_SAVED = (
    'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="b"\r\n\r\n--b\r\n'
    f"Content-Type: text/html; charset=utf-8\r\nContent-Location: file:///a.htm\r\n\r\n{_PAGE}\r\n--b--\r\n"
)


def _inner(path: Path) -> bytes:
    body = paragraph("Inner head", '<w:outlineLvl w:val="1"/>') + paragraph("Inner words é.")
    body += table((paragraph("Q"), paragraph("R")), (paragraph("1"), paragraph("2")))
    return word(path, body).read_bytes()


@pytest.mark.parametrize("kind", ["html", "mht", "docx", "html of another code page"])
def test_a_part_is_read_in_its_place(kind: str, tmp_path: Path) -> None:
    contents: dict[str, str | bytes] = {
        "html": _PAGE,
        "mht": _SAVED,
        "docx": _inner(tmp_path / "inner.docx"),
        "html of another code page": _PAGE.replace("&eacute;", "é").encode("cp1252"),
    }
    body = paragraph("Before") + '<w:altChunk r:id="import"/>' + paragraph("After")
    suffix = kind.partition(" ")[0]
    path = word(tmp_path / "a.docx", body, {"import": contents[kind]} if suffix == "docx" else {})
    if suffix != "docx":
        path = word(tmp_path / "a.docx", body.replace('"import"', f'"import.{suffix}"'), {f"import.{suffix}": contents[kind]})
    document = converted(path)
    for found in said(document):
        at = [found.index(part) for part in ("Before", "Inner head", "Inner words é.", "1 | 2", "After")]
        assert at == sorted(at)
    assert "# Inner head" in document.markdown
    assert notices(document) == {}


def test_a_part_of_word_in_a_document_that_types_it_as_a_main_part_is_read(tmp_path: Path) -> None:
    path = word(
        tmp_path / "a.docx", paragraph("Before") + '<w:altChunk r:id="import"/>', {"import": _inner(tmp_path / "i.docx")}
    )
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    more = f'<Override PartName="/word/import" ContentType="{kind}"/></Types>'
    entries["[Content_Types].xml"] = entries["[Content_Types].xml"].replace(b"</Types>", more.encode())
    with zipfile.ZipFile(path, "w") as made:
        for name, content in entries.items():
            made.writestr(name, content)
    for found in said(converted(path)):
        assert "Before" in found
        assert "Inner words é." in found


def test_parts_in_cells_and_plain_ones_are_read(tmp_path: Path) -> None:
    cell = '<w:altChunk r:id="import1.txt"/><w:p/>'
    body = table((paragraph("Left"), cell), (paragraph("a"), paragraph("b"))) + paragraph("After")
    for found in said(converted(word(tmp_path / "a.docx", body, {"import1.txt": "Plain words"}))):
        assert found.index("Left") < found.index("Plain words") < found.index("a | b")


def test_parts_that_are_not_taken_are_named(tmp_path: Path) -> None:
    body = paragraph("Before") + '<w:altChunk r:id="import.rtf"/><w:altChunk r:id="gone"/>' + paragraph("After")
    document = converted(word(tmp_path / "a.docx", body, {"import.rtf": r"{\rtf1 words}"}))
    assert notices(document) == {"part_not_taken": 2}
    assert "import.rtf" in document.report.notices[0].message


def test_documents_within_documents_end_at_a_bound(tmp_path: Path) -> None:
    inner = word(tmp_path / "i.docx", paragraph("Deepest")).read_bytes()
    for level in range(6):
        body = paragraph(f"Level {level}") + '<w:altChunk r:id="import"/>'
        inner = word(tmp_path / "i.docx", body, {"import": inner}).read_bytes()
    document = converted(tmp_path / "i.docx")
    assert "Level 5" in document.markdown
    assert "Level 3" in document.markdown
    assert "Deepest" not in document.markdown
    assert notices(document) == {"part_not_taken": 1}


def test_objects_of_other_programs_are_named(tmp_path: Path) -> None:
    kept = '<o:OLEObject xmlns:o="urn:schemas-microsoft-com:office:office" Type="Embed" ProgID="Excel.Sheet.12"/>'
    linked = kept.replace("Embed", "Link")
    body = "".join(f"<w:p><w:r><w:object>{found}</w:object></w:r></w:p>" for found in (kept, kept, linked)) + paragraph("x")
    document = converted(word(tmp_path / "a.docx", body))
    assert notices(document) == {"object_not_taken": 2}
    assert "Excel.Sheet.12" in document.report.notices[0].message
