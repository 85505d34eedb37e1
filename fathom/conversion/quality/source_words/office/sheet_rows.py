"""Reads the rows of a sheet by their pattern where programs wrote them in the usual way, and any other row as XML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Protocol
from xml.parsers.expat import ExpatError

from fathom.conversion.quality.source_words.source_block import SourceBlock
from fathom.conversion.quality.source_words.xml_events import PIECE_BYTES, PREFIXES, FeedBytes, XmlEventHandler, parser_for

# A row of more bytes is read as XML, which need not hold it whole.
MAX_ROW_BYTES = 4 * 1024 * 1024
# Namespaces, widths of columns and views stand before the first row.
MAX_HEAD_BYTES = 1024 * 1024
DATA = b"<sheetData>"
END = b"</row>"
NAMESPACE = re.compile(rb"""<worksheet\s(?:[^>]*\s)?xmlns\s*=\s*["']([^"']+)["']""")
ENCODING = re.compile(rb"""^(?:\xef\xbb\xbf)?<\?xml[^>]*\sencoding\s*=\s*["'](?!utf-?8["'])""", re.I)
ROW = re.compile(r"""\s*(?:<row [^<>]*/>\s*)*<row ([^<>'&]*[^<>'&/])>""")
ATTRIBUTE = re.compile(r'([\w:.-]+)="([^"]*)"')
_TEXT = r"[^<&\x00-\x08\x0b\x0c\x0e-\x1f]*"
# (column, style, type, value, inline string) of a cell; formulas and cells without a value may stand between.
CELL = re.compile(
    r"""<c r="([A-Z]{1,3})\d{1,7}"(?: s="(\d{1,9})")?(?: t="([a-zA-Z]+)")?(?:/>|>"""
    r"""(?:<f[^<>]*(?:/>|>[^<]*</f>))?"""
    rf"""(?:<v>({_TEXT})</v>|<is><t(?: xml:space="preserve")?>({_TEXT})</t></is>)?</c>)"""
)
PlainCell = tuple[str, str, str, str, str]


class RowHandler(XmlEventHandler, Protocol):
    """Takes whole rows, too."""

    def row(self, attributes: Mapping[str, str], cells: Sequence[PlainCell]) -> None:
        """Handles a row with the attributes of its element, `r` among them."""


def stream_rows(file: IO[bytes], handler: RowHandler) -> Iterator[SourceBlock]:
    """Feeds the sheet to the handler and yields its blocks, as `stream` does; a fault in the XML ends them.

    XML events of each cell take three times as long as a pattern over its row. A row that is not plain goes to the XML parser,
    and so does all that comes after a comment or whatever else may hide a row.
    """
    feed = parser_for(handler)
    waiting, is_plain = _head(file)
    try:
        if is_plain:
            at = waiting.index(DATA) + len(DATA)
            feed(waiting[:at], False)
            yield from handler.take()
            waiting = waiting[at:]
        while True:
            if is_plain:
                end = waiting.rfind(END) + len(END)
                if end >= len(END):
                    is_plain = _rows(waiting[:end], handler, feed)
                    waiting = waiting[end:]
                    yield from handler.take()
                is_plain = is_plain and len(waiting) <= MAX_ROW_BYTES
            if not is_plain:
                feed(waiting, False)
                waiting = b""
                yield from handler.take()
            piece = file.read(PIECE_BYTES)
            waiting += piece
            if not piece:
                break
        feed(waiting, True)
    except ExpatError:
        pass
    yield from handler.take()


def _head(file: IO[bytes]) -> tuple[bytes, bool]:
    """Returns the text before the rows and a piece of them; whether the rows can be read by their pattern."""
    head = b""
    while DATA not in head and len(head) < MAX_HEAD_BYTES and (piece := file.read(PIECE_BYTES)):
        head += piece
    before, data, _ = head.partition(DATA)
    namespace = NAMESPACE.search(before)
    is_named = namespace is not None and PREFIXES.get(namespace[1].decode("ascii", "replace")) == "s"
    return head, bool(data) and is_named and b"<!" not in before and b"\x00" not in before and not ENCODING.match(before)


def _rows(data: bytes, handler: RowHandler, feed: FeedBytes) -> bool:
    """Hands whole rows on; returns whether those that follow may be read by their pattern."""
    if b"<!" in data or b"<?" in data:
        feed(data, False)
        return False
    try:
        rows = data.decode("utf-8").split("</row>")
    except UnicodeDecodeError:
        feed(data, False)
        return False
    for row in rows[:-1]:
        begun = ROW.match(row)
        if begun is not None:
            attributes = dict(ATTRIBUTE.findall(begun[1]))
            cells = CELL.findall(row, begun.end())
            if "r" in attributes and row.count("<c", begun.end()) == len(cells):
                handler.row(attributes, cells)
                continue
        feed(f"{row}</row>".encode(), False)
    return True
