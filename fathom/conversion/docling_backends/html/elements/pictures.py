"""Reads the texts of pictures: captions, alternative texts, text in drawings; and formulas."""

from __future__ import annotations

import re

from lxml import etree

from fathom.conversion.docling_backends.html.html_reader import PageReader
from fathom.conversion.docling_backends.html.page_notes import kinds_of
from fathom.conversion.docling_backends.jats.mathml import tex_of
from fathom.conversion.docling_backends.markup.markup_blocks import Code, Formula, MarkupTable, Paragraph, Picture
from fathom.conversion.docling_backends.markup.markup_inline import Run

# Maximum size, in CSS pixels, of a picture that is an inline sign.
MAX_SIGN = 32
_SIGN_CLASSES = frozenset({
    "emoji", "tex", "latex", "math", "mwe-math-fallback-image-inline", "mwe-math-fallback-image-display",
})  # fmt: skip
_DISPLAY_STYLE = re.compile(r"\A\{\\(?:displaystyle|textstyle)\s+(.*)\}\Z", re.S)
_TEX = re.compile(r"tex", re.I)


def read_image(reader: PageReader, element: etree._Element) -> None:
    """Reads a picture: as a block behind its line, or as an inline sign."""
    alt = " ".join((element.get("alt") or element.get("aria-label") or "").split())
    if _size(element, "width") == 1 and _size(element, "height") in (1, None):
        return  # a tracking pixel
    if alt and (reader.is_single_line or _is_sign(element, alt) or _is_initial(element, alt)):
        formula = _formula_text(alt) if _is_formula_picture(element) else ""
        if formula:
            reader.emit_styled(formula, formula=True)
        else:
            reader.emit(alt)
        return
    if reader.is_single_line or (not alt and element.get("alt") is not None):
        return
    caption = [Run(alt, reader.style)] if alt else []
    reader.waiting.append(Picture(caption))
    if reader.line.mark == 0:
        reader.end_line()


def _is_sign(element: etree._Element, alt: str) -> bool:
    width, height = _size(element, "width"), _size(element, "height")
    is_small = (width is not None and width <= MAX_SIGN) or (height is not None and height <= MAX_SIGN)
    return bool(kinds_of(element) & _SIGN_CLASSES) or (len(alt) <= 2 and not alt.isalnum()) or (is_small and len(alt) <= 12)


def _is_initial(element: etree._Element, alt: str) -> bool:
    """Returns whether the picture is the ornate first letter of the word behind it."""
    return len(alt) == 1 and alt.isalpha() and (element.tail or "")[:1].isalpha()


def _is_formula_picture(element: etree._Element) -> bool:
    return bool(kinds_of(element) & (_SIGN_CLASSES - {"emoji"}))


def _size(element: etree._Element, name: str) -> int | None:
    value = (element.get(name) or "").strip().removesuffix("px")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 6 else None


def read_svg(reader: PageReader, element: etree._Element) -> None:
    """Reads a drawing: its title as a caption, then its words."""
    title = next((" ".join("".join(found.itertext()).split()) for found in element if found.tag == "title"), "")
    title = title or " ".join((element.get("aria-label") or "").split())
    words = [word for text in element.iter("text") if (word := " ".join("".join(text.itertext()).split()))]
    if reader.is_single_line:
        reader.emit(" ".join(words))
        return
    foreign = [block for inner in element.iter("foreignobject") for block in reader.inside(inner)]
    if not title and not words and not foreign:
        return
    if title and reader.line.since(0).strip() and not words and not foreign:
        return  # the name of an icon beside its text
    reader.waiting.append(Picture([Run(title)] if title else []))
    if words:
        reader.waiting.append(Paragraph([Run(" ".join(words))]))
    reader.waiting += foreign
    if reader.line.mark == 0:
        reader.end_line()


def read_formula(reader: PageReader, element: etree._Element) -> None:
    """Reads a MathML formula: its TeX annotation, else its conversion to TeX."""
    text = _formula_text(_own_tex(element) or tex_of(element) or "".join(element.itertext()))
    if not text:
        return
    if element.get("display") == "block" and not reader.is_single_line and not reader.line.since(0).strip():
        reader.add(Formula(text))
    else:
        reader.emit_styled(text, formula=True)


def read_script(reader: PageReader, element: etree._Element) -> None:
    """Reads a TeX formula in a script element; other scripts are skipped."""
    kind = (element.get("type") or "").lower()
    if not kind.startswith("math/tex"):
        return
    text = _formula_text(element.text or "")
    if "mode=display" in kind.replace(" ", "") and not reader.is_single_line:
        reader.add(Formula(text))
    elif text:
        reader.emit_styled(text, formula=True)


def _own_tex(element: etree._Element) -> str:
    for annotation in element.iter("annotation"):
        if _TEX.search(annotation.get("encoding") or "") and (annotation.text or "").strip():
            return annotation.text or ""
    return element.get("alttext") or ""


def _formula_text(text: str) -> str:
    text = " ".join(text.split())
    matched = _DISPLAY_STYLE.match(text)
    return (matched[1] if matched else text).strip("$ ")


def read_figure(reader: PageReader, element: etree._Element) -> None:
    """Reads a figure; its caption is that of the picture, table or code in it, which is described by its own text."""
    own = _caption_of(element)
    if own is None or reader.is_single_line:
        reader.container(element)
        return
    caption = reader.single_line(own)
    reader.end_line()
    blocks = reader.inside(element)
    for block in blocks:
        if isinstance(block, Picture):
            block.description = "".join(run.text for run in block.caption)
            block.caption = caption
            break
        if isinstance(block, MarkupTable | Code) and not block.caption:
            block.caption = caption
            break
    else:
        if caption:
            blocks.append(Paragraph(caption, "caption"))
    reader.blocks += blocks


def read_figcaption(reader: PageReader, element: etree._Element) -> None:
    """Skips a caption that its figure has read; outside a figure it is a paragraph."""
    figure = next(element.iterancestors("figure"), None)
    if figure is None or reader.is_single_line or _caption_of(figure) is not element:
        reader.container(element)


def _caption_of(figure: etree._Element) -> etree._Element | None:
    """Returns the caption in the figure or in a part of it."""
    for child in figure:
        if child.tag == "figcaption":
            return child
    return next((inner for child in figure for inner in child if inner.tag == "figcaption"), None)
