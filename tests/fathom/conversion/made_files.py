"""Files that tests make for themselves: well formed, locked, empty, broken and made to harm."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

WORD_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
SLIDES_MAIN = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
SHEETS_MAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


def pdf(path: Path, pages: int = 1, password: str | None = None, text: str = "The bridge was opened in 1932.") -> Path:
    """A PDF of so many pages with a line of text each."""
    from reportlab.lib import pdfencrypt
    from reportlab.pdfgen.canvas import Canvas

    encryption = pdfencrypt.StandardEncryption(password, strength=128) if password else None
    canvas = Canvas(str(path), encrypt=encryption)
    for number in range(pages):
        canvas.drawString(72, 720, f"{text} Page {number + 1}.")
        canvas.showPage()
    canvas.save()
    return path


def pdf_without_pages(path: Path) -> Path:
    """A well-formed PDF whose page tree is empty."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>"]
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj%s endobj\n" % (number, content)
    table = b"xref\n0 3\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    path.write_bytes(body + table + b"trailer<</Size 3/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(body))
    return path


def archive(path: Path, entries: Mapping[str, bytes | str]) -> Path:
    """A deflated ZIP archive of these entries."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries.items():
            made.writestr(name, content)
    return path


def office(path: Path, main: str, parts: Mapping[str, bytes | str]) -> Path:
    """An office file whose list of contents names `main`."""
    types = f'<Types><Override PartName="/main" ContentType="{main}"/></Types>'
    return archive(path, {"[Content_Types].xml": types, **parts})


def overlapping(path: Path) -> Path:
    """An archive whose directory lists one stored entry a hundred times: more bytes than it has."""
    archive_bytes = io.BytesIO()
    with zipfile.ZipFile(archive_bytes, "w", zipfile.ZIP_STORED) as made:
        made.writestr("a", b"x" * 10_000)
    whole = archive_bytes.getvalue()
    end = whole.rfind(b"PK\x05\x06")
    start = struct.unpack_from("<L", whole, end + 16)[0]
    entry = whole[start:end]
    ending = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, 100, 100, 100 * len(entry), start, 0)
    path.write_bytes(whole[:start] + 100 * entry + ending)
    return path


def old_office(path: Path, *streams: str) -> Path:
    """The old office container with directory entries of these names, and nothing in them."""
    directory = b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in ("Root Entry", *streams))
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0") + directory.ljust(512, b"\0"))
    return path


def picture(path: Path, size: tuple[int, int] = (40, 30), frames: int = 1, kind: str = "PNG") -> Path:
    """A white picture of that size; of several frames where the kind has them."""
    from PIL import Image

    images = [Image.new("1", size, 1) for _ in range(frames)]
    images[0].save(path, kind, **({"save_all": True, "append_images": images[1:]} if frames > 1 else {}))
    return path
