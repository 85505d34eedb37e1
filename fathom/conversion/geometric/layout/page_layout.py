"""Lays out a page: its content becomes blocks with roles, in reading order."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from fathom.conversion.geometric.layout.boxed_text import find_boxed_texts
from fathom.conversion.geometric.layout.continuation import join_columns
from fathom.conversion.geometric.layout.drawings import find_pictures
from fathom.conversion.geometric.layout.form_labels import lines_with_fields
from fathom.conversion.geometric.layout.letters.large_letters import place_initials, rows_beside, words_behind
from fathom.conversion.geometric.layout.letters.rotated_text import is_mostly_rotated, outside_rotated_cells, rotated_blocks
from fathom.conversion.geometric.layout.page_blocks import BlockRole, PageBlock, join_lines
from fathom.conversion.geometric.layout.page_columns import ColumnPiece, ColumnRow, read_columns
from fathom.conversion.geometric.layout.page_content import Box, DocumentStyle, PageContent, PageLine, centre_inside, inside
from fathom.conversion.geometric.layout.roles.captions import mark_captions, mark_footnotes
from fathom.conversion.geometric.layout.roles.heading_blocks import mark_headings, mark_title
from fathom.conversion.geometric.layout.roles.list_items import starts_item
from fathom.conversion.geometric.layout.roles.listings import listings
from fathom.conversion.geometric.layout.roles.note_marks import link_note_marks
from fathom.conversion.geometric.layout.roles.outline import mark_outlined
from fathom.conversion.geometric.layout.roles.reader_notes import notes_of
from fathom.conversion.geometric.layout.running.headers_footers import may_be_header_or_footer, split_headers_footers
from fathom.conversion.geometric.layout.tables.ruled_tables import find_ruled_tables, join_rules
from fathom.conversion.geometric.layout.tables.table_grid import LineGrid, read_leftward
from fathom.conversion.geometric.layout.tables.unruled_tables import find_tables, tables_between_rules
from fathom.conversion.geometric.layout.text_lines import join_words, merge_lines, without_leader


def lay_out(content: PageContent, style: DocumentStyle, *, first: bool = False) -> list[PageBlock]:
    """Returns the blocks of the page in reading order; every word is in exactly one block, or in a table's cell.

    The `first` page of a document may have its title.
    """
    grids = find_ruled_tables(content)
    turned = outside_rotated_cells(content.turned, grids)
    asides = find_boxed_texts(content, style.body_size, [grid.box for grid in grids])
    kept_apart = [*(grid.box for grid in grids), *asides]
    words = [w for w in content.words if not any(centre_inside(w, box, 1.0) for box in kept_apart)]
    lines = lines_with_fields(place_initials(words, style.body_size, style.words), content.width)
    behind = {id(line): line for line in words_behind(lines, style.body_size)}
    lines = [line for line in lines if id(line) not in behind]
    alone = not kept_apart and not content.pictures
    furniture, lines = split_headers_footers(lines, content, style, alone=alone)
    open_grids = tables_between_rules(content, lines, [g.box for g in grids])
    grids += open_grids
    lines = [line for line in lines if not any(centre_inside(line, g.box, 1.0) for g in open_grids)]
    pictures = find_pictures(content, [g.box for g in grids])
    labels = {id(line): box for line in lines for box in pictures if centre_inside(line, box)}

    fixed = [_table(grid) for grid in grids] + [_picture(box, lines, labels) for box in pictures]
    rows = rows_beside(lines, style.body_size)
    pieces = [
        ColumnPiece(line.l, (row := rows.get(id(line), line)).t, line.r, row.b, line)
        for line in lines
        if id(line) not in labels
    ]
    pieces += [ColumnPiece(b.bounds.l, b.bounds.t, b.bounds.r, b.bounds.b, block=[b]) for b in fixed]
    pieces += [_aside(box, content, style) for box in asides]
    bars = [rule for rule in join_rules(content.rules) if rule.horizontal]
    blocks = join_columns([_column(rows, style) for rows in read_columns(pieces, style.body_size, bars)])
    bold = sum(len(w.text) for w in content.words if w.bold) / max(1, sum(len(w.text) for w in content.words))
    mark_captions(blocks)
    mark_headings(blocks, style.body_size, page_bold=bold)
    for block in blocks:
        if block.role is BlockRole.HEADING and may_be_header_or_footer(block, content, style.body_size):
            block.role = BlockRole.TEXT
    mark_outlined(blocks, content.titles)
    if first:
        mark_title(blocks, style.body_size)
    mark_footnotes(blocks, style.body_size, content.height)
    link_note_marks(blocks)
    if content.turned:
        sideways, others = rotated_blocks(content, turned, style, partial(lay_out, first=first and is_mostly_rotated(content)))
        blocks = [*sideways, *blocks, *others] if is_mostly_rotated(content) else [*blocks, *sideways, *others]
    blocks += notes_of(content)
    furniture += [PageBlock([line], role=BlockRole.FOOTER, confidence=0.6) for line in behind.values()]
    headers = [b for b in furniture if b.role is BlockRole.HEADER]
    return headers + blocks + [b for b in furniture if b.role is BlockRole.FOOTER]


def _column(rows: Sequence[ColumnRow], style: DocumentStyle) -> list[PageBlock]:
    """Returns the blocks of a column."""
    size = style.body_size
    blocks: list[PageBlock] = []
    tables = {first: (last, grid) for first, last, grid in find_tables(rows)}
    lines: list[PageLine] = []
    index = 0

    def flush() -> None:
        start = 0
        for first, last in [] if style.typewritten else listings(lines):
            blocks.extend(_roles(join_lines(lines[start:first]), size))
            blocks.append(_listing(lines[first : last + 1]))
            start = last + 1
        blocks.extend(_roles(join_lines(lines[start:]), size))
        lines.clear()

    while index < len(rows):
        if index in tables:
            flush()
            last, grid = tables[index]
            blocks.append(_table(grid))
            index = last + 1
            continue
        row = rows[index]
        index += 1
        if row[0].block is not None:
            flush()
            blocks += row[0].block
        else:
            lines.append(without_leader(merge_lines([p.line for p in row if p.line])))
    flush()
    return blocks


def _listing(lines: Sequence[PageLine]) -> PageBlock:
    return PageBlock(list(lines), role=BlockRole.CODE, confidence=0.9)


def _aside(box: Box, content: PageContent, style: DocumentStyle) -> ColumnPiece:
    """Returns the content of the box, as a piece that is read by itself."""
    lines = join_words(inside(content.words, box, 1.0))
    pieces = [ColumnPiece(line.l, line.t, line.r, line.b, line) for line in lines]
    blocks = [block for rows in read_columns(pieces, style.body_size) for block in _column(rows, style)]
    for block in blocks:
        block.boxed = True
    return ColumnPiece(box.l, box.t, box.r, box.b, block=blocks)


def _roles(blocks: list[PageBlock], size: float) -> list[PageBlock]:
    for block in blocks:
        if starts_item(block.lines[0], None) and block.size > 0.75 * size:
            block.role, block.confidence = BlockRole.ITEM, 0.9
    return blocks


def _table(grid: LineGrid) -> PageBlock:
    return PageBlock([], role=BlockRole.TABLE, box=grid.box, table=read_leftward(grid), confidence=grid.confidence)


def _picture(box: Box, lines: Sequence[PageLine], labels: dict[int, Box]) -> PageBlock:
    inner = [line for line in lines if labels.get(id(line)) is box]
    children = [PageBlock([line]) for line in inner]
    return PageBlock([], role=BlockRole.PICTURE, box=box, children=children, confidence=0.9)
