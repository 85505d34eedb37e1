"""Links on some words of a paragraph: the paragraph becomes runs of text, of which those words are one with its link."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docling.datamodel.document import ConversionResult
    from docling_core.types.doc import DoclingDocument

MOST_RUNS = 200
_PARAGRAPHS = frozenset({"text", "list_item", "paragraph", "footnote"})
Found = tuple[int, int, str]


def keep_inline_links(result: ConversionResult) -> None:
    """Each paragraph and item of a PDF that has links on some of its words holds them as runs, in the order of its text.

    The backend gives the words of a link as `widget_text` (see backend.py). A link whose words are not in the text as they
    stand on the page, a divided one for instance, is left out; what is a link as a whole stays as Docling has it.
    """
    pages = {page.page_no: page for page in result.pages if page.parsed_page is not None and page.parsed_page.hyperlinks}
    for item in list(result.document.texts) if pages else []:
        if str(getattr(item.label, "value", item.label)) not in _PARAGRAPHS or item.hyperlink or item.children:
            continue
        found = list(_found(item.text, _links_on(item, pages)))
        if found:
            _split(result.document, item, found[:MOST_RUNS])


def _links_on(item: Any, pages: dict[int, Any]) -> Iterator[tuple[str, str]]:
    """The words and the URI of each link whose middle lies in one of the item's boxes, from top to bottom."""
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
        yield from ((words, uri) for _, _, words, uri in sorted(inside))


def _found(text: str, links: Iterable[tuple[str, str]]) -> Iterator[Found]:
    """Where each link's words stand, one after the other."""
    end = 0
    for words, uri in links:
        match = re.compile(rf"(?<!\w){re.escape(words)}(?!\w)").search(text, end)
        if match and match.group().strip():
            yield match.start(), match.end(), uri
            end = match.end()


def _split(document: DoclingDocument, item: Any, found: list[Found]) -> None:
    from docling_core.types.doc import DocItemLabel

    text, prov = item.text, item.prov[0]
    item.text = item.orig = ""
    group = document.add_inline_group(parent=item)
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
