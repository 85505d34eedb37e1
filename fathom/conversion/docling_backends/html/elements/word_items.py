"""Reads list items that Word and Outlook write as paragraphs, and the list levels of Google Docs.

Neither nests its lists: the level of an item is in its style or in its class name.
"""

from __future__ import annotations

import re

from lxml import etree

from fathom.conversion.docling_backends.html.html_reader import MAX_STRUCTURES, PageReader
from fathom.conversion.docling_backends.html.unseen import HIDDEN
from fathom.conversion.docling_backends.markup.markup_blocks import ItemList, ListItem

MAX_LEVEL = 9

_LEVEL = re.compile(r"mso-list\s*:\s*l\d+\s+level(\d{1,2})", re.I)
_MARKER = re.compile(r"mso-list\s*:\s*ignore", re.I)
_NUMBER = re.compile(r"\(?(?:\d+(?:\.\d+)*|[a-z]|[ivxlcdm]+)(?:[.)]|(?<=\d))", re.I)
_DOCS_LIST = re.compile(r"(?:^|\s)lst-(kix_\w+)-(\d)(?:\s|$)")


def read_paragraph(reader: PageReader, element: etree._Element) -> None:
    """Reads a paragraph: a list item if Word marks it so, a title if Word or Google Docs marks it so."""
    level = word_level(element)
    if level and not reader.is_single_line and reader.structures + level < MAX_STRUCTURES:
        _read_item(reader, element, level)
    elif not reader.in_cell and is_title(element):
        reader.add_title(element)
    else:
        reader.container(element)


def word_level(element: etree._Element) -> int:
    """Returns the list level, from 1, that Word's style declares for the paragraph; 0 if it declares none."""
    found = _LEVEL.search(element.get("style") or "")
    return min(max(int(found[1]), 1), MAX_LEVEL) if found else 0


def docs_list(element: etree._Element) -> tuple[str, int] | None:
    """Returns the name of the Google Docs list that this list belongs to, and its level from 0."""
    found = _DOCS_LIST.search(element.get("class") or "")
    return (found[1], int(found[2])) if found else None


def list_at(top: ItemList, level: int, *, ordered: bool) -> ItemList:
    """Returns the list at a level (from 0) at the end of `top`; creates it below the last item if it is missing."""
    found = top
    for _ in range(level):
        if not found.items:
            break
        last = found.items[-1].blocks
        if not last or not isinstance(last[-1], ItemList):
            last.append(ItemList(ordered=ordered))
            found = last[-1]  # type: ignore[assignment]
            break
        found = last[-1]
    return found


def _read_item(reader: PageReader, element: etree._Element, level: int) -> None:
    marker = _take_marker(element)
    ordered = _NUMBER.fullmatch(marker) is not None
    before = element.getprevious()
    goes_on = before is not None and word_level(before) > 0 and not (before.tail or "").strip()
    reader.end_line()
    reader.structures += level
    blocks = reader.inside(element)
    reader.structures -= level
    if not blocks:
        return
    top = reader.blocks[-1] if reader.blocks and goes_on else None
    if not isinstance(top, ItemList):
        top = ItemList(ordered=ordered)
        reader.blocks.append(top)
    items = list_at(top, level - 1, ordered=ordered)
    if items is top and top.items and top.ordered != ordered:
        items = ItemList(ordered=ordered)
        reader.blocks.append(items)
    items.items.append(ListItem(blocks, marker if ordered else ""))


def _take_marker(element: etree._Element) -> str:
    """Removes the marker that Word wrote before the text from the paragraph, and returns it."""
    for inner in element.iter("span"):
        if _MARKER.search(inner.get("style") or ""):
            marker = "".join("".join(inner.itertext()).split())
            inner.tag = HIDDEN
            return marker
    return ""


def is_title(element: etree._Element) -> bool:
    """Returns whether the paragraph is the document's title, by the class names of Word and Google Docs."""
    names = (element.get("class") or "").split()
    if "MsoTitle" in names:
        return True
    if "title" not in names:
        return False
    body = next(element.iterancestors("body"), None)
    return body is not None and "doc-content" in (body.get("class") or "").split()
