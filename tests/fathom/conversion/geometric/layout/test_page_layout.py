"""A page laid out: order, headings, lists, tables, captions, notes and what its margins repeat."""

from __future__ import annotations

import pytest

from fathom.conversion.geometric.layout.page_blocks import BlockRole, PageBlock
from fathom.conversion.geometric.layout.page_content import Box, DocumentStyle, PageContent, Rule, Word
from fathom.conversion.geometric.layout.page_layout import lay_out
from fathom.conversion.geometric.layout.running.headers_footers import document_style
from fathom.conversion.geometric.layout.tables.table_grid import LineGrid
from tests.fathom.conversion.geometric.layout.page_words import paragraph_at, words_at

PROSE = [
    "This page says something that",
    "goes on over several lines and",
    "is read from top to bottom until",
    "it ends with a full stop.",
]
MORE = [
    "Another column holds a text that",
    "has nothing to do with the first",
    "and must be read after it rather",
    "than line by line across both.",
]


def page(words: list[Word], **shapes: list[object]) -> PageContent:
    return PageContent(600, 800, words, **shapes)  # type: ignore[arg-type]


def blocks_of(content: PageContent, size: float = 10.0) -> list[PageBlock]:
    return lay_out(content, DocumentStyle(size))


def grid_of(content: PageContent) -> list[list[str]]:
    grids = [block.table for block in blocks_of(content) if block.role is BlockRole.TABLE]
    assert len(grids) == 1
    grid = grids[0]
    assert isinstance(grid, LineGrid)
    rows = [[""] * grid.columns for _ in range(grid.rows)]
    for cell in grid.cells:
        rows[cell.row][cell.column] = cell.text
    return rows


def test_two_columns_are_read_one_after_the_other() -> None:
    content = page(paragraph_at(PROSE, 50, 200) + paragraph_at(MORE, 320, 200))
    assert [block.text for block in blocks_of(content)] == [" ".join(PROSE), " ".join(MORE)]


def test_a_line_over_both_columns_comes_first() -> None:
    wide = words_at("A sentence that is as wide as the whole page and stands above its two columns of text here.", 50, 170)
    found = [block.text for block in blocks_of(page(paragraph_at(MORE, 320, 200) + paragraph_at(PROSE, 50, 200) + wide))]
    assert found[0].startswith("A sentence")
    assert found[1:] == [" ".join(PROSE), " ".join(MORE)]


def test_larger_text_is_a_heading() -> None:
    content = page(words_at("Results of the year", 50, 100, 16) + paragraph_at(PROSE, 50, 130))
    assert [block.role for block in blocks_of(content)] == [BlockRole.HEADING, BlockRole.TEXT]


def test_a_short_bold_line_with_room_above_is_a_heading() -> None:
    content = page(paragraph_at(PROSE, 50, 100) + words_at("Results", 50, 170, bold=True) + paragraph_at(MORE, 50, 186))
    assert [block.role for block in blocks_of(content)] == [BlockRole.TEXT, BlockRole.HEADING, BlockRole.TEXT]


def test_a_bold_beginning_of_a_sentence_is_no_heading() -> None:
    first = words_at("Results", 50, 100, bold=True) + words_at("were good in that year, and so", 87.5, 100)
    content = page(first + paragraph_at(PROSE, 50, 112))
    assert [block.role for block in blocks_of(content)] == [BlockRole.TEXT]


@pytest.mark.parametrize("marker", ["•", "–", "1.", "(a)", "iv)"])
def test_items_of_a_list_are_told_by_their_markers(marker: str) -> None:
    content = page(words_at(f"{marker} first point of it", 50, 100) + words_at(f"{marker} second point of it", 50, 112))
    assert [block.role for block in blocks_of(content)] == [BlockRole.ITEM, BlockRole.ITEM]


@pytest.mark.parametrize(
    "text", ["A. Smith wrote this text", "1999 was a good year", "-5 degrees were measured", "e.g. this one"]
)
def test_what_only_looks_like_a_marker_is_text(text: str) -> None:
    assert [block.role for block in blocks_of(page(words_at(text, 50, 100)))] == [BlockRole.TEXT]


def test_rules_make_the_cells_of_a_table() -> None:
    words = [w for r in range(3) for c in range(3) for w in words_at(f"r{r}c{c} x", 55 + 80 * c, 115 + 20 * r)]
    rules = [Rule(50, 100 + 20 * i, 290, 100 + 20 * i) for i in range(4)] + [
        Rule(50 + 80 * i, 100, 50 + 80 * i, 160) for i in range(4)
    ]
    assert grid_of(page(words, rules=rules)) == [[f"r{r}c{c} x" for c in range(3)] for r in range(3)]


def test_a_cell_without_a_rule_inside_spans_its_slots() -> None:
    words = words_at("Both", 60, 115) + words_at("left", 60, 135) + words_at("right", 140, 135)
    rules = (
        [Rule(50, y, 210, y) for y in (100, 120, 140)] + [Rule(x, 100, x, 140) for x in (50, 210)] + [Rule(130, 120, 130, 140)]
    )
    block = next(b for b in blocks_of(page(words, rules=rules)) if b.role is BlockRole.TABLE)
    assert isinstance(block.table, LineGrid)
    head = next(cell for cell in block.table.cells if cell.text == "Both")
    assert (head.column, head.end_column, head.row, head.end_row) == (0, 2, 0, 1)


def test_cells_under_each_other_make_a_table_without_rules() -> None:
    rows = [["Name", "Amount", "Place"], ["Pump", "12", "Bonn"], ["Valve", "3,400", "Lyon"], ["Pipe", "7", "Bern"]]
    words = [w for r, row in enumerate(rows) for c, cell in enumerate(row) for w in words_at(cell, 50 + 90 * c, 100 + 15 * r)]
    assert grid_of(page(words)) == rows


def test_the_rules_of_a_plot_are_no_table() -> None:
    rules = [Rule(50, 100 + 20 * i, 290, 100 + 20 * i) for i in range(6)] + [
        Rule(50 + 40 * i, 100, 50 + 40 * i, 200) for i in range(7)
    ]
    content = page(words_at("0.5", 60, 112), rules=rules)
    assert all(block.role is not BlockRole.TABLE for block in blocks_of(content))


def test_no_gutter_crosses_the_lines_of_an_invoice() -> None:
    """The address above stands beside room, and so do descriptions and figures, though they are one table."""
    words = paragraph_at(["Orange Demo Inc.", "23 Main Street", "Central City", "Marineville"], 400, 140)
    words += words_at("Bayside Wholesale", 40, 146)
    lines = [
        ("Description", 240, "Quantity", "Amount"),
        ("Project management and implementation", 270, "1.00", "250.00"),
        ("with your team", 282, "", ""),
        ("", 310, "Subtotal", "250.00"),
        ("", 332, "Tax", "23.13"),
        ("", 354, "Total", "273.13"),
    ]
    for text, y, quantity, amount in lines:
        words += words_at(text, 40, y) + words_at(quantity, 360, y) + words_at(amount, 480, y)
    words += words_at("Due Date: Jun 3, 2013", 40, 420) + words_at(
        "Pay to the account that is named on the first page", 40, 434
    )
    rules = [Rule(left, y, right, y) for y in (250, 292) for left, right in ((36, 300), (299, 420), (419, 540))]
    table = grid_of(page(words, rules=rules))
    assert table[0] == ["Description", "Quantity", "Amount"]
    assert [row[-1] for row in table[-3:]] == ["250.00", "23.13", "273.13"]


def test_two_columns_of_prose_are_no_table() -> None:
    content = page(paragraph_at(PROSE * 2, 50, 200) + paragraph_at(MORE * 2, 320, 200))
    assert all(block.role is not BlockRole.TABLE for block in blocks_of(content))


def test_a_caption_belongs_to_the_picture_above_it() -> None:
    content = page(words_at("Figure 3: The pump from the side.", 100, 330), pictures=[Box(100, 100, 400, 310)])
    assert [block.role for block in blocks_of(content)] == [BlockRole.PICTURE, BlockRole.CAPTION]


def test_labels_inside_a_picture_are_its_children() -> None:
    content = page(words_at("valve", 200, 200) + paragraph_at(PROSE, 50, 400), pictures=[Box(100, 100, 400, 310)])
    picture = next(block for block in blocks_of(content) if block.role is BlockRole.PICTURE)
    assert [child.text for child in picture.children] == ["valve"]


def test_a_small_marked_text_at_the_foot_is_a_note() -> None:
    note = words_at("1 See the manual of the pump for more.", 50, 700, 7)
    assert [block.role for block in blocks_of(page(paragraph_at(PROSE, 50, 100) + note))] == [
        BlockRole.TEXT,
        BlockRole.FOOTNOTE,
    ]


def test_what_the_margins_of_pages_repeat_is_set_apart() -> None:
    pages = [
        page(words_at("The Pump Handbook", 50, 40) + paragraph_at(PROSE, 50, 200 + 40 * i) + words_at(f"Page {i}", 280, 780))
        for i in range(1, 4)
    ]
    style = document_style(pages)
    for content in pages:
        assert [block.role for block in lay_out(content, style)] == [BlockRole.HEADER, BlockRole.TEXT, BlockRole.FOOTER]


def test_values_of_tables_at_the_edge_are_not_set_apart() -> None:
    pages = [page(words_at(f"{i}4.{i}%", 50, 40) + paragraph_at(PROSE, 50, 200)) for i in range(1, 4)]
    assert not document_style(pages).running.texts


def test_every_word_of_a_page_is_kept_once() -> None:
    words = paragraph_at(PROSE, 50, 200) + paragraph_at(MORE, 320, 200) + words_at("Results", 50, 170, bold=True)
    kept = [word for block in blocks_of(page(words)) for line in block.lines for word in line.words]
    assert sorted(map(id, kept)) == sorted(map(id, words))
