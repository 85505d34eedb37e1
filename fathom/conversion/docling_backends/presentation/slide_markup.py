"""Names PresentationML and DrawingML elements, and simplifies slides: resolves alternatives, makes diagrams text shapes."""

from __future__ import annotations

from typing import Any

from pptx.oxml import parse_xml

from fathom.conversion.docling_backends.office.diagrams import DIAGRAM, diagram_of

DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
SLIDES = "http://schemas.openxmlformats.org/presentationml/2006/main"
RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
COMPATIBILITY = "http://schemas.openxmlformats.org/markup-compatibility/2006"
A, P, R, MC, D = (f"{{{name}}}" for name in (DRAWING, SLIDES, RELATIONSHIPS, COMPATIBILITY, DIAGRAM))
_READABLE = frozenset({"t", "oMath", "tbl", "chart", "relIds", "pic"})
_FRAME = f"{P}graphicFrame"
_MAX_LEVEL = 8
_CHARTS = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_NEWER_CHARTS = "http://schemas.microsoft.com/office/drawing/2014/chartex"
_SHAPE = (
    f'<p:sp xmlns:p="{SLIDES}" xmlns:a="{DRAWING}"><p:nvSpPr><p:cNvPr id="0" name="Diagram"/><p:cNvSpPr txBox="1"/><p:nvPr/>'
    "</p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/></p:txBody></p:sp>"
)


def make_plain(slide: Any) -> None:
    """Keeps a single branch of each `mc:AlternateContent` in shapes and text, and writes SmartArt as lists in text shapes.

    Docling 2.142.1 skips both; not needed once it reads shapes in alternatives and has a reader of diagrams.
    """
    tree = slide.shapes._spTree
    for alternative in list(tree.iter(f"{MC}AlternateContent")):
        parent = alternative.getparent()
        if parent is None:
            continue
        branches = [*alternative.iterfind(f"{MC}Choice"), *alternative.iterfind(f"{MC}Fallback")]
        chosen = next(filter(_is_readable, branches), branches[0] if branches else None)
        for child in list(chosen) if chosen is not None else ():
            alternative.addprevious(child)
        parent.remove(alternative)
    for data in tree.iter(f"{A}graphicData"):
        if data.get("uri") == _NEWER_CHARTS:
            data.set("uri", _CHARTS)  # else python-pptx does not recognise it as a chart
    for frame in list(tree.iter(_FRAME)):
        parts = next(frame.iter(f"{D}relIds"), None)
        if parts is not None:
            _write_diagram(frame, slide.part, parts.get(f"{R}dm", ""))


def _is_readable(branch: Any) -> bool:
    return any(isinstance(part.tag, str) and part.tag.rpartition("}")[2] in _READABLE for part in branch.iter())


def _write_diagram(frame: Any, part: Any, key: str) -> None:
    lines = diagram_of(part, key)
    if not lines:
        return
    shape = parse_xml(_SHAPE)
    place = frame.find(f"{P}xfrm")
    if place is not None:
        place.tag = f"{A}xfrm"
        shape.find(f"{P}spPr").append(place)
    body = shape.find(f"{P}txBody")
    for level, text in lines:
        paragraph = body.makeelement(f"{A}p", nsmap=None)
        properties = paragraph.makeelement(f"{A}pPr", attrib={"lvl": str(min(level, _MAX_LEVEL))}, nsmap=None)
        properties.append(properties.makeelement(f"{A}buChar", attrib={"char": "•"}, nsmap=None))
        run = paragraph.makeelement(f"{A}r", nsmap=None)
        text_element = run.makeelement(f"{A}t", nsmap=None)
        text_element.text = text
        run.append(text_element)
        paragraph.extend([properties, run])
        body.append(paragraph)
    hidden = next((named.get("hidden") for named in frame.iter(f"{P}cNvPr")), None)
    if hidden is not None:
        shape.find(f"{P}nvSpPr/{P}cNvPr").set("hidden", hidden)
    frame.addprevious(shape)
    frame.getparent().remove(frame)
