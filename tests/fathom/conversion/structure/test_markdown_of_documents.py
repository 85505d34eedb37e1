"""Markdown and chunks tell the same, in the same order."""

from __future__ import annotations

import re
from typing import Any

from docling_core.types.doc import ContentLayer, DoclingDocument, GroupLabel, RichTableCell, TableCell, TableData
from docling_core.types.doc.labels import DocItemLabel
from hypothesis import given, settings
from hypothesis import strategies as st

from fathom.chunking.chunker import chunk_document
from fathom.conversion.report import DocumentKind
from fathom.conversion.structure.document_blocks import ReadDocument
from fathom.conversion.structure.markdown import markdown_of
from tests.fathom.chunking.conftest import converted
from tests.fathom.conversion.cases.gold import plain

WORD = re.compile(r"[^\W_]+")


def markdown(document: DoclingDocument) -> str:
    return markdown_of(ReadDocument(document.export_to_dict(), DocumentKind.MARKDOWN))


def words_of_chunks(document: DoclingDocument) -> list[str]:
    """The words of all chunks; a heading's where the path of headings changes."""
    found: list[str] = []
    path: list[str] = []
    chunk_set = chunk_document(converted(document), document="c/d", max_tokens=10_000, count_tokens=lambda t: len(t.split()))
    for chunk in chunk_set.chunks:
        shared = next((n for n, (a, b) in enumerate(zip(path, chunk.headings, strict=False)) if a != b), len(path))
        found += WORD.findall(" ".join(chunk.headings[min(shared, len(chunk.headings)) :]))
        path = chunk.headings
        found += WORD.findall(chunk.text)
    return found


texts = st.text(alphabet="abc déß.,#-|<>&[]()0123", min_size=1, max_size=30).filter(lambda t: bool(WORD.search(t)))
pieces = st.lists(st.tuples(st.sampled_from(["text", "item", "code", "table", "note"]), texts), max_size=12)


def cell(text: str, row: int, column: int) -> TableCell:
    return TableCell(
        text=text,
        start_row_offset_idx=row,
        end_row_offset_idx=row + 1,
        start_col_offset_idx=column,
        end_col_offset_idx=column + 1,
    )


def made(parts: list[tuple[str, str]]) -> DoclingDocument:
    document = DoclingDocument(name="d")
    group: Any = None
    for kind, text in parts:
        if kind == "item":
            group = group or document.add_list_group()
            document.add_list_item(text, parent=group)
            continue
        group = None
        if kind == "code":
            document.add_code(text.translate({ord(mark): None for mark in "<&[]"}) or "x")
        elif kind == "table":
            document.add_table(data=TableData(num_rows=1, num_cols=1, table_cells=[cell(text, 0, 0)]))
        elif kind == "note":
            document.add_text(label=DocItemLabel.TEXT, text=text, content_layer=ContentLayer.NOTES)
        else:
            document.add_text(label=DocItemLabel.TEXT, text=text)
    return document


@given(pieces)
@settings(max_examples=150, deadline=None)
def test_markdown_has_the_words_of_the_chunks_in_their_order(parts: list[tuple[str, str]]) -> None:
    document = made(parts)
    assert WORD.findall(plain(markdown(document))) == words_of_chunks(document)


def test_headings_lists_code_and_tables_look_like_themselves() -> None:
    document = DoclingDocument(name="d")
    document.add_title("Tides of Norvik")
    document.add_heading("Gauges", level=1)
    group = document.add_list_group()
    item = document.add_list_item("North pier", parent=group)
    inner = document.add_list_group(parent=item)
    document.add_list_item("zero at the sill", parent=inner, enumerated=True, marker="a)")
    document.add_list_item("South pier", parent=group)
    document.add_code("if x:\n    read()", code_language=None)
    assert markdown(document) == (
        "# Tides of Norvik\n\n## Gauges\n\n- North pier\n    - a) zero at the sill\n- South pier\n\n```\nif x:\n    read()\n```"
    )


def test_a_table_without_names_of_columns_has_no_row_for_a_header() -> None:
    document = DoclingDocument(name="d")
    cells = [cell("a|b", 0, 0), cell("*c*", 1, 0)]
    document.add_table(data=TableData(num_rows=2, num_cols=1, table_cells=cells))
    assert markdown(document) == "|  |\n|-|\n| a\\|b |\n| \\*c\\* |"


def test_a_cell_shows_the_table_that_stands_in_it() -> None:
    document = DoclingDocument(name="d")
    table = document.add_table(data=TableData(num_rows=1, num_cols=2))
    group = document.add_group(label=GroupLabel.UNSPECIFIED, parent=table)
    document.add_text(label=DocItemLabel.TEXT, text="Spars:", parent=group)
    inner = [cell("Mast", 0, 0), cell("9 m", 0, 1), cell("Keel", 1, 0), cell("2 m", 1, 1)]
    document.add_table(data=TableData(num_rows=2, num_cols=2, table_cells=inner), parent=group)
    held = cell("", 0, 1).model_dump()
    table.data.table_cells = [cell("Dove", 0, 0), RichTableCell(**{**held, "ref": group.get_ref()})]
    assert "| Dove | Spars: Mast 9 m; Keel 2 m |" in markdown(document)
    assert words_of_chunks(document) == ["Dove", "Spars", "Mast", "9", "m", "Keel", "2", "m"]


def test_a_sheet_is_named_where_somebody_named_it_and_it_has_content() -> None:
    document = DoclingDocument(name="d")
    named = document.add_group(label=GroupLabel.SHEET, name="Readings")
    document.add_text(label=DocItemLabel.TEXT, text="one", parent=named)
    document.add_group(label=GroupLabel.SHEET, name="Scratch")
    generated = document.add_group(label=GroupLabel.SHEET, name="Sheet2")
    document.add_text(label=DocItemLabel.TEXT, text="two", parent=generated)
    assert markdown(document) == "# Readings\n\none\n\ntwo"


def test_names_of_columns_are_read_as_they_stand() -> None:
    document = DoclingDocument(name="document")
    cells = [
        TableCell(text=text, start_row_offset_idx=row, end_row_offset_idx=row + 1, start_col_offset_idx=column,
                  end_col_offset_idx=column + 1, column_header=row == 0)
        for row, texts in enumerate([("a <b>", "c*d*"), ("1", "2")]) for column, text in enumerate(texts)
    ]  # fmt: skip
    document.add_table(TableData(table_cells=cells, num_rows=2, num_cols=2))
    assert markdown(document).splitlines()[0] == "| a \\<b> | c\\*d\\* |"
