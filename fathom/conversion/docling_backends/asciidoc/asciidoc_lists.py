"""Reads the lists of AsciiDoc: nested by their markers, with blocks that a `+` attaches to an item."""

from __future__ import annotations

from collections.abc import Callable

from fathom.conversion.docling_backends.asciidoc.asciidoc_inline import AsciidocInlineReader
from fathom.conversion.docling_backends.asciidoc.asciidoc_lines import (
    ATTRIBUTE_LINE,
    DELIMITER,
    HEADING,
    TITLE_LINE,
    Marker,
    checkbox,
    is_literal,
    marker_of,
)
from fathom.conversion.docling_backends.asciidoc.cursor import Cursor
from fathom.conversion.docling_backends.markup.markup_blocks import ItemList, ListItem, MarkupBlock, Paragraph
from fathom.conversion.docling_backends.markup.markup_inline import InlineStyle, Run, tidy
from fathom.conversion.docling_backends.markup.numerals import letters, roman
from fathom.errors import NestedTooDeep

MAX_NESTING = 30
MIN_INDENT = 2  # blanks that nest an item of the same marker, as authors used to Markdown write it
ReadAsciidocBlock = Callable[[Cursor], list[MarkupBlock]]
_NUMBERED = {"loweralpha": letters, "lowerroman": roman, "upperalpha": letters, "upperroman": roman}


class ListReader:
    """Reads lists; `block` reads the block at the cursor that a `+` or its position attaches to an item."""

    def __init__(self, inline: AsciidocInlineReader, block: ReadAsciidocBlock) -> None:
        self._inline, self._block = inline, block
        self._blank_before = 0  # blank lines before a `+` that belongs to an item further out

    def read(self, cursor: Cursor, start: int = 1, style: str = "", around: tuple[Marker, ...] = ()) -> ItemList:
        """Reads the list at the cursor; numbers begin at `start`, or as the first item says, in the `style` of numerals.

        Raises NestedTooDeep beyond MAX_NESTING nested lists.
        """
        if len(around) > MAX_NESTING:
            raise NestedTooDeep(f"Its lists are nested more than {MAX_NESTING} deep.")
        first = marker_of(cursor.line or "")
        assert first is not None
        found = ItemList(ordered=first.kind in ("ordered", "callout"))
        if first.kind == "ordered" and first.shown[:-1].isdigit():
            start = int(first.shown[:-1])
        while (marker := marker_of(cursor.line or "")) is not None and _belongs(marker, first, around):
            cursor.at += 1
            item = self._item(cursor, marker, (*around, first))
            if first.kind == "callout" and marker.shown != "..":
                item.marker = marker.shown
            elif first.kind == "ordered":
                item.marker = _number(start + len(found.items), style, marker)
            found.items.append(item)
            if not self._goes_on(cursor, first, around):
                break
        return found

    def _item(self, cursor: Cursor, marker: Marker, around: tuple[Marker, ...]) -> ListItem:
        """Reads an item: its text, continuation lines, nested lists and attached blocks."""
        box, text = checkbox(marker.text) if marker.kind == "unordered" else ("", marker.text)
        if marker.kind == "term":
            lead, text = self._terms(cursor, marker, around)
        else:
            lead = [Run(box)] if box else []
        lines = [text] if text else []
        while (line := cursor.line) and not _ends_text(line):
            cursor.at += 1
            if not line.startswith("//"):
                lines.append(line.strip())
        blocks: list[MarkupBlock] = [Paragraph([*lead, *self._inline.runs("\n".join(lines))])]
        while self._attached(cursor, blocks, around):
            pass
        return ListItem(blocks)

    def _terms(self, cursor: Cursor, marker: Marker, around: tuple[Marker, ...]) -> tuple[list[Run], str]:
        """Reads a term, with further terms of the same definition, and the text on the line below, if any."""
        terms, text = [marker.term], marker.text
        while not text:
            blanks = cursor.skip_blank()
            line = cursor.line or ""
            following = marker_of(line)
            if following is not None and following.kind == "term" and following.key == marker.key and not blanks:
                terms.append(following.term)
                text = following.text
                cursor.at += 1
                continue
            if line and following is None and not _ends_text(line) and not (blanks and HEADING.match(line)):
                text = line.strip()
                cursor.at += 1
            else:
                cursor.at -= blanks
            break
        runs: list[Run] = []
        for term in terms:
            runs += [*([Run(", ")] if runs else []), *tidy(self._inline.runs(term, InlineStyle(bold=True)))]
        return [*runs, Run(": ")], text

    def _attached(self, cursor: Cursor, blocks: list[MarkupBlock], around: tuple[Marker, ...]) -> bool:
        """Reads the block attached to the item at the cursor; returns False if there is none."""
        blanks = cursor.skip_blank()
        line = cursor.line
        if line is None:
            return False
        if line == "+":
            if blanks and len(around) > 1:  # it belongs to an outer item: each blank line ascends a list
                self._blank_before = min(blanks, len(around) - 1)
                return False
            cursor.at += 1
            cursor.skip_blank()
            if cursor.line is None:
                return False
            blocks += self._block(cursor)
            return True
        marker = marker_of(line)
        if marker is not None:
            if _belongs_to_any(marker, around):
                return False
            blocks.append(self.read(cursor, around=around))
            return True
        if blanks and is_literal(line):
            blocks += self._block(cursor)
            return True
        if ATTRIBUTE_LINE.match(line) and not blanks and self._leads_to_list(cursor, around):
            blocks += self._block(cursor)
            return True
        if not blanks and DELIMITER.match(line) and around[-1].kind == "term":
            blocks += self._block(cursor)
            return True
        cursor.at -= blanks
        return False

    def _leads_to_list(self, cursor: Cursor, around: tuple[Marker, ...]) -> bool:
        """Returns whether attributes stand above a list that nests in the item."""
        ahead = 0
        while (line := cursor.ahead(ahead)) and (ATTRIBUTE_LINE.match(line) or TITLE_LINE.match(line)):
            ahead += 1
        marker = marker_of(cursor.ahead(ahead) or "")
        return marker is not None and not _belongs_to_any(marker, around)

    def _goes_on(self, cursor: Cursor, first: Marker, around: tuple[Marker, ...]) -> bool:
        """Moves to the next item of the list; returns False if there is none."""
        if self._blank_before:
            self._blank_before -= 1
            if self._blank_before:
                return False
        blanks = cursor.skip_blank()
        marker = marker_of(cursor.line or "")
        if marker is not None and _belongs(marker, first, around):
            return True
        cursor.at -= blanks
        return False


def _ends_text(line: str) -> bool:
    return (
        line == "+"
        or marker_of(line) is not None
        or DELIMITER.match(line) is not None
        or (ATTRIBUTE_LINE.match(line) is not None)
    )


def _belongs(marker: Marker, first: Marker, around: tuple[Marker, ...]) -> bool:
    """Returns whether the item belongs to the list that `first` opens, within the lists around it.

    The marker decides, as in Asciidoctor; between two lists with the same marker the indent does.
    """
    if (marker.kind, marker.key) != (first.kind, first.key) or marker.indent >= first.indent + MIN_INDENT:
        return False
    outer = any((other.kind, other.key) == (first.kind, first.key) for other in around)
    return not outer or marker.indent > first.indent - MIN_INDENT


def _belongs_to_any(marker: Marker, around: tuple[Marker, ...]) -> bool:
    return any(_belongs(marker, first, around[:index]) for index, first in enumerate(around))


def _number(number: int, style: str, marker: Marker) -> str:
    write = _NUMBERED.get(style)
    if write is None and marker.shown and not marker.shown[:-1].isdigit():
        return marker.shown
    shown = write(number) if write is not None else str(number)
    return f"{shown.upper() if style.startswith('upper') else shown}."
