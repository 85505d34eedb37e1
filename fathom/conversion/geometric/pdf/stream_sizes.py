"""Measures the unpacked sizes of a PDF's streams, and how often its pages show them, before pdfium unpacks any.

Nothing is kept of a stream but its size: each is inflated a block at a time. The file is not parsed but searched, so that a
damaged file is measured like any other; encrypted streams are not measured, and left to the bounds of a conversion.
"""

from __future__ import annotations

import mmap
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fathom.errors import ArchiveBomb

# Contents of a page, fonts and tables of objects shrink to a tenth or so; a stream that shrinks further was made to be a bomb.
MAX_RATIO = 200
RATIO_MATTERS_ABOVE = 32 * 1024**2
# The largest maps have some hundred megabytes of lines on a page, forms counted each time they are shown.
MAX_PAGE_BYTES = 512 * 1024**2
MAX_DOCUMENT_BYTES = 4 * 1024**3
# A0 at 300 dpi in colour has 420 million; a blank page shrinks to a thousandth, and is honest.
MAX_PICTURE_BYTES = 640 * 1024**2
MAX_FILTERS = 8  # nested; programs write one or two
BLOCK_BYTES = 1024**2
MAX_KEPT_BYTES = 64 * 1024**2  # of tables of objects, which list the forms of the pages
HEAD_WITHIN = 64 * 1024

_BEGIN = re.compile(rb">>\s*stream\r?\n")
_NUMBER = re.compile(rb"(\d{1,10})\s+\d{1,5}\s+\Z")
_FILTER = re.compile(rb"/Filter\s*(\[[^\]]*\]|/[^\s/<>\[\]()]+|\d+\s+\d+\s+R)")
_LENGTH = re.compile(rb"/Length\s+(\d+)(?!\s+\d+\s+R)")
_NAME = re.compile(rb"/([^\s/<>\[\]()%]+)")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_PICTURE = re.compile(rb"/Subtype\s*/Image\b")
_FORM = re.compile(rb"/Subtype\s*/Form\b")
_TABLE = re.compile(rb"/Type\s*/ObjStm\b")
_SHOWN = re.compile(rb"/([^\s/<>\[\]()]{1,127})\s+Do\b")
_OBJECTS_SHOWN = re.compile(rb"/XObject\s*<<([^<>]*)>>")
_NAMED = re.compile(rb"/([^\s/<>\[\]()]{1,127})\s+(\d{1,10})\s+\d{1,5}\s+R")
_REFERENCE = re.compile(rb"(\d{1,10})\s+\d{1,5}\s+R")
_CONTENTS = re.compile(rb"/Contents\s*(\[[^\]]*\]|\d{1,10}\s+\d{1,5}\s+R)")
_KIDS = re.compile(rb"/Kids\s*\[([^\]]*)\]")
_LIST = re.compile(rb"(?<!\d)(\d{1,10})\s+\d{1,5}\s+obj\s*(\[[^\]]*\]|/[^\s/<>\[\]()]+)")
_FLATE = frozenset({b"FlateDecode", b"Fl"})


@dataclass(slots=True)
class _Stream:
    """A stream: its unpacked size, and which forms it shows how often, by object number."""

    size: int
    forms: dict[int, int] = field(default_factory=dict[int, int])


def refuse_pdf_bomb(path: Path, pages: int) -> None:
    """Raises ArchiveBomb if a stream of the PDF, or all that a page shows, unpacks to far more than a document has."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        reader = _StreamReader(data)
        reader.read()
        reader.refuse_pages(pages)


class _StreamReader:
    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._lists: dict[int, bytes] | None = None
        self._named: dict[bytes, int] | None = None
        self._has_forms = _FORM.search(data) is not None
        self._streams: dict[int, _Stream] = {}
        self._tables: list[bytes] = []
        self._kept = 0

    def read(self) -> None:
        """Measures every stream."""
        for begin in _BEGIN.finditer(self._data):
            at = self._data.rfind(b"obj", max(0, begin.start() - HEAD_WITHIN), begin.start())
            number = _NUMBER.search(self._data[max(0, at - 24) : at]) if at >= 0 else None
            if number is not None:
                self._measure(int(number[1]), self._data[at + 3 : begin.start() + 2], begin.end())

    def refuse_pages(self, pages: int) -> None:
        """Refuses a page, or all of them, that show too much."""
        weights: dict[int, int] = {}
        total, kids = 0, set[int]()
        texts: list[bytes | mmap.mmap] = [self._data, *self._tables]
        for text in texts:
            kids.update(int(kid) for found in _KIDS.finditer(text) for kid in _REFERENCE.findall(found[1]))
            for found in _CONTENTS.finditer(text):
                page = sum(self._weight(int(number), weights, 0) for number in self._parts(found[1]))
                if page > MAX_PAGE_BYTES:
                    raise ArchiveBomb(
                        f"A page of it unpacks to {page // 1024**2} MB; at most {MAX_PAGE_BYTES // 1024**2} MB are read."
                    )
                total += page
        if kids and pages > 2 * len(kids):  # the same pages again and again
            total *= pages // len(kids)
        if total > MAX_DOCUMENT_BYTES:
            most = MAX_DOCUMENT_BYTES // 1024**2
            raise ArchiveBomb(f"Its pages unpack to {total // 1024**2} MB; at most {most} MB are read.")

    def _parts(self, contents: bytes) -> list[bytes]:
        """Returns the numbers of the streams that a page consists of; where it names a list of them, that list's."""
        numbers = _REFERENCE.findall(contents)
        if len(numbers) == 1 and int(numbers[0]) not in self._streams:
            return _REFERENCE.findall(self._list(int(numbers[0])))
        return numbers

    def _weight(self, number: int, weights: dict[int, int], depth: int) -> int:
        """Returns the size of a stream with all the forms it shows; a form within itself is shown once, as pdfium does."""
        if number in weights or depth > 50 or number not in self._streams:
            return weights.get(number, 0)
        weights[number] = 0
        stream = self._streams[number]
        weight = stream.size + sum(count * self._weight(form, weights, depth + 1) for form, count in stream.forms.items())
        weights[number] = weight
        return weight

    def _measure(self, number: int, head: bytes, start: int) -> None:
        head = _ESCAPED.sub(lambda code: bytes([int(code[1], 16)]), head)
        filters = self._filters(head)
        packed = self._end(head, start) - start
        is_picture = _PICTURE.search(head) is not None
        if is_picture and packed * 1_032 <= MAX_PICTURE_BYTES:
            return
        if len(filters) > MAX_FILTERS and not set(filters[: MAX_FILTERS + 1]) - _FLATE:
            raise ArchiveBomb(f"A stream of it is packed {len(filters)} times over; at most {MAX_FILTERS} times are unpacked.")
        inflated = 0
        while inflated < len(filters) and filters[inflated] in _FLATE:
            inflated += 1
        most = MAX_PICTURE_BYTES if is_picture else MAX_PAGE_BYTES
        is_table, shows = _TABLE.search(head) is not None, self._has_forms and b"/Length1" not in head and not is_picture
        size, shown, tail, table = 0, Counter[bytes](), b"", bytearray()
        for block in self._inflated(start, start + packed, inflated):
            size += len(block)
            if size > most or (not is_picture and size > RATIO_MATTERS_ABOVE and size > MAX_RATIO * packed):
                raise ArchiveBomb(f"A stream of it unpacks from {packed // 1024} kB to more than {size // 1024**2} MB.")
            if shows:
                shown.update(_SHOWN.findall(tail + block))
                tail = block[-160:].rpartition(b"Do")[2]
            if is_table and self._kept < MAX_KEPT_BYTES:
                table += block
                self._kept += len(block)
        if table:
            self._tables.append(bytes(table))
        self._streams[number] = _Stream(size, self._forms(head, shown) if shown else {})

    def _forms(self, head: bytes, shown: Counter[bytes]) -> dict[int, int]:
        """Returns how often a form shows which others; those of a page are found by the page's resources."""
        named = {name: int(number) for found in _OBJECTS_SHOWN.finditer(head) for name, number in _NAMED.findall(found[1])}
        if not named:
            return self._forms_of_pages(shown)
        return {named[name]: count for name, count in shown.items() if name in named}

    def _forms_of_pages(self, shown: Counter[bytes]) -> dict[int, int]:
        """Returns the forms by the names that a single object has in the whole file; ambiguous names are left out."""
        if self._named is None:
            found: dict[bytes, set[int]] = {}
            for text in _OBJECTS_SHOWN.finditer(self._data):
                for name, number in _NAMED.findall(text[1]):
                    found.setdefault(name, set()).add(int(number))
            self._named = {name: next(iter(numbers)) for name, numbers in found.items() if len(numbers) == 1}
        return {self._named[name]: count for name, count in shown.items() if name in self._named}

    def _filters(self, head: bytes) -> list[bytes]:
        found = _FILTER.search(head)
        if found is None:
            return []
        if found[1].endswith(b"R"):
            return _NAME.findall(self._list(int(found[1].split()[0])))
        return _NAME.findall(found[1])

    def _list(self, number: int) -> bytes:
        if self._lists is None:
            self._lists = {int(found[1]): found[2] for found in _LIST.finditer(self._data)}
        return self._lists.get(number, b"")

    def _end(self, head: bytes, start: int) -> int:
        declared = _LENGTH.search(head)
        if declared is not None and len(declared[1]) < 12:
            end = start + int(declared[1])
            if self._data[end : end + 16].lstrip().startswith(b"endstream"):
                return end
        end = self._data.find(b"endstream", start)
        return end if end >= 0 else len(self._data)

    def _inflated(self, start: int, end: int, times: int) -> Iterator[bytes]:
        """Yields the stream in blocks, inflated so many times; ends at the first broken byte."""
        blocks = (self._data[at : min(at + BLOCK_BYTES, end)] for at in range(start, end, BLOCK_BYTES))
        for _ in range(times):
            blocks = _inflate(blocks)  # type: ignore[assignment]
        yield from blocks


def _inflate(blocks: Iterator[bytes]) -> Iterator[bytes]:
    inflating = zlib.decompressobj()
    for packed in blocks:
        while packed:
            try:
                block = inflating.decompress(packed, BLOCK_BYTES)
            except zlib.error:
                return
            packed = inflating.unconsumed_tail
            yield block
        if inflating.eof:
            return
