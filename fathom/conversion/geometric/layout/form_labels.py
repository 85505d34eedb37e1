"""Sets the values of form fields beside their labels: a text or choice behind it, a box or radio button before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from fathom.conversion.geometric.layout.page_content import Box, PageLine, Word, bounds
from fathom.conversion.geometric.layout.text_lines import join_words

CHECKED, UNCHECKED = "[x]", "[ ]"
# The label of a box stands so near on its right, in ems; a label on the left at most this share of the page's width away.
NEAR_RIGHT = 2.5
FAR_LEFT = 0.6
SAME_ROW = 0.4  # of the lower item's height


@dataclass(slots=True)
class _LabelPiece:
    """A line or the value of a field, with the pieces set before and behind it."""

    text: str
    box: Box
    words: list[Word]
    line: PageLine | None = None
    before: list[_LabelPiece] = field(default_factory=list["_LabelPiece"])
    behind: list[_LabelPiece] = field(default_factory=list["_LabelPiece"])

    @property
    def ticks(self) -> bool:
        """It is a box or radio button."""
        return self.line is None and self.text in (CHECKED, UNCHECKED)


def lines_with_fields(words: Sequence[Word], width: float) -> list[PageLine]:
    """Returns the lines of a page `width` points wide; filled-in values are part of the line of their label."""
    typed: dict[int, list[Word]] = {}
    for word in words:
        if word.field:
            typed.setdefault(word.field, []).append(word)
    lines = join_words([word for word in words if not word.field] if typed else words)
    if not typed:
        return lines
    labels = [_LabelPiece(line.text, Box(line.l, line.t, line.r, line.b), line.words, line) for line in lines]
    values = [_LabelPiece(" ".join(word.text for word in held), bounds(held), held) for held in typed.values()]
    values.sort(key=lambda value: (value.box.l, value.box.t))
    left: list[_LabelPiece] = []
    for value in values:
        if not _set_beside(value, labels, values, width):
            left.append(value)
    _join_choices(labels, width)
    taken = {id(other) for piece in labels for other in piece.behind}
    found = [_line(piece) for piece in labels if id(piece) not in taken]
    return sorted([*found, *(_line(piece) for piece in left)], key=lambda line: (line.t, line.l))


def _set_beside(value: _LabelPiece, labels: Sequence[_LabelPiece], values: Sequence[_LabelPiece], width: float) -> bool:
    """Makes the value part of its label's line; returns whether it has a label."""
    row = [label for label in labels if _beside(label.box, value.box)]
    size = value.words[0].size
    if value.ticks and not _ends_row(value, row, values):
        right = min((label for label in row if label.box.l > value.box.l), key=lambda label: label.box.l, default=None)
        between = right is not None and any(
            other is not value and _beside(other.box, value.box) and value.box.l < other.box.l < right.box.l for other in values
        )
        if right is not None and not between and right.box.l - value.box.r < NEAR_RIGHT * max(size, value.box.height):
            right.before.append(value)
            return True
    label = max((piece for piece in row if piece.box.r <= value.box.l + size), key=lambda piece: piece.box.r, default=None)
    if label is None or value.box.l - label.box.r > FAR_LEFT * width:
        return False
    label.behind.append(value)
    return True


def _ends_row(value: _LabelPiece, row: Sequence[_LabelPiece], values: Sequence[_LabelPiece]) -> bool:
    """Returns whether each box of the row stands behind its label, as in `Yes [x] No [ ]`: the row ends with a box."""
    last = max(row, key=lambda label: label.box.r, default=None)
    boxes = [other for other in values if other.ticks and _beside(other.box, value.box)]
    return last is not None and max(box.box.l for box in boxes) > last.box.l


def _join_choices(labels: Sequence[_LabelPiece], width: float) -> None:
    """Boxes in a row, each with its own label, go on the line of the label before them all: `Fuel: [x] diesel [ ] petrol`."""
    choices = sorted((piece for piece in labels if piece.before), key=lambda piece: piece.box.l)
    for choice in choices:
        start = choice.before[0].box.l
        row = [piece for piece in labels if piece is not choice and _beside(piece.box, choice.box) and piece.box.r <= start + 1]
        nearest = max(row, key=lambda piece: piece.box.r, default=None)
        if nearest is None:
            continue
        head = next((piece for piece in labels if nearest in piece.behind), nearest)
        if head.text.endswith(":") and start - nearest.box.r < FAR_LEFT * width:
            head.behind.append(choice)


def _beside(a: Box, b: Box) -> bool:
    return min(a.b, b.b) - max(a.t, b.t) > SAME_ROW * min(a.height, b.height)


def _line(piece: _LabelPiece) -> PageLine:
    parts = _parts(piece)
    words = [word for part in parts for word in part.words]
    box = bounds(part.box for part in parts)
    text = " ".join(part.text for part in parts)
    if piece.line is None:
        first = words[0]
        low = max(word.b for word in words)
        return PageLine(words, box.l, box.t, box.r, box.b, first.size, bold=False, text=text, baseline=low)
    line = piece.line
    if len(parts) == 1:
        return line
    return PageLine(words, box.l, line.t, box.r, line.b, line.size, line.bold, line.italic, text, line.baseline)


def _parts(piece: _LabelPiece) -> list[_LabelPiece]:
    own = sorted(piece.before, key=lambda item: item.box.l)
    return [*own, piece, *(part for item in sorted(piece.behind, key=lambda item: item.box.l) for part in _parts(item))]
