"""The result of a conversion: the structured document and a report of the content kept and lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class DocumentKind(StrEnum):
    """The kinds of file Fathom converts, recognised by content."""

    PDF = "pdf"
    DOCX = "docx"
    PPTX = "pptx"
    XLSX = "xlsx"
    HTML = "html"
    MARKDOWN = "markdown"
    CSV = "csv"
    EMAIL = "email"
    EPUB = "epub"
    ODT = "odt"
    ODP = "odp"
    ODS = "ods"
    LATEX = "latex"
    ASCIIDOC = "asciidoc"
    IMAGE = "image"
    TEXT = "text"
    CODE = "code"
    NOTEBOOK = "notebook"
    SUBTITLES = "subtitles"
    JATS = "jats"


class Inspection(BaseModel):
    """The properties of a file that are known before it is converted."""

    model_config = ConfigDict(frozen=True)

    kind: DocumentKind
    size: int = Field(description="bytes")
    pages: int | None = Field(None, description="pages, slides or images, where the kind has them and they can be counted")
    encoding: str | None = Field(None, description="Python codec the text is in, byte order mark included; None if not text")


class ConversionError(BaseModel):
    """A single fault while the rest was converted."""

    model_config = ConfigDict(frozen=True)

    category: str
    message: str
    page: int | None = None


class Notice(BaseModel):
    """Names content that was left out on purpose, or that is shown otherwise than the file has it."""

    model_config = ConfigDict(frozen=True)

    kind: str = Field(description="a short word for its kind, such as hidden_rows or formula_without_value")
    message: str = Field(description="a sentence for a person")
    count: int = Field(1, description="how many of them: rows, formulas, files")
    where: str | None = Field(None, description="sheet, slide, page or part of the file, where it has a name")


class OwnDate(BaseModel):
    """The date that a file gives itself."""

    model_config = ConfigDict(frozen=True)

    at: str = Field(description="ISO 8601, UTC")
    source: str = Field(description="the part of the file that says it, such as mail header or PDF metadata")


class ConversionReport(BaseModel):
    """The content that the conversion kept and lost, in figures."""

    model_config = ConfigDict(frozen=True)

    kind: DocumentKind
    version: str = Field(description="SHA-256 of the bytes that were converted")
    size: int = Field(description="bytes")
    seconds: float
    pages_expected: int | None = Field(None, description="pages the file has; None where the kind has no pages")
    pages_converted: int = 0
    characters: int = 0
    words: int = 0
    headings: int = 0
    lists: int = 0
    tables: int = 0
    pictures: int = 0
    reference_words: int | None = Field(
        None, description="words that the file's own source shows to a reader; None where it has none: of pictures and scans"
    )
    text_recall: float | None = Field(
        None, description="share of reference_words that Markdown and chunks have, running headers asked for once, 0-1"
    )
    missing_words: list[str] = Field(
        default_factory=list[str],
        description="at most 20 of the words that are missing, with their count where it is above one",
    )
    lost_passages: int = Field(0, description="paragraphs, cells, notes and runs of words that are missing whole")
    lost_text: list[str] = Field(
        default_factory=list[str], description="the first few of them, each with its place in the file"
    )
    dropped_share: float | None = Field(
        None, description="share of its words that the body lacks: lost, or set apart as running headers and page numbers, 0-1"
    )
    ruled_tables: int | None = Field(None, description="grids of painted lines with text in their cells; None if not a PDF")
    ruled_tables_found: int | None = Field(None, description="of these, grids that are a table in the document")
    ocr_pages: int = 0
    ocr_lines: int = Field(0, description="lines that were read by OCR")
    ocr_doubtful_lines: int = Field(0, description="of these, lines read with a confidence below .8")
    ocr_confidence: float | None = Field(
        None, description="mean over OCR pages of each page's mean confidence, weighted by letters, 0-1; None without OCR"
    )
    replacement_characters: int = 0
    own_date: OwnDate | None = Field(None, description="the date that the file gives itself, where it gives one")
    errors: list[ConversionError] = Field(default_factory=list[ConversionError])
    notices: list[Notice] = Field(
        default_factory=list[Notice], description="what was left out on purpose, or is shown otherwise than the file has it"
    )
    converter: str = Field(description="name and versions of what converted it")


class OcrLine(BaseModel):
    """A line that was read by OCR; its box in points from the top left corner of the page."""

    model_config = ConfigDict(frozen=True)

    page: int
    text: str
    confidence: float = Field(description="how sure the reader was, 0-1")
    box: tuple[float, float, float, float] = Field(description="left, top, right, bottom")


class Attachment(BaseModel):
    """A file that came with a mail, to become a document of its own."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    name: str = Field(description="its file name, made safe and the only one of this name in the mail")
    media_type: str = Field(description="what the mail says it is; what it is, its bytes tell")
    size: int = Field(description="bytes")
    content: bytes | None = Field(None, description="None where it is refused, and once stored")
    refused: str | None = Field(None, description="why it cannot be taken, in a sentence; None where it can")


class ConvertedDocument(BaseModel):
    """A document after conversion: DoclingDocument JSON, Markdown, the report, a picture of its first page, attachments."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    document: dict[str, Any] = Field(description="DoclingDocument.export_to_dict()")
    markdown: str
    report: ConversionReport
    page_picture: bytes | None = Field(
        None, description="first page as PNG with the boxes found, at most 200 kB; None where there is no page, and once stored"
    )
    ocr_lines: list[OcrLine] = Field(default_factory=list[OcrLine], description="page by page, from top to bottom")
    attachments: list[Attachment] = Field(default_factory=list[Attachment], description="what came with a mail, in its order")


# The phase of the first progress: the file is of a kind that is converted, and has so many pages.
INSPECTED = "inspected"


@dataclass(frozen=True)
class PageProgress:
    """`done` of `total` pages are converted; total is None while unknown."""

    phase: str
    done: int
    total: int | None


ProgressCallback = Callable[[PageProgress], None]
