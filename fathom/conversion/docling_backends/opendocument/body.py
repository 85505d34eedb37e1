"""Adds the blocks of an OpenDocument body to a document: paragraphs, headings, lists, tables, sections, drawings.

Docling 2.142.1 drops indexes, text boxes and headings within lists, and joins the paragraphs of an item; not needed once it
keeps these.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from docling_core.types.doc import (
    DocItemLabel,
    DoclingDocument,
    GroupLabel,
    InlineGroup,
    NodeItem,
    RichTableCell,
    TableCell,
    TableData,
)

from fathom.conversion.docling_backends.office.office_notes import add_comments
from fathom.conversion.docling_backends.office.pieces import OfficePiece, add_pieces, plain_line
from fathom.conversion.docling_backends.office.table_headers import header_depth, mark_headers
from fathom.conversion.docling_backends.opendocument.forms import CONTROL
from fathom.conversion.docling_backends.opendocument.media import Media, description_of
from fathom.conversion.docling_backends.opendocument.opendocument_lists import ListWriter
from fathom.conversion.docling_backends.opendocument.opendocument_markup import (
    DRAW,
    FRAME,
    HEADING,
    LIST,
    OFFICE,
    PARAGRAPH,
    SECTION,
    TABLE_ELEMENT,
    TEXT,
    TEXT_BOX,
    is_true,
    number_of,
)
from fathom.conversion.docling_backends.opendocument.opendocument_numbering import Levels
from fathom.conversion.docling_backends.opendocument.opendocument_paragraphs import (
    OpenDocumentLine,
    OpenDocumentParagraphReader,
    code_line,
)
from fathom.conversion.docling_backends.opendocument.opendocument_styles import Styles
from fathom.conversion.docling_backends.opendocument.opendocument_tables import Copies, OpenDocumentCell, grid_of

_TITLE, _SUBTITLE = "Title", "Subtitle"
_CODE = frozenset({"preformatted text", "preformatted_20_text", "source code", "source_20_code", "html preformatted"})
_INDEX = tuple(
    f"{TEXT}{name}"
    for name in (
        "table-of-content",
        "illustration-index",
        "table-index",
        "object-index",
        "user-index",
        "alphabetical-index",
        "bibliography",
        "index-title",
        "index-body",
        "numbered-paragraph",
    )
)
_SKIPPED = frozenset({f"{TEXT}tracked-changes", f"{OFFICE}forms", f"{OFFICE}annotation", f"{TEXT}number"})


class Threads(Protocol):
    """The comments of a file, by the paragraph they are in."""

    def take(self, paragraph: Any) -> list[tuple[str, list[str]]]:
        """Returns (name, lines) of the paragraph's threads that were not taken before."""


class BodyWriter:
    """Adds the blocks of a file to a document in order; `prov` is the provenance of the added items."""

    def __init__(
        self, document: DoclingDocument, styles: Styles, reader: OpenDocumentParagraphReader, media: Media, threads: Threads
    ) -> None:
        self.document = document
        self.reader = reader
        self.prov: Any = None
        self.layer: Any = None
        self._styles = styles
        self.media = media
        self._threads = threads
        self._outline = Levels(styles.outline)
        self._lists = ListWriter(self, styles)
        self._within_object = False
        self.hidden_rows = 0
        self.copies = Copies()

    def blocks(self, elements: Iterable[Any], parent: NodeItem | None) -> None:
        """Adds the elements in order."""
        code: list[str] = []
        for element in elements:
            if not isinstance(element.tag, str) or element.tag in _SKIPPED:
                continue
            if element.tag == PARAGRAPH and self._is_code(element):
                code.append(code_line(element))
                continue
            self._code(code, parent)
            if element.tag == LIST:
                self._lists.add(element, parent)
                continue
            self._lists.interrupt()
            self.block(element, parent)
        self._code(code, parent)

    def _is_code(self, paragraph: Any) -> bool:
        """Returns whether the paragraph is code and holds nothing but text."""
        names = self._styles.names(paragraph.get(f"{TEXT}style-name"))
        if not _CODE & {name.casefold() for name in names}:
            return False
        line = self.reader.read(paragraph)
        shown = "".join("" if piece.is_formula or piece.hyperlink else piece.text for piece in line.pieces)
        return not line.drawings and shown.split() == code_line(paragraph).split()

    def _code(self, lines: list[str], parent: NodeItem | None) -> None:
        """Adds the collected lines of code, and clears them."""
        text = "\n".join(lines).strip("\n")
        lines.clear()
        if text.strip():
            self._lists.interrupt()
            self.document.add_code(text=text, parent=parent, content_layer=self.layer, prov=self.prov)

    def block(self, element: Any, parent: NodeItem | None) -> None:
        """Adds an element that is no list."""
        tag = element.tag
        if tag == HEADING:
            self.heading(element, parent, self._number(element))
        elif tag == PARAGRAPH:
            self.paragraph(element, parent)
        elif tag == TABLE_ELEMENT:
            self.table(element, parent)
        elif tag == SECTION:
            if element.get(f"{TEXT}display") == "none" or is_true(element, f"{TEXT}is-hidden"):
                self.reader.hidden.sections += 1
            else:
                self.blocks(element, parent)
        elif tag in _INDEX:
            self.blocks(element, parent)
        elif tag.startswith(DRAW):
            self.drawing(element, parent)

    def paragraph(self, element: Any, parent: NodeItem | None) -> None:
        """Adds a paragraph, then the drawings anchored to it."""
        line = self.reader.read(element)
        names = self._styles.names(element.get(f"{TEXT}style-name"))
        item: NodeItem | None = None
        if line.pieces and _TITLE in names:
            text = plain_line(line.pieces)
            item = self.document.add_text(
                label=DocItemLabel.TITLE, text=text, parent=parent, content_layer=self.layer, prov=self.prov
            )
        elif line.pieces and _SUBTITLE in names:
            text = plain_line(line.pieces)
            item = self.document.add_heading(text=text, level=1, parent=parent, content_layer=self.layer, prov=self.prov)
        elif line.pieces:
            item = add_pieces(self.document, line.pieces, parent=parent, layer=self.layer, prov=self.prov)
        self.hanging(element, item, parent)

    def heading(self, element: Any, parent: NodeItem | None, number: str) -> None:
        """Adds a heading with its number, then the drawings anchored to it."""
        text = plain_line(self.reader.read(element).pieces)
        item: NodeItem | None = None
        if text:
            level = number_of(element, f"{TEXT}outline-level")
            shown = f"{number} {text}" if number else text
            item = self.document.add_heading(text=shown, level=level, parent=parent, content_layer=self.layer, prov=self.prov)
        self.hanging(element, item, parent)

    def hanging(self, element: Any, item: NodeItem | None, parent: NodeItem | None) -> None:
        """Adds the drawings of a paragraph, and the comments on it."""
        for drawing in self.reader.read(element).drawings:
            self.drawing(drawing, parent)
        target = None if isinstance(item, InlineGroup) else item
        for name, lines in self._threads.take(element):
            add_comments(self.document, lines, name=name, parent=parent, target=target)

    def drawing(self, element: Any, parent: NodeItem | None) -> None:
        """Adds a drawing: text of boxes and shapes, tables, pictures and charts."""
        if element.tag == FRAME:
            formula = self.media.formula_of(element)
            if formula:
                add_pieces(
                    self.document, [OfficePiece(formula, is_formula=True)], parent=parent, layer=self.layer, prov=self.prov
                )
            self.media.add(self.document, element, parent, self.layer)
            self._object(element, parent)
            for table in element.iterchildren(TABLE_ELEMENT):
                self.table(table, parent)
            for box in element.iterchildren(TEXT_BOX):
                self.blocks(box, parent)
            return
        shown = self.reader.forms.text_of(element) if element.tag == CONTROL else ""
        if shown:
            add_pieces(self.document, [OfficePiece(shown)], parent=parent, layer=self.layer, prov=self.prov)
        self.blocks(element, parent)

    def _object(self, frame: Any, parent: NodeItem | None) -> None:
        """Adds the sheet or text embedded in a frame; deeper embedded objects, which may be cyclic, are skipped."""
        if self._within_object:
            return
        self._within_object = True
        self.blocks(self.media.embedded(frame), parent)
        self._within_object = False

    def table(self, element: Any, parent: NodeItem | None) -> None:
        """Adds a table; a single-cell table that holds blocks is replaced by these blocks."""
        grid = grid_of(element, self.copies)
        self.hidden_rows += grid.hidden_rows
        if not grid.cells:
            return
        if len(grid.cells) == 1 and any(child.tag != PARAGRAPH for child in grid.cells[0].element):
            self.blocks(grid.cells[0].element, parent)
            return
        data = TableData(num_rows=grid.rows, num_cols=grid.columns)
        table = self.document.add_table(data=data, parent=parent, content_layer=self.layer, prov=self.prov)
        made = [self._cell(placed, table) for placed in grid.cells]
        mark_headers(made, header_depth(made, grid.rows, grid.hints))
        for cell in made:
            self.document.add_table_cell(table_item=table, cell=cell)

    def _cell(self, placed: OpenDocumentCell, table: NodeItem) -> TableCell:
        paragraphs = [found for found in placed.element.iter(PARAGRAPH, HEADING) if not _is_apart(found, placed.element)]
        lines = [self.reader.read(paragraph) for paragraph in paragraphs]
        place = {
            "text": "\n".join(filter(None, [*(plain_line(line.pieces) for line in lines), *_descriptions(lines)])),
            "row_span": placed.rows,
            "col_span": placed.columns,
            "start_row_offset_idx": placed.row,
            "end_row_offset_idx": placed.row + placed.rows,
            "start_col_offset_idx": placed.column,
            "end_col_offset_idx": placed.column + placed.columns,
        }
        plain = all(piece == OfficePiece(piece.text) for line in lines for piece in line.pieces)
        drawn = any(line.drawings for line in lines)
        only = [child for child in placed.element if isinstance(child.tag, str) and child.tag not in _SKIPPED]
        if plain and not drawn and sum(bool(line.pieces) for line in lines) <= 1 and all(c.tag == PARAGRAPH for c in only):
            return TableCell(**place)
        group = self.document.add_group(
            label=GroupLabel.UNSPECIFIED,
            name=f"rich_cell_group_{len(self.document.tables)}_{placed.column}_{placed.row}",
            parent=table,
            content_layer=self.layer,
        )
        self.blocks(placed.element, group)
        return RichTableCell(**place, ref=group.get_ref()) if group.children else TableCell(**place)

    def _number(self, heading: Any) -> str:
        """Returns the number of a heading outside lists: the number in the file, or that of the outline."""
        level, start = number_of(heading, f"{TEXT}outline-level"), None
        if is_true(heading, f"{TEXT}restart-numbering"):
            start = number_of(heading, f"{TEXT}start-value")
        if is_true(heading, f"{TEXT}is-list-header"):
            return ""
        style = self._styles.list_style_of_paragraph(heading.get(f"{TEXT}style-name"))
        counted = self._outline.count(level, start) if style is None or self._styles.list_style(style) is None else ""
        written = heading.find(f"{TEXT}number")
        if written is not None:
            return "".join(written.itertext()).strip()
        if style is None:
            return counted
        return self._lists.number(style, level, start) if style else ""


def _descriptions(lines: Iterable[OpenDocumentLine]) -> list[str]:
    return [description_of(frame) for line in lines for drawing in line.drawings for frame in drawing.iter(FRAME)]


def _is_apart(paragraph: Any, cell: Any) -> bool:
    """Returns whether the paragraph belongs to a note in the cell, which is placed at the end of the document."""
    for holder in paragraph.iterancestors():
        if holder is cell:
            return False
        if holder.tag == f"{TEXT}note":
            return True
    return False
