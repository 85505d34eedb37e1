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
_GAPS = re.compile(r"\W+")
SLICE = 1_000_000
_HEADINGS = frozenset({"title", "section_header", "field_heading"})


def share_covered(tree: DoclingTree, chunks: Sequence[Chunk]) -> float:
    """The share of the document's words that stand in a chunk made of their item, 0-1; 1 for a document without words.

    Running headers, page numbers and hidden items are not counted. A heading may stand in the headings of any chunk.
    """
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for chunk in chunks:
        for ref in chunk.items:
            texts[ref].append(chunk.text)
    headings = list(dict.fromkeys(heading for chunk in chunks for heading in chunk.headings))
    squeezed_headings = {_squeeze(heading) for heading in headings}
    total = covered = 0
    for ref, pieces, is_heading in _items(tree):
        words = sum(1 for piece in pieces for _ in _WORDS.finditer(piece))
        total += words
        if is_heading and all(_squeeze(piece) in squeezed_headings for piece in pieces):
            covered += words
            continue
        # Without the gaps first: a word too long for a chunk is cut in two and still all there.
        if _stand_in(pieces, _squeeze("\n".join(texts[ref]))):
            covered += words
        else:
            available = Counter(
                word for text in [*texts[ref], *(headings if is_heading else [])] for word in _WORDS.findall(text)
            )
            covered += (Counter(word for piece in pieces for word in _WORDS.findall(piece)) & available).total()
    return covered / total if total else 1.0


def _stand_in(pieces: Sequence[str], squeezed: str) -> bool:
    """Tells whether all pieces stand in the text; each is looked for behind the one before first, since that is their order."""
    at = 0
    for piece in pieces:
        wanted = _squeeze(piece)
        found = squeezed.find(wanted, at)
        if found >= 0:
            at = found + len(wanted)
        elif wanted not in squeezed:
            return False
    return True


def _squeeze(text: str) -> str:
    """Returns the words of the text without what parts them; a slice at a time, since a list of all would be huge."""
    return "".join(_GAPS.sub("", text[at : at + SLICE]) for at in range(0, len(text), SLICE))


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
