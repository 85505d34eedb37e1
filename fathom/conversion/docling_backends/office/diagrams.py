"""Reads SmartArt: the texts of a diagram's data part, in order and with their levels.

Docling 2.142.1 reads no diagram parts; not needed once it does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from docling_core.types.doc import DoclingDocument, ListItem, NodeItem
from lxml import etree

from fathom.conversion.docling_backends.office.whole_numbers import whole_number

DIAGRAM = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_D, _A = f"{{{DIAGRAM}}}", f"{{{_DRAWING}}}"
_DSP = "{http://schemas.microsoft.com/office/drawing/2008/diagram}"
_SHOWN = frozenset({"node", "asst"})
_PARSER = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)

DiagramLines = list[tuple[int, str]]


def diagram_of(part: Any, key: str) -> DiagramLines:
    """Returns the lines of the diagram that the part's relationship refers to; those of its drawing if its data has none."""
    relation = part.rels.get(key)
    data = b"" if relation is None or relation.is_external else relation.target_part.blob
    lines = diagram_lines(data)
    if lines:
        return lines
    drawings = [found for found in part.rels.values() if found.reltype.endswith("/diagramDrawing") and not found.is_external]
    named = [found for found in drawings if f'relId="{found.rId}"'.encode() in data]
    chosen = named or (drawings if len(drawings) == 1 else [])
    return [line for found in chosen for line in _drawn_lines(found.target_part.blob)]


def _drawn_lines(drawing: bytes) -> DiagramLines:
    try:
        root = etree.fromstring(drawing, _PARSER)
    except etree.XMLSyntaxError:
        return []
    return [(0, text) for shape in root.iter(f"{_DSP}sp") if (text := _text(shape, f"{_DSP}txBody"))]


def diagram_lines(data: bytes) -> DiagramLines:
    """Returns (level from 0, text) of each shape that has a text, parents before children; none if it is no diagram."""
    try:
        root = etree.fromstring(data, _PARSER)
    except etree.XMLSyntaxError:
        return []
    kinds: dict[str, str] = {}
    texts: dict[str, str] = {}
    for point in root.iterfind(f"{_D}ptLst/{_D}pt"):
        key = point.get("modelId", "")
        kinds[key] = point.get("type", "node")
        texts[key] = _text(point)
    below: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for link in root.iterfind(f"{_D}cxnLst/{_D}cxn"):
        if link.get("type", "parOf") == "parOf":
            order = link.get("srcOrd", "0")
            below[link.get("srcId", "")].append((whole_number(order, 0), link.get("destId", "")))
    tops = [key for key, kind in kinds.items() if kind == "doc"]
    found: DiagramLines = []
    seen: set[str] = set()
    waiting = [(0, key) for key in reversed([*tops, *(key for key in kinds if key not in tops)])]
    while waiting:
        level, key = waiting.pop()
        if key in seen:
            continue
        seen.add(key)
        shown = kinds.get(key) in _SHOWN
        if shown and texts[key]:
            found.append((level, texts[key]))
        inner = level + 1 if shown and texts.get(key) else level
        waiting.extend((inner, child) for _, child in sorted(below[key], reverse=True))
    return found


def add_diagram(document: DoclingDocument, lines: Sequence[tuple[int, str]], parent: NodeItem | None, layer: Any = None) -> Any:
    """Adds the lines as a list, deeper levels below the item before; returns its group, or None if there are no lines."""
    groups: list[tuple[int, Any]] = []
    last: ListItem | None = None
    for level, text in lines:
        while len(groups) > 1 and groups[-1][0] > level:
            groups.pop()
        if not groups or level > groups[-1][0]:
            above = parent if not groups else last
            groups.append((level, document.add_list_group(name="diagram", parent=above, content_layer=layer)))
        last = document.add_list_item(text=text, enumerated=False, parent=groups[-1][1], content_layer=layer)
    return groups[0][1] if groups else None


def _text(point: Any, body: str = f"{_D}t") -> str:
    lines = ("".join(_part_text(part) for part in line.iter(f"{_A}t", f"{_A}br")) for line in point.iterfind(f"{body}/{_A}p"))
    return " ".join(" ".join(lines).split())


def _part_text(part: Any) -> str:
    return " " if part.tag == f"{_A}br" else part.text or ""
