"""Finds lists within the items of a PDF's lists by the left edges of their texts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from docling.models.postprocessing.list_marker_processor import ListItemMarkerProcessor

from fathom.conversion.geometric.layout.roles.list_items import SIGNS

if TYPE_CHECKING:
    from docling_core.types.doc.document import DoclingDocument

# Texts of a list begin within so many ems of each other; text further to the right by more than this is another column.
SAME = 0.5
MAX_INDENT = 8.0
MAX_LEVELS = 8
TICKS = re.compile(r"[✓✗]")


class ItemMarks(ListItemMarkerProcessor):
    """Docling's reader of the marks of items, which knows more signs, and leaves those of ticks with the text they judge."""

    def __init__(self) -> None:
        super().__init__()
        patterns: Any = self
        kept = [pattern for pattern in patterns._compiled_bullet_item_patterns if not TICKS.search(pattern.pattern)]
        patterns._compiled_bullet_item_patterns = [re.compile(rf"^([{SIGNS}])\s*(\S.*)", re.DOTALL), *kept]


class NestedLists:
    """Says to which list each item belongs; a list within an item is added to the document."""

    def __init__(self) -> None:
        self._top: Any = None
        self._levels: list[tuple[float, Any, Any]] = []  # (left, list, its last item)

    def list_of(self, document: DoclingDocument, top: Any, left: float, size: float) -> Any:
        """Returns the list of an item whose text begins at `left`, in points; `top` is the outermost, None at a first item."""
        from docling_core.types.doc import GroupLabel

        if top is None or top is not self._top or not self._levels:
            return top
        if left > self._levels[-1][0] + MAX_INDENT * size:
            self._levels = [(left, top, None)]
            return top
        while len(self._levels) > 1 and left < self._levels[-1][0] - SAME * size:
            self._levels.pop()
        last_left, group, last_item = self._levels[-1]
        if left > last_left + SAME * size and last_item is not None and len(self._levels) < MAX_LEVELS:
            inner = document.add_group(label=GroupLabel.LIST, name="list", parent=last_item)
            self._levels.append((left, inner, None))
            return inner
        return group

    def added(self, item: Any, group: Any, top: Any, left: float) -> None:
        """Records that the item was added to the list `group`, the outermost of which is `top`."""
        if top is not self._top or not self._levels:
            self._top, self._levels = top, [(left, top, item)]
            return
        before = self._levels[-1][0]
        self._levels[-1] = (min(before, left) if len(self._levels) == 1 else before, group, item)
