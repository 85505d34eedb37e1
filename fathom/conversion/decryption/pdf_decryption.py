"""Decrypts PDFs that have a password."""

from __future__ import annotations

import hashlib
import re
import tempfile
from typing import BinaryIO

# pdfium's flag for saving a document without its encryption.
REMOVE_SECURITY = 3
_TRAILER_BYTES = 1024
_ID = re.compile(rb"/ID\s*\[\s*<([0-9A-Fa-f]*)>\s*<([0-9A-Fa-f]*)>\s*\]")


def wants_password(source: BinaryIO) -> bool:
    """Returns whether it is a PDF that does not open without a password."""
    import pypdfium2
    from pypdfium2 import raw

    source.seek(0)
    try:
        pypdfium2.PdfDocument(source).close()
    except pypdfium2.PdfiumError:
        return bool(raw.FPDF_GetLastError() == raw.FPDF_ERR_PASSWORD)
    return False


def opened_by(source: BinaryIO, password: str) -> BinaryIO | None:
    """Returns a decrypted copy, at its start, which depends on the source's bytes alone; None for a wrong password."""
    import pypdfium2

    source.seek(0)
    try:
        document = pypdfium2.PdfDocument(source, password=password)
    except pypdfium2.PdfiumError:
        return None
    try:
        return _saved(document, source)
    finally:
        document.close()


def _saved(document: object, source: BinaryIO) -> BinaryIO:
    copy = tempfile.TemporaryFile()  # noqa: SIM115  the caller reads it to its end; it has no name on the disk
    document.save(copy, flags=REMOVE_SECURITY)  # type: ignore[attr-defined]
    size = copy.tell()
    source.seek(0)
    digest = hashlib.file_digest(source, "sha256").hexdigest().upper().encode()  # type: ignore[arg-type]
    begin = max(0, size - _TRAILER_BYTES)
    copy.seek(begin)
    trailer = copy.read()
    for found in list(_ID.finditer(trailer))[-1:]:  # pdfium draws its ids by lot
        for group in (1, 2):
            copy.seek(begin + found.start(group))
            copy.write((digest * 2)[: found.end(group) - found.start(group)])
    copy.seek(0)
    return copy
