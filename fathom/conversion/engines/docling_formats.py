"""How each kind of file goes into docling: under which name and format, and with which bytes."""

from __future__ import annotations

import re
import struct
from io import BytesIO
from pathlib import Path
from zlib import crc32

from fathom.conversion.email.attachments import remove_attachments
from fathom.conversion.email.outlook import mail_bytes
from fathom.conversion.encodings.declared import meant_codec
from fathom.conversion.report import DocumentKind, Inspection
from fathom.errors import DocumentTooLarge

# docling goes by these names, whatever the file was called.
NAMES: dict[DocumentKind, str] = {
    DocumentKind.PDF: "document.pdf",
    DocumentKind.DOCX: "document.docx",
    DocumentKind.PPTX: "document.pptx",
    DocumentKind.XLSX: "document.xlsx",
    DocumentKind.HTML: "document.html",
    DocumentKind.MARKDOWN: "document.md",
    DocumentKind.CSV: "document.csv",
    DocumentKind.EMAIL: "document.eml",
    DocumentKind.EPUB: "document.epub",
    DocumentKind.ODT: "document.odt",
    DocumentKind.ODP: "document.odp",
    DocumentKind.ODS: "document.ods",
    DocumentKind.LATEX: "document.tex",
    DocumentKind.ASCIIDOC: "document.adoc",
    DocumentKind.IMAGE: "document.png",
    DocumentKind.JATS: "document.xml",
}
# Kinds whose text docling decodes; it gets UTF-8, whatever the file is in.
DECODED = frozenset(
    {DocumentKind.MARKDOWN, DocumentKind.CSV, DocumentKind.LATEX, DocumentKind.ASCIIDOC, DocumentKind.HTML, DocumentKind.JATS}
)
EPUB_MEMBER = b"mimetypeapplication/epub+zip"
XML_DECLARATION = re.compile(r"^\ufeff?\s*<\?xml[^>]*\?>", re.S)
_QUOTED = r"(?:\"[^\"]*\"|'[^']*')"
# Comments and instructions before the declaration of an XML's DTD, such as a licence; licences have every length.
BEFORE_DOCTYPE = re.compile(r"(?:\s|<!--.*?-->|<\?.*?\?>)*", re.S)
DOCTYPE = re.compile(rf"<!DOCTYPE\s+[\w:.-]+\s*(?:(?:PUBLIC|SYSTEM)\s+{_QUOTED}\s*{_QUOTED}?)?\s*(?=[\[>])", re.I)
# Docling recognises a JATS article by its DTD; articles of other names, or without a DTD, are read as well.
JATS_DOCTYPE = '<!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96)//EN" "JATS-archivearticle1.dtd"'
META_CHARSET = re.compile(r"(<meta[^>]{0,200}?charset\s*=\s*[\"']?)[\w-]+", re.I)
# A page says its encoding within so many bytes, by a meta element or as XML does.
HTML_HEAD = 4096
DECLARED_CHARSET = re.compile(rb"""(?:<meta[^>]{0,200}?charset|<\?xml[^>]{0,100}?encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.I)
# A page of some hundred megabytes fits no memory once read: bounds on paragraphs and the like, and on cells of tables.
MAX_BLOCKS = 500_000
MAX_CELLS = 1_500_000
BLOCK_TAG = re.compile(r"<(?:p|div|li|dt|dd|h[1-6]|pre|table|blockquote|section|article|figure|img|option)[\s>]", re.I)
CELL_TAG = re.compile(r"<t[dh][\s>]", re.I)


def source_bytes(path: Path, inspection: Inspection) -> BytesIO:
    """Returns the file's bytes as docling takes them: texts in UTF-8, and declared so; a mail without its attachments."""
    if inspection.kind is DocumentKind.EMAIL:
        return BytesIO(remove_attachments(mail_bytes(path)))
    data = path.read_bytes()
    if inspection.kind is DocumentKind.EPUB and EPUB_MEMBER not in data[:64]:
        return BytesIO(_epub_beginning() + data)  # readers of archives pass over bytes before the archive
    if inspection.kind not in DECODED or inspection.encoding is None:
        return BytesIO(data)
    if inspection.kind is DocumentKind.HTML:
        text = META_CHARSET.sub(r"\g<1>utf-8", XML_DECLARATION.sub("", html_text(data, inspection.encoding)))
        check_blocks(text)
        return BytesIO(text.encode("utf-8", errors="replace"))
    text = data.decode(inspection.encoding, errors="replace").lstrip("\ufeff")
    if inspection.kind is DocumentKind.JATS:
        text = _with_jats_doctype(XML_DECLARATION.sub("", text))
    return BytesIO(text.encode("utf-8", errors="replace"))


def _epub_beginning() -> bytes:
    """Returns the member of an archive that docling knows a book by; some programs write it last or not at all."""
    name, content = b"mimetype", b"application/epub+zip"
    size = len(content)
    return struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 33, crc32(content), size, size, len(name), 0) + name + content


def html_text(data: bytes, guessed: str) -> str:
    """Decodes a page as declared, unless it is in Unicode or its bytes contradict the declaration; else as guessed."""
    declared = DECLARED_CHARSET.search(data[:HTML_HEAD])
    if declared and not guessed.startswith("utf"):
        try:
            return data.decode(meant_codec(declared[1].decode("ascii")) or guessed)
        except (UnicodeError, LookupError):
            pass
    return data.decode(guessed, errors="replace").lstrip("\ufeff")


def check_blocks(text: str) -> None:
    """Raises DocumentTooLarge for a page of more blocks or cells than can be held."""
    for tag, most, called in ((BLOCK_TAG, MAX_BLOCKS, "paragraphs and items"), (CELL_TAG, MAX_CELLS, "table cells")):
        count = sum(1 for _ in tag.finditer(text))
        if count > most:
            raise DocumentTooLarge(f"The page has {count} {called}; at most {most} are converted.", hint="Split it.")


def _with_jats_doctype(text: str) -> str:
    """Returns the article with a declaration that names the DTD of JATS; the file's own entities stay."""
    declaration = '<?xml version="1.0" encoding="UTF-8"?>'
    before = BEFORE_DOCTYPE.match(text)
    text = text[before.end() :] if before else text
    found = DOCTYPE.match(text)
    return f"{declaration}{JATS_DOCTYPE}{text[found.end() :] if found else '>' + text}"
