"""A small PDF that unpacks to endless contents is refused before pdfium unpacks it; a large honest one is not."""

from __future__ import annotations

import resource
import time
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import made_files as made
import pytest

from fathom.conversion.inspection.file_inspection import inspect_file
from fathom.errors import ArchiveBomb, DocumentRejected

TEXT = b"BT /F1 12 Tf 72 720 Td (Hello) Tj ET "


def pdf(objects: Mapping[int, bytes]) -> bytes:
    body, offsets = b"%PDF-1.7\n", {}
    for number, content in objects.items():
        offsets[number] = len(body)
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    size = max(objects) + 1
    table = b"".join(b"%010d 00000 n \n" % offsets.get(number, 0) for number in range(1, size))
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + trailer


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(data), data)


def document(
    contents: bytes,
    more: Mapping[int, bytes] | None = None,
    *,
    resources: bytes = b"",
    named: bytes = b"4 0 R",
    kids: bytes = b"3 0 R",
    pages: int = 1,
) -> bytes:
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents %s/Resources<</Font<</F1 5 0 R>>%s>>>>"
    return pdf(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, pages),
            3: page % (named, resources),
            4: contents,
            5: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
            **(more or {}),
        }
    )


def packed(megabytes: int, times: int = 1, *, fill: bytes = b" ") -> bytes:
    packing = zlib.compressobj(9)
    data = packing.compress(TEXT) + b"".join(packing.compress(fill * 1_000_000) for _ in range(megabytes)) + packing.flush()
    for _ in range(times - 1):
        data = zlib.compress(data, 9)
    return data


FLATE = b"/Filter/FlateDecode"
TWICE = b"/Filter[/FlateDecode/FlateDecode]"
FORM = b"/Type/XObject/Subtype/Form/BBox[0 0 612 792]/Resources<</XObject<</X%d %d 0 R>>>>"
FORMS = {10 + n: stream(b"/X%d Do " % (n + 1) * 10 if n < 11 else TEXT, FORM % (n + 1, 11 + n)) for n in range(12)}
PICTURE = b"/Type/XObject/Subtype/Image/Width 20000/Height 20000/BitsPerComponent 8/ColorSpace/DeviceRGB"
BOMBS: dict[str, Callable[[], bytes]] = {
    "once": lambda: document(stream(packed(40), FLATE)),
    "twice": lambda: document(stream(packed(60, 2), TWICE)),
    "four times": lambda: document(stream(packed(60, 4), b"/Filter[" + b"/FlateDecode " * 4 + b"]")),
    "a thousand times": lambda: document(stream(TEXT, b"/Filter[" + b"/FlateDecode " * 1_000 + b"]")),
    "filters named elsewhere": lambda: document(stream(packed(60, 2), b"/Filter 9 0 R"), {9: b"[/FlateDecode /FlateDecode]"}),
    "escaped names": lambda: document(stream(packed(60, 2), b"/Filter[/Flate#44ecode/#46lateDecode]")),
    "a wrong length": lambda: document(stream(packed(60, 2), TWICE).replace(b"/Length ", b"/Length 7")),
    "then as digits": lambda: document(stream(packed(40, fill=b"20"), b"/Filter[/FlateDecode/ASCIIHexDecode]")),
    "a table of objects": lambda: document(stream(TEXT), {9: stream(packed(40), b"/Type/ObjStm/N 1/First 5" + FLATE)}),
    "the same again": lambda: document(stream(packed(30), FLATE), named=b"[" + b"4 0 R " * 300 + b"]"),
    "the same again, listed": lambda: document(stream(packed(30), FLATE), {9: b"[" + b"4 0 R " * 300 + b"]"}, named=b"9 0 R"),
    "the same page": lambda: document(stream(packed(30), FLATE), kids=b"3 0 R " * 900, pages=900),
    "forms in forms": lambda: document(stream(b"/X0 Do"), FORMS, resources=b"/XObject<</X0 10 0 R>>"),
    "a picture": lambda: document(
        stream(b"/I Do"), {10: stream(packed(680, fill=b"\0"), PICTURE + FLATE)}, resources=b"/XObject<</I 10 0 R>>"
    ),
}


def inspected(path: Path) -> int | None:
    return inspect_file(path, max_bytes=10**9, max_pages=2_000).pages


@pytest.mark.parametrize("name", BOMBS)
def test_what_unpacks_without_end_is_a_bomb(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(BOMBS[name]())
    assert path.stat().st_size < 1_000_000
    began, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ArchiveBomb):
        inspected(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024
    assert time.process_time() - began < 5


HONEST: dict[str, Callable[[], bytes]] = {
    "much that is not alike": lambda: document(
        stream(zlib.compress(b"".join(b"%d %d m %d 7 l S " % (n % 613, n % 797, n % 409) for n in range(2_200_000))), FLATE)
    ),
    "a blank scan": lambda: document(
        stream(b"/I Do"),
        {10: stream(packed(100, fill=b"\0"), PICTURE.replace(b"ponent 8", b"ponent 1") + FLATE)},
        resources=b"/XObject<</I 10 0 R>>",
    ),
    "a letterhead on each page": lambda: document(
        stream(packed(1), FLATE), named=b"[" + b"4 0 R " * 50 + b"]", kids=b"3 0 R ", pages=1
    ),
    "a form that shows itself": lambda: document(
        stream(b"/X0 Do"), {10: stream(b"/X0 Do " * 100, FORM % (0, 10))}, resources=b"/XObject<</X0 10 0 R>>"
    ),
    "a broken stream": lambda: document(stream(zlib.compress(TEXT)[:-9] + b"xxxxx", FLATE)),
    "no stream": lambda: document(b"<<>>"),
}


@pytest.mark.parametrize("name", HONEST)
def test_what_an_honest_program_writes_is_none(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(HONEST[name]())
    assert inspected(path) == 1


def test_two_thousand_pages_are_measured_in_a_moment(tmp_path: Path) -> None:
    path = made.pdf(tmp_path / "a.pdf", 2_000)
    began = time.process_time()
    assert inspected(path) == 2_000
    assert time.process_time() - began < 3


@pytest.mark.parametrize("kids", [b"2 0 R 2 0 R", b"3 0 R 2 0 R", b""])
def test_page_trees_without_end_are_refused_or_have_the_pages_that_are_found(tmp_path: Path, kids: bytes) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(document(stream(TEXT), kids=kids, pages=100_000_000))
    began = time.process_time()
    with suppress(DocumentRejected):
        assert (inspected(path) or 0) <= 2_000
    assert time.process_time() - began < 2
