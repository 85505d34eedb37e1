"""How much of a document stands in its chunks, counted from the document and the finished chunks alone."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from fathom.chunking.chunk import Chunk
from fathom.conversion.structure.document_inline import own_text
from fathom.conversion.structure.document_tree import DoclingTree, is_kept

_WORDS = re.compile(r"\w+")
_GAPS = re.compile(r"\W+")
SLICE = 1_000_000
_HEADINGS = frozenset({"title", "section_header", "field_heading"})


def share_covered(tree: DoclingTree, chunks: Sequence[Chunk]) -> float:
    """Returns the share of the document's words that stand in a chunk made of their item, 0-1; 1 for a document without words.

    Running headers, page numbers and hidden items are not counted. A heading may stand in the headings of any chunk.
    """
    texts: defaultdict[str, list[int]] = defaultdict(list)
    for number, chunk in enumerate(chunks):
        for ref in chunk.items:
            texts[ref].append(number)
    squeezed_texts = [_squeeze(chunk.text)[0] for chunk in chunks]
    headings = list(dict.fromkeys(heading for chunk in chunks for heading in chunk.headings))
    squeezed_headings = {_squeeze(heading)[0] for heading in headings}
    total = covered = 0
    for ref, pieces, is_heading in _items(tree):
        squeezed = [_squeeze(piece) for piece in pieces]
        wanted, words = [piece for piece, _ in squeezed], sum(count for _, count in squeezed)
        total += words
        if is_heading and squeezed_headings.issuperset(wanted):
            covered += words
            continue
        # Without the gaps first: a word too long for a chunk is cut in two and still all there.
        if _stand_in(wanted, "".join(squeezed_texts[number] for number in texts[ref])):
            covered += words
        else:
            shown = [*(chunks[number].text for number in texts[ref]), *(headings if is_heading else [])]
            available = Counter(word for text in shown for word in _WORDS.findall(text))
            covered += (Counter(word for piece in pieces for word in _WORDS.findall(piece)) & available).total()
    return covered / total if total else 1.0


def _stand_in(pieces: Sequence[str], text: str) -> bool:
    """Returns whether all pieces stand in the text; each is searched for behind the piece before first (their order)."""
    at = 0
    for piece in pieces:
        found = text.find(piece, at)
        if found >= 0:
            at = found + len(piece)
        elif piece not in text:
            return False
    return True


def _squeeze(text: str) -> tuple[str, int]:
    """Returns the words of the text without separators, and their number."""
    if text.isalnum():
        return text, 1
    if len(text) > SLICE:  # a list of all the words would be huge
        squeezed = "".join(_GAPS.sub("", text[at : at + SLICE]) for at in range(0, len(text), SLICE))
        return squeezed, sum(1 for _ in _WORDS.finditer(text))
    squeezed, gaps = _GAPS.subn("", text)
    return squeezed, gaps + 1 - (text[0] != squeezed[0]) - (text[-1] != squeezed[-1]) if squeezed else 0


def _items(tree: DoclingTree) -> Iterator[tuple[str, list[str], bool]]:
    """Yields every item with words of its own: its reference, its pieces of text, whether it is a heading."""
    document = tree.document
    for node in document.get("texts") or ():
        if is_kept(node) and not _is_cell_content(tree, node):
            yield str(node.get("self_ref")), [own_text(node)], node.get("label") in _HEADINGS
    for node in document.get("tables") or ():
        if is_kept(node) and not _is_cell_content(tree, node):
            cells = (node.get("data") or {}).get("table_cells") or ()
            yield str(node.get("self_ref")), [tree.cell_words(cell) for cell in cells], False
    for name in ("key_value_items", "form_items"):
        for node in document.get(name) or ():
            if is_kept(node):
                cells = (node.get("graph") or {}).get("cells") or ()
                yield str(node.get("self_ref")), [str(cell.get("text") or "") for cell in cells], False


def _is_cell_content(tree: DoclingTree, node: Any) -> bool:
    """Returns whether the item is the inside of a table cell, whose words the cell already has."""
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
