"""A converted document cut into chunks: structure first, then the embedder's token bound."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from fathom.chunking.chunk import Chunk, ChunkSet
from fathom.chunking.coverage import share_covered
from fathom.chunking.languages import with_languages
from fathom.chunking.packing import pack_units
from fathom.chunking.sections import TitledBlocks, titled_blocks
from fathom.chunking.sentences import spans_that_fit
from fathom.chunking.units import Unit, units_of
from fathom.clean_text import clean_text
from fathom.conversion.report import ConvertedDocument
from fathom.conversion.structure.document_blocks import parts_of
from fathom.conversion.structure.document_tree import DoclingTree
from fathom.conversion.structure.provenance import PageBox
from fathom.errors import ChunkingFailed, ChunkingTimedOut, UsageWrong
from fathom.ids import chunk_identity

CHUNKER_VERSION = "fathom-chunker 2"
MIN_TOKENS = 32
# Headings place a chunk in the document; they must leave most of it to its own text.
HEADINGS_SHARE = 3
# WordPiece counts any run of over 100 letters as a single unknown token, so tokens alone would let a megabyte of Base64 pass.
CHARACTERS_PER_TOKEN = 16

TokenCounter = Callable[[str], int]
"""Tokens of a text as the embedder sees it, its special tokens included."""


def chunk_document(
    converted: ConvertedDocument,
    *,
    document: str,
    max_tokens: int,
    count_tokens: TokenCounter,
    version: str | None = None,
    within_s: float = math.inf,
) -> ChunkSet:
    """Cuts a document into chunks, none over `max_tokens` with its headings; the same input always gives the same chunks.

    `document` is the document id; `version` defaults to the version in the report. A document without text has no chunks.
    Time and memory grow in proportion to the text, however long its lines are.
    Raises UsageWrong if max_tokens is under 32, ChunkingTimedOut if it takes longer than `within_s` seconds, ChunkingFailed if
    the input is not a DoclingDocument.
    """
    if max_tokens < MIN_TOKENS:
        raise UsageWrong(f"A chunk of {max_tokens} tokens is too small: use {MIN_TOKENS} or more.", document=document)
    began = time.perf_counter()
    try:
        maker = _ChunkMaker(document, max_tokens, _within(count_tokens, within_s))
        tree = DoclingTree(converted.document, converted.report.kind)
        chunks = with_languages(maker.chunks(tree))
        covered = share_covered(tree, chunks)
    except ChunkingFailed as error:
        error.document = document
        raise
    return ChunkSet(
        document=document,
        version=version or converted.report.version,
        chunks=chunks,
        covered=covered,
        max_tokens=max_tokens,
        chunker=CHUNKER_VERSION,
        seconds=time.perf_counter() - began,
    )


def _within(count_tokens: TokenCounter, within_s: float) -> TokenCounter:
    """Returns the counter with a limit of time: nearly all work of chunking is counting, and each piece is counted."""
    deadline = time.monotonic() + within_s

    def count(text: str) -> int:
        if time.monotonic() > deadline:
            raise ChunkingTimedOut(f"Cutting the document into chunks took longer than {within_s:g} s.")
        return count_tokens(text)

    return count


class _ChunkMaker:
    """The token arithmetic of one document, and the ranks of its equal texts."""

    def __init__(self, document: str, max_tokens: int, count_tokens: TokenCounter) -> None:
        self._document = document
        self._max_tokens = max_tokens
        self._count = count_tokens
        self._special = count_tokens("")
        self._ranks: Counter[str] = Counter()

    def chunks(self, tree: DoclingTree) -> list[Chunk]:
        made: list[Chunk] = []
        limit = (self._max_tokens - self._special) // HEADINGS_SHARE
        for titled in titled_blocks(parts_of(tree), limit, self._cost):
            for text, units, tokens in self._texts(titled):
                made.append(self._chunk(len(made), titled.headings, text, units, tokens))
        return made

    def _cost(self, text: str) -> int:
        """Returns the cost of the text, or less, but over the bound, for a text that is too long by its characters alone."""
        least = math.ceil(len(text) / CHARACTERS_PER_TOKEN)
        return least if least > self._max_tokens else max(self._count(text) - self._special, least)

    def _texts(self, titled: TitledBlocks) -> Iterator[tuple[str, list[Unit], int]]:
        head = sum(self._cost(heading) for heading in titled.headings)
        budget = self._max_tokens - self._special - head
        for run in pack_units(units_of(titled.blocks, budget, self._cost), budget):
            yield from self._bounded(titled.headings, run)

    def _bounded(self, headings: tuple[str, ...], run: list[Unit]) -> Iterator[tuple[str, list[Unit], int]]:
        """Yields the run as a single text, or as several where the tokenizer counts more for the whole than for its parts."""
        text = _text_of(run)
        tokens = self._count("\n".join([*headings, text]))
        if tokens <= self._max_tokens:
            yield text, run, tokens
        elif len(run) > 1:
            yield from self._bounded(headings, run[: len(run) // 2])
            yield from self._bounded(headings, run[len(run) // 2 :])
        else:
            over = self._max_tokens
            spans = spans_that_fit(text, over, lambda piece: self._count("\n".join([*headings, piece])))
            for start, end in spans:
                piece = text[start:end]
                yield piece, run, self._count("\n".join([*headings, piece]))

    def _chunk(self, position: int, headings: tuple[str, ...], text: str, units: Sequence[Unit], tokens: int) -> Chunk:
        text = clean_text(text)
        first = chunk_identity(self._document, text)
        rank = self._ranks[first]
        self._ranks[first] += 1
        boxes = dict.fromkeys(place.box for unit in units for place in unit.places if place.box is not None)
        return Chunk(
            id=first if rank == 0 else chunk_identity(self._document, text, rank),
            document=self._document,
            position=position,
            text=text,
            headings=[clean_text(heading) for heading in headings],
            pages=sorted({place.page for unit in units for place in unit.places}),
            boxes=_ordered(boxes),
            items=list(dict.fromkeys(ref for unit in units for ref in unit.refs)),
            tokens=tokens,
            kind=_kind_of(units),
            links=list(dict.fromkeys(link for unit in units for link in unit.links)),
        )


def _text_of(units: Sequence[Unit]) -> str:
    """Returns the text of the units, each run of table rows below its header."""
    text = ""
    context = None
    for unit in units:
        header = unit.context.text + "\n" if unit.context is not None and unit.context is not context else ""
        gap = "\n\n" if header or unit.context is not context else unit.gap
        text += (gap if text else "") + header + unit.text
        context = unit.context
    return text


def _kind_of(units: Sequence[Unit]) -> str:
    """Returns the kind that most of the text is of."""
    sizes: Counter[str] = Counter()
    for unit in units:
        sizes[unit.kind] += len(unit.text)
    return max(sizes, key=lambda kind: sizes[kind])


def _ordered(boxes: dict[PageBox, None]) -> list[PageBox]:
    return sorted(boxes, key=lambda box: box.page)
