"""How much of a document stands in its chunks, counted from the document and the finished chunks alone."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from fathom.chunking.chunk import Chunk
from fathom.conversion.structure.document_tree import DoclingTree, is_kept
from fathom.conversion.structure.inline import own_text

_WORDS = re.compile(r"\w+")
_HEADINGS = frozenset({"title", "section_header", "field_heading"})


def share_covered(tree: DoclingTree, chunks: Sequence[Chunk]) -> float:
    """The share of the document's words that stand in a chunk made of their item, 0-1; 1 for a document without words.

    Running headers, page numbers and hidden items are not counted. A heading may stand in the headings of any chunk.
    """
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for chunk in chunks:
        for ref in chunk.items:
            texts[ref].append(chunk.text)
    headings = "\n".join(dict.fromkeys(heading for chunk in chunks for heading in chunk.headings))
    total = covered = 0
    for ref, pieces, is_heading in _items(tree):
        available = "\n".join([*texts[ref], *([headings] if is_heading else [])])
        words = [word for piece in pieces for word in _WORDS.findall(piece)]
        total += len(words)
        # Without the gaps first: a word too long for a chunk is cut in two and still all there.
        squeezed = _squeeze(available)
        if all(_squeeze(piece) in squeezed for piece in pieces):
            covered += len(words)
        else:
            covered += (Counter(words) & Counter(_WORDS.findall(available))).total()
    return covered / total if total else 1.0


def _squeeze(text: str) -> str:
    return "".join(_WORDS.findall(text))


def _items(tree: DoclingTree) -> Iterator[tuple[str, list[str], bool]]:
    """Every item with words of its own: its reference, its pieces of text, whether it is a heading."""
    document = tree.document
    for node in document.get("texts") or ():
        if is_kept(node) and not _is_cell_content(tree, node):
            yield str(node.get("self_ref")), [own_text(node)], node.get("label") in _HEADINGS
    for node in document.get("tables") or ():
        if is_kept(node) and not _is_cell_content(tree, node):
            cells = (node.get("data") or {}).get("table_cells") or ()
            yield str(node.get("self_ref")), [tree.cell_text(cell).plain for cell in cells], False
    for name in ("key_value_items", "form_items"):
        for node in document.get(name) or ():
            if is_kept(node):
                cells = (node.get("graph") or {}).get("cells") or ()
                yield str(node.get("self_ref")), [str(cell.get("text") or "") for cell in cells], False


def _is_cell_content(tree: DoclingTree, node: Any) -> bool:
    """Whether the item is the inside of a table cell, whose words the cell already has."""
    if node.get("label") in ("caption", "footnote"):
        return False
    seen: set[str] = set()
    parent = node.get("parent")
    while parent is not None and (ref := str(parent.get("$ref"))) not in seen:
        if ref.startswith("#/tables/"):
            return True
        seen.add(ref)
        above = tree.resolve(parent)
        parent = above.get("parent") if above else None
    return False
