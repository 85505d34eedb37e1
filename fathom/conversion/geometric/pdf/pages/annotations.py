"""Reads the annotations of a PDF page: filled-in form fields, typed text, notes, links."""

from __future__ import annotations

import ctypes
import html
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pypdfium2.raw as pdfium

from fathom.conversion.geometric.layout.form_labels import CHECKED, UNCHECKED
from fathom.conversion.geometric.layout.page_content import (
    Box,
    PageContent,
    PageLink,
    PageNote,
    Word,
    body_size,
    centre_inside,
    inside,
    overlap,
)
from fathom.conversion.geometric.layout.text_lines import text_of
from fathom.conversion.geometric.pdf.pages.attached_files import annotated_file
from fathom.conversion.geometric.pdf.pages.page_coordinates import PageFrame
from fathom.conversion.geometric.pdf.pages.typed_text import typed_words

# So many are read of a page; some drawings have an annotation for each stroke.
MAX_ANNOTATIONS = 5000
# Of links past these, the words are not looked for.
MAX_LINKS_READ = 300
MAX_TEXT = 20_000
MAX_OPTIONS = 2000
OVER = 0.3  # of a typed word's area
HIDDEN = pdfium.FPDF_ANNOT_FLAG_HIDDEN | pdfium.FPDF_ANNOT_FLAG_NOVIEW
NOTES = frozenset(
    {
        pdfium.FPDF_ANNOT_TEXT, pdfium.FPDF_ANNOT_HIGHLIGHT, pdfium.FPDF_ANNOT_UNDERLINE, pdfium.FPDF_ANNOT_SQUIGGLY,
        pdfium.FPDF_ANNOT_STRIKEOUT, pdfium.FPDF_ANNOT_CARET, pdfium.FPDF_ANNOT_STAMP, pdfium.FPDF_ANNOT_SQUARE,
        pdfium.FPDF_ANNOT_CIRCLE, pdfium.FPDF_ANNOT_LINE, pdfium.FPDF_ANNOT_POLYGON, pdfium.FPDF_ANNOT_POLYLINE,
        pdfium.FPDF_ANNOT_INK,
    }
)  # fmt: skip
VALUED = frozenset({pdfium.FPDF_FORMFIELD_TEXTFIELD, pdfium.FPDF_FORMFIELD_COMBOBOX, pdfium.FPDF_FORMFIELD_LISTBOX})
TICKED = frozenset({pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON})
TICK = {True: CHECKED, False: UNCHECKED}
PASSWORD_FIELD = 1 << 13
# Others are paths into the document or onto the reader's disk, or programs.
_TAG = re.compile(r"<[^>]*>")
SCHEMES = ("http://", "https://", "mailto:", "ftp://", "tel:")


def read_annotations(document: Any, page: Any, frame: PageFrame, content: PageContent) -> None:
    """Adds the page's annotations to the content: values of fields and typed text are words at their places.

    `document` and `page` are pypdfium2's and open; the caller holds pdfium's lock. Hidden annotations and values of password
    fields are left out.
    """
    count = min(MAX_ANNOTATIONS, max(0, pdfium.FPDFPage_GetAnnotCount(page.raw)))
    if not count:
        return
    form = document.formenv.raw if document.formenv else None
    size = body_size(content.words)  # as large as the text around it, so that no typed text looks like a heading
    for index in range(count):
        with _annotation(page, index) as annotation:
            if not annotation or pdfium.FPDFAnnot_GetFlags(annotation) & HIDDEN:
                continue
            kind = pdfium.FPDFAnnot_GetSubtype(annotation)
            box = _box(annotation, frame)
            if kind == pdfium.FPDF_ANNOT_LINK:
                content.links += _links(document, annotation, frame, box, content)
            elif kind == pdfium.FPDF_ANNOT_FILEATTACHMENT:
                file = annotated_file(annotation)
                content.files += [file] if file else []
                _note(annotation, frame, box or Box(0.0, 0.0, 1.0, 1.0), content)
            elif kind in NOTES:  # some have no extent
                _note(annotation, frame, box or Box(0.0, 0.0, 1.0, 1.0), content)
            elif box is None:
                continue
            elif kind == pdfium.FPDF_ANNOT_WIDGET:
                typed = _field(form, annotation, box, len(content.words), size) if form else []
                for word in typed:
                    word.field = index + 1
                content.words += typed
            elif kind == pdfium.FPDF_ANNOT_FREETEXT:
                typed = typed_words(_string(annotation, b"Contents"), box, len(content.words), size)
                if _over_text(typed, content.words):  # words that lie on others would part their lines
                    _note(annotation, frame, box, content)
                else:
                    content.words += typed


@contextmanager
def _annotation(page: Any, index: int) -> Iterator[Any]:
    annotation = pdfium.FPDFPage_GetAnnot(page.raw, index)
    try:
        yield annotation
    finally:
        if annotation:
            pdfium.FPDFPage_CloseAnnot(annotation)


def _field(form: Any, annotation: Any, box: Box, order: int, size: float) -> list[Word]:
    kind = pdfium.FPDFAnnot_GetFormFieldType(form, annotation)
    if kind in TICKED:
        tick = TICK[bool(pdfium.FPDFAnnot_IsChecked(form, annotation))]
        return [Word(tick, box.l, box.t, box.r, box.b, min(size, 0.8 * box.height), order=order, baseline=box.b)]
    if kind not in VALUED or pdfium.FPDFAnnot_GetFormFieldFlags(form, annotation) & PASSWORD_FIELD:
        return []
    value = _text(lambda buffer, size: pdfium.FPDFAnnot_GetFormFieldValue(form, annotation, buffer, size))
    if kind != pdfium.FPDF_FORMFIELD_TEXTFIELD:
        value = ", ".join(_chosen(form, annotation)) or value
    return typed_words(value, box, order, size)


def _chosen(form: Any, annotation: Any) -> list[str]:
    """Returns the labels of the chosen options of a list, as they are shown: their values may be others."""
    chosen = []
    for index in range(min(MAX_OPTIONS, max(0, pdfium.FPDFAnnot_GetOptionCount(form, annotation)))):
        if pdfium.FPDFAnnot_IsOptionSelected(form, annotation, index):
            chosen.append(_option(form, annotation, index))
    return [label for label in chosen if label]


def _option(form: Any, annotation: Any, index: int) -> str:
    return _text(lambda buffer, size: pdfium.FPDFAnnot_GetOptionLabel(form, annotation, index, buffer, size))


def _over_text(typed: Sequence[Word], words: Sequence[Word]) -> bool:
    """Returns whether typed words lie on words of the page."""
    return any(overlap(word, other) > OVER * (word.r - word.l) * (word.b - word.t) for word in typed for other in words)


def _note(annotation: Any, frame: PageFrame, box: Box, content: PageContent) -> None:
    said = _string(annotation, b"Contents") or html.unescape(_TAG.sub(" ", _string(annotation, b"RC")))
    text = " ".join(said.split())
    if not text:
        return
    marked = " ".join(
        word.text for quad in _quads(annotation, frame) for word in content.words if centre_inside(word, quad, 0.5)
    )
    if text != marked:  # some programs keep the marked words as the note
        author = " ".join(_string(annotation, b"T").split())
        content.notes.append(PageNote(box.l, box.t, box.r, box.b, text, author, marked))


def _links(document: Any, annotation: Any, frame: PageFrame, box: Box | None, content: PageContent) -> list[PageLink]:
    link = pdfium.FPDFAnnot_GetLink(annotation)
    action = pdfium.FPDFLink_GetAction(link) if link else None
    if not action or pdfium.FPDFAction_GetType(action) != pdfium.PDFACTION_URI:
        return []
    size = min(MAX_TEXT, pdfium.FPDFAction_GetURIPath(document.raw, action, None, 0))
    buffer = ctypes.create_string_buffer(max(1, size))
    pdfium.FPDFAction_GetURIPath(document.raw, action, buffer, size)
    uri = buffer.value.decode("utf-8", "replace").strip()
    if not uri.lower().startswith(SCHEMES) or not uri.isprintable():
        return []
    boxes = _quads(annotation, frame) or ([box] if box else [])
    read = content.words if len(content.links) < MAX_LINKS_READ else []
    return [PageLink(box.l, box.t, box.r, box.b, uri, text_of(inside(read, box, 0.5))) for box in boxes]


def _box(annotation: Any, frame: PageFrame) -> Box | None:
    rect = pdfium.FS_RECTF()
    if not pdfium.FPDFAnnot_GetRect(annotation, rect):
        return None
    return _shown(frame, [rect.left, rect.right], [rect.bottom, rect.top])


def _quads(annotation: Any, frame: PageFrame) -> list[Box]:
    boxes = []
    quad = pdfium.FS_QUADPOINTSF()
    for index in range(min(1000, pdfium.FPDFAnnot_CountAttachmentPoints(annotation))):
        if pdfium.FPDFAnnot_GetAttachmentPoints(annotation, index, quad):
            box = _shown(frame, [quad.x1, quad.x2, quad.x3, quad.x4], [quad.y1, quad.y2, quad.y3, quad.y4])
            boxes += [box] if box else []
    return boxes


def _shown(frame: PageFrame, xs: list[float], ys: list[float]) -> Box | None:
    """Returns the box as it is shown; None where it is empty or wholly off the page."""
    box = Box(*frame.box(min(xs), min(ys), max(xs), max(ys)))
    on_page = box.r > 0 and box.b > 0 and box.l < frame.width and box.t < frame.height
    return box if on_page and box.width > 0 and box.height > 0 else None


def _string(annotation: Any, key: bytes) -> str:
    return _text(lambda buffer, size: pdfium.FPDFAnnot_GetStringValue(annotation, key, buffer, size))


def _text(get: Callable[[Any, int], int]) -> str:
    """Returns the text that a pdfium function puts into a buffer of UTF-16; the size it returns includes the end mark."""
    size = get(None, 0)
    if not 2 < size <= 2 * MAX_TEXT:
        return ""
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    get(buffer, size)
    return bytes(buffer)[: size - 2].decode("utf-16-le", "replace").replace("\0", "").strip()
