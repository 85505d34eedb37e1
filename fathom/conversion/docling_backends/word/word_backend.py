"""Reads Word files: docling's backend on the displayed content, corrected where it loses content."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from docling.backend.msword_backend import MsWordDocumentBackend
from docling.datamodel.backend_options import MsWordBackendOptions
from docling_core.types.doc import (
    DocItemLabel,
    DoclingDocument,
    InlineGroup,
    ListGroup,
    ListItem,
    NodeItem,
    RichTableCell,
    SectionHeaderItem,
    TableCell,
    TableData,
    TitleItem,
)
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.part import XmlPart
from lxml import etree

from fathom.conversion.docling_backends.office.charts import CHARTS, add_chart, chart_of
from fathom.conversion.docling_backends.office.diagrams import add_diagram, diagram_of
from fathom.conversion.docling_backends.office.office_headers_footers import keep_headers_footers
from fathom.conversion.docling_backends.office.office_notes import add_comments, add_note, alternative_text, describe
from fathom.conversion.docling_backends.office.office_package import WORD_MAIN, repair_package
from fathom.conversion.docling_backends.office.pieces import OfficePiece, add_pieces, add_runs, plain_line, tidy_pieces
from fathom.conversion.docling_backends.office.table_headers import header_depth, mark_headers
from fathom.conversion.docling_backends.office.whole_numbers import whole_number
from fathom.conversion.docling_backends.word.comment_parts import WordComments, comment_ids
from fathom.conversion.docling_backends.word.fields import reduce_to_results
from fathom.conversion.docling_backends.word.flattening import BOXES, drop_prompts, flatten
from fathom.conversion.docling_backends.word.headings import by_outline, styles_of
from fathom.conversion.docling_backends.word.imported_parts import ImportedParts, insert_part_markers
from fathom.conversion.docling_backends.word.note_parts import WordNotes
from fathom.conversion.docling_backends.word.revisions import (
    HiddenStyles,
    OmissionCounts,
    accept_revisions,
    drop_hidden,
    notices_of,
)
from fathom.conversion.docling_backends.word.text_boxes import lift_boxes
from fathom.conversion.docling_backends.word.word_markup import (
    CELL,
    CHECKBOX,
    DIAGRAM,
    IMPORTED,
    TABLE,
    P,
    drawing_description,
)
from fathom.conversion.docling_backends.word.word_numbering import Numbering
from fathom.conversion.docling_backends.word.word_paragraphs import WordParagraphReader
from fathom.conversion.docling_backends.word.word_tables import (
    WordCell,
    bold_rows,
    cell_paragraphs,
    header_hints,
    is_nested,
    outermost_references,
    placed_cells,
)
from fathom.conversion.report import Notice

_HEADERS = (RELATIONSHIP_TYPE.HEADER, RELATIONSHIP_TYPE.FOOTER)


class WordBackend(MsWordDocumentBackend):
    """MsWordDocumentBackend on a document with simplified XML; the sibling modules name docling 2.142.1's losses."""

    def __init__(self, in_doc: Any, path_or_stream: BytesIO | Path, options: MsWordBackendOptions | None = None) -> None:
        self.notices: list[Notice] = []
        self.imported = ImportedParts(WordBackend)
        self._checkbox: str | None = None
        self._label = self._box = ""
        self._waiting_comments: list[tuple[str, list[str]]] = []
        self._failure: Exception | None = None
        super().__init__(in_doc, repair_package(path_or_stream, WORD_MAIN), options)
        if self.docx_obj is not None:
            self._prepare(self.docx_obj)

    def _prepare(self, document: Any) -> None:
        """Reduces the XML of the body, the notes, headers and footers to the displayed content."""
        part = document.part
        styles = _tree(part, RELATIONSHIP_TYPE.STYLES)
        hidden = HiddenStyles(styles)
        left_out = OmissionCounts()
        self._notes = WordNotes(part, document.settings.element)
        self._comments = WordComments(part)
        self._numbering = Numbering(_tree(part, RELATIONSHIP_TYPE.NUMBERING), styles)
        self._reader = WordParagraphReader(document, styles, self._get_style_chain)
        targets = [relation.target_part for relation in part.rels.values() if relation.reltype in _HEADERS]
        around = [target.element for target in targets if isinstance(target, XmlPart)]
        roots = [document.element, *self._notes.roots, *around]
        for root in around:
            drop_prompts(root)
        for root in roots:
            etree.strip_tags(root, etree.Comment, etree.ProcessingInstruction)
            accept_revisions(root, left_out if root is document.element else OmissionCounts())
            flatten_content(root)
            insert_part_markers(root)
            drop_hidden(root, hidden, left_out if root is document.element else OmissionCounts())
        self._notes.put_marks(document.element)
        for root in roots:
            lift_boxes(root)
            self._numbering.number_all(root)
        self.notices += notices_of(left_out, document.element)

    def convert(self) -> DoclingDocument:
        """Returns docling's document; raises errors of tables, which docling would swallow together with the table."""
        document: DoclingDocument = super().convert()
        if self._failure is not None:
            raise self._failure
        self.notices += self.imported.notices
        keep_headers_footers(document)
        return document

    def _extract_comment_ranges(self) -> None:
        """Does nothing: comments are added at their paragraphs."""

    def _get_comment_ids_for_element(self, element: Any) -> set[str]:
        return set()

    def _add_comments(self, docx_obj: Any, doc: DoclingDocument) -> None:
        """Adds the comments whose anchor in the text is gone."""
        for name, lines in self._comments.rest():
            add_comments(doc, lines, name=name, parent=None)

    def _add_footnotes_and_endnotes(self, docx_obj: Any, doc: DoclingDocument) -> None:
        """Adds the notes to the body, each with its mark."""
        for note in self._notes.found:
            pieces: list[OfficePiece] = []
            for paragraph in note.element.iter(P):
                line = self._reader.pieces(paragraph, note.part)
                pieces += [*([OfficePiece(" ")] if pieces and line else []), *line]
            add_note(doc, note.mark, pieces)

    def _get_label_and_level(self, paragraph: Any) -> tuple[str, int | None]:
        """Returns docling's label, corrected by the style's built-in name: docling uses the style id, which is localised.

        Docling reads the outline level of the style only, not that of the paragraph or of base styles.
        """
        label, level = super()._get_label_and_level(paragraph)
        style = paragraph.style
        if label != "Heading" and style is not None and (style.name or "").casefold() == "title":
            return "Title", None
        if label in ("Title", "Code"):
            return label, level
        return by_outline(paragraph, style, label, level)

    def _get_outline_level_from_style(self, style: Any) -> int | None:
        for at in styles_of(style):
            level: int | None = super()._get_outline_level_from_style(at)
            if level is not None:
                return level
        return None

    @staticmethod
    def _is_title_style(*labels: str | None) -> bool:
        return any((label or "").casefold() in ("title", "subtitle") for label in labels)

    # Paragraphs

    def _get_paragraph_elements(self, paragraph: Any) -> list[OfficePiece]:
        return self._reader.pieces(paragraph._p, self.current_part) or [OfficePiece("")]

    def _get_paragraph_text(self, paragraph: Any) -> str:
        return plain_line(self._reader.pieces(paragraph._p, self.current_part))

    def _handle_equations_in_text(self, element: Any, text: str) -> tuple[str, list[str]]:
        """Returns the formulas of a paragraph that has no other content; inline formulas are pieces of the text."""
        pieces = self._reader.pieces(element, self.current_part) if element.tag == P else []
        if not pieces or any(not piece.is_formula and piece.text.strip() for piece in pieces):
            return text, []
        formulas = [self.equation_bookends.format(EQ=piece.text) for piece in pieces if piece.is_formula]
        return "".join(formulas), formulas

    def _handle_text_elements(self, element: Any, doc: DoclingDocument, skip_empty_text: bool = False) -> list[Any]:
        if element.get(DIAGRAM) is not None:
            return self._handle_diagram(element, doc)
        if element.get(IMPORTED) is not None:
            return self._handle_imported(element, doc)
        self._checkbox = element.get(CHECKBOX)
        self._label = self._numbering.label_of(element)
        self._box = self._numbering.box_of(element)
        first = len(doc.texts)
        added: list[Any] = super()._handle_text_elements(element, doc, skip_empty_text)
        threads = self._comments.take(comment_ids(element))
        if threads and next(element.iterancestors(CELL), None) is not None:
            self._waiting_comments += threads
        elif threads:
            self._attach(doc, threads, doc.texts[first:])
        return added

    def _attach(self, doc: DoclingDocument, threads: list[tuple[str, list[str]]], texts: list[Any]) -> None:
        """Adds the threads behind the paragraph of the texts."""
        item: Any = next((text for text in texts if isinstance(text, ListItem | SectionHeaderItem | TitleItem)), None)
        parent: NodeItem | None = item
        if item is None and texts:
            item = texts[-1]
            parent = item.parent.resolve(doc) if item.parent is not None else None
            if isinstance(parent, InlineGroup):
                item, parent = None, parent.parent.resolve(doc) if parent.parent is not None else None
        for name, lines in threads:
            add_comments(doc, lines, name=name, parent=parent, target=item)

    def _get_checkbox_label(self, element: Any) -> DocItemLabel | None:
        state = element.get(CHECKBOX)
        if state is None or next(element.iterancestors(CELL), None) is not None:
            return None
        return DocItemLabel.CHECKBOX_SELECTED if state == "1" else DocItemLabel.CHECKBOX_UNSELECTED

    def _create_or_reuse_parent(self, **named: Any) -> NodeItem | None:
        return named["prev_parent"]

    def _add_body_text_items(
        self, doc: DoclingDocument, paragraph_elements: list[OfficePiece], checkbox_label: Any, skip_empty_text: bool
    ) -> list[Any]:
        pieces = _without_box(paragraph_elements) if checkbox_label else paragraph_elements
        if skip_empty_text and not plain_line(pieces).strip():
            return []
        parent = self.parents.get(self._get_level() - 1)
        if not pieces:
            pieces = [OfficePiece("")]
        if checkbox_label and len(pieces) > 1:
            pieces = [OfficePiece(plain_line(pieces))]
        label = checkbox_label or DocItemLabel.TEXT
        return [add_pieces(doc, pieces, label=label, parent=parent, layer=self.content_layer).get_ref()]

    def _handle_diagram(self, element: Any, doc: DoclingDocument) -> list[Any]:
        lines = diagram_of(self.current_part, element.get(DIAGRAM))
        group = add_diagram(doc, lines, self.parents[self._get_level() - 1], self.content_layer)
        self._clear_list_group_cache()
        return [] if group is None else [group.get_ref()]

    def _handle_imported(self, element: Any, doc: DoclingDocument) -> list[Any]:
        parent = self.parents[self._get_level() - 1]
        relation = self.current_part.rels.get(element.get(IMPORTED))
        self._clear_list_group_cache()
        return self.imported.add(relation, doc, doc.body if parent is None else parent)

    # Lists and numbers

    def _get_numId_and_ilvl(self, paragraph: Any) -> tuple[int | None, int | None]:
        place = self._numbering.place_of(paragraph._p)
        number = -1 if place is None else whole_number(place[0], -1)
        return (None, None) if place is None or number < 0 else (number, place[1])

    def _has_visible_numbering_format(self, numId: int, ilvl: int) -> bool:
        return bool(self._label)

    def _get_list_counter(self, numid: int, ilvl: int) -> int:
        return 0

    def _build_enum_marker(self, numid: int, ilvl: int) -> str:
        return self._label

    def _apply_caption_numbering(self, paragraph_elements: Any, numid: Any, ilevel: Any, p_style_id: Any) -> bool:
        """Prepends the number to a caption or another numbered text that docling does not treat as a list item."""
        if numid is None or ilevel is None or not self._get_caption_numbering_marker(numid, ilevel, p_style_id):
            return False
        paragraph_elements[0] = OfficePiece(f"{self._label} {paragraph_elements[0].text}", *list(paragraph_elements[0])[1:])
        return True

    def _add_heading(
        self,
        doc: DoclingDocument,
        curr_level: int | None,
        text: str,
        is_numbered_style: bool = False,
        numid: int | None = None,
        ilevel: int | None = None,
    ) -> list[Any]:
        numbered = f"{self._label} {text}" if self._label and text else text
        added: list[Any] = super()._add_heading(doc, curr_level, numbered)
        return added

    def _add_formatted_list_item(
        self, doc: DoclingDocument, elements: list[OfficePiece], marker: str, enumerated: bool, level: int
    ) -> list[Any]:
        group = self.parents[level]
        pieces = [piece for piece in elements if piece.text]
        if not isinstance(group, ListGroup) or not pieces:
            return []
        if self._box:
            pieces = tidy_pieces([OfficePiece(f"{self._box} "), *pieces])
        only = pieces[0] if len(pieces) == 1 and not pieces[0].is_formula else None
        item = doc.add_list_item(
            marker=marker,
            enumerated=enumerated,
            parent=group,
            text="" if only is None else only.text,
            formatting=None if only is None else only.formatting,
            hyperlink=None if only is None else only.hyperlink,
            content_layer=self.content_layer,
        )
        if only is None:
            add_runs(doc, pieces, parent=item, layer=self.content_layer)
        return []

    # Tables

    def _handle_tables(self, element: Any, doc: DoclingDocument) -> list[Any]:
        try:
            return self._add_table(element, doc)
        except Exception as error:
            self._failure = self._failure or error
            raise

    def _add_table(self, element: Any, doc: DoclingDocument) -> list[Any]:
        """Adds the table; a single-cell table is replaced by its content."""
        cells, rows, columns = placed_cells(element)
        if not cells:
            return []
        if len(cells) == 1:
            return self._unwrapped(cells[0].element, doc)
        parent = self.parents[self._get_level() - 1]
        table = doc.add_table(data=TableData(num_rows=rows, num_cols=columns), parent=parent, content_layer=self.content_layer)
        made: list[tuple[TableCell, list[OfficePiece]]] = []
        for placed in cells:
            lines = [self._reader.pieces(paragraph, self.current_part) for paragraph in cell_paragraphs(placed.element)]
            cell = self._cell(placed, lines, doc, table)
            made.append((cell, [piece for line in lines for piece in line]))
            doc.add_table_cell(table_item=table, cell=cell)
        found = [cell for cell, _ in made]
        mark_headers(found, header_depth(found, rows, header_hints(element), bold_rows(made)))
        if not is_nested(element):
            waiting, self._waiting_comments = self._waiting_comments, []
            for name, lines_of_thread in waiting:
                add_comments(doc, lines_of_thread, name=name, parent=parent)
        return [table.get_ref()]

    def _unwrapped(self, cell: Any, doc: DoclingDocument) -> list[Any]:
        """Adds the content of a table's only cell as body text."""
        self._clear_list_group_cache()
        self._force_new_code_block = True
        _, added = self._walk_linear(cell, doc)
        self._force_new_code_block = True
        return list(added)

    def _cell(self, placed: WordCell, lines: list[list[OfficePiece]], doc: DoclingDocument, table: Any) -> TableCell:
        place = {
            "text": "\n".join(filter(None, map(plain_line, lines))),
            "row_span": placed.rows,
            "col_span": placed.columns,
            "start_row_offset_idx": placed.row,
            "end_row_offset_idx": placed.row + placed.rows,
            "start_col_offset_idx": placed.column,
            "end_col_offset_idx": placed.column + placed.columns,
        }
        if not self._is_rich(placed.element, lines):
            return TableCell(**place)
        with self._isolated_list_context():
            _, added = self._walk_linear(placed.element, doc)
        added = outermost_references(added, doc)
        if not added:
            return TableCell(**place)
        name = f"rich_cell_group_{len(doc.tables)}_{placed.column}_{placed.row}"
        reference = self._group_cell_elements(name, doc, added, table, content_layer=self.content_layer)
        return RichTableCell(**place, ref=reference)

    def _is_rich(self, cell: Any, lines: list[list[OfficePiece]]) -> bool:
        """Returns whether the cell holds more than plain text: lines, formats, links, numbers, pictures, tables."""
        filled = [line for line in lines if line]
        if len(filled) > 1 or next(cell.iter(TABLE, *CHARTS), None) is not None or self._has_blip(cell):
            return True
        if any(len(line) > 1 or line[0] != OfficePiece(line[0].text) for line in filled):
            return True
        paragraphs = list(cell_paragraphs(cell))
        return any(
            paragraph.get(DIAGRAM) is not None
            or paragraph.get(IMPORTED) is not None
            or self._numbering.place_of(paragraph) is not None
            or comment_ids(paragraph)
            for paragraph in paragraphs
        )

    # Pictures

    def _handle_pictures(self, drawing_blip: Any, doc: DoclingDocument) -> list[Any]:
        first = len(doc.pictures)
        added: list[Any] = super()._handle_pictures(drawing_blip, doc)
        for picture, blip in zip(doc.pictures[first:], drawing_blip, strict=False):
            describe(picture, drawing_description(blip))
        return added

    def _handle_vml_pictures(self, vml_imagedatas: Any, doc: DoclingDocument) -> list[Any]:
        first = len(doc.pictures)
        added: list[Any] = super()._handle_vml_pictures(vml_imagedatas, doc)
        for picture, image in zip(doc.pictures[first:], vml_imagedatas, strict=False):
            shape = image.getparent()
            describe(picture, alternative_text(None, shape.get("alt") if shape is not None else None))
        return added

    def _is_chart_drawing(self, drawing_el: Any) -> bool:
        return next(drawing_el.iter(*CHARTS), None) is not None

    def _handle_chart(self, doc: DoclingDocument, chart_el: Any) -> Any:
        reference = next(chart_el.iter(*CHARTS))
        content = chart_of(reference, self.current_part)
        picture = add_chart(doc, content, self.parents[self._get_level() - 1], layer=self.content_layer)
        describe(picture, drawing_description(reference))
        return picture.get_ref()


def flatten_content(root: Any) -> None:
    """Reduces fields to their displayed results and wrappers to their content."""
    reduce_to_results(root)
    flatten(root)


def _tree(part: Any, relation: str) -> Any | None:
    """Returns the tree of the first part with this relationship, or None."""
    for found in part.rels.values():
        if found.reltype == relation and not found.is_external:
            return found.target_part.element if isinstance(found.target_part, XmlPart) else None
    return None


def _without_box(pieces: list[OfficePiece]) -> list[OfficePiece]:
    """Returns the pieces without the sign of a check box at their start."""
    if not pieces or pieces[0].text[:1] not in BOXES:
        return pieces
    return tidy_pieces([OfficePiece(pieces[0].text[1:], *list(pieces[0])[1:]), *pieces[1:]])
