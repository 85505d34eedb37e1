"""Documents that are ZIP archives are told apart by what they hold, and bombs are refused without being unpacked."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import made_files as made
import pytest

from fathom.conversion.inspection.archives import MAX_ENTRIES, MAX_NESTED, inspect_archive
from fathom.conversion.report import DocumentKind
from fathom.errors import ArchiveBomb, DocumentDamaged, DocumentLocked, DocumentWithoutPages, EmptyDocument, UnknownFormat

OPENDOCUMENT = "application/vnd.oasis.opendocument."


def test_office_files_are_told_by_their_list_of_contents(tmp_path: Path) -> None:
    word = made.office(tmp_path / "a.pptx", made.WORD_MAIN, {"word/document.xml": "<w/>"})
    slides = made.office(tmp_path / "b.docx", made.SLIDES_MAIN, {f"ppt/slides/slide{n}.xml": "<s/>" for n in range(1, 4)})
    sheets = made.office(tmp_path / "c.zip", made.SHEETS_MAIN, {"xl/workbook.xml": "<x/>"})
    assert inspect_archive(word) == (DocumentKind.DOCX, None)
    assert inspect_archive(slides) == (DocumentKind.PPTX, 3)
    assert inspect_archive(sheets) == (DocumentKind.XLSX, None)


@pytest.mark.parametrize(
    ("mimetype", "kind"),
    [
        (OPENDOCUMENT + "text", DocumentKind.ODT),
        (OPENDOCUMENT + "text-template", DocumentKind.ODT),
        (OPENDOCUMENT + "presentation", DocumentKind.ODP),
        (OPENDOCUMENT + "spreadsheet", DocumentKind.ODS),
        ("application/epub+zip", DocumentKind.EPUB),
    ],
)
def test_other_archives_are_told_by_their_mimetype(tmp_path: Path, mimetype: str, kind: DocumentKind) -> None:
    assert inspect_archive(made.archive(tmp_path / "a", {"mimetype": mimetype, "content.xml": "<c/>"}))[0] is kind


def test_a_presentation_without_slides_has_no_pages(tmp_path: Path) -> None:
    with pytest.raises(DocumentWithoutPages):
        inspect_archive(made.office(tmp_path / "a", made.SLIDES_MAIN, {"ppt/presentation.xml": "<p/>"}))


def test_an_office_file_without_its_main_part_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(DocumentDamaged):
        inspect_archive(made.office(tmp_path / "a", made.WORD_MAIN, {"docProps/app.xml": "<a/>"}))


def test_a_locked_opendocument_is_locked(tmp_path: Path) -> None:
    parts = {"mimetype": OPENDOCUMENT + "text", "content.xml": "x", "META-INF/manifest.xml": "<manifest:encryption-data/>"}
    with pytest.raises(DocumentLocked):
        inspect_archive(made.archive(tmp_path / "a", parts))


def test_a_book_with_scrambled_fonts_is_open_and_one_with_scrambled_chapters_locked(tmp_path: Path) -> None:
    def book(name: str, method: str) -> Path:
        encryption = f'<EncryptionMethod Algorithm="{method}"/>'
        return made.archive(tmp_path / name, {"mimetype": "application/epub+zip", "META-INF/encryption.xml": encryption})

    assert inspect_archive(book("open", "http://www.idpf.org/2008/embedding"))[0] is DocumentKind.EPUB
    with pytest.raises(DocumentLocked):
        inspect_archive(book("locked", "http://www.w3.org/2001/04/xmlenc#aes128-cbc"))


def test_an_archive_that_is_no_document_says_unpack_me(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormat) as caught:
        inspect_archive(made.archive(tmp_path / "a.zip", {"notes.txt": "hello"}))
    assert "Unpack" in caught.value.what_to_do


def test_an_archive_with_nothing_in_it_is_empty(tmp_path: Path) -> None:
    with pytest.raises(EmptyDocument):
        inspect_archive(made.archive(tmp_path / "a.zip", {}))


def test_a_truncated_office_file_is_damaged(tmp_path: Path) -> None:
    whole = made.office(tmp_path / "a", made.WORD_MAIN, {"word/document.xml": "<w/>" * 1000}).read_bytes()
    for keep in (30, len(whole) // 2, len(whole) - 4):
        (tmp_path / "b").write_bytes(whole[:keep])
        with pytest.raises(DocumentDamaged):
            inspect_archive(tmp_path / "b")


def test_a_bomb_is_refused_by_its_ratio_without_being_unpacked(tmp_path: Path) -> None:
    bomb = made.office(tmp_path / "a.docx", made.WORD_MAIN, {"word/document.xml": b"\0" * 48 * 1024**2})
    assert bomb.stat().st_size < 100_000
    tracemalloc.start()
    try:
        with pytest.raises(ArchiveBomb, match="times its size"):
            inspect_archive(bomb)
        assert tracemalloc.get_traced_memory()[1] < 2 * 1024**2
    finally:
        tracemalloc.stop()


def test_entries_that_share_their_bytes_are_a_bomb(tmp_path: Path) -> None:
    with pytest.raises(ArchiveBomb, match="overlap"):
        inspect_archive(made.overlapping(tmp_path / "a.zip"))


def test_too_many_entries_are_a_bomb(tmp_path: Path) -> None:
    with pytest.raises(ArchiveBomb, match="entries"):
        inspect_archive(made.archive(tmp_path / "a.zip", {str(n): b"" for n in range(MAX_ENTRIES + 1)}))


def test_archives_within_archives_are_a_bomb(tmp_path: Path) -> None:
    with pytest.raises(ArchiveBomb, match="further archives"):
        inspect_archive(made.archive(tmp_path / "a.zip", {"inner.zip": b"PK"}))
    many = {f"ppt/embeddings/{n}.xlsx": b"PK" for n in range(MAX_NESTED + 1)}
    with pytest.raises(ArchiveBomb, match="archives inside"):
        inspect_archive(made.office(tmp_path / "b.pptx", made.SLIDES_MAIN, {"ppt/slides/slide1.xml": "x", **many}))


def test_a_deck_with_a_workbook_a_chart_is_no_bomb(tmp_path: Path) -> None:
    charts = {f"ppt/embeddings/{n}.xlsx": b"PK" for n in range(40)}
    assert inspect_archive(made.office(tmp_path / "a", made.SLIDES_MAIN, {"ppt/slides/slide1.xml": "x", **charts}))[1] == 1
