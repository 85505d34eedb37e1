"""How generated documents come about: by hypothesis, which also makes a failing one as small as it can be."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import strategies as st

from tests.evaluation.generated.content import Block, Cell, Grid, Heading, Item, Items, Line, Paragraph, Run, Story

PLAIN = (
    "tide", "harbour", "Nine", "boats", "left", "at", "noon", "renewable", "of", "the", "a", "crew", "Valve", "north",
    "Ågot", "Größe", "naïve", "œuvre", "Zażółć", "привет", "ελπίδα", "שלום", "مرحبا", "東京", "한국어", "नमस्ते", "ประเทศ",
    "e\u0301tude",
    "7", "12", "3.5", "1,250", "2026-01-05", "40%", "x2", "A-08", "O'Neil", "co-op", "U.S.", "e.g.", "(see", "below)", "“so”",
)  # fmt: skip
# What some format or writer of Markdown may take for a mark.
ODD = (
    "C++", "a_b_c", "*not", "x*y", "<b>", "a<b", "AT&T", "&amp;", "a|b", "#3", "1.", "2)", "-", "+", ">", "~~no~~", "`tick`",
    "[1]", "(c)", "\\n", "$5", "$x$", "{x}", "http://example.org/a_b", "me@example.org", "🙂", "½", "…", "—", "^2", "!",
    "==", "::",
)  # fmt: skip
MARKS = ("", "", "", "bold", "italic", "underline", "link", "wrapped")

_words = st.one_of(st.sampled_from(PLAIN), st.sampled_from(PLAIN), st.sampled_from(PLAIN), st.sampled_from(ODD))


@st.composite
def lines(draw: st.DrawFn, most: int = 8, *, marked: bool = True) -> Line:
    """Returns a line of up to `most` words with a letter in it, cut into runs anywhere."""
    words = draw(st.lists(_words, min_size=1, max_size=most))
    text = " ".join([draw(st.sampled_from(PLAIN[:14])), *words])
    if not marked:
        return (Run(text),)
    cuts = sorted(draw(st.sets(st.integers(1, len(text) - 1), max_size=3)))
    bounds = [0, *cuts, len(text)]
    pieces = [text[first:last] for first, last in pairwise(bounds)]
    return tuple(Run(piece, draw(st.sampled_from(MARKS))) for piece in pieces)


@st.composite
def item_lists(draw: st.DrawFn, depth: int = 2) -> Items:
    """Returns a list whose items may have lists below them."""
    below = st.none() if depth == 0 else st.one_of(st.none(), st.none(), item_lists(depth - 1))
    items = draw(st.lists(st.builds(Item, lines(5), below), min_size=1, max_size=4))
    return Items(draw(st.booleans()), tuple(items))


@st.composite
def grids(draw: st.DrawFn, *, nested: bool, spans: bool) -> Grid:
    """Returns a table; `nested`: with lists and tables in cells of its body, `spans`: with cells over several columns."""
    width, height = draw(st.integers(2, 4)), draw(st.integers(2, 5))
    below = st.none()
    if nested:
        inner = st.one_of(item_lists(0), grids(nested=False, spans=False))
        below = st.one_of(*[st.none()] * 6, inner)
    rows = []
    for number in range(height):
        row: list[Cell] = []
        while (left := width - sum(cell.across for cell in row)) > 0:
            across = draw(st.integers(1, left)) if spans and number and draw(st.integers(0, 9)) == 0 else 1
            row.append(Cell(draw(lines(3)), across, draw(below) if number else None))
        rows.append(tuple(row))
    return Grid(tuple(rows), header=True)


def stories(*, notes: bool = True, nested: bool = True, spans: bool = True, lists: bool = True) -> st.SearchStrategy[Story]:
    """Documents of up to eight blocks; a format says what it has."""
    note = st.one_of(st.just(()), st.just(()), lines(5)) if notes else st.just(())
    blocks: list[st.SearchStrategy[Block]] = [
        st.builds(Heading, st.integers(1, 4), lines(5)),
        st.builds(Paragraph, lines(), note),
        st.builds(Paragraph, lines(), note),
        grids(nested=nested, spans=spans),
    ]
    if lists:
        blocks.append(item_lists())
    return st.lists(st.one_of(blocks), min_size=1, max_size=8).map(tuple)
