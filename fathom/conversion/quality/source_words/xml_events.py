"""Reads XML as a stream of elements and texts, so that its size costs time but no memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import IO, Protocol
from xml.parsers.expat import ExpatError, ParserCreate

from fathom.conversion.quality.source_words.source_block import SourceBlock

PIECE_BYTES = 256 * 1024
# Ends of the namespaces' addresses in both dialects of OOXML and in OpenDocument, and the readers' names for them.
PREFIXES = {
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main": "w",
    "http://purl.oclc.org/ooxml/wordprocessingml/main": "w",
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main": "s",
    "http://purl.oclc.org/ooxml/spreadsheetml/main": "s",
    "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments": "tc",
    "http://schemas.openxmlformats.org/presentationml/2006/main": "p",
    "http://purl.oclc.org/ooxml/presentationml/main": "p",
    "http://schemas.openxmlformats.org/drawingml/2006/main": "a",
    "http://purl.oclc.org/ooxml/drawingml/main": "a",
    "http://schemas.openxmlformats.org/drawingml/2006/chart": "c",
    "http://purl.oclc.org/ooxml/drawingml/chart": "c",
    "http://schemas.microsoft.com/office/drawing/2014/chartex": "cx",
    "http://schemas.openxmlformats.org/drawingml/2006/diagram": "dgm",
    "http://purl.oclc.org/ooxml/drawingml/diagram": "dgm",
    "http://schemas.openxmlformats.org/officeDocument/2006/math": "m",
    "http://purl.oclc.org/ooxml/officeDocument/math": "m",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships": "r",
    "http://purl.oclc.org/ooxml/officeDocument/relationships": "r",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
    "http://schemas.openxmlformats.org/package/2006/relationships": "rel",
    "urn:oasis:names:tc:opendocument:xmlns:office:1.0": "office",
    "urn:oasis:names:tc:opendocument:xmlns:text:1.0": "text",
    "urn:oasis:names:tc:opendocument:xmlns:table:1.0": "table",
    "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0": "draw",
    "urn:oasis:names:tc:opendocument:xmlns:style:1.0": "style",
    "urn:oasis:names:tc:opendocument:xmlns:presentation:1.0": "presentation",
    "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0": "svg",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://www.w3.org/1998/Math/MathML": "math",
    "http://www.w3.org/1999/xlink": "xlink",
    "http://www.idpf.org/2007/opf": "opf",
    "urn:oasis:names:tc:opendocument:xmlns:container": "container",
}


class XmlEventHandler(Protocol):
    """Takes the elements and texts in order, and gives out the blocks that are whole."""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Handles the start of an element; names are `prefix:name` by `PREFIXES`."""

    def end(self, name: str) -> None:
        """Handles the end of an element."""

    def text(self, text: str) -> None:
        """Handles a text, which may come in pieces."""

    def take(self) -> list[SourceBlock]:
        """Returns the blocks that became whole since the last call."""


FeedBytes = Callable[[bytes, bool], object]
"""Takes a piece of XML, and whether it is the last. Raises ExpatError for a fault in the XML."""


def stream(file: IO[bytes], handler: XmlEventHandler) -> Iterator[SourceBlock]:
    """Feeds the XML to the handler and yields its blocks; a fault in the XML ends them."""
    feed = parser_for(handler)
    while True:
        piece = file.read(PIECE_BYTES)
        try:
            feed(piece, not piece)
        except ExpatError:
            yield from handler.take()
            return
        yield from handler.take()
        if not piece:
            return


def parser_for(handler: XmlEventHandler) -> FeedBytes:
    """Returns a function that feeds XML to the handler.

    Entities are expanded by expat, which ends where they multiply; nothing outside the file is read.
    """
    names: dict[str, str] = {}

    def short(name: str) -> str:
        known = names.get(name)
        if known is None:
            address, _, local = name.rpartition(" ")
            known = names[name] = f"{PREFIXES.get(address, '?')}:{local}" if address else local
        return known

    def start(name: str, attributes: dict[str, str]) -> None:
        for key in attributes:
            if " " in key:  # few attributes have a namespace
                attributes = {short(key): value for key, value in attributes.items()}
                break
        handler.start(names.get(name) or short(name), attributes)

    parser = ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: handler.end(names.get(name) or short(name))
    parser.CharacterDataHandler = handler.text
    return parser.Parse
