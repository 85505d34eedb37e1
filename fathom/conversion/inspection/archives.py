"""Recognises documents that are ZIP archives, and archive bombs, from the directory and without keeping a part."""

from __future__ import annotations

import struct
import zipfile
import zlib
from contextlib import suppress
from copy import copy
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from fathom.conversion.kinds.xml_faults import refuse_multiplying_entities
from fathom.conversion.report import DocumentKind
from fathom.errors import ArchiveBomb, DocumentDamaged, DocumentLocked, DocumentWithoutPages, EmptyDocument, UnknownFormat

# An office file of 200 MB (the upload's own limit) is mostly pictures, which do not grow; text parts grow five- to twentyfold.
MAX_UNPACKED_BYTES = 2 * 1024**3
# The largest part is parsed into a tree ten times its size: 256 MB already asks for more than a worker may have.
MAX_PART_BYTES = 256 * 1024**2
# Deflate cannot pass 1,032; sheets of a single repeated value reach about 60, the known bombs 500 and more.
MAX_RATIO = 200
# Below this, no ratio harms anyone: a tree of so much markup takes a worker some seconds.
RATIO_MATTERS_ABOVE = 8 * 1024**2
# The largest decks and books have a few thousand parts; each costs the directory's reader half a kilobyte.
MAX_ENTRIES = 50_000
# 50,000 entries with long names; checked before the directory is read, because the reader loads it whole.
MAX_DIRECTORY_BYTES = 16 * 1024**2
# A deck embeds one small workbook a chart, so a few hundred archives inside are honest.
MAX_NESTED = 500
# Largest part whose true size is not compared with the directory's: a wrong size below it does no harm.
LIES_MATTER_ABOVE = 32 * 1024**2
MAX_DEFLATED = 1_032
BLOCK_BYTES = 1024**2
# Where XML declares entities, it does so at its beginning.
ENTITIES_WITHIN = 64 * 1024
# Small descriptions that are read to tell the kind; none is longer in an honest file.
MAX_DESCRIPTION_BYTES = 4 * 1024**2

ARCHIVE_SUFFIXES = frozenset({".zip", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".zst", ".jar"})
NESTED_SUFFIXES = ARCHIVE_SUFFIXES | {".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".epub", ".xlsm", ".docm", ".pptm"}

# Everything the standard reader raises on broken archives.
ZIP_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,
    OverflowError,
    LookupError,
    RuntimeError,
    OSError,
)

OOXML_KINDS = (
    ("wordprocessingml.document.main+xml", DocumentKind.DOCX),
    ("wordprocessingml.template.main+xml", DocumentKind.DOCX),
    ("ms-word.document.macroenabled", DocumentKind.DOCX),
    ("ms-word.template.macroenabled", DocumentKind.DOCX),
    ("presentationml.presentation.main+xml", DocumentKind.PPTX),
    ("presentationml.slideshow.main+xml", DocumentKind.PPTX),
    ("presentationml.template.main+xml", DocumentKind.PPTX),
    ("ms-powerpoint.presentation.macroenabled", DocumentKind.PPTX),
    ("ms-powerpoint.slideshow.macroenabled", DocumentKind.PPTX),
    ("ms-powerpoint.template.macroenabled", DocumentKind.PPTX),
    ("spreadsheetml.sheet.main+xml", DocumentKind.XLSX),
    ("spreadsheetml.template.main+xml", DocumentKind.XLSX),
    ("ms-excel.sheet.macroenabled", DocumentKind.XLSX),
    ("ms-excel.template.macroenabled", DocumentKind.XLSX),
)
OOXML_MAIN_PARTS = (
    ("word/document", DocumentKind.DOCX),
    ("ppt/presentation", DocumentKind.PPTX),
    ("xl/workbook.xml", DocumentKind.XLSX),
)
OPENDOCUMENT_KINDS = {
    "application/vnd.oasis.opendocument.text": DocumentKind.ODT,
    "application/vnd.oasis.opendocument.presentation": DocumentKind.ODP,
    "application/vnd.oasis.opendocument.spreadsheet": DocumentKind.ODS,
}
# Fonts are scrambled by these in books anyone may read; any other method is a lock.
FONT_SCRAMBLING = (b"http://www.idpf.org/2008/embedding", b"http://ns.adobe.com/pdf/enc#RC")


def inspect_archive(path: Path) -> tuple[DocumentKind, int | None]:
    """Returns the kind of the document this ZIP archive is and, for slides, their number.

    Raises ArchiveBomb, DocumentDamaged, DocumentLocked, DocumentWithoutPages, EmptyDocument or UnknownFormat.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            _refuse_huge_directory(file, size)
            with zipfile.ZipFile(file) as archive:
                return _inspect_opened(archive, size)
    except ZIP_FAULTS as error:
        raise DocumentDamaged(f"It is a ZIP archive whose directory cannot be read ({type(error).__name__}).") from error


def _inspect_opened(archive: zipfile.ZipFile, size: int) -> tuple[DocumentKind, int | None]:
    entries = archive.infolist()
    if not entries:
        raise EmptyDocument("It is a ZIP archive with nothing in it.")
    refuse_bomb(entries, size)
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise DocumentLocked("It is a ZIP archive with a password.")
    _refuse_lies(archive, entries)
    _refuse_entities(archive, entries)
    names = {entry.filename for entry in entries}
    kind = _ooxml_kind(archive, names) or _mimetype_kind(archive, names)
    if kind is None:
        raise _foreign(names)
    if kind in {DocumentKind.ODT, DocumentKind.ODP, DocumentKind.ODS}:
        _refuse_locked_opendocument(archive, names)
    if kind is DocumentKind.EPUB:
        _refuse_locked_book(archive, names)
    if kind is not DocumentKind.PPTX:
        return kind, None
    slides = sum(1 for name in names if name.startswith("ppt/slides/slide") and name.endswith(".xml"))
    if slides == 0:
        raise DocumentWithoutPages("It is a presentation without a slide.")
    return kind, slides


def refuse_bomb(entries: list[zipfile.ZipInfo], size: int) -> None:
    """Raises ArchiveBomb if the sizes that the directory declares exceed the bounds above; `size` is the archive's, in bytes.

    A directory that lies low is found out by `inspect_archive`, which counts the bytes that a part unpacks to.
    """
    if len(entries) > MAX_ENTRIES:
        raise ArchiveBomb(f"It is an archive with {len(entries)} entries; at most {MAX_ENTRIES} are opened.")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNPACKED_BYTES:
        raise ArchiveBomb(f"It unpacks to {_mb(unpacked)} MB; at most {_mb(MAX_UNPACKED_BYTES)} MB are opened.")
    if unpacked > RATIO_MATTERS_ABOVE and unpacked > MAX_RATIO * size:
        raise ArchiveBomb(f"It unpacks to {unpacked // max(size, 1)} times its size; at most {MAX_RATIO} times are opened.")
    largest = max(entries, key=lambda entry: entry.file_size if _is_markup(entry.filename) else 0)
    if _is_markup(largest.filename) and largest.file_size > MAX_PART_BYTES:
        raise ArchiveBomb(f"A part of it unpacks to {_mb(largest.file_size)} MB; at most {_mb(MAX_PART_BYTES)} MB are opened.")
    if sum(entry.compress_size for entry in entries) > size:
        raise ArchiveBomb("Its entries overlap: together they are larger than the archive itself.")
    nested = sum(1 for entry in entries if PurePosixPath(entry.filename).suffix.lower() in NESTED_SUFFIXES)
    if nested > MAX_NESTED:
        raise ArchiveBomb(f"It holds {nested} archives inside; at most {MAX_NESTED} are opened.")


def _refuse_lies(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """Raises ArchiveBomb if a part gives more than its directory declares, which readers hold in memory before they cut it off.

    A part that could not give much whatever it says is not looked into; of others nothing is kept.
    """
    for entry in entries:
        if entry.compress_type != zipfile.ZIP_DEFLATED or entry.compress_size * MAX_DEFLATED <= LIES_MATTER_ABOVE:
            continue
        with suppress(*ZIP_FAULTS), archive.open(_as_stored(entry)) as packed:
            given, inflating = 0, zlib.decompressobj(-zlib.MAX_WBITS)
            while (block := packed.read(BLOCK_BYTES)) and given <= entry.file_size:
                while block and given <= entry.file_size:
                    given += len(inflating.decompress(block, BLOCK_BYTES))
                    block = inflating.unconsumed_tail
            if given > entry.file_size:
                raise ArchiveBomb(f"Its part {entry.filename[:80]} is larger than the archive says.")


def _as_stored(entry: zipfile.ZipInfo) -> zipfile.ZipInfo:
    """Returns the entry as a stored entry, whose packed bytes are given as they are."""
    stored = copy(entry)
    stored.compress_type, stored.file_size = zipfile.ZIP_STORED, entry.compress_size
    del stored.CRC  # of the unpacked bytes
    return stored


def _refuse_entities(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """Raises ArchiveBomb if a part is XML whose entities multiply."""
    for entry in entries:
        if not _is_markup(entry.filename):
            continue
        with suppress(*ZIP_FAULTS), archive.open(entry) as part:
            head = part.read(ENTITIES_WITHIN)
            if b"<!ENTITY" in head.replace(b"\0", b""):
                encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
                refuse_multiplying_entities((head + part.read(MAX_PART_BYTES)).decode(encoding, "replace"))


def _refuse_huge_directory(file: BinaryIO, size: int) -> None:
    """Raises ArchiveBomb before a directory is loaded whose own size is the harm."""
    tail_size = min(size, 22 + 65535 + 20)
    file.seek(size - tail_size)
    tail = file.read(tail_size)
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) < end + 22:
        raise DocumentDamaged("It is a ZIP archive that breaks off before its directory.")
    declared: int = struct.unpack_from("<L", tail, end + 12)[0]
    if end >= 20 and tail[end - 20 : end - 16] == b"PK\x06\x07":
        offset: int = struct.unpack_from("<Q", tail, end - 12)[0]
        if offset + 56 <= size:
            file.seek(offset)
            record = file.read(56)
            if record[:4] == b"PK\x06\x06":
                declared = struct.unpack_from("<Q", record, 40)[0]
    if min(declared, size) > MAX_DIRECTORY_BYTES:
        raise ArchiveBomb(f"Its directory alone has {_mb(declared)} MB; at most {_mb(MAX_DIRECTORY_BYTES)} MB are read.")
    file.seek(0)


def _ooxml_kind(archive: zipfile.ZipFile, names: set[str]) -> DocumentKind | None:
    if "[Content_Types].xml" not in names:
        # some writers lose the list; the main part still states its type
        return next((kind for part, kind in OOXML_MAIN_PARTS if any(name.startswith(part) for name in names)), None)
    types = _read(archive, "[Content_Types].xml").decode("utf-8", "replace").replace("\x00", "").lower()
    for marker, kind in OOXML_KINDS:
        if marker in types:
            if not any(name.lower().startswith(_main_folder(kind)) for name in names):
                raise DocumentDamaged(f"It is a {kind.value.upper()} whose main part is missing.")
            return kind
    if "ms-excel.sheet.binary" in types:
        raise UnknownFormat("It is an Excel binary workbook (XLSB).", hint="Save it as XLSX first.")
    if "visio" in types:
        raise UnknownFormat("It is a Visio drawing.", hint="Export it as PDF first.")
    return None


def _main_folder(kind: DocumentKind) -> str:
    return {DocumentKind.DOCX: "word/", DocumentKind.PPTX: "ppt/", DocumentKind.XLSX: "xl/"}[kind]


def _mimetype_kind(archive: zipfile.ZipFile, names: set[str]) -> DocumentKind | None:
    mimetype = ""
    if "mimetype" in names:
        mimetype = _read(archive, "mimetype").decode("ascii", "replace").strip()
    elif "META-INF/manifest.xml" in names and "content.xml" in names:
        manifest = _read(archive, "META-INF/manifest.xml").decode("utf-8", "replace")
        mimetype = next((known for known in OPENDOCUMENT_KINDS if f'"{known}"' in manifest), "")
    if mimetype == "application/epub+zip" or "META-INF/container.xml" in names:
        return DocumentKind.EPUB
    for known, kind in OPENDOCUMENT_KINDS.items():
        if mimetype == known or mimetype.startswith(known + "-"):
            if "content.xml" not in names:
                raise DocumentDamaged(f"It is an {kind.value.upper()} whose main part is missing.")
            return kind
    if mimetype.startswith("application/vnd.oasis.opendocument."):
        raise UnknownFormat(f"It is an OpenDocument {mimetype.rpartition('.')[2]}.", hint="Export it as PDF first.")
    return None


def _refuse_locked_opendocument(archive: zipfile.ZipFile, names: set[str]) -> None:
    if "META-INF/manifest.xml" in names and b"encryption-data" in _read(archive, "META-INF/manifest.xml"):
        raise DocumentLocked("The document has a password.")


def _refuse_locked_book(archive: zipfile.ZipFile, names: set[str]) -> None:
    if "META-INF/encryption.xml" not in names:
        return
    methods = _read(archive, "META-INF/encryption.xml").count(b"EncryptionMethod ")
    scrambled = sum(_read(archive, "META-INF/encryption.xml").count(method) for method in FONT_SCRAMBLING)
    if methods > scrambled:
        raise DocumentLocked("The book is locked to a reader's account.", hint="Upload a copy without the lock.")


def _foreign(names: set[str]) -> UnknownFormat | ArchiveBomb:
    if any(PurePosixPath(name).suffix.lower() in ARCHIVE_SUFFIXES for name in names):
        return ArchiveBomb("It is an archive that holds further archives.")
    if any(name.endswith(".iwa") for name in names):
        return UnknownFormat("It is an Apple iWork document.", hint="Export it as PDF or DOCX first.")
    return UnknownFormat("It is a ZIP archive, not a document.", hint="Unpack it and upload the documents inside.")


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    """Returns the entry's bytes; it is a short description, so an entry past the bound is part of a bomb."""
    if archive.getinfo(name).file_size > MAX_DESCRIPTION_BYTES:
        raise ArchiveBomb(f"Its description {name} unpacks to more than {_mb(MAX_DESCRIPTION_BYTES)} MB.")
    return archive.read(name)


def _is_markup(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in {".xml", ".rels", ".xhtml", ".html", ".htm", ".opf", ".ncx", ".vml", ".svg"}


def _mb(count: int) -> int:
    return count // 1024**2
