"""Docling's backend for EPUBs; Fathom's HTML reader reads all chapters as a single page.

Docling 2.142.1 leaves out the book's title, chapters that are not in UTF-8 and footnotes' marks, and reads XHTML as HTML;
not needed once it reads chapters as XHTML.
"""

from __future__ import annotations

import codecs
import posixpath
import re
from urllib.parse import unquote

from docling.backend.epub_backend import EpubDocumentBackend
from docling.backend.utils.archive_limits import read_member
from docling.datamodel.backend_options import EpubBackendOptions
from docling_core.types.doc import DoclingDocument, DocumentOrigin
from docling_core.types.doc.document import SectionHeaderItem, TitleItem
from lxml import etree

from fathom.conversion.docling_backends.epub.epub_package import read_package
from fathom.conversion.docling_backends.html.page import read_tree, write_page
from fathom.conversion.docling_backends.html.page_notes import kinds_of
from fathom.conversion.docling_backends.html.page_tree import page_tree
from fathom.conversion.docling_backends.relabel import relabel_text
from fathom.conversion.encodings.declared import meant_codec
from fathom.conversion.report import Notice

# Navigation lists of the book: its headings, the page numbers of the printed edition.
_WAYS = frozenset({"toc", "landmarks", "page-list", "doc-toc", "doc-pagelist"})
_PAGE_BREAKS = frozenset({"pagebreak", "doc-pagebreak"})
_ENCODING = re.compile(rb"""<\?xml[^>]{0,200}\bencoding\s*=\s*["']([\w.-]+)["']""")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.I)


class EpubBackend(EpubDocumentBackend):
    """Reads a book. After `convert`, `notices` name unreadable chapters and omitted content."""

    notices: list[Notice]

    def _parse_epub_structure(self) -> None:
        archive = self.epub_zip
        assert archive is not None
        assert isinstance(self.options, EpubBackendOptions)
        most = self.options.max_file_bytes
        package = read_package(archive.namelist(), lambda name: read_member(archive, name, most))
        self.content_files = package.chapters
        self.metadata = {"title": package.title}
        self._check_content_sizes()

    def convert(self) -> DoclingDocument:
        """Returns the document of the book: its title, then its chapters in order."""
        book = etree.Element("html")
        body = etree.SubElement(book, "body")
        unread: list[str] = []
        for name in self.content_files:
            chapter = self._chapter(name)
            if chapter is None:
                unread.append(name)
            else:
                body.append(chapter)
        page = read_tree(book)
        origin = DocumentOrigin(
            filename=self.file.name or "file", mimetype="application/epub+zip", binary_hash=self.document_hash
        )
        document = DoclingDocument(name=self.file.stem or "file", origin=origin)
        write_page(page, document)
        title = " ".join(self.metadata.get("title", "").split())
        if title:
            set_title(document, title)
        self.notices = [*_unread(unread), *page.notices]
        return document

    def _chapter(self, name: str) -> etree._Element | None:
        """Returns the body of a chapter as a section, its ids made distinct from those of other chapters."""
        assert isinstance(self.options, EpubBackendOptions)
        if self.epub_zip is None or name not in self.epub_zip.NameToInfo:
            return None
        root = page_tree(chapter_text(read_member(self.epub_zip, name, self.options.max_file_bytes)))
        if root is None:
            return None
        body = next(root.iter("body"), root)
        body.tag = "section"
        body.tail = None
        for element in [body, *body.iter(etree.Element)]:
            _settle(element, name)
        return body


def chapter_text(data: bytes) -> str:
    """Decodes a chapter by its byte order mark or its declaration; else as UTF-8."""
    declared = _ENCODING.search(data[:300])
    named = [codec for mark, codec in _MARKS if data.startswith(mark)]
    if declared:
        named.append(declared[1].decode("ascii"))
    for codec in (*named, "utf-8", "cp1252"):
        try:
            return data.decode(codec if codec.startswith("utf") else meant_codec(codec) or codec)
        except (UnicodeError, LookupError):
            continue
    return data.decode("utf-8", errors="replace")


def _settle(element: etree._Element, chapter: str) -> None:
    """Makes the element's id and links unique across the book, and removes elements that are not text."""
    kinds = kinds_of(element)
    if (element.tag == "nav" and kinds & _WAYS) or kinds & _PAGE_BREAKS:
        element.tag = "template"
        return
    for attribute in ("id", "name"):
        if (value := element.get(attribute)) is not None:
            element.set(attribute, f"{chapter}#{value}")
    if element.tag == "default" and _has_formula(element.getparent()):
        element.tag = "template"  # repeats the formula before it
        return
    href = element.get("href")
    if element.tag == "a" and href is not None and not _SCHEME.match(href.strip()):
        path, _, fragment = href.strip().partition("#")
        place = posixpath.normpath(posixpath.join(posixpath.dirname(chapter), unquote(path))) if path else chapter
        element.set("href", f"#{place}#{unquote(fragment)}")


def _has_formula(above: etree._Element | None) -> bool:
    return above is not None and above.tag == "switch" and next(above.iter("math"), None) is not None


def _unread(names: list[str]) -> list[Notice]:
    if not names:
        return []
    listed = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
    return [Notice(kind="chapter_not_read", message=f"Chapters of the book cannot be read: {listed}.", count=len(names))]


def set_title(document: DoclingDocument, title: str) -> None:
    """Sets the title first in the document and above all headings, as its only title."""
    titles = [item for item in document.texts if isinstance(item, TitleItem)]
    if len(titles) == 1 and titles[0].text.casefold() == title.casefold():
        return
    for index, item in enumerate(document.texts):
        if isinstance(item, TitleItem):
            relabel_text(document, index, SectionHeaderItem, level=1)
        elif titles and isinstance(item, SectionHeaderItem):
            item.level += 1
    document.add_title(title)
    document.body.children.insert(0, document.body.children.pop())
