"""Splits a text into prose, headings, lists, tables, references and boilerplate, and blanks its markup."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from fathom.extraction.rules.text.line_kinds import (
    REFERENCES,
    TextBlockKind,
    ends_a_sentence,
    has_verb,
    is_item,
    is_marked_heading,
    is_menu_word,
    is_pair,
    is_reference,
    is_row,
    is_rule,
    kind_of_paragraph,
)
from fathom.extraction.rules.text.text_marks import without_marks

LineSpan = tuple[int, int]

_LINE = re.compile(r"[^\n]+")
_FIRST_WORD = re.compile(r"\s*(\S+)")
_RUNS_ON = re.compile(
    r"(?:[,;(–—-]|(?<![\w’'-])(?:the|a|an|of|in|on|at|by|for|and|or|from|to|with|as|near|his|her|its|their|our|this|that|which|who|"
    r"le|la|les|l['’]|un|une|des|du|de|et|ou|à|au|aux|en|dans|par|pour|sur|avec|que|qui|der|die|das|und|von|mit|el|los|las|y|con))$"
)
# Words that open a sentence more often than they continue a name.
_OPENS = re.compile(
    r"(?:The|A|An|This|That|These|Those|It|He|She|They|We|I|In|On|At|For|From|By|When|While|As|After|Before|If|But|And|However|"
    r"Le|La|Les|L['’]|Un|Une|Des|Ce|Cette|Il|Elle|Ils|En|Dans|Der|Die|Das|El|Los)(?![\w’'-])"
)
_WIDTH = 44  # characters; paragraphs are not wrapped at fewer
_FULL = 0.8  # of the longest line, where a paragraph was wrapped by hand
_MENU = 5  # short lines in a row


@dataclass(frozen=True)
class TextBlock:
    """A block of a text and its kind, without surrounding white space."""

    kind: TextBlockKind
    start: int
    end: int


def blocks(text: str) -> list[TextBlock]:
    """Returns the blocks of the text in order; they cover all characters except white space."""
    return _read(text)[1]


def reading_text(text: str) -> str:
    """Returns the text without markup, of the same length: marks blanked, line ends within a paragraph as spaces."""
    return _read(text)[0]


def read_blocks(text: str) -> tuple[str, list[TextBlock]]:
    """Returns the reading text and the blocks."""
    return _read(text)


def table_rows(text: str, block: TextBlock) -> list[list[LineSpan]]:
    """Returns the cells of each row of a table block, without its rule; a `column: value` row has two cells."""
    found: list[list[LineSpan]] = []
    for line in _LINE.finditer(text, block.start, block.end):
        if is_rule(line[0]):
            continue
        if "|" in line[0]:
            parting = re.compile(r"(?<!\\)\|")
        elif "\t" in line[0]:
            parting = re.compile(r"\t")
        else:
            parting = re.compile(r"(?<=[^\s:=]):\s| = ")
        cuts = [match.span() for match in parting.finditer(text, *line.span())]
        cuts = cuts if "|" in line[0] or "\t" in line[0] else cuts[:1]
        edges = [line.start(), *(at for cut in cuts for at in cut), line.end()]
        cells = [_trimmed(text, start, end) for start, end in zip(edges[::2], edges[1::2], strict=True)]
        if "|" in line[0]:  # no cell outside of the outer bars
            cells = cells[1:] if cells and cells[0][0] == cells[0][1] else cells
            cells = cells[:-1] if cells and cells[-1][0] == cells[-1][1] else cells
        if cells:
            found.append(cells)
    return found


def _read(text: str) -> tuple[str, list[TextBlock]]:
    shown = without_marks(text)
    units = _paragraphs(text, shown)
    letters: list[str] | None = None
    for start, end, is_table in units:
        if not is_table and "\n" in shown[start:end]:
            letters = letters or list(shown)
            letters[start:end] = shown[start:end].replace("\n", " ")
    shown = "".join(letters) if letters else shown
    found: list[TextBlock] = []
    for number, (start, end, is_table) in enumerate(units):
        kind: TextBlockKind = (
            "table" if is_table else kind_of_paragraph(text[start:end], shown[start:end], number + 1 < len(units))
        )
        found.append(TextBlock(kind, start, end))
    return shown, _in_company(text, _under_references(text, found))


def _paragraphs(text: str, shown: str) -> list[tuple[int, int, bool]]:
    """Returns the span of each paragraph, heading, item or table, and whether it is a table; wrapped lines are joined."""
    groups: list[list[LineSpan]] = [[]]
    before = 0
    for line in _LINE.finditer(text):
        if not line[0].strip():
            groups.append([])
        else:
            if text.count("\n", before, line.start()) > 1:
                groups.append([])
            groups[-1].append(line.span())
            before = line.end()
    return [unit for group in groups if group for unit in _units(text, shown, group)]


def _units(text: str, shown: str, lines: Sequence[LineSpan]) -> list[tuple[int, int, bool]]:
    """Returns the units of lines without an empty line between them."""
    tabled = _tabled(text, lines)
    full = [end - start for (start, end), table in zip(lines, tabled, strict=True) if not table]
    width = max(full, default=0)
    wrapped = width >= _WIDTH and sum(size >= _FULL * width for size in full) >= 2
    units: list[tuple[int, int, bool]] = []
    for number, (line, table) in enumerate(zip(lines, tabled, strict=True)):
        start, end = _trimmed(text, *line)
        goes_on = number > 0 and (
            (table and tabled[number - 1])
            or (
                not table and not tabled[number - 1] and _runs_on(text, shown, lines[number - 1], line, width if wrapped else 0)
            )
        )
        if goes_on:
            units[-1] = (units[-1][0], end, table)
        else:
            units.append((start, end, table))
    return units


def _tabled(text: str, lines: Sequence[LineSpan]) -> list[bool]:
    """Returns for each line whether it belongs to a table: rows of cells, or two or more consecutive `column: value` pairs."""
    texts = [text[start:end] for start, end in lines]
    tabled = [is_row(line) for line in texts]
    tabled = [
        row or (is_rule(line) and any(tabled[max(0, at - 1) : at + 2]))
        for at, (row, line) in enumerate(zip(tabled, texts, strict=True))
    ]
    paired = [not row and is_pair(line) and not is_item(line) for row, line in zip(tabled, texts, strict=True)]
    for at, (current, following) in enumerate(pairwise(paired)):
        if current and following:
            tabled[at] = tabled[at + 1] = True
    return tabled


def _runs_on(text: str, shown: str, line: LineSpan, after: LineSpan, width: int) -> bool:
    """Returns whether the second line continues the sentence or paragraph of the first; `width` is 0 for unwrapped text."""
    first, second = shown[slice(*line)].rstrip(), shown[slice(*after)]
    if is_item(text[slice(*after)]) or is_marked_heading(text[slice(*after)]) or is_marked_heading(text[slice(*line)]):
        return False
    if is_rule(second) or is_rule(first) or (word := _FIRST_WORD.match(second)) is None or not first:
        return False
    stopped = ends_a_sentence(first)
    if word[1][0].islower() and not stopped:
        return True
    if _RUNS_ON.search(first[-12:]):
        return True
    if width:
        indent = text[slice(*after)][:1].isspace() and not text[slice(*line)][:1].isspace() and not is_item(text[slice(*line)])
        return not indent and len(text[slice(*line)].rstrip()) + 1 + len(word[1]) > _FULL * width
    return not stopped and len(first) >= _WIDTH and has_verb(first) and not _OPENS.match(word[1]) and not second.isupper()


def _under_references(text: str, found: Sequence[TextBlock]) -> list[TextBlock]:
    """Marks the blocks below a heading such as References as a bibliography, up to the next heading."""
    below, kept = False, []
    for block in found:
        words = text[block.start : block.end]
        if block.kind == "heading":
            # an entry may look like a heading: a short title with a year
            entry = below and not is_marked_heading(words) and (ends_a_sentence(words) or is_reference(words, 1))
            below = below if entry else REFERENCES.match(words) is not None
            kept.append(replace(block, kind="references") if entry else block)
        elif below and block.kind in ("prose", "list", "boilerplate"):
            # a chapter again, its heading lost
            is_chapter = block.kind == "prose" and not is_reference(words, 1) and len(words) > 400
            below = not is_chapter
            kept.append(block if is_chapter else replace(block, kind="references"))
        else:
            kept.append(block)
    return kept


def _in_company(text: str, found: Sequence[TextBlock]) -> list[TextBlock]:
    """Corrects blocks by their neighbours: entries between references, runs of short lines that form a menu."""
    kinds: list[TextBlockKind] = [block.kind for block in found]
    texts = [text[block.start : block.end] for block in found]
    for at, words in enumerate(texts):
        beside = {kinds[other] for other in (at - 1, at + 1) if 0 <= other < len(kinds)}
        if kinds[at] in ("prose", "list", "boilerplate") and "references" in beside and is_reference(words, 2):
            kinds[at] = "references"
    begin = 0
    short = [kind in ("heading", "list", "boilerplate") and len(words.split()) <= 6 and not ends_a_sentence(words)
             for kind, words in zip(kinds, texts, strict=True)]  # fmt: skip
    while begin < len(kinds):
        end = begin
        while end < len(kinds) and short[end]:
            end += 1
        run = range(begin, end)
        marked = sum(kinds[at] == "list" for at in run)
        menu = sum(is_menu_word(texts[at]) for at in run)
        if menu >= 3 or (len(run) >= _MENU and (menu >= 2 or marked < len(run) // 2)):
            for at in run:
                if not is_marked_heading(texts[at]):
                    kinds[at] = "boilerplate"
        begin = end + 1
    return [replace(block, kind=kind) for block, kind in zip(found, kinds, strict=True)]


def _trimmed(text: str, start: int, end: int) -> LineSpan:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip()) if piece.strip() else start
