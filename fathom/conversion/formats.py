"""How each kind of file goes into docling: under which name and format, and with which bytes."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

from fathom.conversion.email.attachments import without_attachments
from fathom.conversion.email.outlook import mail_bytes
from fathom.conversion.report import DocumentKind, Inspection

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
MAX_PROLOG = 8_000  # characters in which the declaration of an XML's DTD stands
XML_DECLARATION = re.compile(r"^\ufeff?\s*<\?xml[^>]*\?>", re.S)
_QUOTED = r"(?:\"[^\"]*\"|'[^']*')"
DOCTYPE = re.compile(rf"<!DOCTYPE\s+[\w:.-]+\s*(?:(?:PUBLIC|SYSTEM)\s+{_QUOTED}\s*{_QUOTED}?)?\s*(?=[\[>])", re.I)
# Docling knows a JATS article by its DTD; articles of other names, or without one, are read as well.
JATS_DOCTYPE = '<!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96)//EN" "JATS-archivearticle1.dtd"'
META_CHARSET = re.compile(r"(<meta[^>]{0,200}?charset\s*=\s*[\"']?)[\w-]+", re.I)


def source_bytes(path: Path, inspection: Inspection) -> BytesIO:
    """The file's bytes as docling takes them: texts in UTF-8, and saying so; a mail without what came with it."""
    if inspection.kind is DocumentKind.EMAIL:
        return BytesIO(without_attachments(mail_bytes(path)))
    data = path.read_bytes()
    if inspection.kind not in DECODED or inspection.encoding is None:
        return BytesIO(data)
    text = data.decode(inspection.encoding, errors="replace").lstrip("\ufeff")
    if inspection.kind is DocumentKind.JATS:
        text = _with_jats_doctype(XML_DECLARATION.sub("", text))
    if inspection.kind is DocumentKind.HTML:
        text = META_CHARSET.sub(r"\g<1>utf-8", XML_DECLARATION.sub("", text))
    return BytesIO(text.encode("utf-8", errors="replace"))


def _with_jats_doctype(text: str) -> str:
    """Returns the article with a declaration that names the DTD of JATS; the file's own entities stay."""
    declaration = '<?xml version="1.0" encoding="UTF-8"?>'
    found = DOCTYPE.search(text[:MAX_PROLOG])
    if found is None:
        return f"{declaration}{JATS_DOCTYPE}>{text.lstrip()}"
    return declaration + text[: found.start()].lstrip() + JATS_DOCTYPE + text[found.end() :]
