"""Pictures: bitmaps, and drawings made of many strokes."""

from __future__ import annotations

from collections.abc import Sequence

from fathom.conversion.geometric.layout.page_content import Box, PageContent, bounds, inside, overlap
from fathom.conversion.geometric.layout.text_lines import join_words

# Smaller bitmaps are bullets, rules and logos' crumbs.
MIN_SIDE = 18.0
MIN_SHARE = 0.004
# A bitmap that covers the page is its background, not a picture on it.
BACKGROUND = 0.8
DRAWING_STROKES = 6
DRAWING_SHARE = 0.015
NEAR = 6.0
MAX_DRAWINGS = 3_000
# A label in a picture is hardly longer, in characters.
LABEL = 24


def find_pictures(content: PageContent, tables: Sequence[Box]) -> list[Box]:
    """Returns the pictures of the page, from top to bottom; none overlaps a table by much."""
    page = content.width * content.height
    bitmaps = [p for p in content.pictures if min(p.width, p.height) >= MIN_SIDE and p.area >= MIN_SHARE * page]
    if content.words:
        bitmaps = [p for p in bitmaps if p.area < BACKGROUND * page and not _behind_text(content, p)]
    found = _merged(bitmaps, 1.0)
    for group in _groups(content.drawings[:MAX_DRAWINGS]):
        box = bounds(group)
        if len(group) < DRAWING_STROKES or box.area < DRAWING_SHARE * page or min(box.width, box.height) < 2 * MIN_SIDE:
            continue
        if box.area > BACKGROUND * page or _behind_text(content, box):
            continue
        found.append(box)
    found = [p for p in _merged(found, NEAR) if not any(overlap(p, t) > 0.5 * min(p.area, t.area) for t in tables)]
    return sorted(found, key=lambda p: (p.t, p.l))


def _behind_text(content: PageContent, box: Box) -> bool:
    """Returns whether a text is set on it (a coloured box, a bar), rather than a picture with labels."""
    held = inside(content.words, box)
    if not held:
        return False
    covered = sum((w.r - w.l) * (w.b - w.t) for w in held) / max(1.0, box.area)
    flat = box.height < 4 * max(w.size for w in held)
    lines = join_words(held)
    long = sum(len(line.text) >= LABEL for line in lines)
    return covered > (0.06 if flat else 0.3) or (covered > 0.1 and long >= max(2, 0.5 * len(lines)))


def _groups(boxes: Sequence[Box]) -> list[list[Box]]:
    """Returns boxes that lie within NEAR of each other, directly or through others."""
    groups: list[tuple[Box, list[Box]]] = []
    for box in sorted(boxes, key=lambda b: (b.l, b.t)):
        touching = [g for g in groups if _near(g[0], box)]
        if not touching:
            groups.append((Box(box.l, box.t, box.r, box.b), [box]))
            continue
        first = touching[0]
        for other in touching[1:]:
            first[1].extend(other[1])
            _widen(first[0], other[0])
            groups.remove(other)
        first[1].append(box)
        _widen(first[0], box)
    return [members for _, members in groups]


def _widen(a: Box, b: Box) -> None:
    a.l, a.t, a.r, a.b = min(a.l, b.l), min(a.t, b.t), max(a.r, b.r), max(a.b, b.b)


def _near(a: Box, b: Box, within: float = NEAR) -> bool:
    return a.l - within <= b.r and b.l - within <= a.r and a.t - within <= b.b and b.t - within <= a.b


def _merged(boxes: Sequence[Box], within: float) -> list[Box]:
    """Returns boxes of which no two touch, covering the same places."""
    left = [Box(b.l, b.t, b.r, b.b) for b in boxes]
    merged = True
    while merged:
        merged = False
        for i in range(len(left)):
            for j in range(len(left) - 1, i, -1):
                if _near(left[i], left[j], within) and (within <= 1.0 or overlap(left[i], left[j]) > 0):
                    _widen(left[i], left[j])
                    del left[j]
                    merged = True
    return left
