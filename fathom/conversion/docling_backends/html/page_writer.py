"""Writes the blocks of a page into a document fast, since a page may have hundreds of thousands of blocks.

Its output equals that of `markup.writer.BlockWriter`. The model's own `add_text` copies four empty lists for each item,
which takes most of its time (docling-core 2.104); not needed once it does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from docling_core.types.doc import ContentLayer, DocItemLabel, DoclingDocument, GroupLabel, NodeItem, TextItem
from docling_core.types.doc.document import InlineGroup, ListItem, RefItem, RichTableCell, TableCell, TableData

from fathom.conversion.docling_backends.formatted_runs import EXACT_RUNS
from fathom.conversion.docling_backends.markup.grid import PlacedCell, place_cells
from fathom.conversion.docling_backends.markup.markup_blocks import (
    Code,
    Footnote,
    Formula,
    ItemList,
    MarkupBlock,
    MarkupHeading,
    MarkupTable,
    Paragraph,
    Picture,
)
from fathom.conversion.docling_backends.markup.markup_inline import LINE_BREAK, PLAIN, Run, Runs, is_blank, plain
from fathom.conversion.docling_backends.markup.writer import code_language, formatting, target

_MARK = re.compile(r"\[\^[^\]\s]+\]")


class PageWriter:
    """Appends the blocks of a page, whose lines are tidy already, to a document."""

    def __init__(self, document: DoclingDocument) -> None:
        self._document = document

    def write(self, blocks: Iterable[MarkupBlock], parent: NodeItem | None = None) -> None:
        """Appends the blocks below `parent`, or to the body."""
        above = parent if parent is not None else self._document.body
        for block in blocks:
            match block:
                case Paragraph():
                    self._line(block.runs, above, DocItemLabel.CAPTION if block.kind == "caption" else DocItemLabel.TEXT)
                case MarkupHeading():
                    self._heading(block, above)
                case ItemList():
                    self._list(block, above)
                case MarkupTable():
                    self._table(block, above)
                case Footnote():
                    self._footnote(block, above)
                case Picture():
                    self._picture(block, above)
                case Code():
                    language = code_language(block.language)
                    item = self._document.add_code(block.text.strip("\n"), code_language=language, parent=above)
                    self._caption(block.caption, item)
                case Formula():
                    self._document.add_formula(block.text, parent=above)

    def write_apart(self, texts: Iterable[str]) -> None:
        """Appends texts outside the page's content, such as its menus, as furniture."""
        for text in texts:
            self._document.add_text(DocItemLabel.TEXT, text, content_layer=ContentLayer.FURNITURE)

    def _heading(self, block: MarkupHeading, parent: NodeItem) -> None:
        """Appends a heading without its note marks, which are placed below it; a heading that is a link keeps its target."""
        text = plain([Run(_MARK.sub("", run.text), run.style) for run in block.runs])
        if not text:
            return
        links = {run.style.link for run in block.runs if run.text.strip()}
        link = target(links.pop()) if len(links) == 1 else None
        if block.level == 0:
            self._document.add_title(text, parent=parent, hyperlink=link)
        else:
            self._document.add_heading(text, level=block.level, parent=parent, hyperlink=link)

    def _line(self, runs: Runs, parent: NodeItem, label: DocItemLabel) -> TextItem | None:
        """Appends a line of a single style as a text, else as a group of runs; returns the text that holds it, if any."""
        if is_blank(runs):
            return None
        if len(runs) == 1 and not runs[0].style.formula:
            return self._text(runs[0], parent, label)
        if label is DocItemLabel.TEXT:
            self._runs(runs, parent)
            return None
        item = self._text(Run(""), parent, label)
        self._runs(runs, item)
        return item

    def _runs(self, runs: Runs, parent: NodeItem) -> None:
        groups = self._document.groups
        group = InlineGroup(
            self_ref=f"#/groups/{len(groups)}", parent=RefItem(cref=parent.self_ref), children=[], name=EXACT_RUNS
        )
        groups.append(group)
        parent.children.append(RefItem(cref=group.self_ref))
        for run in runs:
            if run.style.formula:
                self._document.add_formula(run.text, parent=group, hyperlink=target(run.style.link))
            elif run.style.code:
                self._document.add_code(run.text.replace(LINE_BREAK, "\n"), parent=group, hyperlink=target(run.style.link))
            else:
                self._text(run, group, DocItemLabel.TEXT)

    def _text(self, run: Run, parent: NodeItem, label: DocItemLabel) -> TextItem:
        text = run.text.replace(LINE_BREAK, "\n")
        texts = self._document.texts
        item = TextItem(
            self_ref=f"#/texts/{len(texts)}",
            parent=RefItem(cref=parent.self_ref),
            children=[],
            prov=[],
            source=[],
            comments=[],
            label=label,
            orig=text,
            text=text,
            formatting=formatting(run.style),
            hyperlink=target(run.style.link),
        )
        texts.append(item)
        parent.children.append(RefItem(cref=item.self_ref))
        return item

    def _list(self, block: ItemList, parent: NodeItem) -> None:
        group = self._document.add_list_group(parent=parent)
        texts = self._document.texts
        for item in block.items:
            first = item.blocks[0] if item.blocks and isinstance(item.blocks[0], Paragraph) else None
            runs = first.runs if first is not None else []
            single = runs[0] if len(runs) == 1 and not (runs[0].style.formula or runs[0].style.code) else None
            text = single.text.replace(LINE_BREAK, "\n") if single else ""
            added = ListItem(
                self_ref=f"#/texts/{len(texts)}",
                parent=RefItem(cref=group.self_ref),
                children=[],
                prov=[],
                source=[],
                comments=[],
                orig=text,
                text=text,
                enumerated=block.ordered,
                marker=item.marker or ("" if block.ordered else "-"),
                formatting=formatting(single.style) if single else None,
                hyperlink=target(single.style.link) if single else None,
            )
            texts.append(added)
            group.children.append(RefItem(cref=added.self_ref))
            if runs and single is None:
                self._runs(runs, added)
            rest = item.blocks[1:] if first is not None else item.blocks
            if rest:
                self.write(rest, added)

    def _table(self, block: MarkupTable, parent: NodeItem) -> None:
        grid = place_cells(block.rows)
        data = TableData(num_rows=grid.row_count, num_cols=grid.column_count, table_cells=[])
        table = self._document.add_table(data, parent=parent)
        self._caption(block.caption, table)
        data.table_cells += [self._cell(cell, table) for cell in grid.cells]

    def _cell(self, at: PlacedCell, table: NodeItem) -> TableCell:
        text = _cell_text(at.cell.blocks)
        facts: dict[str, Any] = {
            "text": " ".join(_texts(at.cell.blocks)) if text is None else text,
            "row_span": at.row_span,
            "col_span": at.column_span,
            "start_row_offset_idx": at.row,
            "end_row_offset_idx": at.row + at.row_span,
            "start_col_offset_idx": at.column,
            "end_col_offset_idx": at.column + at.column_span,
            "column_header": at.cell.column_header,
            "row_header": at.cell.row_header,
        }
        if text is not None:
            return TableCell(**facts)
        group = self._document.add_group(GroupLabel.UNSPECIFIED, name="cell", parent=table)
        self.write(at.cell.blocks, group)
        return RichTableCell(**facts, ref=group.get_ref())

    def _footnote(self, note: Footnote, parent: NodeItem) -> None:
        lead = f"[^{note.mark}]: " if note.mark else ""
        first, *rest = note.runs
        runs = [Run(lead + first.text), *rest] if first.style == PLAIN else [Run(lead), *note.runs]
        self._line(runs, parent, DocItemLabel.FOOTNOTE)

    def _caption(self, runs: Runs, of: Any) -> None:
        item = self._line(runs, of, DocItemLabel.CAPTION)
        if item is not None:
            of.captions.append(item.get_ref())

    def _picture(self, block: Picture, parent: NodeItem) -> None:
        picture = self._document.add_picture(parent=parent)
        self._caption(block.caption or ([Run(block.description)] if block.description else []), picture)
        if block.caption and block.description and block.description not in plain(block.caption):
            self._text(Run(block.description), picture, DocItemLabel.TEXT)


def _cell_text(blocks: Sequence[MarkupBlock]) -> str | None:
    """Returns the text of a cell that holds plain paragraphs; None if it holds more: links, lists, tables, code."""
    texts: list[str] = []
    for block in blocks:
        if not isinstance(block, Paragraph):
            return None
        if len(block.runs) == 1 and block.runs[0].style == PLAIN:
            texts.append(block.runs[0].text)
            continue
        if any(run.style.link or run.style.struck or run.style.code for run in block.runs):
            return None
        texts.append(plain(block.runs))
    return " ".join(texts).replace(LINE_BREAK, " ")


def _texts(blocks: Iterable[MarkupBlock]) -> Iterator[str]:
    """Yields the text of the blocks as plain lines."""
    for block in blocks:
        match block:
            case Paragraph() | MarkupHeading() | Footnote():
                yield plain(block.runs)
            case ItemList():
                for item in block.items:
                    yield from _texts(item.blocks)
            case MarkupTable():
                yield plain(block.caption)
                for row in block.rows:
                    for cell in row:
                        yield from _texts(cell.blocks)
            case Code() | Formula():
                yield block.text
            case Picture():
                yield plain(block.caption) or block.description
