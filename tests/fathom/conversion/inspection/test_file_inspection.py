"""A file is what its bytes say, and one that cannot be converted is refused by the name of its fault."""

from __future__ import annotations

import os
from pathlib import Path

import made_files as made
import pytest

from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.conversion.report import DocumentKind, Inspection
from fathom.errors import (
    DocumentDamaged,
    DocumentLocked,
    DocumentTooLarge,
    DocumentWithoutPages,
    EmptyDocument,
    StoreFailed,
    TooManyPages,
    UnknownFormat,
)

MAX_BYTES = 200 * 1024**2
MAX_PAGES = 50


def inspect(path: Path, name: str | None = None) -> Inspection:
    return inspect_file(path, name=name, max_bytes=MAX_BYTES, max_pages=MAX_PAGES)


def write(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_a_pdf_has_its_pages_counted(tmp_path: Path) -> None:
    assert inspect(made.pdf(tmp_path / "a.pdf", pages=3)) == Inspection(
        kind=DocumentKind.PDF, size=(tmp_path / "a.pdf").stat().st_size, pages=3
    )


@pytest.mark.parametrize("name", ["report.docx", "report.txt", "report", "report\n2026.pdf", "zażółć 🦊.pdf"])
def test_a_pdf_is_a_pdf_under_any_name(tmp_path: Path, name: str) -> None:
    assert inspect(made.pdf(tmp_path / name)).kind is DocumentKind.PDF


def test_a_name_that_is_no_unicode_is_no_obstacle(tmp_path: Path) -> None:
    latin = tmp_path / os.fsdecode(b"caf\xe9.pdf")
    made.pdf(tmp_path / "a.pdf").rename(latin)
    assert inspect(latin).pages == 1


def test_a_pdf_with_a_password_is_locked(tmp_path: Path) -> None:
    with pytest.raises(DocumentLocked):
        inspect(made.pdf(tmp_path / "a.pdf", password="secret"))


def test_a_pdf_without_pages_is_named_so_also_after_another_fault(tmp_path: Path) -> None:
    with pytest.raises(DocumentLocked):
        inspect(made.pdf(tmp_path / "locked.pdf", password="secret"))
    with pytest.raises(DocumentWithoutPages):
        inspect(made.pdf_without_pages(tmp_path / "a.pdf"))


def test_a_truncated_pdf_is_damaged(tmp_path: Path) -> None:
    whole = made.pdf(tmp_path / "a.pdf", pages=3).read_bytes()
    with pytest.raises(DocumentDamaged):
        inspect(write(tmp_path / "b.pdf", whole[:60]))


def test_a_pdf_that_lost_its_beginning_is_damaged(tmp_path: Path) -> None:
    whole = made.pdf(tmp_path / "a.pdf").read_bytes()
    with pytest.raises(DocumentDamaged):
        inspect(write(tmp_path / "b.pdf", whole[20:]))


def test_a_pdf_past_the_bound_has_too_many_pages(tmp_path: Path) -> None:
    with pytest.raises(TooManyPages, match="51 pages; at most 50"):
        inspect(made.pdf(tmp_path / "a.pdf", pages=51))


def test_no_bytes_is_empty(tmp_path: Path) -> None:
    with pytest.raises(EmptyDocument):
        inspect(write(tmp_path / "a.pdf", b""))


@pytest.mark.parametrize("blanks", [b" \n\t\r\n ", b"\xef\xbb\xbf\n", " \n".encode("utf-16")])
def test_nothing_but_blanks_is_empty(tmp_path: Path, blanks: bytes) -> None:
    with pytest.raises(EmptyDocument):
        inspect(write(tmp_path / "a.txt", blanks))


def test_a_text_after_many_blanks_is_not_empty(tmp_path: Path) -> None:
    assert inspect(write(tmp_path / "a.txt", b"\n" * 200_000 + b"word")).kind is DocumentKind.TEXT


def test_three_hundred_megabytes_are_refused_unread(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pdf", b"%PDF-1.7")
    os.truncate(path, 300 * 1024**2)
    with pytest.raises(DocumentTooLarge, match="300 MB; at most 200 MB"):
        inspect(path)


def test_a_folder_and_a_pipe_are_no_documents(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(UnknownFormat):
            inspect(path)


def test_a_missing_file_is_the_stores_failure(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed):
        inspect(tmp_path / "nowhere.pdf")


@pytest.mark.parametrize(
    ("stream", "error", "hint"),
    [
        ("EncryptedPackage", DocumentLocked, "password"),
        ("WordDocument", UnknownFormat, "DOCX"),
        ("Workbook", UnknownFormat, "XLSX"),
        ("PowerPoint Document", UnknownFormat, "PPTX"),
    ],
)
def test_the_old_office_container_says_what_to_do(tmp_path: Path, stream: str, error: type[Exception], hint: str) -> None:
    with pytest.raises(error) as caught:
        inspect(made.old_office(tmp_path / "a.docx", stream))
    assert hint in caught.value.what_to_do  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("head", "called"),
    [
        (b"{\\rtf1 hello}", "RTF"),
        (b"%!PS-Adobe-3.0", "PostScript"),
        (b"Rar!\x1a\x07\x00", "RAR"),
        (b"SQLite format 3\0", "SQLite"),
    ],
)
def test_a_kind_that_is_not_converted_is_called_by_its_name(tmp_path: Path, head: bytes, called: str) -> None:
    with pytest.raises(UnknownFormat, match=called):
        inspect(write(tmp_path / "a.txt", head))


def test_bytes_of_no_kind_are_unknown_or_damaged_as_their_name_claims(tmp_path: Path) -> None:
    junk = bytes(range(256)) * 50
    with pytest.raises(UnknownFormat):
        inspect(write(tmp_path / "a.bin", junk))
    with pytest.raises(DocumentDamaged, match="a PDF"):
        inspect(write(tmp_path / "a.pdf", junk))


def test_pictures_are_counted_and_bounded(tmp_path: Path) -> None:
    assert inspect(made.picture(tmp_path / "a.png")).pages == 1
    assert inspect(made.picture(tmp_path / "a.tif", frames=3, kind="TIFF")).pages == 3
    with pytest.raises(TooManyPages):
        inspect(made.picture(tmp_path / "b.tif", frames=51, kind="TIFF"))


def test_a_picture_of_too_many_pixels_is_too_large(tmp_path: Path) -> None:
    with pytest.raises(DocumentTooLarge, match="pixel"):
        inspect(made.picture(tmp_path / "a.png", size=(20_000, 10_000)))


def test_a_broken_picture_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(DocumentDamaged):
        inspect(write(tmp_path / "a.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 100))
