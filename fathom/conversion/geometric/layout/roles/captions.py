"""Captions of pictures and tables, and footnotes: small texts that belong to something else."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fathom.conversion.geometric.layout.page_blocks import BlockRole, PageBlock
from fathom.conversion.geometric.layout.page_content import Box

CAPTION = re.compile(
    r"^(?:fig(?:ure|\.)?|table|tab\.|abb(?:ildung|\.)|tabelle|tableau|figura|tabla|chart|exhibit|scheme|plate|listing|algorithm)"
    r"\s*(?:[A-Z]\.?)?\d+(?:[.\-]\d+)*\s*(?:[.:|–—-]|\s[A-Z(]|$)",
    re.I,
)
NOTE_MARK = re.compile(r"^(?:\d{1,2}|[*†‡§¶∗]+|[a-z])\)?\s*(?=[A-Z\u00c0-\u00deh(])")
# A footnote's size, as share of the body's, and where on the page it can stand.
NOTE_SIZE = 0.93
NOTE_ZONE = 0.55


def mark_captions(blocks: Sequence[PageBlock]) -> None:
    """Texts that begin like captions have the role CAPTION if a picture or table is on the page, or they are short."""
    graphics = [b.bounds for b in blocks if b.role in {BlockRole.TABLE, BlockRole.PICTURE}]
    for block in blocks:
        if block.role not in {BlockRole.TEXT, BlockRole.HEADING} or not CAPTION.match(block.text):
            continue
        near = any(_near(block.bounds, box) for box in graphics)
        if near or len(block.lines) <= 4:
            block.role = BlockRole.CAPTION
            block.confidence = 0.95 if near else 0.6


def _near(a: Box, b: Box) -> bool:
    beside = min(a.r, b.r) - max(a.l, b.l) > 0
    return beside and min(abs(a.t - b.b), abs(b.t - a.b)) < 60


def mark_footnotes(blocks: Sequence[PageBlock], size: float, page_height: float) -> None:
    """Gives the role FOOTNOTE to small texts low on the page that begin with a mark, and to those that follow them."""
    last: PageBlock | None = None
    for block in blocks:
        box = block.bounds
        small = bool(block.lines) and block.size <= NOTE_SIZE * size and box.t > NOTE_ZONE * page_height
        if block.role in {BlockRole.TEXT, BlockRole.ITEM} and small and (NOTE_MARK.match(block.text) or _marked(block)):
            block.role, block.confidence = BlockRole.FOOTNOTE, 0.85
            last = block
        elif block.role is BlockRole.TEXT and small and last is not None and abs(box.l - last.bounds.l) < 2 * size:
            block.role, block.confidence = BlockRole.FOOTNOTE, 0.7
        else:
            last = None


def _marked(block: PageBlock) -> bool:
    first = block.lines[0].words[0]
    return len(block.lines[0].words) > 1 and first.size < 0.85 * block.lines[0].size and len(first.text) <= 2
