"""Reads framed pages that came with the page, and names the others."""

from __future__ import annotations

from lxml import etree

from fathom.conversion.docling_backends.html.html_reader import MAX_STRUCTURES, PageReader
from fathom.conversion.docling_backends.html.page_notes import find_notes
from fathom.conversion.docling_backends.html.page_tree import page_tree
from fathom.conversion.docling_backends.html.unseen import UnseenMarker


def read_frame(reader: PageReader, element: etree._Element) -> None:
    """Reads the page in the frame if the file contains it; otherwise a notice names its address."""
    source = (element.get("src") or "").strip()
    page = element.get("srcdoc") or reader.context.frames.get(source.removeprefix("cid:"))
    if page is None or reader.structures >= MAX_STRUCTURES:
        if source and not source.startswith(("about:", "javascript:", "data:")):
            reader.context.left_out.add("frame_not_taken", reader.context.links.target(source) or source)
        return
    root = page_tree(page)
    if root is None:
        return
    notes, reader.context.notes = reader.context.notes, find_notes(root)
    UnseenMarker(root, reader.context.left_out, frozenset(reader.context.notes.notes))
    reader.structures += 4  # limits nested frames
    reader.end_line()
    reader.flow(root)
    reader.end_line()
    reader.structures -= 4
    reader.context.notes = notes
