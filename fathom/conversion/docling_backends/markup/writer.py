"""Writes blocks into a DoclingDocument, keeping the white space between runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from docling_core.types.doc import ContentLayer, DocItemLabel, DoclingDocument, GroupLabel, NodeItem
from docling_core.types.doc.document import Formatting, RichTableCell, Script, TableCell, TableData
from docling_core.types.doc.labels import CodeLanguageLabel
from pydantic import AnyUrl, UrlConstraints, ValidationError

from fathom.conversion.docling_backends.formatted_runs import EXACT_RUNS
from fathom.conversion.docling_backends.markup.grid import PlacedCell, place_cells
from fathom.conversion.docling_backends.markup.markup_blocks import (
    Cell,
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
from fathom.conversion.docling_backends.markup.markup_inline import (
    LINE_BREAK,
    PLAIN,
    InlineStyle,
    Run,
    Runs,
    is_blank,
    plain,
    tidy,
)
from fathom.errors import NestedTooDeep

MAX_DEPTH = 60
_MARK = re.compile(r"\[\^[^\]\s]+\]")
_LANGUAGES = {label.value.casefold(): label for label in CodeLanguageLabel}
_SHORT_NAMES = {
    "js": "javascript",
    "ts": "typescript",
    "py": "python",
    "rb": "ruby",
    "sh": "bash",
    "shell": "bash",
    "yml": "yaml",
}


class WrittenUrl(AnyUrl):
    """A target as the author wrote it; pydantic's own type appends a slash to a bare host."""

    _constraints = UrlConstraints(preserve_empty_path=True)


class BlockWriter:
    """Appends blocks to a document; a title that comes after a title is a heading."""

    def __init__(self, document: DoclingDocument) -> None:
        self._document = document
        self._depth = 0

    def write(self, blocks: Sequence[MarkupBlock], parent: NodeItem | None = None) -> None:
        """Appends the blocks below `parent`, or to the body. Raises NestedTooDeep beyond MAX_DEPTH levels."""
        if self._depth >= MAX_DEPTH:
            raise NestedTooDeep(f"Its lists and tables are nested more than {MAX_DEPTH} deep.")
        self._depth += 1
        for block in blocks:
            self._write(block, parent)
        self._depth -= 1

    def _write(self, block: MarkupBlock, parent: NodeItem | None) -> None:
        match block:
            case MarkupHeading():
                self._heading(block, parent)
            case Paragraph():
                self._line(block.runs, parent, DocItemLabel.CAPTION if block.kind == "caption" else DocItemLabel.TEXT)
            case Footnote():
                self._footnote(block, parent)
            case Code():
                self._code(block, parent)
            case Formula():
                if block.text.strip():
                    self._document.add_formula(block.text.strip(), parent=parent)
            case Picture():
                self._picture(block, parent)
            case ItemList():
                self._list(block, parent)
            case MarkupTable():
                self._table(block, parent)

    def _code(self, block: Code, parent: NodeItem | None) -> None:
        if block.text.strip():
            text, language = block.text.strip("\n"), code_language(block.language)
            self._caption(block.caption, self._document.add_code(text, code_language=language, parent=parent))

    def _heading(self, block: MarkupHeading, parent: NodeItem | None) -> None:
        text = plain(tidy([replace(run, text=_MARK.sub("", run.text)) for run in block.runs]))  # its notes are placed below
        if not text:
            return
        if block.level == 0:
            self._document.add_title(text, parent=parent)
        else:
            self._document.add_heading(text, level=block.level, parent=parent)

    def _line(self, line: Runs, parent: NodeItem | None, label: DocItemLabel) -> Any:
        """Appends a line of a single style as a text, else as a group of runs; returns None if the line is blank."""
        runs = tidy(line)
        if is_blank(runs):
            return None
        if len(runs) == 1 and not runs[0].style.formula:
            return self._run(runs[0], parent, label)
        if label is DocItemLabel.TEXT:
            self._runs(runs, parent)
            return None
        item = self._document.add_text(label, "", parent=parent)
        self._runs(runs, item)
        return item

    def _runs(self, runs: Runs, parent: NodeItem | None) -> None:
        group = self._document.add_inline_group(name=EXACT_RUNS, parent=parent)
        for run in runs:
            self._run(run, group, DocItemLabel.TEXT)

    def _run(self, run: Run, parent: NodeItem | None, label: DocItemLabel) -> Any:
        style, link = run.style, target(run.style.link)
        text = run.text.replace(LINE_BREAK, "\n")
        if style.formula:
            return self._document.add_formula(text, parent=parent, hyperlink=link)
        if style.code and label is DocItemLabel.TEXT and parent is not None and parent.label is GroupLabel.INLINE:
            return self._document.add_code(text, parent=parent, hyperlink=link)
        return self._document.add_text(label, text, parent=parent, formatting=formatting(style), hyperlink=link)

    def _footnote(self, note: Footnote, parent: NodeItem | None) -> Any:
        if is_blank(note.runs):
            return None
        lead = [Run(f"[^{note.mark}]: ")] if note.mark else []
        return self._line([*lead, *tidy(note.runs)], parent, DocItemLabel.FOOTNOTE)

    def _caption(self, runs: Runs, of: Any) -> None:
        """Appends the caption of an item."""
        item = self._line(runs, of, DocItemLabel.CAPTION)
        if item is not None:
            of.captions.append(item.get_ref())

    def _picture(self, block: Picture, parent: NodeItem | None) -> None:
        caption = block.caption or ([Run(block.description)] if block.description else [])
        picture = self._document.add_picture(parent=parent)
        self._caption(caption, picture)
        if block.caption and block.description and block.description not in plain(block.caption):
            self._document.add_text(DocItemLabel.TEXT, block.description, parent=picture)

    def _list(self, block: ItemList, parent: NodeItem | None) -> None:
        group = self._document.add_list_group(parent=parent)
        for item in block.items:
            first = item.blocks[0] if item.blocks and isinstance(item.blocks[0], Paragraph) else None
            rest = item.blocks[1:] if first is not None else item.blocks
            runs = tidy(first.runs) if first is not None else []
            single = runs[0] if len(runs) == 1 and not (runs[0].style.formula or runs[0].style.code) else None
            added = self._document.add_list_item(
                single.text.replace(LINE_BREAK, "\n") if single else "",
                enumerated=block.ordered,
                marker=item.marker or None,
                parent=group,
                formatting=formatting(single.style) if single else None,
                hyperlink=target(single.style.link) if single else None,
            )
            if runs and single is None:
                self._runs(runs, added)
            self.write(rest, added)

    def _table(self, block: MarkupTable, parent: NodeItem | None) -> None:
        grid = place_cells(block.rows)
        if not grid.cells:
            self._line(block.caption, parent, DocItemLabel.CAPTION)
            return
        data = TableData(num_rows=grid.row_count, num_cols=grid.column_count, table_cells=[])
        table = self._document.add_table(data, parent=parent)
        self._caption(block.caption, table)
        for cell in grid.cells:
            self._cell(cell, table)
        for note in block.notes:
            item = self._footnote(note, table)
            if item is not None:
                table.footnotes.append(item.get_ref())

    def _cell(self, at: PlacedCell, table: Any) -> None:
        cell = at.cell
        text = cell_text(cell)
        facts = {
            "text": text if text is not None else "",
            "row_span": at.row_span,
            "col_span": at.column_span,
            "start_row_offset_idx": at.row,
            "end_row_offset_idx": at.row + at.row_span,
            "start_col_offset_idx": at.column,
            "end_col_offset_idx": at.column + at.column_span,
            "column_header": cell.column_header,
            "row_header": cell.row_header,
        }
        if text is not None:
            self._document.add_table_cell(table, TableCell(**facts))
            return
        group = self._document.add_group(GroupLabel.UNSPECIFIED, name="cell", parent=table, content_layer=ContentLayer.BODY)
        self.write(cell.blocks, group)
        self._document.add_table_cell(table, RichTableCell(**facts, ref=group.get_ref()))


def cell_text(cell: Cell) -> str | None:
    """Returns the text of a cell that holds plain paragraphs; None if it holds more: links, lists, tables, code."""
    texts: list[str] = []
    for block in cell.blocks:
        if not isinstance(block, Paragraph) or any(run.style.link or run.style.struck for run in block.runs):
            return None
        texts.append(plain(tidy(block.runs)))
    return " ".join(text for text in texts if text)


def formatting(style: InlineStyle) -> Formatting | None:
    """Returns docling's formatting of the style, or None if it has none."""
    if style == PLAIN or not (style.bold or style.italic or style.struck or style.script):
        return None
    script = {"sub": Script.SUB, "super": Script.SUPER}.get(style.script, Script.BASELINE)
    return Formatting(bold=style.bold, italic=style.italic, strikethrough=style.struck, script=script)


def target(link: str) -> AnyUrl | Path | None:
    """Returns the link's target; None for places within the document."""
    if not link or link.startswith("#"):
        return None
    try:
        return WrittenUrl(link)
    except ValidationError:
        return Path(link)


def code_language(name: str) -> CodeLanguageLabel | None:
    """Returns docling's label of the language, or None if it has none."""
    key = name.strip().casefold()
    return _LANGUAGES.get(_SHORT_NAMES.get(key, key))
