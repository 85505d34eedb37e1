"""Adds the pictures, charts and formulas of an OpenDocument file, with docling's readers of its parts."""

from __future__ import annotations

from typing import Any

from docling.backend.opendocument_backend import _add_odf_charts, _add_odf_images
from docling_core.types.doc import DoclingDocument, NodeItem
from odfdo import Element

from fathom.conversion.docling_backends.jats.mathml import tex_of
from fathom.conversion.docling_backends.office.office_notes import alternative_text, describe
from fathom.conversion.docling_backends.opendocument.opendocument_markup import DRAW, FRAME, OFFICE, SVG, TABLE_ELEMENT, XLINK

_CHART = "{urn:oasis:names:tc:opendocument:xmlns:chart:1.0}"
_MATH = "{http://www.w3.org/1998/Math/MathML}math"


class Media:
    """The pictures and objects of a file; `loader` is docling's loader of linked pictures."""

    def __init__(self, file: Any, loader: Any) -> None:
        self._file = file
        self._loader = loader
        self._parts = frozenset(file.container.get_parts())
        self.untold_objects: list[str] = []

    def formula_of(self, drawing: Any) -> str:
        """Returns the TeX of a frame that holds a formula; empty for every other drawing."""
        held = drawing.find(f"{DRAW}object") if drawing.tag == FRAME else None
        if held is None:
            return ""
        formula = held.find(_MATH)
        if formula is None:
            root = self._root(held)
            formula = root if root is not None and root.tag == _MATH else None
        return tex_of(formula) if formula is not None else ""

    def embedded(self, drawing: Any) -> list[Any]:
        """Returns the blocks of a sheet or text embedded in the frame; of a sheet those of its tables."""
        held = drawing.find(f"{DRAW}object")
        root = self._root(held) if held is not None else None
        body = root.find(f"{OFFICE}body") if root is not None else None
        if body is None:
            return []
        sheet, text = body.find(f"{OFFICE}spreadsheet"), body.find(f"{OFFICE}text")
        if sheet is not None:
            return list(sheet.iterchildren(TABLE_ELEMENT))
        return [] if text is None else list(text)

    def add(self, document: DoclingDocument, frame: Any, parent: NodeItem | None, layer: Any) -> None:
        """Adds the chart or the picture of a frame, with its description; of several renditions the first readable."""
        first = len(document.pictures)
        held = frame.find(f"{DRAW}object")
        if held is not None:
            _add_odf_charts(document, Element.from_tag(frame), parent, layer, self._file)
            for picture in document.pictures[first:]:
                describe(picture, self._chart_texts(held))
            is_told = len(document.pictures) > first or held.find(_MATH) is not None or self.embedded(frame)
            if not is_told:
                self.untold_objects.append(frame.get(f"{DRAW}name", "") or "an object")
        description = description_of(frame)
        images = list(frame.iterfind(f"{DRAW}image"))
        for image in images if len(document.pictures) == first else ():
            if _add_odf_images(document, [Element.from_tag(image)], parent, layer, self._file, image_loader=self._loader):
                break
        if description and images and len(document.pictures) == first:
            document.add_picture(parent=parent, content_layer=layer)
        for picture in document.pictures[first:]:
            describe(picture, description)

    def _chart_texts(self, held: Any) -> str:
        """Returns the titles of a chart that docling skips: its subtitle, its footer and its axis titles."""
        root = self._root(held)
        places = () if root is None else root.iter(*(f"{_CHART}{name}" for name in ("subtitle", "footer", "axis")))
        titles = (place.find(f"{_CHART}title") if place.tag == f"{_CHART}axis" else place for place in places)
        texts = ("".join(title.itertext()).strip() for title in titles if title is not None)
        return "; ".join(dict.fromkeys(filter(None, texts)))

    def _root(self, held: Any) -> Any | None:
        """Returns the root of an embedded object's content, or None if it is missing."""
        name = f"{held.get(f'{XLINK}href', '').removeprefix('./').rstrip('/')}/content.xml"
        if name not in self._parts:
            return None
        try:
            return self._file.get_part(name).root._xml_element
        except (ValueError, SyntaxError):  # a damaged part; lxml's errors are SyntaxErrors
            return None


def description_of(frame: Any) -> str:
    """Returns the author's description of the frame."""
    return alternative_text(frame.findtext(f"{SVG}title"), frame.findtext(f"{SVG}desc"))
