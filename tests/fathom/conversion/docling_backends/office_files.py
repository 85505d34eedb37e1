"""Builds small Word, PowerPoint and OpenDocument files from the XML of their parts, and converts them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

from fathom.chunking.chunker import chunk_document
from fathom.conversion.engines.embedded_engine import EmbeddedEngine
from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.conversion.report import ConvertedDocument
from fathom.embedding.tokenizer import count_tokens
from tests.fathom.conversion.cases.gold import plain

OFFICE_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORD_NAMES = " ".join(
    f'xmlns:{prefix}="{name}"'
    for prefix, name in {
        "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "r": OFFICE_RELATIONS,
        "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
        "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
        "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
        "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
        "wpg": "http://schemas.microsoft.com/office/word/2010/wordprocessingGroup",
        "v": "urn:schemas-microsoft-com:vml",
        "w14": "http://schemas.microsoft.com/office/word/2010/wordml",
        "w15": "http://schemas.microsoft.com/office/word/2012/wordml",
        "dgm": "http://schemas.openxmlformats.org/drawingml/2006/diagram",
    }.items()
)
_WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_KINDS = {
    "styles": "styles",
    "numbering": "numbering",
    "footnotes": "footnotes",
    "endnotes": "endnotes",
    "comments": "comments",
    "settings": "settings",
}
_MORE_KINDS = {
    "commentsExtended": "http://schemas.microsoft.com/office/2011/relationships/commentsExtended",
    "chart": f"{OFFICE_RELATIONS}/chart",
    "chartEx": "http://schemas.microsoft.com/office/2014/relationships/chartEx",
    "import": f"{OFFICE_RELATIONS}/aFChunk",
    "header": f"{OFFICE_RELATIONS}/header",
    "footer": f"{OFFICE_RELATIONS}/footer",
}
ODF_NAMES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in {
        "office": "office",
        "text": "text",
        "table": "table",
        "style": "style",
        "draw": "drawing",
        "presentation": "presentation",
        "fo": "xsl-fo-compatible",
        "svg": "svg-compatible",
        "form": "form",
    }.items()
)
ODF_NAMES += ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"'
ODF_NAMES += ' xmlns:officeooo="http://openoffice.org/2009/office"'
ODF_NAMES += ' xmlns:field="urn:openoffice:names:experimental:ooo-ms-interop:xmlns:field:1.0"'
ODF_NAMES += ' xmlns:loext="urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0"'


def word(path: Path, body: str, parts: Mapping[str, str | bytes] | None = None, links: Mapping[str, str] | None = None) -> Path:
    """Writes a DOCX with this body; `parts` are the contents of further parts by name, `links` external targets by id."""
    parts = parts or {}
    overrides = f'<Override PartName="/word/document.xml" ContentType="{_WORD_TYPE}.document.main+xml"/>'
    relations = ""
    for name in parts:
        stem = name.partition("/")[0].removesuffix(".xml")
        if stem in _KINDS:
            overrides += f'<Override PartName="/word/{name}" ContentType="{_WORD_TYPE}.{stem}+xml"/>'
            relations += f'<Relationship Id="{stem}" Type="{OFFICE_RELATIONS}/{stem}" Target="{name}"/>'
        else:
            kind = _MORE_KINDS.get(stem.partition(".")[0].rstrip("0123456789"), f"{OFFICE_RELATIONS}/diagramData")
            relations += f'<Relationship Id="{stem}" Type="{kind}" Target="{name}"/>'
    for key, target in (links or {}).items():
        relations += f'<Relationship Id="{key}" Type="{OFFICE_RELATIONS}/hyperlink" Target="{target}" TargetMode="External"/>'
    document = f"<w:document {WORD_NAMES}><w:body>{body}</w:body></w:document>"
    entries = {f"word/{name}": content for name, content in parts.items()}
    return _package(path, "word/document.xml", document, overrides, relations, entries)


def _package(path: Path, main: str, content: str, overrides: str, relations: str, entries: Mapping[str, str | bytes]) -> Path:
    root = "http://schemas.openxmlformats.org/package/2006"
    folder, _, name = main.rpartition("/")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{root}/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="html" ContentType="text/html"/><Default Extension="txt" ContentType="text/plain"/>'
            '<Default Extension="mht" ContentType="message/rfc822"/>'
            f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>',
        )
        made.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{root}/relationships"><Relationship Id="r" Type="{OFFICE_RELATIONS}/officeDocument" '
            f'Target="{main}"/></Relationships>',
        )
        made.writestr(main, content)
        made.writestr(f"{folder}/_rels/{name}.rels", f'<Relationships xmlns="{root}/relationships">{relations}</Relationships>')
        for entry, text in entries.items():
            made.writestr(entry, text)
    return path


def paragraph(text: str, properties: str = "") -> str:
    """Returns a `w:p` of one run."""
    return f"<w:p><w:pPr>{properties}</w:pPr>{run(text)}</w:p>"


def run(text: str, properties: str = "") -> str:
    """Returns a `w:r`."""
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def table(*rows: tuple[str, ...], look: str = "", header_rows: int = 0) -> str:
    """Returns a `w:tbl` whose cells are given as blocks."""
    made = ""
    for number, cells in enumerate(rows):
        properties = "<w:trPr><w:tblHeader/></w:trPr>" if number < header_rows else ""
        made += f"<w:tr>{properties}{''.join(f'<w:tc>{cell}</w:tc>' for cell in cells)}</w:tr>"
    width = max(map(len, rows))
    return f"<w:tbl><w:tblPr>{look}</w:tblPr><w:tblGrid>{'<w:gridCol/>' * width}</w:tblGrid>{made}</w:tbl>"


def open_paragraph(content: str) -> str:
    """Returns a `text:p`."""
    return f"<text:p>{content}</text:p>"


def open_cell(content: str, more: str = "") -> str:
    """Returns a `table:table-cell` of blocks."""
    return f"<table:table-cell {more}>{content}</table:table-cell>"


def open_table(*rows: str) -> str:
    """Returns a `table:table` whose rows are given as cells."""
    return f"<table:table>{''.join(f'<table:table-row>{cells}</table:table-row>' for cells in rows)}</table:table>"


def open_list(*items: str, more: str = "") -> str:
    """Returns a `text:list` whose items are given as blocks."""
    return f"<text:list {more}>{''.join(f'<text:list-item>{item}</text:list-item>' for item in items)}</text:list>"


def open_text(path: Path, body: str, automatic: str = "", common: str = "") -> Path:
    """Writes an ODT with this body, automatic and common styles."""
    return _open(path, "application/vnd.oasis.opendocument.text", f"<office:text>{body}</office:text>", automatic, common)


def open_slides(path: Path, pages: str, automatic: str = "") -> Path:
    """Writes an ODP with these pages."""
    body = f"<office:presentation>{pages}</office:presentation>"
    return _open(path, "application/vnd.oasis.opendocument.presentation", body, automatic, "")


def _open(path: Path, kind: str, body: str, automatic: str, common: str) -> Path:
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        '<manifest:file-entry manifest:full-path="styles.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("mimetype", kind, zipfile.ZIP_STORED)
        made.writestr("META-INF/manifest.xml", manifest)
        made.writestr(
            "content.xml",
            f'<office:document-content {ODF_NAMES} office:version="1.3"><office:automatic-styles>{automatic}'
            f"</office:automatic-styles><office:body>{body}</office:body></office:document-content>",
        )
        made.writestr(
            "styles.xml",
            f'<office:document-styles {ODF_NAMES} office:version="1.3"><office:styles>{common}</office:styles>'
            "<office:automatic-styles/><office:master-styles/></office:document-styles>",
        )
    return path


def converted(path: Path) -> ConvertedDocument:
    """Converts the file."""
    return EmbeddedEngine().convert_file(path, inspect_file(path, max_bytes=10**8, max_pages=100), version="0" * 64)


def chunk_text(document: ConvertedDocument) -> str:
    """Returns the texts of the document's chunks, their headings before them."""
    chunks = chunk_document(document, document="t/a", max_tokens=256, count_tokens=count_tokens).chunks
    return "\n".join("\n".join([*chunk.headings, chunk.text]) for chunk in chunks)


def said(document: ConvertedDocument) -> tuple[str, str]:
    """Returns what a reader finds, in Markdown and in chunks: white space as one blank, Markdown's marks taken off."""
    return plain(document.markdown), plain(chunk_text(document))


def notices(document: ConvertedDocument) -> dict[str, int]:
    """Returns how often each kind of notice says that something was left out."""
    found: dict[str, int] = {}
    for notice in document.report.notices:
        found[notice.kind] = found.get(notice.kind, 0) + notice.count
    return found
