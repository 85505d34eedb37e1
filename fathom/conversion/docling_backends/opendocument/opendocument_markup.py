"""Names of OpenDocument elements, and helpers for its trees."""

from __future__ import annotations

import re
from typing import Any

from fathom.conversion.docling_backends.office.whole_numbers import whole_number

_NAMES = {
    "office": "office",
    "text": "text",
    "table": "table",
    "style": "style",
    "draw": "drawing",
    "presentation": "presentation",
}
OFFICE, TEXT, TABLE, STYLE, DRAW, PRESENTATION = (
    f"{{urn:oasis:names:tc:opendocument:xmlns:{_NAMES[name]}:1.0}}" for name in _NAMES
)
FO = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}"
SVG = "{urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0}"
XLINK = "{http://www.w3.org/1999/xlink}"
DC = "{http://purl.org/dc/elements/1.1/}"
LOEXT = "{urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0}"
XML_ID = "{http://www.w3.org/XML/1998/namespace}id"

PARAGRAPH, HEADING, LIST, SECTION = f"{TEXT}p", f"{TEXT}h", f"{TEXT}list", f"{TEXT}section"
TABLE_ELEMENT, FRAME, TEXT_BOX = f"{TABLE}table", f"{DRAW}frame", f"{DRAW}text-box"
_LENGTH = re.compile(r"(-?[\d.]+)\s*(cm|mm|in|pt|pc|px|q)?$", re.I)
_POINTS = {"cm": 72 / 2.54, "mm": 7.2 / 2.54, "in": 72.0, "pt": 1.0, "pc": 12.0, "px": 0.75, "q": 1.8 / 2.54, "": 1.0}
_MOVED = re.compile(r"translate\s*\(\s*([\d.-]+\w*)[\s,]+([\d.-]+\w*)\s*\)")


def points(length: str | None) -> float | None:
    """Returns a length such as `1.2cm` in points; None if it is invalid."""
    found = _LENGTH.match((length or "").strip())
    if found is None:
        return None
    try:
        return float(found[1]) * _POINTS[(found[2] or "").lower()]
    except ValueError:
        return None


def corner(shape: Any) -> tuple[float, float] | None:
    """Returns (left, top) of a shape on its page in points, of a group that of its outermost shapes; None if unknown."""
    left, top = points(shape.get(f"{SVG}x")), points(shape.get(f"{SVG}y"))
    if left is not None and top is not None:
        return left, top
    moved = _MOVED.search(shape.get(f"{DRAW}transform", ""))
    if moved is not None:
        left, top = points(moved[1]), points(moved[2])
        if left is not None and top is not None:
            return left, top
    inner = [place for child in shape if isinstance(child.tag, str) and (place := corner(child)) is not None]
    return (min(place[0] for place in inner), min(place[1] for place in inner)) if inner else None


def number_of(element: Any, name: str, default: int = 1, least: int = 1) -> int:
    """Returns a number of at least `least` from an attribute, or the default."""
    return max(least, whole_number(element.get(name), default))


def is_true(element: Any, name: str) -> bool:
    """Returns whether the attribute is true."""
    return bool(element.get(name, "false").lower() == "true")
