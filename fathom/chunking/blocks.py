"""A DoclingDocument as a flat run of headings and blocks in reading order, furniture left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from fathom.chunking.lines import joined_inline, unwrapped
from fathom.chunking.provenance import Pages, Place
from fathom.chunking.tables import Table, pages_of_rows, read_table
from fathom.conversion.report import DocumentKind
from fathom.errors import ChunkingFailed

BlockKind = Literal["text", "list", "table", "code"]

# What a page repeats is told apart by Docling as furniture; invisible and background are not for readers.
KEPT_LAYERS = frozenset({"body", "notes"})
BOILERPLATE = frozenset({"page_header", "page_footer", "empty_value"})
_OWN_SCOPE = frozenset({"chapter", "slide", "sheet"})
_GENERATED_NAME = re.compile(r"(?i)(sheet|slide|chapter|table|tabelle|feuil|hoja)?[\s_-]*\d*")
_CHECKBOX = {"checkbox_selected": "[x] ", "checkbox_unselected": "[ ] "}

Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Heading:
    """A title (level 0) or section header; it is above all that follows until one of its level or above."""

    text: str
    level: int
    ref: str
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class NewScope:
    """A slide, sheet or chapter begins: no heading from before holds here."""


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, list item, table or piece of code, whole."""

    kind: BlockKind
    text: str
    refs: tuple[str, ...]
    places: tuple[Place, ...] = ()
    table: Table | None = None
    continues: bool = False  # a further item of the list that the block before belongs to
    leads: bool = False  # says what the next block is, and should stand with it


Part = Heading | Block | NewScope


class DoclingTree:
    """The exported DoclingDocument, its items found by reference."""

    def __init__(self, document: Node, kind: DocumentKind) -> None:
        if document.get("schema_name") != "DoclingDocument" or not isinstance(document.get("body"), Mapping):
            raise ChunkingFailed("The converted document is not a DoclingDocument.", hint="Convert the document again.")
        self.document = document
        self.pages = Pages(document, kind)

    def resolve(self, reference: Any) -> Node | None:
        """The item that `{"$ref": "#/texts/3"}` names, or None if there is none."""
        ref = reference.get("$ref") if isinstance(reference, Mapping) else None
        if not isinstance(ref, str):
            return None
        node: Any = self.document
        for step in ref.removeprefix("#/").split("/"):
            if isinstance(node, list) and step.isdigit() and int(step) < len(node):
                node = node[int(step)]
            elif isinstance(node, Mapping):
                node = node.get(step)
            else:
                return None
        return node if isinstance(node, Mapping) else None

    def children(self, node: Node) -> list[Node]:
        """The items below a node that exist."""
        return [child for reference in node.get("children") or () if (child := self.resolve(reference)) is not None]

    def parts(self) -> Iterator[Part]:
        """Headings and blocks of the whole document, in reading order."""
        return _Walk(self).run()

    def cell_text(self, cell: Node) -> str:
        """The text of a table cell, also where Docling keeps it as items of its own."""
        text = str(cell.get("text") or "")
        if text.strip() or not cell.get("ref"):
            return text
        return joined_inline([own_text(node) for node in self.below(self.resolve(cell["ref"]))])

    def below(self, node: Node | None) -> list[Node]:
        """The node and everything under it, in reading order; each once."""
        found: list[Node] = []
        seen: set[str] = set()
        waiting = [node] if node is not None else []
        while waiting:
            current = waiting.pop()
            ref = str(current.get("self_ref"))
            if ref in seen:
                continue
            seen.add(ref)
            found.append(current)
            waiting.extend(reversed(self.children(current)))
        return found


def own_text(node: Node) -> str:
    """The text of an item itself, without what stands below it."""
    text = str(node.get("text") or "")
    return text if text.strip() else str(node.get("orig") or "")


def is_kept(node: Node) -> bool:
    """Whether the item is for readers: neither furniture nor hidden."""
    return node.get("content_layer", "body") in KEPT_LAYERS and node.get("label") not in BOILERPLATE


class _Walk:
    """One pass over the tree, remembering what was already given out."""

    def __init__(self, tree: DoclingTree) -> None:
        self._tree = tree
        self._seen: set[str] = set()
        self._numbers: dict[str, int] = {}
        self._last_list: str | None = None

    def run(self) -> Iterator[Part]:
        waiting: list[tuple[Node, int]] = [(self._tree.document["body"], 0)]  # a stack, since hostile files nest without end
        while waiting:
            node, depth = waiting.pop()
            ref = str(node.get("self_ref"))
            if ref in self._seen:
                continue
            self._seen.add(ref)
            parts, below = self._node(node, depth)
            yield from parts
            comments = [c for r in node.get("comments") or () if (c := self._tree.resolve(r)) is not None]
            inner = depth + 1 if node.get("label") == "list_item" else depth
            waiting.extend((child, inner) for child in reversed([*comments, *below]))

    def _node(self, node: Node, depth: int) -> tuple[list[Part], list[Node]]:
        """What the node itself gives, and which nodes below it are still to be walked."""
        label, children = str(node.get("label")), self._tree.children(node)
        ref = str(node.get("self_ref"))
        if label in _OWN_SCOPE:
            name = str(node.get("name") or "").strip()
            named = label == "sheet" and not _GENERATED_NAME.fullmatch(name)
            return [NewScope(), *([Heading(name, 0, ref)] if named else [])], children
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

    def _text(self, node: Node, label: str, children: list[Node], depth: int) -> tuple[list[Part], list[Node]]:
        text, refs, places = own_text(node), [str(node.get("self_ref"))], self._tree.pages.places(node)
        if not text.strip() and children and children[0].get("label") == "inline":
            inline = self._tree.below(children[0])
            self._seen.update(str(run.get("self_ref")) for run in inline)
            runs = [run for run in inline if is_kept(run) and own_text(run).strip()]
            text, children = joined_inline([own_text(run) for run in runs]), children[1:]
            refs += [str(run.get("self_ref")) for run in runs]
            places += tuple(place for run in runs for place in self._tree.pages.places(run))
        parts: list[Part] = []
        for caption in node.get("captions") or ():
            parts.extend(self._caption(caption))
        if not is_kept(node) or not text.strip():
            return parts, children
        if label in ("title", "section_header", "field_heading"):
            level = 0 if label == "title" else max(1, int(node.get("level") or 1))
            parts.append(Heading(" ".join(text.split()), level, refs[0], places))
        elif label == "list_item":
            parts.append(self._list_item(node, text, tuple(refs), places, depth))
        elif label == "code":
            parts.append(Block("code", text.strip("\n"), tuple(refs), places))
        else:
            text = _CHECKBOX.get(label, "") + unwrapped(text.strip())
            parts.append(Block("text", text, tuple(refs), places, leads=label == "caption" or text.endswith((":", "："))))
        return parts, children

    def _list_item(self, node: Node, text: str, refs: tuple[str, ...], places: tuple[Place, ...], depth: int) -> Block:
        parent = str((node.get("parent") or {}).get("$ref"))
        self._numbers[parent] = self._numbers.get(parent, 0) + 1
        marker = str(node.get("marker") or "").strip() or (f"{self._numbers[parent]}." if node.get("enumerated") else "-")
        continues = depth > 0 or self._last_list == parent
        if depth == 0:
            self._last_list = parent
        return Block("list", f"{'  ' * min(depth, 8)}{marker} {unwrapped(text.strip())}", refs, places, continues=continues)

    def _inline(self, node: Node) -> tuple[list[Part], list[Node]]:
        """A line made of runs, or a form field with its key and value."""
        runs = self._tree.below(node)[1:]
        self._seen.update(str(run.get("self_ref")) for run in runs)
        kept = [run for run in runs if is_kept(run) and own_text(run).strip()]
        if not kept:
            return [], []
        texts = [own_text(run).strip() for run in kept]
        if any(run.get("label") == "field_key" for run in kept):
            texts = [
                f"{text.rstrip(':')}:" if run.get("label") == "field_key" else text
                for run, text in zip(kept, texts, strict=True)
            ]
        places = tuple(place for run in kept for place in self._tree.pages.places(run))
        text = joined_inline(texts)
        kind: BlockKind = "code" if all(run.get("label") == "code" for run in kept) else "text"
        return [Block(kind, text, tuple(str(r.get("self_ref")) for r in kept), places, leads=text.endswith(":"))], []

    def _table(self, node: Node, data: Node, kept: bool) -> list[Part]:
        ref, places = str(node.get("self_ref")), self._tree.pages.places(node)
        parts = [part for caption in node.get("captions") or () for part in self._caption(caption)]
        if kept:
            pages = pages_of_rows(data, [place.page for place in places])
            table = read_table(
                data,
                self._tree.cell_text,
                lambda cell: self._tree.pages.box(page, cell.get("bbox")) if (page := pages(cell)) is not None else None,
            )
            if table.rows:
                parts.append(Block("table", "", (ref,), places, table=table))
        for footnote in node.get("footnotes") or ():
            parts.extend(self._caption(footnote, leads=False))
        return parts

    def _picture(self, node: Node, kept: bool) -> list[Part]:
        """The caption, what is known of the picture, and the words that stand in it."""
        ref, places = str(node.get("self_ref")), self._tree.pages.places(node)
        parts = [part for caption in node.get("captions") or () for part in self._caption(caption)]
        if kept:
            meta = node.get("meta") or {}
            description = str((meta.get("description") or {}).get("text") or "").strip()
            if description:
                parts.append(Block("text", description, (ref,), places))
            chart = (meta.get("tabular_chart") or {}).get("chart_data")
            if isinstance(chart, Mapping):
                table = read_table(chart, self._tree.cell_text, lambda _: None)
                parts.extend([Block("table", "", (ref,), places, table=table)] if table.rows else [])
        within = [n for n in self._tree.below(node)[1:] if str(n.get("self_ref")) not in self._seen]
        self._seen.update(str(n.get("self_ref")) for n in within)
        lines = [n for n in within if is_kept(n) and own_text(n).strip()]
        if lines:
            refs = (ref, *(str(n.get("self_ref")) for n in lines))
            text = "\n".join(own_text(n).strip() for n in lines)
            parts.append(Block("text", text, refs, tuple(p for n in lines for p in self._tree.pages.places(n)) or places))
        return parts

    def _pairs(self, node: Node) -> list[Part]:
        """A form as lines of `key: value`, then the cells that belong to none."""
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
        return [Block("text", "\n".join(lines), (str(node.get("self_ref")),), self._tree.pages.places(node))]

    def _caption(self, reference: Any, *, leads: bool = True) -> list[Part]:
        node = self._tree.resolve(reference)
        if node is None or str(node.get("self_ref")) in self._seen:
            return []
        inline = self._tree.below(node)
        self._seen.update(str(run.get("self_ref")) for run in inline)
        runs = [run for run in inline if is_kept(run) and own_text(run).strip()]
        if not runs:
            return []
        places = tuple(place for run in runs for place in self._tree.pages.places(run))
        text = joined_inline([own_text(run) for run in runs])
        return [Block("text", text, tuple(str(run.get("self_ref")) for run in runs), places, leads=leads)]
