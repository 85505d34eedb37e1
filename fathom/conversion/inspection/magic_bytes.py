"""Recognises the family of a file by its first bytes, before anything is parsed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Family = Literal["pdf", "zip", "ole", "image", "text", "foreign"]

HEAD_BYTES = 64 * 1024
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the container of old Office files, locked new files and Outlook messages
PDF_HEADER_WITHIN = 1024  # readers accept junk before the header up to here, and so does pdfium

# Kinds that are recognised only to be refused by their name: the first bytes, and the name for people.
FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"{\\rtf", "an RTF document"),
    (b"%!PS", "PostScript"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"\x7fELF", "a program"),
    (b"\xca\xfe\xba\xbe", "a Java class or program"),
    (b"\x00asm", "a WebAssembly program"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"PAR1", "a Parquet table"),
    (b"ID3", "an MP3 recording"),
    (b"OggS", "an Ogg recording"),
    (b"fLaC", "a FLAC recording"),
    (b"\x1aE\xdf\xa3", "a Matroska or WebM film"),
    (b"AT&TFORM", "a DjVu document"),
    (b"wOFF", "a font"),
    (b"wOF2", "a font"),
    (b"\x00\x01\x00\x00\x00", "a font"),
    (b"OTTO", "a font"),
    (b"!<arch>", "an archive of object files"),
)

IMAGES: tuple[bytes, ...] = (
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",  # JPEG
    b"II*\x00",  # TIFF, and with + its large form
    b"MM\x00*",
    b"II+\x00",
    b"MM\x00+",
    b"GIF87a",
    b"GIF89a",
)


@dataclass(frozen=True)
class Sniffed:
    """The family a file belongs to; `called` is its name for people where the family is foreign."""

    family: Family
    called: str = ""


def sniff(head: bytes) -> Sniffed:
    """Returns the family of the file whose first bytes these are; whatever has no signature is taken for text."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return Sniffed("zip")
    if head.startswith(OLE):
        return Sniffed("ole")
    if head.startswith(IMAGES) or _is_webp(head) or _is_bmp(head):
        return Sniffed("image")
    for signature, called in FOREIGN:
        if head.startswith(signature):
            return Sniffed("foreign", called)
    if called := _called_by_offset(head):
        return Sniffed("foreign", called)
    # after the others: a text about PDF may hold the header's words, a binary with its own signature may carry a PDF
    if b"%PDF-" in head[:PDF_HEADER_WITHIN]:
        return Sniffed("pdf")
    return Sniffed("text")


def _is_webp(head: bytes) -> bool:
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def _is_bmp(head: bytes) -> bool:
    # two letters are no signature: the four reserved bytes and the size of the next header settle it
    return head[:2] == b"BM" and head[6:10] == bytes(4) and head[14:18] in {b"\x0c\0\0\0", b"(\0\0\0", b"l\0\0\0", b"|\0\0\0"}


def _called_by_offset(head: bytes) -> str:
    if head[4:8] == b"ftyp":
        return "a film or recording (MP4, HEIC)"
    if head[:4] == b"RIFF" and head[8:12] in {b"WAVE", b"AVI "}:
        return "a recording or film"
    if head[257:262] == b"ustar":
        return "a tar archive"
    if head[:2] == b"MZ" and b"This program" in head[:512]:
        return "a Windows program"
    return ""
