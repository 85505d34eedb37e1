"""How many of the words pdfium sees in a PDF are in the document made from it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fathom.conversion.quality.comparable_words import WORD, normalised

DIVIDED = re.compile(r"([^\W\d_]+)(?:[\x02\ufffe\u00ad]\s*|[-\u2010]\s*[\r\n]+\s*)([^\W\d_]+)")


@dataclass(frozen=True, slots=True)
class Reference:
    """The words of a PDF: `whole` counted, `divided` the halves of words cut at a line's end."""

    whole: Counter[str]
    divided: Counter[tuple[str, str]]

    @property
    def words(self) -> int:
        """How many there are."""
        return self.whole.total() + self.divided.total()


def reference_words(path: Path, skip: Iterable[int] = ()) -> Reference:
    """The words on the pages of the PDF, save the pages in `skip` (from 1), by pdfium's own reading of them."""
    import pypdfium2
    from docling.utils.locks import pypdfium2_lock

    whole: Counter[str] = Counter()
    divided: Counter[tuple[str, str]] = Counter()
    skipped = set(skip)
    with pypdfium2_lock:
        document = pypdfium2.PdfDocument(path)
        try:
            for index in range(len(document)):
                if index + 1 in skipped:
                    continue
                count_words(page_text(document, index), whole, divided)
        finally:
            document.close()
    return Reference(whole, divided)


def page_text(document: object, index: int) -> str:
    """The text of a page as pdfium gives it; empty if the page cannot be read."""
    import pypdfium2

    try:
        page = document[index]  # type: ignore[index]
    except pypdfium2.PdfiumError:
        return ""
    try:
        text_page = page.get_textpage()
        try:
            return shown_text(page, text_page) or str(text_page.get_text_range(errors="replace"))
        finally:
            text_page.close()
    except pypdfium2.PdfiumError:
        return ""
    finally:
        page.close()


def shown_text(page: Any, text_page: Any) -> str:
    """The text of a page without what is painted invisibly, where there is any and no picture that it is the text of."""
    from pypdfium2 import raw

    kinds = [item.type for item in page.get_objects()]
    if raw.FPDF_PAGEOBJ_IMAGE in kinds:
        return ""
    shown, left_out = [], False
    for index in range(text_page.count_chars()):
        item = raw.FPDFText_GetTextObject(text_page.raw, index)
        if item and raw.FPDFTextObj_GetTextRenderMode(item) == raw.FPDF_TEXTRENDERMODE_INVISIBLE:
            left_out = True
        else:
            shown.append(chr(raw.FPDFText_GetUnicode(text_page.raw, index)))
    return "".join(shown) if left_out else ""


def count_words(text: str, whole: Counter[str], divided: Counter[tuple[str, str]]) -> None:
    """The words of the text are counted in `whole`, those cut at a line's end in `divided`."""
    text = normalised(text)
    for match in DIVIDED.finditer(text):
        divided[(match.group(1), match.group(2))] += 1
    whole.update(WORD.findall(DIVIDED.sub(" ", text)))


def text_recall(reference: Reference, text: str) -> float | None:
    """Share of the reference's words that are in the text, 0-1; None if there are no words to find."""
    if not reference.words:
        return None
    there = Counter(WORD.findall(normalised(text)))
    found = 0
    for (first, second), count in reference.divided.items():
        joined = min(count, there[first + second])
        there[first + second] -= joined
        apart = min(count - joined, there[first], there[second])
        there[first] -= apart
        there[second] -= apart
        found += joined + apart
    for word, count in reference.whole.items():
        found += min(count, there[word])
    return found / reference.words
