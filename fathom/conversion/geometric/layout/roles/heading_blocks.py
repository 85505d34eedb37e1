"""Recognises headings by size, weight, numbering and the room around them; levels are given later, over the whole document."""

from __future__ import annotations

import re

from fathom.conversion.geometric.layout.page_blocks import LISTED, BlockRole, PageBlock

LARGER = 1.14
TITLE_OVER_HEADINGS = 1.1
TITLE_OVER_TEXT = 1.3  # where the first page has no other heading
NUMBERED = re.compile(
    r"^(?:(?:chapter|section|part|appendix|annex|article)\s+)?(?:\d{1,2}(?:\.\d{1,2}){0,4}|[IVX]{1,5}|[A-Z])[.)]?\s+\S", re.I
)
DEEP_NUMBER = re.compile(r"^\d{1,2}(?:\.\d{1,2}){1,4}\.?\s+[A-Z\u00c0-\u00de]")
NAMED = re.compile(
    r"^(?:abstract|summary|introduction|background|related work|methods?|results|discussion|conclusions?|references|"
    r"bibliography|acknowledge?ments?|appendix|contents|table of contents|index|foreword|preface|keywords)\.?:?$",
    re.I,
)
CONTACT = re.compile(r"@|https?://|www\.")
NO_END = re.compile(r"[.,;]$")
LETTERS = re.compile(r"[^\W\d_]")


def mark_headings(blocks: list[PageBlock], size: float, *, page_bold: float) -> None:
    """Blocks that head others have the role HEADING; `page_bold` is the share of the page's characters that are bold."""
    for index, block in enumerate(blocks):
        if block.role is not BlockRole.TEXT:
            continue
        after = next((b for b in blocks[index + 1 :] if b.role is not BlockRole.PICTURE), None)
        score = heading_score(block, size, after=after, page_bold=page_bold)
        if index and _byline(blocks[index - 1], block, size):
            score -= 0.4
        if score >= 0.5:
            block.role, block.confidence = BlockRole.HEADING, round(min(1.0, score), 3)


def mark_title(blocks: list[PageBlock], size: float) -> None:
    """Gives a document's first page its title: the heading that stands first and is larger than all others."""
    headings = [block for block in blocks if block.role is BlockRole.HEADING]
    if not headings or NUMBERED.match(headings[0].text) or NAMED.match(headings[0].text):
        return
    others = max((block.size for block in headings[1:]), default=0.0)
    if headings[0].size >= (TITLE_OVER_HEADINGS * others if others else TITLE_OVER_TEXT * size):
        headings[0].role = BlockRole.TITLE


def _byline(above: PageBlock, block: PageBlock, size: float) -> bool:
    """Returns whether the block is names and dates below a title: larger than the text, but neither bold nor numbered."""
    return (
        above.role is BlockRole.HEADING
        and above.size >= 1.15 * block.size
        and block.size < 1.4 * size
        and not all(line.bold for line in block.lines)
        and not NUMBERED.match(block.text)
        and not NAMED.match(block.text)
    )


def heading_score(block: PageBlock, size: float, *, after: PageBlock | None, page_bold: float) -> float:
    """Returns the evidence for a heading; a half and more is a heading."""
    text = block.text
    letters = len(LETTERS.findall(text))
    words = text.split()
    ratio = block.size / size if size else 1.0
    if letters < 2 or letters < 0.35 * len(text.replace(" ", "")) or len(words) > 30 or len(block.lines) > 5:
        return 0.0
    if LISTED.search(text) or CONTACT.search(text) or (letters < 3 and ratio < 1.3):
        return 0.0
    if ratio >= LARGER:
        score = 0.55 + min(0.45, ratio - LARGER)
        if NO_END.search(text) and len(words) > 8:
            score -= 0.3
        return score - 0.02 * max(0, len(words) - 18)
    if len(block.lines) > 3 or len(words) > 18 or NO_END.search(text) or ratio < 0.88:
        return 0.5 if _runs_in(block, text, ratio, page_bold) else 0.0
    if not (text[0].isupper() or text[0].isdigit() or not text[0].isalpha() or not text[0].islower()):
        return 0.0
    bold = all(line.bold for line in block.lines)
    capitals = text.upper() == text and letters >= 4
    room = block.gap_above > 0.55 * block.size
    score = 0.0
    if bold and page_bold < 0.5:
        score += 0.45
    if capitals:
        score += 0.25
    if DEEP_NUMBER.match(text):
        score += 0.3
    elif NUMBERED.match(text):
        score += 0.15
    if NAMED.match(text):
        score += 0.45
    if ratio >= 1.04:
        score += 0.12
    if room:
        score += 0.1
    if after is None:
        score -= 0.1
    elif after.role is BlockRole.TEXT and after.text[:1].islower():
        score -= 0.2
    if len(block.lines) > 1:
        score -= 0.08
    if text.endswith(":") and not bold:
        score -= 0.1
    return score


def _runs_in(block: PageBlock, text: str, ratio: float, page_bold: float) -> bool:
    """Returns whether it is a short bold line that ends with a full stop, as some numbered headings do."""
    return bool(
        len(block.lines) == 1
        and block.lines[0].bold
        and page_bold < 0.4
        and ratio >= 0.95
        and len(text) < 80
        and NUMBERED.match(text)
    )
