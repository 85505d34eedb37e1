"""The texts of a converted document that its readers see, as its Markdown and its chunks have them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fathom.conversion.report import DocumentKind
from fathom.conversion.structure.document_blocks import DocumentBlock, NewScope, ReadDocument
from fathom.conversion.structure.document_inline import own_text
from fathom.conversion.structure.document_tables import Table
from fathom.conversion.structure.document_tree import DoclingTree, is_kept


@dataclass(slots=True)  # not frozen, as there are as many as blocks of the source
class ShownText:
    """A paragraph, heading, list item or cell; `is_heading`: it may be a sheet's name, `in_chart`: of a chart."""

    text: str
    is_heading: bool = False
    in_chart: bool = False


def shown_texts(document: ReadDocument) -> Iterator[ShownText]:
    """Yields the texts of the document, each once: a cell over several rows, too."""
    tree, kind = document.tree, document.kind
    for part in document.parts:
        if isinstance(part, NewScope):
            continue
        if isinstance(part, DocumentBlock) and part.table is not None:
            yield from _cells(tree, part.refs[0], part.table)
        elif isinstance(part, DocumentBlock) and part.kind == "list" and kind is not DocumentKind.PDF:
            yield ShownText(part.text.lstrip().partition(" ")[2])  # the mark is no text of the source, but on a page
        else:
            yield ShownText(part.text, is_heading=not isinstance(part, DocumentBlock))


def texts_apart(document: Mapping[str, Any]) -> list[str]:
    """Returns the texts that are set apart as headers, footers and page numbers."""
    return [text for item in document.get("texts") or () if not is_kept(item) and (text := own_text(item)).strip()]


def _cells(tree: DoclingTree, ref: str, table: Table) -> Iterator[ShownText]:
    node = tree.resolve({"$ref": ref}) or {}
    data = node.get("data")
    rendered = [*table.columns, *(cell for row in table.rows for cell in row.cells)]
    if not isinstance(data, Mapping):  # a chart's
        yield from (ShownText(cell, in_chart=True) for cell in rendered if cell)
        return
    held = [text for cell in data.get("table_cells") or () if (text := tree.cell_words(cell)).strip()]
    # a cell that another cell covers is in the document, and in no row that is shown
    words, shown = " ".join(held).split(), " ".join(rendered).split()
    is_whole = words == shown or Counter(words) <= Counter(shown)
    yield from (ShownText(cell) for cell in (held if is_whole else rendered) if cell)
