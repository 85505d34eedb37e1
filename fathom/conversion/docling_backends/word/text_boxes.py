"""Moves the content of text boxes, word art, diagrams and charts behind the paragraph that anchors it.

Docling 2.142.1 reads boxes and charts before their paragraph and flattens tables in them; not needed once it keeps their
blocks and places.
"""

from __future__ import annotations

from typing import Any

from fathom.conversion.docling_backends.office.charts import CHARTS
from fathom.conversion.docling_backends.office.diagrams import DIAGRAM as DIAGRAM_NAMESPACE
from fathom.conversion.docling_backends.word.word_markup import DIAGRAM, RUN, P, R, W, ancestor, remove, text_element

_BOX, _DIAGRAM_IDS, _WORD_ART = f"{W}txbxContent", f"{{{DIAGRAM_NAMESPACE}}}relIds", "{urn:schemas-microsoft-com:vml}textpath"


def lift_boxes(root: Any) -> None:
    """Moves the blocks of every box behind the paragraph that anchors it, in file order."""
    last: dict[Any, Any] = {}
    for box in list(root.iter(_BOX, _DIAGRAM_IDS, _WORD_ART, *CHARTS)):
        host = ancestor(box, P)
        if host is None or host.getparent() is None:
            continue
        for block in _blocks(box):
            last.get(host, host).addnext(block)
            last[host] = block
        if box.tag == _BOX:
            remove(box)


def _blocks(box: Any) -> list[Any]:
    if box.tag == _BOX:
        return list(box)
    paragraph = box.makeelement(P, nsmap=None)
    if box.tag in CHARTS:
        drawing = ancestor(box, f"{W}drawing")
        if drawing is None:
            return []
        run = box.makeelement(RUN, nsmap=None)
        run.append(drawing)
        paragraph.append(run)
    elif box.tag == _DIAGRAM_IDS:
        paragraph.set(DIAGRAM, box.get(f"{R}dm", ""))
    elif box.get("string", "").strip():
        run = box.makeelement(RUN, nsmap=None)
        run.append(text_element(box, box.get("string")))
        paragraph.append(run)
    else:
        return []
    return [paragraph]
