"""Reads the elements that are more than text: headings, pictures, formulas, code, fields, frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lxml import etree

from fathom.conversion.docling_backends.html.elements import form_fields
from fathom.conversion.docling_backends.html.elements.code import read_preformatted
from fathom.conversion.docling_backends.html.elements.frames import read_frame
from fathom.conversion.docling_backends.html.elements.html_tables import read_table
from fathom.conversion.docling_backends.html.elements.item_lists import read_definitions, read_list, read_stray_item
from fathom.conversion.docling_backends.html.elements.pictures import (
    read_figcaption,
    read_figure,
    read_formula,
    read_image,
    read_script,
    read_svg,
)
from fathom.conversion.docling_backends.html.elements.word_items import read_paragraph
from fathom.conversion.docling_backends.html.html_reader import ElementHandler, PageReader
from fathom.conversion.docling_backends.markup.markup_blocks import Paragraph
from fathom.conversion.docling_backends.markup.markup_inline import PLAIN

_QUOTES = (("“", "”"), ("‘", "’"))


def read_heading(reader: PageReader, element: etree._Element) -> None:
    """Reads a heading of any level."""
    reader.add_heading(element, int(element.tag[1]))


def read_heading_role(reader: PageReader, element: etree._Element) -> None:
    """Reads an element with the role of a heading."""
    level = (element.get("aria-level") or "2").strip()
    reader.add_heading(element, min(max(int(level), 1), 6) if level.isascii() and level.isdigit() else 2)


def read_break(reader: PageReader, element: etree._Element) -> None:
    """Reads a line break; in a heading or a caption it becomes a blank."""
    if reader.is_single_line:
        reader.line.add(" ", PLAIN)
    else:
        reader.line.add_break()


def read_rule(reader: PageReader, element: etree._Element) -> None:
    """Reads a rule, which ends a paragraph."""
    reader.end_line()


def read_link(reader: PageReader, element: etree._Element) -> None:
    """Reads a link; adjacent links with different targets are separate words."""
    target = reader.context.links.target(element.get("href"))
    style = reader.style
    if target and target != style.link:
        before = element.getprevious()
        if (
            before is not None
            and before.tag == "a"
            and not before.tail
            and before.get("href") not in (None, element.get("href"))
        ):
            reader.line.add(" ", PLAIN)
        reader.style = replace(style, link=target)
    reader.container(element)
    reader.style = style


def read_quote(reader: PageReader, element: etree._Element) -> None:
    """Reads a quotation within a line, in quotation marks."""
    outer = sum(1 for above in element.iterancestors("q"))
    opening, closing = _QUOTES[outer % 2]
    reader.emit(opening)
    reader.container(element)
    reader.emit(closing)


def read_script_up(reader: PageReader, element: etree._Element) -> None:
    """Reads a superscript; a fraction behind a number is separated from it."""
    following = element.getnext()
    is_fraction = (element.tail or "").strip() in ("/", "⁄") and following is not None and following.tag == "sub"
    if is_fraction and reader.line.ending()[-1:].isdigit():
        reader.line.add(" ", PLAIN)
    reader.container(element)


def read_ruby(reader: PageReader, element: etree._Element) -> None:
    """Reads annotated characters: the characters whole, then their reading in brackets."""
    reading: list[str] = []
    if element.text:
        reader.emit(element.text.strip("\n\t "))
    for child in element:
        if child.tag in ("rt", "rtc"):
            reading.append("".join("".join(child.itertext()).split()))
        elif child.tag != "rp":
            reader.element(child)
            reading += ["".join("".join(inner.itertext()).split()) for inner in child.iter("rt")]
        if child.tail:
            reader.emit(child.tail.strip("\n\t "))
    if any(reading):
        reader.emit(f"({''.join(reading)})")


def read_field(reader: PageReader, element: etree._Element) -> None:
    """Reads a field of a form: its mark if it is a box, else its value behind its label."""
    mark = form_fields.box_mark(element)
    button = form_fields.button_text(element)
    value = mark or button or form_fields.shown_value(element)
    if not value:
        return
    label = reader.line.since(reader.field_start).strip()
    _begin_line(reader, label)
    if mark or button:
        reader.line.add(f" {value} ", PLAIN)
        return
    if not label and (named := form_fields.own_label(element, reader.context.labels)):
        _take_back(reader, named)
        reader.line.add(named, PLAIN)
        label = named
    is_in_sentence = bool((element.tail or "").strip()) and next(element.iterancestors("label"), None) is None
    if label and not label.endswith((":", "?", "：", "=")) and not is_in_sentence:
        reader.line.end_word(":")
    for number, line in enumerate(value.split("\n")):
        if number and not reader.is_single_line:
            reader.line.add_break()
        reader.line.add(f" {line} ", PLAIN)
    reader.field_start = reader.line.mark


def _begin_line(reader: PageReader, label: str) -> None:
    """Begins a line if a field precedes directly, with no text between."""
    if not label and reader.field_start and not reader.is_single_line:
        reader.line.add_break()
        reader.field_start = 0


def _take_back(reader: PageReader, label: str) -> None:
    """Removes the paragraph before the field if it is only its label."""
    last = reader.blocks[-1] if reader.blocks else None
    if isinstance(last, Paragraph) and " ".join("".join(run.text for run in last.runs).split()) == label:
        reader.blocks.pop()


def read_button(reader: PageReader, element: etree._Element) -> None:
    """Reads a button, separated from the text around it."""
    _begin_line(reader, reader.line.since(reader.field_start).strip())
    reader.line.add(" ", PLAIN)
    reader.container(element)
    reader.line.add(" ", PLAIN)


HANDLERS: Mapping[str, ElementHandler] = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), read_heading),
    **dict.fromkeys(("ul", "ol", "menu", "dir"), read_list),
    **dict.fromkeys(("pre", "listing", "xmp", "plaintext"), read_preformatted),
    **dict.fromkeys(("input", "select", "textarea"), read_field),
    "role=heading": read_heading_role,
    "role=table": read_table,
    "role=grid": read_table,
    **dict.fromkeys(("iframe", "frame"), read_frame),
    "p": read_paragraph,
    "br": read_break,
    "hr": read_rule,
    "a": read_link,
    "q": read_quote,
    "sup": read_script_up,
    "ruby": read_ruby,
    "button": read_button,
    "dl": read_definitions,
    "li": read_stray_item,
    "table": read_table,
    "figure": read_figure,
    "figcaption": read_figcaption,
    "img": read_image,
    "image": read_image,
    "svg": read_svg,
    "math": read_formula,
    "script": read_script,
}
