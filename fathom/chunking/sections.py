"""Blocks gathered under the path of headings they stand below, so that no heading is lost and none eats the chunk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from fathom.chunking.sentences import Cost, spans_that_fit
from fathom.conversion.structure.document_blocks import DocumentBlock, DocumentPart, Heading, NewScope

CUT_MARK = " …"


@dataclass(slots=True)
class Section:
    """The blocks between a heading and the next."""

    path: tuple[Heading, ...]
    scope: int
    blocks: list[DocumentBlock] = field(default_factory=list[DocumentBlock])


@dataclass(frozen=True, slots=True)
class TitledBlocks:
    """Blocks with the headings that their chunks will carry, outermost first."""

    headings: tuple[str, ...]
    blocks: tuple[DocumentBlock, ...]


def titled_blocks(parts: Iterable[DocumentPart], limit: int, cost: Cost) -> list[TitledBlocks]:
    """Returns the parts by section, in order, headings within `limit` of cost.

    A path too long loses its outermost headings first; the innermost, if it alone is too long, its last words. A heading
    that would thus stand nowhere, or has nothing below it, becomes a block of the section above.
    """
    shown: set[str] = set()
    backwards: list[Section] = []
    for section in reversed(_sections(parts)):  # the blocks below a heading, and so show it, come after it
        if section.blocks:
            shown |= _trim(section.path, limit, cost)[1]
            _gather(backwards, section.path, section.scope, section.blocks)
        if section.path and section.path[-1].ref not in shown:
            heading, above = section.path[-1], section.path[:-1]
            shown |= _trim(above, limit, cost)[1]
            _gather(backwards, above, section.scope, [_as_block(heading)])
    return [TitledBlocks(_trim(section.path, limit, cost)[0], tuple(section.blocks)) for section in reversed(backwards)]


def _as_block(heading: Heading) -> DocumentBlock:
    return DocumentBlock("text", heading.text, (heading.ref,), heading.places, links=heading.links)


def _sections(parts: Iterable[DocumentPart]) -> list[Section]:
    scope = 0
    sections = [Section((), scope)]
    for part in parts:
        if isinstance(part, NewScope):
            scope += 1
            sections.append(Section((), scope))
        elif isinstance(part, Heading):
            above = tuple(heading for heading in sections[-1].path if heading.level < part.level)
            sections.append(Section((*above, part), scope))
        else:
            sections[-1].blocks.append(part)
    return sections


def _gather(backwards: list[Section], path: tuple[Heading, ...], scope: int, blocks: list[DocumentBlock]) -> None:
    """Puts the blocks before those gathered last if they stand below the same headings."""
    if backwards and backwards[-1].path == path and backwards[-1].scope == scope:
        backwards[-1].blocks[:0] = blocks
    else:
        backwards.append(Section(path, scope, list(blocks)))


def _trim(path: Sequence[Heading], limit: int, cost: Cost) -> tuple[tuple[str, ...], frozenset[str]]:
    """Returns the headings that fit, and the references of those that stand there whole."""
    kept: list[str] = []
    whole: set[str] = set()
    left = limit
    for heading in reversed(path):
        price = cost(heading.text)
        if price > left:
            if not kept and (spans := spans_that_fit(heading.text, limit - cost(CUT_MARK), cost)):
                kept.append(heading.text[slice(*spans[0])] + CUT_MARK)
            break
        left -= price
        whole.add(heading.ref)
        if not kept or kept[-1] != heading.text:
            kept.append(heading.text)
    return tuple(reversed(kept)), frozenset(whole)
