"""Reads the blocks of AsciiDoc: sections, paragraphs, delimited blocks, admonitions, pictures."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fathom.conversion.docling_backends.asciidoc.asciidoc_inline import AsciidocInlineReader, without_tags
from fathom.conversion.docling_backends.asciidoc.asciidoc_lines import (
    ADMONITION,
    ADMONITIONS,
    ANCHOR_LINE,
    ATTRIBUTE_LINE,
    BLOCK_MACRO,
    BREAK,
    DELIMITER,
    HEADING,
    TITLE_LINE,
    UNDERLINES,
    BlockAttributes,
    is_literal,
    marker_of,
)
from fathom.conversion.docling_backends.asciidoc.asciidoc_lists import ListReader
from fathom.conversion.docling_backends.asciidoc.asciidoc_tables import TableReader
from fathom.conversion.docling_backends.asciidoc.attributes import ENTRY
from fathom.conversion.docling_backends.asciidoc.cursor import Cursor
from fathom.conversion.docling_backends.markup.markup_blocks import (
    Code,
    Formula,
    MarkupBlock,
    MarkupHeading,
    Paragraph,
    Picture,
)
from fathom.conversion.docling_backends.markup.markup_inline import LINE_BREAK, InlineStyle, Run
from fathom.errors import NestedTooDeep

MAX_NESTING = 30
_TITLE = InlineStyle(bold=True)
_CODE_STYLES = frozenset({"source", "listing", "literal", "plantuml", "mermaid", "ditaa", "graphviz", "console"})
_MATH_STYLES = frozenset({"stem", "latexmath", "asciimath"})
_INLINE_ANCHOR = re.compile(r"\[\[[\w:][\w:.-]*(?:,[^\]]*)?\]\]")


class BlockReader:
    """Reads blocks in sequence; footnotes are placed at the end of the section that refers to them."""

    def __init__(self, inline: AsciidocInlineReader) -> None:
        self._inline = inline
        self._lists = ListReader(inline, self._attached)
        self._tables = TableReader(self._nested, inline.runs)
        self._depth = 0
        self._in_item = False
        self._parts = 0  # 1 in books with parts, whose chapters stand a level below

    def read(self, cursor: Cursor) -> list[MarkupBlock]:
        """Returns the blocks from the cursor to the end."""
        found: list[MarkupBlock] = []
        while cursor.line is not None:
            cursor.skip_blank()
            if cursor.line is not None:
                found += self._next_block(cursor)
        return found

    def _nested(self, lines: Sequence[str]) -> list[MarkupBlock]:
        """Returns the blocks of the lines. Raises NestedTooDeep beyond MAX_NESTING nested blocks."""
        if self._depth >= MAX_NESTING:
            raise NestedTooDeep(f"Its blocks are nested more than {MAX_NESTING} deep.")
        self._depth += 1
        in_item, self._in_item = self._in_item, False
        found = self.read(Cursor([line.rstrip() for line in lines]))
        self._depth, self._in_item = self._depth - 1, in_item
        return found

    def _attached(self, cursor: Cursor) -> list[MarkupBlock]:
        """Reads a block of a list item, whose paragraphs end where the next item begins."""
        in_item, self._in_item = self._in_item, True
        found = self._next_block(cursor)
        self._in_item = in_item
        return found

    def _next_block(self, cursor: Cursor) -> list[MarkupBlock]:
        """Reads a block and the lines above it that belong to it: attributes, a title, comments."""
        attributes = BlockAttributes()
        while (line := cursor.line) is not None:
            if line.startswith("//") and not line.startswith("///"):
                cursor.at += 1
            elif ENTRY.match(line):
                self._entry(cursor)
            elif ANCHOR_LINE.match(line):
                cursor.at += 1
            elif ATTRIBUTE_LINE.match(line):
                attributes.take(self._inline.attributes.put_in(line))
                cursor.at += 1
            elif (title := TITLE_LINE.match(line)) is not None and marker_of(line) is None:
                attributes.title = title[1]
                cursor.at += 1
            else:
                break
            if cursor.line == "" and not (attributes.style or attributes.title or attributes.named):
                return []
            cursor.skip_blank()
        return self._block(cursor, line, attributes) if line is not None else []

    def _entry(self, cursor: Cursor) -> None:
        """Reads an attribute entry, whose value may continue behind a backslash."""
        line = cursor.take()
        while line.endswith(" \\") and cursor.line:
            line = line.removesuffix("\\").removesuffix("+ ").rstrip() + " " + cursor.take().strip()
        self._inline.attributes.take(line)

    def _block(self, cursor: Cursor, line: str, attributes: BlockAttributes) -> list[MarkupBlock]:
        if (delimiter := DELIMITER.match(line)) is not None and not self._is_underlined(cursor):
            cursor.at += 1
            return self._delimited(cursor, delimiter[1], attributes)
        if (heading := HEADING.match(line)) is not None:
            cursor.at += 1
            return self._heading(len(heading[1]) - 1, heading[2], attributes)
        if self._is_underlined(cursor):
            sign = (cursor.ahead() or "")[0]
            cursor.at += 2
            return self._heading(UNDERLINES[sign], line, attributes)
        if BREAK.match(line):
            cursor.at += 1
            return []
        if (macro := BLOCK_MACRO.match(line)) is not None:
            cursor.at += 1
            return self._macro(macro[1], macro[2], macro[3], attributes)
        if marker_of(line) is not None:
            start = attributes.named.get("start", "1")
            number = int(start) if start.isdecimal() and len(start) < 10 else 1
            return [*self._titled(attributes), self._lists.read(cursor, number, attributes.style)]
        if attributes.style in _CODE_STYLES or (is_literal(line) and not attributes.style):
            return self._code(self._paragraph_lines(cursor, verbatim=True), attributes)
        return self._paragraph(self._paragraph_lines(cursor), attributes)

    def _is_underlined(self, cursor: Cursor) -> bool:
        """Returns whether the line is a title underlined by a line of the same length."""
        line, below = cursor.line or "", cursor.ahead() or ""
        return (
            len(below) > 1
            and below[0] in UNDERLINES
            and below == below[0] * len(below)
            and abs(len(line) - len(below)) <= 1
            and any(sign.isalnum() for sign in line)
            and not is_literal(line)
            and marker_of(line) is None
        )

    def _heading(self, level: int, text: str, attributes: BlockAttributes) -> list[MarkupBlock]:
        offset = self._inline.attributes.get("leveloffset")
        level += int(offset) if re.fullmatch(r"[+-]?\d", offset) else 0
        runs = self._inline.runs(_INLINE_ANCHOR.sub("", text).strip())
        if level < 1:
            self._parts = 1
            level = 1
        elif self._parts:
            level += 1
        return [*self._inline.notes.due(), MarkupHeading(runs, level)]

    def _titled(self, attributes: BlockAttributes) -> list[MarkupBlock]:
        return [Paragraph(self._inline.runs(attributes.title, _TITLE))] if attributes.title else []

    def _caption(self, attributes: BlockAttributes) -> list[Run]:
        return self._inline.runs(attributes.title) if attributes.title else []

    def _paragraph_lines(self, cursor: Cursor, *, verbatim: bool = False) -> list[str]:
        """Returns the lines of a paragraph, without comments."""
        lines = [cursor.take()]
        while line := cursor.line:
            if not verbatim and (line == "+" or DELIMITER.match(line) or ATTRIBUTE_LINE.match(line) or BLOCK_MACRO.match(line)):
                break
            if self._in_item and (line == "+" or marker_of(line) is not None):
                break
            cursor.at += 1
            if verbatim or not line.startswith("//") or line.startswith("///"):
                lines.append(line)
        return lines

    def _paragraph(self, lines: list[str], attributes: BlockAttributes) -> list[MarkupBlock]:
        style = attributes.style
        if len(lines) > 1 and all(line.startswith("|") for line in lines):
            return [self._tables.bare_table(lines)]
        if style in _MATH_STYLES:
            return [Formula("\n".join(lines))]
        if style == "pass":
            return [Paragraph([Run(without_tags("\n".join(lines)))])]
        if style == "comment":
            return []
        admonition = ADMONITION.match("\n".join(lines))
        if admonition is not None and not style:
            return self._admonition(admonition[1], [self._text(admonition[2], attributes)], attributes)
        if lines[0].startswith("> "):
            return self._nested([line.removeprefix(">").removeprefix(" ") for line in lines])
        quoted = len(lines) > 1 and lines[0].startswith('"') and lines[-1].startswith("-- ") and lines[-2].endswith('"')
        if quoted:
            attributes.positional = ["quote", lines.pop()[3:]]
            lines = "\n".join(lines).strip('"').split("\n")
        break_lines = attributes.style == "verse" or "hardbreaks" in attributes.options
        text = self._text("\n".join(lines), attributes, break_lines=break_lines)
        return self._wrapped([text], attributes)

    def _text(self, text: str, attributes: BlockAttributes, *, break_lines: bool = False) -> Paragraph:
        if "hardbreaks" in self._inline.attributes:
            break_lines = True
        runs = self._inline.runs(text)
        if break_lines:
            runs = [Run(run.text.replace("\n", LINE_BREAK), run.style) for run in runs]
        return Paragraph(runs)

    def _wrapped(self, blocks: list[MarkupBlock], attributes: BlockAttributes) -> list[MarkupBlock]:
        """Returns the blocks with the title above and the additions of the style: a label, the source of a quotation."""
        if attributes.style in ADMONITIONS:
            return self._admonition(attributes.style, blocks, attributes)
        source = [part for part in attributes.positional[1:3] if part] if attributes.style in ("quote", "verse") else []
        source = source or [attributes.named[name] for name in ("attribution", "citetitle") if attributes.named.get(name)]
        below: list[MarkupBlock] = [Paragraph(self._inline.runs("— " + ", ".join(source)))] if source else []
        return [*self._titled(attributes), *blocks, *below]

    def _admonition(self, label: str, blocks: list[MarkupBlock], attributes: BlockAttributes) -> list[MarkupBlock]:
        lead = [Run(f"{label}:", _TITLE), Run(" ")]
        if attributes.title:
            return [Paragraph([*lead, *self._inline.runs(attributes.title, _TITLE)]), *blocks]
        if blocks and isinstance(blocks[0], Paragraph):
            return [Paragraph([*lead, *blocks[0].runs]), *blocks[1:]]
        return [Paragraph(lead[:1]), *blocks]

    def _delimited(self, cursor: Cursor, delimiter: str, attributes: BlockAttributes) -> list[MarkupBlock]:
        """Reads a delimited block, to its closing line or to the end."""
        sign, style = delimiter[0], attributes.style
        if sign == "`":
            fence = delimiter[: len(delimiter) - len(delimiter.lstrip("`"))]
            attributes.positional = ["source", delimiter.lstrip("`").split(",")[0], *attributes.positional[2:]]
            return self._code(cursor.until(fence), attributes)
        lines = cursor.until(delimiter)
        if sign == "/" or style == "comment":
            return []
        if sign in "|,:!":
            return [self._tables.table(lines, delimiter, attributes, self._caption(attributes))]
        if style in _MATH_STYLES:
            return [*self._titled(attributes), Formula("\n".join(lines))]
        if (delimiter != "--" and sign in "-.") or style in _CODE_STYLES:
            return self._verse(lines, attributes) if style == "verse" else self._code(lines, attributes)
        if sign == "+" or style == "pass":
            return self._passed(lines, attributes)
        if style == "verse":
            return self._verse(lines, attributes)
        return self._wrapped(self._nested(lines), attributes)

    def _verse(self, lines: list[str], attributes: BlockAttributes) -> list[MarkupBlock]:
        return self._wrapped([self._text("\n".join(lines), attributes, break_lines=True)], attributes)

    def _passed(self, lines: list[str], attributes: BlockAttributes) -> list[MarkupBlock]:
        """Returns the text of passthrough HTML."""
        paragraphs = re.split(r"\n\s*\n", without_tags("\n".join(lines)))
        return [*self._titled(attributes), *(Paragraph([Run(text)]) for text in paragraphs if text.strip())]

    def _code(self, lines: list[str], attributes: BlockAttributes) -> list[MarkupBlock]:
        text = "\n".join(lines)
        substitutions = attributes.named.get("subs", "")
        if "attributes" in substitutions or "normal" in substitutions:
            text = self._inline.attributes.put_in(text)
        if not attributes.style and lines and is_literal(lines[0]):
            blanks = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
            text = "\n".join(line[blanks:] for line in lines)
        language = attributes.positional[1] if len(attributes.positional) > 1 else attributes.named.get("language", "")
        if not language and attributes.style in ("source", ""):
            language = self._inline.attributes.get("source-language") if attributes.style else ""
        return [Code(text, language, self._caption(attributes))]

    def _macro(self, name: str, target: str, content: str, attributes: BlockAttributes) -> list[MarkupBlock]:
        inside = BlockAttributes(title=attributes.title)
        inside.take(f"[{self._inline.attributes.put_in(content)}]")
        alt = inside.named.get("alt") or (inside.positional[0] if inside.positional else "")
        if name == "image":
            return [Picture(self._caption(inside), alt)]
        if name == "stem":
            return [Formula(content)]
        if name in ("video", "audio"):
            return [Paragraph([*self._caption(inside), Run(f" [{name}: {self._inline.attributes.put_in(target)}]")])]
        return []
