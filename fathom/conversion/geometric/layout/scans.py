"""Recognises pages without usable text, and reads them by OCR so that they can be laid out like any page."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from fathom.conversion.geometric.layout.page_content import Box, PageContent, Word, bounds, centre_inside, overlap
from fathom.conversion.geometric.ocr.ocr_languages import is_foreign

# Pixels a point at which pages are read, 180 dpi, and the most for small pages; longest sides in pixels that are enough.
SCALE, MAX_SCALE = 2.5, 5.0
MIN_SIDE, MAX_SIDE = 1280, 4000
# The boxes of OCR's lines reach so far beyond their first and last letters, in heights of the line.
MARGIN = 0.12
# Text that covers less of the page than this, on a page whose picture covers more than that, is a stamp on a scan.
LITTLE_TEXT = 60
MUCH_PICTURE = 0.35
BESIDE = 2.0  # ems
# So many characters without known letters, and such a share of the page's, and it is read again.
MIN_UNREADABLE = 12
MUCH_UNREADABLE = 0.15
# A text layer of which so many characters stand for nothing is garbage.
GARBAGE = 0.3


def needs_ocr(content: PageContent) -> bool:
    """Returns whether the page has no usable text, and something on it that may be text."""
    characters = sum(len(w.text) for w in content.words) + sum(len(w.text) for w in content.turned)
    painted = bool(content.pictures or content.drawings or len(content.fills) > 20)
    unreadable = unreadable_letters(content)
    if unreadable >= max(MIN_UNREADABLE, MUCH_UNREADABLE * (characters + unreadable)):
        return True
    if characters == 0:
        return painted
    if characters < LITTLE_TEXT and covered_by_pictures(content):
        return True
    return painted and garbage_share(content) > GARBAGE


def covered_by_pictures(content: PageContent) -> bool:
    """Returns whether pictures cover so much of the page that it may be a scan."""
    page = content.width * content.height
    return bool(content.pictures) and bounds(content.pictures).area > MUCH_PICTURE * page


def unreadable_letters(content: PageContent) -> int:
    """Returns the number of glyphs on the page whose letters the file does not give."""
    return content.voiceless + sum(len(word.text) for word in content.unreadable)


def count_unread(before: PageContent, after: PageContent) -> int:
    """Returns how many words, or glyphs without a letter, the page still lacks `after` it was read by OCR, or was not."""
    own = {id(word) for word in before.words}
    read = [word for word in after.words if id(word) not in own]
    if not before.unreadable:
        return before.voiceless if not after.words and not after.turned else 0
    return sum(not any(_read_there(word, other) for other in read) for word in before.unreadable)


def _with_read(content: PageContent, read: Sequence[Word]) -> PageContent:
    """Returns the page's own words, and those that OCR read where its words are unreadable."""
    places = [Box(word.l, word.t, word.r, word.b) for word in content.unreadable]
    found = []
    for word in read:
        wanted = any(centre_inside(word, place, 0.3 * word.size) for place in places)
        if not places:
            wanted = not any(centre_inside(word, picture) for picture in content.pictures)
        if wanted and not any(overlap(word, other) > 0.3 * (word.r - word.l) * (word.b - word.t) for other in content.words):
            found.append(word)
    start = max((word.order for word in content.words), default=0) + 1
    for number, word in enumerate(found):
        word.order = start + number
    return replace(content, words=[*content.words, *found], unreadable=[])


def garbage_share(content: PageContent) -> float:
    """Returns the share of characters that stand for no letter: replacements, private use, controls."""
    total = bad = 0
    for word in content.words:
        total += len(word.text)
        bad += sum(c == "\ufffd" or "\ue000" <= c <= "\uf8ff" or c < " " or "\x7f" <= c < "\xa0" for c in word.text)
    return bad / total if total else 0.0


def ocr_confidence(words: Sequence[Word]) -> float:
    """Returns the mean confidence of a page's words, weighted by their letters, 0-1; words of its own text layer count as 1."""
    letters = sum(len(word.text) for word in words)
    return sum(word.confidence * len(word.text) for word in words) / letters


def scale_of(width: float, height: float) -> float:
    """Returns pixels a point for a page of that size: small pages are enlarged, and large pages stay within bounds."""
    longest = max(width, height, 1.0)
    return min(max(SCALE, min(MAX_SCALE, MIN_SIDE / longest)), MAX_SIDE / longest)


def read_scan(backend: Any, content: PageContent, languages: Collection[str] = (), *, threads: int = 1) -> PageContent:
    """Returns the page's content with the words OCR found in these languages, or in any where none is named.

    The scan itself is no picture on the page any more.
    """
    from fathom.conversion.geometric.ocr.text_recognition import read_text

    scale = scale_of(content.width, content.height)
    read = read_text(backend.get_page_image(scale=scale), threads=threads)
    found = [line for line in read if not is_foreign(line.text, languages)]
    words: list[Word] = []
    for line in found:
        words += _words(line.text, Box(*(value / scale for value in line.box)), line.confidence, len(words))
    if sum(len(word.text) for word in content.words) > unreadable_letters(content) >= MIN_UNREADABLE:
        return _with_read(content, words)
    if garbage_share(content) <= GARBAGE:  # a stamp on the scan, or the text of a scan that could not be read again
        words += [word for word in content.words if not any(_read_there(word, other) for other in words)]
    page = content.width * content.height
    kept = [p for p in content.pictures if p.area < MUCH_PICTURE * page] if words else content.pictures
    return PageContent(
        content.width,
        content.height,
        words,
        content.rules,
        content.fills,
        kept,
        [],
        [],
        content.links,
        content.notes,
        content.titles,
        hidden=content.hidden,
        files=content.files,
        from_ocr=True,
    )


def _read_there(word: Word, other: Word) -> bool:
    """Returns whether OCR read a word there or right beside it: its words are placed by their share of a line."""
    across = min(word.r, other.r) - max(word.l, other.l)
    down = min(word.b, other.b) - max(word.t, other.t)
    return across > -BESIDE * word.size and down > 0.3 * min(word.b - word.t, other.b - other.t)


def _words(text: str, box: Box, confidence: float, order: int) -> list[Word]:
    """Returns the words of a line, each at its share of the line's width."""
    margin = min(MARGIN * box.height, 0.1 * box.width)
    box = Box(box.l + margin, box.t, box.r - margin, box.b)
    parts = text.split()
    total = sum(map(len, parts)) + 0.6 * (len(parts) - 1) if parts else 0
    step = box.width / total if total else 0.0
    size = round(box.height * 0.78, 1)
    words = []
    x = box.l
    for index, part in enumerate(parts):
        width = len(part) * step
        words.append(Word(part, x, box.t, x + width, box.b, size, order=order + index, confidence=confidence, baseline=box.b))
        x += width + 0.6 * step
    return words
