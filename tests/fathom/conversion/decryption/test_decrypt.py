"""A document with a password is taken without its lock where one of the passwords opens it, and is named where none does."""

from __future__ import annotations

import io
from pathlib import Path

import pypdfium2
import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from fathom.conversion.decryption.decrypt import decrypted, decrypted_file, passwords_in
from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.errors import DocumentLocked, PasswordWrong, UsageWrong


def locked_pdf(path: Path, password: str, strength: int = 128) -> Path:
    canvas = Canvas(str(path), encrypt=StandardEncryption(password, ownerPassword="owner", strength=strength))
    canvas.drawString(72, 720, "The minutes of the closed meeting.")
    canvas.save()
    return path


def text_of(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    try:
        return str(document[0].get_textpage().get_text_range())
    finally:
        document.close()


def taken(path: Path, *passwords: str) -> bytes:
    with path.open("rb") as stream, decrypted(stream, passwords) as copy:
        return copy.read()


@pytest.mark.parametrize("strength", [40, 128])
@pytest.mark.parametrize("password", ["opens it", "owner"])
def test_the_password_that_fits_opens_it_wherever_it_stands(tmp_path: Path, strength: int, password: str) -> None:
    path = locked_pdf(tmp_path / "minutes.pdf", "opens it", strength)
    copy = taken(path, "not this", password, "nor that")
    assert "closed meeting" in text_of(copy)
    (tmp_path / "copy.pdf").write_bytes(copy)
    assert inspect_file(tmp_path / "copy.pdf", max_bytes=10**6, max_pages=10).pages == 1


def test_the_copy_of_one_file_is_the_same_each_time_and_that_of_another_is_not(tmp_path: Path) -> None:
    path, other = locked_pdf(tmp_path / "a.pdf", "x"), locked_pdf(tmp_path / "b.pdf", "y")
    assert taken(path, "x") == taken(path, "no", "x")
    assert taken(path, "x") != taken(other, "y")


def test_a_file_stands_unlocked_for_a_while_only(tmp_path: Path) -> None:
    path = locked_pdf(tmp_path / "minutes.pdf", "opens it")
    with decrypted_file(path, ["no", "opens it"]) as readable:
        assert (readable.name, readable.parent.stat().st_mode & 0o077) == ("minutes.pdf", 0)
        assert "closed meeting" in text_of(readable.read_bytes())
    assert not readable.parent.exists()
    for passwords in ([], ["x"]):
        with decrypted_file(Path(__file__), passwords) as same:
            assert same == Path(__file__)
    with decrypted_file(tmp_path / "nowhere.pdf", ["x"]) as missing:
        assert missing == tmp_path / "nowhere.pdf"


def test_a_wrong_password_is_told_from_none(tmp_path: Path) -> None:
    path = locked_pdf(tmp_path / "minutes.pdf", "opens it")
    with pytest.raises(DocumentLocked) as none_given:
        inspect_file(path, max_bytes=10**6, max_pages=10)
    with pytest.raises(PasswordWrong, match="None of the 2 passwords opens the document") as wrong:
        taken(path, "hunter2", "letmein")
    assert none_given.value.name == "DocumentLocked"
    assert wrong.value.name == "PasswordWrong"
    assert "hunter2" not in str(wrong.value.as_dict())


def test_what_needs_no_password_stays_as_it_is(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "open.pdf"), encrypt=StandardEncryption("", ownerPassword="owner", strength=128))
    canvas.drawString(72, 720, "Read by all, changed by none.")
    canvas.save()
    (tmp_path / "notes.md").write_text("# Notes")
    (tmp_path / "cut.pdf").write_bytes(locked_pdf(tmp_path / "whole.pdf", "x").read_bytes()[:300])
    for name in ("open.pdf", "notes.md", "cut.pdf"):
        assert taken(tmp_path / name, "x") == (tmp_path / name).read_bytes()
    assert decrypted(io.BytesIO(b""), ["x"]).read() == b""


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("documents/unstructured/pdf/password.pdf", "password"),
        ("documents_hostile/qpdf/qpdf/enc-R2,V1,U=view,O=master.pdf", "view"),
        ("documents_hostile/qpdf/qpdf/enc-XI-R6,V5,U=view,O=master.pdf", "master"),
        ("documents_hostile/pdfbox/pdfbox/src/test/resources/org/apache/pdfbox/encryption/PasswordSample-256bit.pdf", "owner"),
    ],
)
def test_pdfs_locked_by_others_open(corpora: Path, name: str, password: str) -> None:
    with pytest.raises(PasswordWrong):
        taken(corpora / name, "wrong")
    document = pypdfium2.PdfDocument(taken(corpora / name, "wrong", password))
    assert len(document) >= 1
    document.close()


OFFICE = "documents_hostile/poi-office"


@pytest.mark.parametrize(
    ("name", "password", "says"),
    [
        (f"{OFFICE}/document/bug53475-password-is-solrcell.docx", "solrcell", "password protected Word document"),
        (f"{OFFICE}/spreadsheet/protected_passtika.xlsx", "tika", "Encrypted Excel"),
    ],
)
def test_office_documents_locked_by_others_open(corpora: Path, tmp_path: Path, name: str, password: str, says: str) -> None:
    path = corpora / name
    with pytest.raises(DocumentLocked):
        inspect_file(path, max_bytes=10**7, max_pages=10)
    with pytest.raises(PasswordWrong):
        taken(path, "wrong")
    copy = tmp_path / path.name
    copy.write_bytes(taken(path, "wrong", password))
    assert copy.read_bytes() == taken(path, password)
    inspection = inspect_file(copy, max_bytes=10**7, max_pages=10)
    converted = EmbeddedEngine().convert_file(copy, inspection, version="0" * 64)
    assert says in converted.markdown
    assert converted.report.words


def test_a_lock_of_another_kind_is_not_called_a_wrong_password(corpora: Path) -> None:
    with pytest.raises(DocumentLocked, match="no password opens here") as refused:
        taken(corpora / OFFICE / "document/bug53475-password-is-pass.docx", "pass")
    assert refused.value.name == "DocumentLocked"


def test_a_locked_office_document_that_is_cut_is_left_to_those_who_inspect_it(corpora: Path, tmp_path: Path) -> None:
    whole = (corpora / OFFICE / "document/bug53475-password-is-solrcell.docx").read_bytes()
    for length in (8, 600, 2000, len(whole) // 2):
        (tmp_path / "cut.docx").write_bytes(whole[:length])
        try:
            assert taken(tmp_path / "cut.docx", "solrcell") == whole[:length]
        except DocumentLocked:
            assert length > 2000  # its lock could be read, and no password opens what is not there


def test_a_password_file_has_a_password_a_line(tmp_path: Path) -> None:
    path = tmp_path / "passwords"
    path.write_text("first\n\n with blanks \r\nümlaut\n", "utf-8")
    assert passwords_in(path) == ["first", " with blanks ", "ümlaut"]
    for content in (b"", b"\n\n", b"\xff\xfe\x00"):
        path.write_bytes(content)
        with pytest.raises(UsageWrong, match="password"):
            passwords_in(path)
    with pytest.raises(UsageWrong, match="cannot be read"):
        passwords_in(tmp_path / "nowhere")
