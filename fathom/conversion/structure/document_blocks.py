"""Reads a document as a flat run of headings and blocks in reading order, furniture left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from fathom.conversion.report import DocumentKind
from fathom.conversion.structure.document_inline import (
    Hyperlink,
    InlineText,
    escaped_line_starts,
    inline_text,
    joined,
    on_one_line,
    own_text,
    plain_text,
)
from fathom.conversion.structure.document_tables import Table, pages_of_rows, read_table
from fathom.conversion.structure.document_tree import DoclingTree, Node, is_kept, picture_description, with_text
from fathom.conversion.structure.provenance import PageBox, PagePlace

DocumentBlockKind = Literal["text", "list", "table", "code"]

_OWN_SCOPE = frozenset({"chapter", "slide", "sheet"})
_GENERATED_NAME = re.compile(r"(?i)(sheet|slide|chapter|table|tabelle|feuil|hoja)?[\s_-]*\d*")
_CHECKBOX = {"checkbox_selected": "[x] ", "checkbox_unselected": "[ ] "}
_NUMBER = re.compile(r"\d{1,9}[.)]")
MAX_DEPTH = 8
MARKDOWN_INDENT = 4


@dataclass(frozen=True, slots=True)
class Heading:
    """A title (level 0) or section header; it is above all that follows until the next heading of its level or above."""

    text: str
    level: int
    ref: str
    places: tuple[PagePlace, ...] = ()
    markdown: str = ""
    links: tuple[Hyperlink, ...] = ()


@dataclass(frozen=True, slots=True)
class NewScope:
    """A slide, sheet or chapter begins: no heading from before holds here."""


@dataclass(frozen=True, slots=True)
class DocumentBlock:
    """A paragraph, list item, table or piece of code, whole; `markdown` is its text with marks."""

    kind: DocumentBlockKind
    text: str
    refs: tuple[str, ...]
    places: tuple[PagePlace, ...] = ()
    table: Table | None = None
    continues: bool = False  # a further item of the list that the block before belongs to
    leads: bool = False  # introduces the next block, and should stand with it
    depth: int = 0  # how many list items it stands in
    markdown: str = ""
    links: tuple[Hyperlink, ...] = ()


DocumentPart = Heading | DocumentBlock | NewScope


class ReadDocument:
    """Reads the headings and blocks of an exported DoclingDocument in reading order, once for all callers.

    Raises ChunkingFailed when it is given something else.
    """

    def __init__(self, document: Node, kind: DocumentKind) -> None:
        self.tree = DoclingTree(document, kind)
        self.kind = kind
        self.parts: tuple[DocumentPart, ...] = tuple(parts_of(self.tree))


def parts_of(tree: DoclingTree) -> Iterator[DocumentPart]:
    """Yields the headings and blocks of the whole document, in reading order."""
    return _Walk(tree).run()


class _Walk:
    """Makes a single pass over the tree and remembers the items already returned."""

    def __init__(self, tree: DoclingTree) -> None:
        self._tree = tree
        self._seen: set[str] = set()
        self._numbers: dict[str, int] = {}
        self._last_list: str | None = None

    def run(self) -> Iterator[DocumentPart]:
        waiting: list[tuple[Node, int]] = [(self._tree.document["body"], 0)]  # a stack, since hostile files nest without end
        while waiting:
            node, depth = waiting.pop()
            ref = str(node.get("self_ref"))
            if ref in self._seen:
                continue
            self._seen.add(ref)
            parts, below = self._node(node, depth)
            yield from (replace(part, depth=depth) if depth and isinstance(part, DocumentBlock) else part for part in parts)
            comments = [c for r in node.get("comments") or () if (c := self._tree.resolve(r)) is not None]
            is_item = node.get("label") == "list_item" and any(isinstance(part, DocumentBlock) for part in parts)
            inner = depth + 1 if is_item else depth  # an item that has no text but a list is a step in no reader's eyes
            waiting.extend((child, inner) for child in reversed([*comments, *below]))

    def _node(self, node: Node, depth: int) -> tuple[list[DocumentPart], list[Node]]:
        """Returns the parts of the node itself, and the nodes below it that are still to be walked."""
        label, children = str(node.get("label")), self._tree.children(node)
        ref = str(node.get("self_ref"))
        if label in _OWN_SCOPE:
            return [NewScope(), *self._sheet_name(node, label, ref)], children
        if "data" in node and isinstance(node["data"], Mapping):
            return self._table(node, node["data"], is_kept(node)), []
        if ref.startswith("#/pictures/"):
            return self._picture(node, is_kept(node)), []
        if isinstance(node.get("graph"), Mapping):
            return self._pairs(node), []
        if label == "inline" or ref.startswith("#/field_items/"):
            return self._inline(node)
        if "text" not in node and "orig" not in node:
            return [], children
        return self._text(node, label, children, depth)

    def _sheet_name(self, node: Node, label: str, ref: str) -> list[Heading]:
        """Returns the name of a sheet that somebody named and that has content."""
        name = str(node.get("name") or "").strip()
        if label != "sheet" or _GENERATED_NAME.fullmatch(name) or not self._tree.holds_content(node):
            return []
        return [Heading(name, 0, ref, markdown=plain_text(name).markdown)]

    def _text(self, node: Node, label: str, children: list[Node], depth: int) -> tuple[list[DocumentPart], list[Node]]:
        line, refs, places = inline_text([node], exact=True), [str(node.get("self_ref"))], self._tree.pages.places(node)
        if not line.plain.strip() and children and children[0].get("label") == "inline":
            group, children = children[0], children[1:]
            inline = self._tree.below(group)
            self._seen.update(str(run.get("self_ref")) for run in inline)
            runs = with_text(inline)
            line = self._tree.line(group)
            refs += [str(run.get("self_ref")) for run in runs]
            places += tuple(place for run in runs for place in self._tree.pages.places(run))
        parts: list[DocumentPart] = []
        for caption in node.get("captions") or ():
            parts.extend(self._caption(caption))
        if not is_kept(node) or not line.plain.strip():
            return parts, children
        if label in ("title", "section_header", "field_heading"):
            level = 0 if label == "title" else max(1, int(node.get("level") or 1))
            head = on_one_line(line)
            parts.append(Heading(head.plain, level, refs[0], places, head.markdown, head.links))
        elif label == "list_item":
            parts.append(self._list_item(node, line, tuple(refs), places, depth))
        elif label == "code":
            parts.append(_code_block(node, tuple(refs), places))
        else:
            parts.append(_paragraph(line, label, tuple(refs), places))
        return parts, children

    def _list_item(
        self, node: Node, line: InlineText, refs: tuple[str, ...], places: tuple[PagePlace, ...], depth: int
    ) -> DocumentBlock:
        parent = str((node.get("parent") or {}).get("$ref"))
        self._numbers[parent] = self._numbers.get(parent, 0) + 1
        marker = str(node.get("marker") or "").strip() or (f"{self._numbers[parent]}." if node.get("enumerated") else "-")
        continues = depth > 0 or self._last_list == parent
        if depth == 0:
            self._last_list = parent
        level = min(depth, MAX_DEPTH)
        text = f"{'  ' * level}{marker} {line.plain.strip()}"
        if marker in "-*+" or _NUMBER.fullmatch(marker):
            shown = marker
        else:
            shown = f"- {marker}" if any(map(str.isalnum, marker)) else "-"
        content = line.markdown.strip().replace("\n", f"\n{' ' * MARKDOWN_INDENT}")
        markdown = f"{shown} {content}"
        return DocumentBlock("list", text, refs, places, continues=continues, markdown=markdown, links=line.links)

    def _inline(self, node: Node) -> tuple[list[DocumentPart], list[Node]]:
        """Reads a line made of runs, or a form field with its key and value."""
        runs = self._tree.below(node)[1:]
        self._seen.update(str(run.get("self_ref")) for run in runs)
        kept = with_text(runs)
        if not kept:
            return [], []
        refs = tuple(str(run.get("self_ref")) for run in kept)
        places = tuple(place for run in kept for place in self._tree.pages.places(run))
        if any(run.get("label") == "field_key" for run in kept):
            return [_paragraph(joined([plain_text(_field_text(run)) for run in kept], " "), "text", refs, places)], []
        if all(run.get("label") == "code" for run in kept):
            return [_code_block({"text": self._tree.line(node).plain}, refs, places)], []
        return [_paragraph(self._tree.line(node), "text", refs, places)], []

    def _table(self, node: Node, data: Node, kept: bool) -> list[DocumentPart]:
        ref, places = str(node.get("self_ref")), self._tree.pages.places(node)
        parts = [part for caption in node.get("captions") or () for part in self._caption(caption)]
        if kept:
            pages = pages_of_rows(data, [place.page for place in places])

            def box(cell: Node) -> PageBox | None:
                bbox = cell.get("bbox")
                page = pages(cell) if bbox else None
                return None if page is None else self._tree.pages.box(page, bbox)

            table = read_table(data, self._tree.cell_text, box if places else lambda _: None)
            if table.rows:
                parts.append(DocumentBlock("table", "", (ref,), places, table=table))
        for footnote in node.get("footnotes") or ():
            parts.extend(self._caption(footnote, leads=False))
        return parts

    def _picture(self, node: Node, kept: bool) -> list[DocumentPart]:
        """Reads the caption, the picture's description and classes, and the words that stand in it."""
        ref, places = str(node.get("self_ref")), self._tree.pages.places(node)
        parts = [part for caption in node.get("captions") or () for part in self._caption(caption)]
        if kept:
            meta = node.get("meta") or {}
            description = picture_description(node)
            if description:
                parts.append(_paragraph(plain_text(description), "text", (ref,), places))
            chart = (meta.get("tabular_chart") or {}).get("chart_data")
            if isinstance(chart, Mapping):
                table = read_table(chart, self._tree.cell_text, lambda _: None)
                parts.extend([DocumentBlock("table", "", (ref,), places, table=table)] if table.rows else [])
        within = [n for n in self._tree.below(node)[1:] if str(n.get("self_ref")) not in self._seen]
        self._seen.update(str(n.get("self_ref")) for n in within)
        lines = with_text(within)
        if lines:
            refs = (ref, *(str(n.get("self_ref")) for n in lines))
            text = joined([plain_text(own_text(n).strip()) for n in lines], "\n")
            stand = tuple(p for n in lines for p in self._tree.pages.places(n)) or places
            parts.append(DocumentBlock("text", text.plain, refs, stand, markdown=_paragraph_markdown(text.markdown)))
        return parts

    def _pairs(self, node: Node) -> list[DocumentPart]:
        """Reads a form as lines of `key: value`, then the cells that belong to none."""
        graph = node["graph"]
        cells = {cell.get("cell_id"): str(cell.get("text") or "").strip() for cell in graph.get("cells") or ()}
        lines: list[str] = []
        used: set[Any] = set()
        for link in graph.get("links") or ():
            key, value = link.get("source_cell_id"), link.get("target_cell_id")
            if link.get("label") == "to_value" and cells.get(key) and cells.get(value) and value not in used:
                lines.append(f"{cells[key]}: {cells[value]}")
                used.update((key, value))
        lines += [text for number, text in cells.items() if number not in used and text]
        if not lines or not is_kept(node):
            return []
        text = plain_text("\n".join(lines))
        markdown = _paragraph_markdown(text.markdown)
        return [
            DocumentBlock("text", text.plain, (str(node.get("self_ref")),), self._tree.pages.places(node), markdown=markdown)
        ]

    def _caption(self, reference: Any, *, leads: bool = True) -> list[DocumentPart]:
        """Reads a caption or a note of an item."""
        node = self._tree.resolve(reference)
        if node is None or str(node.get("self_ref")) in self._seen:
            return []
        inline = self._tree.below(node)
        self._seen.update(str(run.get("self_ref")) for run in inline)
        runs = with_text(inline)
        if not runs:
            return []
        places = tuple(place for run in runs for place in self._tree.pages.places(run))
        groups = [item for item in inline if item.get("label") == "inline"]
        line = self._tree.line(groups[0]) if groups else inline_text(runs)
        refs = tuple(str(run.get("self_ref")) for run in runs)
        markdown = _paragraph_markdown(line.markdown)
        return [DocumentBlock("text", line.plain, refs, places, leads=leads, markdown=markdown, links=line.links)]


def _field_text(run: Node) -> str:
    """Returns the key of a form field with its colon, or the value as it is."""
    text = own_text(run).strip()
    return f"{text.rstrip(':')}:" if run.get("label") == "field_key" else text


def _paragraph(line: InlineText, label: str, refs: tuple[str, ...], places: tuple[PagePlace, ...]) -> DocumentBlock:
    box = _CHECKBOX.get(label, "")
    text = box + line.plain.strip()
    leads = label == "caption" or text.endswith((":", "："))
    markdown = box + _paragraph_markdown(line.markdown.strip())
    if label == "formula":
        markdown = f"$${line.plain.strip()}$$"
    return DocumentBlock("text", text, refs, places, leads=leads, markdown=markdown, links=line.links)


def _paragraph_markdown(markdown: str) -> str:
    """Returns the paragraph with its line starts escaped and its line breaks hard."""
    return escaped_line_starts(markdown).replace("\n", "  \n")


def _code_block(node: Node, refs: tuple[str, ...], places: tuple[PagePlace, ...]) -> DocumentBlock:
    text = own_text(node).strip("\n")
    fence = "`" * max([3, *(len(ticks) + 1 for ticks in re.findall(r"`{3,}", text))])
    language = str(node.get("code_language") or "").lower()
    name = language if language.isalnum() and language != "unknown" else ""
    return DocumentBlock("code", text, refs, places, markdown=f"{fence}{name}\n{text}\n{fence}")
