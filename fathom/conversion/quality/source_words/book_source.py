"""The words of an EPUB: the documents of its spine, in order, without navigation."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from urllib.parse import unquote
from zipfile import ZipFile

from fathom.conversion.quality.comparable_words import words_of
from fathom.conversion.quality.source_words.html_source import html_blocks
from fathom.conversion.quality.source_words.office.packages import NoBlocks, OfficePackage
from fathom.conversion.quality.source_words.source_block import SourceBlock

CONTAINER = "META-INF/container.xml"
LISTS_OF_PLACES = frozenset({"nav", "toc"})
PAGES = frozenset({"application/xhtml+xml", "text/html", "application/x-dtbook+xml"})


def book_blocks(archive: ZipFile) -> Iterator[SourceBlock]:
    """Yields the paragraphs of every document of the book."""
    package = OfficePackage(archive)
    container = _Container()
    for _ in package.read(CONTAINER, container):
        pass
    spine = _Spine()
    for _ in package.read(container.package, spine):
        pass
    folder = posixpath.dirname(container.package)
    names = set(archive.namelist())
    title = words_of(spine.title)
    for href in spine.documents():
        name = posixpath.normpath(posixpath.join(folder, unquote(href)))
        if name in names:
            for block in html_blocks(archive.read(name), None, name):
                title = [] if title and words_of(block.text) == title else title
                yield block
    if title:  # it stands nowhere in the book itself
        yield SourceBlock(spine.title, "title")


class _Container(NoBlocks):
    def __init__(self) -> None:
        self.package = ""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "container:rootfile" and not self.package:
            self.package = attributes.get("full-path", "")


class _Spine(NoBlocks):
    def __init__(self) -> None:
        self._hrefs: dict[str, str] = {}
        self._order: list[str] = []
        self._in_title = False
        self.title = ""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._in_title = name == "dc:title" and not self.title
        if name == "opf:item" and attributes.get("media-type") in PAGES:
            if (
                "nav" not in attributes.get("properties", "").split()
                and attributes.get("id", "").lower() not in LISTS_OF_PLACES
            ):
                self._hrefs[attributes.get("id", "")] = attributes.get("href", "")
        elif name == "opf:itemref":  # those that are not linear, as notes, too
            self._order.append(attributes.get("idref", ""))

    def end(self, name: str) -> None:
        self._in_title = False

    def text(self, text: str) -> None:
        if self._in_title:
            self.title += text

    def documents(self) -> list[str]:
        """Returns the addresses of the documents in reading order; as they are listed where none is given."""
        return [self._hrefs[key] for key in self._order or self._hrefs if key in self._hrefs]
