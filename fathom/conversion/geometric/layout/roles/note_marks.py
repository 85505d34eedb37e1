"""Links the marks of a page's footnotes with their notes: `sounded[^1]` in the text, `[^1]: Mean of three.` at its foot."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fathom.conversion.geometric.layout.letters.superscripts import script_of
from fathom.conversion.geometric.layout.page_blocks import BlockRole, PageBlock
from fathom.conversion.geometric.layout.tables.table_grid import LineGrid

# Raised text (see superscripts.py), with the text before it.
_RAISED = re.compile(r"(?<!\[)\^([0-9]{1,3}|[A-Za-z])((?:,[0-9]{1,3}|,[A-Za-z])*)(?!\w)")
_LEADING = re.compile(r"^([0-9]{1,3}|[A-Za-z])[.):]?\s+(?=\S)")
MAX_BASE = 20
# Behind figures that have powers, letters of formulas and single letters a figure is a power.
_POWER = re.compile(r"(?<![\d.,])(?:2|10)$")
_VARIABLE = re.compile(r"[\U0001d400-\U0001d7ff]$|(?<![^\W_])[a-zα-ω]$")


def link_note_marks(blocks: Sequence[PageBlock]) -> None:
    """Writes the marks that notes of the page begin with as such, in its text, its tables and the notes themselves."""
    notes: dict[str, PageBlock] = {}
    for block in blocks:
        if block.role is BlockRole.FOOTNOTE and (found := _LEADING.match(block.lines[0].text)) and _set_as_mark(block):
            notes.setdefault(found.group(1), block)
    if not notes:
        return
    used: set[str] = set()

    def linked(found: re.Match[str]) -> str:
        marks = [found.group(1), *found.group(2).split(",")[1:]]
        if not all(mark in notes for mark in marks):
            return found.group()
        before = found.string[max(0, found.start() - MAX_BASE) : found.start()]
        if marks[0].isdigit() and (_POWER.search(before) or _VARIABLE.search(before)):
            return found.group()
        used.update(marks)
        return "".join(f"[^{mark}]" for mark in marks)

    for block in blocks:
        if isinstance(block.table, LineGrid):
            for cell in block.table.cells:
                if "^" in cell.text:
                    cell.text = _RAISED.sub(linked, cell.text)
        elif block.role is not BlockRole.FOOTNOTE:
            for line in block.lines:
                if "^" in line.text:
                    line.text = _RAISED.sub(linked, line.text)
    for mark in used:
        line = notes[mark].lines[0]
        line.text = f"[^{mark}]: {_LEADING.sub('', line.text)}"


def _set_as_mark(block: PageBlock) -> bool:
    """Returns whether the note's first word is raised, or a number."""
    words = block.lines[0].words
    return len(words) > 1 and (words[0].text[0].isdigit() or script_of(words[0], words[1]) > 0)
