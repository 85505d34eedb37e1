"""Walks the tree of a page in text order: runs form lines and paragraphs, special elements go to their handlers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from lxml import etree

from fathom.conversion.docling_backends.html.html_left_out import OmittedContent
from fathom.conversion.docling_backends.html.html_styles import apply_style, is_block, keeps_line_ends
from fathom.conversion.docling_backends.html.page_line import HtmlLine
from fathom.conversion.docling_backends.html.page_links import PageLinks
from fathom.conversion.docling_backends.html.page_notes import PageNotes
from fathom.conversion.docling_backends.html.unseen import NEVER
from fathom.conversion.docling_backends.markup.markup_blocks import Footnote, MarkupBlock, MarkupHeading, Paragraph
from fathom.conversion.docling_backends.markup.markup_inline import PLAIN, InlineStyle, Run, is_blank, plain

# Runs that keep their format; further runs of a page are written plain.
MAX_FORMATTED_RUNS = 30_000
# Lists and tables nested deeper than this are read as paragraphs.
MAX_STRUCTURES = 20

BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "dir", "div", "dl",
    "dt", "fieldset", "figcaption", "figure", "footer", "form", "frameset", "h1", "h2", "h3", "h4", "h5", "h6", "header",
    "hgroup", "hr", "html", "legend", "li", "main", "menu", "nav", "ol", "optgroup", "option", "p", "pre", "search",
    "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
})  # fmt: skip
_STYLES: Mapping[str, dict[str, bool | str]] = {
    "b": {"bold": True}, "strong": {"bold": True},
    "i": {"italic": True}, "em": {"italic": True}, "cite": {"italic": True}, "var": {"italic": True}, "dfn": {"italic": True},
    "s": {"struck": True}, "strike": {"struck": True}, "del": {"struck": True},
    "sub": {"script": "sub"}, "sup": {"script": "super"},
    "code": {"code": True}, "kbd": {"code": True}, "samp": {"code": True}, "tt": {"code": True},
}  # fmt: skip

ElementHandler = Callable[["PageReader", etree._Element], None]


@dataclass(slots=True)
class PageContext:
    """Facts about a page that are known before it is read.

    `frames` are the pages within it by their address; `below_title`: its first headings stand below a title that the
    document has already. `has_title`: a paragraph of the page is its title.
    """

    links: PageLinks
    notes: PageNotes
    left_out: OmittedContent
    labels: dict[str, str] = field(default_factory=dict[str, str])
    frames: Mapping[str, str] = field(default_factory=dict[str, str])
    below_title: bool = False
    has_title: bool = False


class PageReader:
    """Reads a tree into blocks. `handlers` read the elements that are more than text, by their names."""

    def __init__(self, context: PageContext, handlers: Mapping[str, ElementHandler]) -> None:
        self.context = context
        self.blocks: list[MarkupBlock] = []
        self.line = HtmlLine()
        self.style = PLAIN
        self.waiting: list[MarkupBlock] = []  # to be placed behind the current line
        self.later: list[MarkupBlock] = []  # notes amid the text, for the end of the section
        self.in_cell = False
        self.structures = 0
        self.field_start = 0  # runs of the line that belong to the fields before
        self._handlers = handlers
        self._single_line_depth = 0
        self._keeps_line_ends = False
        self._formatted_runs = 0
        self._styles: dict[tuple[InlineStyle, str], InlineStyle] = {}

    def read(self, root: etree._Element) -> list[MarkupBlock]:
        """Returns the blocks of the tree."""
        self.flow(root)
        self.end_line()
        self.blocks += self.later
        self.later = []
        return self.blocks

    def flow(self, element: etree._Element) -> None:
        """Reads the text and the elements within the element."""
        if element.text:
            self.emit(element.text)
        for child in element:
            self.element(child)
            if child.tail:
                self.emit(child.tail)

    def element(self, element: etree._Element) -> None:
        """Reads the element."""
        tag = element.tag
        if tag in NEVER and tag != "script":
            return
        handler = self._handlers.get(tag)
        if self.context.notes.marks and self._read_note(element):
            return
        if handler is None and (role := element.get("role")) is not None:
            handler = self._handlers.get(f"role={role}")
        if handler is not None and not (self._single_line_depth and tag in BLOCKS):
            handler(self, element)
        else:
            self.container(element)

    def container(self, element: etree._Element) -> None:
        """Reads the content of the element in its style; a block begins and ends a line."""
        style, keeps, tag = self.style, self._keeps_line_ends, element.tag
        css = element.get("style")
        block = tag in BLOCKS or (css is not None and is_block(css))
        if block:
            self.end_line()
        if tag in _STYLES:
            self.style = self._styled(style, tag)
        if css is not None:
            self.style = apply_style(self.style, css)
            self._keeps_line_ends = keeps or keeps_line_ends(css)
        if element.text:
            self.emit(element.text)
        for child in element:  # not by `flow`: each call consumes Python's recursion depth
            self.element(child)
            if child.tail:
                self.emit(child.tail)
        self.style, self._keeps_line_ends = style, keeps
        if block:
            self.end_line()
            if self.later and tag in ("section", "article") and not self.is_single_line:
                self.blocks += self.later
                self.later = []

    def emit(self, text: str) -> None:
        """Adds text to the line."""
        if not self._keeps_line_ends or "\n" not in text:
            self.line.add(text, self.style)
            return
        for number, piece in enumerate(text.split("\n")):
            if number:
                self.line.add_break()
            self.line.add(piece, self.style)

    def emit_styled(self, text: str, **style: bool | str) -> None:
        """Adds text of another style to the line."""
        self.line.add(text, replace(self.style, **style))  # type: ignore[arg-type]

    def bold(self, style: InlineStyle) -> InlineStyle:
        """Returns the style in bold."""
        return self._styled(style, "b")

    def end_line(self) -> None:
        """Turns the line into paragraphs, followed by the blocks that wait for its end."""
        if self._single_line_depth:
            self.line.add(" ", PLAIN)
            return
        for runs in self._taken():
            self.blocks.append(Paragraph(runs))
        self.field_start = 0
        if self.waiting:
            self.blocks += self.waiting
            self.waiting = []

    def single_line(self, element: etree._Element) -> list[Run]:
        """Returns the whole text of the element as a single line, also of blocks in it."""
        line, self.line = self.line, HtmlLine()
        start, self.field_start = self.field_start, 0
        self._single_line_depth += 1
        self.container(element)
        self._single_line_depth -= 1
        self.field_start = start
        taken = self._taken()
        self.line = line
        runs: list[Run] = []
        for paragraph in taken:
            runs += [Run(" "), *paragraph] if runs else paragraph
        return runs

    def inside(self, element: etree._Element) -> list[MarkupBlock]:
        """Returns the blocks within the element, separate from those being collected."""
        blocks, line, waiting, start = self.blocks, self.line, self.waiting, self.field_start
        self.blocks, self.line, self.waiting = [], HtmlLine(), []
        self.container(element)
        self.end_line()
        found = self.blocks
        self.blocks, self.line, self.waiting, self.field_start = blocks, line, waiting, start
        return found

    def add(self, block: MarkupBlock) -> None:
        """Adds a block that ends the line."""
        self.end_line()
        self.blocks.append(block)

    def add_heading(self, element: etree._Element, level: int) -> None:
        """Adds a heading of its element's level, 1 to 6; in a data cell it is a paragraph."""
        self.end_line()
        runs = self.single_line(element)
        if not is_blank(runs):
            if self.in_cell:
                self.blocks.append(Paragraph(runs))
            else:
                is_below = self.context.below_title or self.context.has_title
                self.blocks.append(MarkupHeading(runs, level if is_below else level - 1))
        self.end_line()

    def add_title(self, element: etree._Element) -> None:
        """Adds the paragraph as the title of the page."""
        self.end_line()
        runs = self.single_line(element)
        if not is_blank(runs):
            self.blocks.append(MarkupHeading(runs, 1 if self.context.below_title else 0))

    @property
    def is_single_line(self) -> bool:
        """Whether the content being read stays on a single line: that of a heading, a caption or a note."""
        return self._single_line_depth > 0

    def _taken(self) -> list[list[Run]]:
        """Returns the paragraphs of the line, without formatting once the page exceeds its limit of runs."""
        runs = self.line.mark
        if not runs:
            return []
        left = MAX_FORMATTED_RUNS - self._formatted_runs
        if runs > 1 and not self.line.is_plain:
            if runs > left:
                self.context.left_out.add("formatting_left_out")
            else:
                self._formatted_runs += runs
        return self.line.take(max(left, 1))

    def _styled(self, style: InlineStyle, tag: str) -> InlineStyle:
        found = self._styles.get((style, tag))
        if found is None:
            found = self._styles[style, tag] = replace(style, **_STYLES[tag])  # type: ignore[arg-type]
        return found

    def _read_note(self, element: etree._Element) -> bool:
        """Reads the element if it is a note mark, a note, or a backlink; returns whether it is."""
        notes = self.context.notes
        if element in notes.ways:
            return True
        if (label := notes.marks.get(element)) is not None:
            self.line.add(f"[^{label}]", PLAIN)
            return True
        if (label := notes.notes.get(element)) is None or self.is_single_line:
            return False
        self.end_line()
        runs = _without_own_label(self.single_line(element), label)
        if not is_blank(runs):
            note = Footnote(runs, label)
            if element.tag == "aside":
                self.later.append(note)
            else:
                self.blocks.append(note)
        self.end_line()
        return True


def _without_own_label(runs: list[Run], label: str) -> list[Run]:
    """Returns the runs of a note without the leading label and backlink signs."""
    left = plain(runs)
    shown = label.partition("-")[0]
    cut = 0
    for sign in ("^", "↑", "↩", f"[{shown}]", f"({shown})", "[]", "()", shown):
        rest = left[cut:].lstrip()
        after = rest[len(sign) :][:1]
        if rest.startswith(sign) and not (sign == shown and (after.isalnum() or after in ",-–")):
            cut = len(left) - len(rest) + len(sign)
    if not cut:
        return runs
    while left[cut : cut + 1] in (".", ":", ")", "]", " ") and cut < len(left):
        cut += 1
    kept: list[Run] = []
    for run in runs:
        text = run.text[cut:] if cut > 0 else run.text
        cut = max(0, cut - len(run.text))
        if text:
            kept.append(replace(run, text=text))
    return kept
