"""Finds the items of an exported DoclingDocument by reference, and the text of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fathom.conversion.docling_backends.formatted_runs import EXACT_RUNS
from fathom.conversion.report import DocumentKind
from fathom.conversion.structure.document_inline import InlineText, inline_text, joined, own_text, plain_text
from fathom.conversion.structure.provenance import Pages
from fathom.errors import ChunkingFailed

# Docling labels as furniture everything that a page repeats; invisible and background are not for readers.
KEPT_LAYERS = frozenset({"body", "notes"})
BOILERPLATE = frozenset({"page_header", "page_footer", "empty_value"})

Node = Mapping[str, Any]
MAPPINGS = (dict, Mapping)  # a plain dict is recognised three times as fast by its own type


class DoclingTree:
    """An exported DoclingDocument. Raises ChunkingFailed when it is given something else."""

    def __init__(self, document: Node, kind: DocumentKind) -> None:
        if document.get("schema_name") != "DoclingDocument" or not isinstance(document.get("body"), Mapping):
            raise ChunkingFailed("The converted document is not a DoclingDocument.", hint="Convert the document again.")
        self.document = document
        self.pages = Pages(document, kind)

    def resolve(self, reference: Any) -> Node | None:
        """Returns the item that `{"$ref": "#/texts/3"}` names, or None if there is none."""
        ref = reference.get("$ref") if isinstance(reference, MAPPINGS) else None
        if not isinstance(ref, str):
            return None
        node: Any = self.document
        for step in ref.removeprefix("#/").split("/"):
            if isinstance(node, list) and step.isdigit() and int(step) < len(node):
                node = node[int(step)]
            elif isinstance(node, MAPPINGS):
                node = node.get(step)
            else:
                return None
        return node if isinstance(node, MAPPINGS) else None

    def children(self, node: Node) -> list[Node]:
        """Returns the items below a node that exist."""
        return [child for reference in node.get("children") or () if (child := self.resolve(reference)) is not None]

    def below(self, node: Node | None) -> list[Node]:
        """Returns the node and everything under it, in reading order; each once."""
        return list(self._walk(node, frozenset()))

    def cell_text(self, cell: Node) -> InlineText:
        """Returns the text of a table cell, also where it holds items of its own: paragraphs, lists, tables."""
        ref = cell.get("ref")
        if not ref:
            return plain_text(str(cell.get("text") or ""))
        inside = joined(list(self._lines(self.resolve(ref))), " ")
        return inside if inside.plain.strip() else plain_text(str(cell.get("text") or ""))

    def cell_words(self, cell: Node) -> str:
        """Returns the text of a table cell without marks."""
        return self.cell_text(cell).plain if cell.get("ref") else str(cell.get("text") or "")

    def holds_content(self, node: Node) -> bool:
        """Returns whether something below the node is for readers."""
        return any(
            is_kept(inner) and (own_text(inner).strip() or "data" in inner or inner.get("label") == "picture")
            for inner in self._walk(node, frozenset())
            if inner is not node
        )

    def _lines(self, node: Node | None) -> Iterator[InlineText]:
        """Yields the lines of a cell's content: a paragraph, inline group, described picture or nested table each."""
        opaque: set[str] = set()
        number = plain_text("")  # of a list item, which stands before its text or its runs
        for inner in self._walk(node, opaque):
            ref = str(inner.get("self_ref"))
            if not is_kept(inner):
                continue
            if inner.get("label") == "list_item":
                marker = str(inner.get("marker") or "").strip()
                number = plain_text(marker if any(map(str.isalnum, marker)) else "")
            if inner.get("label") == "inline":
                opaque.update(str(run.get("self_ref")) for run in self._walk(inner, frozenset()))
                line = self.line(inner)
            elif isinstance(inner.get("data"), Mapping):
                opaque.update(str(item.get("self_ref")) for item in self._walk(inner, frozenset()))
                line = self._nested_table(inner["data"])
            elif ref.startswith("#/pictures/"):
                chart = ((inner.get("meta") or {}).get("tabular_chart") or {}).get("chart_data")
                points = self._nested_table(chart) if isinstance(chart, Mapping) else plain_text("")
                line = joined([plain_text(picture_description(inner)), points], " ")
            elif ref not in opaque and own_text(inner).strip():
                line = inline_text([inner])
            else:
                continue
            yield joined([number, line], " ")
            number = plain_text("")

    def line(self, group: Node) -> InlineText:
        """Returns the runs of an inline group as a line."""
        runs = [run for run in self.below(group) if run is not group and is_kept(run)]
        return inline_text(runs, exact=group.get("name") == EXACT_RUNS)

    def _nested_table(self, data: Node) -> InlineText:
        """Returns a table within a cell as a line: cells separated by blanks, rows by semicolons."""
        rows: dict[int, list[InlineText]] = {}
        for cell in data.get("table_cells") or ():
            if isinstance(cell, Mapping):
                rows.setdefault(int(cell["start_row_offset_idx"]), []).append(self.cell_text(cell))
        return joined([joined(rows[number], " ") for number in sorted(rows)], "; ")

    def _walk(self, node: Node | None, skipped: set[str] | frozenset[str]) -> Iterator[Node]:
        """Yields the node and everything under it, each once, except nodes that are in `skipped` when their turn comes."""
        seen: set[str] = set()
        waiting = [node] if node is not None else []
        while waiting:
            current = waiting.pop()
            ref = str(current.get("self_ref"))
            if ref in seen or ref in skipped:
                continue
            seen.add(ref)
            yield current
            waiting.extend(reversed(self.children(current)))


def picture_description(node: Node) -> str:
    """Returns the description of a picture in words."""
    return str(((node.get("meta") or {}).get("description") or {}).get("text") or "").strip()


def is_kept(node: Node) -> bool:
    """Returns whether the item is for readers: neither furniture nor hidden."""
    return node.get("content_layer", "body") in KEPT_LAYERS and node.get("label") not in BOILERPLATE


def with_text(nodes: Sequence[Node]) -> list[Node]:
    """Returns the nodes that are for readers and have a text."""
    return [node for node in nodes if is_kept(node) and own_text(node).strip()]
