"""Determines the kind of a file by its content before anything converts it; rejects by name a file that can't be converted."""

from __future__ import annotations

import os
import re
import stat
import struct
import warnings
from collections.abc import Collection
from pathlib import Path, PurePath
from typing import TextIO

from fathom.conversion.email.outlook import ROOT_STREAM, is_outlook
from fathom.conversion.encodings.text_encoding import encoding_of
from fathom.conversion.geometric.pdf.stream_sizes import refuse_pdf_bomb
from fathom.conversion.inspection.archives import inspect_archive
from fathom.conversion.inspection.magic_bytes import HEAD_BYTES, sniff
from fathom.conversion.kinds.text_kinds import kind_of_text
from fathom.conversion.report import DocumentKind, Inspection
from fathom.errors import (
    ArchiveBomb,
    DocumentDamaged,
    DocumentLocked,
    DocumentRejected,
    DocumentTooLarge,
    DocumentWithoutPages,
    EmptyDocument,
    StoreFailed,
    TooManyPages,
    UnknownFormat,
)

# A1 at 300 dpi has 70 million; three bytes each, and an OCR holds several copies. Docling reads none above 89.5 million.
MAX_PIXELS = 89_000_000
SAMPLE_CHARACTERS = 64 * 1024

# Everything Pillow's readers raise on broken pictures.
PICTURE_FAULTS = (
    OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, OverflowError, MemoryError, RuntimeError, struct.error,
)  # fmt: skip

# pdfium's error codes when a document is loaded
PDF_PASSWORD, PDF_SECURITY = 4, 5

# Found only inside a PDF; a text that was merely called .pdf has none of these.
PDF_SYNTAX = re.compile(r"^\s*\d+ \d+ obj\b|\bendobj\b|startxref\b|^trailer\b", re.M)

# A name that claims one of these over bytes of no known kind: the file is damaged, not of an unknown kind.
CLAIMED_BY_SUFFIX = {
    ".pdf": "a PDF",
    ".docx": "a Word document",
    ".pptx": "a presentation",
    ".xlsx": "a workbook",
    ".odt": "an OpenDocument text",
    ".odp": "an OpenDocument presentation",
    ".ods": "an OpenDocument spreadsheet",
    ".epub": "a book",
    ".png": "a picture",
    ".jpg": "a picture",
    ".jpeg": "a picture",
    ".tif": "a picture",
    ".tiff": "a picture",
    ".webp": "a picture",
    ".bmp": "a picture",
    ".gif": "a picture",
}
# Names of streams in the old office container, and the program of each.
OLE_STREAMS = (
    ("WordDocument", "a Word document of the old format (DOC)", "Save it as DOCX first."),
    ("Workbook", "an Excel workbook of the old format (XLS)", "Save it as XLSX first."),
    ("Book", "an Excel workbook of the old format (XLS)", "Save it as XLSX first."),
    ("PowerPoint Document", "a presentation of the old format (PPT)", "Save it as PPTX first."),
    ("VisioDocument", "a Visio drawing", "Export it as PDF first."),
)


def inspect_file(path: Path, *, name: str | None = None, max_bytes: int, max_pages: int) -> Inspection:
    """Returns the inspection of a file that is of a kind Fathom converts and within its bounds.

    `name` is the name it was uploaded under (default: the path's own); it decides only between kinds of text that look alike.
    Nothing is unpacked or rendered, whatever the file claims; a PDF is opened by pdfium in this process, which the
    converter's workers do for every caller that wants to be safe from pdfium's faults.

    Raises a DocumentRejected: EmptyDocument, UnknownFormat, DocumentLocked, DocumentDamaged, DocumentWithoutPages,
    DocumentTooLarge, TooManyPages, ArchiveBomb. Raises StoreFailed if the file cannot be read at all.
    """
    name = name if name is not None else path.name
    try:
        size = check_size(path, max_bytes=max_bytes)
        inspection = _inspect(path, name, size, max_pages)
    except OSError as error:
        raise StoreFailed(f"The file cannot be read: {error.strerror or type(error).__name__}.") from error
    if inspection.pages is not None and inspection.pages > max_pages:
        raise TooManyPages(f"It has {inspection.pages} pages; at most {max_pages} are converted.")
    return inspection


def check_size(path: Path, *, max_bytes: int) -> int:
    """Returns the size in bytes of a regular file that has some and not too many.

    Raises EmptyDocument, DocumentTooLarge, or UnknownFormat for a folder, pipe or device; OSError if it is not there.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise UnknownFormat("It is not a file but a folder, pipe or device.")
    if status.st_size == 0:
        raise EmptyDocument("The file has no bytes.")
    if status.st_size > max_bytes:
        raise DocumentTooLarge(
            f"The file has {status.st_size / 1024**2:.0f} MB; at most {max_bytes / 1024**2:.0f} MB are taken."
        )
    return status.st_size


def _inspect(path: Path, name: str, size: int, max_pages: int) -> Inspection:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    sniffed = sniff(head)
    if sniffed.family == "pdf":
        return Inspection(kind=DocumentKind.PDF, size=size, pages=_pdf_pages(path, max_pages))
    if sniffed.family == "zip":
        kind, pages = inspect_archive(path)
        return Inspection(kind=kind, size=size, pages=pages)
    if sniffed.family == "image":
        return Inspection(kind=DocumentKind.IMAGE, size=size, pages=_image_frames(path, max_pages))
    if sniffed.family == "ole":
        found = _ole_streams(path)
        if ROOT_STREAM in found and is_outlook(path):
            return Inspection(kind=DocumentKind.EMAIL, size=size)
        raise _ole_rejection(found)
    if sniffed.family == "foreign":
        raise UnknownFormat(f"It is {sniffed.called}, which is not converted.")
    return _inspect_text(path, name, size)


def _pdf_pages(path: Path, max_pages: int) -> int:
    """Returns the number of pages, 1 or more; where they are not too many, of a PDF that is no bomb.

    A PDF that is encrypted but opens without a password is as good as any.
    """
    import pypdfium2  # noqa: F401 - native code, loaded only where a PDF is; this import also initialises it
    from pypdfium2 import raw

    # not PdfDocument: for a PDF without pages it raises with the error that the load before this left in pdfium
    document = raw.FPDF_LoadDocument(os.fsencode(path) + b"\0", None)
    if not document:
        raise _pdf_rejection(raw.FPDF_GetLastError())
    try:
        pages = int(raw.FPDF_GetPageCount(document))
    finally:
        raw.FPDF_CloseDocument(document)
    if pages < 1:
        raise DocumentWithoutPages("The PDF has no page.")
    if pages <= max_pages:
        refuse_pdf_bomb(path, pages)
    return pages


def _pdf_rejection(code: int) -> DocumentRejected:
    if code == PDF_PASSWORD:
        return DocumentLocked("The PDF has a password.")
    if code == PDF_SECURITY:
        return DocumentLocked("The PDF is locked by a method that wants its own reader.", hint="Export it without the lock.")
    return DocumentDamaged("It begins as a PDF, and its structure is broken beyond repair.")


def _image_frames(path: Path, max_pages: int) -> int:
    """Returns the number of pictures in the file; counting ends past `max_pages`."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its warnings of huge or odd pictures: the bounds below decide
            with Image.open(path) as image:
                width, height = image.size
                if width * height > MAX_PIXELS:
                    raise _too_many_pixels(width, height)
                frames = 1
                if image.format not in {"TIFF", "MPO"}:
                    return 1  # animations show their pictures in turn, and have no pages
                while frames <= max_pages:
                    try:
                        image.seek(frames)
                    except EOFError:
                        break
                    frames += 1
                return 1 if image.format == "MPO" else frames
    except Image.DecompressionBombError as error:
        raise DocumentTooLarge("The picture has too many pixels.", hint="Scale it down.") from error
    except UnidentifiedImageError as error:
        raise DocumentDamaged("It begins as a picture, and its structure is broken.") from error
    except (
        OSError,
        SyntaxError,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        OverflowError,
        MemoryError,
        RuntimeError,
    ) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk's trouble, not the picture's
        if "Decompressed data too large" in str(error):  # Pillow's bound of texts within a picture
            raise ArchiveBomb("A text within the picture unpacks to far more than a picture has.") from error
        raise DocumentDamaged(f"It is a picture whose structure is broken ({type(error).__name__}).") from error


def _too_many_pixels(width: int, height: int) -> DocumentTooLarge:
    message = f"The picture has {width} x {height} pixels; at most {MAX_PIXELS // 10**6} million are taken."
    return DocumentTooLarge(message, hint="Scale it down.")


def _ole_rejection(found: Collection[str]) -> DocumentRejected:
    """Returns the refusal of a file in the old office container: locked where it wraps a new file, else an old kind."""
    if "EncryptedPackage" in found or "EncryptionInfo" in found:
        return DocumentLocked("The document has a password.")
    for stream, called, hint in OLE_STREAMS:
        if stream in found:
            return UnknownFormat(f"It is {called}.", hint=hint)
    return UnknownFormat("It is a file in the old office container, of no known kind.")


def _ole_streams(path: Path) -> set[str]:
    """Returns the known streams that the container's directory names.

    Directory entries are 128 bytes, aligned, each opening with its name in UTF-16: looking for these needs no walk over
    allocation tables that a damaged file may have looped.
    """
    wanted = {
        stream: (stream + "\0").encode("utf-16-le")
        for stream in ("EncryptedPackage", "EncryptionInfo", ROOT_STREAM, *(s[0] for s in OLE_STREAMS))
    }
    found: set[str] = set()
    with path.open("rb") as file:
        while block := file.read(4 * 1024 * 1024):  # a multiple of 128, so no entry is split
            for stream, pattern in wanted.items():
                at = block.find(pattern)
                while at >= 0 and stream not in found:
                    if at % 128 == 0:
                        found.add(stream)
                    at = block.find(pattern, at + 1)
    return found


def _inspect_text(path: Path, name: str, size: int) -> Inspection:
    claimed = CLAIMED_BY_SUFFIX.get(PurePath(name).suffix.lower())
    encoding = encoding_of(path)
    if encoding is None:
        if claimed:
            raise DocumentDamaged(f"Its name says it is {claimed}, and its bytes are not.")
        raise UnknownFormat("Its bytes are neither a text nor of any kind that is converted.")
    with path.open(encoding=encoding, errors="replace", newline=None) as file:
        sample = file.read(SAMPLE_CHARACTERS)
        if not sample.strip("\ufeff \t\r\n\f\v\x1a") and not _has_more(file):
            raise EmptyDocument("The file has nothing in it but blanks.")
    if claimed == CLAIMED_BY_SUFFIX[".pdf"] and PDF_SYNTAX.search(sample):
        raise DocumentDamaged("It is a PDF whose beginning is missing or broken.")
    return Inspection(kind=kind_of_text(sample, name), size=size, encoding=encoding)


def _has_more(file: TextIO) -> bool:
    while block := file.read(1024 * 1024):
        if block.strip():
            return True
    return False
