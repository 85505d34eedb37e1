"""Words joined to pieces of lines: a piece ends where a gap is wider than a blank, so cells and columns stay apart."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise

from fathom.conversion.geometric.layout.letters.superscripts import LETTER_RUN, joined, letter_spaced, script_of, touches
from fathom.conversion.geometric.layout.page_content import PageLine, Word

# The widest blank of a justified line, in ems; gaps between cells and columns are wider.
MAX_BLANK = 0.75
# The widest blank of a justified line in a narrow column; blanks wider than MAX_BLANK must be even.
JUSTIFIED_BLANK = 1.6
# Text so much larger than its neighbours is on their line only if both share a baseline; a font's depth below it, in ems.
MUCH_LARGER = 1.9
DESCENT = 0.22
# Where so many pieces begin that are not the first of their line, there is an edge of columns or cells.
COLUMN_STARTS = 6
# A list marker may stand this far from its text, in ems.
MARKER_GAP = 3.2
MARKER = re.compile(
    r"^(?:[•◦▪▫■□●○◆◇‣∙·⁃\-–—*➢➔➤►▶▸→❖❑❏◾◼☐☑☒✓✔✗✘\uf000-\uf0ff]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,5}|[IVX]{2,5})[.)])$"
)
# Dots that lead the eye across a line.
DOTS = re.compile(r"[.·․‥…] ?[.·․‥…]")
LEADER = re.compile(r"\s*(?:(?:[.·․‥…]\s?){8,}|(?:[.·․‥…]\s?){5,}(?=\s*[\w-]{0,8}$))\s*")
# Scripts written without blanks between words.
UNSPACED = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\u3040-\u30ff\uff00-\uffef\u0e00-\u0e7f]")


def join_words(words: Sequence[Word]) -> list[PageLine]:
    """Returns pieces of lines, from top to bottom and left to right. Every word is in exactly one piece."""
    by_row: dict[int, dict[int, list[Word]]] = {}
    pieces: list[list[Word]] = []
    for word in sorted(words, key=lambda w: (w.l, w.t, w.order)):
        best = _nearest(word, by_row)
        if best is None:
            best = []
            pieces.append(best)
        best.append(word)
        by_row.setdefault(_row(word), {})[id(best)] = best
    lines = sorted((make_line(piece) for piece in pieces), key=lambda line: (line.baseline, line.l))
    return sorted(_rejoin_justified(lines), key=lambda line: (line.t, line.l))


def _rejoin_justified(lines: Sequence[PageLine]) -> list[PageLine]:
    """Joins pieces that are separate only because a narrow justified line has wide blanks: all its blanks are equally wide.

    Where many pieces begin, a column or cell does.
    """
    rows: list[list[PageLine]] = []
    for line in lines:
        if rows and abs(rows[-1][-1].baseline - line.baseline) < 0.1 * line.size:
            rows[-1].append(line)
        else:
            rows.append([line])
    begun: Counter[int] = Counter()
    for row in rows:
        row.sort(key=lambda line: line.l)
        begun.update(round(line.l) for line in row[1:])
    edges = {x for x in begun if begun[x - 1] + begun[x] + begun[x + 1] >= COLUMN_STARTS}
    return [line for row in rows for line in _joined_row(row, edges)]


def _joined_row(row: list[PageLine], edges: Collection[int]) -> list[PageLine]:
    if len(row) < 2:
        return row
    inner = [[b.l - a.r for a, b in pairwise(line.words)] for line in row]
    between = [b.l - a.r for a, b in pairwise(row)]
    joined = [row[0]]
    for index, gap in enumerate(between):
        near = inner[index] + inner[index + 1] + between[max(0, index - 2) : index] + between[index + 1 : index + 3]
        line = row[index + 1]
        even = sum(abs(gap - other) <= 0.04 * line.size for other in near) >= 2
        wide = 0 < gap <= JUSTIFIED_BLANK * line.size and round(line.l) not in edges
        if wide and even and _says_something(row[index], line):
            joined[-1] = make_line([*joined[-1].words, *line.words])
        else:
            joined.append(line)
    return joined


def _says_something(before: PageLine, after: PageLine) -> bool:
    """Returns whether the words beside the blank are no figures, and set alike."""
    alike = abs(before.size - after.size) < 0.3
    return alike and any(character.isalpha() for character in before.words[-1].text + after.words[0].text)


def _row(word: Word) -> int:
    return int((word.t + word.b) / 2) // 6


def _nearest(word: Word, by_row: dict[int, dict[int, list[Word]]]) -> list[Word] | None:
    """Returns the piece that ends where the word begins, if any."""
    row, best, distance = _row(word), None, 1e9
    reach = 1 if word.size < 14 else 2
    for key in range(row - reach, row + reach + 1):
        for piece in by_row.get(key, {}).values():
            last = piece[-1]
            if last.r < word.l - MARKER_GAP * max(last.size, word.size):
                continue
            if not _same_line(_main(piece), word) and not _raised(piece, word):
                continue
            gap = word.l - last.r
            if gap < -0.6 * (word.r - word.l) - 0.2 * word.size:
                continue
            if gap <= _widest(piece, word) and abs(gap) < distance:
                best, distance = piece, abs(gap)
    return best


def _raised(piece: list[Word], word: Word) -> bool:
    """Returns whether the word is raised or lowered behind the piece's last word, or the piece's only word is before it."""
    last, main = piece[-1], _main(piece)
    if abs(word.order - last.order) != 1:
        return False
    if word.size <= last.size or len(piece) > 1:
        return touches(word, last, main)
    gap = word.l - last.r
    near = word.t - 0.3 * word.size < (last.t + last.b) / 2 < word.b
    return -0.1 * word.size < gap < 0.5 * word.size and near and script_of(last, word) > 0


def _main(piece: list[Word]) -> Word:
    """Returns the word that fixes the line's position: the largest of the last words, not a raised figure."""
    return max(piece[-3:], key=lambda word: word.size)


def _same_line(a: Word, b: Word) -> bool:
    shared = min(a.b, b.b) - max(a.t, b.t)
    smaller, larger = sorted((a.b - a.t, b.b - b.t))
    if smaller <= 0:
        return shared >= 0
    if larger < 1.35 * smaller:
        return shared >= 0.55 * smaller
    if larger > MUCH_LARGER * smaller:  # large letters stand over several lines
        return abs((a.b - DESCENT * a.size) - (b.b - DESCENT * b.size)) < 0.35 * smaller
    return shared >= 0.45 * smaller  # raised and lowered figures


def _widest(piece: list[Word], word: Word) -> float:
    size = min(max(piece[-1].size, word.size), 1.6 * min(piece[-1].size, word.size))
    if len(piece) == 1 and MARKER.match(piece[0].text):
        return MARKER_GAP * size
    return MAX_BLANK * size


def make_line(words: Iterable[Word]) -> PageLine:
    """Returns a line of these words, put in reading order."""
    found = list(words)
    rightward = not _right_to_left(found)
    found.sort(key=lambda w: (w.l if rightward else -w.r, w.order))
    sizes: Counter[float] = Counter()
    letters = bold = italic = 0
    for word in found:
        length = len(word.text)
        sizes[word.size] += length
        letters += length
        bold += length if word.bold else 0
        italic += length if word.italic else 0
    main = max(sizes, key=lambda size: (sizes[size], size))
    body = [w for w in found if w.size >= 0.88 * main] or found
    return PageLine(
        words=found,
        l=min(w.l for w in found),
        t=min(w.t for w in body),
        r=max(w.r for w in found),
        b=max(w.b for w in body),
        size=main,
        bold=bold >= 0.85 * letters,
        italic=italic >= 0.85 * letters,
        text=text_of(found),
        baseline=max(w.b for w in body),
    )


def text_of(words: Sequence[Word]) -> str:
    """Returns the words with a blank between them, save where the script has none or nothing separates them on the page.

    Raised and lowered figures stand where they are set (see raised.py).
    """
    if len(words) < 2:
        return unicodedata.normalize("NFC", words[0].text) if words else ""
    close = letter_spaced(words) if len(words) >= LETTER_RUN else set()
    said = ""
    base = words[0]
    for index, word in enumerate(words):
        before = words[index - 1]
        if index and touches(word, before, base):
            fraction = words[index + 1].text[:1] if index + 1 < len(words) and words[index + 1].text[0] in "/\u2044" else ""
            written = joined(said, word.text + fraction, script_of(word, base))
            said += written.removesuffix(fraction) if fraction else written
            continue
        if index and index not in close and _blank_between(before, word, first=index == 1):
            said += " "
        said += word.text
        base = word
    return unicodedata.normalize("NFC", said)


def _blank_between(a: Word, b: Word, *, first: bool) -> bool:
    gap = max(b.l - a.r, a.l - b.r)
    size = max(a.size, b.size)
    if UNSPACED.match(a.text[-1]) and UNSPACED.match(b.text[0]):
        return gap > 0.6 * size
    if first and (len(b.text) > 1 or b.text.isupper()) and a.size < b.size and script_of(a, b) > 0:
        return True  # the mark of a note, before its text
    touching = gap < 0.08 * size
    # a word whose glyphs are set in two styles, or text behind a raised figure
    other = abs(a.size - b.size) >= 0.3 or a.font != b.font or abs(a.baseline - b.baseline) > 0.15 * size
    return not (touching and b.order == a.order + 1 and other)


def _right_to_left(words: Sequence[Word]) -> bool:
    rightward = leftward = 0
    for word in words:
        for character in word.text[:4]:
            direction = unicodedata.bidirectional(character)
            leftward += direction in {"R", "AL"}
            rightward += direction == "L"
    return leftward > rightward


def merge_lines(lines: Sequence[PageLine]) -> PageLine:
    """Returns a line of all their words."""
    return lines[0] if len(lines) == 1 else make_line(word for line in lines for word in line.words)


def without_leader(line: PageLine) -> PageLine:
    """Returns the line with the dots that lead from a title to its page's number written as three."""
    if DOTS.search(line.text) and LEADER.search(line.text):
        line.text = LEADER.sub(" ... ", line.text).strip()
    return line
