"""How many grids of painted lines a PDF has, and which of them are tables in the document made from it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fathom.conversion.geometric.layout.page_content import Box, Rule, Word, bounds
from fathom.conversion.geometric.layout.tables.ruled_tables import join_rules

# Lines whose ends come so near to each other meet, and lines so near to each other are the same, in points.
NEAR = 3.0
# A grid has at least so many lines each way, is at least so large, in points, and so many of its fields have a text.
MIN_LINES = 3
MIN_WIDTH, MIN_HEIGHT = 60.0, 24.0
MIN_TEXTS = 4
MIN_FILLED = 0.3
# Pages with more lines than this are drawings.
MAX_RULES = 1_000
# A table covers at least so much of the grid it was made of.
MIN_COVERED = 0.5


@dataclass(frozen=True, slots=True)
class RuledGrid:
    """A grid of lines with text in its fields; its box in points from the top left corner of the page, from 1."""

    page: int
    box: Box


def ruled_grids(path: Path, skip: Iterable[int] = ()) -> list[RuledGrid]:
    """Returns the grids on the pages of the PDF, save the pages in `skip` (from 1); a page that cannot be read has none."""
    import pypdfium2
    from docling.utils.locks import pypdfium2_lock

    from fathom.conversion.geometric.pdf.pages.page_reader import frame_of, read_page

    skipped = set(skip)
    found: list[RuledGrid] = []
    with pypdfium2_lock:
        document = pypdfium2.PdfDocument(path)
        try:
            for index in range(len(document)):
                if index + 1 in skipped:
                    continue
                try:
                    page = document[index]
                except pypdfium2.PdfiumError:
                    continue
                content = read_page(page, frame_of(page))
                found += grids_of_page(index + 1, content.rules, content.words)
                page.close()
        finally:
            document.close()
    return found


def grids_of_page(number: int, rules: Sequence[Rule], words: Sequence[Word]) -> list[RuledGrid]:
    """Returns the grids of a page with these painted lines and words."""
    return [RuledGrid(number, bounds(group)) for group in candidates(rules) if holds_texts(group, words)]


def is_table(grid: RuledGrid, document: Any) -> bool:
    """Returns whether tables of the document cover the grid."""
    covered = 0.0
    for table in document.tables:
        for prov in table.prov:
            if prov.page_no != grid.page or prov.page_no not in document.pages:
                continue
            box = prov.bbox.to_top_left_origin(document.pages[prov.page_no].size.height)
            width = min(box.r, grid.box.r) - max(box.l, grid.box.l)
            height = min(box.b, grid.box.b) - max(box.t, grid.box.t)
            covered += max(0.0, width) * max(0.0, height)
    return covered >= MIN_COVERED * grid.box.area


def candidates(rules: Sequence[Rule]) -> list[list[Rule]]:
    """Returns groups of lines that cross each other, with so many lines each way that they part at least four fields."""
    rules = join_rules(rules)
    if not 2 * MIN_LINES <= len(rules) <= MAX_RULES:
        return []
    flat = [rule for rule in rules if rule.horizontal]
    upright = [rule for rule in rules if not rule.horizontal]
    group = {id(rule): {id(rule)} for rule in rules}
    for rule in upright:
        for other in flat:
            if _meet(rule, other) and group[id(rule)] is not group[id(other)]:
                larger, smaller = sorted((group[id(rule)], group[id(other)]), key=len, reverse=True)
                larger |= smaller
                for member in smaller:
                    group[member] = larger
    by_id = {id(rule): rule for rule in rules}
    groups = [[by_id[key] for key in members] for members in {id(g): g for g in group.values()}.values()]
    return [lines for lines in groups if _parts_fields(lines)]


def holds_texts(rules: Sequence[Rule], words: Sequence[Word]) -> bool:
    """Returns whether enough of the fields between the lines have a text; those of a plot have none."""
    xs = _places([rule.l for rule in rules if not rule.horizontal])
    ys = _places([rule.t for rule in rules if rule.horizontal])
    fields = set()
    for word in words:
        x, y = (word.l + word.r) / 2, (word.t + word.b) / 2
        if xs[0] < x < xs[-1] and ys[0] < y < ys[-1]:
            fields.add((bisect_right(xs, x), bisect_right(ys, y)))
    return len(fields) >= max(MIN_TEXTS, MIN_FILLED * (len(xs) - 1) * (len(ys) - 1))


def _meet(upright: Rule, flat: Rule) -> bool:
    return flat.l - NEAR <= upright.l <= flat.r + NEAR and upright.t - NEAR <= flat.t <= upright.b + NEAR


def _parts_fields(rules: Sequence[Rule]) -> bool:
    box = bounds(rules)
    return (
        box.width >= MIN_WIDTH
        and box.height >= MIN_HEIGHT
        and len(_places([rule.l for rule in rules if not rule.horizontal])) >= MIN_LINES
        and len(_places([rule.t for rule in rules if rule.horizontal])) >= MIN_LINES
    )


def _places(values: Iterable[float]) -> list[float]:
    places: list[float] = []
    for value in sorted(values):
        if not places or value - places[-1] > NEAR:
            places.append(value)
    return places
