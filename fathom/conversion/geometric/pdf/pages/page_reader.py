"""A page of an open PDF read whole: its words, shapes and size, under pdfium's lock."""

from __future__ import annotations

from typing import Any

import pypdfium2.raw as pdfium

from fathom.conversion.geometric.layout.page_content import PageContent, Word
from fathom.conversion.geometric.pdf.pages.annotations import read_annotations
from fathom.conversion.geometric.pdf.pages.glyph_styles import LAYER, StyleReader
from fathom.conversion.geometric.pdf.pages.glyphs import GlyphReader
from fathom.conversion.geometric.pdf.pages.hidden_text import remove_hidden_text
from fathom.conversion.geometric.pdf.pages.page_coordinates import PageFrame
from fathom.conversion.geometric.pdf.pages.pdfium_calls import address_of
from fathom.conversion.geometric.pdf.pages.shapes import ShapeReader
from fathom.conversion.geometric.pdf.pages.unmapped_text import unreadable_orders, voiceless_count, without_orders
from fathom.conversion.geometric.pdf.pages.vertical_text import vertical_lines

LETTER = (612.0, 792.0)


def frame_of(page: Any) -> PageFrame:
    """Returns the page's frame; a page without a sane size is taken for US Letter, as viewers do."""
    l, b, r, t = page.get_bbox()
    if not (0 < r - l < 1e6 and 0 < t - b < 1e6):
        l, b, r, t = 0.0, 0.0, *LETTER
    return PageFrame(l, b, r, t, (page.get_rotation() // 90) % 4)


def read_page(page: Any, frame: PageFrame, *, layers: bool = True) -> PageContent:
    """Returns the page's painted content and its annotations; text that does not show is left out and listed.

    `page` is a pypdfium2 page that stays open; the caller holds pdfium's lock. Without `layers`, none can be off.
    """
    content = PageContent(frame.width, frame.height)
    shapes = ShapeReader(frame).read(page.raw)
    content.rules, content.fills = shapes.rules, shapes.fills
    content.drawings, content.pictures = shapes.drawings, shapes.pictures
    text_page = pdfium.FPDFText_LoadPage(page.raw)
    if text_page:
        try:
            styles = StyleReader(address_of(text_page), frame, layers=layers)
            reader = GlyphReader(text_page, frame, styles)
            content.words, content.turned = reader.words()
            doubtful = styles.doubtful
            if layers and shapes.nested:  # whether a form is in a layer pdfium does not tell
                doubtful = {**dict.fromkeys(shapes.nested, LAYER), **doubtful}
            hidden = remove_hidden_text(page, frame, content, shapes, reader.objects, doubtful)
            unreadable = unreadable_orders(content, reader.unmapped) if reader.unmapped else set()
            content.unreadable = [word for word in [*content.words, *content.turned] if word.order in unreadable]
            if unreadable:
                content.words, content.turned = (
                    without_orders(content.words, unreadable),
                    without_orders(content.turned, unreadable),
                )
            content.voiceless = voiceless_count(reader.said)
            content.said = reader.said_without(hidden | unreadable) if hidden or unreadable else reader.said
        finally:
            pdfium.FPDFText_ClosePage(text_page)
    content.words, down = vertical_lines(content.words)
    content.turned += down
    _clip_to_page(content.words, frame)
    _clip_to_page(content.turned, frame)
    read_annotations(page.pdf, page, frame, content)
    return content


def _clip_to_page(words: list[Word], frame: PageFrame) -> None:
    """Cuts each word's box to the part of it that can be seen."""
    width, height = frame.width, frame.height
    for word in words:
        if word.l < 0 or word.t < 0 or word.r > width or word.b > height:
            word.l, word.t, word.r, word.b = max(word.l, 0.0), max(word.t, 0.0), min(word.r, width), min(word.b, height)
