"""An exported document has each cell of its tables once, and is the same document when it is read back."""

from __future__ import annotations

from docling_core.types.doc import BoundingBox, DocItemLabel, DoclingDocument, RichTableCell, TableCell, TableData

from fathom.conversion.structure.export import exported


def document_with_cells() -> DoclingDocument:
    document = DoclingDocument(name="a")
    table = document.add_table(data=TableData(num_rows=1, num_cols=3))
    linked = document.add_text(label=DocItemLabel.TEXT, text="linked", parent=table)
    boxed = BoundingBox(l=1, t=2, r=3, b=4)
    for column, text in enumerate(("plain", "boxed", "linked")):
        place = {
            "start_row_offset_idx": 0, "end_row_offset_idx": 1,
            "start_col_offset_idx": column, "end_col_offset_idx": column + 1,
        }  # fmt: skip
        if text == "linked":
            table.data.table_cells.append(RichTableCell(text=text, ref=linked.get_ref(), **place))
        else:
            table.data.table_cells.append(TableCell(text=text, bbox=boxed if text == "boxed" else None, **place))
    return document


def test_an_exported_document_is_what_docling_exports_without_the_grids() -> None:
    document = document_with_cells()
    wanted = document.export_to_dict()
    del wanted["tables"][0]["data"]["grid"]
    assert exported(document) == wanted


def test_exporting_leaves_the_document_as_it_was_and_it_can_be_read_back() -> None:
    document = document_with_cells()
    found = exported(document)
    assert [cell.text for cell in document.tables[0].data.table_cells] == ["plain", "boxed", "linked"]
    assert DoclingDocument.model_validate(found).export_to_dict() == document.export_to_dict()
