"""An exported document has each cell of its tables once, and is the same document when it is read back."""

from __future__ import annotations

import json
from pathlib import Path

from docling_core.types.doc import (
    BaseMeta,
    BoundingBox,
    CodeLanguageLabel,
    ContentLayer,
    DocItemLabel,
    DoclingDocument,
    FineRef,
    Formatting,
    ProvenanceItem,
    RichTableCell,
    Script,
    SummaryMetaField,
    TableCell,
    TableData,
)
from pydantic import AnyUrl

from fathom.conversion.structure.export import export_document


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
    assert export_document(document) == wanted


def test_exporting_leaves_the_document_as_it_was_and_it_can_be_read_back() -> None:
    document = document_with_cells()
    found = export_document(document)
    assert [cell.text for cell in document.tables[0].data.table_cells] == ["plain", "boxed", "linked"]
    assert DoclingDocument.model_validate(found).export_to_dict() == document.export_to_dict()


def test_texts_of_every_kind_are_exported_as_docling_exports_them() -> None:
    document = DoclingDocument(name="a")
    group = document.add_inline_group()
    place = ProvenanceItem(page_no=1, bbox=BoundingBox(l=1, t=2, r=3, b=4), charspan=(0, 4))
    address, path = AnyUrl("https://tides.example/a"), Path("beside/a.html")
    document.add_title("Title")
    document.add_heading("Heading", level=3)
    document.add_text(label=DocItemLabel.TEXT, text="plain", content_layer=ContentLayer.FURNITURE)
    document.add_text(label=DocItemLabel.TEXT, text="placed", prov=place)
    document.add_text(label=DocItemLabel.TEXT, text="bold", parent=group, formatting=Formatting(bold=True, script=Script.SUPER))
    document.add_text(label=DocItemLabel.TEXT, text="linked", parent=group, hyperlink=address)
    document.add_text(label=DocItemLabel.TEXT, text="linked beside", parent=group, hyperlink=path)
    document.add_text(label=DocItemLabel.FORMULA, text="x^2", orig="x2")
    document.add_code("print(1)", code_language=CodeLanguageLabel.PYTHON)
    item = document.add_list_item("an item", enumerated=True, marker="1.", parent=document.add_list_group())
    remark = document.add_text(label=DocItemLabel.TEXT, text="a comment", parent=item)
    item.comments.append(FineRef(cref=remark.self_ref))
    described = document.add_text(label=DocItemLabel.TEXT, text="described")
    described.meta = BaseMeta(summary=SummaryMetaField(text="in short"))
    assert json.dumps(export_document(document)) == json.dumps(document.export_to_dict())
    assert len(document.texts) == 12
