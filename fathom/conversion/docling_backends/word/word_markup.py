"""Names of WordprocessingML elements, and helpers for its trees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docx.opc.part import XmlPart
from docx.oxml import parse_xml
from lxml import etree

from fathom.conversion.docling_backends.office.office_notes import alternative_text

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
WORD_2010 = "http://schemas.microsoft.com/office/word/2010/wordml"
COMPATIBILITY = "http://schemas.openxmlformats.org/markup-compatibility/2006"
RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"
W, W14, MC, R, M = (f"{{{name}}}" for name in (WORD, WORD_2010, COMPATIBILITY, RELATIONSHIPS, MATH))
VAL = f"{W}val"
XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"

# Marks that steps of this package leave in the tree for later steps.
_OWN = "{urn:fathom:word}"
LINK, CHECKBOX, DIAGRAM, IMPORTED = (f"{_OWN}{name}" for name in ("link", "checkbox", "diagram", "imported"))

P, RUN, TEXT, TABLE, ROW, CELL = (f"{W}{name}" for name in ("p", "r", "t", "tbl", "tr", "tc"))
PARAGRAPH_PROPERTIES, RUN_PROPERTIES = f"{W}pPr", f"{W}rPr"
_OFF = frozenset({"0", "false", "off", "none"})


def tree_of(part: Any) -> Any | None:
    """Returns the tree of a part of the package, or None if it is no XML."""
    if isinstance(part, XmlPart):
        return part.element
    try:
        return parse_xml(part.blob)
    except etree.XMLSyntaxError:
        return None


def is_on(element: Any | None) -> bool | None:
    """Returns the value of a switch such as `w:b`; None if it is missing."""
    return None if element is None else element.get(VAL, "1").lower() not in _OFF


def value_of(element: Any, path: str) -> str | None:
    """Returns the `w:val` of the first element at the path, or None."""
    found = element.find(path)
    return None if found is None else found.get(VAL)


def unwrap(element: Any, content: Any | None = None) -> None:
    """Replaces the element by its children, or by those of `content` within it."""
    for child in list(element if content is None else content):
        element.addprevious(child)
    remove(element)


def remove(element: Any) -> None:
    """Removes the element from its tree."""
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def text_element(near: Any, text: str) -> Any:
    """Returns a new `w:t` of the same element class as `near`."""
    made = near.makeelement(TEXT, nsmap=None)
    made.text = text
    made.set(XML_SPACE, "preserve")
    return made


def shown_text(element: Any) -> str:
    """Returns the text of the runs below the element, tabs and breaks as blanks."""
    blank = {f"{W}tab", f"{W}br", f"{W}cr"}
    return "".join((part.text or "") if part.tag == TEXT else " " for part in element.iter(TEXT, *blank))


def ancestor(element: Any, tag: str) -> Any | None:
    """Returns the nearest enclosing element with the tag, or None."""
    return next(element.iterancestors(tag), None)


def content_of(run: Any) -> Iterator[Any]:
    """Yields the children of a run that are content."""
    return (child for child in run if child.tag != RUN_PROPERTIES)


def drawing_description(inner: Any) -> str:
    """Returns the alternative text of the drawing around the element, or of the picture itself."""
    for holder in inner.iterancestors():
        tag = str(holder.tag).rpartition("}")[2]
        if tag in ("inline", "anchor", "pic", "drawing"):
            named = next((part for part in holder.iter() if str(part.tag).rpartition("}")[2] in ("docPr", "cNvPr")), None)
            description = alternative_text(named.get("title"), named.get("descr")) if named is not None else ""
            if description:
                return description
    return ""
