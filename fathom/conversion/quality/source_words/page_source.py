"""The words on the pages of a PDF, by pdfium: those within the visible part of a page, and its annotations."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from fathom.conversion.quality.comparable_words import words_of
from fathom.conversion.quality.source_words.source_block import DIVIDED_HERE, SourceBlock

# pdfium's own signs for a hyphen at a line's end, or a hyphen there.
LINE_END = re.compile(r"(?<=[^\W\d_])(?:[\x02\ufffe\u00ad]\s*|[-\u2010]\s*[\r\n]+\s*)(?=[^\W\d_])")
MAX_ANNOTATIONS = 5_000
MAX_NOTE_CHARACTERS = 20_000
MAX_OBJECTS = 20_000
WHITE = 250
PASSWORD_FIELD = 1 << 13


def page_blocks(path: Path, skip: Iterable[int] = ()) -> Iterator[SourceBlock]:
    """Yields the lines of each page, then its annotations, except for the pages in `skip` (from 1).

    Lines between which a word is divided are a single block, with `DIVIDED_HERE` between its halves.
    """
    import pypdfium2
    from docling.utils.locks import pypdfium2_lock

    skipped = set(skip)
    with pypdfium2_lock:
        document = pypdfium2.PdfDocument(path)
        try:
            for index in range(len(document)):
                if index + 1 in skipped:
                    continue
                try:
                    page = document[index]
                except pypdfium2.PdfiumError:
                    continue
                try:
                    yield from blocks_of_page(page, f"page {index + 1}", *_read(page))
                finally:
                    page.close()
        finally:
            document.close()


def blocks_of_page(page: Any, where: str, text: str, unseen: str = "") -> Iterator[SourceBlock]:
    """Yields the lines of a page that is open, whose text is this as pdfium has it, then its annotations.

    Lines whose words are in `unseen` may be left out.
    """
    text = LINE_END.sub(DIVIDED_HERE, text)
    for line in text.splitlines():
        if line.strip():
            is_unseen = bool(unseen) and "".join(words_of(line)) in unseen
            yield SourceBlock(line, where, group=f"unseen {line} on {where}" if is_unseen else "")
    said = ""
    for note in _noted(page):
        said = said or "".join(words_of(text))
        if "".join(words_of(note)) not in said:  # some programs keep the marked words as the note
            yield SourceBlock(note, f"note on {where}")


def _read(page: Any) -> tuple[str, str]:
    """Returns the text within the page's crop box and, as a single string, its words that are not to be seen."""
    import pypdfium2

    try:
        text_page = page.get_textpage()
    except pypdfium2.PdfiumError:
        return "", ""
    try:
        whole = str(text_page.get_text_range(errors="replace"))
        within = str(text_page.get_text_bounded(*page.get_cropbox(), errors="replace"))
        unseen = _unseen(page, text_page, whole)
    except pypdfium2.PdfiumError:
        return "", ""
    finally:
        text_page.close()
    # of both, the whole has the marks of divided words
    return whole if len("".join(whole.split())) <= len("".join(within.split())) else within, unseen


def _unseen(page: Any, text_page: Any, text: str) -> str:
    """Returns the words that are written in white or in no colour at all."""
    from pypdfium2 import raw

    found: list[str] = []
    for index in range(min(MAX_OBJECTS, max(0, raw.FPDFPage_CountObjects(page.raw)))):
        item = raw.FPDFPage_GetObject(page.raw, index)
        if raw.FPDFPageObj_GetType(item) == raw.FPDF_PAGEOBJ_TEXT and _is_unseen(item):
            found += words_of(_text_of(item, text_page.raw))
    said = "".join(found)
    # of a scan, the text under its picture is all there is
    return said if 2 * len(said) < len("".join(words_of(text))) else ""


def _is_unseen(item: Any) -> bool:
    from pypdfium2 import raw

    if raw.FPDFTextObj_GetTextRenderMode(item) == raw.FPDF_TEXTRENDERMODE_INVISIBLE:
        return True
    colour = [ctypes.c_uint() for _ in range(4)]
    known = raw.FPDFPageObj_GetFillColor(item, *colour)
    return bool(known) and (min(part.value for part in colour[:3]) >= WHITE or not colour[3].value)


def _text_of(item: Any, text_page: Any) -> str:
    from pypdfium2 import raw

    size = raw.FPDFTextObj_GetText(item, text_page, None, 0)
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    raw.FPDFTextObj_GetText(item, text_page, buffer, size)
    return bytes(buffer)[: max(0, size - 2)].decode("utf-16-le", "replace")


def _noted(page: Any) -> Iterator[str]:
    """Yields the texts of notes and typed text, and the values of form fields, that are shown."""
    from pypdfium2 import raw

    hidden = raw.FPDF_ANNOT_FLAG_HIDDEN | raw.FPDF_ANNOT_FLAG_NOVIEW
    left_out = {raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP, raw.FPDF_ANNOT_FILEATTACHMENT}
    for index in range(min(MAX_ANNOTATIONS, max(0, raw.FPDFPage_GetAnnotCount(page.raw)))):
        annotation = raw.FPDFPage_GetAnnot(page.raw, index)
        if not annotation:
            continue
        try:
            kind = raw.FPDFAnnot_GetSubtype(annotation)
            if kind in left_out or raw.FPDFAnnot_GetFlags(annotation) & hidden:
                continue
            text = _field_value(annotation) if kind == raw.FPDF_ANNOT_WIDGET else _string(annotation, b"Contents")
        finally:
            raw.FPDFPage_CloseAnnot(annotation)
        if text.strip():
            yield text


def _field_value(annotation: Any) -> str:
    from pypdfium2 import raw

    flags = ctypes.c_float()
    raw.FPDFAnnot_GetNumberValue(annotation, b"Ff", flags)
    if _string(annotation, b"FT") not in ("Tx", "Ch") or int(flags.value) & PASSWORD_FIELD:
        return ""
    return _string(annotation, b"V")


def _string(annotation: Any, key: bytes) -> str:
    from pypdfium2 import raw

    size = raw.FPDFAnnot_GetStringValue(annotation, key, None, 0)
    if not 2 < size <= 2 * MAX_NOTE_CHARACTERS:
        return ""
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    raw.FPDFAnnot_GetStringValue(annotation, key, buffer, size)
    return bytes(buffer)[: size - 2].decode("utf-16-le", "replace").replace("\0", "")
