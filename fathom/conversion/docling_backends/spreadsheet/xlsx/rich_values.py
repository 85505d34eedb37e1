"""Reads rich values: linked data types such as stocks and places, pictures in cells."""

from __future__ import annotations

from lxml import etree

from fathom.conversion.docling_backends.spreadsheet.sheet_elements import below
from fathom.conversion.docling_backends.spreadsheet.xlsx.xlsx_package import WorkbookPackage

# Programs without support for rich values show the error in the cell.
_METADATA = "xl/metadata.xml"
_VALUES = "xl/richData/rdrichvalue.xml"
_STRUCTURES = "xl/richData/rdrichvaluestructure.xml"
# The field of a value that the cell displays; of a picture, its description.
_SHOWN = ("_DisplayString", "_Display", "Text")
_PICTURES = frozenset({"_localImage", "_webimage"})


def rich_values(package: WorkbookPackage) -> list[str | None]:
    """Returns displayed texts by a cell's `vm` number less 1; empty for a picture, None if unknown."""
    metadata = package.root(_METADATA)
    values, structures = package.root(_VALUES), package.root(_STRUCTURES)
    if metadata is None or values is None or structures is None:
        return []
    fields = [(entry.get("t", ""), [key.get("n", "") for key in below(entry, "k")]) for entry in below(structures, "s")]
    shown = [_shown(value, fields) for value in below(values, "rv")]
    kinds = [entry.get("name", "") for entry in below(metadata, "metadataType")]
    places = [_number(entry.get("i")) for entry in below(metadata, "rvb")]
    found: list[str | None] = []
    for block in below(metadata, "valueMetadata"):
        for record in below(block, "rc"):
            kind, place = _number(record.get("t")) - 1, _number(record.get("v"))
            is_rich = 0 <= kind < len(kinds) and kinds[kind] == "XLRICHVALUE"
            value = places[place] if is_rich and place < len(places) else len(shown)
            found.append(shown[value] if value < len(shown) else None)
    return found


def _shown(value: etree._Element, fields: list[tuple[str, list[str]]]) -> str | None:
    structure = _number(value.get("s"))
    kind, names = fields[structure] if structure < len(fields) else ("", [])
    texts = dict(zip(names, (entry.text or "" for entry in below(value, "v")), strict=False))
    text = next((texts[name].strip() for name in _SHOWN if texts.get(name, "").strip()), None)
    return "" if text is None and kind in _PICTURES else text


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isdecimal() and len(text) < 10 else 0
