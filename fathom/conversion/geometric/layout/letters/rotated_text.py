"""Reads text that is turned on its page: a table or page set sideways as if it were upright, other words at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from fathom.conversion.geometric.layout.letters.large_letters import BEHIND
from fathom.conversion.geometric.layout.page_blocks import BlockRole, PageBlock
from fathom.conversion.geometric.layout.page_content import (
    Box,
    Boxed,
    DocumentStyle,
    PageContent,
    Rule,
    Word,
    body_size,
    bounds,
    centre_inside,
)
from fathom.conversion.geometric.layout.tables.table_grid import LineGrid, LineGridCell
from fathom.conversion.geometric.layout.text_lines import UNSPACED, make_line

# So many words in so many lines are laid out; fewer are a label.
MIN_WORDS, MIN_LINES = 8, 2
# Rules and areas so near to turned words belong to them, in points.
NEAR = 20.0
MAX_WORDS_TRIED = 200_000  # words in cells

LayOut = Callable[[PageContent, DocumentStyle], list[PageBlock]]


def is_mostly_rotated(content: PageContent) -> bool:
    """Returns whether most of the page's text is turned: it is set sideways."""
    return sum(len(word.text) for word in content.turned) > sum(len(word.text) for word in content.words)


def outside_rotated_cells(turned: Sequence[Word], grids: Sequence[LineGrid]) -> list[Word]:
    """Returns the turned words that stand in no cell of the tables; the others become the texts of their cells."""
    left: list[Word] = []
    cells: dict[int, tuple[LineGridCell, list[Word]]] = {}
    for word in turned:
        cell = (
            next((cell for grid in grids for cell in grid.cells if centre_inside(word, cell.box)), None) if word.turn else None
        )
        if cell is None:
            left.append(word)
        else:
            cells.setdefault(id(cell), (cell, []))[1].append(word)
    for cell, words in cells.values():
        said = _joined([word.text for word in words])
        cell.text = f"{cell.text} {said}" if cell.text else said
    return left


def rotated_blocks(
    content: PageContent, turned: Sequence[Word], style: DocumentStyle, lay_out: LayOut
) -> tuple[list[PageBlock], list[PageBlock]]:
    """Returns (blocks of sideways text, of other words) of the turned words; `lay_out` reads the former as an upright page."""
    sideways: list[PageBlock] = []
    rest = [word for word in turned if not word.turn]
    for turn in (1, 3, 2):
        words = [word for word in turned if word.turn == turn]
        upright = [_upright(word, turn, content) for word in words]
        if len(words) < MIN_WORDS or _line_count(upright) < MIN_LINES:
            rest += words
            continue
        page = _upright_page(content, upright, bounds(words), turn)
        size = body_size(upright)
        blocks = lay_out(page, DocumentStyle(size, words=style.words, typewritten=style.typewritten))
        for block in blocks:
            _turn_back(block, turn, content)
        sideways += blocks
    rest.sort(key=lambda word: word.order)
    return sideways, list(_labels(rest, content, style.body_size))


def _line_count(words: Sequence[Word]) -> int:
    """Returns how many of the lines of the words have more than a label's."""
    return len({round(word.b / max(1.0, word.size)) for word in words})


def _upright(word: Word, turn: int, page: PageContent) -> Word:
    l, t, r, b = _edges(word, turn, page)
    return replace(word, l=l, t=t, r=r, b=b, baseline=b, turn=0)


def _edges(item: Boxed, turn: int, page: PageContent) -> tuple[float, float, float, float]:
    """Returns left, top, right, bottom of the item on the page turned by so many quarters to the right."""
    l, t, r, b = item.l, item.t, item.r, item.b
    if turn == 1:
        return page.height - b, l, page.height - t, r
    if turn == 3:
        return t, page.width - r, b, page.width - l
    return page.width - r, page.height - b, page.width - l, page.height - t


def _upright_page(content: PageContent, words: list[Word], place: Box, turn: int) -> PageContent:
    """Returns the page turned upright, with the painted things about these words."""
    about = Box(place.l - NEAR, place.t - NEAR, place.r + NEAR, place.b + NEAR)
    width, height = (content.width, content.height) if turn == 2 else (content.height, content.width)
    rules = [Rule(*_edges(rule, turn, content)) for rule in content.rules if centre_inside(rule, about)]
    fills = [Box(*_edges(fill, turn, content)) for fill in content.fills if centre_inside(fill, about)]
    return PageContent(width, height, words, rules, fills)


def _turn_back(block: PageBlock, turn: int, content: PageContent) -> None:
    """Moves the block's boxes to where it stands on the page."""
    page = PageContent(content.width, content.height) if turn == 2 else PageContent(content.height, content.width)
    back = {1: 3, 3: 1, 2: 2}[turn]
    for line in block.lines:
        line.l, line.t, line.r, line.b = _edges(line, back, page)
    if block.box is not None:
        block.box = Box(*_edges(block.box, back, page))
    if isinstance(block.table, LineGrid):
        block.table.box = Box(*_edges(block.table.box, back, page))
        for cell in block.table.cells:
            cell.box = Box(*_edges(cell.box, back, page))
    for child in block.children:
        _turn_back(child, turn, content)


def _labels(words: Sequence[Word], content: PageContent, size: float) -> Iterator[PageBlock]:
    """Yields a block for each stretch of the words.

    Large words are painted behind the text of each page, and words beside all text run in a margin; `size` is the body's.
    """
    groups: list[list[Word]] = []
    for word in words:
        last = groups[-1][-1] if groups else None
        if last is not None and word.order - last.order <= 1 and _close(last, word):
            groups[-1].append(word)
        else:
            groups.append([word])
    for group in groups:
        line = make_line(group)
        line.text = _joined([word.text for word in group])
        box = bounds(group)
        beside = bool(content.words) and (box.r < min(w.l for w in content.words) or box.l > max(w.r for w in content.words))
        role = BlockRole.FOOTER if group[0].size >= BEHIND * size or beside else BlockRole.TEXT
        yield PageBlock([line], role=role, box=box, confidence=0.5)


def _joined(texts: Sequence[str]) -> str:
    """Returns the texts with blanks between them, save in scripts that have none."""
    joined = texts[0]
    for text in texts[1:]:
        joined += text if UNSPACED.match(joined[-1]) and UNSPACED.match(text) else f" {text}"
    return joined


def _close(left: Word, right: Word) -> bool:
    gap_x = max(left.l, right.l) - min(left.r, right.r)
    gap_y = max(left.t, right.t) - min(left.b, right.b)
    return max(gap_x, gap_y) < 2.0 * max(left.size, right.size)
