"""Builds workbooks, part by part, and reads them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.conversion.report import ConvertedDocument

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_NAMES = {
    "office": "office",
    "table": "table",
    "text": "text",
    "style": "style",
    "fo": "xsl-fo-compatible",
    "draw": "drawing",
}
_ODF = " ".join(f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for prefix, name in _NAMES.items())
_ODF += ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"'
_MEDIA = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def converted(path: Path) -> ConvertedDocument:
    """The file as it is converted."""
    return EmbeddedEngine().convert_file(path, inspect_file(path, max_bytes=10**9, max_pages=1_000), version="0" * 64)


def rows_of(document: ConvertedDocument) -> list[list[str]]:
    """All table rows of the document's Markdown, cell by cell, header rows first in each."""
    lines = [line for line in document.markdown.splitlines() if line.startswith("|") and not line.startswith("|-")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def kinds_of_notices(document: ConvertedDocument) -> list[str]:
    """The kinds of the report's notices."""
    return [notice.kind for notice in document.report.notices]


def write_workbook(
    path: Path, sheets: Mapping[str, str], *, workbook: str = "", parts: Mapping[str, str] | None = None
) -> Path:
    """Writes a workbook of worksheets, given as XML within `worksheet`; `workbook` is XML before its sheets.

    `parts` are further parts by path; a part under `_rels` has relations within `Relationships`.
    """
    listed = "".join(f'<sheet name="{name}" sheetId="{i}" r:id="r{i}"/>' for i, name in enumerate(sheets, 1))
    relations = "".join(
        f'<Relationship Id="r{i}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(sheets) + 1)
    )
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{_MEDIA}.worksheet+xml"/>'
        for i in range(1, len(sheets) + 1)
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_MEDIA}.sheet.main+xml"/>{overrides}</Types>',
        )
        book.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships">'
            f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        book.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_SHEETS}" xmlns:r="{_OFFICE}">{workbook}<sheets>{listed}</sheets></workbook>',
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}</Relationships>'
        )
        for number, content in enumerate(sheets.values(), 1):
            root = f'<worksheet xmlns="{_SHEETS}" xmlns:r="{_OFFICE}">{content}</worksheet>'
            book.writestr(f"xl/worksheets/sheet{number}.xml", root)
        for name, content in (parts or {}).items():
            wrapped = (
                f'<Relationships xmlns="{_PACKAGE}/relationships">{content}</Relationships>' if "_rels/" in name else content
            )
            book.writestr(name, wrapped)
    return path


def text_cell(name: str, text: str) -> str:
    """A cell with a text of its own."""
    return f'<c r="{name}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def write_ods(path: Path, tables: str, styles: str = "") -> Path:
    """Writes an OpenDocument spreadsheet of tables, given as XML, and automatic styles."""
    media = "application/vnd.oasis.opendocument.spreadsheet"
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="{kind}"/>'
        for name, kind in [("/", media), ("content.xml", "text/xml"), ("styles.xml", "text/xml")]
    )
    manifest = (
        f'<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">{entries}</manifest:manifest>'
    )
    content = (
        f'<office:document-content {_ODF} office:version="1.2"><office:automatic-styles>{styles}</office:automatic-styles>'
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("mimetype", media)
        book.writestr("META-INF/manifest.xml", manifest)
        book.writestr(
            "styles.xml", f'<office:document-styles {_ODF} office:version="1.2"><office:styles/></office:document-styles>'
        )
        book.writestr("content.xml", content)
    return path


def ods_cell(text: str, attributes: str = "", inner: str = "") -> str:
    """A cell of an OpenDocument table."""
    shown = f"<text:p>{text}</text:p>" if text else ""
    return f"<table:table-cell {attributes}>{shown}{inner}</table:table-cell>"


def ods_row(*cells: str, attributes: str = "") -> str:
    """A row of cells; plain texts become cells."""
    made = "".join(cell if cell.startswith("<table:") else ods_cell(cell) for cell in cells)
    return f"<table:table-row {attributes}>{made}</table:table-row>"
