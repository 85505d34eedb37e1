"""Writes a generated document as HTML, in the several ways that pages say the same."""

from __future__ import annotations

import html

from tests.evaluation.generated.content import Block, Cell, Grid, Heading, Items, Line, Paragraph, Story

TAGS = {
    "bold": ("<b>", "</b>"),
    "italic": ("<em>", "</em>"),
    "underline": ('<span style="text-decoration: underline">', "</span>"),
    "link": ('<a href="https://example.org/a?b=1&amp;c=2">', "</a>"),
    "wrapped": ('<font face="x"><span class="y">', "</span></font><!-- cut -->"),
    "": ("", ""),
}


def page(story: Story) -> str:
    """Returns the page."""
    return f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>t</title></head><body>{body(story)}</body></html>'


def body(story: Story) -> str:
    """Returns what stands in the page's body, its notes at the end."""
    notes: list[Line] = []
    blocks = "\n".join(_block(block, notes) for block in story)
    ends = "".join(
        f'<li id="fn{number}"><p>{_line(note)} <a href="#fnref{number}">↩</a></p></li>' for number, note in enumerate(notes, 1)
    )
    return f'{blocks}<section class="footnotes" role="doc-endnotes"><ol>{ends}</ol></section>' if notes else blocks


def _block(block: Block, notes: list[Line]) -> str:
    if isinstance(block, Heading):
        return f"<h{block.level}>{_line(block.line)}</h{block.level}>"
    if isinstance(block, Paragraph):
        mark = ""
        if block.note:
            notes.append(block.note)
            mark = f'<sup><a href="#fn{len(notes)}" id="fnref{len(notes)}" role="doc-noteref">{len(notes)}</a></sup>'
        return f"<p>{_line(block.line)}{mark}</p>"
    return _items(block) if isinstance(block, Items) else _grid(block)


def _line(line: Line) -> str:
    return "".join(f"{TAGS[run.mark][0]}{html.escape(run.text)}{TAGS[run.mark][1]}" for run in line)


def _items(items: Items) -> str:
    tag = "ol" if items.ordered else "ul"
    inside = "".join(f"<li>{_line(item.line)}{_items(item.below) if item.below else ''}</li>" for item in items.items)
    return f"<{tag}>{inside}</{tag}>"


def _grid(grid: Grid) -> str:
    rows = "".join(
        f"<tr>{''.join(_cell(cell, 'th' if grid.header and not number else 'td') for cell in row)}</tr>"
        for number, row in enumerate(grid.rows)
    )
    return f"<table>{rows}</table>"


def _cell(cell: Cell, tag: str) -> str:
    span = f' colspan="{cell.across}"' if cell.across > 1 else ""
    below = "" if cell.below is None else _items(cell.below) if isinstance(cell.below, Items) else _grid(cell.below)
    return f"<{tag}{span}>{_line(cell.line)}{below}</{tag}>"
