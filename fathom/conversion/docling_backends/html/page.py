"""Reads the visible content of a page into blocks, in order, with notices of omitted content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from docling_core.types.doc import DoclingDocument
from lxml import etree

from fathom.conversion.docling_backends.html.elements.form_fields import labels_of
from fathom.conversion.docling_backends.html.elements.handlers import HANDLERS
from fathom.conversion.docling_backends.html.elements.word_items import is_title
from fathom.conversion.docling_backends.html.html_left_out import OmittedContent
from fathom.conversion.docling_backends.html.html_reader import PageContext, PageReader
from fathom.conversion.docling_backends.html.page_links import PageLinks
from fathom.conversion.docling_backends.html.page_notes import find_notes
from fathom.conversion.docling_backends.html.page_tree import page_tree
from fathom.conversion.docling_backends.html.page_writer import PageWriter
from fathom.conversion.docling_backends.html.unseen import UnseenMarker
from fathom.conversion.docling_backends.markup.markup_blocks import MarkupBlock, Paragraph
from fathom.conversion.docling_backends.markup.markup_inline import Run
from fathom.conversion.report import Notice


@dataclass(slots=True)
class HtmlPageContent:
    """The content of a page: its title (of the window), blocks, menus, and notices of omitted content."""

    title: str = ""
    blocks: list[MarkupBlock] = field(default_factory=list[MarkupBlock])
    menus: list[str] = field(default_factory=list[str])
    notices: list[Notice] = field(default_factory=list[Notice])


def read_page(
    source: str, *, address: str | None = None, frames: Mapping[str, str] | None = None, below_title: bool = False
) -> HtmlPageContent:
    """Reads the HTML of a page.

    `address` is the page's URL, by which relative links are resolved. `frames` are pages within the page, by their
    addresses or content ids. `below_title`: the document has a title, so that the page's headings are below it.
    """
    root = page_tree(source)
    return read_tree(root, address=address, frames=frames, below_title=below_title) if root is not None else HtmlPageContent()


def read_tree(
    root: etree._Element, *, address: str | None = None, frames: Mapping[str, str] | None = None, below_title: bool = False
) -> HtmlPageContent:
    """Reads the tree of a page as `read_page`; the tree is changed."""
    title = next((" ".join("".join(found.itertext()).split()) for found in root.iter("title")), "")
    left_out = OmittedContent()
    notes = find_notes(root)
    unseen = UnseenMarker(root, left_out, frozenset(notes.notes))
    has_title = any(is_title(element) for element in root.iter("p"))
    context = PageContext(PageLinks(root, address), notes, left_out, labels_of(root), frames or {}, below_title, has_title)
    blocks = PageReader(context, HANDLERS).read(root)
    if not blocks:  # only `noscript` text or menus
        for element in unseen.without_scripts:
            _show(element)
        context.left_out = OmittedContent()  # the notices of the first reading are kept
        blocks = PageReader(context, HANDLERS).read(root) or [Paragraph([Run(text)]) for text in unseen.menus]
    else:
        for element in unseen.without_scripts:
            if text := " ".join("".join(element.itertext()).split()):
                left_out.add("noscript_text", text)
    return HtmlPageContent(title, blocks, unseen.menus, left_out.notices())


def _show(element: etree._Element) -> None:
    """Makes a `noframes` element readable; the parser has left its content as text."""
    element.tag = "div"
    if len(element) == 0 and element.text and "<" in element.text:
        inside = page_tree(element.text)
        if inside is not None:
            element.text = None
            element.append(inside)


def write_page(page: HtmlPageContent, document: DoclingDocument) -> None:
    """Appends the page to the document; its menus are furniture."""
    writer = PageWriter(document)
    writer.write(page.blocks)
    writer.write_apart(page.menus)
