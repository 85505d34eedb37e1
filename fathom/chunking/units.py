"""Blocks as units, the smallest pieces that are never cut: each fits a chunk, and knows how well a chunk may begin with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from fathom.chunking.sentences import Cost, spans_that_fit
from fathom.conversion.structure.document_blocks import DocumentBlock, DocumentBlockKind
from fathom.conversion.structure.document_inline import Hyperlink
from fathom.conversion.structure.document_tables import Table
from fathom.conversion.structure.provenance import PagePlace, places_within

# Each piece of a long row begins with the row's name, as long as that leaves most of the piece to its values.
NAME_SHARE = 4


# So many links in a row may have been cut between two pieces; only then is the next looked for.
MAX_CUT_LINKS = 4


class Rank(IntEnum):
    """How well a chunk begins with a unit; less is better."""

    BLOCK = 0
    ITEM = 1  # within a list or a table
    PIECE = 2  # within a paragraph, an item or a row


@dataclass(frozen=True, slots=True)
class Context:
    """Text that stands before a run of units wherever a chunk begins in it: a table's header."""

    text: str
    cost: int


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of a block that fits a chunk."""

    text: str
    cost: int
    kind: DocumentBlockKind
    rank: Rank
    gap: str = field(metadata={"is": "what separates it from the unit before it, if both stand in one chunk"})
    refs: tuple[str, ...]
    places: tuple[PagePlace, ...]
    leads: bool = False
    context: Context | None = None
    links: tuple[Hyperlink, ...] = ()


class LinksInOrder:
    """The links of a text, given out with the pieces that the text is cut into; pieces come in order."""

    def __init__(self, links: Sequence[Hyperlink]) -> None:
        self._links = links
        self._next = 0

    def within(self, piece: str) -> tuple[Hyperlink, ...]:
        """Returns the links that stand in the piece. A link that was cut in two goes with the piece of the next whole link."""
        first, at = self._next, 0
        ahead = self._next
        while ahead < min(len(self._links), self._next + MAX_CUT_LINKS):
            found = piece.find(self._links[ahead].text, at)
            ahead += 1
            if found >= 0:
                at = found + len(self._links[ahead - 1].text)
                self._next = ahead
        return tuple(self._links[first : self._next])


def units_of(blocks: Iterable[DocumentBlock], budget: int, cost: Cost) -> list[Unit]:
    """Returns the blocks as units that cost at most `budget` each, with their context if they have any."""
    units: list[Unit] = []
    before: DocumentBlock | None = None
    for block in blocks:
        if block.table is not None:
            units.extend(_table_units(block, block.table, budget, cost))
        else:
            continues = block.continues and before is not None and before.kind == block.kind
            units.extend(_text_units(block, continues, budget, cost))
        before = block
    return units


def _text_units(block: DocumentBlock, continues: bool, budget: int, cost: Cost) -> Iterator[Unit]:
    rank, gap = (Rank.ITEM, "\n") if continues else (Rank.BLOCK, "\n\n")
    whole = cost(block.text)
    if whole <= budget:
        yield Unit(block.text, whole, block.kind, rank, gap, block.refs, block.places, block.leads, links=block.links)
        return
    end_before = 0
    links = LinksInOrder(block.links)
    for start, end in spans_that_fit(block.text, budget, cost):
        piece = block.text[start:end]
        between = block.text[end_before:start]
        if block.kind == "code":  # indentation is part of the line
            indent = between[between.rfind("\n") + 1 :]
            piece, between = (
                (indent + piece, between[: len(between) - len(indent)]) if indent.strip() == "" else (piece, between)
            )
        places = places_within(block.places, start, end)
        yield Unit(
            piece,
            cost(piece),
            block.kind,
            rank,
            gap if end_before == 0 else between,
            block.refs,
            places,
            links=links.within(piece),
        )
        rank, end_before = Rank.PIECE, end


def _table_units(block: DocumentBlock, table: Table, budget: int, cost: Cost) -> Iterator[Unit]:
    header = Context(table.header, cost(table.header)) if table.header else None
    rank, gap = Rank.BLOCK, "\n\n"
    page_only = tuple(PagePlace(place.page) for place in block.places[:1])
    for number, row in enumerate(table.rows):
        boxes = (*table.header_boxes, *row.boxes) if number == 0 else row.boxes
        places = tuple(PagePlace(box.page, box) for box in boxes) if row.boxes else block.places or page_only
        links = (*table.header_links, *row.links) if number == 0 else row.links
        line = row.markdown
        price = cost(line)
        if price + (header.cost if header else 0) <= budget:
            yield Unit(line, price, "table", rank, gap, block.refs, places, context=header, links=links)
        else:
            long_row = DocumentBlock("table", table.as_pairs(row), block.refs, places, links=links)
            yield from _units_of_long_row(long_row, table.name_of(row), rank, budget, cost)
        rank, gap = Rank.ITEM, "\n"


def _units_of_long_row(row: DocumentBlock, name: str, rank: Rank, budget: int, cost: Cost) -> Iterator[Unit]:
    """Yields a row too long for its header, written as `column: value`, in pieces.

    A chunk that begins within the row begins with the row's name, unless that takes more than a NAME_SHARE-th of it.
    """
    context, text = None, row.text
    if name and name != text and cost(name + "\n") * NAME_SHARE <= budget:
        context, text = Context(name, cost(name + "\n")), text[len(name) + 1 :]
    end_before, gap = 0, "\n\n" if rank is Rank.BLOCK else "\n"
    links = LinksInOrder(row.links)
    named = links.within(name) if context else ()
    for start, end in spans_that_fit(text, budget - (context.cost if context else 0), cost):
        piece, between = text[start:end], text[end_before:start]
        gap = between if end_before else gap
        shown = (*named, *links.within(piece))
        yield Unit(piece, cost(piece), "table", rank, gap, row.refs, row.places, context=context, links=shown)
        rank, end_before = Rank.PIECE, end
