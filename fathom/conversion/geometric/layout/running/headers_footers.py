"""Separates running headers, running footers and page numbers from the body text of a page."""

from __future__ import annotations

from collections.abc import Sequence

from fathom.conversion.geometric.layout.page_blocks import BlockRole, PageBlock
from fathom.conversion.geometric.layout.page_content import DocumentStyle, PageContent, PageLine, body_size
from fathom.conversion.geometric.layout.paragraph_text import known_words
from fathom.conversion.geometric.layout.roles.listings import is_typewritten
from fathom.conversion.geometric.layout.running.margins import Margin, margins_of
from fathom.conversion.geometric.layout.running.page_numbers import NumberedText, read_number
from fathom.conversion.geometric.layout.running.repeated_lines import (
    band_of,
    counts_pages,
    ends_sentence,
    in_margin,
    key_of,
    learn_header_footer_patterns,
)

SAME_ROW = 0.3  # ems
PARAGRAPH_STEP = 1.6
# A line so near to the edge, in shares of the page's height, no larger than that, in the size of the body, may be a header or
# footer with the page's number; smaller numbers are those of headings.
EDGE = 0.1
HEADING_SIZE = 1.3
MIN_NUMBER = 20


def document_style(pages: Sequence[PageContent], numbers: Sequence[int] | None = None) -> DocumentStyle:
    """Returns the style of a document, from some of its pages (neighbours, if not all); `numbers` are theirs, from 1."""
    words = [word for page in pages for word in page.words]
    size = body_size(words)
    running = learn_header_footer_patterns(list(zip(numbers or range(1, len(pages) + 1), pages, strict=True)), size)
    return DocumentStyle(size, running, known_words(words), is_typewritten(words))


def split_headers_footers(
    lines: Sequence[PageLine], page: PageContent, style: DocumentStyle, *, alone: bool = False
) -> tuple[list[PageBlock], list[PageLine]]:
    """Returns (running headers and footers, all other lines).

    A page that has nothing else (`alone`: no table, picture or box) keeps all its lines as text. The number of the page is
    taken from the text of a header or footer.
    """
    running, size = style.running, style.body_size
    margins = margins_of(page, size, running.step)
    found: dict[int, tuple[Margin, NumberedText | None]] = {}
    for line in lines if margins else ():
        margin = in_margin(line, margins, page.height, size, running)
        if margin is not None:
            found[id(line)] = (margin, read_number(line.text))
    by_id = {id(line): line for line in lines if id(line) in found}
    numbers = [line for line in lines if id(line) in found and _is_number(line, *found[id(line)], page, style)]
    if not running.several:  # the text beside a single page's number may be a part of its text
        numbers = [number for number in numbers if not any(_on_row(line, [number]) for line in lines if line is not number)]
    running_lines = {
        key for key, (margin, number) in found.items() if _is_header_or_footer(by_id[key], margin, number, page, style)
    } | {id(line) for line in lines if id(line) in found and _on_row(line, numbers)}
    running_lines = _without_body_paragraphs(running_lines, [line for line in lines if id(line) in found], numbers)
    taken: list[PageBlock] = []
    left: list[PageLine] = []
    for line in lines:
        if id(line) not in running_lines:
            left.append(line)
            continue
        margin, number = found[id(line)]
        if number is not None and number.text and counts_pages(number, running.counters):
            line.text = number.text
        taken.append(PageBlock([line], role=BlockRole.HEADER if margin.top else BlockRole.FOOTER, confidence=0.9))
    if alone and not left:
        return [], list(lines)
    return taken, left


def _without_body_paragraphs(running: set[int], lines: Sequence[PageLine], numbers: Sequence[PageLine]) -> set[int]:
    """Returns the header and footer lines without those of a paragraph of body text; page numbers stay.

    A paragraph is body text if any of its lines is no header or footer.
    """
    found = set(running)
    alone = {id(line) for line in numbers}
    rest = [line for line in lines if id(line) not in found]
    while rest:
        line = rest.pop()
        joined = [other for other in lines if id(other) in found and id(other) not in alone and _same_paragraph(line, other)]
        found -= {id(other) for other in joined}
        rest += joined
    return found


def _same_paragraph(a: PageLine, b: PageLine) -> bool:
    step = abs(a.baseline - b.baseline)
    alike = abs(a.size - b.size) < 0.06 * a.size and not {w.font for w in a.words}.isdisjoint(w.font for w in b.words)
    return alike and SAME_ROW * a.size < step < PARAGRAPH_STEP * a.size and min(a.r, b.r) > max(a.l, b.l)


def may_be_header_or_footer(block: PageBlock, page: PageContent, size: float) -> bool:
    """Returns whether the block is a line at the page's edge, no larger than its text, with a number like a page's at an end.

    Such a block is no heading, even if the document has too few pages to show that it is a running header or footer.
    """
    if len(block.lines) != 1 or block.size > HEADING_SIZE * size:
        return False
    line = block.lines[0]
    if min(line.b, page.height - line.t) > EDGE * page.height:
        return False
    number = read_number(line.text)
    return number is not None and number.number >= MIN_NUMBER and len(number.text.split()) > 1


def _is_number(line: PageLine, margin: Margin, number: NumberedText | None, page: PageContent, style: DocumentStyle) -> bool:
    """Returns whether the line is the page's number and nothing else."""
    if number is None or number.text:
        return False
    return _near(style.running.numbers, margin, band_of(line, page.height))


def _is_header_or_footer(
    line: PageLine, margin: Margin, number: NumberedText | None, page: PageContent, style: DocumentStyle
) -> bool:
    """Returns whether other pages repeat the line in their margins, or it stands where such lines do."""
    running = style.running
    if (number is not None and not number.text) or ends_sentence(line, style.body_size):
        return False
    if (margin.top, key_of(line, number, running.counters)) in running.texts:
        return True
    return not margin.close and _near(running.slots, margin, band_of(line, page.height))


def _near(slots: frozenset[tuple[bool, int]], margin: Margin, band: int) -> bool:
    return any((margin.top, near) in slots for near in (band - 1, band, band + 1))


def _on_row(line: PageLine, numbers: Sequence[PageLine]) -> bool:
    """Returns whether it is a page number, or stands on a baseline with a page number."""
    return any(line is number or abs(line.baseline - number.baseline) < SAME_ROW * line.size for number in numbers)
