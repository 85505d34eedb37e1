"""Reads the styles of an OpenDocument spreadsheet for the look of cells and for hidden content."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree

from fathom.conversion.docling_backends.spreadsheet.sheet import PLAIN, CellLook
from fathom.conversion.docling_backends.spreadsheet.sheet_elements import below, local_name

FO = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}"
STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
# Maximum length of the inheritance chain of styles; a longer chain is a cycle.
MAX_PARENTS = 20


@dataclass(frozen=True, slots=True)
class OdsStyle:
    """The properties of a style for cells, texts and sheets."""

    look: CellLook = PLAIN
    struck: bool = False
    raised: bool = False
    hidden: bool = False


class OdsStyles:
    """The styles of the document by family and name."""

    def __init__(self, roots: Iterable[etree._Element]) -> None:
        self._elements: dict[tuple[str, str], etree._Element] = {}
        self._styles: dict[tuple[str, str], OdsStyle] = {}
        for root in roots:
            for element in below(root, "style"):
                self._elements.setdefault((element.get(f"{STYLE}family", ""), element.get(f"{STYLE}name", "")), element)

    def style(self, family: str, name: str | None) -> OdsStyle:
        """Returns the style with its inherited properties."""
        key = (family, name or "")
        if key not in self._styles:
            self._styles[key] = self._read(key)
        return self._styles[key]

    def _read(self, key: tuple[str, str]) -> OdsStyle:
        properties: dict[str, str] = {}
        for _ in range(MAX_PARENTS):
            element = self._elements.get(key)
            if element is None:
                break
            for child in element:
                if local_name(child).endswith("-properties"):
                    for name, value in child.attrib.items():
                        properties.setdefault(str(name), str(value))
            key = (key[0], element.get(f"{STYLE}parent-style-name", ""))
        fill = properties.get(f"{FO}background-color", "transparent").lower()
        borders = [value for name, value in properties.items() if name.startswith(f"{FO}border") and value != "none"]
        weight = properties.get(f"{FO}font-weight", "normal")
        look = CellLook(
            bold=weight == "bold" or (weight.isdigit() and int(weight) >= 600),
            fill="" if fill in ("transparent", "#ffffff") else fill,
            bordered=bool(borders),
        )
        return OdsStyle(
            look,
            struck=properties.get(f"{STYLE}text-line-through-style", "none") != "none",
            raised=properties.get(f"{STYLE}text-position", "").startswith("super"),
            hidden=properties.get(f"{TABLE}display") == "false",
        )
