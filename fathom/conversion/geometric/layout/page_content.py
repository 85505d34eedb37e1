"""The content of a page before roles are assigned: words, lines of words, painted rules, pictures.

Coordinates are points of 1/72 inch from the top left corner of the page as it is shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar


class Boxed(Protocol):
    """Has a box."""

    l: float
    t: float
    r: float
    b: float


B = TypeVar("B", bound=Boxed)


@dataclass(slots=True)
class Box:
    """A rectangle; also a painted area."""

    l: float
    t: float
    r: float
    b: float

    @property
    def width(self) -> float:
        """Points."""
        return self.r - self.l

    @property
    def height(self) -> float:
        """Points."""
        return self.b - self.t

    @property
    def area(self) -> float:
        """Square points."""
        return max(0.0, self.r - self.l) * max(0.0, self.b - self.t)


@dataclass(slots=True)
class Rule:
    """A straight painted line: horizontal if `t == b`, else vertical with `l == r`."""

    l: float
    t: float
    r: float
    b: float

    @property
    def horizontal(self) -> bool:
        """Lies flat."""
        return self.t == self.b


@dataclass(slots=True)
class Word:
    """Glyphs without a blank between them. `size` is the font's size in points as shown; boxes span the font's height.

    `field` is the number of the form field it was typed into, 0 for none. `turn` says of a word that is not upright how many
    quarter turns to the right make it so, 0 where none does.
    """

    text: str
    l: float
    t: float
    r: float
    b: float
    size: float
    font: str = ""
    bold: bool = False
    italic: bool = False
    order: int = 0
    confidence: float = 1.0
    baseline: float = 0.0
    field: int = 0
    turn: int = 0


@dataclass(slots=True)
class PageLine:
    """Words of a column that stand on the same baseline, in reading order."""

    words: list[Word]
    l: float
    t: float
    r: float
    b: float
    size: float
    bold: bool
    italic: bool = False
    text: str = ""
    baseline: float = 0.0

    @property
    def height(self) -> float:
        """Points."""
        return self.b - self.t

    @property
    def width(self) -> float:
        """Points."""
        return self.r - self.l


@dataclass(slots=True)
class PageLink:
    """An area of the page that leads to a URI, and the words in it."""

    l: float
    t: float
    r: float
    b: float
    uri: str
    words: str = ""


@dataclass(slots=True)
class PageNote:
    """A reader's note on the page: its author, text, and the words it is on, as far as they are known."""

    l: float
    t: float
    r: float
    b: float
    text: str
    author: str = ""
    marked: str = ""


@dataclass(slots=True)
class PageContent:
    """A page as it is painted. `rules` and `fills` come from vector graphics, `pictures` are bitmaps.

    `titles` are the keys of the outline's entries that lead to the page (see outline.py), `files` are attached to it,
    `said` is its text in pdfium's order, without the `hidden` words, which do not show, each with the reason, and without the
    `unreadable` words, of which the file does not give the letters; of `voiceless` glyphs it gives nothing at all.
    """

    width: float
    height: float
    words: list[Word] = field(default_factory=list[Word])
    rules: list[Rule] = field(default_factory=list[Rule])
    fills: list[Box] = field(default_factory=list[Box])
    pictures: list[Box] = field(default_factory=list[Box])
    drawings: list[Box] = field(default_factory=list[Box])
    turned: list[Word] = field(default_factory=list[Word])
    links: list[PageLink] = field(default_factory=list[PageLink])
    notes: list[PageNote] = field(default_factory=list[PageNote])
    titles: frozenset[str] = frozenset()
    said: str = ""
    hidden: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    files: list[tuple[str, int | None]] = field(default_factory=list[tuple[str, int | None]])
    unreadable: list[Word] = field(default_factory=list[Word])
    voiceless: int = 0
    from_ocr: bool = False
    tables: dict[int, object] = field(default_factory=dict[int, object])


@dataclass(frozen=True, slots=True)
class HeaderFooterPatterns:
    """The running headers and footers of a document (see repeated_lines.py); each place begins with whether it is the top.

    `step`: points between the body's lines; `several`: several pages were seen; `form`: the pages are printed from a
    form; `texts`: the keys of headers and footers; `slots`: heights of headers and footers that change by chapter; `numbers`:
    heights of page numbers; `counters`: texts whose number is the page's.
    """

    step: float = 12.0
    several: bool = False
    form: bool = False
    texts: frozenset[tuple[bool, str]] = frozenset()
    slots: frozenset[tuple[bool, int]] = frozenset()
    numbers: frozenset[tuple[bool, int]] = frozenset()
    counters: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class DocumentStyle:
    """Properties that only the whole document shows: its body size, its words, its headers and footers, and whether it is
    `typewritten`: set in a fixed-width font.
    """

    body_size: float
    running: HeaderFooterPatterns = HeaderFooterPatterns()
    words: frozenset[str] = frozenset()
    typewritten: bool = False


def bounds(items: Iterable[Boxed]) -> Box:
    """Returns the box around all of them; there is at least one."""
    boxes = list(items)
    return Box(min(i.l for i in boxes), min(i.t for i in boxes), max(i.r for i in boxes), max(i.b for i in boxes))


def overlap(a: Boxed, b: Boxed) -> float:
    """Returns the area both cover, in square points."""
    width = min(a.r, b.r) - max(a.l, b.l)
    height = min(a.b, b.b) - max(a.t, b.t)
    return width * height if width > 0 and height > 0 else 0.0


def centre_inside(item: Boxed, box: Boxed, slack: float = 0.0) -> bool:
    """Returns whether the middle of `item` lies in `box`, widened by `slack` points on each side."""
    x, y = (item.l + item.r) / 2, (item.t + item.b) / 2
    return box.l - slack <= x <= box.r + slack and box.t - slack <= y <= box.b + slack


def inside(items: Iterable[B], box: Boxed, slack: float = 0.0) -> list[B]:
    """Returns those whose middle lies in `box`."""
    return [item for item in items if centre_inside(item, box, slack)]


def body_size(words: Sequence[Word]) -> float:
    """Returns the size most characters are set in, to the half point; 10 if there are none."""
    sizes: Counter[float] = Counter()
    for word in words:
        sizes[round(word.size * 2) / 2] += len(word.text)
    return max(sizes, key=lambda size: (sizes[size], -size)) if sizes else 10.0
