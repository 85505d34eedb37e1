"""Adds the list items of a shape, deeper levels below the previous item, with PowerPoint's numbers.

Docling 2.142.1 writes "1." whatever the format, and counts empty paragraphs; not needed once it reads `buAutoNum` types.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from docling_core.types.doc import DoclingDocument, ListItem, NodeItem

from fathom.conversion.docling_backends.office.pieces import OfficePiece, add_runs
from fathom.conversion.docling_backends.presentation.slide_paragraphs import auto_number


@dataclass(frozen=True)
class AutoNumber:
    """The numbering of an item: PowerPoint's name of the format, and the first number."""

    form: str
    start: int


@dataclass
class _OpenList:
    """An open list group, its level, and the numbering of its last item."""

    group: Any
    level: int
    last: ListItem | None = None
    number: AutoNumber | None = None
    counter: int = 0


class OpenLists:
    """The open lists of a shape, outermost first."""

    def __init__(self, document: DoclingDocument, parent: NodeItem, layer: Any) -> None:
        self._document = document
        self._parent = parent
        self._layer = layer
        self._open: list[_OpenList] = []

    def close(self) -> None:
        """Closes all lists, since a paragraph that is no item follows."""
        self._open.clear()

    def add(self, pieces: list[OfficePiece], level: int, number: AutoNumber | None, prov: Any) -> None:
        """Adds an item; `number` is None for a bullet."""
        current = self._at(level)
        if number != current.number:
            current.counter = number.start - 1 if number is not None else 0
        current.number = number
        current.counter += 1
        only = pieces[0] if len(pieces) == 1 and not pieces[0].is_formula else None
        current.last = self._document.add_list_item(
            text="" if only is None else only.text,
            marker="" if number is None else auto_number(current.counter, number.form),
            enumerated=number is not None,
            parent=current.group,
            prov=prov,
            formatting=None if only is None else only.formatting,
            hyperlink=None if only is None else only.hyperlink,
            content_layer=self._layer,
        )
        if only is None:
            add_runs(self._document, pieces, parent=current.last, layer=self._layer, prov=prov)

    def _at(self, level: int) -> _OpenList:
        while len(self._open) > 1 and self._open[-1].level > level:
            self._open.pop()
        if not self._open or level > self._open[-1].level:
            above = self._open[-1].last if self._open else self._parent
            group = self._document.add_list_group(name="list", parent=above, content_layer=self._layer)
            self._open.append(_OpenList(group, level))
        return self._open[-1]
