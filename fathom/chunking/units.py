"""Blocks as units, the smallest pieces that are never cut: each fits a chunk, and knows how well a chunk may begin with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from fathom.chunking.blocks import Block, BlockKind
from fathom.chunking.provenance import Place, places_within
from fathom.chunking.sentences import Cost, spans_that_fit
from fathom.chunking.tables import Table


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
    kind: BlockKind
    rank: Rank
    gap: str = field(metadata={"is": "what separates it from the unit before it, if both stand in one chunk"})
    refs: tuple[str, ...]
    places: tuple[Place, ...]
    leads: bool = False
    context: Context | None = None


def units_of(blocks: Iterable[Block], budget: int, cost: Cost) -> list[Unit]:
    """The blocks as units that cost at most `budget` each, with their context if they have one."""
    units: list[Unit] = []
    before: Block | None = None
    for block in blocks:
        if block.table is not None:
            units.extend(_table_units(block, block.table, budget, cost))
        else:
            continues = block.continues and before is not None and before.kind == block.kind
            units.extend(_text_units(block, continues, budget, cost))
        before = block
    return units


def _text_units(block: Block, continues: bool, budget: int, cost: Cost) -> Iterator[Unit]:
    rank, gap = (Rank.ITEM, "\n") if continues else (Rank.BLOCK, "\n\n")
    whole = cost(block.text)
    if whole <= budget:
        yield Unit(block.text, whole, block.kind, rank, gap, block.refs, block.places, block.leads)
        return
    end_before = 0
    for start, end in spans_that_fit(block.text, budget, cost):
        piece = block.text[start:end]
        between = block.text[end_before:start]
        if block.kind == "code":  # indentation is part of the line
            indent = between[between.rfind("\n") + 1 :]
            piece, between = (
                (indent + piece, between[: len(between) - len(indent)]) if indent.strip() == "" else (piece, between)
            )
        places = places_within(block.places, start, end)
        yield Unit(piece, cost(piece), block.kind, rank, gap if end_before == 0 else between, block.refs, places)
        rank, end_before = Rank.PIECE, end


def _table_units(block: Block, table: Table, budget: int, cost: Cost) -> Iterator[Unit]:
    header = Context(table.header, cost(table.header)) if table.header else None
    rank, gap = Rank.BLOCK, "\n\n"
    page_only = tuple(Place(place.page) for place in block.places[:1])
    for number, row in enumerate(table.rows):
        boxes = (*table.header_boxes, *row.boxes) if number == 0 else row.boxes
        places = tuple(Place(box.page, box) for box in boxes) if row.boxes else block.places or page_only
        price = cost(row.markdown)
        if price + (header.cost if header else 0) <= budget:
            yield Unit(row.markdown, price, "table", rank, gap, block.refs, places, context=header)
        else:
            pairs, end_before = table.as_pairs(row), 0
            for start, end in spans_that_fit(pairs, budget, cost):
                piece = pairs[start:end]
                between = pairs[end_before:start] if end_before else gap
                yield Unit(piece, cost(piece), "table", rank, between, block.refs, places)
                rank, end_before = Rank.PIECE, end
        rank, gap = Rank.ITEM, "\n"
