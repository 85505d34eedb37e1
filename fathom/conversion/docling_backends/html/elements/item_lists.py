"""Reads lists: with the numbers that a browser shows, and with sections for items that have headings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from fathom.conversion.docling_backends.html.elements.table_parts import HEADINGS
from fathom.conversion.docling_backends.html.elements.word_items import docs_list, list_at
from fathom.conversion.docling_backends.html.html_reader import MAX_STRUCTURES, PageReader
from fathom.conversion.docling_backends.html.html_styles import declarations
from fathom.conversion.docling_backends.html.unseen import NEVER
from fathom.conversion.docling_backends.markup.markup_blocks import ItemList, ListItem, MarkupBlock

_NUMBER = re.compile(r"\s*([+-]?\d{1,9})")
_MARKER_STRING = re.compile(r"list-style(?:-type)?\s*:\s*(['\"])(.{1,40}?)\1", re.I)
_TYPES = {
    "decimal": "1", "lower-alpha": "a", "lower-latin": "a", "upper-alpha": "A", "upper-latin": "A", "lower-roman": "i",
    "upper-roman": "I",
}  # fmt: skip
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"),
    (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip


def read_list(reader: PageReader, element: etree._Element) -> None:
    """Reads a list. Items with headings are sections of the page; other content stays before or between them."""
    if reader.structures >= MAX_STRUCTURES:
        reader.container(element)
        return
    reader.end_line()
    if (top := _list_before(reader, element)) is not None:
        _, level = docs_list(element) or ("", 0)
        for block in _inner_list(reader, element):
            if isinstance(block, ItemList):
                list_at(top, level, ordered=block.ordered).items += block.items
            else:
                reader.blocks.append(block)
        return
    ordered = element.tag == "ol"
    numbers = _Numbers(element)
    found: ItemList | None = None
    if element.text:
        reader.emit(element.text)
    for child in element:
        if child.tag in NEVER:
            pass
        elif child.tag == "li":
            reader.end_line()
            marker = numbers.marker(child) if ordered else _marker_string(child)
            if _has_heading(child) and not reader.in_cell:
                found = None
                reader.container(child)
            elif child in reader.context.notes.notes:
                found = None
                reader.element(child)
            else:
                found = _add_item(reader, child, found, ordered, marker)
        elif child.tag in ("ul", "ol", "menu", "dir", "dl") and found is not None and found.items:
            found.items[-1].blocks += reader.inside(child) if child.tag == "dl" else _inner_list(reader, child)
        else:
            count = len(reader.blocks)
            reader.element(child)
            if len(reader.blocks) > count or reader.line.since(0).strip():
                found = None
        if child.tail and child.tail.strip():
            found = None
            reader.emit(child.tail)
    reader.end_line()


def read_stray_item(reader: PageReader, element: etree._Element) -> None:
    """Reads an item outside a list; adjacent stray items form a list."""
    last = reader.blocks[-1] if reader.blocks and reader.line.mark == 0 else None
    before = element.getprevious()
    continued = last if isinstance(last, ItemList) and before is not None and before.tag == "li" else None
    reader.end_line()
    _add_item(reader, element, continued, False, "")


def read_definitions(reader: PageReader, element: etree._Element) -> None:
    """Reads terms as bold items with their definitions as nested items; with headings, as a run of sections."""
    parts = list(_definition_parts(element))
    if reader.structures >= MAX_STRUCTURES or (not reader.in_cell and any(_has_heading(part) for part in parts)):
        reader.container(element)
        return
    reader.end_line()
    reader.structures += 1
    terms = ItemList()
    meanings: ItemList | None = None
    for part in parts:
        if part.tag == "dt":
            style = reader.style
            reader.style = reader.bold(style)
            blocks = reader.inside(part)
            reader.style = style
            meanings = None
            if blocks:
                terms.items.append(ListItem(blocks))
            continue
        blocks = reader.inside(part)
        if not blocks:
            continue
        if not terms.items:
            terms.items.append(ListItem(blocks))
            continue
        if meanings is None:
            meanings = ItemList()
            terms.items[-1].blocks.append(meanings)
        meanings.items.append(ListItem(blocks))
    reader.structures -= 1
    if terms.items:
        reader.blocks.append(terms)


def _definition_parts(element: etree._Element) -> Iterator[etree._Element]:
    """Yields the terms and definitions of a list, and its other content as blocks of their own."""
    yield from _loose(element.text)
    for child in element:
        if child.tag in ("dt", "dd"):
            yield child
        elif child.tag not in NEVER:
            holds_parts = child.tag in ("div", "span", "p") and next(child.iter("dt", "dd"), None) is not None
            yield from _definition_parts(child) if holds_parts else [child]
        yield from _loose(child.tail)


def _loose(text: str | None) -> Iterator[etree._Element]:
    if text and not text.isspace():
        element = etree.Element("div")
        element.text = text
        yield element


def _add_item(reader: PageReader, item: etree._Element, found: ItemList | None, ordered: bool, marker: str) -> ItemList | None:
    """Adds the item to the list, or to a new list; returns the list."""
    reader.structures += 1
    blocks = reader.inside(item)
    reader.structures -= 1
    if not blocks:
        return found
    if found is None:
        found = ItemList(ordered=ordered)
        reader.blocks.append(found)
    found.items.append(ListItem(blocks, marker))
    return found


def _list_before(reader: PageReader, element: etree._Element) -> ItemList | None:
    """Returns the list that this list continues: Google Docs writes each level of a list as a list of its own."""
    own, before = docs_list(element), element.getprevious()
    last = reader.blocks[-1] if reader.blocks else None
    if own is None or before is None or not isinstance(last, ItemList) or (before.tail or "").strip():
        return None
    above = docs_list(before)
    return last if above is not None and above[0] == own[0] else None


def _inner_list(reader: PageReader, element: etree._Element) -> list[MarkupBlock]:
    """Returns a nested list that is outside the items: it belongs to the item before it."""
    blocks, reader.blocks = reader.blocks, []
    reader.structures += 1
    read_list(reader, element)
    reader.structures -= 1
    found, reader.blocks = reader.blocks, blocks
    return found


def _has_heading(item: etree._Element) -> bool:
    return any(
        next(heading.iterancestors("table", "li", "dt", "dd", "nav"), item) is item
        for heading in item.iter(*HEADINGS)
        if any(text.strip() for text in heading.itertext())
    )


def _marker_string(item: etree._Element) -> str:
    matched = _MARKER_STRING.search(item.get("style") or "")
    return matched[2].strip() if matched else ""


class _Numbers:
    """Counts the items of an ordered list as a browser does."""

    def __init__(self, element: etree._Element) -> None:
        self._step = -1 if element.get("reversed") is not None else 1
        start = _integer(element.get("start"))
        if start is None:
            start = sum(1 for child in element if child.tag == "li") if self._step < 0 else 1
        self._next = start
        css = declarations(element.get("style") or "")
        named = (css.get("list-style-type") or css.get("list-style") or "").split()
        self._type = next((_TYPES[word] for word in named if word in _TYPES), element.get("type") or "1")

    def marker(self, item: etree._Element) -> str:
        """Returns the marker of the next item, such as `4.` or `d.`."""
        value = _integer(item.get("value"))
        number = self._next if value is None else value
        self._next = number + self._step
        return _marker_string(item) or f"{_numeral(number, item.get('type') or self._type)}."


def _integer(value: str | None) -> int | None:
    matched = _NUMBER.match(value) if value else None
    return int(matched[1]) if matched else None


def _numeral(number: int, kind: str) -> str:
    if kind in ("a", "A") and number > 0:
        letters = ""
        while number:
            number, left = divmod(number - 1, 26)
            letters = chr(97 + left) + letters
        return letters if kind == "a" else letters.upper()
    if kind in ("i", "I") and 0 < number < 4000:
        numeral = ""
        for value, sign in _ROMAN:
            count, number = divmod(number, value)
            numeral += sign * count
        return numeral if kind == "i" else numeral.upper()
    return str(number)
