"""Adds the lists of an OpenDocument body: nested, continued and interrupted lists, with the displayed numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docling_core.types.doc import ListItem, NodeItem

from fathom.conversion.docling_backends.office.pieces import add_runs
from fathom.conversion.docling_backends.opendocument.opendocument_markup import (
    HEADING,
    LIST,
    PARAGRAPH,
    TEXT,
    XML_ID,
    is_true,
    number_of,
)
from fathom.conversion.docling_backends.opendocument.opendocument_numbering import MAX_LEVELS, Levels
from fathom.conversion.docling_backends.opendocument.opendocument_styles import Styles

if TYPE_CHECKING:
    from fathom.conversion.docling_backends.opendocument.body import BodyWriter

_ITEM, _HEADER = f"{TEXT}list-item", f"{TEXT}list-header"


class ListWriter:
    """Adds the lists of a body; it keeps the earlier lists, since a later list may continue their numbering."""

    def __init__(self, body: BodyWriter, styles: Styles) -> None:
        self._body = body
        self._styles = styles
        self._by_id: dict[str, Levels] = {}
        self._by_style: dict[str, Levels] = {}
        self._before: tuple[Levels, ListItem | None] | None = None

    def interrupt(self) -> None:
        """Records that another block follows, so that a deeper list cannot nest below an item of the previous list."""
        self._before = None

    def number(self, style: str, level: int, start: int | None) -> str:
        """Returns the number of a heading whose style is in a list."""
        levels = self._by_style.setdefault(style, Levels(self._styles.list_style(style)))
        return levels.count(level, start)

    def add(self, element: Any, parent: NodeItem | None) -> None:
        """Adds a top-level `text:list`."""
        style = element.get(f"{TEXT}style-name") or self._style_of_first(element) or ""
        levels = self._continued(element, style)
        self._by_style[style] = levels
        key = element.get(XML_ID)
        if key:
            self._by_id[key] = levels
        above = self._before[1] if self._before is not None else None
        last = self._items(element, parent, levels, 1, above)
        self._before = (levels, last or above)

    def _continued(self, element: Any, style: str) -> Levels:
        earlier = self._by_id.get(element.get(f"{TEXT}continue-list", ""))
        if earlier is None and is_true(element, f"{TEXT}continue-numbering"):
            earlier = self._by_style.get(style)
        return earlier if earlier is not None else Levels(self._styles.list_style(style))

    def _style_of_first(self, element: Any) -> str | None:
        paragraph = next(element.iter(PARAGRAPH, HEADING), None)
        return None if paragraph is None else self._styles.list_style_of_paragraph(paragraph.get(f"{TEXT}style-name"))

    def _items(
        self, element: Any, parent: NodeItem | None, levels: Levels, level: int, above: ListItem | None
    ) -> ListItem | None:
        """Adds the items of a list below `parent`, or deeper lists below `above`; returns the last item."""
        group: Any = None
        last = above
        for entry in element.iterchildren(_ITEM, _HEADER):
            content = [child for child in entry if isinstance(child.tag, str)]
            first = next((child for child in content if child.tag != f"{TEXT}number"), None)
            if first is None:
                continue
            rest = content[content.index(first) + 1 :]
            if first.tag == LIST:
                self._nested(first, last if last is not None else parent, levels, level)
            else:
                start = number_of(entry, f"{TEXT}start-value", least=0) if entry.get(f"{TEXT}start-value") else None
                number = levels.count(level, start) if entry.tag == _ITEM else ""
                if first.tag == HEADING:
                    self._body.heading(first, parent, number)
                    group, last = None, None
                elif first.tag == PARAGRAPH and not (entry.tag == _ITEM and levels.is_plain(level)):
                    if group is None:
                        group = self._group(parent)
                    last = self._item(first, group, number) or last
                else:
                    self._body.block(first, parent)
            for child in rest:
                below: NodeItem | None = last if last is not None else parent
                if child.tag == LIST:
                    self._nested(child, below, levels, level)
                else:
                    self._body.block(child, below)
        return last if last is not above else None

    def _nested(self, element: Any, parent: NodeItem | None, levels: Levels, level: int) -> None:
        style = element.get(f"{TEXT}style-name")
        deeper = min(level + 1, MAX_LEVELS)
        if style and self._styles.list_style(style) is not None and self._by_style.get(style) is not levels:
            own = self._continued(element, style)
            self._by_style[style] = own
        else:
            own = levels
            if not is_true(element, f"{TEXT}continue-numbering") and isinstance(parent, ListItem) and not self._follows(parent):
                own.restart(deeper)
        self._items(element, parent, own, deeper, None)

    def _follows(self, parent: ListItem) -> bool:
        """Returns whether the parent is an item of the previous list, whose deeper levels continue."""
        return self._before is not None and self._before[1] is parent

    def _group(self, parent: NodeItem | None) -> Any:
        return self._body.document.add_list_group(name="list", parent=parent, content_layer=self._body.layer)

    def _item(self, paragraph: Any, group: NodeItem, number: str) -> ListItem | None:
        pieces = self._body.reader.read(paragraph).pieces
        item: ListItem | None = None
        if pieces:
            only = pieces[0] if len(pieces) == 1 and not pieces[0].is_formula else None
            item = self._body.document.add_list_item(
                text="" if only is None else only.text,
                marker=number,
                enumerated=bool(number),
                parent=group,
                formatting=None if only is None else only.formatting,
                hyperlink=None if only is None else only.hyperlink,
                content_layer=self._body.layer,
                prov=self._body.prov,
            )
            if only is None:
                add_runs(self._body.document, pieces, parent=item, layer=self._body.layer, prov=self._body.prov)
        self._body.hanging(paragraph, item, item if item is not None else group)
        return item
