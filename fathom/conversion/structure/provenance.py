"""Where an item stands: Docling's provenance as boxes in points from the top left corner of a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from fathom.conversion.report import DocumentKind

EMU_PER_POINT = 12700
# Docling gives slides in English Metric Units and spreadsheets in columns and rows, which are no points at all.
_UNITS_PER_POINT: Mapping[DocumentKind, float | None] = {
    DocumentKind.PPTX: EMU_PER_POINT,
    DocumentKind.XLSX: None,
    DocumentKind.ODS: None,
}


class PageBox(BaseModel):
    """A rectangle on a page, in points from the top left corner."""

    model_config = ConfigDict(frozen=True)

    page: int
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class PagePlace:
    """A page and, where it is known, the box and the characters (start, end) of the item that stand there."""

    page: int
    box: PageBox | None = None
    span: tuple[int, int] | None = None


class Pages:
    """Turns the provenance of one document into places, by its page sizes and units."""

    def __init__(self, document: Mapping[str, Any], kind: DocumentKind) -> None:
        self._units = _UNITS_PER_POINT.get(kind, 1.0)
        self._heights = {
            int(number): float(height)
            for number, page in (document.get("pages") or {}).items()
            if (height := ((page or {}).get("size") or {}).get("height")) is not None
        }

    def places(self, node: Mapping[str, Any]) -> tuple[PagePlace, ...]:
        """Returns the places of an item, one for each provenance; none for kinds without pages."""
        found: list[PagePlace] = []
        for entry in node.get("prov") or ():
            page = entry.get("page_no")
            if page is None:
                continue
            start, end = entry.get("charspan") or (0, 0)
            span = (start, end) if end > start else None
            found.append(PagePlace(page, self.box(page, entry.get("bbox")), span))
        return tuple(found)

    def box(self, page: int, bbox: Mapping[str, Any] | None) -> PageBox | None:
        """Returns the bounding box in points from the top left, or None where the kind has no points."""
        if not bbox or self._units is None:
            return None
        top, bottom = float(bbox["t"]), float(bbox["b"])
        if bbox.get("coord_origin") == "BOTTOMLEFT":
            height = self._heights.get(page)
            if height is None:
                return None
            top, bottom = height - top, height - bottom
        left, right = sorted((float(bbox["l"]), float(bbox["r"])))
        top, bottom = sorted((top, bottom))
        left, top, right, bottom = (round(edge / self._units, 2) for edge in (left, top, right, bottom))
        return PageBox(page=page, left=left, top=top, right=right, bottom=bottom)


def places_within(places: Sequence[PagePlace], start: int, end: int) -> tuple[PagePlace, ...]:
    """Returns the places that hold some of the characters from start to end; all of them where none says which it holds."""
    hit = tuple(place for place in places if place.span is not None and place.span[0] < end and start < place.span[1])
    return hit or tuple(places)
