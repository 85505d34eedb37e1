"""Docling's reader of HTML, made to keep headings that stand in lists, as they do on pages of results and of news."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from bs4 import BeautifulSoup, Tag
from docling.backend import epub_backend
from docling.backend.html_backend import HTMLDocumentBackend

if TYPE_CHECKING:
    from docling_core.types.doc.document import DoclingDocument

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
ITEMS = {"ul": ("li",), "ol": ("li",), "dl": ("dt", "dd", "div")}
# Headings in these are cells of a table, or help to find one's way on the site.
ELSEWHERE = ("table", "nav")


class HtmlBackend(HTMLDocumentBackend):
    """HTMLDocumentBackend, mended where docling 2.142.1 loses something; the tests beside it name the cases."""

    def convert(self) -> DoclingDocument:
        """As docling, which makes one text of all that is in an item of a list."""
        if self.soup is not None:
            self._close_implied_end_tags(self.soup)
            items_with_headings_are_sections(self.soup)
        return super().convert()

    def _handle_heading(self, tag: Tag, doc: DoclingDocument) -> Any:
        """As docling, which puts a blank beside every word that is marked up, in the midst of a word too."""
        added = super()._handle_heading(tag, doc)
        item, said = self.parents[self.level], " ".join(tag.get_text().split())
        if item is not None and "".join(item.text.split()) == "".join(said.split()):
            item.text = item.orig = said
        return added


def use_in_books() -> None:
    """The chapters of EPUBs, whose reader hands them on, are read by HtmlBackend, too."""
    epub_backend.HTMLDocumentBackend = HtmlBackend


def items_with_headings_are_sections(soup: BeautifulSoup) -> None:
    """An item of a list that has a heading in it is a section; the items beside it stay lists."""
    for held in soup.find_all(list(ITEMS)):
        items = [child for child in held.find_all(ITEMS[held.name], recursive=False) if isinstance(child, Tag)]
        headed = {id(item) for item in items if _has_heading(item)}
        if not headed or held.find_parent(ELSEWHERE):
            continue
        for is_headed, run in groupby(items, key=lambda item: id(item) in headed or held.name == "dl"):
            if is_headed:
                for item in run:
                    item.name = "div"
                continue
            beside = list(run)
            apart = soup.new_tag(held.name)
            beside[0].insert_before(apart)
            for item in beside:
                apart.append(item.extract())
        held.name = "div"


def _has_heading(item: Tag) -> bool:
    return any(
        heading.get_text(strip=True) and not any(parent.name in ELSEWHERE for parent in _between(heading, item))
        for heading in item.find_all(HEADINGS)
    )


def _between(inner: Tag, outer: Tag) -> list[Tag]:
    found = []
    for parent in inner.parents:
        if parent is outer:
            break
        found.append(parent)
    return found
