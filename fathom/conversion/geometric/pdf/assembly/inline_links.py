"""Adds links on words of a paragraph: the paragraph becomes runs of text, and those words are a run with its link."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docling.datamodel.document import ConversionResult
    from docling_core.types.doc import DoclingDocument

# Further links of a paragraph or cell, and links in cells of a document that has so many texts, are left out.
MAX_LINKS_IN_TEXT = 200
MAX_DOCUMENT_TEXTS = 200_000
_HYPHENS = ("-", "\u2010", "\u00ad")
_PARAGRAPHS = frozenset({"text", "list_item", "paragraph", "footnote"})
LinkSpan = tuple[int, int, str]


def keep_inline_links(result: ConversionResult) -> None:
    """Splits each paragraph and item of a PDF that has links on some of its words into runs, in the order of its text.

    So are the cells of tables. The backend gives the words of a link as `widget_text` (see pdf_backend.py), those of a link
    over several lines line by line. A link whose words are not in the text is left out; text that is wholly a link stays as
    Docling has it.
    """
    pages = {page.page_no: page for page in result.pages if page.parsed_page is not None and page.parsed_page.hyperlinks}
    for item in list(result.document.texts) if pages else []:
        if str(getattr(item.label, "value", item.label)) not in _PARAGRAPHS or item.hyperlink or item.children:
            continue
        found = list(_found(item.text, _links_on(item, pages)))
        if found:
            _split(result.document, item, found[:MAX_LINKS_IN_TEXT])
    for table in list(result.document.tables) if pages else []:
        link_cells(result.document, table, list(_links_on(table, pages)))


@dataclass(frozen=True, slots=True)
class _Link:
    """The words of a link as they stand on their lines, its URI, and the middle of its first line on the page."""

    parts: tuple[str, ...]
    uri: str
    page: int
    x: float
    y: float


def _links_on(item: Any, pages: dict[int, Any]) -> Iterator[_Link]:
    """Returns each link whose middle lies in one of the item's boxes, from top to bottom; a link over several lines once."""
    last: _Link | None = None
    for prov in item.prov:
        page = pages.get(prov.page_no)
        if page is None or page.size is None:
            continue
        box = prov.bbox.to_top_left_origin(page.size.height)
        inside = []
        for link in page.parsed_page.hyperlinks:
            if not link.widget_text or link.uri is None:
                continue
            rect = link.rect.to_bounding_box().to_top_left_origin(page.size.height)
            x, y = (rect.l + rect.r) / 2, (rect.t + rect.b) / 2
            if box.l <= x <= box.r and box.t <= y <= box.b:
                inside.append((round(y), x, link.widget_text, str(link.uri)))
        for height, x, words, uri in sorted(inside):
            if last is not None and last.uri == uri and (prov.page_no, height) != (last.page, round(last.y)):
                last = _Link((*last.parts, words), uri, last.page, last.x, last.y)
                continue
            if last is not None:
                yield last
            last = _Link((words,), uri, prov.page_no, x, height)
    if last is not None:
        yield last


def _found(text: str, links: Iterable[_Link]) -> Iterator[LinkSpan]:
    """Yields where each link's words stand, in turn: as a whole, or else line by line."""
    end = 0
    for link in links:
        for parts in (link.parts, *((part,) for part in link.parts if len(link.parts) > 1)):
            match = re.compile(_pattern(parts)).search(text, end)
            if match and match.group().strip():
                yield match.start(), match.end(), link.uri
                end = match.end()
                if parts is link.parts:
                    break


def _pattern(parts: Sequence[str]) -> str:
    """Returns the words with a blank between lines, or none where a word is divided there."""
    joined = re.escape(parts[0])
    for before, part in pairwise(parts):
        if before.endswith(_HYPHENS):
            joined = joined[: -len(re.escape(before[-1]))] + "[-\u2010\u00ad]?"
        joined += rf"\s*{re.escape(part)}"
    return rf"(?<!\w){joined}(?!\w)"


def link_cells(document: DoclingDocument, table: Any, links: Sequence[_Link]) -> None:
    """Splits each cell of the table that has a link on its words into runs, of which one is the link."""
    from docling_core.types.doc.document import RichTableCell

    for index, cell in enumerate(table.data.table_cells if links else []):
        box = cell.bbox
        if box is None or not cell.text or len(document.texts) > MAX_DOCUMENT_TEXTS:
            continue
        here = [link for link in links if box.l <= link.x <= box.r and box.t <= link.y <= box.b]
        found = list(_found(cell.text, here))[:MAX_LINKS_IN_TEXT]
        if found:
            group = document.add_inline_group(parent=table)
            _add_runs(document, group, cell.text, found, None)
            values = {name: getattr(cell, name) for name in type(cell).model_fields}
            table.data.table_cells[index] = RichTableCell(**values, ref=group.get_ref())


def _split(document: DoclingDocument, item: Any, found: list[LinkSpan]) -> None:
    text, prov = item.text, item.prov[0]
    item.text = item.orig = ""
    _add_runs(document, document.add_inline_group(parent=item), text, found, prov)


def _add_runs(document: DoclingDocument, group: Any, text: str, found: list[LinkSpan], prov: Any) -> None:
    from docling_core.types.doc import DocItemLabel

    at = 0
    for start, end, uri in [*found, (len(text), len(text), "")]:
        for run, link in ((text[at:start].strip(), None), (text[start:end].strip(), uri)):
            if run:
                document.add_text(DocItemLabel.TEXT, run, prov=prov, parent=group, hyperlink=_url(link))
        at = end


def _url(uri: str | None) -> Any:
    from pydantic import AnyUrl, ValidationError

    try:
        return AnyUrl(uri) if uri else None
    except ValidationError:  # Docling's reader of pages keeps such as mere strings, which its items do not take
        return None
