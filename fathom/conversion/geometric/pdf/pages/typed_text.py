"""Text that was typed into a box on a page, as words where a reader sees them."""

from __future__ import annotations

import textwrap

from fathom.conversion.geometric.layout.page_content import Box, Word

SMALLEST = 4.0
# A letter's width and a line's height, in ems: fonts of fields are seldom known, and never far from this.
LETTER, LINE = 0.5, 1.2


def typed_words(text: str, box: Box, order: int, largest: float) -> list[Word]:
    """Returns the words of the text, in lines from the top left of the box, `largest` points high at most.

    `order` is that of the first.
    """
    paragraphs = [line for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line.strip()]
    if not paragraphs:
        return []
    size = min(largest, max(SMALLEST, box.height / (LINE * len(paragraphs))))
    if box.height < 2 * LINE * size and len(paragraphs) == 1:
        lines = paragraphs
    else:
        columns = max(8, int(box.width / (LETTER * size)))
        lines = [line for paragraph in paragraphs for line in textwrap.wrap(paragraph, columns)]
        size = min(size, max(SMALLEST, box.height / (LINE * len(lines))))
    words: list[Word] = []
    top = box.t + max(0.0, (box.height - LINE * size) / 2 if len(lines) == 1 else 0.0)
    for number, line in enumerate(lines):
        t = top + number * LINE * size
        letter = min(LETTER * size, box.width / max(1, len(line)))
        x = box.l
        for part in line.split():
            r = x + letter * len(part)
            words.append(Word(part, x, t, r, t + size, size, order=order + len(words), baseline=t + size))
            x = r + letter
    return words
