"""Exports a DoclingDocument as JSON values, each table cell once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docling_core.types.doc import DoclingDocument


def exported(document: DoclingDocument) -> dict[str, Any]:
    """Returns what `export_to_dict` does, without the grids of its tables.

    docling-core 2.104.0 exports every cell twice, in `table_cells` and in the computed `grid`, which makes the JSON of a sheet
    twice as large and takes four times as long; not needed once docling-core can leave the grid out.
    """
    from docling_core.types.doc import TableData

    held = [table.data for table in document.tables]
    try:
        for table in document.tables:
            table.data = TableData()
        found: dict[str, Any] = document.export_to_dict()
    finally:
        for table, data in zip(document.tables, held, strict=True):
            table.data = data
    for table, data in zip(found.get("tables", ()), held, strict=True):
        table["data"] = {
            "table_cells": [_cell(cell) for cell in data.table_cells],
            "num_rows": data.num_rows,
            "num_cols": data.num_cols,
            "orientation": data.orientation.value,
        }
    return found


def _cell(cell: Any) -> dict[str, Any]:
    """Returns a cell's values; those of a cell without a box or content of its own are its attributes."""
    if cell.bbox is None and not hasattr(cell, "ref"):
        values = dict(cell.__dict__)
        del values["bbox"]
        return values
    values = cell.model_dump(mode="json", by_alias=True, exclude_none=True)
    return dict(values)
