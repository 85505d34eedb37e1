"""Writes the blocks of a page into a document by the shortest way, since a page has hundreds of thousands of them.

The model's own `add_text` copies four empty lists for each item, which takes most of its time (docling-core 2.104); not
needed once it does not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from docling_core.types.doc import ContentLayer, DocItemLabel, DoclingDocument, GroupLabel, NodeItem, TextItem
from docling_core.types.doc.document import InlineGroup, ListItem, RefItem, TableCell

from fathom.conversion.docling_backends.markup.blocks import Heading, ItemList, Paragraph
from fathom.conversion.docling_backends.markup.grid import PlacedCell
from fathom.conversion.docling_backends.markup.inline import LINE_BREAK, PLAIN, Run, Runs, plain
from fathom.conversion.docling_backends.markup.writer import BlockWriter, formatting, target
from fathom.conversion.docling_backends.runs import EXACT_RUNS


class PageWriter(BlockWriter):
    """Appends the blocks of a page, whose lines are tidy already, to a document."""

    def __init__(self, document: DoclingDocument) -> None:
        super().__init__(document)
        self._page = document

    def write_apart(self, texts: Iterable[str]) -> None:
        """Appends texts that are not for readers of the page's text, such as its menus."""
        for text in texts:
            self._page.add_text(DocItemLabel.TEXT, text, content_layer=ContentLayer.FURNITURE)

    def _heading(self, block: Heading, parent: NodeItem | None) -> None:
        """Appends a heading; it keeps the link that it is."""
        text = plain(block.runs)
        if not text:
            return
        links = {run.style.link for run in block.runs if run.text.strip()}
        link = target(links.pop()) if len(links) == 1 else None
        if block.level == 0:
            self._page.add_title(text, parent=parent, hyperlink=link)
        else:
            self._page.add_heading(text, level=block.level, parent=parent, hyperlink=link)

    def _line(self, line: Runs, parent: NodeItem | None, label: DocItemLabel) -> Any:
        runs = list(line)
        if not runs:
            return None
        if len(runs) == 1 and not runs[0].style.formula:
            return self._run(runs[0], "", parent, label) if runs[0].text.strip() else None
        if label is DocItemLabel.TEXT:
            self._runs(runs, parent)
            return None
        return super()._line(runs, parent, label)

    def _runs(self, runs: Runs, parent: NodeItem | None) -> None:
        groups = self._page.groups
        above = parent if parent is not None else self._page.body
        group = InlineGroup(
            self_ref=f"#/groups/{len(groups)}", parent=RefItem(cref=above.self_ref), children=[], name=EXACT_RUNS
        )
        groups.append(group)
        above.children.append(RefItem(cref=group.self_ref))
        for run in runs:
            self._run(run, "", group, DocItemLabel.TEXT)

    def _run(self, run: Run, before: str, parent: NodeItem | None, label: DocItemLabel) -> Any:
        style = run.style
        if style.formula or (style.code and parent is not None and parent.label is GroupLabel.INLINE):
            return super()._run(run, before, parent, label)
        text = run.text.replace(LINE_BREAK, "\n")
        above = parent if parent is not None else self._page.body
        item = TextItem(
            self_ref=f"#/texts/{len(self._page.texts)}",
            parent=RefItem(cref=above.self_ref),
            children=[],
            prov=[],
            source=[],
            comments=[],
            label=label,
            orig=text,
            text=text,
            formatting=formatting(style),
            hyperlink=target(style.link),
        )
        self._page.texts.append(item)
        above.children.append(RefItem(cref=item.self_ref))
        return item

    def _list(self, block: ItemList, parent: NodeItem | None) -> None:
        group = self._page.add_list_group(parent=parent)
        for item in block.items:
            first = item.blocks[0] if item.blocks and isinstance(item.blocks[0], Paragraph) else None
            runs = first.runs if first is not None else []
            single = runs[0] if len(runs) == 1 and not (runs[0].style.formula or runs[0].style.code) else None
            text = single.text.replace(LINE_BREAK, "\n") if single else ""
            added = ListItem(
                self_ref=f"#/texts/{len(self._page.texts)}",
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
            self._page.texts.append(added)
            group.children.append(RefItem(cref=added.self_ref))
            if runs and single is None:
                self._runs(runs, added)
            rest = item.blocks[1:] if first is not None else item.blocks
            if rest:
                self.write(rest, added)

    def _cell(self, at: PlacedCell, table: Any) -> None:
        """Appends a cell; one with a single plain line, as most are, needs no look at its blocks."""
        blocks = at.cell.blocks
        first = blocks[0] if len(blocks) == 1 else None
        if isinstance(first, Paragraph) and len(first.runs) == 1 and first.runs[0].style == PLAIN:
            text = first.runs[0].text.replace(LINE_BREAK, " ")
        elif not blocks:
            text = ""
        else:
            super()._cell(at, table)
            return
        cell = TableCell(
            text=text,
            row_span=at.row_span,
            col_span=at.column_span,
            start_row_offset_idx=at.row,
            end_row_offset_idx=at.row + at.row_span,
            start_col_offset_idx=at.column,
            end_col_offset_idx=at.column + at.column_span,
            column_header=at.cell.column_header,
            row_header=at.cell.row_header,
        )
        table.data.table_cells.append(cell)
