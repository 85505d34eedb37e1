"""Writes a generated document as an OpenDocument text."""

from __future__ import annotations

import io
import zipfile
from html import escape

from tests.evaluation.generated.content import Block, Cell, Grid, Heading, Items, Line, Paragraph, Story

ADDRESSES = {
    "office": "office", "text": "text", "table": "table", "style": "style", "fo": "xsl-fo-compatible",
}  # fmt: skip
NAMESPACES = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{last}:1.0"' for name, last in ADDRESSES.items())
MIMETYPE = "application/vnd.oasis.opendocument.text"
STYLES = (
    '<style:style style:name="bold" style:family="text"><style:text-properties fo:font-weight="bold"/></style:style>'
    '<style:style style:name="italic" style:family="text"><style:text-properties fo:font-style="italic"/></style:style>'
    '<style:style style:name="underline" style:family="text"><style:text-properties style:text-underline-style="solid"/>'
    "</style:style>"
    '<text:list-style style:name="numbers"><text:list-level-style-number text:level="1" style:num-format="1"/>'
    "</text:list-style>"
    '<text:list-style style:name="bullets"><text:list-level-style-bullet text:level="1" text:bullet-char="•"/>'
    "</text:list-style>"
)
MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{MIMETYPE}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
)


def opendocument(story: Story) -> bytes:
    """Returns the file."""
    blocks = "".join(_block(block) for block in story)
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {NAMESPACES} '
        f'xmlns:xlink="http://www.w3.org/1999/xlink" office:version="1.3"><office:automatic-styles>{STYLES}'
        f"</office:automatic-styles><office:body><office:text>{blocks}</office:text></office:body></office:document-content>"
    )
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), MIMETYPE)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", MANIFEST)
    return made.getvalue()


def _block(block: Block) -> str:
    if isinstance(block, Heading):
        return f'<text:h text:outline-level="{block.level}">{_line(block.line)}</text:h>'
    if isinstance(block, Paragraph):
        return f"<text:p>{_line(block.line)}{_note(block.note) if block.note else ''}</text:p>"
    return _items(block) if isinstance(block, Items) else _grid(block)


def _note(note: Line) -> str:
    return (
        '<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation>'
        f"<text:note-body><text:p>{_line(note)}</text:p></text:note-body></text:note>"
    )


def _line(line: Line) -> str:
    return "".join(_run(escape(run.text), run.mark) for run in line)


def _run(text: str, mark: str) -> str:
    if text.startswith(" "):
        text = f"<text:s/>{text[1:]}"
    if mark == "link":
        return f'<text:a xlink:type="simple" xlink:href="https://example.org/a">{text}</text:a>'
    if mark == "wrapped":
        return f'<text:bookmark-start text:name="b"/><text:span>{text}</text:span><text:bookmark-end text:name="b"/>'
    return f'<text:span text:style-name="{mark}">{text}</text:span>' if mark else text


def _items(items: Items) -> str:
    style = "numbers" if items.ordered else "bullets"
    inside = "".join(
        f"<text:list-item><text:p>{_line(item.line)}</text:p>{_items(item.below) if item.below else ''}</text:list-item>"
        for item in items.items
    )
    return f'<text:list text:style-name="{style}">{inside}</text:list>'


def _grid(grid: Grid) -> str:
    width = sum(cell.across for cell in grid.rows[0])
    rows = [f"<table:table-row>{''.join(_cell(cell) for cell in row)}</table:table-row>" for row in grid.rows]
    if grid.header:
        rows[0] = f"<table:table-header-rows>{rows[0]}</table:table-header-rows>"
    columns = f'<table:table-column table:number-columns-repeated="{width}"/>'
    return f'<table:table table:name="t">{columns}{"".join(rows)}</table:table>'


def _cell(cell: Cell) -> str:
    span = f' table:number-columns-spanned="{cell.across}"' if cell.across > 1 else ""
    below = "" if cell.below is None else _items(cell.below) if isinstance(cell.below, Items) else _grid(cell.below)
    covered = "<table:covered-table-cell/>" * (cell.across - 1)
    inside = f"<text:p>{_line(cell.line)}</text:p>{below}"
    return f'<table:table-cell office:value-type="string"{span}>{inside}</table:table-cell>{covered}'
