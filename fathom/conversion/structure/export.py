"""Exports a DoclingDocument as JSON values, each table cell once."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docling_core.types.doc import DoclingDocument, Formatting, RefItem

# Lists of a text that docling's own export leaves out where they are empty.
ABSENT_IF_EMPTY = frozenset({"comments", "source"})


def export_document(document: DoclingDocument) -> dict[str, Any]:
    """Returns the result of `export_to_dict` without the grids of its tables.

    docling-core 2.104.0 exports every cell twice, in `table_cells` and in the computed `grid`, which makes the JSON of a sheet
    twice as large and takes four times as long, and takes five times as long as it need for each text; not needed once
    docling-core can leave the grid out and has no serializers in Python.
    """
    from docling_core.types.doc import Formatting, RefItem, TableData
    from pydantic import AnyUrl

    held, texts = [table.data for table in document.tables], document.texts
    try:
        document.texts = []
        for table in document.tables:
            table.data = TableData()
        found: dict[str, Any] = document.export_to_dict()
    finally:
        document.texts = texts
        for table, data in zip(document.tables, held, strict=True):
            table.data = data
    addresses = (AnyUrl, Path)
    found["texts"] = [_text(item, RefItem, addresses, Formatting) for item in texts]
    for table, data in zip(found.get("tables", ()), held, strict=True):
        table["data"] = {
            "table_cells": [_cell(cell) for cell in data.table_cells],
            "num_rows": data.num_rows,
            "num_cols": data.num_cols,
            "orientation": data.orientation.value,
        }
    return found


def _text(item: Any, references: type[RefItem], addresses: tuple[type, ...], formatting: type[Formatting]) -> dict[str, Any]:
    """Returns a text's values; those of a text that stands on no page and has no comments are its attributes."""
    values: dict[str, Any] = {}
    for name, value in item.__dict__.items():
        if value is None:
            continue
        if isinstance(value, Enum):
            values[name] = value.value
        elif isinstance(value, str | int):
            values[name] = value
        elif isinstance(value, references):
            values[name] = {"$ref": value.cref}
        elif name == "children" or value == []:
            if name not in ABSENT_IF_EMPTY:
                values[name] = [{"$ref": child.cref} for child in value]
        elif isinstance(value, addresses):
            values[name] = str(value)
        elif isinstance(value, formatting):
            values[name] = value.model_dump(mode="json", exclude_none=True)
        else:
            return dict(item.model_dump(mode="json", by_alias=True, exclude_none=True))
    return values


def _cell(cell: Any) -> dict[str, Any]:
    """Returns a cell's values; those of a cell without a box or content of its own are its attributes."""
    held: dict[str, Any] = cell.__dict__
    if held["bbox"] is None and "ref" not in held:  # pydantic takes longer to say that there is none than to give it
        values = held.copy()
        del values["bbox"]
        return values
    return dict(cell.model_dump(mode="json", by_alias=True, exclude_none=True))
