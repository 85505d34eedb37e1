"""Builds docling's document from Markdown tokens; every run keeps its blanks and every block its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from docling_core.types.doc import DoclingDocument
from docling_core.types.doc.document import NodeItem
from markdown_it.token import Token

from fathom.conversion.docling_backends.formatted_runs import EXACT_RUNS
from fathom.conversion.docling_backends.markdown.html_fragment import add_html
from fathom.conversion.docling_backends.markdown.markdown_inline import MarkdownInlineReader
from fathom.conversion.docling_backends.markdown.parser import formula, markdown_parser, note_label
from fathom.conversion.docling_backends.markdown.raw_html import escape_stray_tags, name_of, whole_block_end
from fathom.conversion.docling_backends.markup.markup_blocks import (
    Cell,
    Code,
    Footnote,
    Formula,
    MarkupTable,
    Paragraph,
    Picture,
)
from fathom.conversion.docling_backends.markup.markup_inline import LINE_BREAK, Run, plain, tidy
from fathom.conversion.docling_backends.markup.writer import BlockWriter, formatting, target
from fathom.conversion.report import Notice

_HEADING_ATTRIBUTES = re.compile(r"\s*\{:?\s*[#.][^{}]*\}\s*$")
_ALERT = re.compile(r"\s*\[!(\w[\w-]*)\][+-]?[ \t]*")
_TASK = re.compile(r"\[([ xX])\](?=\s|$)")
_BRACES = re.compile(r"\{[^{}]*\}")
_CALLOUT_TITLE = re.compile(r"\{[^{}]*\.callout-[^{}]*\btitle=(?:\"([^\"{}]*)\"|'([^'{}]*)')")
# Elements that are blocks even within a line.
_BLOCKS = frozenset({"table", "ul", "ol", "dl", "pre", "h1", "h2", "h3", "h4", "h5", "h6"})
_ABOUT_PICTURES = frozenset({"a", "p", "center", "div", "span", "picture", "source", ""})


@dataclass
class _OpenContainer:
    """An open list, item or note: where its content goes.

    `item` is a list item whose text has not come yet; `number` is that of a list's last item.
    """

    node: NodeItem | None
    item: Token | None = None
    number: int | None = None


class MarkdownBuilder:
    """Adds Markdown to a document, text by text; `notices` are those of the HTML in it."""

    def __init__(self, document: DoclingDocument) -> None:
        self.document = document
        self.notices: list[Notice] = []
        self._writer = BlockWriter(document)
        self._frames: list[_OpenContainer] = []
        self._term: NodeItem | None = None  # whose definitions follow
        self._unended: set[str] = set()
        self._labels: frozenset[str] = frozenset()
        self._note: str | None = None  # label of the note that begins here
        self._quote = False  # a quote begins here
        self._env: dict[str, Any] = {}
        self._inline = MarkdownInlineReader(lambda token: note_label(token, self._labels))
        self._kinds: dict[str, Callable[[Token], None]] = {
            "fence": self._code, "code_block": self._code, "math_block": self._formula, "amsmath": self._formula,
            "bullet_list_open": self._open_list, "ordered_list_open": self._open_list, "dl_open": self._open_list,
            "bullet_list_close": self._close, "ordered_list_close": self._close, "dl_close": self._close,
            "list_item_open": self._open_item, "list_item_close": self._close,
            "dt_open": self._open_item, "dt_close": self._close_term, "dd_open": self._open_definition, "dd_close": self._close,
            "blockquote_open": self._open_quote, "container_note_open": self._container,
            "footnote_reference_open": self._open_note, "footnote_reference_close": self._close_note,
        }  # fmt: skip

    def add(self, text: str) -> None:
        """Appends the content of `text` to the document."""
        self._env, self._frames, self._unended = {}, [_OpenContainer(None)], set()
        tokens = markdown_parser().parse(text, self._env)
        escape_stray_tags(tokens)
        self._labels = frozenset(str(token.meta["label"]) for token in tokens if token.type == "footnote_reference_open")
        index = 0
        while index < len(tokens):
            index = self._step(tokens, index)
        for number, note in self._env.get("footnotes", {}).get("list", {}).items():
            if "tokens" in note:  # an inline note, `^[like this]`
                label = note_label(Token("footnote_ref", "", 0, meta={"id": number}), self._labels)
                self._writer.write([Footnote(self._inline.read(note["tokens"]), label)])

    def _step(self, tokens: Sequence[Token], index: int) -> int:
        """Adds the block that begins at `index`; returns the index behind it."""
        token = tokens[index]
        if token.type == "html_block":
            end = whole_block_end(tokens, index, self._unended)
            self._html(tokens[index:end])
            return end
        if token.type == "table_open":
            end = next(at for at in range(index, len(tokens)) if tokens[at].type == "table_close")
            self._table(tokens[index:end])
            return end + 1
        if token.type == "heading_open":
            self._heading(int(token.tag[1:]), tokens[index + 1].children or [])
            return index + 3
        if token.type == "inline":
            self._paragraph(token)
        elif token.type in self._kinds:
            self._kinds[token.type](token)
        return index + 1

    def _parent(self) -> NodeItem | None:
        """Returns the parent of the next block; creates a list item that begins without a text."""
        frame = self._frames[-1]
        if frame.item is not None:
            self._item([], frame)
        return frame.node

    def _open_list(self, _: Token) -> None:
        self._frames.append(_OpenContainer(self.document.add_list_group(name="list", parent=self._parent())))

    def _open_item(self, token: Token) -> None:
        held = self._frames[-1]
        if token.type == "list_item_open" and token.info:  # only the first number of a list counts
            held.number = int(token.info) if held.number is None else held.number + 1
        self._frames.append(_OpenContainer(held.node, token, held.number))

    def _close(self, _: Token) -> None:
        self._parent()
        self._frames.pop()

    def _close_term(self, _: Token) -> None:
        self._term = self._parent()
        self._frames.pop()

    def _open_definition(self, token: Token) -> None:
        self._frames.append(_OpenContainer(self._term))

    def _open_quote(self, _: Token) -> None:
        self._quote = True

    def _open_note(self, token: Token) -> None:
        self._note = str(token.meta["label"])
        self._frames.append(_OpenContainer(self._parent()))

    def _close_note(self, _: Token) -> None:
        if self._note is not None:
            self._writer.write([Paragraph([Run(f"[^{self._note}]:")])], self._parent())
        self._note = None
        self._frames.pop()

    def _container(self, token: Token) -> None:
        """Adds the title of `::: note Title`, `:::{note} Title` or a callout's; a bare name and attributes are layout."""
        info = token.info.strip().rstrip(":")
        words = _BRACES.sub("", info).split()[0 if info.startswith("{") else 1 :]
        titled = _CALLOUT_TITLE.match(info)
        if title := (titled[1] or titled[2] or "").strip() if titled else " ".join(words):
            self._writer.write([Paragraph([Run(title)])], self._parent())

    def _item(self, runs: list[Run], frame: _OpenContainer) -> None:
        token, frame.item = frame.item, None
        runs = _with_state(tidy(runs))
        single = runs[0] if len(runs) == 1 and not (runs[0].style.code or runs[0].style.formula) else None
        item = self.document.add_list_item(
            single.text if single else "",
            enumerated=frame.number is not None,
            marker=f"{frame.number}{token.markup}" if token is not None and frame.number is not None else "-",
            parent=frame.node,
            formatting=formatting(single.style) if single else None,
            hyperlink=target(single.style.link) if single else None,
        )
        frame.node = item
        if runs and single is None:
            self._add_runs(runs, item)

    def _paragraph(self, token: Token) -> None:
        children = token.children or []
        if self._quote:
            self._quote = False
            _name_alert(children)
        if any(child.type == "html_inline" and name_of(child.content) in _BLOCKS for child in children):
            self._html([token])
            return
        runs = self._inline.read(children)
        frame = self._frames[-1]
        if self._note is not None:
            label, self._note = self._note, None
            self._writer.write([Footnote(runs, label)], frame.node)
        elif frame.item is not None:
            self._item(runs, frame)
        elif _only_picture(children):
            self._writer.write([Picture(runs)], frame.node)
        else:
            self._writer.write([Paragraph(runs)], frame.node)

    def _heading(self, level: int, children: list[Token]) -> None:
        if children and children[-1].type == "text":
            children[-1].content = _HEADING_ATTRIBUTES.sub("", children[-1].content)
        runs = tidy(Run(run.text.replace(LINE_BREAK, " "), run.style) for run in self._inline.read(children))
        text, parent = plain(runs), self._parent()
        if not text:
            if _only_picture(children):
                self._writer.write([Picture([])], parent)
            return
        # bold, italics and code of a heading carry no meaning
        marked = any(run.style.link or run.style.struck for run in runs)
        title = "" if marked else text
        item: Any = (
            self.document.add_title(title, parent=parent)
            if level == 1
            else self.document.add_heading(title, level=level - 1, parent=parent)
        )
        if marked:
            self._add_runs(runs, item)

    def _add_runs(self, runs: Sequence[Run], parent: NodeItem) -> None:
        group = self.document.add_inline_group(name=EXACT_RUNS, parent=parent)
        for run in runs:
            more: dict[str, Any] = {"parent": group, "hyperlink": target(run.style.link)}
            if run.style.formula:
                self.document.add_formula(run.text, **more)
            elif run.style.code:
                self.document.add_code(run.text, **more)
            else:
                self.document.add_text("text", run.text, formatting=formatting(run.style), **more)

    def _code(self, token: Token) -> None:
        words = token.info.split()
        language = words[0].strip("{}.").split(",")[0] if words else ""
        self._writer.write([Code(token.content.rstrip(), language)], self._parent())

    def _formula(self, token: Token) -> None:
        self._writer.write([Formula(formula(token))], self._parent())

    def _html(self, tokens: Sequence[Token]) -> None:
        """Adds HTML and the content between its tags through the HTML reader."""
        parser = markdown_parser()
        markup = parser.renderer.render(tokens, parser.options, self._env)
        self.notices += add_html(self.document, markup, self._parent)

    def _table(self, tokens: Sequence[Token]) -> None:
        rows: list[list[Cell]] = []
        in_header = False
        spans: dict[str, str | int | float] = {}
        for token in tokens:
            if token.type in ("thead_open", "thead_close"):
                in_header = token.nesting > 0
            elif token.type == "tr_open":
                rows.append([])
            elif token.type == "inline":
                runs = self._inline.read(token.children or [])
                down, across = int(spans.get("rowspan", 1)), int(spans.get("colspan", 1))
                rows[-1].append(Cell([Paragraph(runs)], down, across, column_header=in_header))
            elif token.type in ("td_open", "th_open"):
                spans = token.attrs
        if any(cell.row_span > 1 or cell.column_span > 1 for row in rows for cell in row):
            self._writer.write([MarkupTable(rows)], self._parent())
            return
        width = max(len(row) for row in rows)
        for number, row in enumerate(rows):
            row += [Cell([Paragraph([])], column_header=number == 0) for _ in range(width - len(row))]
        self._writer.write([MarkupTable(rows)], self._parent())


def _only_picture(children: Sequence[Token]) -> bool:
    """Returns whether the paragraph is a single picture, linked or not."""
    pictures = 0
    for child in children:
        name = name_of(child.content) if child.type == "html_inline" else "?"
        if child.type == "image" or name == "img":
            pictures += 1
        elif name not in _ABOUT_PICTURES and child.content.strip():
            return False
    return pictures == 1


def _name_alert(children: Sequence[Token]) -> None:
    """Replaces the `[!NOTE]` at the start of a quote by its displayed form, `Note:`."""
    if not children or children[0].type != "text" or not (found := _ALERT.match(children[0].content)):
        return
    title = children[0].content[found.end() :]
    children[0].content = f"{found[1].replace('-', ' ').capitalize()}: {title}{LINE_BREAK if title.strip() else ''}"


def _with_state(runs: list[Run]) -> list[Run]:
    """Returns the runs of a list item with its task state normalised."""
    if runs and (found := _TASK.match(runs[0].text)) and not runs[0].style.code:
        return [Run(f"[{found[1].lower()}]{runs[0].text[found.end() :]}", runs[0].style), *runs[1:]]
    return runs
