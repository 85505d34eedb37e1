"""Reads the text of shapes and text boxes that float over a sheet."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from fathom.conversion.docling_backends.spreadsheet.sheet import TextBox
from fathom.conversion.docling_backends.spreadsheet.sheet_elements import below, local_name
from fathom.conversion.docling_backends.spreadsheet.xlsx.xlsx_package import WorkbookPackage


def text_boxes(package: WorkbookPackage, drawing: str) -> Iterator[TextBox]:
    """Yields the texts of a drawing's shapes at the cells that they are anchored to."""
    root = package.root(drawing)
    for anchor in root if root is not None else ():
        if not local_name(anchor).endswith("Anchor"):
            continue
        row, column = _place(anchor)
        for shape in _shapes(anchor):
            text = "\n".join(paragraph for paragraph in _paragraphs(shape) if paragraph.strip())
            if text:
                yield TextBox(row, column, text)


def _place(anchor: etree._Element) -> tuple[int, int]:
    start = next((child for child in anchor if local_name(child) == "from"), None)
    values = {local_name(child): child.text or "" for child in start} if start is not None else {}
    row, column = values.get("row", "0").strip(), values.get("col", "0").strip()
    return int(row) if row.isdigit() else 0, int(column) if column.isdigit() else 0


def _shapes(anchor: etree._Element) -> Iterator[etree._Element]:
    """Yields the visible shapes, also those of groups; of alternatives the first."""
    waiting = list(anchor)[::-1]
    while waiting:
        element = waiting.pop()
        name = local_name(element)
        if name in ("sp", "cxnSp"):
            properties = next(iter(below(element, "cNvPr")), None)
            if properties is None or properties.get("hidden", "0") not in ("1", "true"):
                yield element
        elif name in ("grpSp", "Choice"):
            waiting.extend(list(element)[::-1])
        elif name == "AlternateContent":
            waiting.extend(list(element)[:1])


def _paragraphs(shape: etree._Element) -> Iterator[str]:
    for body in below(shape, "txBody"):
        for paragraph in below(body, "p"):
            yield "".join("\n" if local_name(part) == "br" else part.text or "" for part in below(paragraph, "t", "br"))
