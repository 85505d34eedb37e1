"""Names the files that a PDF carries: they are no part of its text, and each can be converted by itself."""

from __future__ import annotations

import ctypes
from typing import Any

import pypdfium2.raw as pdfium

from fathom.conversion.report import Notice

MAX_FILES = 1_000
# Of more files than this only the number is given.
MAX_NAMED = 50
MAX_NAME = 1_000
UNITS = ("bytes", "kB", "MB", "GB")


def attached_files(document: Any) -> list[tuple[str, int | None]]:
    """Returns (name, size in bytes) of each file in the document's list, portfolios included; None for a damaged file's size.

    `document` is pypdfium2's; the caller holds pdfium's lock.
    """
    count = min(MAX_FILES, max(0, pdfium.FPDFDoc_GetAttachmentCount(document.raw)))
    return [_described(pdfium.FPDFDoc_GetAttachment(document.raw, index)) for index in range(count)]


def annotated_file(annotation: Any) -> tuple[str, int | None] | None:
    """Returns (name, size in bytes) of the file an annotation holds, as a pin on the page shows it; None where it has none."""
    attachment = pdfium.FPDFAnnot_GetFileAttachment(annotation)
    return _described(attachment) if attachment else None


def attachment_notices(files: list[tuple[str, int | None]]) -> list[Notice]:
    """Returns a notice for each file, or for all of them where they are very many; the same file is named once."""
    different = list(dict.fromkeys(files))
    notices = [
        Notice(
            kind="attachment_not_taken",
            message=f"The attached file {name}{_said(size)} is not taken; convert it by itself.",
            where=name,
        )
        for name, size in different[:MAX_NAMED]
    ]
    if rest := len(different) - len(notices):
        notices.append(Notice(kind="attachment_not_taken", message=f"{rest} more attached files are not taken.", count=rest))
    return notices


def _described(attachment: Any) -> tuple[str, int | None]:
    if not attachment:
        return "without a name", None
    length = pdfium.FPDFAttachment_GetName(attachment, None, 0)
    name = ""
    if 2 < length <= 2 * MAX_NAME:
        buffer = (ctypes.c_ushort * (length // 2 + 1))()
        pdfium.FPDFAttachment_GetName(attachment, buffer, length)
        name = bytes(buffer)[: length - 2].decode("utf-16-le", "replace").replace("\0", "")
    size = ctypes.c_ulong()
    known = pdfium.FPDFAttachment_GetFile(attachment, None, 0, size)
    return " ".join(name.split()) or "without a name", int(size.value) if known else None


def _said(size: int | None) -> str:
    if size is None:
        return ""
    value, unit = float(size), 0
    while value >= 1000 and unit < len(UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f" ({value:.3g} {UNITS[unit]})"
