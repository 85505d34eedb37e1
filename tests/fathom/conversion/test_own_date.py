"""A file says its date in its metadata, its headers or its first lines; what programs leave behind is no date."""

from __future__ import annotations

import re
import zipfile
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pypdfium2
import pytest
from docx import Document
from openpyxl import Workbook  # type: ignore[import-untyped]
from PIL import Image

from fathom.conversion.own_date import own_date
from fathom.conversion.report import DocumentKind

pytestmark = pytest.mark.case(80)
DAY = datetime(2019, 5, 4, 10, 30, tzinfo=UTC)


def said(path: Path, kind: DocumentKind) -> tuple[datetime, str] | None:
    found = own_date(path, kind)
    return (datetime.fromisoformat(found.at), found.source) if found else None


def of_text(folder: Path, text: str, kind: DocumentKind) -> tuple[datetime, str] | None:
    path = folder / "file"
    path.write_text(text, "utf-8")
    return said(path, kind)


def test_an_office_file_has_the_day_on_which_it_was_made(tmp_path: Path) -> None:
    document = Document()
    document.core_properties.created = DAY.replace(tzinfo=None)
    document.save(str(tmp_path / "a.docx"))
    assert said(tmp_path / "a.docx", DocumentKind.DOCX) == (DAY, "Office metadata")
    book = Workbook()
    book.properties.created = DAY.replace(tzinfo=None)
    book.save(tmp_path / "a.xlsx")
    assert said(tmp_path / "a.xlsx", DocumentKind.XLSX) == (DAY, "Office metadata")


def test_the_day_of_a_template_is_no_date_of_a_file(tmp_path: Path) -> None:
    document = Document()
    document.save(str(tmp_path / "a.docx"))
    assert said(tmp_path / "a.docx", DocumentKind.DOCX) is None
    document.core_properties.modified = DAY.replace(tzinfo=None)
    document.save(str(tmp_path / "a.docx"))
    assert said(tmp_path / "a.docx", DocumentKind.DOCX) == (DAY, "Office metadata")


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("D:20190504123000+02'00'", DAY),
        ("D:20190504103000Z", DAY),
        ("20190504103000", DAY),
        ("D:20190504", datetime(2019, 5, 4, tzinfo=UTC)),
        ("D:19700101000000Z", None),
        ("D:20991231", None),
        ("soon", None),
        ("D:20191345", None),
    ],
)
def test_a_pdf_has_the_day_on_which_it_was_made(tmp_path: Path, written: str, day: datetime | None) -> None:
    document = pypdfium2.PdfDocument.new()
    document.new_page(100, 100)
    document.save(tmp_path / "plain.pdf")
    data, count = re.subn(
        rb"/CreationDate ?\([^)]*\)", f"/CreationDate({written})".encode(), (tmp_path / "plain.pdf").read_bytes()
    )
    assert count == 1
    (tmp_path / "a.pdf").write_bytes(data)  # pdfium finds out anew what is where
    found = said(tmp_path / "a.pdf", DocumentKind.PDF)
    assert found == (None if day is None else (day, "PDF metadata"))


@pytest.mark.parametrize("name", ["meta:creation-date", "dc:date"])
def test_an_opendocument_file_has_the_day_on_which_it_was_made(tmp_path: Path, name: str) -> None:
    spaces = 'xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    with zipfile.ZipFile(tmp_path / "a.odt", "w") as archive:
        archive.writestr("meta.xml", f"<meta {spaces}><{name}>2019-05-04T10:30:00.000000000</{name}></meta>")
    assert said(tmp_path / "a.odt", DocumentKind.ODT) == (DAY, "OpenDocument metadata")


@pytest.mark.parametrize("data", [b"", b"no archive", b"PK\x03\x04", b"%PDF-1.4", b"\xff" * 100, b"<html", b"{"])
@pytest.mark.parametrize("kind", list(DocumentKind))
def test_a_damaged_file_has_no_date_and_harms_nothing(tmp_path: Path, kind: DocumentKind, data: bytes) -> None:
    (tmp_path / "file").write_bytes(data)
    assert own_date(tmp_path / "file", kind) is None


def test_an_entity_of_metadata_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("2019-05-04")
    with zipfile.ZipFile(tmp_path / "a.odt", "w") as archive:
        entity = f'<!DOCTYPE m [<!ENTITY x SYSTEM "file://{tmp_path}/secret">]>'
        archive.writestr("meta.xml", f'{entity}<m xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:date>&x;</dc:date></m>')
    assert own_date(tmp_path / "a.odt", DocumentKind.ODT) is None


@pytest.mark.parametrize(
    "written", ["Sat, 04 May 2019 12:30:00 +0200", "4 May 2019 10:30:00 GMT", "Sat,  4 May 2019 10:30 +0000"]
)
def test_a_mail_has_the_day_on_which_it_was_sent(tmp_path: Path, written: str) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["From"] = "News", "ada@example.org"
    mail.set_content("Ada is chief executive of Kelmouth Works.")
    (tmp_path / "a.eml").write_bytes(f"Date: {written}\n".encode() + mail.as_bytes())
    assert said(tmp_path / "a.eml", DocumentKind.EMAIL) == (DAY, "mail header")


@pytest.mark.parametrize(
    "head",
    [
        '<meta property="article:published_time" content="2019-05-04T10:30:00Z">',
        '<meta name="DC.date" content="2019-05-04T12:30:00+02:00"/>',
        '<meta itemprop="datePublished" content="2019-05-04T10:30:00+00:00">',
        '<script type="application/ld+json">{"@type": "NewsArticle", "datePublished": "2019-05-04T10:30:00Z"}</script>',
        '<time datetime="2019-05-04T10:30:00Z" pubdate>4 May</time>',
        '<meta http-equiv="last-modified" content="Sat, 04 May 2019 10:30:00 GMT">',
    ],
)
def test_a_page_says_when_it_was_published(tmp_path: Path, head: str) -> None:
    page = f"<html><head>{head}</head><body><time datetime='2001-01-01'>then</time></body></html>"
    assert of_text(tmp_path, page, DocumentKind.HTML) == (DAY, "HTML metadata")


@pytest.mark.parametrize(
    "text",
    [
        "---\ntitle: Notes\ndate: 2019-05-04\n---\nText",
        '---\ndate: "May 4, 2019"\n---\nText',
        "+++\ndate = 2019-05-04T00:00:00Z\n+++\nText",
        '{"title": "Notes", "date": "2019-05-04"}\n\nText',
        "---\r\nDate: 4. Mai 2019\r\n---\r\nText",
    ],
)
def test_front_matter_says_when_a_text_was_written(tmp_path: Path, text: str) -> None:
    assert of_text(tmp_path, text, DocumentKind.MARKDOWN) == (datetime(2019, 5, 4, tzinfo=UTC), "front matter")


@pytest.mark.parametrize(
    ("text", "kind", "source"),
    [
        ("= Notes\n:revdate: 2019-05-04\n\nText", DocumentKind.ASCIIDOC, "document header"),
        ("= Notes\nAda <ada@example.org>\nv1.0, 2019-05-04\n\nText", DocumentKind.ASCIIDOC, "document header"),
        ("\\title{Notes}\n\\date{May 4, 2019}\n", DocumentKind.LATEX, "document header"),
        (
            "<article><pub-date><day>4</day><month>5</month><year>2019</year></pub-date></article>",
            DocumentKind.JATS,
            "publication date",
        ),
    ],
)
def test_headers_of_other_texts_say_it_too(tmp_path: Path, text: str, kind: DocumentKind, source: str) -> None:
    assert of_text(tmp_path, text, kind) == (datetime(2019, 5, 4, tzinfo=UTC), source)


@pytest.mark.parametrize(
    "text", ["Text of 2019-05-04.", "---\ntitle: a\n---\n", "---\n\ndate: 2019-05-04 is a date", "\\date{\\today}"]
)
def test_a_text_that_only_speaks_of_a_date_has_none(tmp_path: Path, text: str) -> None:
    assert of_text(tmp_path, text, DocumentKind.MARKDOWN) is None
    assert of_text(tmp_path, text, DocumentKind.LATEX) is None


def test_a_picture_has_the_day_on_which_it_was_taken(tmp_path: Path) -> None:
    picture = Image.new("RGB", (8, 8))
    exif = picture.getexif()
    exif[0x0132] = "2019:05:04 10:30:00"
    picture.save(tmp_path / "a.jpg", exif=exif)
    assert said(tmp_path / "a.jpg", DocumentKind.IMAGE) == (DAY, "picture metadata")
