"""Docling's assembly of a PDF's pages in the order of the layout engine; text is joined where the layout says it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from docling.models.postprocessing.reading_order_rb import PageElement, ReadingOrderPredictor
from docling.models.stages.reading_order.readingorder_model import ReadingOrderModel, ReadingOrderOptions
from docling_core.types.doc import DocItemLabel, ProvenanceItem

from fathom.conversion.geometric.layout.continuation import ParagraphShape, continues_in, paragraphs_indented
from fathom.conversion.geometric.layout.docling_page import TextCluster
from fathom.conversion.geometric.layout.paragraph_text import append_text
from fathom.conversion.geometric.pdf.assembly.nested_lists import ItemMarks, NestedLists

TEXT = DocItemLabel.TEXT
# Items that may stand between a sentence's beginning and its end.
BETWEEN = frozenset(
    {
        DocItemLabel.PAGE_HEADER, DocItemLabel.PAGE_FOOTER, DocItemLabel.TABLE, DocItemLabel.PICTURE, DocItemLabel.CAPTION,
        DocItemLabel.FOOTNOTE,
    }
)  # fmt: skip


class _Element(PageElement):
    """An element that knows how its text is set; None where another engine laid the page out."""

    shape: ParagraphShape | None = None


class ReadingOrder(ReadingOrderModel):
    """ReadingOrderModel that keeps the order of the layout engine, which knows boxes, sizes and edges."""

    def __init__(self, options: ReadingOrderOptions) -> None:
        super().__init__(options)
        self.ro_model = _KeepsOrder()
        self.list_item_processor = ItemMarks()
        self._lists = NestedLists()

    def _assembled_to_readingorder_elements(self, conv_res: Any) -> list[Any]:
        elements = super()._assembled_to_readingorder_elements(conv_res)
        made = [_shape_of(element) for element in conv_res.assembled.elements]
        return [_Element(**dict(element), shape=shape) for element, shape in zip(elements, made, strict=True)]

    def _handle_text_element(self, element: Any, *, out_doc: Any, current_list: Any, parent: Any, page_height: float) -> Any:
        """Handles text as docling does, except that docling has all items of a list side by side."""
        shape = _shape_of(element)
        inner, item = current_list, element.label == DocItemLabel.LIST_ITEM and shape is not None
        if item and shape is not None:
            inner = self._lists.list_of(out_doc, current_list, shape.left, shape.size)
        found, group = super()._handle_text_element(
            element, out_doc=out_doc, current_list=inner, parent=parent, page_height=page_height
        )
        if not item or shape is None:
            return found, group
        self._lists.added(found, group, current_list or group, shape.left)
        return found, current_list or group

    def _merge_elements(self, element: Any, merged_elem: Any, new_item: Any, page_height: float) -> None:
        """Merges as docling does, except that docling removes every hyphen and puts a blank between letters that have none."""
        before = len(new_item.text)
        new_item.text = append_text(new_item.text, merged_elem.text)
        new_item.orig = append_text(new_item.orig, merged_elem.text)
        start = min(before, len(new_item.text) - len(merged_elem.text))
        new_item.prov.append(
            ProvenanceItem(
                page_no=merged_elem.page_no,
                charspan=(start, len(new_item.text)),
                bbox=merged_elem.cluster.bbox.to_bottom_left_origin(page_height),
            )
        )
        if new_item.hyperlink != merged_elem.hyperlink:
            new_item.hyperlink = None


class _KeepsOrder(ReadingOrderPredictor):
    """Elements come in the order the layout engine gave them."""

    def predict_reading_order(self, page_elements: list[PageElement], page_separators: Any = None) -> list[PageElement]:
        return list(page_elements)

    def predict_merges(self, sorted_elements: list[PageElement]) -> dict[int, list[int]]:
        """Returns, for each text that goes on elsewhere, the parts it goes on with."""
        if not all(isinstance(element, _Element) and element.shape for element in sorted_elements if element.label == TEXT):
            return dict(super().predict_merges(sorted_elements))
        merges: dict[int, list[int]] = {}
        first_of: dict[int, int] = {}
        indented = paragraphs_indented(element.shape for element in sorted_elements if element.label == TEXT)
        for at, element in enumerate(sorted_elements):
            if element.label != TEXT:
                continue
            after = _next_text(sorted_elements, at)
            if after is not None and _elsewhere(element, after) and continues_in(element.shape, after.shape, indented=indented):
                first = first_of.get(element.cid, element.cid)
                merges.setdefault(first, []).append(after.cid)
                first_of[after.cid] = first
        return merges


def _shape_of(element: Any) -> ParagraphShape | None:
    return element.cluster.shape if isinstance(element.cluster, TextCluster) else None


def _next_text(elements: Sequence[Any], at: int) -> Any:
    """Returns the text after that at `at`, past boxes and items that may stand between; None at another element."""
    boxed = elements[at].shape.boxed
    for other in elements[at + 1 :]:
        shape: ParagraphShape | None = other.shape
        if other.label in BETWEEN or (shape is not None and shape.boxed and not boxed):
            continue
        return other if other.label == TEXT else None
    return None


def _elsewhere(element: Any, after: Any) -> bool:
    """Returns whether `after` is on another page, or in a column to the right."""
    return bool(element.page_no != after.page_no or element.is_strictly_left_of(after))
