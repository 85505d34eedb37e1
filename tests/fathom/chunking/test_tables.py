"""Each row of a table can be read alone, wherever the table is cut."""

from __future__ import annotations

from docling_core.types.doc import BoundingBox, CoordOrigin, DoclingDocument, ProvenanceItem, Size, TableCell, TableData

from fathom.conversion.report import DocumentKind
from fathom.conversion.structure.document_inline import plain_text
from fathom.conversion.structure.document_tables import read_table
from tests.fathom.chunking.conftest import Chunked


def cell(text: str, row: int, column: int, *, rows: int = 1, columns: int = 1, header: bool = False) -> TableCell:
    return TableCell(
        text=text,
        row_span=rows,
        col_span=columns,
        start_row_offset_idx=row,
        end_row_offset_idx=row + rows,
        start_col_offset_idx=column,
        end_col_offset_idx=column + columns,
        column_header=header,
    )


def data(*cells: TableCell) -> TableData:
    return TableData(
        num_rows=max(c.end_row_offset_idx for c in cells),
        num_cols=max(c.end_col_offset_idx for c in cells),
        table_cells=list(cells),
    )


def test_a_long_table_repeats_its_header_and_cuts_no_row(chunked: Chunked) -> None:
    names = [cell("Ship", 0, 0, header=True), cell("Master | mate", 0, 1, header=True)]
    cells = [c for n in range(1, 80) for c in (cell(f"Vessel {n}", n, 0), cell(f"Captain number {n} of Norvik", n, 1))]
    document = DoclingDocument(name="d")
    document.add_table(data=data(*names, *cells), caption=document.add_text("caption", "Table 1. Ships"))
    chunks = chunked(document).chunks
    assert len(chunks) > 5
    header = ["| Ship | Master \\| mate |", "|-|-|"]
    assert chunks[0].text.startswith("Table 1. Ships\n\n| Ship")
    assert all(chunk.text.removeprefix("Table 1. Ships\n\n").split("\n")[:2] == header for chunk in chunks)
    rows = [line for chunk in chunks for line in chunk.text.split("\n") if line.startswith("| Vessel")]
    assert rows == [f"| Vessel {n} | Captain number {n} of Norvik |" for n in range(1, 80)]
    assert {chunk.kind for chunk in chunks} == {"table"}


def test_a_row_too_long_for_a_chunk_names_its_row_and_the_column_of_every_value(chunked: Chunked) -> None:
    cells = [cell(f"Column {n}", 0, n, header=True) for n in range(60)] + [cell(f"value {n}", 1, n) for n in range(60)]
    document = DoclingDocument(name="d")
    document.add_table(data=data(*cells))
    result = chunked(document)
    assert len(result.chunks) > 2
    pieces = [chunk.text.split("\n") for chunk in result.chunks]
    assert {piece[0] for piece in pieces} == {"Column 0: value 0"}
    assert [line for piece in pieces for line in piece[1:]] == [f"Column {n}: value {n}" for n in range(1, 60)]
    assert result.covered == 1.0


def test_header_rows_are_joined_and_cells_over_several_rows_repeated() -> None:
    source = data(
        cell("Catch", 0, 1, columns=2, header=True),
        cell("Port", 1, 0, header=True),
        cell("2030", 1, 1, header=True),
        cell("2031", 1, 2, header=True),
        cell("Norvik", 2, 0, rows=2),
        cell("7", 2, 1),
        cell("8", 2, 2),
        cell("9", 3, 1),
    )
    table = read_table(source.model_dump(), lambda c: plain_text(c["text"]), lambda _: None)
    assert table.columns == ("Port", "Catch 2030", "Catch 2031")
    assert [row.cells for row in table.rows] == [("Norvik", "7", "8"), ("Norvik", "9", "")]


def test_a_table_of_nothing_but_headers_keeps_them_as_rows() -> None:
    table = read_table(data(cell("Ship", 0, 0, header=True)).model_dump(), lambda c: plain_text(c["text"]), lambda _: None)
    assert (table.columns, [row.cells for row in table.rows]) == ((), [("Ship",)])


def test_a_span_of_a_billion_rows_is_read_at_once() -> None:
    wild = {**cell("Norvik", 0, 0).model_dump(), "end_row_offset_idx": 10**9, "end_col_offset_idx": 10**9}
    table = read_table({"table_cells": [wild, cell("7", 1, 1).model_dump()]}, lambda c: plain_text(c["text"]), lambda _: None)
    assert [row.cells for row in table.rows] == [("Norvik", ""), ("Norvik", "7")]


def test_a_piece_of_a_table_says_which_part_of_the_page_it_is(chunked: Chunked) -> None:
    cells = [cell("Ship", 0, 0, header=True), *(cell(f"The good ship number {n}", n, 0) for n in range(1, 40))]
    for c in cells:
        top = 100.0 + 10 * c.start_row_offset_idx
        c.bbox = BoundingBox(l=50, t=top, r=90, b=top + 10, coord_origin=CoordOrigin.TOPLEFT)
    document = DoclingDocument(name="d")
    document.add_page(page_no=1, size=Size(width=600, height=800))
    whole = BoundingBox(l=50, t=100, r=90, b=500, coord_origin=CoordOrigin.TOPLEFT)
    document.add_table(data=data(*cells), prov=ProvenanceItem(page_no=1, bbox=whole, charspan=(0, 0)))
    first, *_, last = chunked(document, kind=DocumentKind.PDF).chunks
    assert (first.boxes[0].top, last.boxes[-1].bottom) == (100.0, 500.0)
    assert first.boxes[-1].bottom <= last.boxes[0].top
